//! The New York Stock Exchange, 2015 to 2027: when it is closed, and when it closes early. Read
//! through [`NYSE`] only; Nasdaq, Cboe and the other US equity venues keep the same days.
//!
//! Rules where the exchange has a rule (NYSE Rule 7.2, "Holidays"), a list where it had an
//! occasion. Source: nyse.com/markets/hours-calendars, checked against exchange_calendars 4.13.
//!
//! *Invariant:* a year is inside the range only when every one of its closures is known.

use super::zone::{Date, Weekday, Zone};
use super::{Day, Hours, Market, hhmm};

/// The calendar of US stocks.
///
/// Core 09:30–16:00 New York, extended from 04:00 and until 20:00. On early closes core ends at
/// 13:00 and the late session of the electronic venues at 17:00 (NYSE's holiday notice, for Arca
/// and its sisters; that Alpaca follows it is not confirmed by its documents).
pub static NYSE: Market = Market {
    code: "XNYS",
    name: "New York Stock Exchange",
    zone: Zone::NewYork,
    first_year: 2015,
    last_year: 2027,
    day,
};

const FULL_DAY: Hours = Hours {
    pre_open: hhmm(4, 0),
    open: hhmm(9, 30),
    close: hhmm(16, 0),
    post_close: hhmm(20, 0),
    early_close: false,
};

const HALF_DAY: Hours =
    Hours { close: hhmm(13, 0), post_close: hhmm(17, 0), early_close: true, ..FULL_DAY };

fn day(date: Date) -> Day {
    if date.weekday().is_weekend() {
        return Day::Closed("weekend");
    }
    if let Some(name) = holiday(date).or_else(|| special_closure(date)) {
        return Day::Closed(name);
    }
    Day::Open(if closes_early(date) { HALF_DAY } else { FULL_DAY })
}

/// How a holiday finds its day in a year.
enum Rule {
    /// A fixed date. On a Sunday it is kept on Monday, on a Saturday on Friday.
    Fixed { month: u32, day: u32 },
    /// New Year's Day, which on a Saturday is not kept at all: the Friday before ends a month and a
    /// year, and the exchange stays open for the books (Rule 7.2).
    NewYear,
    /// The n-th such weekday of a month.
    Nth { month: u32, n: i32, weekday: Weekday },
    /// The last Monday of May.
    MemorialDay,
    /// Two days before Easter Sunday.
    GoodFriday,
}

struct Holiday {
    name: &'static str,
    /// The first year in which the exchange kept it; 0 when that is before this calendar.
    since: i32,
    rule: Rule,
}

const fn kept(name: &'static str, rule: Rule) -> Holiday {
    Holiday { name, since: 0, rule }
}

const HOLIDAYS: [Holiday; 10] = [
    kept("New Year's Day", Rule::NewYear),
    kept("Martin Luther King Jr. Day", Rule::Nth { month: 1, n: 3, weekday: Weekday::Monday }),
    kept("Washington's Birthday", Rule::Nth { month: 2, n: 3, weekday: Weekday::Monday }),
    kept("Good Friday", Rule::GoodFriday),
    kept("Memorial Day", Rule::MemorialDay),
    Holiday { name: "Juneteenth", since: 2022, rule: Rule::Fixed { month: 6, day: 19 } },
    kept("Independence Day", Rule::Fixed { month: 7, day: 4 }),
    kept("Labor Day", Rule::Nth { month: 9, n: 1, weekday: Weekday::Monday }),
    kept("Thanksgiving Day", Rule::Nth { month: 11, n: 4, weekday: Weekday::Thursday }),
    kept("Christmas Day", Rule::Fixed { month: 12, day: 25 }),
];

/// Closures that no rule gives: days of mourning, storms. None was caused by weather since 2012.
const SPECIAL_CLOSURES: [((i32, u32, u32), &str); 2] = [
    ((2018, 12, 5), "National Day of Mourning for George H. W. Bush"),
    ((2025, 1, 9), "National Day of Mourning for Jimmy Carter"),
];

fn holiday(date: Date) -> Option<&'static str> {
    let year = date.year();
    let kept_today = |h: &&Holiday| year >= h.since && h.rule.date(year) == Some(date);
    HOLIDAYS.iter().find(kept_today).map(|h| h.name)
}

fn special_closure(date: Date) -> Option<&'static str> {
    let civil = date.civil();
    SPECIAL_CLOSURES.iter().find(|(closed, _)| *closed == civil).map(|(_, why)| *why)
}

impl Rule {
    fn date(&self, year: i32) -> Option<Date> {
        Some(match *self {
            Rule::Fixed { month, day } => observed(Date::from_civil(year, month, day)),
            Rule::NewYear => {
                let first = Date::from_civil(year, 1, 1);
                if first.weekday() == Weekday::Saturday {
                    return None;
                }
                observed(first)
            }
            Rule::Nth { month, n, weekday } => Date::nth_weekday(year, month, n, weekday),
            Rule::MemorialDay => Date::nth_weekday(year, 6, 1, Weekday::Monday).plus_days(-7),
            Rule::GoodFriday => easter_sunday(year).plus_days(-2),
        })
    }
}

fn observed(date: Date) -> Date {
    match date.weekday() {
        Weekday::Saturday => date.plus_days(-1),
        Weekday::Sunday => date.plus_days(1),
        _ => date,
    }
}

/// The Gregorian computus in the form of "A New York correspondent", Nature 13 (1876) p. 487;
/// Meeus, Astronomical Algorithms, ch. 8. The letters are the source's.
fn easter_sunday(year: i32) -> Date {
    let years = year.unsigned_abs();
    let (a, b, c) = (years % 19, years / 100, years % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month_and_day = h + l + 114 - 7 * m;
    Date::from_civil(year, month_and_day / 31, month_and_day % 31 + 1)
}

/// 13:00 on the day after Thanksgiving, on Christmas Eve, and on 3 July when Independence Day falls
/// on a weekday. Asked only of days on which the exchange opens, so a 24 December or a 3 July that
/// is itself the observed holiday never gets here.
fn closes_early(date: Date) -> bool {
    let (year, month, day) = date.civil();
    match month {
        7 => day == 3 && !date.plus_days(1).weekday().is_weekend(),
        11 => date == Date::nth_weekday(year, 11, 4, Weekday::Thursday).plus_days(1),
        12 => day == 24,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a test's dates are right")
    }

    #[test]
    fn easter_falls_where_the_church_says() {
        let sundays = "2015-04-05 2016-03-27 2017-04-16 2018-04-01 2019-04-21 2020-04-12 \
                       2021-04-04 2022-04-17 2023-04-09 2024-03-31 2025-04-20 2026-04-05 \
                       2027-03-28";
        for (year, sunday) in (2015..).zip(sundays.split_whitespace()) {
            assert_eq!(easter_sunday(year), date(sunday));
        }
        // The earliest and the latest Easter there can be.
        assert_eq!(easter_sunday(1818), date("1818-03-22"));
        assert_eq!(easter_sunday(2038), date("2038-04-25"));
    }

    #[test]
    fn every_holiday_of_a_year_is_another_day() {
        for year in 2015..=2027 {
            let mut days: Vec<_> = HOLIDAYS.iter().filter_map(|h| h.rule.date(year)).collect();
            let kept = days.len();
            days.sort();
            days.dedup();
            assert_eq!(days.len(), kept, "{year}");
            assert!(days.iter().all(|d| d.year() == year && !d.weekday().is_weekend()), "{year}");
        }
    }
}
