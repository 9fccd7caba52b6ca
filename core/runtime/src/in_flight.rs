//! Lock-step: how a recorded session at `--speed max` gives the same orders each time.
//!
//! One shared count of messages that somebody has yet to handle. Whoever makes a message enters it
//! *before* handing it over; whoever has handled one leaves it *after* entering everything that it
//! caused. The emulator releases its next thing only when the count is zero, so at any moment the
//! whole pipeline works on the consequences of one release, and thread timing cannot reorder inputs.
//!
//! Live and paced sessions use [`InFlight::off`]: every call is then one predictable branch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The count; clones share it.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Option<Arc<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    count: AtomicI64,
    ready: AtomicBool,
}

impl InFlight {
    /// Counts nothing: the pipeline runs freely.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts; not ready until the shell says so.
    #[must_use]
    pub fn lock_step() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether this is lock-step.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// `n` messages are about to be handed over.
    pub fn enter(&self, n: u32) {
        if let Some(shared) = &self.0 {
            shared.count.fetch_add(i64::from(n), Ordering::AcqRel);
        }
    }

    /// `n` messages and all they caused have been handled or entered.
    pub fn leave(&self, n: u32) {
        if let Some(shared) = &self.0 {
            let before = shared.count.fetch_sub(i64::from(n), Ordering::AcqRel);
            debug_assert!(before >= i64::from(n), "left {n} of {before} messages in flight");
        }
    }

    /// Messages not yet handled.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.0.as_ref().map_or(0, |shared| shared.count.load(Ordering::Acquire))
    }

    /// Says whether the shell can take more (a journal segment is at hand).
    pub fn set_ready(&self, ready: bool) {
        if let Some(shared) = &self.0 {
            shared.ready.store(ready, Ordering::Release);
        }
    }

    /// Whether the next thing may be released.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.0.as_ref().is_none_or(|shared| {
            shared.ready.load(Ordering::Acquire) && shared.count.load(Ordering::Acquire) == 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_means_ready_and_nothing_in_flight() {
        let flight = InFlight::lock_step();
        assert!(!flight.is_quiet(), "not ready yet");
        flight.set_ready(true);
        assert!(flight.is_quiet());
        let other = flight.clone();
        other.enter(2);
        flight.leave(1);
        assert!(!flight.is_quiet());
        flight.leave(1);
        assert!(flight.is_quiet());
    }

    #[test]
    fn off_never_holds_anything_back() {
        let flight = InFlight::off();
        flight.enter(5);
        assert!(flight.is_quiet() && flight.count() == 0);
    }
}
