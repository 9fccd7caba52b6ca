//! What the shell learned about itself and tells the core: as inputs, so that replay knows it too.

use crate::{Epoch, Money, Nanos, Seq};

/// What accounts began the day with, and what they are worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountSums {
    /// Equity at the day's first reading.
    pub opening: Money,
    /// Equity now.
    pub equity: Money,
}

/// A fact about the process, not about the market or the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemEvent {
    /// The first input of a session.
    SessionStart {
        /// The process life.
        epoch: Epoch,
        /// Ordinal of the session's first order.
        first_order: u32,
    },
    /// A later process life took over: whatever was not reported back is UNKNOWN.
    Restart {
        /// The new process life.
        epoch: Epoch,
    },
    /// The recording or the trading day is over.
    SessionEnd,
    /// The input with this number panicked the engine: the strategy is quarantined.
    LaneFault {
        /// The input.
        seq: Seq,
    },
    /// The wall clock moved against the monotonic one.
    ClockStep {
        /// By how many nanoseconds; negative means backwards.
        by: i64,
    },
    /// The market feed went up or down.
    FeedLink {
        /// Whether it is up.
        up: bool,
        /// When.
        at: Nanos,
    },
    /// No next journal segment is ready: only reduce until there is.
    JournalLow {
        /// Whether it is low (or no longer).
        low: bool,
    },
    /// Only what the journal keeps for an emergency is left, or nothing reaches the disk any more: open
    /// nothing until a person arms the lane again.
    JournalFull,
    /// What the other accounts of this installation had and have, in sums (C13).
    OtherAccounts(AccountSums),
}

impl SystemEvent {
    /// The word used in the journal.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::SessionStart { .. } => "session_start",
            Self::Restart { .. } => "restart",
            Self::SessionEnd => "session_end",
            Self::LaneFault { .. } => "lane_fault",
            Self::ClockStep { .. } => "clock_step",
            Self::FeedLink { .. } => "feed_link",
            Self::JournalLow { .. } => "journal_low",
            Self::JournalFull => "journal_full",
            Self::OtherAccounts(_) => "other_accounts",
        }
    }
}
