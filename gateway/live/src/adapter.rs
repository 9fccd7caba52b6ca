//! What the gateway agent asks of a broker.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use st0ck_types::{CancelRequest, Nanos, OrderRequest};

use crate::reports::ReportTx;

/// The moments that an order's latencies and its age count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    /// When the bytes of the quote that caused it were read; zero when a timer did.
    pub t_read: Nanos,
    /// When the agent took it from the ring.
    pub t_taken: Nanos,
}

/// How many orders went which way: what control C20 compares with what came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderFlow {
    /// Handed to a connection, each exactly once.
    pub written: u64,
    /// Reported as refused; nothing was sent.
    pub refused: u64,
    /// Waiting for a connection or for quota.
    pub waiting: u64,
}

impl OrderFlow {
    /// All orders that were handed to the adapter, if it kept count.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.written + self.refused + self.waiting
    }
}

/// Where the order stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum LinkState {
    /// Not connected, or shaking hands.
    #[default]
    Down = 0,
    /// Authorised and listening.
    Up = 1,
    /// The broker closed in order (code 1000): the session is over.
    Ended = 2,
    /// Refused for a reason that another attempt cannot change: see [`LinkStatus::failure`].
    Failed = 3,
}

/// The order stream's state as the shell sees it; clones share it. The gateway's thread writes.
#[derive(Debug, Clone, Default)]
pub struct LinkStatus(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    failure: OnceLock<String>,
}

impl LinkStatus {
    /// Where the stream stands.
    #[must_use]
    pub fn state(&self) -> LinkState {
        match self.0.state.load(Ordering::Acquire) {
            1 => LinkState::Up,
            2 => LinkState::Ended,
            3 => LinkState::Failed,
            _ => LinkState::Down,
        }
    }

    /// Why it failed, and what to do about it.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    /// Says where the stream stands now.
    pub fn set(&self, state: LinkState) {
        self.0.state.store(state as u8, Ordering::Release);
    }

    /// Says that it has failed for good; the first reason is kept.
    pub fn fail(&self, why: String) {
        // A second failure cannot be told apart from the first one's consequences.
        let _ = self.0.failure.set(why);
        self.set(LinkState::Failed);
    }
}

/// A broker's order entry and order stream. Everything that happens is told as a report.
pub trait OrderAdapter: Send {
    /// Writes the order to a connection, or keeps it for a moment until one is free. It takes over
    /// the order's lock-step token.
    fn submit(&mut self, order: &OrderRequest, stamps: Stamps, reports: &mut ReportTx);

    /// Asks for the end of an order, at once or as soon as the broker's name for it is known. It
    /// takes over the cancel's lock-step token.
    fn cancel(&mut self, cancel: &CancelRequest, reports: &mut ReportTx);

    /// Moves whatever can be moved without waiting; returns how many things happened.
    fn poll(&mut self, reports: &mut ReportTx) -> u32;

    /// Asks for a comparison of the two books. It happens by itself whenever the order stream
    /// comes up: start and reconnect are the same path.
    fn reconcile(&mut self);

    /// Where orders went so far.
    fn flow(&self) -> OrderFlow;

    /// Closes the connections. Called once, before the thread ends.
    fn close(&mut self);
}
