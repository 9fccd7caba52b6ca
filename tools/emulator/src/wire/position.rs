//! The position object (`alpaca.md` §5).

use super::{Shown, Uuid};
use crate::book::position::Position;
use crate::market::asset::Asset;
use serde::Serialize;
use st0ck_types::{Money, Price, Qty, Symbol};

/// One open position. Percentages are fractions of 1. Everything was opened today, so intraday
/// figures equal the whole ones; yesterday's close is null where the data has no day before.
#[derive(Debug, Serialize)]
pub(crate) struct PositionView {
    asset_id: Uuid,
    symbol: Shown<Symbol>,
    exchange: &'static str,
    asset_class: &'static str,
    asset_marginable: bool,
    qty: Shown<Qty>,
    qty_available: Shown<Qty>,
    avg_entry_price: Option<Shown<Price>>,
    side: &'static str,
    market_value: Option<Shown<Money>>,
    cost_basis: Shown<Money>,
    unrealized_pl: Option<Shown<Money>>,
    unrealized_plpc: Option<Shown<Money>>,
    unrealized_intraday_pl: Option<Shown<Money>>,
    unrealized_intraday_plpc: Option<Shown<Money>>,
    current_price: Option<Shown<Price>>,
    lastday_price: Option<Shown<Price>>,
    change_today: Option<Shown<Money>>,
}

impl PositionView {
    /// The view of a position of which closing orders hold `held` shares, in an asset that closed
    /// the day before at `last`.
    pub(crate) fn new(asset: &Asset, position: &Position, held: Qty, last: Option<Price>) -> Self {
        let price = asset.price();
        let value = price.map(|price| position.value_at(price));
        let gain = value.map(|value| value - position.cost);
        let gain_share = gain.and_then(|gain| share_of(gain, position.cost));
        let change = price.zip(last).and_then(|(price, last)| {
            let [now, then] = [price, last].map(|price| price.times(Qty::ONE));
            share_of(now - then, then)
        });
        let available = Qty((position.qty.0.abs() - held.0) * position.qty.0.signum());
        Self {
            asset_id: Uuid(asset.id),
            symbol: Shown(asset.symbol),
            exchange: asset.exchange,
            asset_class: "us_equity",
            asset_marginable: true,
            qty: Shown(position.qty),
            qty_available: Shown(available),
            avg_entry_price: position.average().map(Shown),
            side: if position.qty.0 < 0 { "short" } else { "long" },
            market_value: value.map(Shown),
            cost_basis: Shown(position.cost),
            unrealized_pl: gain.map(Shown),
            unrealized_plpc: gain_share.map(Shown),
            unrealized_intraday_pl: gain.map(Shown),
            unrealized_intraday_plpc: gain_share.map(Shown),
            current_price: price.map(Shown),
            lastday_price: last.map(Shown),
            change_today: change.map(Shown),
        }
    }
}

/// `gain / |cost|`, from figures cut to 1e-9 so that the product fits.
fn share_of(gain: Money, cost: Money) -> Option<Money> {
    Money::ONE.scale(i128::from(gain.to_e9()), i128::from(cost.abs().to_e9()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use st0ck_types::Side;

    #[test]
    fn a_short_position_is_negative_throughout() {
        let mut position = Position::default();
        position.fill(Side::Sell, Price::parse("368.41").unwrap(), Qty::units(2).unwrap());
        let view = PositionView::new(&spy(), &position, Qty::ONE, Price::parse("360").ok());
        let view = serde_json::to_value(&view).unwrap();
        for (key, value) in [
            ("qty", "-2"),
            ("qty_available", "-1"),
            ("side", "short"),
            ("market_value", "-734.82"),
            ("cost_basis", "-736.82"),
            ("unrealized_pl", "2"),
            ("current_price", "367.41"),
            ("lastday_price", "360"),
        ] {
            assert_eq!(view[key], value, "{key}");
        }
        assert!(view["change_today"].as_str().unwrap().starts_with("0.0205833"));
        assert!(view["unrealized_plpc"].as_str().unwrap().starts_with("0.0027143"));
    }
}
