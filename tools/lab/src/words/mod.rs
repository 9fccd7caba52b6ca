//! Numbers and moments as traders say them: `2.5 %`, `1,098.36 USD`, `10:31:07.120`.
//!
//! Called by whatever explains a session. *Invariant:* exact decimals in, shortened text out; nothing
//! is computed from a text.

mod factors;
mod inputs;

pub use factors::factor_unit;
pub use inputs::{input, kind};

use st0ck_types::calendar::NYSE;
use st0ck_types::reject::Unit;
use st0ck_types::{Money, Nanos, Price, Qty};

/// A value in 1e-9 of a unit, with the unit.
#[must_use]
pub fn amount(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Number => plain(value, 6),
        Unit::Money => format!("{} USD", plain(value, 4)),
        Unit::Shares => shares(Qty(value)),
        Unit::Ratio => percent(value),
        Unit::Seconds => seconds(value),
    }
}

/// The unit's short name, as JSON has it.
#[must_use]
pub fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "",
        Unit::Money => "USD",
        Unit::Shares => "shares",
        Unit::Ratio => "ratio",
        Unit::Seconds => "s",
    }
}

/// `1 share`, `3 shares`.
#[must_use]
pub fn shares(qty: Qty) -> String {
    let word = if qty == Qty::ONE { "share" } else { "shares" };
    format!("{} {word}", plain(qty.0, 9))
}

/// Ten years in nanoseconds: nobody waited that long, it is counted from the beginning of time.
const LONG: i64 = 315_360_000_000_000_000;

/// Nanoseconds as `40 s`, `6.3 ms`, `1 h 25 min`.
#[must_use]
pub fn seconds(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = i64::try_from(nanos.unsigned_abs()).unwrap_or(i64::MAX);
    let (hours, minutes) = (size / 3_600_000_000_000, size / 60_000_000_000 % 60);
    match size {
        0 => "0 s".to_owned(),
        LONG.. => "for ever".to_owned(),
        1..1_000_000 => format!("{sign}{} µs", plain(size.saturating_mul(1_000_000), 1)),
        1_000_000..1_000_000_000 => format!("{sign}{} ms", plain(size.saturating_mul(1_000), 1)),
        1_000_000_000..120_000_000_000 => format!("{sign}{} s", plain(size, 1)),
        120_000_000_000..3_600_000_000_000 => {
            format!("{sign}{minutes} min {} s", plain(size % 60_000_000_000, 0))
        }
        _ => format!("{sign}{hours} h {minutes} min"),
    }
}

/// A ratio in 1e-9 as a percentage.
#[must_use]
pub fn percent(ratio: i64) -> String {
    match ratio.checked_mul(100) {
        Some(percent) => format!("{} %", plain(percent, 4)),
        None => "more than can be told".to_owned(),
    }
}

/// Money with its cents and no more than four decimals.
#[must_use]
pub fn money(amount: Money) -> String {
    format!("{} USD", plain(amount.to_e9(), 4))
}

/// A price as it is.
#[must_use]
pub fn price(price: Price) -> String {
    plain(price.0, 9)
}

/// A decimal in 1e-9 with at most so many decimals, the rest cut off, and thousands in groups.
#[must_use]
pub fn plain(value: i64, decimals: u32) -> String {
    let (size, sign) = (value.unsigned_abs(), if value < 0 { "-" } else { "" });
    let (whole, part) = (size / 1_000_000_000, size % 1_000_000_000);
    let text = format!("{part:09}");
    let kept = text.get(..decimals.min(9) as usize).unwrap_or_default().trim_end_matches('0');
    let point = if kept.is_empty() { "" } else { "." };
    let sign = if whole == 0 && kept.is_empty() { "" } else { sign };
    format!("{sign}{}{point}{kept}", grouped(whole))
}

fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The exchange's clock, to the millisecond: `10:31:07.120`.
#[must_use]
pub fn clock(at: Nanos) -> String {
    let local = NYSE.local(at);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", local.nanosecond / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_carry_their_units() {
        let e9 = 1_000_000_000;
        assert_eq!(amount(1_098_360_000_000, Unit::Money), "1,098.36 USD");
        assert_eq!(amount(3 * e9, Unit::Shares), "3 shares");
        assert_eq!(amount(e9, Unit::Shares), "1 share");
        assert_eq!(amount(5_000_000, Unit::Ratio), "0.5 %");
        assert_eq!(amount(i64::MAX, Unit::Ratio), "more than can be told");
        assert_eq!(amount(-e9 / 2, Unit::Number), "-0.5");
        assert_eq!(amount(-1, Unit::Number), "0", "what is cut off takes its sign along");
    }

    #[test]
    fn times_are_as_long_as_they_need_to_be() {
        for (nanos, text) in [
            (0, "0 s"),
            (6_300_000, "6.3 ms"),
            (1_500, "1.5 µs"),
            (40_000_000_000, "40 s"),
            (-61_500_000_000, "-61.5 s"),
            (130_000_000_000, "2 min 10 s"),
            (5_100_000_000_000, "1 h 25 min"),
            (i64::MIN, "for ever"),
        ] {
            assert_eq!(seconds(nanos), text);
        }
    }

    #[test]
    fn the_clock_is_the_exchanges() {
        assert_eq!(clock(Nanos(1_608_042_600_120_000_000)), "09:30:00.120", "14:30 UTC in winter");
    }
}
