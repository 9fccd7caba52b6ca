//! What has happened on the market: today as played, and the days before it that the data have.
//!
//! Fed by the emulator's loop, read by the data routes and, fifteen minutes late, by nobody else.
//! Earlier days are read from the data when first asked for: their bars are kept, their quotes and
//! prints read again each time.
//!
//! *Invariant:* nothing after the moment asked about is told.
//! *Invariant:* today's quotes and prints are bounded: the oldest are forgotten.

use super::asset::Asset;
use super::bars::{Bar, DayBars};
use super::prints::Print;
use super::timeframe::Timeframe;
use st0ck_recorded::{DataError, Recording, Survey};
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::time::MINUTE;
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Quote, Symbol};
use std::collections::{BTreeMap, VecDeque};

/// Quotes, and prints, of one symbol's day that are kept.
const KEPT: usize = 1 << 20;

/// How late the market is told to those who do not pay for it.
pub(crate) const DELAY: i64 = 15 * MINUTE;

/// An interval of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First moment.
    pub(crate) from: Nanos,
    /// Last moment.
    pub(crate) to: Nanos,
}

impl Span {
    /// Whether it holds a moment.
    pub(crate) fn contains(&self, at: Nanos) -> bool {
        self.from <= at && at <= self.to
    }
}

/// Today of one symbol.
#[derive(Debug)]
pub(crate) struct Today {
    /// Quotes, oldest first.
    pub(crate) quotes: VecDeque<Quote>,
    /// Prints, oldest first.
    pub(crate) trades: VecDeque<Print>,
    /// Whether prints were forgotten.
    pub(crate) forgot: bool,
    /// Bars of all prints, forgotten ones too.
    pub(crate) bars: DayBars,
}

/// What is kept one by one: quotes and prints.
pub(crate) trait Tick: Copy {
    /// The event, if it is one of these.
    fn of(event: &MarketEvent) -> Option<Self>;
    /// Its time.
    fn at(&self) -> Nanos;
    /// Whether it happened as it stands.
    fn stands(&self) -> bool {
        true
    }
    /// Today's.
    fn kept(today: &Today) -> &VecDeque<Self>;
}

impl Tick for Quote {
    fn of(event: &MarketEvent) -> Option<Self> {
        if let MarketEvent::Quote(quote) = event { Some(*quote) } else { None }
    }

    fn at(&self) -> Nanos {
        self.ts_event
    }

    fn kept(today: &Today) -> &VecDeque<Self> {
        &today.quotes
    }
}

impl Tick for Print {
    fn of(event: &MarketEvent) -> Option<Self> {
        if let MarketEvent::Trade(trade) = event { Some((*trade).into()) } else { None }
    }

    fn at(&self) -> Nanos {
        self.trade.ts_event
    }

    fn stands(&self) -> bool {
        Print::stands(self)
    }

    fn kept(today: &Today) -> &VecDeque<Self> {
        &today.trades
    }
}

/// Everything that has happened.
pub(crate) struct Past {
    today: Date,
    /// By the asset's index, as everything here.
    days: Vec<Today>,
    listed: Vec<(Symbol, u8)>,
    survey: Option<Survey>,
    seed: u64,
    earlier: BTreeMap<Date, Vec<DayBars>>,
}

impl Past {
    /// A day that has not begun, and the days that a survey found. `seed` as for the recording that
    /// is played: what is modelled of earlier days is modelled by it.
    pub(crate) fn new(assets: &[Asset], today: Date, survey: Option<Survey>, seed: u64) -> Self {
        let bars = DayBars::starting(midnight(today));
        let day = || Today {
            quotes: VecDeque::new(),
            trades: VecDeque::new(),
            forgot: false,
            bars: bars.clone(),
        };
        Self {
            today,
            days: assets.iter().map(|_| day()).collect(),
            listed: assets.iter().map(|asset| (asset.symbol, asset.tape)).collect(),
            survey,
            seed,
            earlier: BTreeMap::new(),
        }
    }

    /// Takes note of an event of the asset at `index`.
    pub(crate) fn note(&mut self, index: usize, event: &MarketEvent) {
        let today = &mut self.days[index];
        match event {
            MarketEvent::Quote(quote) => {
                keep(&mut today.quotes, *quote);
            }
            MarketEvent::Trade(trade) => {
                today.forgot |= keep(&mut today.trades, (*trade).into());
                today.bars.on_trade(trade, self.listed[index].1);
            }
            _ => {}
        }
    }

    /// Today of the asset at `index`.
    pub(crate) fn today(&self, index: usize) -> &Today {
        &self.days[index]
    }

    /// The same, to change it, and the tape of its listing.
    pub(super) fn today_mut(&mut self, index: usize) -> (&mut Today, u8) {
        (&mut self.days[index], self.listed[index].1)
    }

    /// Today's date.
    pub(crate) fn date(&self) -> Date {
        self.today
    }

    /// Symbol of the asset at `index`.
    pub(crate) fn symbol(&self, index: usize) -> Symbol {
        self.listed[index].0
    }

    /// The days before today, oldest first.
    pub(crate) fn earlier_dates(&self) -> Vec<Date> {
        let dates = self.survey.iter().flat_map(Survey::dates);
        dates.filter(|date| *date < self.today).collect()
    }

    /// The days with anything between `from` and `to`, oldest first.
    pub(crate) fn dates(&self, span: Span) -> Vec<Date> {
        let (first, last) = (NYSE.zone().date(span.from), NYSE.zone().date(span.to));
        let mut dates = self.earlier_dates();
        dates.push(self.today);
        dates.retain(|date| first <= *date && *date <= last);
        dates
    }

    /// Quotes or prints of one day inside a span.
    ///
    /// # Errors
    /// [`DataError`] when the data of an earlier day cannot be read any more.
    pub(crate) fn ticks<T: Tick>(
        &self,
        index: usize,
        date: Date,
        span: Span,
    ) -> Result<Vec<T>, DataError> {
        let inside = |tick: &T| span.contains(tick.at());
        if date == self.today {
            let kept = T::kept(&self.days[index]);
            let first = kept.partition_point(|tick| tick.at() < span.from);
            return Ok(kept.range(first..).copied().take_while(inside).collect());
        }
        let Some(mut recording) = self.recording(date)? else { return Ok(Vec::new()) };
        let wanted = instrument_of(&recording, self.listed[index].0);
        let mut found = Vec::new();
        while let Some(arrival) = recording.next_event() {
            let event = arrival?.event;
            if event.ts_event() > span.to {
                break;
            }
            let tick = T::of(&event).filter(|_| Some(event.instrument()) == wanted);
            found.extend(tick.filter(inside));
        }
        Ok(found)
    }

    /// Bars that start inside a span, oldest first, of what has happened by `now`.
    ///
    /// # Errors
    /// As [`Past::ticks`].
    pub(crate) fn bars(
        &mut self,
        index: usize,
        timeframe: Timeframe,
        span: Span,
        now: Nanos,
    ) -> Result<Vec<Bar>, DataError> {
        let mut bars: Vec<Bar> = Vec::new();
        let first = NYSE.zone().date(span.from);
        let mut dates = self.earlier_dates();
        dates.push(self.today);
        dates.retain(|day| *day >= first && timeframe.start_of(midnight(*day)) <= span.to);
        for date in dates {
            self.load(date)?;
            let (day, now) = self.day(index, date, now);
            let whole_day: Vec<Bar> = day.day(now).into_iter().collect();
            let parts = if timeframe.is_intraday() { day.finished(now) } else { &whole_day };
            for part in parts {
                let start = timeframe.start_of(part.start);
                match bars.last_mut().filter(|last| last.start == start) {
                    Some(last) => last.extend(part),
                    None => {
                        let mut bar = Bar::starting(start);
                        bar.extend(part);
                        bars.push(bar);
                    }
                }
            }
        }
        bars.retain(|bar| bar.is_whole() && span.contains(bar.start));
        Ok(bars)
    }

    /// The bar of the last day before `date` that has one.
    ///
    /// # Errors
    /// As [`Past::ticks`].
    pub(crate) fn day_before(
        &mut self,
        index: usize,
        date: Date,
    ) -> Result<Option<Bar>, DataError> {
        for earlier in self.earlier_dates().into_iter().rev().filter(|day| *day < date) {
            self.load(earlier)?;
            if let Some(bar) = self.earlier[&earlier][index].day(Nanos::MAX) {
                return Ok(Some(bar));
            }
        }
        Ok(None)
    }

    /// The bars of a day that is loaded, and up to when they may be told.
    fn day(&self, index: usize, date: Date, now: Nanos) -> (&DayBars, Nanos) {
        match self.earlier.get(&date) {
            Some(days) => (&days[index], Nanos::MAX),
            None => (&self.days[index].bars, now),
        }
    }

    /// Reads an earlier day, once, and makes its bars.
    fn load(&mut self, date: Date) -> Result<(), DataError> {
        if date == self.today || self.earlier.contains_key(&date) {
            return Ok(());
        }
        let mut days = vec![DayBars::starting(midnight(date)); self.listed.len()];
        if let Some(mut recording) = self.recording(date)? {
            let numbers: Vec<Option<InstrumentId>> =
                self.listed.iter().map(|(symbol, _)| instrument_of(&recording, *symbol)).collect();
            while let Some(arrival) = recording.next_event() {
                let MarketEvent::Trade(trade) = arrival?.event else { continue };
                let place = numbers.iter().position(|number| *number == Some(trade.instrument));
                if let Some(index) = place {
                    days[index].on_trade(&trade, self.listed[index].1);
                }
            }
        }
        self.earlier.insert(date, days);
        Ok(())
    }

    fn recording(&self, date: Date) -> Result<Option<Recording>, DataError> {
        let open = |survey| Recording::of_survey(survey, Some(date), self.seed);
        self.survey.as_ref().map(open).transpose()
    }
}

/// Keeps an item; whether the oldest was forgotten for it.
fn keep<T>(kept: &mut VecDeque<T>, item: T) -> bool {
    let is_full = kept.len() >= KEPT;
    if is_full {
        kept.pop_front();
    }
    kept.push_back(item);
    is_full
}

fn instrument_of(recording: &Recording, symbol: Symbol) -> Option<InstrumentId> {
    recording.instruments().iter().find(|def| def.symbol == symbol).map(|def| def.instrument)
}

fn midnight(date: Date) -> Nanos {
    NYSE.at_local(date, 0, 0, 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use crate::market::bars::tests::print;
    use st0ck_recorded::{Dataset, Source};

    fn survey() -> Survey {
        let source = Source::Embedded(Dataset::Spy);
        Survey::of(&source, Symbol::new("SPY"), Dataset::Spy.hours()).unwrap()
    }

    pub(crate) const ALWAYS: Span = Span { from: Nanos::ZERO, to: Nanos(i64::MAX / 2) };

    /// The last of the embedded days, played to its end.
    pub(crate) fn played() -> Past {
        let date = *survey().dates().last().unwrap();
        let mut past = Past::new(&[spy()], date, Some(survey()), 1);
        let mut recording = past.recording(date).unwrap().unwrap();
        while let Some(arrival) = recording.next_event() {
            past.note(0, &arrival.unwrap().event);
        }
        past
    }

    /// Bars by adding up every print of every day, one by one.
    fn naive(past: &Past, timeframe: Timeframe) -> Vec<Bar> {
        let mut bars: BTreeMap<Nanos, Bar> = BTreeMap::new();
        for date in past.dates(ALWAYS) {
            for Print { trade, .. } in past.ticks::<Print>(0, date, ALWAYS).unwrap() {
                let start = timeframe.start_of(trade.ts_event);
                let bar = bars.entry(start).or_insert(Bar::starting(start));
                bar.add(&trade, b'B', crate::market::conditions::Length::Minute);
            }
        }
        bars.into_values().collect()
    }

    #[test]
    fn bars_of_every_length_are_those_of_all_their_prints() {
        let mut past = played();
        for text in ["1Min", "7Min", "15Min", "59Min", "1Hour", "5Hour", "23Hour", "1Day", "1Week"]
        {
            let timeframe = Timeframe::parse(text).unwrap();
            let bars = past.bars(0, timeframe, ALWAYS, Nanos::MAX).unwrap();
            assert_eq!(bars, naive(&past, timeframe), "{text}");
        }
        let minutes = past.bars(0, Timeframe::Minutes(1), ALWAYS, Nanos::MAX).unwrap();
        assert_eq!(minutes.len(), 4 * 390);
        assert_eq!(past.bars(0, Timeframe::Months(1), ALWAYS, Nanos::MAX).unwrap().len(), 1);
        let yesterday = past.day_before(0, past.date()).unwrap().unwrap();
        assert_eq!(yesterday, past.bars(0, Timeframe::Day, ALWAYS, Nanos::MAX).unwrap()[2]);
    }

    #[test]
    fn nothing_of_the_future_is_told() {
        let mut past = played();
        let open = NYSE.session(past.date()).unwrap().unwrap().open;
        let (now, day) = (open + 90 * 1_000_000_000, Span { from: open, to: Nanos::MAX });
        let bars = past.bars(0, Timeframe::Minutes(1), day, now).unwrap();
        assert_eq!(bars.iter().map(|bar| bar.start).collect::<Vec<_>>(), [open]);
        let span = Span { from: open, to: now };
        let last = past.ticks::<Quote>(0, past.date(), span).unwrap().last().unwrap().ts_event;
        assert!(last <= now && last > now - MINUTE);
    }

    #[test]
    fn a_day_without_history_has_only_itself() {
        let today = "2020-12-16".parse().unwrap();
        let mut past = Past::new(&[spy()], today, None, 1);
        past.note(0, &MarketEvent::Trade(print(1_608_130_000, "367", 5)));
        assert_eq!(past.earlier_dates(), []);
        assert_eq!(past.day_before(0, today).unwrap(), None);
        assert_eq!(past.bars(0, Timeframe::Day, ALWAYS, Nanos::MAX).unwrap().len(), 1);
        assert_eq!(past.bars(0, Timeframe::Day, ALWAYS, Nanos::ZERO).unwrap(), []);
    }
}
