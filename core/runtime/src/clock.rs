//! Clocks of the shell. The core never reads one: time reaches it on its inputs.
//!
//! Both clocks read the time-stamp counter through `quanta` (about 9 ns here), calibrated once.

use st0ck_types::Nanos;
use std::time::{SystemTime, UNIX_EPOCH};

/// Monotonic nanoseconds since the clock was made: for ages, deadlines and latencies.
#[derive(Debug, Clone)]
pub struct MonoClock {
    clock: quanta::Clock,
    origin: u64,
}

impl Default for MonoClock {
    fn default() -> Self {
        Self::new()
    }
}

impl MonoClock {
    /// Starts at zero now.
    #[must_use]
    pub fn new() -> Self {
        let clock = quanta::Clock::new();
        let origin = clock.raw();
        Self { clock, origin }
    }

    /// Nanoseconds since this clock (or the one it was cloned from) was made.
    #[inline]
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.clock.delta_as_nanos(self.origin, self.clock.raw())
    }
}

/// UTC that never steps: the system clock read once, advanced by the monotonic one.
///
/// Every stamp of a process comes from clones of one `WallClock`, so differences are latencies.
#[derive(Debug, Clone)]
pub struct WallClock {
    mono: MonoClock,
    base: i64,
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new()
    }
}

impl WallClock {
    /// Reads the system clock and goes on from there.
    #[must_use]
    pub fn new() -> Self {
        let mono = MonoClock::new();
        let base = system_utc() - mono.now_ns() as i64;
        Self { mono, base }
    }

    /// The time now.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Nanos {
        Nanos(self.base + self.mono.now_ns() as i64)
    }

    /// The monotonic clock below, for deadlines.
    #[must_use]
    pub fn mono(&self) -> &MonoClock {
        &self.mono
    }

    /// The monotonic clock's nanoseconds at a moment of this one, which spares a second reading; 0 for
    /// one before both were made.
    #[must_use]
    pub fn mono_ns_at(&self, at: Nanos) -> u64 {
        at.0.saturating_sub(self.base).max(0) as u64
    }

    /// How far the system clock has moved away from this one since it was made, in nanoseconds;
    /// negative when the system clock went back. Beyond half a second it is news for the core.
    #[must_use]
    pub fn step(&self) -> i64 {
        system_utc() - self.now().0
    }
}

/// The operating system's UTC in nanoseconds; the one place that asks for it.
fn system_utc() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_time_line() {
        let clock = WallClock::new();
        let clone = clock.clone();
        let (a, b, c) = (clock.now(), clone.now(), clock.now());
        assert!(a <= b && b <= c);
    }

    #[test]
    fn a_moment_is_the_same_on_both_clocks() {
        let clock = WallClock::new();
        let before = clock.mono().now_ns();
        let at = clock.mono_ns_at(clock.now());
        assert!((before..=clock.mono().now_ns()).contains(&at));
        assert_eq!(clock.mono_ns_at(Nanos::ZERO), 0);
    }
}
