//! Alpaca's JSON as it comes: every key optional, numbers as strings or as numbers, unknown keys
//! passed over.
//!
//! *Invariant:* nothing here judges. What a missing key means is for the reader to say.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use st0ck_types::{Money, Nanos, Price, Qty, rfc3339};

/// A text, or nothing: absent, null and the empty string are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words<'a>(pub Cow<'a, str>);

impl Words<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as a time; nothing when it is none.
    #[must_use]
    pub fn time(&self) -> Option<Nanos> {
        rfc3339::parse(self.0.as_bytes())
    }
}

/// A decimal number, written as a string or as a number; nothing when absent, null or no number.
/// Digits beyond the eighteenth decimal are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Number(pub Option<i128>);

/// 1e-18 in 1e-9.
const E9: i128 = 1_000_000_000;

impl Number {
    /// In 1e-9, rounded half away from zero; average prices have more decimals than we keep.
    fn e9(self) -> Option<i64> {
        let value = self.0?;
        let half = if value < 0 { -E9 / 2 } else { E9 / 2 };
        i64::try_from(value.checked_add(half)? / E9).ok()
    }

    /// As a price.
    #[must_use]
    pub fn price(self) -> Option<Price> {
        self.e9().map(Price)
    }

    /// As a quantity.
    #[must_use]
    pub fn qty(self) -> Option<Qty> {
        self.e9().map(Qty)
    }

    /// As money.
    #[must_use]
    pub fn money(self) -> Option<Money> {
        self.0.map(Money)
    }

    fn parse(text: &str) -> Self {
        let cut = match text.find('.') {
            Some(point) if !text.contains(['e', 'E']) => text.get(..point + 19).unwrap_or(text),
            _ => text,
        };
        Self(st0ck_types::decimal::parse(cut.as_bytes(), 18).ok())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a number in a string, or null")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        Ok(Number::parse(text))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(i128::from(value).checked_mul(E9 * E9)))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(i128::from(value).checked_mul(E9 * E9)))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number::parse(&value.to_string()))
    }
    fn visit_unit<E: Error>(self) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Number, E> {
        Ok(Number(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Number, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Words<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WordsVisitor).map(Self)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or null")
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct OrderJson<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Words<'a>,
    /// The id its sender gave.
    #[serde(borrow)]
    pub client_order_id: Words<'a>,
    /// RFC 3339.
    #[serde(borrow)]
    pub created_at: Words<'a>,
    /// Empty on the parent of a multi-leg order.
    #[serde(borrow)]
    pub symbol: Words<'a>,
    /// Absent for a notional order.
    pub qty: Number,
    /// Never absent.
    pub filled_qty: Number,
    /// `buy`, `sell`; empty on the parent of a multi-leg order.
    #[serde(borrow)]
    pub side: Words<'a>,
    /// `day`, `gtc` …
    #[serde(borrow)]
    pub time_in_force: Words<'a>,
    /// Limit price.
    pub limit_price: Number,
    /// `new`, `partially_filled` …
    #[serde(borrow)]
    pub status: Words<'a>,
    /// Orders that belong to this one.
    #[serde(borrow)]
    pub legs: Option<Vec<OrderJson<'a>>>,
}

/// A message of the `/stream` websocket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StreamJson<'a> {
    /// `authorization`, `listening`, `trade_updates`.
    #[serde(borrow)]
    pub stream: Words<'a>,
    /// What it says.
    #[serde(borrow)]
    pub data: StreamData<'a>,
}

/// The body of a stream message, of whichever kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StreamData<'a> {
    /// `authorized` or `unauthorized`.
    #[serde(borrow)]
    pub status: Words<'a>,
    /// The streams listened to.
    #[serde(borrow)]
    pub streams: Vec<Words<'a>>,
    /// `new`, `fill`, `canceled` …
    #[serde(borrow)]
    pub event: Words<'a>,
    /// UUID, on every event in practice.
    #[serde(borrow)]
    pub execution_id: Words<'a>,
    /// When it happened.
    #[serde(borrow)]
    pub timestamp: Words<'a>,
    /// Price of this execution.
    pub price: Number,
    /// Quantity of this execution.
    pub qty: Number,
    /// The order after the event.
    #[serde(borrow)]
    pub order: Option<OrderJson<'a>>,
}

/// A position.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PositionJson<'a> {
    /// Its symbol.
    #[serde(borrow)]
    pub symbol: Words<'a>,
    /// Negative when short.
    pub qty: Number,
    /// `long` or `short`.
    #[serde(borrow)]
    pub side: Words<'a>,
    /// Average price paid.
    pub avg_entry_price: Number,
}

/// The account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountJson<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Words<'a>,
    /// The number that people see.
    #[serde(borrow)]
    pub account_number: Words<'a>,
    /// `ACTIVE` when it may trade.
    #[serde(borrow)]
    pub status: Words<'a>,
    /// Cash.
    pub cash: Number,
    /// Cash and positions.
    pub equity: Number,
    /// What may be bought.
    pub buying_power: Number,
    /// Trading is blocked.
    pub trading_blocked: bool,
    /// The account is blocked.
    pub account_blocked: bool,
    /// Its owner has suspended trading.
    pub trade_suspended_by_user: bool,
    /// Selling short is allowed.
    pub shorting_enabled: bool,
}

/// A fill, as the list of activities tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActivityJson<'a> {
    /// `YYYYMMDDHHMMSSmmm::<uuid>`.
    #[serde(borrow)]
    pub id: Words<'a>,
    /// `FILL`.
    #[serde(borrow)]
    pub activity_type: Words<'a>,
    /// When it traded.
    #[serde(borrow)]
    pub transaction_time: Words<'a>,
    /// Price.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// `buy`, `sell`, `sell_short`.
    #[serde(borrow)]
    pub side: Words<'a>,
    /// Symbol.
    #[serde(borrow)]
    pub symbol: Words<'a>,
    /// The order's filled quantity, this one included.
    pub cum_qty: Number,
    /// What is left of the order.
    pub leaves_qty: Number,
    /// UUID of the order.
    #[serde(borrow)]
    pub order_id: Words<'a>,
    /// The order's status after it.
    #[serde(borrow)]
    pub order_status: Words<'a>,
}

/// An error body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorJson<'a> {
    /// Alpaca's code, such as 40310000; sometimes absent.
    pub code: Number,
    /// Alpaca's words.
    #[serde(borrow)]
    pub message: Words<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_strings_numbers_or_not_at_all() {
        let parse = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        for text in ["\"1.5\"", "1.5", "\"1.50\"", "15e-1"] {
            assert_eq!(parse(text).qty(), Some(Qty(1_500_000_000)), "{text}");
        }
        assert_eq!(parse("-3").qty(), Some(Qty(-3_000_000_000)));
        for text in ["null", "\"\"", "\"x\"", "true", "{\"a\":1}", "[1]", "\"1e99\""] {
            assert_eq!(parse(text), Number(None), "{text}");
        }
    }

    #[test]
    fn average_prices_are_rounded_to_nine_decimals() {
        let parse = |text: &str| Number::parse(text).price().unwrap().0;
        assert_eq!(parse("100.3333333333333333333"), 100_333_333_333);
        assert_eq!(parse("0.0000000005"), 1);
        assert_eq!(parse("-0.0000000005"), -1);
        assert_eq!(parse("1.6666666666666"), 1_666_666_667);
    }

    #[test]
    fn an_empty_object_is_an_order_about_which_nothing_is_said() {
        assert_eq!(serde_json::from_str::<OrderJson<'_>>("{}").unwrap(), OrderJson::default());
        let order: OrderJson<'_> =
            serde_json::from_str(r#"{"id":null,"symbol":"A\u0042","qty":null,"new_key":[{}]}"#)
                .unwrap();
        assert_eq!((order.symbol.as_str(), order.qty), ("AB", Number(None)));
    }
}
