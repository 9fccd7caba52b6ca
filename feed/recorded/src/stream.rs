//! The events of one source of rows, in order of time: ticks as they are, bars through the bridge.
//!
//! Called by [`crate::merge`].
//! *Invariant:* times never go back, though bars of different symbols overlap: what a bar became
//! waits until no earlier bar can come any more.

use crate::bridge::Bridge;
use crate::error::DataError;
use crate::history::Rows;
use crate::hours::TradingDay;
use crate::recording::Arrival;
use crate::survey::SurveyedFile;
use crate::synth::Synth;
use st0ck_types::time::SECOND;
use st0ck_types::{Bar, InstrumentDef, InstrumentId, MarketEvent, Nanos};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Where rows come from.
enum Rowing {
    File { rows: Box<Rows>, numbering: Vec<InstrumentId>, bar_length: i64 },
    Synth(Box<Synth>),
}

/// Events of one file or one made-up market.
pub(crate) struct Stream {
    rowing: Rowing,
    day: TradingDay,
    /// The next row of the day.
    ahead: Option<MarketEvent>,
    /// One for each instrument that has bars here.
    bridges: BTreeMap<InstrumentId, Bridge>,
    waiting: Waiting,
    expanded: Vec<Arrival>,
}

impl Stream {
    /// The rows that a file has on `day`.
    pub(crate) fn of_file(
        file: &SurveyedFile,
        day: TradingDay,
        instruments: &[InstrumentDef],
        seed: u64,
    ) -> Result<Self, DataError> {
        let defs = file.numbering(instruments);
        let rowing = Rowing::File {
            rows: Box::new(Rows::open(&file.file)?),
            numbering: defs.iter().map(|def| def.instrument).collect(),
            bar_length: file.bar_length,
        };
        Self::new(rowing, day, &defs, seed)
    }

    /// A made-up market.
    pub(crate) fn of_synth(
        synth: Synth,
        day: TradingDay,
        def: InstrumentDef,
        seed: u64,
    ) -> Result<Self, DataError> {
        Self::new(Rowing::Synth(Box::new(synth)), day, &[def], seed)
    }

    fn new(
        rowing: Rowing,
        day: TradingDay,
        defs: &[InstrumentDef],
        seed: u64,
    ) -> Result<Self, DataError> {
        let bridges = defs.iter().map(|def| (def.instrument, Bridge::new(*def, seed))).collect();
        let mut stream = Self {
            rowing,
            day,
            ahead: None,
            bridges,
            waiting: Waiting::default(),
            expanded: Vec::new(),
        };
        stream.step()?;
        Ok(stream)
    }

    /// The next event.
    pub(crate) fn next_event(&mut self) -> Result<Option<Arrival>, DataError> {
        loop {
            let Some(row) = self.ahead else { return Ok(self.waiting.pop()) };
            // What waits for the time of the next row came first, and stays first.
            if self.waiting.next_at().is_some_and(|at| at <= row.ts_event()) {
                return Ok(self.waiting.pop());
            }
            self.step()?;
            match row {
                MarketEvent::Bar(bar) => self.expand(&bar),
                tick => return Ok(Some(Arrival { at: tick.ts_event(), event: tick })),
            }
        }
    }

    /// Moves `ahead` to the next row of the day.
    fn step(&mut self) -> Result<(), DataError> {
        self.ahead = loop {
            match self.rowing.next_row()? {
                None => break None,
                Some(row) if row.ts_event() < self.day.open => {}
                Some(row) if row.ts_event() >= self.day.close => break None,
                Some(row) => break Some(row),
            }
        };
        Ok(())
    }

    /// Queues what a bar becomes, and the bar itself at its end.
    fn expand(&mut self, bar: &Bar) {
        let end = (bar.start + i64::from(bar.seconds) * SECOND).min(self.day.close);
        if let Some(bridge) = self.bridges.get_mut(&bar.instrument) {
            bridge.expand(bar, end, &mut self.expanded);
        }
        self.expanded.push(Arrival { at: end, event: MarketEvent::Bar(*bar) });
        self.expanded.drain(..).for_each(|arrival| self.waiting.push(arrival));
    }
}

impl Rowing {
    /// The next row with the recording's instrument number, and a bar's length.
    fn next_row(&mut self) -> Result<Option<MarketEvent>, DataError> {
        let (rows, numbering, bar_length) = match self {
            Self::Synth(synth) => return Ok(synth.next().map(MarketEvent::Bar)),
            Self::File { rows, numbering, bar_length } => (rows, numbering, *bar_length),
        };
        let Some(mut row) = rows.next_row()? else { return Ok(None) };
        let id = |own: InstrumentId| numbering.get(own.index()).copied().unwrap_or(own);
        match &mut row {
            MarketEvent::Bar(bar) => {
                bar.instrument = id(bar.instrument);
                bar.seconds = (bar_length / SECOND) as u16;
            }
            MarketEvent::Quote(quote) => quote.instrument = id(quote.instrument),
            MarketEvent::Trade(trade) => trade.instrument = id(trade.instrument),
            _ => {}
        }
        Ok(Some(row))
    }
}

/// Events by time, and at one time in the order in which they came.
#[derive(Default)]
struct Waiting {
    order: BinaryHeap<Reverse<(Nanos, u64, usize)>>,
    events: Vec<MarketEvent>,
    free: Vec<usize>,
    serial: u64,
}

impl Waiting {
    fn push(&mut self, arrival: Arrival) {
        let place = self.free.pop().unwrap_or(self.events.len());
        if place == self.events.len() {
            self.events.push(arrival.event);
        } else {
            self.events[place] = arrival.event;
        }
        self.order.push(Reverse((arrival.at, self.serial, place)));
        self.serial += 1;
    }

    fn next_at(&self) -> Option<Nanos> {
        self.order.peek().map(|Reverse((at, _, _))| *at)
    }

    fn pop(&mut self) -> Option<Arrival> {
        let Reverse((at, _, place)) = self.order.pop()?;
        self.free.push(place);
        Some(Arrival { at, event: self.events[place] })
    }
}
