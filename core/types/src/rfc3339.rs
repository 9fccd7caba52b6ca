//! RFC 3339 text to UTC nanoseconds: the one parser of the times that brokers and files send.
//!
//! *Invariant:* never rounds and never guesses: a date that does not exist, a missing zone or a
//! tenth fraction digit is no time.

use crate::Nanos;
use crate::time::{SECOND, days_from_civil};

/// Parses `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)` with up to nine fraction digits. Second 60 is taken
/// as the next minute's first, since UTC nanoseconds have no leap seconds. `None` for all else.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Nanos> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let (clock, rest) = rest.split_first_chunk::<9>()?;
    let seconds = days(date)? * 86_400 + second_of_day(clock)?;
    let (nanos, zone) = fraction(rest)?;
    let seconds = seconds - zone_seconds(zone)?;
    seconds.checked_mul(SECOND)?.checked_add(nanos).map(Nanos)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`; `None` for a date that does not exist.
#[must_use]
pub fn days(date: &[u8; 10]) -> Option<i64> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = date else { return None };
    let year = two_digits(y0, y1)? * 100 + two_digits(y2, y3)?;
    let (month, day) = (two_digits(m0, m1)?, two_digits(d0, d1)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    (1..=length).contains(&day).then(|| days_from_civil(year, month, day))
}

/// Seconds since midnight of `THH:MM:SS`.
fn second_of_day(clock: &[u8; 9]) -> Option<i64> {
    let &[b'T', h0, h1, b':', m0, m1, b':', s0, s1] = clock else { return None };
    let (h, m, s) = (two_digits(h0, h1)?, two_digits(m0, m1)?, two_digits(s0, s1)?);
    (h < 24 && m < 60 && s <= 60).then_some(h * 3600 + m * 60 + s)
}

/// The nanoseconds of `.f…`, zero when there is none, and what stands behind them.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, text)) };
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&len) {
        return None;
    }
    let missing = [b'0'; 9];
    let whole = digits[..len].iter().chain(&missing[len..]);
    let value = whole.fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    Some((value, &digits[len..]))
}

/// How far the zone is ahead of UTC.
fn zone_seconds(zone: &[u8]) -> Option<i64> {
    let (sign, hm) = match zone {
        b"Z" => return Some(0),
        [b'+', hm @ ..] => (1, hm),
        [b'-', hm @ ..] => (-1, hm),
        _ => return None,
    };
    let &[h0, h1, b':', m0, m1] = hm else { return None };
    let (h, m) = (two_digits(h0, h1)?, two_digits(m0, m1)?);
    (h < 24 && m < 60).then_some(sign * (h * 3600 + m * 60))
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prints_parses_back() {
        for nanos in [0, 1, 1_608_042_600_000_000_001, 951_782_400_123_456_789, -1, i64::MAX] {
            let time = Nanos(nanos);
            assert_eq!(parse(time.to_string().as_bytes()), Some(time));
        }
    }

    #[test]
    fn fractions_and_offsets_are_exact() {
        let base = 1_608_042_600 * SECOND;
        for (text, nanos) in [
            ("2020-12-15T14:30:00Z", 0),
            ("2020-12-15T14:30:00.5Z", SECOND / 2),
            ("2020-12-15T14:30:00.000000001Z", 1),
            ("2020-12-15T09:30:00.25-05:00", SECOND / 4),
            ("2020-12-15T20:00:00+05:30", 0),
            ("2020-12-15T14:29:60Z", 0),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(Nanos(base + nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2020-12-15",
            "2020-12-15T14:30:00",
            "2020-12-15 14:30:00Z",
            "2020-12-15T14:30:00.Z",
            "2020-12-15T14:30:00.0000000001Z",
            "2020-12-15T14:30:00z",
            "2020-12-15T24:00:00Z",
            "2020-12-15T14:60:00Z",
            "2021-02-29T14:30:00Z",
            "2020-13-01T14:30:00Z",
            "2020-12-15T14:30:00+0530",
            "2020-12-15T14:30:00Zx",
            "9999-12-15T14:30:00Z",
            "202\u{e9}-12-15T14:30:00Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
