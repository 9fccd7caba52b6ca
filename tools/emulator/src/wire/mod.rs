//! What the book looks like on the wire: one file per Alpaca object, keys in Alpaca's order.
//!
//! *Invariant:* money and quantities of the trading API are JSON strings, exact and without an
//! exponent (`alpaca.md` §1.2); market data are JSON numbers, written from the same decimals.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod asset;
pub(crate) mod base64;
pub(crate) mod encoder;
pub(crate) mod json;
pub(crate) mod market;
pub(crate) mod msgpack;
pub(crate) mod news;
pub(crate) mod order;
pub(crate) mod portfolio;
pub(crate) mod position;
pub(crate) mod session;
mod status;
pub(crate) mod update;
pub(crate) mod watchlist;

use serde::{Serialize, Serializer};
use st0ck_types::ids::uuid_text;
use std::fmt::{self, Write};

/// Anything that prints itself the way the wire wants it, as a JSON string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = Line::default();
        match write!(line, "{}", self.0) {
            Ok(()) => serializer.serialize_str(line.as_str()),
            Err(_) => serializer.collect_str(&self.0),
        }
    }
}

/// A short text: looked over once for what has to be escaped, not piece by piece as it is written.
struct Line {
    bytes: [u8; 64],
    len: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; 64], len: 0 }
    }
}

impl Line {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("it was written as text")
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// 128 bits in the UUID form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uuid(pub(crate) u128);

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(uuid_text(self.0).as_str())
    }
}

/// A key that is always there and always null.
pub(crate) type Null = Option<()>;

/// The JSON text of a wire object.
pub(crate) fn json<T: Serialize>(object: &T) -> Vec<u8> {
    serde_json::to_vec(object).expect("wire objects have string keys and nothing that can fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_itself_is_a_json_string_however_long() {
        for text in [String::from("1.5"), "x".repeat(64), "y".repeat(65), String::from("a \"b\"")] {
            let expected = serde_json::to_vec(&text).unwrap();
            assert_eq!(json(&Shown(text)), expected);
        }
        assert_eq!(json(&Uuid(0x4 << 76)), br#""00000000-0000-4000-0000-000000000000""#);
    }
}
