//! The New York calendar against an independent one (when its files are at hand), and against the
//! exchange's published days written out here.

use st0ck_types::Nanos;
use st0ck_types::calendar::{
    CalendarError, Date, DateError, LocalTime, Market, NYSE, Session, Sessions, Weekday, Zone,
};
use std::collections::BTreeSet;

const SECOND: i64 = 1_000_000_000;

fn date(text: &str) -> Date {
    text.parse().expect("a test's dates are right")
}

fn session(text: &str) -> Session {
    NYSE.session(date(text)).expect("in range").unwrap_or_else(|| panic!("no session on {text}"))
}

fn all_sessions(from: &str, to: &str) -> Sessions<'static> {
    NYSE.sessions(date(from), date(to)).expect("in range")
}

fn sessions_of(year: i32) -> Sessions<'static> {
    all_sessions(&format!("{year}-01-01"), &format!("{year}-12-31"))
}

/// Days written one after the other.
fn dates(text: &str) -> Vec<Date> {
    text.split_whitespace().map(date).collect()
}

/// New York wall time as a moment.
fn at(day: &str, hour: u32, minute: u32, second: u32) -> Nanos {
    NYSE.at_local(date(day), hour, minute, second)
}

/// The rows of a reference file without its heading; `None`, said aloud, when it is absent.
#[expect(clippy::disallowed_macros, reason = "a skipped test says so")]
fn reference(name: &str) -> Option<Vec<Vec<String>>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/");
    let Ok(text) = std::fs::read_to_string(format!("{folder}{name}")) else {
        eprintln!("skipped: {name} is not here");
        return None;
    };
    Some(text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect())
}

fn nanos(text: &str) -> Nanos {
    Nanos(text.parse().expect("reference files hold nanoseconds"))
}

#[test]
fn every_reference_session_is_ours_and_there_are_no_others() {
    let Some(rows) = reference("calendar_xnys_sessions.csv") else { return };
    let years: BTreeSet<i32> = rows.iter().map(|row| date(&row[0]).year()).collect();
    let ours: Vec<Session> = years.into_iter().flat_map(sessions_of).collect();
    assert_eq!(ours.len(), rows.len());
    for (session, row) in ours.iter().zip(&rows) {
        assert_eq!(session.date.to_string(), row[0]);
        assert_eq!(session.open, nanos(&row[1]), "open of {}", row[0]);
        assert_eq!(session.close, nanos(&row[2]), "close of {}", row[0]);
        assert_eq!(session.minutes().to_string(), row[3], "minutes of {}", row[0]);
        assert_eq!(session.early_close.to_string(), row[4], "early close of {}", row[0]);
    }
}

#[test]
fn every_reference_closure_is_ours_and_there_are_no_others() {
    let Some(rows) = reference("calendar_xnys_weekday_closures.csv") else { return };
    let listed: Vec<Date> = rows.iter().map(|row| date(&row[0])).collect();
    let years: BTreeSet<i32> = listed.iter().map(|day| day.year()).collect();
    let ours: Vec<Date> = years.into_iter().flat_map(weekday_closures).collect();
    assert_eq!(ours, listed);
}

#[test]
fn every_reference_probe_is_answered_alike() {
    let Some(rows) = reference("calendar_xnys_probes.csv") else { return };
    assert!(!rows.is_empty());
    for row in rows {
        let query = nanos(&row[0]);
        assert_eq!(NYSE.is_open(query).map(|open| open.to_string()).as_deref(), Ok(&*row[1]));
        assert_eq!(NYSE.next_open_after(query), Ok(nanos(&row[2])), "next open after {query}");
        assert_eq!(NYSE.next_close_after(query), Ok(nanos(&row[3])), "next close after {query}");
    }
}

fn weekday_closures(year: i32) -> Vec<Date> {
    let first = Date::new(year, 1, 1).expect("a day").days();
    let last = Date::new(year, 12, 31).expect("a day").days();
    (first..=last)
        .map(Date::from_days)
        .filter(|day| !day.weekday().is_weekend())
        .filter(|&day| NYSE.session(day).expect("in range").is_none())
        .collect()
}

#[test]
fn the_published_holidays_of_2026_and_2027_are_closed_and_no_other_weekday_is() {
    let of_2026 = "2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 \
                   2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-12-25";
    let of_2027 = "2027-01-01 2027-01-18 2027-02-15 2027-03-26 2027-05-31 \
                   2027-06-18 2027-07-05 2027-09-06 2027-11-25 2027-12-24";
    assert_eq!(weekday_closures(2026), dates(of_2026));
    assert_eq!(weekday_closures(2027), dates(of_2027));
}

#[test]
fn the_years_have_the_number_of_sessions_that_the_exchange_counted() {
    let counts = [252, 252, 251, 251, 252, 253, 252, 251, 250, 252, 250, 251, 251];
    for (year, count) in (2015..=2027).zip(counts) {
        assert_eq!(sessions_of(year).count(), count, "{year}");
    }
}

#[test]
fn the_early_closes_of_thirteen_years_are_these() {
    let published = "2015-11-27 2015-12-24 2016-11-25 2017-07-03 2017-11-24 2018-07-03 2018-11-23 \
                     2018-12-24 2019-07-03 2019-11-29 2019-12-24 2020-11-27 2020-12-24 2021-11-26 \
                     2022-11-25 2023-07-03 2023-11-24 2024-07-03 2024-11-29 2024-12-24 2025-07-03 \
                     2025-11-28 2025-12-24 2026-11-27 2026-12-24 2027-11-26";
    let all = all_sessions("2015-01-01", "2027-12-31");
    let early: Vec<Date> = all.filter(|s| s.early_close).map(|s| s.date).collect();
    assert_eq!(early, dates(published));
}

#[test]
fn a_half_day_ends_at_one_and_its_late_session_at_five() {
    let session = session("2020-11-27");
    assert_eq!(session.pre_open, at("2020-11-27", 4, 0, 0));
    assert_eq!(session.open, at("2020-11-27", 9, 30, 0));
    assert_eq!(session.close, at("2020-11-27", 13, 0, 0));
    assert_eq!(session.post_close, at("2020-11-27", 17, 0, 0));
    assert_eq!(session.minutes(), 210);
}

#[test]
fn a_full_day_runs_from_half_past_nine_to_four_within_its_extended_hours() {
    let session = session("2020-12-15");
    assert_eq!(session.pre_open.to_string(), "2020-12-15T09:00:00.000000000Z");
    assert_eq!(session.open.to_string(), "2020-12-15T14:30:00.000000000Z");
    assert_eq!(session.close.to_string(), "2020-12-15T21:00:00.000000000Z");
    assert_eq!(session.post_close.to_string(), "2020-12-16T01:00:00.000000000Z");
    assert_eq!(session.minutes(), 390);
}

#[test]
fn a_closed_day_says_why() {
    for (day, why) in [
        ("2018-12-05", Some("National Day of Mourning for George H. W. Bush")),
        ("2025-01-09", Some("National Day of Mourning for Jimmy Carter")),
        ("2024-03-29", Some("Good Friday")),
        ("2022-06-20", Some("Juneteenth")),
        ("2021-07-05", Some("Independence Day")),
        ("2021-12-24", Some("Christmas Day")),
        ("2020-12-19", Some("weekend")),
        ("2020-12-18", None),
    ] {
        assert_eq!(NYSE.closure(date(day)), Ok(why), "{day}");
        assert_eq!(NYSE.session(date(day)).expect("in range").is_none(), why.is_some(), "{day}");
    }
}

#[test]
fn a_new_year_on_a_saturday_closes_no_friday() {
    // 1 January 2022 was a Saturday; the books of 2021 were closed with an open exchange.
    assert_eq!(session("2021-12-31").minutes(), 390);
    assert_eq!(NYSE.session(date("2023-01-02")), Ok(None), "2023 began on a Sunday");
}

#[test]
fn juneteenth_was_a_trading_day_before_2022() {
    assert!(!session("2020-06-19").early_close);
    assert!(!session("2021-06-18").early_close);
}

#[test]
fn the_open_moves_by_an_hour_in_utc_when_the_clocks_change() {
    for (day, utc) in [
        ("2021-03-12", "14:30"),
        ("2021-03-15", "13:30"),
        ("2021-11-05", "13:30"),
        ("2021-11-08", "14:30"),
    ] {
        let want = format!("{day}T{utc}:00.000000000Z");
        assert_eq!(session(day).open.to_string(), want);
        assert_eq!(session(day).minutes(), 390);
    }
}

#[test]
fn the_session_holds_its_open_and_not_its_close() {
    let session = session("2020-12-15");
    let (open, close) = (session.open, session.close);
    assert_eq!(NYSE.is_open(open - 1), Ok(false));
    assert_eq!(NYSE.session_at(open), Ok(Some(session)));
    assert_eq!(NYSE.session_at(close - 1), Ok(Some(session)));
    assert_eq!(NYSE.is_open(close), Ok(false));
    assert!(session.contains(open) && !session.contains(close));
}

#[test]
fn the_next_open_and_close_are_strictly_later() {
    let (today, tomorrow) = (session("2020-12-15"), session("2020-12-16"));
    assert_eq!(NYSE.next_open_after(today.open - 1), Ok(today.open));
    assert_eq!(NYSE.next_open_after(today.open), Ok(tomorrow.open));
    assert_eq!(NYSE.next_close_after(today.close - 1), Ok(today.close));
    assert_eq!(NYSE.next_close_after(today.close), Ok(tomorrow.close));
    assert_eq!(NYSE.session_containing_or_next(today.open), Ok(today));
    assert_eq!(NYSE.session_containing_or_next(today.close), Ok(tomorrow));
}

#[test]
fn neighbouring_sessions_step_over_holidays_and_weekends() {
    assert_eq!(NYSE.session_after(date("2020-12-24")), Ok(session("2020-12-28")));
    assert_eq!(NYSE.session_before(date("2020-12-28")), Ok(session("2020-12-24")));
    assert_eq!(NYSE.session_before(date("2020-12-26")), Ok(session("2020-12-24")));
}

#[test]
fn a_range_of_sessions_holds_both_ends_and_runs_either_way() {
    let week = || all_sessions("2020-12-14", "2020-12-18");
    assert_eq!(week().count(), 5);
    assert_eq!(week().next(), Some(session("2020-12-14")));
    assert_eq!(week().next_back(), Some(session("2020-12-18")));
    let mut backwards: Vec<Session> = week().rev().collect();
    backwards.reverse();
    assert_eq!(backwards, week().collect::<Vec<_>>());
    assert_eq!(all_sessions("2020-12-18", "2020-12-14").count(), 0);
}

#[test]
fn a_year_without_known_holidays_is_an_error_that_names_the_years() {
    let out_of_range = |year| {
        let (first_year, last_year) = (2015, 2027);
        CalendarError::OutOfRange { market: "XNYS", year, first_year, last_year }
    };
    assert_eq!(NYSE.session(date("2014-12-31")), Err(out_of_range(2014)));
    assert_eq!(NYSE.session(date("2028-01-03")), Err(out_of_range(2028)));
    assert_eq!(NYSE.closure(date("2028-01-03")), Err(out_of_range(2028)));
    assert_eq!(NYSE.session_before(date("2015-01-02")), Err(out_of_range(2014)));
    assert_eq!(NYSE.session_after(date("2027-12-31")), Err(out_of_range(2028)));
    assert!(NYSE.sessions(date("2014-12-31"), date("2015-01-05")).is_err());
    assert!(NYSE.sessions(date("2027-12-31"), date("2028-01-05")).is_err());
    let last_close = session("2027-12-31").close;
    assert_eq!(NYSE.next_close_after(last_close - 1), Ok(last_close));
    assert_eq!(NYSE.next_open_after(last_close), Err(out_of_range(2028)));
    let message = out_of_range(2028).to_string();
    assert!(message.contains("XNYS calendar covers the years 2015 to 2027, not 2028"), "{message}");
}

#[test]
fn the_year_of_a_moment_is_the_exchange_s_own() {
    // Still 31 December 2027 in New York, though already 2028 in UTC.
    assert_eq!(NYSE.is_open(Nanos(1_830_297_600 * SECOND)), Ok(false));
    assert_eq!(at("2028-01-01", 0, 0, 0), Nanos((1_830_297_600 + 5 * 3_600) * SECOND));
    assert!(NYSE.is_open(at("2028-01-01", 0, 0, 0)).is_err());
}

#[test]
fn markets_are_found_by_their_code() {
    assert_eq!(Market::by_code("XNYS").map(Market::name), Some("New York Stock Exchange"));
    assert!(Market::by_code("xnys").is_none() && Market::by_code("").is_none());
    assert_eq!(NYSE.years(), 2015..=2027);
    assert_eq!(NYSE.zone(), Zone::NewYork);
}

/// The days on which US clocks went forward and back, from the published tables.
const CLOCK_CHANGES: [(&str, &str); 13] = [
    ("2015-03-08", "2015-11-01"),
    ("2016-03-13", "2016-11-06"),
    ("2017-03-12", "2017-11-05"),
    ("2018-03-11", "2018-11-04"),
    ("2019-03-10", "2019-11-03"),
    ("2020-03-08", "2020-11-01"),
    ("2021-03-14", "2021-11-07"),
    ("2022-03-13", "2022-11-06"),
    ("2023-03-12", "2023-11-05"),
    ("2024-03-10", "2024-11-03"),
    ("2025-03-09", "2025-11-02"),
    ("2026-03-08", "2026-11-01"),
    ("2027-03-14", "2027-11-07"),
];

/// The obvious twin of `Zone::NewYork`: look the offset up among the published days.
fn published_offset_hours(utc_seconds: i64) -> i64 {
    let seconds =
        |day: &str, utc_hour: i64| i64::from(date(day).days()) * 86_400 + utc_hour * 3_600;
    let summer = CLOCK_CHANGES
        .iter()
        .any(|(forward, back)| (seconds(forward, 7)..seconds(back, 6)).contains(&utc_seconds));
    if summer { -4 } else { -5 }
}

#[test]
fn the_local_clock_agrees_with_the_published_changes_at_every_half_hour() {
    let first = i64::from(date("2015-01-01").days()) * 86_400;
    let last = i64::from(date("2027-12-31").days()) * 86_400;
    for second in (first..last).step_by(1_800) {
        let (moment, offset) = (Nanos(second * SECOND), published_offset_hours(second) * 3_600);
        let local = NYSE.local(moment);
        let shown = i64::from(local.date.days()) * 86_400 + i64::from(local.second_of_day);
        assert_eq!((shown, i64::from(local.offset_seconds)), (second + offset, offset), "{moment}");
        let back = NYSE.at_local(local.date, local.hour(), local.minute(), local.second());
        let twice = published_offset_hours(second - 3_600) != published_offset_hours(second)
            && offset == -5 * 3_600;
        let first_reading = if twice { moment - 3_600 * SECOND } else { moment };
        assert_eq!(back, first_reading, "{local}");
    }
}

#[test]
fn the_clock_turns_to_the_nanosecond() {
    let spring = Nanos(1_615_705_200 * SECOND);
    assert_eq!(NYSE.local(spring - 1).to_string(), "2021-03-14T01:59:59.999999999-05:00");
    assert_eq!(NYSE.local(spring).to_string(), "2021-03-14T03:00:00-04:00");
    let autumn = Nanos(1_636_264_800 * SECOND);
    assert_eq!(NYSE.local(autumn - 1).to_string(), "2021-11-07T01:59:59.999999999-04:00");
    assert_eq!(NYSE.local(autumn).to_string(), "2021-11-07T01:00:00-05:00");
}

#[test]
fn a_time_that_never_comes_is_carried_over_and_one_that_comes_twice_means_the_first() {
    assert_eq!(at("2021-03-14", 2, 30, 0), at("2021-03-14", 3, 30, 0));
    let twice = at("2021-11-07", 1, 30, 0);
    assert_eq!(NYSE.local(twice).to_string(), "2021-11-07T01:30:00-04:00");
    assert_eq!(at("2021-11-07", 24, 0, 0), at("2021-11-08", 0, 0, 0));
}

#[test]
fn the_local_clock_holds_at_the_ends_of_time() {
    assert_eq!(NYSE.local(Nanos(i64::MIN)).date, date("1677-09-20"));
    assert_eq!(NYSE.local(Nanos(i64::MAX)).date, date("2262-04-11"));
    assert_eq!(at("2262-04-12", 0, 0, 0), Nanos(i64::MAX));
    assert_eq!(at("1677-01-01", 0, 0, 0), Nanos(i64::MIN));
}

#[test]
fn a_local_time_has_its_parts() {
    let LocalTime { date: day, second_of_day, nanosecond, offset_seconds } =
        NYSE.local(at("2020-12-15", 10, 55, 7) + 5);
    assert_eq!((day, second_of_day), (date("2020-12-15"), 39_307));
    assert_eq!((nanosecond, offset_seconds), (5, -18_000));
    let local = NYSE.local(at("2020-12-15", 10, 55, 7));
    assert_eq!((local.hour(), local.minute(), local.second()), (10, 55, 7));
}

#[test]
fn dates_print_as_they_parse_and_know_their_weekday() {
    for (text, weekday) in [
        ("1970-01-01", Weekday::Thursday),
        ("2020-02-29", Weekday::Saturday),
        ("2020-12-15", Weekday::Tuesday),
        ("1900-03-01", Weekday::Thursday),
        ("0000-01-01", Weekday::Saturday),
        ("9999-12-31", Weekday::Friday),
    ] {
        let day = date(text);
        assert_eq!(day.to_string(), text);
        assert_eq!(day.weekday(), weekday, "{text}");
        assert_eq!(Date::new(day.year(), day.month(), day.day()), Some(day));
        assert_eq!(Date::from_days(day.days()), day);
    }
    assert_eq!(date("2020-02-28").plus_days(2), date("2020-03-01"));
    assert!(date("2020-12-31") < date("2021-01-01"));
}

#[test]
fn what_is_no_date_is_refused_with_the_reason() {
    for text in
        ["", "2020-1-05", "2020/12/15", "20201215", "+020-12-15", "2020-12-15T", "2020-12-é"]
    {
        assert_eq!(text.parse::<Date>(), Err(DateError::Form), "{text}");
    }
    for (text, year, month, day) in [
        ("2021-02-29", 2021, 2, 29),
        ("1900-02-29", 1900, 2, 29),
        ("2020-13-01", 2020, 13, 1),
        ("2020-00-10", 2020, 0, 10),
        ("2020-04-31", 2020, 4, 31),
        ("2020-04-00", 2020, 4, 0),
    ] {
        assert_eq!(text.parse::<Date>(), Err(DateError::NoSuchDay { year, month, day }), "{text}");
    }
    assert_eq!(Date::new(10_000, 1, 1), None);
    assert_eq!(Date::new(-1, 1, 1), None);
}
