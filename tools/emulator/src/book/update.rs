//! What happened to an order, as `trade_updates` tells it.

use crate::book::order::Order;
use crate::house::AccountNo;
use st0ck_types::{Nanos, Price, Qty};

/// Alpaca's name for what happened (`alpaca.md` §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Received and on its way to the venue.
    PendingNew,
    /// Received while the market is closed.
    Accepted,
    /// Live at the venue.
    New,
    /// Part of it traded.
    PartialFill,
    /// The last of it traded.
    Fill,
    /// Canceled on request.
    Canceled,
    /// Its lifetime ended.
    Expired,
    /// The venue would not have it.
    Rejected,
    /// A cancel came too late.
    CancelRejected,
    /// Another order is to take its place.
    PendingReplace,
    /// Another order took its place.
    Replaced,
    /// A replacement came too late.
    ReplaceRejected,
}

impl Event {
    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PendingNew => "pending_new",
            Self::Accepted => "accepted",
            Self::New => "new",
            Self::PartialFill => "partial_fill",
            Self::Fill => "fill",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::CancelRejected => "order_cancel_rejected",
            Self::PendingReplace => "pending_replace",
            Self::Replaced => "replaced",
            Self::ReplaceRejected => "order_replace_rejected",
        }
    }
}

/// The further facts of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FillFacts {
    /// Price of this execution.
    pub(crate) price: Price,
    /// Shares of this execution.
    pub(crate) qty: Qty,
    /// Signed position after it.
    pub(crate) position_qty: Qty,
}

/// One message for every listener of an account.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// Whose order it is.
    pub(crate) who: AccountNo,
    /// What happened.
    pub(crate) event: Event,
    /// When, in session time.
    pub(crate) at: Nanos,
    /// UUID of the event; of the execution when it is one.
    pub(crate) execution_id: u128,
    /// The facts of a fill.
    pub(crate) fill: Option<FillFacts>,
    /// The order right after it.
    pub(crate) order: Order,
}
