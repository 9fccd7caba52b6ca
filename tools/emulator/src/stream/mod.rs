//! The two websocket protocols, sans I/O: what a client may say, and what it is told.
//!
//! *Invariant:* control messages (welcome, acknowledgements, errors) are answers to the client and
//! leave at once; market data and order updates are the emulator's to release.

pub(crate) mod market_data;
pub(crate) mod subscriptions;
pub(crate) mod trade_updates;

/// What a client's message brings about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    /// To be sent at once.
    pub(crate) say: Option<String>,
    /// Close afterwards.
    pub(crate) close: bool,
}

impl Outcome {
    fn say(text: impl Into<String>) -> Self {
        Self { say: Some(text.into()), close: false }
    }

    fn say_and_close(text: impl Into<String>) -> Self {
        Self { say: Some(text.into()), close: true }
    }
}
