//! What to stop at: `position > 2 and spread_bps >= 3`, `order`, `reject C17`, `state != ACTIVE`.
//!
//! *Invariant:* comparisons are exact: both sides are 1e-9 integers.

use super::Moment;
use st0ck_engine::risk::TradingState;
use st0ck_types::{Price, RejectCode};

/// Names of numbers, and where they come from.
const NUMBERS: &[(&str, Number)] = &[
    ("position", |moment| Some(moment.position())),
    ("spread", |moment| moment.spread()),
    ("spread_bps", |moment| moment.spread_bps()),
    ("bid", |moment| moment.bid()),
    ("ask", |moment| moment.ask()),
    ("open_orders", |moment| Some(moment.open_orders())),
    ("realized_pnl", |moment| Some(moment.realized_pnl())),
    ("unrealized_pnl", |moment| Some(moment.unrealized_pnl())),
];

/// A number of a moment; `None` where there is none, and then nothing holds of it.
type Number = fn(&Moment<'_>) -> Option<i64>;

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A word that means nothing here.
    #[error("{word}: expected order, fill, cancel, reject [CODE], state or one of: {known}")]
    Word {
        /// Which.
        word: String,
        /// The numbers there are.
        known: String,
    },
    /// No comparison behind a name.
    #[error("{name}: expected < <= = != >= > and a value behind it")]
    Comparison {
        /// Behind which name.
        name: String,
    },
    /// A value that cannot be compared with.
    #[error("{name} {text}: expected {expected}")]
    Value {
        /// Compared with what.
        name: String,
        /// The text.
        text: String,
        /// What would do.
        expected: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
}

impl Comparison {
    const ALL: [(&str, Self); 7] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::More),
    ];

    fn holds<T: Ord>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Equal => a == b,
            Self::Unequal => a != b,
            Self::AtLeast => a >= b,
            Self::More => a > b,
        }
    }
}

#[derive(Debug, Clone)]
enum Clause {
    Order,
    Fill,
    Cancel,
    /// A refusal by a code that begins so, `C17` or `C17_MESSAGE_RATE`; empty: by any.
    Reject(String),
    State(bool, TradingState),
    Number(Number, Comparison, i64),
}

/// What to stop at: every clause must hold.
#[derive(Debug, Clone)]
pub struct Condition {
    clauses: Vec<Clause>,
}

impl Condition {
    /// Reads clauses joined by `and`.
    ///
    /// # Errors
    /// [`ConditionError`] names the word and what would do.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let clauses: Result<Vec<Clause>, _> = text.split(" and ").map(clause).collect();
        Ok(Self { clauses: clauses? })
    }

    /// Whether it speaks of something that happens, rather than of how things stand.
    #[must_use]
    pub fn is_event(&self) -> bool {
        let lasting = |clause: &Clause| matches!(clause, Clause::State(..) | Clause::Number(..));
        !self.clauses.iter().all(lasting)
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, moment: &Moment<'_>) -> bool {
        self.clauses.iter().all(|clause| clause.holds(moment))
    }
}

impl Clause {
    fn holds(&self, moment: &Moment<'_>) -> bool {
        match self {
            Self::Order => moment.has_order(),
            Self::Fill => moment.has_fill(),
            Self::Cancel => moment.has_cancel(),
            Self::Reject(prefix) => moment.rejects().any(|code| is_code(code, prefix)),
            Self::State(equal, state) => (moment.state() == state.as_str()) == *equal,
            Self::Number(number, comparison, value) => {
                number(moment).is_some_and(|n| comparison.holds(&n, value))
            }
        }
    }
}

/// Whether a code is meant by what was typed: `C9` is not `C9x`, and `c17` will do.
fn is_code(code: &str, typed: &str) -> bool {
    let typed = typed.to_ascii_uppercase();
    typed.is_empty()
        || code.strip_prefix(&typed).is_some_and(|r| r.is_empty() || r.starts_with('_'))
}

fn clause(text: &str) -> Result<Clause, ConditionError> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(text.len());
    let (name, rest) = (&text[..end], text[end..].trim());
    match name {
        "order" if rest.is_empty() => Ok(Clause::Order),
        "fill" if rest.is_empty() => Ok(Clause::Fill),
        "cancel" if rest.is_empty() => Ok(Clause::Cancel),
        "reject" => reject(rest),
        "state" => state(rest),
        _ => number(name, rest),
    }
}

fn reject(code: &str) -> Result<Clause, ConditionError> {
    if RejectCode::ALL.iter().any(|known| is_code(known.as_str(), code)) {
        return Ok(Clause::Reject(code.to_owned()));
    }
    let known: Vec<&str> = RejectCode::ALL.iter().map(|known| known.as_str()).collect();
    Err(ConditionError::Value {
        name: "reject".to_owned(),
        text: code.to_owned(),
        expected: format!("nothing, or one of: {}", known.join(", ")),
    })
}

fn state(rest: &str) -> Result<Clause, ConditionError> {
    let known = [TradingState::Halted, TradingState::Reducing, TradingState::Active];
    let (comparison, text) = comparison("state", rest)?;
    let found = known.into_iter().find(|state| state.as_str().eq_ignore_ascii_case(text));
    match (comparison, found) {
        (Comparison::Equal, Some(state)) => Ok(Clause::State(true, state)),
        (Comparison::Unequal, Some(state)) => Ok(Clause::State(false, state)),
        _ => Err(ConditionError::Value {
            name: "state".to_owned(),
            text: rest.to_owned(),
            expected: "= or != and HALTED, REDUCING or ACTIVE".to_owned(),
        }),
    }
}

fn number(name: &str, rest: &str) -> Result<Clause, ConditionError> {
    let Some((_, of)) = NUMBERS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = NUMBERS.iter().map(|(known, _)| *known).collect();
        let word = if name.is_empty() { rest } else { name }.to_owned();
        return Err(ConditionError::Word { word, known: known.join(", ") });
    };
    let (comparison, text) = comparison(name, rest)?;
    let value = Price::parse(text).map_err(|e| ConditionError::Value {
        name: name.to_owned(),
        text: text.to_owned(),
        expected: format!("a number ({e})"),
    })?;
    Ok(Clause::Number(*of, comparison, value.0))
}

fn comparison<'a>(name: &str, rest: &'a str) -> Result<(Comparison, &'a str), ConditionError> {
    let signs = Comparison::ALL.iter();
    let mut found = signs.filter_map(|(sign, c)| Some((*c, rest.strip_prefix(sign)?.trim())));
    found.next().ok_or_else(|| ConditionError::Comparison { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_read_with_or_without_spaces() {
        for text in
            ["position > 2", "position>2", " spread_bps >= 3.5 and state != ACTIVE ", "order"]
        {
            Condition::parse(text).unwrap();
        }
        assert!(Condition::parse("order and position > 2").unwrap().is_event());
        assert!(!Condition::parse("position > 2 and state=halted").unwrap().is_event());
    }

    #[test]
    fn what_is_no_condition_says_what_would_be() {
        let told = |text: &str| Condition::parse(text).unwrap_err().to_string();
        assert!(told("positon > 2").contains("positon: expected order, fill"), "{}", told("x"));
        assert!(told("position 2").contains("expected < <= ="));
        assert!(told("position > two").contains("position two: expected a number"));
        assert!(told("state > ACTIVE").contains("HALTED, REDUCING or ACTIVE"));
        assert!(told("reject C99").contains("C17_MESSAGE_RATE"));
        assert!(told("").contains("expected order"));
        assert!(told("order and").contains("expected order"), "{}", told("order and"));
    }

    #[test]
    fn a_code_is_meant_by_its_number_or_its_name() {
        assert!(is_code("C9_STALE_QUOTE", "C9") && is_code("C9_STALE_QUOTE", "c9_stale_quote"));
        assert!(!is_code("C10_POSITION_VALUE", "C1") && is_code("C10_POSITION_VALUE", ""));
    }

    #[test]
    fn comparisons_mean_what_they_look_like() {
        let of = |text: &str| comparison("n", text).unwrap().0;
        for (text, holds) in [
            ("< 2", [true, false, false]),
            ("<= 2", [true, true, false]),
            ("= 2", [false, true, false]),
            ("== 2", [false, true, false]),
            ("!= 2", [true, false, true]),
            (">= 2", [false, true, true]),
            ("> 2", [false, false, true]),
        ] {
            assert_eq!([1, 2, 3].map(|n| of(text).holds(&n, &2)), holds, "{text}");
        }
    }
}
