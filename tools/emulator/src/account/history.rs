//! How an account's equity went: what `/v2/account/portfolio/history` is made from.
//!
//! The house notes each account's equity when the market's first event of a minute comes, before
//! the event moves it: that is its equity at the end of the minute before. Nothing is noted that
//! nobody can see: a minute in which equity did not change leaves nothing.
//!
//! *Invariant:* notes are in the order of time, at most one for each minute.

use st0ck_types::{Money, Nanos};

/// Equity by minutes.
#[derive(Debug)]
pub(crate) struct EquityCurve {
    opening: Money,
    /// End of a minute, and the equity from then on.
    notes: Vec<(Nanos, Money)>,
}

impl EquityCurve {
    /// The curve of an account that was opened with so much.
    pub(crate) fn new(opening: Money) -> Self {
        Self { opening, notes: Vec::new() }
    }

    /// Equity at the end of a minute.
    pub(crate) fn note(&mut self, end: Nanos, equity: Money) {
        let known = self.notes.last().map_or(self.opening, |(_, equity)| *equity);
        if known != equity {
            self.notes.push((end, equity));
        }
    }

    /// Equity at a moment: what was last noted by then.
    pub(crate) fn at(&self, moment: Nanos) -> Money {
        let by_then = self.notes.partition_point(|(end, _)| *end <= moment);
        by_then.checked_sub(1).map_or(self.opening, |last| self.notes[last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::time::MINUTE;

    #[test]
    fn equity_is_what_was_last_noted() {
        let (minute, dollars) = (|n: i64| Nanos(n * MINUTE), |n: i128| Money(n * Money::ONE.0));
        let mut curve = EquityCurve::new(dollars(100));
        curve.note(minute(1), dollars(100));
        curve.note(minute(2), dollars(90));
        curve.note(minute(5), dollars(95));
        let at = |n| curve.at(minute(n));
        assert_eq!(
            [at(0), at(1), at(2), at(4), at(5), at(9)],
            [100, 100, 90, 90, 95, 95].map(dollars)
        );
        assert_eq!(curve.notes.len(), 2, "what did not change was not noted");
    }
}
