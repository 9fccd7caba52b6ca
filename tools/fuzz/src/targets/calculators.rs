//! Inputs of `st0ck calc`: tables and documents that people write.

use crate::calc;
use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "\n", ",", "\"", "query_utc_ns", "session_date_local", "error", "2020-12-24", "2020-12-25", "1608042600000000000",
    "{", "}", "[", "]", ":", "\"cases\":", "\"case_id\":", "\"instruments\":", "\"multiplier\":\"100\"",
    "\"starting_cash\":", "\"events\":", "\"type\":\"fill\"", "\"type\":\"mark\"", "\"signed_quantity\":", "\"price\":",
    "\"fee\":", "\"prices\":", "\"SPY\"", "null", "\"9223372036.854775807\"", "\"-9223372036.854775808\"",
];

/// `calc calendar`.
pub(super) static CALENDAR: Target = Target {
    name: "calc_calendar",
    about: "calc calendar: every row answered or told why not, none lost",
    run: calendar,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    // Five results a row.
    room: 256 << 10,
    longest: 1 << 10,
    patience: 1,
};

/// `calc ledger`.
pub(super) static LEDGER: Target = Target {
    name: "calc_ledger",
    about: "calc ledger: every event booked, or the case and event told that cannot be",
    run: ledger,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    // A JSON tree has a few words for each byte, twice.
    room: 1 << 20,
    longest: 4 << 10,
    patience: 1,
};

fn calendar(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    match calc::calendar(text) {
        Ok(answer) => {
            let again = calc::calendar(&answer).expect("an answer is a table too");
            assert_eq!(again, answer, "asking twice changes the answer");
            Shape::of(&(magnitude(answer.lines().count()), answer.len() % 32))
        }
        Err(words) => Shape::of(&words.split(' ').next().map(str::to_owned)),
    }
}

fn ledger(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    match calc::ledger(text) {
        Ok(answer) => {
            assert_eq!(
                calc::ledger(&answer).as_ref(),
                Ok(&answer),
                "asking twice changes the answer"
            );
            Shape::of(&magnitude(answer.len()))
        }
        Err(words) => Shape::of(&words.split(": ").skip(1).map(str::len).collect::<Vec<_>>()),
    }
}
