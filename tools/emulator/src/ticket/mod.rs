//! What a client asks for in `POST /v2/orders`: the body's fields, read and checked one by one.
//!
//! The first half of validation (`alpaca.md` §13.3): presence, spelling and the legality table of
//! §4.2. The second half, which needs the book, is [`checks`](crate::checks).
//!
//! *Invariant:* nothing is guessed. A field that this floor does not act on is refused when it is
//! set, never passed over: a stop that is silently dropped is an open risk.

use crate::book::position::Intent;
use crate::refusal::Refusal;
use crate::terms::{Amount, Class, Kind, Lifetime};
use serde_json::{Map, Value};
use st0ck_types::decimal::DecimalError;
use st0ck_types::{Price, Qty, Side};

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
    /// Market or limit.
    pub(crate) kind: Kind,
    /// Lifetime.
    pub(crate) lifetime: Lifetime,
    /// Whether it lives outside core hours.
    pub(crate) extended_hours: bool,
    /// The client's id.
    pub(crate) client_order_id: Option<String>,
    /// `simple` or empty.
    pub(crate) class: Class,
    /// What the client says it does to the position.
    pub(crate) intent: Option<Intent>,
}

/// Fields of order classes and types that are not emulated yet.
const STRAY: [&str; 6] =
    ["take_profit", "stop_loss", "legs", "trail_price", "trail_percent", "advanced_instructions"];

impl Ticket {
    /// Reads the body of `POST /v2/orders`.
    ///
    /// # Errors
    /// What Alpaca would say, as far as its words are known.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else {
            return Err(Refusal::unreadable_body());
        };
        fields.retain(|_, value| !value.is_null());
        let fields = Fields(fields);
        let symbol = fields.text("symbol")?.filter(|symbol| !symbol.is_empty());
        let symbol = symbol.ok_or_else(|| Refusal::parameter("symbol is required"))?.to_owned();
        let class = class(&fields)?;
        let side = side(&fields)?;
        let kind = kind(&fields)?;
        let lifetime = lifetime(&fields)?;
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
            intent: intent(&fields)?,
        };
        ticket.check_hours()?;
        Ok(ticket)
    }

    fn check_hours(&self) -> Result<(), Refusal> {
        if self.extended_hours && self.kind == Kind::Market {
            return Err(Refusal::business("extended hours order must be DAY or GTC limit orders"));
        }
        Ok(())
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

fn kind(fields: &Fields) -> Result<Kind, Refusal> {
    let (limit, stop) = (fields.price("limit_price")?, fields.price("stop_price")?);
    match fields.text("type")? {
        Some("market") if limit.is_some() || stop.is_some() => {
            Err(Refusal::parameter("market orders require no stop or limit price"))
        }
        Some("market") => Ok(Kind::Market),
        Some("limit") if stop.is_some() => {
            Err(Refusal::parameter("limit orders require no stop price"))
        }
        Some("limit") => match limit {
            Some(price) if price > Price::ZERO => Ok(Kind::Limit(price)),
            Some(_) => Err(Refusal::parameter("limit price must be > 0")),
            None => Err(Refusal::parameter("limit orders require a limit price")),
        },
        _ => Err(Refusal::parameter("invalid order type")),
    }
}

fn lifetime(fields: &Fields) -> Result<Lifetime, Refusal> {
    let known = fields.text("time_in_force")?.and_then(Lifetime::parse);
    known.ok_or_else(|| Refusal::parameter("invalid time_in_force"))
}

fn amount(fields: &Fields) -> Result<Amount, Refusal> {
    match (fields.has("qty"), fields.has("notional")) {
        (true, true) => Err(Refusal::parameter("only one of qty or notional is accepted")),
        (false, false) => Err(Refusal::parameter("qty or notional is required")),
        (false, true) => Ok(Amount::Dollars),
        (true, false) => match fields.decimal("qty", Qty::parse)? {
            Some(qty) if qty > Qty::ZERO => Ok(Amount::Shares(qty)),
            _ => Err(Refusal::parameter("qty must be > 0")),
        },
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

/// A JSON object whose nulls are gone: null and absent mean the same.
struct Fields(Map<String, Value>);

impl Fields {
    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::unreadable_body()),
        }
    }

    fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.0.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::unreadable_body()),
        }
    }

    fn price(&self, key: &str) -> Result<Option<Price>, Refusal> {
        self.decimal(key, Price::parse)
    }

    /// A number, written as one or as a string.
    fn decimal<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, DecimalError>,
    ) -> Result<Option<T>, Refusal> {
        let parsed = match self.0.get(key) {
            None => return Ok(None),
            Some(Value::String(text)) => parse(text),
            // The shortest text that reads back as the same number: what the client wrote.
            Some(Value::Number(number)) => parse(&number.to_string()),
            Some(_) => return Err(Refusal::unreadable_body()),
        };
        match parsed {
            Ok(value) => Ok(Some(value)),
            Err(DecimalError::TooPrecise) => {
                Err(Refusal::parameter(format!("{key} must have no more than 9 decimal places")))
            }
            Err(DecimalError::Overflow) => Err(Refusal::parameter(format!("{key} is too large"))),
            Err(_) => Err(Refusal::unreadable_body()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
            (json!({"type": "stop"}), "invalid order type"),
            (json!({"type": "LIMIT"}), "invalid order type"),
            (json!({"time_in_force": "fok"}), "invalid time_in_force"),
            (json!({"time_in_force": null}), "invalid time_in_force"),
            (json!({"order_class": "bracket"}), "invalid order_class"),
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
    fn only_limit_orders_trade_outside_core_hours() {
        let market = json!({"type": "market", "limit_price": null, "extended_hours": true});
        assert_eq!(refused(market).1, 42_210_000);
        assert!(parse(json!({"extended_hours": true})).unwrap().extended_hours);
    }
}
