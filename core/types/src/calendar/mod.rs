//! Exchange sessions: on which days a market trades, and from when to when in UTC. Called at start
//! by whoever needs a session's bounds, by the data readers to drop rows outside it, by the
//! emulator for its clock, and by `st0ck calc calendar`.
//!
//! A [`Market`] is a table of facts and one rule; everything else is derived from them here, so
//! another venue is another file beside [`nyse`] and one more line in [`Market::all`].
//!
//! *Invariant:* pure. No clock is read, no file, no time zone library; a year whose holidays are
//! not known is an error, never a guess. The hot path keeps a [`Session`] and compares integers.

pub mod nyse;
pub mod zone;

pub use nyse::NYSE;
pub use zone::{Date, DateError, LocalTime, Weekday, Zone};

use crate::time::{MINUTE, Nanos};
use std::fmt;
use std::ops::{Range, RangeInclusive};

/// A trading venue's calendar.
///
/// A session opens and closes on one local day; the queries rely on it.
#[derive(Debug)]
pub struct Market {
    code: &'static str,
    name: &'static str,
    zone: Zone,
    first_year: i32,
    last_year: i32,
    day: fn(Date) -> Day,
}

/// What a market does on a day, in its local time.
#[derive(Clone, Copy, Debug)]
enum Day {
    /// No session, and why.
    Closed(&'static str),
    Open(Hours),
}

/// Local times in seconds since midnight.
#[derive(Clone, Copy, Debug)]
struct Hours {
    pre_open: u32,
    open: u32,
    close: u32,
    post_close: u32,
    early_close: bool,
}

const fn hhmm(hour: u32, minute: u32) -> u32 {
    hour * 3_600 + minute * 60
}

/// One trading day of a market. All times are UTC; intervals hold their start and not their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The day in the market's own time.
    pub date: Date,
    /// When extended trading begins before the core session (04:00 in New York).
    pub pre_open: Nanos,
    /// The first moment of the core session.
    pub open: Nanos,
    /// The first moment after the core session.
    pub close: Nanos,
    /// The first moment after extended trading (20:00 in New York, 17:00 after an early close).
    pub post_close: Nanos,
    /// The core session is shorter than the market's usual one.
    pub early_close: bool,
}

impl Session {
    /// Whether the core session is on: `open <= at < close`.
    #[must_use]
    pub fn contains(&self, at: Nanos) -> bool {
        self.open <= at && at < self.close
    }

    /// The length of the core session in minutes: 390 for a full New York day, 210 for a short one.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        self.close.since(self.open) / MINUTE
    }
}

/// A question that a calendar cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// The holidays of that year are not known here.
    OutOfRange {
        /// The market's code.
        market: &'static str,
        /// The year asked for, in the market's own time.
        year: i32,
        /// The first year covered.
        first_year: i32,
        /// The last year covered.
        last_year: i32,
    },
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CalendarError::OutOfRange { market, year, first_year, last_year } = self;
        write!(
            f,
            "the {market} calendar covers the years {first_year} to {last_year}, not {year}: use \
             dates inside them, or a release of st0ck whose calendar knows {year}"
        )
    }
}

impl std::error::Error for CalendarError {}

impl Market {
    /// Every market there is a calendar for.
    #[must_use]
    pub fn all() -> &'static [&'static Market] {
        static ALL: [&Market; 1] = [&NYSE];
        &ALL
    }

    /// The market of that ISO 10383 code, as in `--param market=XNYS`.
    #[must_use]
    pub fn by_code(code: &str) -> Option<&'static Market> {
        Market::all().iter().copied().find(|market| market.code == code)
    }

    /// The ISO 10383 market identifier code: `XNYS`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The market's local clock.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The years covered, first and last included.
    #[must_use]
    pub fn years(&self) -> RangeInclusive<i32> {
        self.first_year..=self.last_year
    }

    /// What the market's wall clock shows at a moment. Holds for all years of the [`Zone`].
    #[must_use]
    pub fn local(&self, at: Nanos) -> LocalTime {
        self.zone.local(at)
    }

    /// The moment at which the market's wall clock shows a time; see [`Zone::at_local`].
    #[must_use]
    pub fn at_local(&self, date: Date, hour: u32, minute: u32, second: u32) -> Nanos {
        self.zone.at_local(date, hour, minute, second)
    }

    /// The session of a day, `None` when the market is closed all day.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] for a year without known holidays. So for every query below.
    pub fn session(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        self.check(date)?;
        Ok(self.session_in_range(date))
    }

    /// Why there is no session on a day (`"weekend"`, `"Good Friday"`); `None` when there is one.
    ///
    /// # Errors
    /// As [`Market::session`].
    pub fn closure(&self, date: Date) -> Result<Option<&'static str>, CalendarError> {
        self.check(date)?;
        Ok(match (self.day)(date) {
            Day::Closed(why) => Some(why),
            Day::Open(_) => None,
        })
    }

    /// The session whose core hours hold a moment, `None` when the market is closed then.
    ///
    /// # Errors
    /// As [`Market::session`].
    pub fn session_at(&self, at: Nanos) -> Result<Option<Session>, CalendarError> {
        Ok(self.session(self.zone.date(at))?.filter(|session| session.contains(at)))
    }

    /// Whether the core session is on at a moment: open inclusive, close exclusive.
    ///
    /// # Errors
    /// As [`Market::session`].
    pub fn is_open(&self, at: Nanos) -> Result<bool, CalendarError> {
        Ok(self.session_at(at)?.is_some())
    }

    /// The session on at a moment or, when the market is closed then, the next one.
    ///
    /// # Errors
    /// As [`Market::session`]; also when the search leaves the last year covered.
    pub fn session_containing_or_next(&self, at: Nanos) -> Result<Session, CalendarError> {
        self.first_from(self.zone.date(at), |session| session.close > at)
    }

    /// The first opening strictly after a moment.
    ///
    /// # Errors
    /// As [`Market::session_containing_or_next`].
    pub fn next_open_after(&self, at: Nanos) -> Result<Nanos, CalendarError> {
        let session = self.first_from(self.zone.date(at), |session| session.open > at)?;
        Ok(session.open)
    }

    /// The first close strictly after a moment.
    ///
    /// # Errors
    /// As [`Market::session_containing_or_next`].
    pub fn next_close_after(&self, at: Nanos) -> Result<Nanos, CalendarError> {
        Ok(self.session_containing_or_next(at)?.close)
    }

    /// The first session on a day after `date`. Since 2024-05-28 US trades settle on it (T+1).
    ///
    /// # Errors
    /// As [`Market::session_containing_or_next`].
    pub fn session_after(&self, date: Date) -> Result<Session, CalendarError> {
        self.first_from(date.plus_days(1), |_| true)
    }

    /// The last session on a day before `date`: where yesterday's close and last equity come from.
    ///
    /// # Errors
    /// As [`Market::session`]; also when the search leaves the first year covered.
    pub fn session_before(&self, date: Date) -> Result<Session, CalendarError> {
        let mut date = date.plus_days(-1);
        loop {
            if let Some(session) = self.session(date)? {
                return Ok(session);
            }
            date = date.plus_days(-1);
        }
    }

    /// The sessions of the days `from` to `to`, both included, in order (or reversed: `.rev()`).
    /// None when `from` is after `to`.
    ///
    /// # Errors
    /// As [`Market::session`], for either end.
    pub fn sessions(&self, from: Date, to: Date) -> Result<Sessions<'_>, CalendarError> {
        self.check(from)?;
        self.check(to)?;
        Ok(Sessions { market: self, days: from.days()..to.days() + 1 })
    }

    fn first_from(
        &self,
        mut date: Date,
        wanted: impl Fn(&Session) -> bool,
    ) -> Result<Session, CalendarError> {
        loop {
            if let Some(session) = self.session(date)?.filter(&wanted) {
                return Ok(session);
            }
            date = date.plus_days(1);
        }
    }

    fn check(&self, date: Date) -> Result<(), CalendarError> {
        let (year, first_year, last_year) = (date.year(), self.first_year, self.last_year);
        if self.years().contains(&year) {
            return Ok(());
        }
        Err(CalendarError::OutOfRange { market: self.code, year, first_year, last_year })
    }

    /// *Invariant:* the caller has checked the year.
    fn session_in_range(&self, date: Date) -> Option<Session> {
        let Day::Open(hours) = (self.day)(date) else { return None };
        let at = |second_of_day| self.zone.at_second(date, second_of_day);
        Some(Session {
            date,
            pre_open: at(hours.pre_open),
            open: at(hours.open),
            close: at(hours.close),
            post_close: at(hours.post_close),
            early_close: hours.early_close,
        })
    }
}

/// The sessions of a range of days; see [`Market::sessions`].
#[derive(Clone, Debug)]
pub struct Sessions<'a> {
    market: &'a Market,
    /// The days still to be looked at, since the epoch; all inside the market's years.
    days: Range<i32>,
}

impl Iterator for Sessions<'_> {
    type Item = Session;

    fn next(&mut self) -> Option<Session> {
        let market = self.market;
        self.days.find_map(|day| market.session_in_range(Date::from_days(day)))
    }
}

impl DoubleEndedIterator for Sessions<'_> {
    fn next_back(&mut self) -> Option<Session> {
        let market = self.market;
        self.days.by_ref().rev().find_map(|day| market.session_in_range(Date::from_days(day)))
    }
}
