//! What a client asks for in `POST /v2/orders`: the body's fields, read and checked one by one.
//!
//! The first half of validation (`alpaca.md` §13.3): presence and spelling here and in `prices`, the
//! legality table of §4.2 in `legality`. The second half, which needs the book, is
//! [`checks`](crate::checks). `patch` reads the body of `PATCH /v2/orders/{id}`.
//!
//! *Invariant:* nothing is guessed. A field that is not acted upon is refused when it is set, never
//! passed over: a stop that is silently dropped is an open risk.

mod fields;
mod legality;
mod patch;
mod prices;

use crate::book::position::Intent;
use crate::refusal::Refusal;
use crate::terms::{Amount, Class, Kind, Lifetime};
use fields::Fields;
pub(crate) use patch::Patch;
pub(crate) use prices::Exits;
use st0ck_types::Side;

/// Longest client order id, in characters.
const CLIENT_ID_MAX: usize = 128;

/// A well-formed request for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Symbol or asset id, as written.
    pub(crate) symbol: String,
    /// How much.
    pub(crate) amount: Amount,
    /// Which way.
    pub(crate) side: Side,
    /// Its type and prices.
    pub(crate) kind: Kind,
    /// Lifetime.
    pub(crate) lifetime: Lifetime,
    /// Whether it lives outside core hours.
    pub(crate) extended_hours: bool,
    /// The client's id.
    pub(crate) client_order_id: Option<String>,
    /// How it stands to others.
    pub(crate) class: Class,
    /// The others, when it is of a group.
    pub(crate) exits: Exits,
    /// What the client says it does to the position.
    pub(crate) intent: Option<Intent>,
}

/// Fields of what is not emulated: options, and instructions for a router.
const STRAY: [&str; 2] = ["legs", "advanced_instructions"];

impl Ticket {
    /// Reads the body of `POST /v2/orders`.
    ///
    /// # Errors
    /// What Alpaca would say, as far as its words are known.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let fields = Fields::parse(body)?;
        let symbol = fields.text("symbol")?.filter(|symbol| !symbol.is_empty());
        let symbol = symbol.ok_or_else(|| Refusal::parameter("symbol is required"))?.to_owned();
        let class = class(&fields)?;
        let side = side(&fields)?;
        let exits = prices::exits(&fields, class)?;
        let kind = prices::kind(&fields, class, &exits)?;
        let lifetime = lifetime(&fields)?;
        if fields.has("advanced_instructions") && lifetime != Lifetime::Day {
            let words = "advanced instructions only support DAY time_in_force";
            return Err(Refusal::business(words));
        }
        if let Some(field) = STRAY.iter().find(|field| fields.has(field)) {
            return Err(Refusal::parameter(format!("simple orders require no {field}")));
        }
        let ticket = Self {
            symbol,
            amount: amount(&fields)?,
            side,
            kind,
            lifetime,
            extended_hours: fields.flag("extended_hours")?,
            client_order_id: client_order_id(&fields)?,
            class,
            exits,
            intent: intent(&fields)?,
        };
        legality::check(&ticket)?;
        Ok(ticket)
    }
}

fn class(fields: &Fields) -> Result<Class, Refusal> {
    let word = fields.text("order_class")?.unwrap_or_default();
    Class::parse(word).ok_or_else(|| Refusal::parameter("invalid order_class"))
}

fn side(fields: &Fields) -> Result<Side, Refusal> {
    match fields.text("side")? {
        Some("buy") => Ok(Side::Buy),
        Some("sell") => Ok(Side::Sell),
        Some(_) => Err(Refusal::parameter("invalid side")),
        None => Err(Refusal::parameter("side is required")),
    }
}

fn lifetime(fields: &Fields) -> Result<Lifetime, Refusal> {
    let known = fields.text("time_in_force")?.and_then(Lifetime::parse);
    known.ok_or_else(|| Refusal::parameter("invalid time_in_force"))
}

fn amount(fields: &Fields) -> Result<Amount, Refusal> {
    match (fields.qty("qty")?, fields.money("notional")?) {
        (Some(_), Some(_)) => Err(Refusal::parameter("only one of qty or notional is accepted")),
        (None, None) => Err(Refusal::parameter("qty or notional is required")),
        (Some(qty), None) => Ok(Amount::Shares(qty)),
        (None, Some(dollars)) => Ok(Amount::Dollars(dollars)),
    }
}

fn client_order_id(fields: &Fields) -> Result<Option<String>, Refusal> {
    match fields.text("client_order_id")? {
        None | Some("") => Ok(None),
        Some(id) if id.chars().count() > CLIENT_ID_MAX => {
            Err(Refusal::parameter("client_order_id must be no more than 128 characters"))
        }
        Some(id) => Ok(Some(id.to_owned())),
    }
}

fn intent(fields: &Fields) -> Result<Option<Intent>, Refusal> {
    let all = [Intent::BuyToOpen, Intent::BuyToClose, Intent::SellToOpen, Intent::SellToClose];
    let Some(word) = fields.text("position_intent")?.filter(|word| !word.is_empty()) else {
        return Ok(None);
    };
    let known = all.into_iter().find(|intent| intent.as_str() == word);
    known.map(Some).ok_or_else(|| Refusal::parameter("invalid position_intent"))
}

#[cfg(test)]
mod tests {
    use super::prices::StopLoss;
    use super::*;
    use crate::terms::Trail;
    use serde_json::{Value, json};
    use st0ck_types::{Money, Price, Qty};

    fn parse(changes: Value) -> Result<Ticket, Refusal> {
        let mut body = json!({"symbol": "SPY", "qty": "1", "side": "buy", "type": "limit",
            "limit_price": "367.50", "time_in_force": "day"});
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        Ticket::parse(body.to_string().as_bytes())
    }

    fn refused(changes: Value) -> (u16, u32, String) {
        let refusal = parse(changes).unwrap_err();
        (refusal.status, refusal.code, refusal.message)
    }

    #[test]
    fn numbers_may_be_strings_or_numbers() {
        let text = parse(json!({})).unwrap();
        assert_eq!(parse(json!({"qty": 1, "limit_price": 367.5})).unwrap(), text);
        assert_eq!(text.kind, Kind::Limit(Price::parse("367.5").unwrap()));
    }

    #[test]
    fn each_illegal_body_gets_alpacas_sentence() {
        let table = [
            (json!({"qty": null}), "qty or notional is required"),
            (json!({"notional": "100"}), "only one of qty or notional is accepted"),
            (json!({"qty": "0"}), "qty must be > 0"),
            (json!({"qty": "-1"}), "qty must be > 0"),
            (json!({"limit_price": null}), "limit orders require a limit price"),
            (json!({"limit_price": "0"}), "limit price must be > 0"),
            (json!({"type": "market"}), "market orders require no stop or limit price"),
            (json!({"type": "stop", "limit_price": null}), "stop orders require a stop price"),
            (json!({"type": "stop"}), "stop orders require no limit price"),
            (json!({"type": "stop_limit"}), "stop limit orders require both stop and limit price"),
            (
                json!({"type": "trailing_stop", "limit_price": null}),
                "trailing stop orders must specify one of trail_price or trail_percent",
            ),
            (
                json!({"type": "trailing_stop", "limit_price": null, "trail_percent": 0.09}),
                "trail_percent must be greater than or equal to 0.1",
            ),
            (
                json!({"type": "trailing_stop", "limit_price": null, "trail_percent": "100"}),
                "trail_percent must be less than 100",
            ),
            (json!({"trail_price": "1"}), "limit orders require no trail_price"),
            (json!({"type": "LIMIT"}), "invalid order type"),
            (json!({"time_in_force": "gtd"}), "invalid time_in_force"),
            (json!({"time_in_force": null}), "invalid time_in_force"),
            (json!({"order_class": "mleg"}), "invalid order_class"),
            (json!({"legs": []}), "simple orders require no legs"),
            (json!({"order_class": "bracket"}), "bracket orders require take_profit.limit_price"),
            (
                json!({"order_class": "bracket", "take_profit": {"limit_price": 370}}),
                "bracket orders require stop_loss.stop_price",
            ),
            (json!({"order_class": "oto"}), "oto orders require either take_profit or stop_loss"),
            (
                json!({"order_class": "oto", "take_profit": {"limit_price": "-1"}}),
                "take_profit.limit_price must be > 0",
            ),
            (json!({"order_class": "oto", "stop_loss": 1}), "request body format is invalid"),
            (json!({"stop_loss": {"stop_price": "1"}}), "simple orders require no stop_loss"),
            (json!({"qty": [1]}), "request body format is invalid"),
            (json!({"qty": "one"}), "request body format is invalid"),
            (json!({"qty": "0.0000000001"}), "qty must have no more than 9 decimal places"),
            (json!({"qty": "1e30"}), "qty is too large"),
            (json!({"position_intent": "open"}), "invalid position_intent"),
            (
                json!({"client_order_id": "x".repeat(129)}),
                "client_order_id must be no more than 128 characters",
            ),
        ];
        for (changes, message) in table {
            assert_eq!(refused(changes), (422, 40_010_001, message.to_owned()));
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_unreadable() {
        for body in ["", "[]", "{", "null", "\u{0}\u{1}", "{\"symbol\":\"SPY\""] {
            assert_eq!(Ticket::parse(body.as_bytes()), Err(Refusal::unreadable_body()), "{body}");
        }
    }

    #[test]
    fn a_trailing_stop_trails_by_dollars_or_by_percent() {
        let trail = |key: &str, value: Value| {
            let kind = json!({"type": "trailing_stop", "limit_price": null, key: value});
            parse(kind).unwrap().kind.trail()
        };
        assert_eq!(trail("trail_price", json!(1.5)), Price::parse("1.5").ok().map(Trail::Price));
        let percent = Price::parse("0.1").ok().map(Trail::Percent);
        assert_eq!(trail("trail_percent", json!("0.1")), percent);
    }

    #[test]
    fn the_limit_of_an_oco_order_is_its_take_profits() {
        let exits = json!({"limit_price": null, "order_class": "oco",
            "take_profit": {"limit_price": "370"},
            "stop_loss": {"stop_price": "360", "limit_price": 359.5}});
        let ticket = parse(exits).unwrap();
        let p = |text: &str| Price::parse(text).unwrap();
        assert_eq!(ticket.kind, Kind::Limit(p("370")));
        let stop_loss = Some(StopLoss { stop: p("360"), limit: Some(p("359.5")) });
        assert_eq!(ticket.exits, Exits { take_profit: Some(p("370")), stop_loss });
    }

    #[test]
    fn an_amount_is_shares_or_dollars() {
        let dollars = parse(json!({"qty": null, "notional": 12.5})).unwrap().amount;
        assert_eq!(dollars, Amount::Dollars(Money::parse("12.5").unwrap()));
        let shares = parse(json!({"qty": "0.123456789"})).unwrap().amount;
        assert_eq!(shares, Amount::Shares(Qty(123_456_789)));
        let little = refused(json!({"qty": null, "notional": "0.99"}));
        assert_eq!(little, (422, 42_210_000, String::from("notional must be >= 1.00")));
    }
}
