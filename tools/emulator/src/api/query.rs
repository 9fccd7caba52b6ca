//! Query strings: decoded, and read with Alpaca's errors.

use crate::refusal::Refusal;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Nanos, rfc3339};

/// The parameters of one request, in the order sent.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes what follows the `?`.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
        )
    }

    /// The last value of a parameter; `None` when it is absent or empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A comma-separated list; empty when the parameter is absent.
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        let items = self.get(key).unwrap_or_default().split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// The items of every value of a parameter, which may be repeated and hold commas.
    pub(crate) fn lists(&self, key: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(name, _)| name == key);
        let items = values.flat_map(|(_, value)| value.split(',')).map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// A whole number from 1 on; `default` when the parameter is absent, `max` when it is larger.
    pub(crate) fn count(&self, key: &str, default: usize, max: usize) -> Result<usize, Refusal> {
        match self.get(key).map(str::parse::<usize>) {
            None => Ok(default),
            Some(Ok(count)) if count >= 1 => Ok(count.min(max)),
            Some(_) => Err(invalid(key)),
        }
    }

    /// One of some words; `None` when the parameter is absent.
    pub(crate) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let known = words.iter().find(|(word, _)| *word == value);
        known.map(|&(_, meaning)| Some(meaning)).ok_or_else(|| invalid(key))
    }

    /// A boolean in any of the spellings of Go's `strconv.ParseBool`, for Alpaca's Python SDK writes
    /// `True` where others write `true`; absent is false.
    pub(crate) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.get(key) {
            None | Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(false),
            Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(true),
            Some(_) => Err(invalid(key)),
        }
    }

    /// A day.
    pub(crate) fn date(&self, key: &str) -> Result<Option<Date>, Refusal> {
        let Some(value) = self.get(key) else { return Ok(None) };
        // A full time names its day too, as the SDKs send both.
        let day = value.get(..10).unwrap_or(value);
        day.parse().map(Some).map_err(|_| invalid(key))
    }

    /// A moment: RFC 3339, or a day, which means its midnight in New York.
    pub(crate) fn time(&self, key: &str) -> Result<Option<Nanos>, Refusal> {
        let Some(value) = self.get(key) else { return Ok(None) };
        if let Ok(date) = value.parse::<Date>() {
            return Ok(Some(NYSE.at_local(date, 0, 0, 0)));
        }
        // A plus sign that its sender forgot to encode arrives as a blank.
        let value = value.replace(' ', "+");
        rfc3339::parse(value.as_bytes()).map(Some).ok_or_else(|| invalid(key))
    }
}

fn invalid(key: &str) -> Refusal {
    Refusal::parameter(format!("invalid {key}"))
}

/// Percent-decodes; what is not UTF-8 afterwards is replaced.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
        match (bytes[at], bytes.get(at + 1).and_then(hex), bytes.get(at + 2).and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
                continue;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_the_last_one_counts() {
        let query = Query::parse("a=1&b=x%20y&a=2&c&d=%zz&=&e=50%25");
        assert_eq!(query.get("a"), Some("2"));
        assert_eq!(query.get("b"), Some("x y"));
        assert_eq!(query.get("c"), None);
        assert_eq!(query.get("d"), Some("%zz"));
        assert_eq!(query.get("e"), Some("50%"));
    }

    #[test]
    fn times_are_rfc_3339_or_new_york_days() {
        let at = |text: &str| Query::parse(&format!("t={text}")).time("t");
        let open = Nanos(1_608_042_600_000_000_000);
        assert_eq!(at("2020-12-15T14:30:00Z"), Ok(Some(open)));
        assert_eq!(at("2020-12-15T09:30:00-05:00"), Ok(Some(open)));
        assert_eq!(at("2020-12-15T15:30:00+01:00"), Ok(Some(open)));
        assert_eq!(at("2020-12-15T15%3A30%3A00%2B01%3A00"), Ok(Some(open)));
        assert_eq!(at("2020-12-15"), Ok(Some(open - 9 * 3_600_000_000_000 - 1_800_000_000_000)));
        assert_eq!(at("yesterday").unwrap_err().message, "invalid t");
    }

    #[test]
    fn a_flag_is_written_as_in_go_or_python() {
        let flag = |text: &str| Query::parse(text).flag("nested");
        for yes in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!(flag(&format!("nested={yes}")), Ok(true), "{yes}");
        }
        for no in ["0", "f", "F", "FALSE", "false", "False", ""] {
            assert_eq!(flag(&format!("nested={no}")), Ok(false), "{no}");
        }
        for bad in ["yes", "tRUE", "2"] {
            assert_eq!(flag(&format!("nested={bad}")).unwrap_err().message, "invalid nested");
        }
    }

    #[test]
    fn counts_are_capped_and_nonsense_is_refused() {
        let count = |text: &str| Query::parse(text).count("limit", 50, 500);
        assert_eq!((count(""), count("limit=7"), count("limit=9999")), (Ok(50), Ok(7), Ok(500)));
        for bad in ["limit=0", "limit=-1", "limit=many", "limit=1e3"] {
            assert_eq!(count(bad).unwrap_err().message, "invalid limit");
        }
    }
}
