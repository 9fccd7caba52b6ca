//! Time as the core knows it: UTC nanoseconds since the Unix epoch.
//!
//! *Invariant:* nothing here reads a clock. A `Nanos` enters the core only on an input.

use std::fmt;
use std::ops::{Add, Sub};

/// One second, in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// One millisecond, in nanoseconds.
pub const MILLISECOND: i64 = 1_000_000;
/// One minute, in nanoseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One day of 24 hours, in nanoseconds.
pub const DAY: i64 = 86_400 * SECOND;

/// UTC nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Range: years 1677–2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Nanos(pub i64);

impl Nanos {
    /// The Unix epoch; also "not known yet" where a field says so.
    pub const ZERO: Self = Self(0);
    /// Later than every real time: "never".
    pub const MAX: Self = Self(i64::MAX);

    /// Nanoseconds from `earlier` to `self`; negative when `self` is the earlier one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of the interval of `width` nanoseconds that holds this time.
    #[must_use]
    pub fn floor_to(self, width: i64) -> Self {
        Self(self.0 - self.0.rem_euclid(width))
    }
}

impl Add<i64> for Nanos {
    type Output = Self;
    fn add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub<i64> for Nanos {
    type Output = Self;
    fn sub(self, nanos: i64) -> Self {
        Self(self.0.saturating_sub(nanos))
    }
}

/// RFC 3339 in UTC with nine fraction digits: `2020-12-15T14:30:00.000000000Z`.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let (seconds, nanos) = (rest / SECOND, rest % SECOND);
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{nanos:09}Z")
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
#[must_use]
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The inverse of [`days_from_civil`]: (year, month 1–12, day 1–31).
#[must_use]
pub const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339_with_nanoseconds() {
        assert_eq!(Nanos(1_608_042_600_000_000_001).to_string(), "2020-12-15T14:30:00.000000001Z");
        assert_eq!(Nanos(0).to_string(), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(Nanos(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn civil_dates_round_trip() {
        for days in -200_000..200_000 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }

    #[test]
    fn floor_holds_for_times_before_the_epoch() {
        assert_eq!(Nanos(-1).floor_to(MINUTE), Nanos(-MINUTE));
        assert_eq!(Nanos(MINUTE).floor_to(MINUTE), Nanos(MINUTE));
    }
}
