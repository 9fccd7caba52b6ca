//! Wash trades: an order may not be able to trade with one of the account's own (`alpaca.md` §4.2).

use super::Draft;
use crate::book::orders::Orders;
use crate::refusal::Refusal;
use crate::terms::{Class, Kind};
use st0ck_types::Side;
use st0ck_types::ids::uuid_text;

/// Refuses an order that could meet an open one of the other side. Groups and trailing stops are
/// exempt, on either side.
pub(crate) fn wash_trade(draft: &Draft<'_>, orders: &Orders) -> Result<(), Refusal> {
    if is_exempt(draft.class, draft.kind) {
        return Ok(());
    }
    let mut opposite = orders
        .open_on(draft.asset_index, draft.side.opposite())
        .filter(|own| !is_exempt(own.class, own.kind));
    let Some(own) = opposite.find(|own| could_meet(draft.side, draft.kind, own.kind)) else {
        return Ok(());
    };
    let reason = match own.kind.limit() {
        Some(_) => "opposite side limit order exists",
        None => "opposite side market/stop order exists",
    };
    Err(Refusal::forbidden("potential wash trade detected. use complex orders")
        .with("existing_order_id", uuid_text(own.id).to_string())
        .with("reject_reason", reason))
}

fn is_exempt(class: Class, kind: Kind) -> bool {
    class.is_group() || kind.trail().is_some()
}

fn could_meet(side: Side, kind: Kind, own: Kind) -> bool {
    match (kind.limit(), own.limit(), side) {
        (Some(buy), Some(sell), Side::Buy) | (Some(sell), Some(buy), Side::Sell) => buy >= sell,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::Price;

    #[test]
    fn limits_meet_when_the_buy_is_not_below_the_sell() {
        let p = |text| Price::parse(text).unwrap();
        let limit = |text| Kind::Limit(p(text));
        assert!(could_meet(Side::Buy, limit("10"), limit("10")));
        assert!(!could_meet(Side::Buy, limit("9.99"), limit("10")));
        assert!(could_meet(Side::Sell, limit("10"), limit("10.01")));
        assert!(!could_meet(Side::Sell, limit("10.01"), limit("10")));
        assert!(could_meet(Side::Sell, Kind::Market, limit("1")));
        assert!(could_meet(Side::Sell, Kind::Stop(p("1")), limit("1")));
        let stop_limit = Kind::StopLimit { stop: p("9"), limit: p("8.5") };
        assert!(!could_meet(Side::Buy, limit("8"), stop_limit));
    }
}
