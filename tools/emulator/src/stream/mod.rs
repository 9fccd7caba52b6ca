//! The websocket protocols, sans I/O: what a client may say, and what it is told.
//!
//! *Invariant:* control messages (welcome, acknowledgements, errors) are answers to the client and
//! leave at once; market data and order updates are the emulator's to release.

pub(crate) mod codec;
pub(crate) mod market_data;
pub(crate) mod subscriptions;
pub(crate) mod telling;
pub(crate) mod test_feed;
pub(crate) mod trade_updates;

use serde_json::Value;

/// What a client's message brings about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    /// To be sent at once.
    pub(crate) say: Option<Value>,
    /// Close afterwards.
    pub(crate) close: bool,
}

impl Outcome {
    pub(crate) fn say(message: Value) -> Self {
        Self { say: Some(message), close: false }
    }

    fn say_and_close(message: Value) -> Self {
        Self { say: Some(message), close: true }
    }
}
