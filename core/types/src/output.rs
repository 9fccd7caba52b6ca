//! Everything the core can decide, in one type.

use crate::{CancelRequest, Decision, OrderRequest, Reject};

/// One output of the core. Orders and cancels go to the gateway; all of them go to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "copied into the journal, never stored in bulk")]
pub enum Output {
    /// What a strategy weighed; written before the order or refusal it led to.
    Decision(Decision),
    /// Send this order.
    Order(OrderRequest),
    /// Ask for the end of this order.
    Cancel(CancelRequest),
    /// The gate refused.
    Reject(Reject),
}

impl Output {
    /// Whether the gateway must see it.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self, Self::Order(_) | Self::Cancel(_))
    }
}
