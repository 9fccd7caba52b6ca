//! Counters that one thread writes and any thread reads, each on its own cache line.

use crossbeam::utils::CachePadded;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number with one writer. Clones share it.
///
/// The writer uses a load and a store, not a locked add: it is the only one.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<CachePadded<AtomicU64>>);

impl Counter {
    /// Adds `n`; only ever from one thread at a time.
    pub fn add(&self, n: u64) {
        let value = self.0.load(Ordering::Relaxed);
        self.0.store(value.wrapping_add(n), Ordering::Release);
    }

    /// Sets it; only ever from one thread at a time.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    /// Raises it to `value` when that is more.
    pub fn raise(&self, value: u64) {
        if value > self.0.load(Ordering::Relaxed) {
            self.0.store(value, Ordering::Release);
        }
    }

    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_see_the_same_number() {
        let counter = Counter::default();
        let seen = counter.clone();
        counter.add(2);
        counter.raise(1);
        assert_eq!(seen.get(), 2);
        counter.raise(9);
        assert_eq!(seen.get(), 9);
    }
}
