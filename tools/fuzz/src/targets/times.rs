//! RFC 3339 times against a reader that counts days one year and one month at a time.

use crate::mutate::Words;
use crate::target::{Shape, Target, no_seeds};
use st0ck_types::calendar::Date;
use st0ck_types::rfc3339;

/// RFC 3339 text, and dates.
pub(super) static TIME: Target = Target {
    name: "time",
    about: "RFC 3339 times and dates against days counted one by one; what prints reads back",
    run,
    seeds: no_seeds,
    words: Words::Text(&["T", "Z", "-", ":", "+05:30", "-04:00", ".123456789", "60", "29", "02"]),
    mend: None,
    room: 4 << 10,
    longest: 64,
    patience: 1,
};

fn run(input: &[u8]) -> Shape {
    let read = rfc3339::parse(input);
    assert_eq!(read.map(|at| i128::from(at.0)), counted(input));
    if let Some(at) = read {
        assert_eq!(rfc3339::parse(at.to_string().as_bytes()), Some(at));
    }
    let date = std::str::from_utf8(input).ok().and_then(|text| text.parse::<Date>().ok());
    if let Some(date) = date {
        assert_eq!(date.to_string().parse::<Date>().ok(), Some(date));
    }
    let cut = input.get(19).copied().filter(|b| !b.is_ascii_digit());
    Shape::of(&(read.map(|at| at.0.signum()), date.is_some(), cut, input.len()))
}

/// `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`: nothing when it is not, or beyond what 64 bits of nanoseconds hold.
fn counted(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (date, rest) = text.split_once('T')?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let sound = (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day);
    if !sound || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_before(year, month) + day - 1;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset(zone)?;
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanos(fraction)?);
    // Both steps must fit: the seconds alone, too.
    let fits = |n: i128| i64::try_from(n).is_ok();
    (fits(nanos) && fits(i128::from(seconds) * 1_000_000_000)).then_some(nanos)
}

fn nanos(fraction: Option<&str>) -> Option<i64> {
    let Some(digits) = fraction else { return Some(0) };
    let sound = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if sound { format!("{digits:0<9}").parse().ok() } else { None }
}

fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let [hour, minute] = numbers(rest, ':', [2, 2])?;
    let seconds = (hour * 60 + minute) * 60;
    match sign {
        _ if hour > 23 || minute > 59 => None,
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

/// Days from 1970-01-01 to the first of a month, year by year.
fn days_before(year: i64, month: i64) -> i64 {
    let year_days = |year| if is_leap(year) { 366 } else { 365 };
    let years: i64 = if year >= 1970 {
        (1970..year).map(year_days).sum()
    } else {
        -(year..1970).map(year_days).sum::<i64>()
    };
    years + (1..month).map(|month| month_days(year, month)).sum::<i64>()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn numbers<const N: usize>(text: &str, by: char, widths: [usize; N]) -> Option<[i64; N]> {
    let parts: Vec<&str> = text.split(by).collect();
    let mut out = [0; N];
    if parts.len() != N {
        return None;
    }
    for ((part, width), slot) in parts.iter().zip(widths).zip(&mut out) {
        let sound = part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
        *slot = if sound { part.parse().ok()? } else { return None };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::counted;
    use st0ck_types::Nanos;

    #[test]
    fn days_counted_one_by_one_are_right_by_hand() {
        let known = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00.5+00:00", Some(951_782_400_500_000_000)),
            ("1969-12-31T23:59:59Z", Some(-1_000_000_000)),
            ("2023-02-29T00:00:00Z", None),
        ];
        for (text, want) in known {
            assert_eq!(counted(text.as_bytes()), want, "{text}");
        }
        assert_eq!(counted(Nanos::MAX.to_string().as_bytes()), Some(i128::from(i64::MAX)));
    }
}
