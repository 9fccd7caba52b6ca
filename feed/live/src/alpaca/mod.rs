//! Alpaca's stock stream as JSON: `wss://stream.data.alpaca.markets/v2/{sip,iex,…}`.
//!
//! Reading order: [`session`] keeps the connection and its state; [`handshake`] says what to answer
//! to what on the way to streaming; [`json`] turns a frame into events, by `scan` where the frame
//! is as it always is (a quote by `usual`, all else into a `message`, digits by `digits8`) and by
//! `fallback` where it is not;
//! [`conditions`] knows which prints count.

pub mod conditions;
pub mod handshake;
pub mod json;
pub mod session;

mod digits8;
mod fallback;
mod message;
mod scan;
mod usual;

pub use json::{DecodeError, Decoded, Decoder, Notice};
pub use session::{AlpacaFeed, AlpacaFeedConfig};
