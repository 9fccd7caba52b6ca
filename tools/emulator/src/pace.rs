//! How session time follows the wall clock, or the clients.

use st0ck_types::Nanos;
use std::time::{Duration, Instant};

/// Longest wait for sockets when nothing else is due.
const REST: Duration = Duration::from_millis(50);

/// The clock of a paced session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    speed: f64,
    begun: Option<(Instant, Nanos)>,
}

impl Pace {
    /// A clock that stands still until [`Pace::begin`].
    pub(crate) fn new(speed: f64) -> Self {
        Self { speed, begun: None }
    }

    /// Session time `start` is now.
    pub(crate) fn begin(&mut self, start: Nanos, now: Instant) {
        self.begun = Some((now, start));
    }

    /// Session time; `None` while the clock stands still.
    pub(crate) fn session_time(&self, now: Instant) -> Option<Nanos> {
        let (begun, start) = self.begun?;
        let elapsed_ns = now.duration_since(begun).as_nanos() as f64;
        Some(start + (elapsed_ns * self.speed) as i64)
    }

    /// How long to wait for sockets when the next thing is due at `due`.
    pub(crate) fn wait_for(&self, due: Option<Nanos>, now: Instant) -> Duration {
        let (Some(due), Some(time)) = (due, self.session_time(now)) else { return REST };
        self.on_the_wall(Duration::from_nanos(due.since(time).max(0).unsigned_abs())).min(REST)
    }

    /// How long a span of session time is by the wall clock.
    pub(crate) fn on_the_wall(&self, span: Duration) -> Duration {
        Duration::from_nanos((span.as_nanos() as f64 / self.speed) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_time_runs_at_its_speed_from_the_start() {
        let now = Instant::now();
        let mut pace = Pace::new(30.0);
        assert_eq!(pace.session_time(now), None);
        assert_eq!(pace.wait_for(Some(Nanos(0)), now), REST);
        pace.begin(Nanos(1_000), now);
        let later = now + Duration::from_millis(10);
        assert_eq!(pace.session_time(later), Some(Nanos(300_001_000)));
        let wait = pace.wait_for(Some(Nanos(600_001_000)), later);
        assert_eq!(wait, Duration::from_millis(10));
        assert_eq!(pace.wait_for(Some(Nanos(0)), later), Duration::ZERO);
    }
}
