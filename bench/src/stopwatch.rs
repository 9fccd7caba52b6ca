//! Time as the benches read it: the time-stamp counter through `quanta`.
//!
//! *Invariant:* converting happens after the second reading; between the two there is nothing but
//! what is measured and the reading itself.

use quanta::Clock;

/// How often [`Stopwatch::cost`] and [`Stopwatch::tick`] read the clock.
const READINGS: usize = 10_000;

/// A calibrated counter. Readings of clones can be compared.
#[derive(Debug, Clone)]
pub struct Stopwatch(Clock);

impl Default for Stopwatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Stopwatch {
    /// Calibrates the counter.
    #[must_use]
    pub fn new() -> Self {
        Self(Clock::new())
    }

    /// The counter now.
    #[inline]
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.raw()
    }

    /// Nanoseconds from one reading to another.
    #[inline]
    #[must_use]
    pub fn ns(&self, from: u64, to: u64) -> u64 {
        self.0.delta_as_nanos(from, to)
    }

    /// Nanoseconds that one reading takes, on average: what every single measurement holds too much.
    #[must_use]
    pub fn cost(&self) -> f64 {
        let from = self.now();
        let to = (0..READINGS).fold(from, |_, _| std::hint::black_box(self.now()));
        self.ns(from, to) as f64 / READINGS as f64
    }

    /// The step in which it is seen to move, in nanoseconds: single measurements are multiples of it.
    #[must_use]
    pub fn tick(&self) -> u64 {
        let mut last = self.now();
        let step = |_| self.ns(std::mem::replace(&mut last, self.now()), last);
        let mut steps: Vec<u64> = (0..READINGS).map(step).filter(|&ns| ns > 0).collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_grow_and_convert() {
        let watch = Stopwatch::new();
        let (a, b) = (watch.now(), watch.clone().now());
        assert!(a <= b);
        assert_eq!(watch.ns(a, a), 0);
        assert!(watch.cost() > 0.0);
    }
}
