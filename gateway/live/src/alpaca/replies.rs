//! What an answer to a request means, and above all what it does not mean.
//!
//! Only a definite answer ends an order: a refusal in Alpaca's own JSON, with one of the statuses
//! that say the order was not taken. A time-out, a reset, a 5xx, a page of HTML or an answer that
//! cannot be read leave the order's fate unknown (it may well be working), and it is looked up.

use std::fmt;

use st0ck_net::http::{HttpFailure, Response};
use st0ck_types::{ClientOrderId, Text};

use super::wire::{ErrorJson, OrderJson};

/// The code in a body that has none; the HTTP status stands in for it.
const CODE_OF_STATUS: u32 = 100_000;

/// Alpaca's refusal: code and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Alpaca's code, or the HTTP status times 100,000.
    pub code: u32,
    /// Alpaca's words, cut to 40 bytes.
    pub words: Text<40>,
    /// Whether the refusal is that the id was used before. Codes are shared by many refusals, so
    /// the words decide.
    pub duplicate: bool,
}

impl Refusal {
    /// Reads a refusal that is Alpaca's own: a JSON object with a message.
    fn read(status: u16, body: &[u8]) -> Option<Self> {
        let error: ErrorJson<'_> = serde_json::from_slice(body).ok()?;
        let words = error.message.as_str();
        if words.is_empty() {
            return None;
        }
        let told = error.code.0.and_then(|code| u32::try_from(code / 10i128.pow(18)).ok());
        let code = told.unwrap_or(u32::from(status) * CODE_OF_STATUS);
        let duplicate = words.contains("client_order_id must be unique");
        Some(Self { status, code, words: Text::new(words), duplicate })
    }
}

/// Why nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No answer, or half of one.
    NoAnswer(HttpFailure),
    /// An answer that is not Alpaca's, or says that it does not know itself.
    Status(u16),
    /// An answer that cannot be read.
    Unreadable,
    /// An answer about another order.
    AnotherOrder,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(failure) => write!(f, "{failure}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::Unreadable => write!(f, "unreadable answer"),
            Self::AnotherOrder => write!(f, "answer about another order"),
        }
    }
}

/// What became of `POST /v2/orders`.
#[derive(Debug, PartialEq, Eq)]
pub enum Created<'a> {
    /// Alpaca has it.
    Accepted(Box<OrderJson<'a>>),
    /// Alpaca will not do it.
    Rejected(Refusal),
    /// Alpaca has an order with this id: whether it is this one must be seen.
    Duplicate,
    /// Nobody knows.
    Unknown(Doubt),
}

/// Judges the answer to `POST /v2/orders`.
#[must_use]
pub fn created<'a>(status: u16, body: &'a [u8], id: &ClientOrderId) -> Created<'a> {
    match status {
        200..=299 => match serde_json::from_slice::<OrderJson<'a>>(body) {
            Ok(order) if order.client_order_id.as_str() == id.as_str() => {
                Created::Accepted(Box::new(order))
            }
            Ok(_) => Created::Unknown(Doubt::AnotherOrder),
            Err(_) => Created::Unknown(Doubt::Unreadable),
        },
        400 | 401 | 403 | 404 | 422 | 429 => match Refusal::read(status, body) {
            Some(refusal) if refusal.duplicate => Created::Duplicate,
            Some(refusal) => Created::Rejected(refusal),
            None => Created::Unknown(Doubt::Status(status)),
        },
        _ => Created::Unknown(Doubt::Status(status)),
    }
}

/// What became of `DELETE /v2/orders/{id}`.
#[derive(Debug, PartialEq, Eq)]
pub enum Deleted {
    /// Asked for; the stream will tell when it is done.
    Asked,
    /// The order cannot be canceled, or is not there.
    Refused(Refusal),
    /// Ask again: nothing is known, and asking twice does no harm.
    Again(Doubt),
}

/// Judges the answer to `DELETE /v2/orders/{id}`.
#[must_use]
pub fn deleted(status: u16, body: &[u8]) -> Deleted {
    match status {
        200..=299 => Deleted::Asked,
        400 | 401 | 403 | 404 | 422 => match Refusal::read(status, body) {
            Some(refusal) => Deleted::Refused(refusal),
            None => Deleted::Again(Doubt::Status(status)),
        },
        _ => Deleted::Again(Doubt::Status(status)),
    }
}

/// What a look-up found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The order.
    Order(Box<OrderJson<'a>>),
    /// Alpaca says that there is none.
    Nothing(Refusal),
    /// The question failed, which says nothing about the order.
    Again(Doubt),
}

/// Judges the answer to a look-up by our id.
#[must_use]
pub fn found<'a>(status: u16, body: &'a [u8], id: &ClientOrderId) -> Found<'a> {
    match status {
        200..=299 => match serde_json::from_slice::<OrderJson<'a>>(body) {
            Ok(order) if order.client_order_id.as_str() == id.as_str() => {
                Found::Order(Box::new(order))
            }
            Ok(_) => Found::Again(Doubt::AnotherOrder),
            Err(_) => Found::Again(Doubt::Unreadable),
        },
        404 => match Refusal::read(status, body) {
            Some(refusal) => Found::Nothing(refusal),
            None => Found::Again(Doubt::Status(status)),
        },
        _ => Found::Again(Doubt::Status(status)),
    }
}

/// How long a 429 asks to wait, in nanoseconds: `Retry-After` in seconds, else `X-RateLimit-Reset`
/// in Unix seconds against the wall clock. Both may be missing.
#[must_use]
pub fn wait_ns(response: &Response<'_>, wall_seconds: i64) -> Option<u64> {
    let seconds = |name: &str| response.headers.text(name)?.trim().parse::<i64>().ok();
    let wait = seconds("Retry-After")
        .or_else(|| seconds("X-RateLimit-Reset").map(|reset| reset - wall_seconds))?;
    u64::try_from(wait).ok()?.checked_mul(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracked::tests::buy;

    #[test]
    fn an_order_under_our_id_is_accepted() {
        let id = buy(1, 1).client_id;
        let body = format!(r#"{{"client_order_id":"{id}","status":"pending_new"}}"#);
        assert!(matches!(created(200, body.as_bytes(), &id), Created::Accepted(_)));
        let other = body.replace(id.as_str(), "another");
        let unknown = Created::Unknown(Doubt::AnotherOrder);
        assert_eq!(created(200, other.as_bytes(), &id), unknown);
    }

    #[test]
    fn alpacas_own_refusals_are_definite() {
        let id = buy(1, 1).client_id;
        let body = br#"{"buying_power":"1","code":40310000,"message":"insufficient buying power"}"#;
        for status in [400, 401, 403, 404, 422, 429] {
            let Created::Rejected(refusal) = created(status, body, &id) else {
                panic!("{status} is not definite")
            };
            assert_eq!(refusal.code, 40_310_000);
            assert_eq!(refusal.words.as_str(), "insufficient buying power");
        }
        let Created::Rejected(bare) = created(401, br#"{"message":"unauthorized."}"#, &id) else {
            panic!("not definite")
        };
        assert_eq!(bare.code, 40_100_000);
    }

    #[test]
    fn everything_else_leaves_the_order_unknown() {
        let id = buy(1, 1).client_id;
        let html = b"<html><head><title>401 Authorization Required</title></head></html>";
        for (status, body) in [
            (401, &html[..]),
            (403, b""),
            (422, b"{}"),
            (422, b"[1]"),
            (200, b"<html>"),
            (200, b""),
            (500, br#"{"code":50010000,"message":"internal server error"}"#),
            (502, html),
            (503, br#"{"message":"busy"}"#),
            (504, br#"{"code":50410000,"message":"request timed out"}"#),
            (301, b""),
            (408, br#"{"message":"timeout"}"#),
        ] {
            let outcome = created(status, body, &id);
            assert!(matches!(outcome, Created::Unknown(_)), "{status}: {outcome:?}");
        }
    }

    #[test]
    fn a_used_id_is_neither_accepted_nor_rejected() {
        let id = buy(1, 1).client_id;
        let body = br#"{"code":40010001,"message":"client_order_id must be unique"}"#;
        assert_eq!(created(422, body, &id), Created::Duplicate);
    }

    #[test]
    fn a_failed_question_is_not_a_no() {
        let id = buy(1, 1).client_id;
        let no = br#"{"code":40410000,"message":"order not found for x"}"#;
        assert!(matches!(found(404, no, &id), Found::Nothing(_)));
        for (status, body) in [(404, &b"<html>"[..]), (500, no), (429, no), (200, b"{}")] {
            assert!(matches!(found(status, body, &id), Found::Again(_)), "{status}");
        }
    }

    #[test]
    fn a_cancel_that_failed_is_asked_again_and_a_refused_one_is_not() {
        assert_eq!(deleted(204, b""), Deleted::Asked);
        let late = br#"{"code":42210000,"message":"order is already in \"filled\" state"}"#;
        assert!(matches!(deleted(422, late), Deleted::Refused(r) if r.code == 42_210_000));
        assert!(matches!(deleted(500, late), Deleted::Again(_)));
        assert!(matches!(deleted(429, late), Deleted::Again(_)));
        assert!(matches!(deleted(404, b"<html>"), Deleted::Again(_)));
    }
}
