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

/// Anything that prints itself the way the wire wants it, as a JSON string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// 128 bits in the UUID form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uuid(pub(crate) u128);

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&uuid_text(self.0))
    }
}

/// A key that is always there and always null.
pub(crate) type Null = Option<()>;

/// The JSON text of a wire object.
pub(crate) fn json<T: Serialize>(object: &T) -> Vec<u8> {
    serde_json::to_vec(object).expect("wire objects have string keys and nothing that can fail")
}
