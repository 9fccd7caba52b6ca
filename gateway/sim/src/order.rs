//! What goes into the venue and what comes out of it.

use crate::lifetime::Lifetime;
use st0ck_types::{InstrumentId, Money, Nanos, OrderKind, Price, Qty, Side};
use std::fmt;

/// An order for [`crate::Venue::submit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimOrder {
    /// The caller's name for it; no two live orders may share one.
    pub key: u64,
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How the price is bound.
    pub kind: OrderKind,
    /// How many, positive; not looked at when `dollars` say how much.
    pub qty: Qty,
    /// Shares for so much money, to 1e-9 of a share; zero when `qty` says how many.
    pub dollars: Money,
    /// When it ends without having traded.
    pub lifetime: Lifetime,
    /// When it leaves the caller; it arrives one latency later.
    pub at: Nanos,
}

impl SimOrder {
    /// An order for the day.
    #[must_use]
    pub fn new(
        key: u64,
        instrument: InstrumentId,
        side: Side,
        kind: OrderKind,
        qty: Qty,
        at: Nanos,
    ) -> Self {
        let (dollars, lifetime) = (Money::ZERO, Lifetime::Day);
        Self { key, instrument, side, kind, qty, dollars, lifetime, at }
    }

    /// The same order with another lifetime.
    #[must_use]
    pub fn lasting(self, lifetime: impl Into<Lifetime>) -> Self {
        Self { lifetime: lifetime.into(), ..self }
    }

    /// The same order, for an amount of money instead of shares.
    #[must_use]
    pub fn worth(self, dollars: Money) -> Self {
        Self { dollars, ..self }
    }
}

/// What happened to an order at the venue. `at` is venue time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimEvent {
    /// The order arrived. Always the first event of an order that did.
    Accepted {
        /// Which order.
        key: u64,
        /// When.
        at: Nanos,
    },
    /// Part or all of it traded.
    Fill {
        /// Which order.
        key: u64,
        /// Price of this execution; never worse than the order's limit.
        price: Price,
        /// Shares of this execution, positive.
        qty: Qty,
        /// When.
        at: Nanos,
        /// Nothing is left of the order; it is over.
        complete: bool,
    },
    /// A cancel took effect; the order is over.
    Canceled {
        /// Which order.
        key: u64,
        /// When.
        at: Nanos,
    },
    /// The day ended; the order is over.
    Expired {
        /// Which order.
        key: u64,
        /// When.
        at: Nanos,
    },
    /// The auction is over or what could be had on arrival was had: the rest of an order that does
    /// not wait for more. The order is over.
    Ended {
        /// Which order.
        key: u64,
        /// When.
        at: Nanos,
    },
    /// Another order took its place; the order is over. `by` is accepted next.
    Replaced {
        /// Which order.
        key: u64,
        /// The one in its place.
        by: u64,
        /// When.
        at: Nanos,
    },
    /// A replacement arrived when there was no such live order (any more). `by`, the order that was to
    /// take the place, is over without a word of its own.
    ReplaceTooLate {
        /// Which order.
        key: u64,
        /// The one that never lived.
        by: u64,
        /// When.
        at: Nanos,
    },
    /// A cancel arrived when there was no such live order (any more).
    CancelTooLate {
        /// Which order.
        key: u64,
        /// When.
        at: Nanos,
    },
}

impl SimEvent {
    /// Which order it tells of.
    #[must_use]
    pub fn key(&self) -> u64 {
        match *self {
            Self::Accepted { key, .. }
            | Self::Fill { key, .. }
            | Self::Canceled { key, .. }
            | Self::Expired { key, .. }
            | Self::Ended { key, .. }
            | Self::Replaced { key, .. }
            | Self::ReplaceTooLate { key, .. }
            | Self::CancelTooLate { key, .. } => key,
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Nanos {
        match *self {
            Self::Accepted { at, .. }
            | Self::Fill { at, .. }
            | Self::Canceled { at, .. }
            | Self::Expired { at, .. }
            | Self::Ended { at, .. }
            | Self::Replaced { at, .. }
            | Self::ReplaceTooLate { at, .. }
            | Self::CancelTooLate { at, .. } => at,
        }
    }
}

/// Why the venue does not take an order. A broker's own checks come before and are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A live order has this key.
    KeyInUse,
    /// Neither the quantity nor the amount of money is positive.
    BadQty,
    /// The limit price is not positive.
    BadLimit,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyInUse => "a live order has this key: give each order its own",
            Self::BadQty => "the quantity or the amount of money must be positive",
            Self::BadLimit => "the limit price must be positive",
        })
    }
}

impl std::error::Error for Refusal {}
