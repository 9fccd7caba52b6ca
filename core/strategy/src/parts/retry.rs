//! After a "no", wait before asking again: one second, then two, four, and so on up to a cap.
//!
//! *Invariant:* a strategy that asks only when [`Retry::is_open`] cannot loop, whoever refuses it
//! and however fast.

use st0ck_types::time::SECOND;
use st0ck_types::{Nanos, StateReader, StateSink, state::StateError};

/// The pause after consecutive failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
    until: Nanos,
}

impl Default for Retry {
    fn default() -> Self {
        Self { failures: 0, until: Nanos(i64::MIN) }
    }
}

impl Retry {
    /// Whether one may ask now.
    #[inline]
    #[must_use]
    pub fn is_open(&self, now: Nanos) -> bool {
        now >= self.until
    }

    /// When one may ask again.
    #[must_use]
    pub fn until(&self) -> Nanos {
        self.until
    }

    /// Failures since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// It was refused at `now`; the pause doubles up to `cap_s` seconds.
    pub fn on_failure(&mut self, now: Nanos, cap_s: i64) {
        let pause = 1i64.checked_shl(self.failures.min(62)).unwrap_or(cap_s).min(cap_s);
        self.failures = self.failures.saturating_add(1);
        self.until = now + pause * SECOND;
    }

    /// It went well, or the world changed so that it may: no pause.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Writes its state.
    pub fn save(&self, into: &mut dyn StateSink) {
        into.u32(self.failures);
        into.i64(self.until.0);
    }

    /// Reads back what [`Retry::save`] wrote.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.failures = from.u32("retry failures")?;
        self.until = Nanos(from.i64("retry until")?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_cap_and_a_success_ends_it() {
        let (mut retry, now) = (Retry::default(), Nanos(1_000 * SECOND));
        assert!(retry.is_open(Nanos::ZERO));
        for pause in [1, 2, 4, 8, 8, 8] {
            retry.on_failure(now, 8);
            assert_eq!(retry.until(), now + pause * SECOND);
            assert!(!retry.is_open(now) && retry.is_open(now + pause * SECOND));
        }
        assert_eq!(retry.failures(), 6);
        retry.reset();
        assert_eq!((retry.failures(), retry.is_open(now)), (0, true));
    }

    #[test]
    fn a_hundred_failures_do_not_overflow() {
        let mut retry = Retry::default();
        (0..100).for_each(|_| retry.on_failure(Nanos::ZERO, 64));
        assert_eq!(retry.until(), Nanos(64 * SECOND));
    }
}
