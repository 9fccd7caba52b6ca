//! Today's prints as they are known by now: some turn out not to have happened, or to have been others,
//! and some are told late.
//!
//! Kept by [`Past`], changed by the scenario alone. What changes a minute that was told changes its bar,
//! which is then told again.
//!
//! *Invariant:* a print stays where it was, with a mark; its correction stands behind it.

use super::bars::DayBars;
use super::notice::{Cancel, Correction};
use super::past::{Past, Today};
use st0ck_types::market::IRREGULAR;
use st0ck_types::time::MINUTE;
use st0ck_types::{Nanos, Price, Qty, Trade};

/// What became of a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It did not happen.
    Canceled,
    /// It was another one, which follows.
    Incorrect,
    /// It is the other one.
    Corrected,
}

impl Mark {
    /// Its word (`u` of `alpaca.md` §9).
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::Incorrect => "incorrect",
            Self::Corrected => "corrected",
        }
    }
}

/// A print of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    /// As it was told.
    pub(crate) trade: Trade,
    /// What became of it.
    pub(crate) mark: Option<Mark>,
}

impl From<Trade> for Print {
    fn from(trade: Trade) -> Self {
        Self { trade, mark: None }
    }
}

impl Print {
    /// Whether it happened as it stands here.
    pub(crate) fn stands(&self) -> bool {
        matches!(self.mark, None | Some(Mark::Corrected))
    }
}

impl Today {
    /// The print with a number, else the last one, of those that stand.
    fn find(&self, id: Option<u64>) -> Option<usize> {
        let wanted = |print: &Print| print.stands() && id.is_none_or(|id| print.trade.id == id);
        self.trades.iter().rposition(wanted)
    }

    /// The last price that a regular print has set.
    pub(crate) fn last_price(&self) -> Option<Price> {
        let regular = |print: &&Print| print.stands() && print.trade.flags & IRREGULAR == 0;
        self.trades.iter().rev().find(regular).map(|print| print.trade.price)
    }

    /// Counts the bar of a minute again, and the day's as long as all its prints are kept.
    fn recount(&mut self, at: Nanos, tape: u8) {
        let standing =
            || self.trades.iter().filter(|print| print.stands()).map(|print| &print.trade);
        if self.forgot {
            let start = at.floor_to(MINUTE);
            let of_minute = standing().filter(|trade| trade.ts_event.floor_to(MINUTE) == start);
            self.bars.recount(start, of_minute, tape);
        } else {
            let mut bars = DayBars::starting(self.bars.midnight());
            standing().for_each(|trade| bars.on_trade(trade, tape));
            self.bars = bars;
        }
    }
}

impl Past {
    /// A print of the asset at `index` did not happen: the one with that number, else the last one.
    /// `None` when there is no such print.
    pub(crate) fn cancel(
        &mut self,
        index: usize,
        id: Option<u64>,
        (at, action): (Nanos, u8),
    ) -> Option<Cancel> {
        let (today, tape) = self.today_mut(index);
        let place = today.find(id)?;
        today.trades[place].mark = Some(Mark::Canceled);
        let trade = today.trades[place].trade;
        today.recount(trade.ts_event, tape);
        Some(Cancel { at, trade, action })
    }

    /// A print was at another price or of another size; its correction is numbered `number`. `None`
    /// when there is no such print.
    pub(crate) fn correct(
        &mut self,
        index: usize,
        id: Option<u64>,
        (price, size): (Option<Price>, Option<Qty>),
        (at, number): (Nanos, u64),
    ) -> Option<Correction> {
        let (today, tape) = self.today_mut(index);
        let place = today.find(id)?;
        today.trades[place].mark = Some(Mark::Incorrect);
        let told = today.trades[place].trade;
        let (price, size) = (price.unwrap_or(told.price), size.unwrap_or(told.size));
        let right = Trade { price, size, id: number, ..told };
        today.trades.insert(place + 1, Print { trade: right, mark: Some(Mark::Corrected) });
        today.recount(told.ts_event, tape);
        Some(Correction { at, told, right })
    }

    /// Takes note of a print that happened before others that were told.
    pub(crate) fn note_late(&mut self, index: usize, trade: Trade) {
        let (today, tape) = self.today_mut(index);
        let place = today.trades.partition_point(|print| print.trade.ts_event <= trade.ts_event);
        today.trades.insert(place, trade.into());
        today.recount(trade.ts_event, tape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use crate::market::bars::tests::print;
    use st0ck_types::MarketEvent;

    /// Three prints in two minutes.
    fn past() -> Past {
        let mut past = Past::new(&[spy()], "2020-12-15".parse().unwrap(), None, 1);
        for (id, (second, price)) in [(60, "10"), (70, "12"), (130, "11")].into_iter().enumerate() {
            let trade = Trade { id: id as u64, ..print(second, price, 100) };
            past.note(0, &MarketEvent::Trade(trade));
        }
        past
    }

    fn minute(past: &Past, number: i64) -> String {
        let bar = past.today(0).bars.minute(Nanos(number * MINUTE));
        bar.map_or("none".into(), |b| format!("{} {} {} {}", b.open, b.high, b.close, b.volume))
    }

    #[test]
    fn what_did_not_happen_is_in_no_bar_and_sets_no_price() {
        let mut past = past();
        assert_eq!(minute(&past, 1), "10 12 12 200");
        let cancel = past.cancel(0, Some(1), (Nanos(9), b'C')).unwrap();
        assert_eq!(cancel.trade.price, Price::parse("12").unwrap());
        assert_eq!(
            (minute(&past, 1), minute(&past, 2)),
            ("10 10 10 100".into(), "11 11 11 100".into())
        );
        assert_eq!(past.cancel(0, Some(1), (Nanos(9), b'C')), None, "it is canceled already");
        past.cancel(0, None, (Nanos(9), b'E')).unwrap();
        assert_eq!(
            (minute(&past, 2), past.today(0).last_price()),
            ("none".into(), Price::parse("10").ok())
        );
        let marks: Vec<_> = past.today(0).trades.iter().map(|print| print.mark).collect();
        assert_eq!(marks, [None, Some(Mark::Canceled), Some(Mark::Canceled)]);
    }

    #[test]
    fn a_correction_stands_behind_what_it_corrects() {
        let mut past = past();
        let right = (Price::parse("14").ok(), None);
        let correction = past.correct(0, Some(0), right, (Nanos(9), 77)).unwrap();
        assert_eq!((correction.told.id, correction.right.id), (0, 77));
        assert_eq!(minute(&past, 1), "14 14 12 200");
        let ids: Vec<u64> = past.today(0).trades.iter().map(|print| print.trade.id).collect();
        assert_eq!(ids, [0, 77, 1, 2]);
    }

    #[test]
    fn a_late_print_joins_its_own_minute() {
        let mut past = past();
        past.note_late(0, print(65, "15", 5));
        assert_eq!(minute(&past, 1), "10 15 12 205");
        past.note_late(0, print(10, "9", 5));
        assert_eq!(minute(&past, 0), "9 9 9 5");
        assert_eq!(past.today(0).bars.day(Nanos::MAX).unwrap().open, Price::parse("9").unwrap());
    }

    #[test]
    fn a_day_of_which_prints_were_forgotten_keeps_its_bar() {
        let mut past = past();
        past.today_mut(0).0.forgot = true;
        past.cancel(0, Some(1), (Nanos(9), b'C')).unwrap();
        assert_eq!(minute(&past, 1), "10 10 10 100");
        assert_eq!(past.today(0).bars.day(Nanos::MAX).unwrap().high, Price::parse("12").unwrap());
    }
}
