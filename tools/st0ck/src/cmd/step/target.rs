//! Where to go, as people type it: a record's number, a time, or a condition.

use st0ck_lab::stepper::Condition;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Nanos, Seq, rfc3339};

/// What was typed behind `:`.
pub(super) enum Target {
    /// The record with this number.
    Seq(Seq),
    /// A moment.
    Time(Nanos),
    /// The next place at which this begins to hold.
    Until(Condition),
}

impl Target {
    /// Reads `1240`, `10:31`, `10:31:07.5` (exchange time on the session's date),
    /// `2020-12-15T15:31:07Z`, or a condition.
    ///
    /// # Errors
    /// Says what would do.
    pub(super) fn parse(text: &str, date: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(seq) = text.replace(',', "").parse() {
            return Ok(Self::Seq(Seq(seq)));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let time = rfc3339::parse(text.as_bytes()).or_else(|| at_exchange(text, date));
            return time.map(Self::Time).ok_or_else(|| {
                format!(
                    "{text}: expected a record's number, HH:MM[:SS[.f]] in New York or RFC 3339"
                )
            });
        }
        Condition::parse(text).map(Self::Until).map_err(|e| e.to_string())
    }
}

/// Exchange time on a date, to the nanosecond.
fn at_exchange(text: &str, date: &str) -> Option<Nanos> {
    let date: Date = date.parse().ok()?;
    let padded = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    // The parser of wire times reads the clock; the date and the zone are the exchange's.
    let clock = rfc3339::parse(format!("1970-01-01T{padded}Z").as_bytes())?;
    Some(NYSE.at_local(date, 0, 0, 0) + clock.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_times_and_conditions_are_told_apart() {
        let of = |text| Target::parse(text, "2020-12-15");
        assert!(matches!(of("1,240"), Ok(Target::Seq(Seq(1240)))));
        let time = |text| match of(text) {
            Ok(Target::Time(at)) => at.to_string(),
            _ => panic!("{text}"),
        };
        assert_eq!(time("10:31"), "2020-12-15T15:31:00.000000000Z");
        assert_eq!(time("09:30:00.25"), "2020-12-15T14:30:00.250000000Z");
        assert_eq!(time("2020-12-15T14:30:00Z"), "2020-12-15T14:30:00.000000000Z");
        assert!(matches!(of("position > 2"), Ok(Target::Until(_))));
        assert!(of("25:00").is_err_and(|words| words.contains("HH:MM")));
        assert!(of("posn > 2").is_err_and(|words| words.contains("posn")));
    }
}
