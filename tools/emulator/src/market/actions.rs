//! Dividends and splits: a small table, and what they do to older bars.
//!
//! Recordings tell nothing of these, so the table has the symbols and years that this project's own
//! data and tests are of; everything else pays nothing and never splits.
//!
//! *Invariant:* an action changes bars from before its ex-date alone, and none before that date has
//! come.

use super::bars::Bar;
use super::past::Past;
use crate::book::ids::IdSource;
use st0ck_quant::rng::Rng;
use st0ck_recorded::DataError;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Nanos, Price};

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Cash for each share.
    CashDividend(Price),
    /// So many new shares for so many old ones.
    ForwardSplit {
        /// New shares.
        new: i64,
        /// Old shares.
        old: i64,
    },
}

/// One action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action {
    /// Whose.
    pub(crate) symbol: &'static str,
    /// Its CUSIP.
    pub(crate) cusip: &'static str,
    /// What.
    pub(crate) kind: Kind,
    /// The first day on which a buyer gets nothing of it.
    pub(crate) ex: Date,
    /// Who holds it then gets it.
    pub(crate) record: Date,
    /// When it is paid.
    pub(crate) payable: Date,
}

/// SPY's distributions of 2020, rounded to a tenth of a cent, and two well-known splits.
const TABLE: [(&str, &str, Kind, [&str; 3]); 6] = [
    ("SPY", "78462F103", cents(1_406), ["2020-03-20", "2020-03-23", "2020-04-30"]),
    ("SPY", "78462F103", cents(1_366), ["2020-06-19", "2020-06-22", "2020-07-31"]),
    ("SPY", "78462F103", cents(1_339), ["2020-09-18", "2020-09-21", "2020-10-30"]),
    ("SPY", "78462F103", cents(1_580), ["2020-12-18", "2020-12-21", "2021-01-29"]),
    (
        "AAPL",
        "037833100",
        Kind::ForwardSplit { new: 4, old: 1 },
        ["2020-08-31", "2020-08-24", "2020-08-28"],
    ),
    (
        "TSLA",
        "88160R101",
        Kind::ForwardSplit { new: 5, old: 1 },
        ["2020-08-31", "2020-08-21", "2020-08-28"],
    ),
];

/// A dividend in tenths of a cent.
const fn cents(mills: i64) -> Kind {
    Kind::CashDividend(Price(mills * 1_000_000))
}

/// Ids are drawn from a stream of their own, named by symbol and ex-date.
const ACTION_ID_SEED: u64 = 0x6163_7469_6f6e;

/// Every action, by ex-date.
pub(crate) fn all() -> Vec<Action> {
    let date = |text: &str| text.parse().expect("the table has dates");
    let mut all: Vec<Action> = TABLE
        .into_iter()
        .map(|(symbol, cusip, kind, [ex, record, payable])| {
            let (ex, record, payable) = (date(ex), date(record), date(payable));
            Action { symbol, cusip, kind, ex, record, payable }
        })
        .collect();
    all.sort_by_key(|action| (action.ex, action.symbol));
    all
}

impl Action {
    /// UUID, the same in every run.
    pub(crate) fn id(&self) -> u128 {
        let name = format!("{} {}", self.symbol, self.ex);
        IdSource::new(Rng::new(ACTION_ID_SEED).fork(&name)).uuid()
    }
}

/// Which actions older bars are adjusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Adjustment {
    splits: bool,
    dividends: bool,
}

impl Adjustment {
    /// Reads `raw`, `split`, `dividend`, `spin-off` and `all`, which may be combined.
    ///
    /// # Errors
    /// The first word that is none of these.
    pub(crate) fn parse<'a>(words: &[&'a str]) -> Result<Self, &'a str> {
        let mut asked = Self::default();
        for word in words {
            match *word {
                "raw" | "spin-off" => {}
                "split" => asked.splits = true,
                "dividend" => asked.dividends = true,
                "all" => asked = Self { splits: true, dividends: true },
                other => return Err(other),
            }
        }
        Ok(asked)
    }

    /// Adjusts bars of the asset at `index`, each at New York's day of its start.
    ///
    /// # Errors
    /// [`DataError`] when the close before a dividend cannot be read any more.
    pub(crate) fn apply(
        self,
        past: &mut Past,
        index: usize,
        bars: &mut [Bar],
    ) -> Result<(), DataError> {
        let (symbol, today) = (past.symbol(index), past.date());
        let done = |action: &Action| action.symbol == symbol.as_str() && action.ex <= today;
        for action in all().into_iter().filter(done) {
            match action.kind {
                Kind::ForwardSplit { new, old } if self.splits => {
                    change(bars, action.ex, |bar| bar.rescaled(old, new));
                }
                Kind::CashDividend(rate) if self.dividends => {
                    // Without the close there is no measure of what a share was worth.
                    let Some(last) = past.day_before(index, action.ex)? else { continue };
                    let left = last.close.0 - rate.0;
                    change(bars, action.ex, |bar| bar.repriced(left, last.close.0));
                }
                Kind::ForwardSplit { .. } | Kind::CashDividend(_) => {}
            }
        }
        Ok(())
    }
}

fn change(bars: &mut [Bar], ex: Date, by: impl Fn(&Bar) -> Bar) {
    let before = |start: Nanos| NYSE.zone().date(start) < ex;
    bars.iter_mut().filter(|bar| before(bar.start)).for_each(|bar| *bar = by(bar));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::past::tests::{ALWAYS, played};
    use crate::market::timeframe::Timeframe;

    #[test]
    fn adjustments_are_read_and_combined() {
        let parse = |text: &'static str| Adjustment::parse(&text.split(',').collect::<Vec<_>>());
        assert_eq!(parse("raw"), Ok(Adjustment::default()));
        assert_eq!(parse("split,dividend"), parse("all"));
        assert_eq!(parse("split,magic"), Err("magic"));
    }

    #[test]
    fn a_dividend_lowers_the_bars_before_its_ex_date_alone() {
        let mut past = played();
        let raw = past.bars(0, Timeframe::Day, ALWAYS, Nanos::MAX).unwrap();
        let mut adjusted = raw.clone();
        let all = Adjustment::parse(&["all"]).unwrap();
        all.apply(&mut past, 0, &mut adjusted).unwrap();
        // 2020-12-18 is the ex-date of 1.58.
        assert_eq!(adjusted[3], raw[3]);
        let close = adjusted[2].close.0 - (raw[2].close.0 - 1_580_000_000);
        assert!(close.abs() <= 1, "the last close is lower by the dividend: {close}");
        assert!(adjusted[0].high < raw[0].high && adjusted[0].volume == raw[0].volume);
    }

    #[test]
    fn an_action_has_the_same_id_in_every_run_and_its_own() {
        let ids: std::collections::BTreeSet<u128> = all().iter().map(Action::id).collect();
        assert_eq!(ids.len(), TABLE.len());
        assert_eq!(all()[0].id(), all()[0].id());
    }
}
