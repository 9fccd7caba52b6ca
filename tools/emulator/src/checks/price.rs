//! Prices: their increment, and on which side of the market and of each other they lie.

use crate::market::asset::Asset;
use crate::refusal::Refusal;
use crate::terms::{Class, Kind, Trail, increment};
use crate::ticket::{Exits, Ticket};
use st0ck_types::{Price, Side};

/// A stop that stands alone keeps at least this much from the market, in thousandths.
const STOP_DISTANCE: i128 = 1;

/// Prices of a dollar and more come in cents, lower ones in hundredths of a cent.
pub(crate) fn increments(kind: Kind, exits: &Exits) -> Result<(), Refusal> {
    let trail = match kind.trail() {
        Some(Trail::Price(price)) => Some(price),
        _ => None,
    };
    let stop = kind.stop().filter(|_| kind.trail().is_none());
    for (key, price) in [
        ("limit_price", kind.limit()),
        ("stop_price", stop),
        ("trail_price", trail),
        ("take_profit.limit_price", exits.take_profit),
        ("stop_loss.stop_price", exits.stop_loss.map(|leg| leg.stop)),
        ("stop_loss.limit_price", exits.stop_loss.and_then(|leg| leg.limit)),
    ] {
        if let Some(price) = price.filter(|price| !price.is_on_tick(increment(*price))) {
            return Err(Refusal::business(format!(
                "invalid {key} {price}. sub-penny increment does not fulfill minimum pricing \
                 criteria"
            )));
        }
    }
    Ok(())
}

/// A sell stop that stands alone lies below the market. Nothing is known before the first price.
pub(crate) fn stop_side(side: Side, kind: Kind, asset: &Asset) -> Result<(), Refusal> {
    let (Kind::Stop(stop) | Kind::StopLimit { stop, .. }, Some(base)) = (kind, asset.price())
    else {
        return Ok(());
    };
    let too_high = i128::from(stop.0) * (1_000 + STOP_DISTANCE) > i128::from(base.0) * 1_000;
    if side == Side::Sell && too_high {
        let refusal = Refusal::business("stop price must not be greater than base price / 1.001");
        return Err(refusal.with("base_price", base.to_string()));
    }
    Ok(())
}

/// The exits of a group lie on their sides of the price at which it is entered, and a stop also on
/// its side of the market.
pub(crate) fn exits(ticket: &Ticket, asset: &Asset) -> Result<(), Refusal> {
    if !ticket.class.is_group() {
        return Ok(());
    }
    let closing = if ticket.class == Class::Oco { ticket.side } else { ticket.side.opposite() };
    // What a position like this one is closed at, and what it costs.
    let (market, entry) = match closing {
        Side::Sell => (asset.bid_or_price(), asset.ask_or_price()),
        Side::Buy => (asset.ask_or_price(), asset.bid_or_price()),
    };
    let base = ticket.kind.limit().or(entry);
    if let (Some(limit), Some(base)) = (ticket.exits.take_profit, base)
        && ticket.class != Class::Oco
    {
        beyond("take_profit.limit_price", limit, base, closing == Side::Sell)?;
    }
    let Some(stop) = ticket.exits.stop_loss.map(|leg| leg.stop) else { return Ok(()) };
    for base in [base, market].into_iter().flatten() {
        beyond("stop_loss.stop_price", stop, base, closing == Side::Buy)?;
    }
    exits_apart(closing, ticket.exits.take_profit, Some(stop))
}

/// The take-profit of a group lies beyond its stop.
pub(crate) fn exits_apart(
    closing: Side,
    take_profit: Option<Price>,
    stop: Option<Price>,
) -> Result<(), Refusal> {
    let (Some(limit), Some(stop)) = (take_profit, stop) else { return Ok(()) };
    beyond("stop_loss.stop_price", stop, limit, closing == Side::Buy)
}

/// A price at least a cent above (or below) a base.
fn beyond(key: &str, price: Price, base: Price, above: bool) -> Result<(), Refusal> {
    let cent = Price::CENT.0;
    let (fits, rule) = if above {
        (price.0 >= base.0.saturating_add(cent), ">= base_price + 0.01")
    } else {
        (price.0 <= base.0.saturating_sub(cent), "<= base_price - 0.01")
    };
    if fits {
        return Ok(());
    }
    let refusal = Refusal::business(format!("{key} must be {rule}"));
    Err(refusal.with("base_price", base.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use serde_json::{Value, json};

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn a_price_has_two_decimals_from_a_dollar_on_and_four_below() {
        let limit = |text: &str| increments(Kind::Limit(p(text)), &Exits::default());
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
        assert_eq!(increments(Kind::Market, &Exits::default()), Ok(()));
        let stop = increments(Kind::Stop(p("290.123")), &Exits::default()).unwrap_err();
        assert!(stop.message.starts_with("invalid stop_price 290.123."));
    }

    #[test]
    fn a_sell_stop_lies_a_thousandth_below_the_market() {
        // 367.41 / 1.001 = 367.0429…
        let stop = |side, text: &str| stop_side(side, Kind::Stop(p(text)), &spy());
        assert_eq!(stop(Side::Sell, "367.04"), Ok(()));
        let refusal = stop(Side::Sell, "367.05").unwrap_err();
        assert_eq!(refusal.message, "stop price must not be greater than base price / 1.001");
        assert_eq!(stop(Side::Buy, "300"), Ok(()));
    }

    fn group(class: &str, side: &str, limit: Value, profit: &str, stop: &str) -> String {
        let kind = if limit.is_null() { "market" } else { "limit" };
        let body = json!({"symbol": "SPY", "qty": 1, "side": side, "type": kind,
            "time_in_force": "gtc", "order_class": class, "limit_price": limit,
            "take_profit": {"limit_price": profit}, "stop_loss": {"stop_price": stop}});
        let ticket = Ticket::parse(body.to_string().as_bytes()).unwrap();
        match exits(&ticket, &spy()) {
            Ok(()) => String::from("taken"),
            Err(refusal) => format!("{} {}", refusal.message, refusal.extra[0].1),
        }
    }

    #[test]
    fn exits_lie_on_their_sides_of_entry_and_market() {
        let none = Value::Null;
        let taken = "taken";
        for (class, side, limit, profit, stop, said) in [
            ("bracket", "buy", none.clone(), "367.43", "367.39", taken),
            (
                "bracket",
                "buy",
                none.clone(),
                "367.42",
                "360",
                "take_profit.limit_price must be >= base_price + 0.01 \"367.42\"",
            ),
            (
                "bracket",
                "buy",
                json!("300"),
                "310",
                "300",
                "stop_loss.stop_price must be <= base_price - 0.01 \"300\"",
            ),
            (
                "bracket",
                "buy",
                json!("370"),
                "371",
                "369",
                "stop_loss.stop_price must be <= base_price - 0.01 \"367.4\"",
            ),
            ("bracket", "sell", json!("368"), "360", "370", taken),
            (
                "bracket",
                "sell",
                none.clone(),
                "368",
                "370",
                "take_profit.limit_price must be <= base_price - 0.01 \"367.4\"",
            ),
            ("oco", "sell", json!("1"), "370", "360", taken),
            (
                "oco",
                "sell",
                json!("1"),
                "360",
                "360",
                "stop_loss.stop_price must be <= base_price - 0.01 \"360\"",
            ),
        ] {
            let got = group(class, side, limit.clone(), profit, stop);
            assert_eq!(got, said, "{class} {side} {limit} {profit} {stop}");
        }
    }
}
