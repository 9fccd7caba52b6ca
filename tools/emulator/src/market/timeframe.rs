//! Lengths of bars: how they are written, and where each bar starts.
//!
//! *Invariant:* bars start by New York's clock (minutes, hours and days at its midnight, weeks on
//! Mondays, months with the year), so every moment is in exactly one bar.

use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, NYSE};

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timeframe {
    /// 1 to 59.
    Minutes(u32),
    /// 1 to 23.
    Hours(u32),
    /// One.
    Day,
    /// One.
    Week,
    /// 1, 2, 3, 4, 6 or 12.
    Months(u32),
}

impl Timeframe {
    /// Reads `15Min`, `15T`, `2Hour`, `2H`, `1Day`, `1D`, `1Week`, `1W`, `3Month`, `3M`; `None` for
    /// other units, and for numbers that have a longer unit's name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u32 = number.parse().ok()?;
        match (unit, number) {
            ("Min" | "T", 1..=59) => Some(Self::Minutes(number)),
            ("Hour" | "H", 1..=23) => Some(Self::Hours(number)),
            ("Day" | "D", 1) => Some(Self::Day),
            ("Week" | "W", 1) => Some(Self::Week),
            ("Month" | "M", 1 | 2 | 3 | 4 | 6 | 12) => Some(Self::Months(number)),
            _ => None,
        }
    }

    /// Whether its bars are added up from minutes; otherwise from days.
    pub(crate) fn is_intraday(self) -> bool {
        matches!(self, Self::Minutes(_) | Self::Hours(_))
    }

    /// The letter of the unit in page tokens.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Minutes(_) => 'M',
            Self::Hours(_) => 'H',
            Self::Day => 'D',
            Self::Week => 'W',
            Self::Months(_) => 'O',
        }
    }

    /// Start of the bar that holds a moment.
    pub(crate) fn start_of(self, at: Nanos) -> Nanos {
        let local = NYSE.local(at);
        let date = local.date;
        let midnight = |date: Date| NYSE.at_local(date, 0, 0, 0);
        match self {
            Self::Minutes(n) => {
                let minute = local.second_of_day / 60;
                let floor = minute - minute % n;
                // Clock minutes of the hour that comes twice are told apart by their offset.
                let back = i64::from(local.second_of_day - floor * 60) * 1_000_000_000;
                at - back - i64::from(local.nanosecond)
            }
            Self::Hours(n) => NYSE.at_local(date, local.hour() - local.hour() % n, 0, 0),
            Self::Day => midnight(date),
            Self::Week => midnight(monday_of(date)),
            Self::Months(n) => {
                let month = date.month() - (date.month() - 1) % n;
                let first = Date::new(date.year(), month, 1).expect("a month has a first day");
                midnight(first)
            }
        }
    }
}

fn monday_of(date: Date) -> Date {
    // 1970-01-01 was a Thursday, three days after a Monday.
    date.plus_days(-(date.days() + 3).rem_euclid(7))
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::rfc3339;

    fn at(text: &str) -> Nanos {
        rfc3339::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn every_spelling_is_read_and_nothing_else() {
        let spellings = [
            ("1Min", Timeframe::Minutes(1)),
            ("59T", Timeframe::Minutes(59)),
            ("1Hour", Timeframe::Hours(1)),
            ("23H", Timeframe::Hours(23)),
            ("1Day", Timeframe::Day),
            ("1D", Timeframe::Day),
            ("1Week", Timeframe::Week),
            ("1W", Timeframe::Week),
            ("12Month", Timeframe::Months(12)),
            ("3M", Timeframe::Months(3)),
        ];
        for (text, timeframe) in spellings {
            assert_eq!(Timeframe::parse(text), Some(timeframe), "{text}");
        }
        for text in ["60Min", "0Min", "24Hour", "2Day", "2Week", "5Month", "Min", "1", "", "1min"] {
            assert_eq!(Timeframe::parse(text), None, "{text}");
        }
        assert_eq!(Timeframe::parse("99999999999Min"), None);
    }

    #[test]
    fn bars_start_by_new_yorks_clock() {
        let moment = at("2020-12-16T19:47:33.5Z");
        let starts = [
            ("1Min", "2020-12-16T19:47:00Z"),
            ("15Min", "2020-12-16T19:45:00Z"),
            ("1Hour", "2020-12-16T19:00:00Z"),
            ("4Hour", "2020-12-16T17:00:00Z"),
            ("1Day", "2020-12-16T05:00:00Z"),
            ("1Week", "2020-12-14T05:00:00Z"),
            ("1Month", "2020-12-01T05:00:00Z"),
            ("3Month", "2020-10-01T04:00:00Z"),
            ("12Month", "2020-01-01T05:00:00Z"),
        ];
        for (text, start) in starts {
            let timeframe = Timeframe::parse(text).unwrap();
            assert_eq!(timeframe.start_of(moment), at(start), "{text}");
            assert_eq!(timeframe.start_of(at(start)), at(start), "{text} of its own start");
        }
    }
}
