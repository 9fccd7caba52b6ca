//! What the feed agent asks of a venue, and what everyone else may know of it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use crate::publish::Publisher;

/// A venue's market data. One adapter keeps one connection.
pub trait FeedAdapter: Send {
    /// Moves whatever can be moved without waiting: connects, signs in, subscribes, decodes frames
    /// and publishes what they tell. Returns how many things happened; 0 lets the thread rest.
    fn poll(&mut self, publish: &mut Publisher) -> u32;

    /// Says goodbye to the venue. Called once, before the thread ends.
    fn close(&mut self);
}

/// Where a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum FeedState {
    /// Not connected: waiting for its next attempt, or shaking hands.
    #[default]
    Down = 0,
    /// Subscribed and acknowledged: events flow.
    Streaming = 1,
    /// The venue closed in order (code 1000): the session is over, no reconnect will be tried.
    Ended = 2,
    /// Refused for a reason that another attempt cannot change: see [`FeedStatus::failure`].
    Failed = 3,
}

/// A feed's state as the shell and the dashboard see it; clones share it. The feed's thread writes.
#[derive(Debug, Clone, Default)]
pub struct FeedStatus(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    failure: OnceLock<String>,
}

impl FeedStatus {
    /// Where the feed stands. When it reads [`FeedState::Ended`], every event of the session is
    /// already in the rings.
    #[must_use]
    pub fn state(&self) -> FeedState {
        match self.0.state.load(Ordering::Acquire) {
            1 => FeedState::Streaming,
            2 => FeedState::Ended,
            3 => FeedState::Failed,
            _ => FeedState::Down,
        }
    }

    /// Why it failed, and what to do about it.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    /// Says where the feed stands now.
    pub fn set(&self, state: FeedState) {
        self.0.state.store(state as u8, Ordering::Release);
    }

    /// Says that the feed has failed for good; the first reason is kept.
    pub fn fail(&self, why: String) {
        // A second failure cannot be told apart from the first one's consequences.
        let _ = self.0.failure.set(why);
        self.set(FeedState::Failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_kept_and_seen_by_every_clone() {
        let status = FeedStatus::default();
        let seen = status.clone();
        for state in [FeedState::Down, FeedState::Streaming, FeedState::Ended] {
            status.set(state);
            assert_eq!(seen.state(), state);
        }
        status.fail(String::from("402"));
        status.fail(String::from("consequence"));
        assert_eq!((seen.state(), seen.failure()), (FeedState::Failed, Some("402")));
    }
}
