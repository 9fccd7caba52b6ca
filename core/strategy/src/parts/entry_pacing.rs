//! Entries keep their distance in time. One comparison per quote.

use st0ck_types::{Nanos, StateReader, StateSink, state::StateError};

/// No entry sooner than `interval` after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPacing {
    interval: i64,
    next: Nanos,
}

impl EntryPacing {
    /// `interval` in nanoseconds; the first entry may come at once.
    #[must_use]
    pub fn new(interval: i64) -> Self {
        Self { interval, next: Nanos(i64::MIN) }
    }

    /// Whether an entry may come now.
    #[inline]
    #[must_use]
    pub fn is_due(&self, now: Nanos) -> bool {
        now >= self.next
    }

    /// The earliest moment of the next entry; the beginning of time before the first.
    #[must_use]
    pub fn next(&self) -> Nanos {
        self.next
    }

    /// The least distance, in nanoseconds.
    #[must_use]
    pub fn interval(&self) -> i64 {
        self.interval
    }

    /// When the last entry was ordered; the beginning of time before the first.
    #[must_use]
    pub fn last(&self) -> Nanos {
        Nanos(self.next.0.saturating_sub(self.interval))
    }

    /// An entry was ordered at that moment. A moment before the last one changes nothing.
    pub fn on_entry(&mut self, at: Nanos) {
        self.next = self.next.max(at + self.interval);
    }

    /// Writes what changes.
    pub fn save(&self, into: &mut dyn StateSink) {
        into.i64(self.next.0);
    }

    /// Reads back what [`EntryPacing::save`] wrote.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.next = Nanos(from.i64("next entry")?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::time::SECOND;

    #[test]
    fn the_first_entry_is_at_once_and_the_next_an_interval_later() {
        let mut pacing = EntryPacing::new(40 * SECOND);
        let start = Nanos(1_000 * SECOND);
        assert!(pacing.is_due(start));
        assert_eq!(pacing.last(), Nanos(i64::MIN));
        pacing.on_entry(start);
        assert_eq!((pacing.last(), pacing.interval()), (start, 40 * SECOND));
        assert!(!pacing.is_due(start + (40 * SECOND - 1)));
        assert!(pacing.is_due(start + 40 * SECOND));
    }

    #[test]
    fn an_older_entry_does_not_bring_the_next_one_forward() {
        let mut pacing = EntryPacing::new(40 * SECOND);
        pacing.on_entry(Nanos(100 * SECOND));
        pacing.on_entry(Nanos(50 * SECOND));
        assert_eq!(pacing.next(), Nanos(140 * SECOND));
    }
}
