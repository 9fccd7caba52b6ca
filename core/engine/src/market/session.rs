//! The session clock: how far the trading day has got, on the lane's own time.
//!
//! Read by strategies and the gate; moved by the engine at each input. *Invariant:* it compares
//! integers that were resolved at start; no calendar is asked on the way.

use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, LocalTime, Session, Zone};
use st0ck_types::time::MINUTE;

/// The day's session and the present moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionClock {
    session: Session,
    zone: Zone,
    now: Nanos,
}

impl SessionClock {
    /// The clock of a session, standing at the beginning of time.
    #[must_use]
    pub fn new(session: Session, zone: Zone) -> Self {
        Self { session, zone, now: Nanos(i64::MIN) }
    }

    /// Lane time of the input being handled.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// The trading day, in the exchange's own time.
    #[must_use]
    pub fn date(&self) -> Date {
        self.session.date
    }

    /// The first moment of the core session.
    #[must_use]
    pub fn open(&self) -> Nanos {
        self.session.open
    }

    /// The first moment after the core session.
    #[must_use]
    pub fn close(&self) -> Nanos {
        self.session.close
    }

    /// Whether the core session is on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.session.contains(self.now)
    }

    /// Whole minutes left until the close: 10 up to and including ten minutes before it. Negative
    /// after the close.
    #[must_use]
    pub fn minutes_to_close(&self) -> i64 {
        self.close().since(self.now).div_euclid(MINUTE)
    }

    /// What the exchange's wall clock shows now.
    #[must_use]
    pub fn local(&self) -> LocalTime {
        self.zone.local(self.now)
    }

    /// The moment of this trading day at which the exchange's wall clock shows `second_of_day`
    /// seconds after midnight.
    #[must_use]
    pub fn at_local(&self, second_of_day: u32) -> Nanos {
        let (hour, minute, second) =
            (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
        self.zone.at_local(self.session.date, hour, minute, second)
    }

    /// Lane time never goes back: an earlier `at` leaves the clock where it is.
    pub(crate) fn advance(&mut self, at: Nanos) -> Nanos {
        self.now = self.now.max(at);
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::calendar::NYSE;
    use st0ck_types::time::SECOND;

    fn clock() -> SessionClock {
        let date = Date::new(2020, 12, 15).unwrap();
        SessionClock::new(NYSE.session(date).unwrap().unwrap(), NYSE.zone())
    }

    #[test]
    fn minutes_to_close_count_whole_minutes() {
        let mut clock = clock();
        let close = clock.close();
        for (before, minutes) in [(600 * SECOND, 10), (599 * SECOND, 9), (0, 0), (-SECOND, -1)] {
            clock.advance(close - before);
            assert_eq!(clock.minutes_to_close(), minutes);
        }
        assert!(!clock.is_open());
    }

    #[test]
    fn exchange_local_times_become_moments_of_the_day() {
        let mut clock = clock();
        assert_eq!(clock.at_local(9 * 3_600 + 30 * 60), clock.open());
        assert_eq!(clock.at_local(16 * 3_600), clock.close());
        clock.advance(clock.open());
        assert_eq!(clock.local().second_of_day, 9 * 3_600 + 30 * 60);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let mut clock = clock();
        clock.advance(Nanos(20));
        assert_eq!(clock.advance(Nanos(10)), Nanos(20));
    }
}
