//! Civil dates and an exchange's local clock, by arithmetic alone: no time zone library, no files,
//! no clock read. Called by the calendars of this folder, by whoever prints or parses a date, and
//! by strategies whose rules are written in exchange time ("at 10:55").
//!
//! *Invariant:* every function here is pure and total; nothing allocates but the printing traits.

use crate::time::{self, Nanos, SECOND};
use std::fmt;
use std::str::FromStr;

const SECONDS_PER_DAY: i64 = 86_400;

/// A day of the week. Ordered from Monday, as in ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// ISO day 1.
    Monday,
    /// ISO day 2.
    Tuesday,
    /// ISO day 3.
    Wednesday,
    /// ISO day 4.
    Thursday,
    /// ISO day 5.
    Friday,
    /// ISO day 6.
    Saturday,
    /// ISO day 7.
    Sunday,
}

impl Weekday {
    const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// Saturday or Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        matches!(self, Weekday::Saturday | Weekday::Sunday)
    }

    /// How many days lie between this day and the next `later`: 0 (the same day) to 6.
    const fn days_until(self, later: Weekday) -> i32 {
        (later as i32 - self as i32).rem_euclid(7)
    }
}

/// A day in the proleptic Gregorian calendar, without a time and without a zone.
///
/// Four bytes, `Copy`, ordered by time. Printed and parsed as ISO 8601, `2020-12-15`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i32,
}

impl Date {
    /// The day `year`-`month`-`day`; `None` when there is no such day (month 13, 30 February) or
    /// the year does not have at most four digits (ISO 8601 needs an agreement for more).
    #[must_use]
    pub const fn new(year: i32, month: u32, day: u32) -> Option<Date> {
        let year_is_iso = year >= 0 && year <= 9999;
        if !year_is_iso || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Date::from_civil(year, month, day))
    }

    /// The day that many days after 1970-01-01 (before it when negative).
    #[must_use]
    pub const fn from_days(days: i32) -> Date {
        Date { days }
    }

    /// Days since 1970-01-01; the inverse of [`Date::from_days`].
    #[must_use]
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Year, month (1 to 12) and day of the month (1 to 31).
    #[must_use]
    pub const fn civil(self) -> (i32, u32, u32) {
        let (year, month, day) = time::civil_from_days(self.days as i64);
        (narrow(year), narrow(month).unsigned_abs(), narrow(day).unsigned_abs())
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.civil().0
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u32 {
        self.civil().1
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub const fn day(self) -> u32 {
        self.civil().2
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday, three days after a Monday.
        Weekday::ALL[narrow((self.days as i64 + 3).rem_euclid(7)).unsigned_abs() as usize]
    }

    /// The day `days` later (earlier when negative). Stops at the ends of the type, some five
    /// million years away.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Date {
        Date { days: self.days.saturating_add(days) }
    }

    /// [`Date::new`] for rules and tables, whose days are known to exist.
    pub(super) const fn from_civil(year: i32, month: u32, day: u32) -> Date {
        Date { days: narrow(time::days_from_civil(year as i64, month as i64, day as i64)) }
    }

    /// The `n`-th (from 1) such weekday of a month that exists: `(2020, 11, 4, Thursday)` is
    /// Thanksgiving Day.
    pub(super) const fn nth_weekday(year: i32, month: u32, n: i32, weekday: Weekday) -> Date {
        let first = Date::from_civil(year, month, 1);
        first.plus_days(first.weekday().days_until(weekday) + 7 * (n - 1))
    }
}

/// Leap every fourth year, but in full centuries only every fourth of those.
const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    /// Not ten characters `YYYY-MM-DD`.
    Form,
    /// The form is right, but the calendar has no such day.
    NoSuchDay {
        /// As written.
        year: i32,
        /// As written.
        month: u32,
        /// As written.
        day: u32,
    },
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DateError::Form => f.write_str("not a date: write it as YYYY-MM-DD, e.g. 2020-12-15"),
            DateError::NoSuchDay { year, month, day } => {
                write!(f, "there is no day {year:04}-{month:02}-{day:02} in the calendar")
            }
        }
    }
}

impl std::error::Error for DateError {}

impl FromStr for Date {
    type Err = DateError;

    /// Reads `YYYY-MM-DD` and nothing else: no sign, no blanks, no missing zeros.
    fn from_str(text: &str) -> Result<Date, DateError> {
        let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else {
            return Err(DateError::Form);
        };
        let year = decimal(&[y0, y1, y2, y3])?.cast_signed();
        let month = decimal(&[m0, m1])?;
        let day = decimal(&[d0, d1])?;
        Date::new(year, month, day).ok_or(DateError::NoSuchDay { year, month, day })
    }
}

fn decimal(digits: &[u8]) -> Result<u32, DateError> {
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'9' => Ok(value * 10 + u32::from(digit - b'0')),
        _ => Err(DateError::Form),
    })
}

/// A moment as a clock on the wall of an exchange shows it. Printed as RFC 3339 with the offset,
/// `2020-12-15T09:30:00-05:00`, the form of Alpaca's `/v2/clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalTime {
    /// The local day.
    pub date: Date,
    /// Seconds since local midnight as the clock shows them, 0 to 86,399.
    pub second_of_day: u32,
    /// The part below a second, 0 to 999,999,999.
    pub nanosecond: u32,
    /// Local minus UTC, in seconds: −18,000 in a New York winter, −14,400 in its summer.
    pub offset_seconds: i32,
}

impl LocalTime {
    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u32 {
        self.second_of_day / 3_600
    }

    /// The minute of the hour, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u32 {
        self.second_of_day / 60 % 60
    }

    /// The second of the minute, 0 to 59.
    #[must_use]
    pub const fn second(self) -> u32 {
        self.second_of_day % 60
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.hour(), self.minute(), self.second());
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.date)?;
        if self.nanosecond != 0 {
            write!(f, ".{:09}", self.nanosecond)?;
        }
        let sign = if self.offset_seconds < 0 { '-' } else { '+' };
        let minutes = self.offset_seconds.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The local clock of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// US Eastern: UTC−5, and UTC−4 from 02:00 on the second Sunday of March until 02:00 on the
    /// first Sunday of November (Energy Policy Act of 2005, in force since 2007). For earlier years
    /// the same rule is applied, which is an hour off in some weeks of spring and autumn.
    NewYork,
}

impl Zone {
    /// The local clock at a moment.
    #[must_use]
    pub const fn local(self, at: Nanos) -> LocalTime {
        let utc_seconds = at.0.div_euclid(SECOND);
        let offset_seconds = self.offset_seconds(utc_seconds);
        let local_seconds = utc_seconds + offset_seconds as i64;
        LocalTime {
            date: date_of(local_seconds),
            second_of_day: narrow(local_seconds.rem_euclid(SECONDS_PER_DAY)).unsigned_abs(),
            nanosecond: narrow(at.0.rem_euclid(SECOND)).unsigned_abs(),
            offset_seconds,
        }
    }

    /// The local day of a moment.
    #[must_use]
    pub const fn date(self, at: Nanos) -> Date {
        self.local(at).date
    }

    /// The moment at which the local clock shows `hour`:`minute`:`second` on `date`; 24:00:00 is
    /// the midnight at its end.
    ///
    /// When clocks go back a time comes twice, and the first is meant; when they go forward a time
    /// never comes, and the moment is as far after the change as the time is after the gap's start
    /// (02:30 means 03:30). Temporal's "compatible" reading. Saturates at the ends of [`Nanos`],
    /// the years 1677 and 2262.
    #[must_use]
    pub const fn at_local(self, date: Date, hour: u32, minute: u32, second: u32) -> Nanos {
        self.at_second(date, hour * 3_600 + minute * 60 + second)
    }

    /// [`Zone::at_local`] by the seconds that the local clock shows since midnight.
    pub(super) const fn at_second(self, date: Date, second_of_day: u32) -> Nanos {
        let shown = date.days as i64 * SECONDS_PER_DAY + second_of_day as i64;
        // Half a day either way is farther than any offset and nearer than the next change, so
        // these are the offsets before and after the only change that can matter.
        let before = shown - self.offset_seconds(shown - SECONDS_PER_DAY / 2) as i64;
        let after = shown - self.offset_seconds(shown + SECONDS_PER_DAY / 2) as i64;
        let only_after = !self.shows(before, shown) && self.shows(after, shown);
        let utc_seconds = if only_after { after } else { before };
        Nanos(utc_seconds.saturating_mul(SECOND))
    }

    const fn shows(self, utc_seconds: i64, local_seconds: i64) -> bool {
        utc_seconds + self.offset_seconds(utc_seconds) as i64 == local_seconds
    }

    /// Local minus UTC at a moment given in seconds since the epoch.
    const fn offset_seconds(self, utc_seconds: i64) -> i32 {
        match self {
            Zone::NewYork => new_york_offset_seconds(utc_seconds),
        }
    }
}

const NEW_YORK_STANDARD: i32 = -5 * 3_600;
const NEW_YORK_DAYLIGHT: i32 = -4 * 3_600;

const fn new_york_offset_seconds(utc_seconds: i64) -> i32 {
    // Changes are months away from New Year, so standard time finds the year.
    let year = date_of(utc_seconds + NEW_YORK_STANDARD as i64).year();
    let spring = Date::nth_weekday(year, 3, 2, Weekday::Sunday);
    let autumn = Date::nth_weekday(year, 11, 1, Weekday::Sunday);
    let summer_starts = at_two_in_the_morning(spring, NEW_YORK_STANDARD);
    let summer_ends = at_two_in_the_morning(autumn, NEW_YORK_DAYLIGHT);
    if summer_starts <= utc_seconds && utc_seconds < summer_ends {
        NEW_YORK_DAYLIGHT
    } else {
        NEW_YORK_STANDARD
    }
}

/// UTC seconds at which a clock with that offset shows 02:00.
const fn at_two_in_the_morning(date: Date, offset_seconds: i32) -> i64 {
    date.days as i64 * SECONDS_PER_DAY + 2 * 3_600 - offset_seconds as i64
}

/// The day that holds a second counted from 1970-01-01T00:00.
const fn date_of(seconds: i64) -> Date {
    Date { days: narrow(seconds.div_euclid(SECONDS_PER_DAY)) }
}

/// A number of days, or a part of a date; what does not fit stops at the ends of the type.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit was cut off before")]
const fn narrow(value: i64) -> i32 {
    const LEAST: i64 = i32::MIN as i64;
    const MOST: i64 = i32::MAX as i64;
    match value {
        ..LEAST => i32::MIN,
        LEAST..=MOST => value as i32,
        _ => i32::MAX,
    }
}
