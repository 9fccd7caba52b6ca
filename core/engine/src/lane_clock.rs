//! The lane's time: the wall's, or that of a recorded feed. Never steps back.
//!
//! Under `feed`, time is the greatest market timestamp consumed and nothing else moves it.

use st0ck_runtime::WallClock;
use st0ck_types::Nanos;

/// Whose time decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The wall clock's.
    Wall,
    /// The recorded feed's.
    Feed,
}

/// Stamps inputs. Latencies always use the wall clock.
#[derive(Debug, Clone)]
pub struct LaneClock {
    kind: ClockKind,
    wall: WallClock,
    last: Nanos,
}

impl LaneClock {
    /// A clock that goes on from `last` (the stamp of the last record, or the session's open).
    #[must_use]
    pub fn new(kind: ClockKind, wall: WallClock, last: Nanos) -> Self {
        Self { kind, wall, last }
    }

    /// Whether the wall decides.
    #[must_use]
    pub fn is_wall(&self) -> bool {
        self.kind == ClockKind::Wall
    }

    /// The last stamp given.
    #[must_use]
    pub fn last(&self) -> Nanos {
        self.last
    }

    /// The wall's time, for latencies.
    #[inline]
    #[must_use]
    pub fn wall_now(&self) -> Nanos {
        self.wall.now()
    }

    /// The stamp of an input that carries no time of its own and is consumed when the wall shows
    /// `wall`.
    pub fn now(&mut self, wall: Nanos) -> Nanos {
        if self.is_wall() {
            self.last = self.last.max(wall);
        }
        self.last
    }

    /// The stamp that a market event of that time would get, consumed when the wall shows `wall`.
    #[must_use]
    pub fn peek(&self, wall: Nanos, ts_event: Nanos) -> Nanos {
        self.last.max(if self.is_wall() { wall } else { ts_event })
    }

    /// The stamp of a market event.
    pub fn at_market(&mut self, wall: Nanos, ts_event: Nanos) -> Nanos {
        self.last = self.peek(wall, ts_event);
        self.last
    }

    /// The stamp of a timer: its own due time under the feed's clock.
    pub fn at_timer(&mut self, wall: Nanos, due: Nanos) -> Nanos {
        self.at_market(wall, due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feed_time_moves_with_the_market_only_and_never_back() {
        let mut clock = LaneClock::new(ClockKind::Feed, WallClock::new(), Nanos(100));
        let wall = clock.wall_now();
        assert_eq!(clock.now(wall), Nanos(100));
        assert_eq!(clock.at_market(wall, Nanos(150)), Nanos(150));
        assert_eq!(clock.at_market(wall, Nanos(120)), Nanos(150));
        assert_eq!(clock.at_timer(wall, Nanos(140)), Nanos(150));
        assert_eq!(clock.now(wall), Nanos(150));
    }

    #[test]
    fn wall_time_never_goes_before_the_last_record() {
        let future = WallClock::new().now() + 3_600 * st0ck_types::time::SECOND;
        let mut clock = LaneClock::new(ClockKind::Wall, WallClock::new(), future);
        let wall = clock.wall_now();
        assert_eq!([clock.now(wall), clock.at_market(wall, Nanos(7))], [future; 2]);
        let later = future + 1;
        assert_eq!([clock.peek(later, Nanos(7)), clock.at_timer(later, Nanos(7))], [later; 2]);
    }
}
