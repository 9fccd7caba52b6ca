//! What makes an order trade: its type and the prices that belong to it.

use st0ck_types::{OrderKind, Price};

/// Alpaca's `type`, with its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At whatever the market pays.
    Market,
    /// At this price or better.
    Limit(Price),
}

impl Kind {
    /// The limit price, when there is one.
    pub(crate) fn limit(self) -> Option<Price> {
        match self {
            Self::Market => None,
            Self::Limit(price) => Some(price),
        }
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit(_) => "limit",
        }
    }

    /// What the venue is sent.
    pub(crate) fn at_venue(self) -> OrderKind {
        match self {
            Self::Market => OrderKind::Market,
            Self::Limit(price) => OrderKind::Limit(price),
        }
    }
}
