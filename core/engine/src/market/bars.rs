//! Bars built in the core: 1, 60 and 300 seconds of every instrument.
//!
//! A bar covers `[start, start + length)` of the lane's own time, aligned to the epoch. It is made
//! of prints when the interval had any, else of the middles of quotes, with volume 0; an interval in
//! which nothing was seen has no bar. It is complete at the first input at or past its end, whatever
//! that input is. A quote touches only the running second; a closing second is merged into the
//! running minute, and that into the running five minutes.
//!
//! *Invariant:* a closed bar never changes: what comes late belongs to the interval in which it came.

use super::series::BarSeries;
use st0ck_types::market::MODELLED;
use st0ck_types::state::StateError;
use st0ck_types::time::SECOND;
use st0ck_types::{Bar, InstrumentId, Nanos, Price, Qty, StateReader, StateSink};

/// Lengths of the bars that are built, in seconds.
pub const BAR_SECONDS: [u16; 3] = [1, 60, 300];

/// First, highest, lowest and last of some prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    open: Price,
    high: Price,
    low: Price,
    close: Price,
}

impl Span {
    /// Holds nothing: any price widens it.
    const NONE: Self =
        Self { open: Price::ZERO, high: Price(i64::MIN), low: Price(i64::MAX), close: Price::ZERO };

    fn is_empty(&self) -> bool {
        self.high < self.low
    }

    fn add(&mut self, price: Price) {
        if self.is_empty() {
            self.open = price;
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
    }

    fn merge(&mut self, later: &Self) {
        if later.is_empty() {
            return;
        }
        if self.is_empty() {
            self.open = later.open;
        }
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
    }
}

/// An interval still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Running {
    prints: Span,
    middles: Span,
    volume: Qty,
    flags: u8,
}

impl Running {
    const NONE: Self =
        Self { prints: Span::NONE, middles: Span::NONE, volume: Qty::ZERO, flags: 0 };

    fn is_empty(&self) -> bool {
        self.prints.is_empty() && self.middles.is_empty()
    }

    fn merge(&mut self, later: &Self) {
        self.prints.merge(&later.prints);
        self.middles.merge(&later.middles);
        self.volume = Qty(self.volume.0.saturating_add(later.volume.0));
        self.flags |= later.flags;
    }

    fn bar(&self, start: Nanos, seconds: u16, instrument: InstrumentId) -> Bar {
        let span = if self.prints.is_empty() { &self.middles } else { &self.prints };
        Bar {
            start,
            open: span.open,
            high: span.high,
            low: span.low,
            close: span.close,
            volume: self.volume,
            instrument,
            flags: self.flags,
            reserved: 0,
            seconds,
        }
    }
}

/// The running and closed bars of one instrument.
#[derive(Debug)]
pub(crate) struct Bars {
    running: [Running; 3],
    series: [BarSeries; 3],
}

impl Bars {
    pub(crate) fn new() -> Self {
        Self { running: [Running::NONE; 3], series: std::array::from_fn(|_| BarSeries::new()) }
    }

    /// The closed bars of that length; `None` for a length that is not built.
    pub(crate) fn series(&self, seconds: u16) -> Option<&BarSeries> {
        BAR_SECONDS.iter().position(|&s| s == seconds).map(|at| &self.series[at])
    }

    /// Whether its running second has seen nothing yet.
    pub(crate) fn is_second_empty(&self) -> bool {
        self.running[0].is_empty()
    }

    pub(crate) fn on_middle(&mut self, middle: Price, flags: u8) {
        let second = &mut self.running[0];
        second.middles.add(middle);
        second.flags |= flags & MODELLED;
    }

    pub(crate) fn on_print(&mut self, price: Price, size: Qty, flags: u8) {
        let second = &mut self.running[0];
        second.prints.add(price);
        second.volume = Qty(second.volume.0.saturating_add(size.0));
        second.flags |= flags & MODELLED;
    }

    /// Closes the running bar of one length that began at `start`, merging it into the next longer
    /// one. `None` when nothing was seen.
    fn close(&mut self, length: usize, start: Nanos, instrument: InstrumentId) -> Option<Bar> {
        let closing = std::mem::replace(&mut self.running[length], Running::NONE);
        if closing.is_empty() {
            return None;
        }
        if let Some(longer) = self.running.get_mut(length + 1) {
            longer.merge(&closing);
        }
        let bar = closing.bar(start, BAR_SECONDS[length], instrument);
        self.series[length].push(bar);
        Some(bar)
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        for running in &self.running {
            for span in [&running.prints, &running.middles] {
                for price in [span.open, span.high, span.low, span.close] {
                    sink.i64(price.0);
                }
            }
            sink.i64(running.volume.0);
            sink.u8(running.flags);
        }
        self.series.iter().for_each(|series| series.save(sink));
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        for running in &mut self.running {
            for span in [&mut running.prints, &mut running.middles] {
                for price in [&mut span.open, &mut span.high, &mut span.low, &mut span.close] {
                    *price = Price(from.i64("running bar")?);
                }
            }
            running.volume = Qty(from.i64("running volume")?);
            running.flags = from.u8("running flags")?;
        }
        self.series.iter_mut().try_for_each(|series| series.load(from))
    }
}

/// When the running intervals of all instruments end: they share their bounds.
///
/// *Invariant:* `second` and `longer` hold the instruments that have something running, so that a
/// quiet one costs nothing.
#[derive(Debug)]
pub(crate) struct BarClock {
    /// Lane time of the next interval's end; [`Nanos::MAX`] while nothing runs.
    next: Nanos,
    /// Starts of the running intervals, by length.
    starts: [Nanos; 3],
    /// Instruments whose running second has seen something.
    seconds: Vec<InstrumentId>,
    /// Bars closed by the input being handled.
    closed: Vec<Bar>,
}

impl BarClock {
    pub(crate) fn new(instruments: usize) -> Self {
        Self {
            next: Nanos::MAX,
            starts: [Nanos::MAX; 3],
            seconds: Vec::with_capacity(instruments),
            closed: Vec::with_capacity(instruments * BAR_SECONDS.len()),
        }
    }

    /// Whether an interval has ended at that time.
    pub(crate) fn is_due(&self, at: Nanos) -> bool {
        at >= self.next
    }

    /// An instrument's running second saw its first event.
    pub(crate) fn begin_second(&mut self, at: Nanos, instrument: InstrumentId) {
        self.seconds.push(instrument);
        for (start, seconds) in self.starts.iter_mut().zip(BAR_SECONDS) {
            if *start == Nanos::MAX {
                *start = at.floor_to(i64::from(seconds) * SECOND);
            }
        }
        self.next = self.next.min(self.starts[0] + SECOND);
    }

    /// The bars that the input being handled completed, in the order in which strategies see them.
    pub(crate) fn closed(&self) -> &[Bar] {
        &self.closed
    }

    pub(crate) fn clear_closed(&mut self) {
        self.closed.clear();
    }

    /// Closes every interval that has ended at that time.
    pub(crate) fn roll(&mut self, at: Nanos, bars: &mut [impl AsMut<Bars>]) {
        for instrument in self.seconds.drain(..) {
            let bars = bars[instrument.index()].as_mut();
            self.closed.extend(bars.close(0, self.starts[0], instrument));
        }
        self.starts[0] = Nanos::MAX;
        self.next = Nanos::MAX;
        for (length, seconds) in BAR_SECONDS.into_iter().enumerate().skip(1) {
            let start = self.starts[length];
            let end = start + i64::from(seconds) * SECOND;
            if at < end {
                self.next = self.next.min(end);
                continue;
            }
            for (index, bars) in bars.iter_mut().enumerate() {
                let instrument = InstrumentId(index as u32);
                self.closed.extend(bars.as_mut().close(length, start, instrument));
            }
            self.starts[length] = Nanos::MAX;
        }
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        sink.i64(self.next.0);
        self.starts.iter().for_each(|start| sink.i64(start.0));
        sink.u64(self.seconds.len() as u64);
        self.seconds.iter().for_each(|instrument| sink.u32(instrument.0));
    }

    pub(crate) fn load(
        &mut self,
        from: &mut StateReader<'_>,
        instruments: usize,
    ) -> Result<(), StateError> {
        self.next = Nanos(from.i64("bars end")?);
        for start in &mut self.starts {
            *start = Nanos(from.i64("bars start")?);
        }
        self.seconds.clear();
        self.closed.clear();
        for _ in 0..from.u64("running seconds")? {
            let instrument = InstrumentId(from.u32("running second")?);
            if instrument.index() >= instruments || self.seconds.len() == instruments {
                return Err(from.invalid("running second"));
            }
            self.seconds.push(instrument);
        }
        Ok(())
    }
}
