//! One session of a recorded market, ready to be played: the crate's door.
//!
//! *Invariant:* times never go back; an instrument is defined before its first event.

use crate::error::DataError;
use crate::hours::{Hours, TradingDay};
use crate::merge::Merge;
use crate::schema::RowKind;
use crate::source::Source;
use crate::stream::Stream;
use crate::survey::Survey;
use crate::synth::{Synth, SynthSpec};
use st0ck_types::calendar::Date;
use st0ck_types::{
    AssetClass, InstrumentDef, InstrumentId, MarketEvent, Nanos, Price, Qty, Symbol,
};
use std::collections::VecDeque;

/// Which session to play.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the rows are.
    pub source: Source,
    /// Names the rows of files without a symbol column. An embedded set knows its own names.
    pub symbol: Symbol,
    /// When the market is open: rows outside are skipped and counted.
    pub hours: Hours,
    /// Which day of the data; the first when none.
    pub date: Option<Date>,
    /// Names everything that is modelled.
    pub seed: u64,
}

/// What a recording is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// Bars, played as modelled quotes and prints.
    Bars,
    /// Quotes.
    Quotes,
    /// Trades.
    Trades,
    /// More than one of these.
    Mixed,
    /// Nothing recorded: a made-up market.
    Synthetic,
}

impl DataKind {
    /// For output: `bars`, `quotes`, `trades`, `mixed`, `synthetic`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Quotes => "quotes",
            Self::Trades => "trades",
            Self::Mixed => "mixed",
            Self::Synthetic => "synthetic",
        }
    }
}

/// An event and when a subscriber gets it: at its own time, but a bar, which is stamped with its
/// start, at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Market time of delivery.
    pub at: Nanos,
    /// What is delivered.
    pub event: MarketEvent,
}

/// A session being played: instruments first, then everything by time. Events of one time form a
/// batch whose end is marked ([`st0ck_types::market::LAST`]).
pub struct Recording {
    day: TradingDay,
    dates: Vec<Date>,
    instruments: Vec<InstrumentDef>,
    kind: DataKind,
    modelled: bool,
    rows: u64,
    rows_outside: u64,
    definitions: VecDeque<InstrumentDef>,
    merge: Merge,
    /// The event to deliver next, held until it is known whether its batch goes on.
    held: Option<Arrival>,
    failed: Option<DataError>,
}

impl Recording {
    /// Looks over the data (see [`Survey`]), chooses the day and stands before its first event.
    ///
    /// # Errors
    /// [`DataError`] for the first thing in the data that is not sound, and for a day that is not
    /// in it.
    pub fn open(request: &Request) -> Result<Self, DataError> {
        let survey = Survey::of(&request.source, request.symbol, request.hours)?;
        Self::of_survey(&survey, request.date, request.seed)
    }

    /// As [`Recording::open`], for data looked over before: several days of it, or several seeds.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn of_survey(survey: &Survey, date: Option<Date>, seed: u64) -> Result<Self, DataError> {
        let day = survey.choose(date)?;
        let instruments = survey.instruments_on(&day);
        let mut kinds: Vec<RowKind> = survey.files_on(day.date).map(|f| f.kind).collect();
        let streams: Result<Vec<Stream>, DataError> = survey
            .files_on(day.date)
            .map(|file| Stream::of_file(file, day, &instruments, seed))
            .collect();
        kinds.sort();
        kinds.dedup();
        let kind = match kinds[..] {
            [RowKind::Bars] => DataKind::Bars,
            [RowKind::Quotes] => DataKind::Quotes,
            [RowKind::Trades] => DataKind::Trades,
            _ => DataKind::Mixed,
        };
        let mut recording = Self::new(day, instruments, kind, Merge::new(streams?)?);
        recording.modelled = kinds.contains(&RowKind::Bars);
        recording.dates = survey.dates();
        recording.rows = survey.rows_on(day.date);
        recording.rows_outside = survey.rows_outside();
        Ok(recording)
    }

    /// A made-up market instead of a recorded one. The seed of the spec names all of it.
    #[must_use]
    pub fn synthetic(spec: &SynthSpec) -> Self {
        let def = InstrumentDef {
            ts_event: spec.day.open,
            tick: Price::CENT,
            lot: Qty::ONE,
            instrument: InstrumentId(0),
            multiplier: 1,
            class: AssetClass::Equity,
            symbol: spec.symbol,
        };
        let synth = Synth::new(*spec);
        let rows = synth.clone().count() as u64;
        let merge = Stream::of_synth(synth, spec.day, def, spec.seed)
            .and_then(|stream| Merge::new(vec![stream]))
            .expect("made-up rows have no file that could fail");
        let mut recording = Self::new(spec.day, vec![def], DataKind::Synthetic, merge);
        recording.rows = rows;
        recording
    }

    fn new(day: TradingDay, instruments: Vec<InstrumentDef>, kind: DataKind, merge: Merge) -> Self {
        Self {
            day,
            dates: vec![day.date],
            definitions: instruments.iter().copied().collect(),
            instruments,
            kind,
            modelled: true,
            rows: 0,
            rows_outside: 0,
            merge,
            held: None,
            failed: None,
        }
    }

    /// The session.
    #[must_use]
    pub fn day(&self) -> TradingDay {
        self.day
    }

    /// Every day in the data, ascending.
    #[must_use]
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// Every instrument; an [`InstrumentId`] is an index into it.
    #[must_use]
    pub fn instruments(&self) -> &[InstrumentDef] {
        &self.instruments
    }

    /// What it is made of.
    #[must_use]
    pub fn kind(&self) -> DataKind {
        self.kind
    }

    /// Whether any of its events is modelled rather than recorded.
    #[must_use]
    pub fn is_modelled(&self) -> bool {
        self.modelled
    }

    /// Rows of the data in this session.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows of the data outside every session, which were skipped.
    #[must_use]
    pub fn rows_outside(&self) -> u64 {
        self.rows_outside
    }

    /// The next event; none when the session is over. After an error nothing comes any more.
    pub fn next_event(&mut self) -> Option<Result<Arrival, DataError>> {
        if let Some(def) = self.definitions.pop_front() {
            return Some(Ok(Arrival { at: self.day.open, event: MarketEvent::InstrumentDef(def) }));
        }
        if self.held.is_none() {
            self.held = self.pull();
        }
        let Some(mut now) = self.held.take() else { return self.failed.take().map(Err) };
        self.held = self.pull();
        if self.held.is_none_or(|next| next.at != now.at) {
            now.event.mark_last();
        }
        Some(Ok(now))
    }

    /// The merge's next event; its error is kept for after the events before it.
    fn pull(&mut self) -> Option<Arrival> {
        match self.merge.next_event() {
            Ok(event) => event,
            Err(error) => {
                self.merge.stop();
                self.failed = Some(error);
                None
            }
        }
    }
}

impl Iterator for Recording {
    type Item = Result<Arrival, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_event()
    }
}
