//! What the book says to a well-formed order: the second half of validation.
//!
//! Called by [`House::submit`](crate::house::House::submit) in this order (`alpaca.md` §13.3):
//! price increment, client id, position intent, wash trade, quantity, buying power.

use crate::book::account::{Figures, cost_basis};
use crate::book::orders::Orders;
use crate::book::position::{Intent, Position};
use crate::market::asset::Asset;
use crate::refusal::Refusal;
use crate::terms::Kind;
use st0ck_types::ids::uuid_text;
use st0ck_types::{Price, Qty, Side};

/// The increment below a dollar.
const HUNDREDTH_OF_A_CENT: Price = Price(100_000);

/// An order that is about to be let in.
pub(crate) struct Draft<'a> {
    /// What.
    pub(crate) asset: &'a Asset,
    /// Its index.
    pub(crate) asset_index: usize,
    /// Which way.
    pub(crate) side: Side,
    /// Market or limit.
    pub(crate) kind: Kind,
    /// How many, positive, whole.
    pub(crate) qty: Qty,
    /// What it does to the position.
    pub(crate) intent: Intent,
}

/// Prices of a dollar and more come in cents, lower ones in hundredths of a cent (Rule 612 of
/// Regulation NMS).
pub(crate) fn price_increment(kind: Kind) -> Result<(), Refusal> {
    let Some(limit) = kind.limit() else { return Ok(()) };
    let tick = if limit >= Price::ONE { Price::CENT } else { HUNDREDTH_OF_A_CENT };
    if limit.is_on_tick(tick) {
        return Ok(());
    }
    Err(Refusal::business(format!(
        "invalid limit_price {limit}. sub-penny increment does not fulfill minimum pricing criteria"
    )))
}

/// A client id is used once, for ever.
pub(crate) fn unique_client_id(id: Option<&str>, orders: &Orders) -> Result<(), Refusal> {
    match id.filter(|id| orders.is_taken(id)) {
        Some(_) => Err(Refusal::parameter("client_order_id must be unique")),
        None => Ok(()),
    }
}

/// What the client says the order does must be what it does.
pub(crate) fn position_intent(inferred: Intent, told: Option<Intent>) -> Result<(), Refusal> {
    match told {
        Some(told) if told != inferred => Err(Refusal::business(format!(
            "position intent mismatch, inferred: {}, specified: {}",
            inferred.as_str(),
            told.as_str()
        ))),
        _ => Ok(()),
    }
}

/// An order may not be able to trade with one of the account's own.
pub(crate) fn wash_trade(draft: &Draft<'_>, orders: &Orders) -> Result<(), Refusal> {
    let mut opposite = orders.open_on(draft.asset_index, draft.side.opposite());
    let Some(own) = opposite.find(|own| could_meet(draft.side, draft.kind, own.kind)) else {
        return Ok(());
    };
    let reason = match own.kind {
        Kind::Limit(_) => "opposite side limit order exists",
        Kind::Market => "opposite side market/stop order exists",
    };
    Err(Refusal::forbidden("potential wash trade detected. use complex orders")
        .with("existing_order_id", uuid_text(own.id).to_string())
        .with("reject_reason", reason))
}

fn could_meet(side: Side, kind: Kind, own: Kind) -> bool {
    match (kind.limit(), own.limit(), side) {
        (Some(buy), Some(sell), Side::Buy) | (Some(sell), Some(buy), Side::Sell) => buy >= sell,
        _ => true,
    }
}

/// A closing order may use what no other closing order holds; an opening one may not stand beside
/// an opening one of the other direction.
pub(crate) fn quantity(
    draft: &Draft<'_>,
    position: &Position,
    orders: &Orders,
) -> Result<(), Refusal> {
    if draft.intent.opens() {
        return one_direction(draft, orders);
    }
    let working = orders.open_on(draft.asset_index, draft.side);
    let held = Qty(working.map(|order| order.leaves().0).sum());
    let available = Qty(position.qty.0.abs() - held.0);
    if draft.qty <= available {
        return Ok(());
    }
    let related = orders.open_on(draft.asset_index, draft.side);
    let related: Vec<String> = related.map(|order| uuid_text(order.id).to_string()).collect();
    let refusal = Refusal::forbidden(format!(
        "insufficient qty available for order (requested: {}, available: {available})",
        draft.qty
    ));
    let refusal = refusal
        .with("available", available.to_string())
        .with("existing_qty", position.qty.abs().to_string())
        .with("held_for_orders", held.to_string())
        .with("symbol", draft.asset.symbol.as_str());
    Err(if related.is_empty() { refusal } else { refusal.with("related_orders", related) })
}

fn one_direction(draft: &Draft<'_>, orders: &Orders) -> Result<(), Refusal> {
    let mut opposite = orders.open_on(draft.asset_index, draft.side.opposite());
    if !opposite.any(|own| own.intent.opens()) {
        return Ok(());
    }
    Err(Refusal::forbidden(match draft.side {
        Side::Buy => "cannot open a long buy while a short sell order is open",
        Side::Sell => "cannot open a short sell while a long buy order is open",
    }))
}

/// An opening order must be covered.
pub(crate) fn buying_power(draft: &Draft<'_>, figures: &Figures) -> Result<(), Refusal> {
    if !draft.intent.opens() {
        return Ok(());
    }
    let cost = cost_basis(draft.side, draft.kind, draft.qty, draft.asset);
    if cost <= figures.buying_power {
        return Ok(());
    }
    Err(Refusal::forbidden("insufficient buying power")
        .with("buying_power", figures.buying_power.to_string())
        .with("cost_basis", cost.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_two_decimals_from_a_dollar_on_and_four_below() {
        let limit = |text: &str| price_increment(Kind::Limit(Price::parse(text).unwrap()));
        for fine in ["290.12", "1", "1.01", "0.9999", "0.0001"] {
            assert_eq!(limit(fine), Ok(()), "{fine}");
        }
        for rough in ["290.123", "1.001", "0.99999", "0.00001"] {
            let refusal = limit(rough).unwrap_err();
            assert_eq!(refusal.code, 42_210_000);
            assert!(
                refusal.message.starts_with(&format!("invalid limit_price {rough}. sub-penny"))
            );
        }
        assert_eq!(price_increment(Kind::Market), Ok(()));
    }

    #[test]
    fn limits_meet_when_the_buy_is_not_below_the_sell() {
        let limit = |text| Kind::Limit(Price::parse(text).unwrap());
        assert!(could_meet(Side::Buy, limit("10"), limit("10")));
        assert!(!could_meet(Side::Buy, limit("9.99"), limit("10")));
        assert!(could_meet(Side::Sell, limit("10"), limit("10.01")));
        assert!(!could_meet(Side::Sell, limit("10.01"), limit("10")));
        assert!(could_meet(Side::Sell, Kind::Market, limit("1")));
    }
}
