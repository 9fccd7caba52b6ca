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
        for (length, &seconds) in BAR_SECONDS.iter().enumerate().skip(1) {
            let start = self.starts[length];
            let end = start + i64::from(seconds) * SECOND;
            if at < end {
                self.next = self.next.min(end);
                continue;
            }
            for (index, bars) in bars.iter_mut().enumerate() {
                let instrument = InstrumentId::at(index);
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

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_quant::rng::Rng;
    use st0ck_types::state::{StateBytes, StateHasher};

    impl AsMut<Bars> for Bars {
        fn as_mut(&mut self) -> &mut Bars {
            self
        }
    }

    /// Something seen: a print with its size, or a middle without one.
    #[derive(Debug, Clone, Copy)]
    struct Seen {
        at: Nanos,
        instrument: InstrumentId,
        price: Price,
        size: Option<Qty>,
    }

    /// Builds bars as the engine does, one event at a time.
    struct Built {
        clock: BarClock,
        bars: Vec<Bars>,
        closed: Vec<Bar>,
    }

    impl Built {
        fn new() -> Self {
            let bars = (0..3).map(|_| Bars::new()).collect();
            Self { clock: BarClock::new(3), bars, closed: Vec::new() }
        }

        fn roll(&mut self, at: Nanos) {
            if self.clock.is_due(at) {
                self.clock.roll(at, &mut self.bars);
                self.closed.extend(self.clock.closed());
                self.clock.clear_closed();
            }
        }

        fn see(&mut self, seen: &Seen) {
            self.roll(seen.at);
            let bars = &mut self.bars[seen.instrument.index()];
            if bars.is_second_empty() {
                self.clock.begin_second(seen.at, seen.instrument);
            }
            match seen.size {
                Some(size) => bars.on_print(seen.price, size, 0),
                None => bars.on_middle(seen.price, MODELLED),
            }
        }
    }

    /// The slow and obvious twin: every interval's events are looked up and folded.
    fn obvious(all: &[Seen], instrument: InstrumentId, seconds: u16) -> Vec<Bar> {
        let width = i64::from(seconds) * SECOND;
        let mine: Vec<&Seen> = all.iter().filter(|seen| seen.instrument == instrument).collect();
        let mut starts: Vec<Nanos> = mine.iter().map(|seen| seen.at.floor_to(width)).collect();
        starts.dedup();
        let bar = |start: Nanos| {
            let inside = mine.iter().filter(|seen| seen.at.floor_to(width) == start);
            let (prints, middles): (Vec<&Seen>, Vec<&Seen>) =
                inside.partition(|seen| seen.size.is_some());
            let of = if prints.is_empty() { &middles } else { &prints };
            let prices = || of.iter().map(|seen| seen.price);
            Bar {
                start,
                open: prices().next().unwrap(),
                high: prices().max().unwrap(),
                low: prices().min().unwrap(),
                close: prices().next_back().unwrap(),
                volume: Qty(prints.iter().map(|seen| seen.size.unwrap().0).sum()),
                instrument,
                flags: if middles.is_empty() { 0 } else { MODELLED },
                reserved: 0,
                seconds,
            }
        };
        starts.into_iter().map(bar).collect()
    }

    /// Bursts, quiet seconds, quiet minutes and quiet instruments.
    fn random_events(seed: u64, count: usize) -> Vec<Seen> {
        let mut rng = Rng::new(seed);
        let mut at = Nanos(1_608_042_600 * SECOND);
        let mut event = || {
            let wait = match rng.below(100) {
                0 => 400 * SECOND,
                1..4 => 61 * SECOND,
                4..30 => SECOND,
                _ => 50_000_000,
            };
            at = at + rng.between(0, wait);
            Seen {
                at,
                instrument: InstrumentId(rng.below(3).min(rng.below(3)) as u32),
                price: Price(rng.between(90, 110)),
                size: rng.chance(300).then(|| Qty(rng.between(1, 9))),
            }
        };
        (0..count).map(|_| event()).collect()
    }

    #[test]
    fn bars_equal_those_of_the_obvious_way() {
        for seed in 0..20 {
            let events = random_events(seed, 1_500);
            let mut built = Built::new();
            events.iter().for_each(|seen| built.see(seen));
            built.roll(events[events.len() - 1].at + 300 * SECOND);
            let mut count = 0;
            for instrument in (0..3).map(InstrumentId) {
                for seconds in BAR_SECONDS {
                    let mine = |bar: &&Bar| bar.instrument == instrument && bar.seconds == seconds;
                    let ours: Vec<Bar> = built.closed.iter().filter(mine).copied().collect();
                    assert_eq!(ours, obvious(&events, instrument, seconds), "seed {seed}");
                    count += ours.len();
                }
            }
            assert_eq!(count, built.closed.len());
            assert!(count > 300, "{count}");
        }
    }

    #[test]
    fn a_bar_is_complete_at_the_first_moment_past_its_end_and_not_before() {
        let mut built = Built::new();
        let (at, price, size) = (Nanos(59 * SECOND), Price(7), Some(Qty(1)));
        built.see(&Seen { at, instrument: InstrumentId(1), price, size });
        built.roll(Nanos(60 * SECOND - 1));
        assert_eq!(built.closed, []);
        built.roll(Nanos(60 * SECOND));
        let lengths = |built: &Built| built.closed.iter().map(|b| b.seconds).collect::<Vec<_>>();
        assert_eq!(lengths(&built), [1, 60]);
        built.roll(Nanos(300 * SECOND - 1));
        assert_eq!(lengths(&built), [1, 60]);
        built.roll(Nanos(300 * SECOND));
        assert_eq!(lengths(&built), [1, 60, 300]);
        built.roll(Nanos(9_000 * SECOND));
        assert_eq!(lengths(&built), [1, 60, 300], "nothing was seen since");
    }

    fn hash(built: &Built) -> u64 {
        let mut hasher = StateHasher::default();
        built.clock.save(&mut hasher);
        built.bars.iter().for_each(|bars| bars.save(&mut hasher));
        hasher.finish()
    }

    #[test]
    fn running_bars_go_on_from_a_kept_state() {
        let events = random_events(77, 1_000);
        let mut built = Built::new();
        for chunk in events.chunks(37) {
            chunk.iter().for_each(|seen| built.see(seen));
            let mut kept = StateBytes::default();
            built.clock.save(&mut kept);
            built.bars.iter().for_each(|bars| bars.save(&mut kept));
            let mut next = Built { closed: std::mem::take(&mut built.closed), ..Built::new() };
            let mut from = StateReader::new(&kept.0);
            next.clock.load(&mut from, 3).unwrap();
            next.bars.iter_mut().for_each(|bars| bars.load(&mut from).unwrap());
            assert!(from.is_at_end());
            assert_eq!(hash(&next), hash(&built));
            built = next;
        }
        built.roll(events[events.len() - 1].at + 300 * SECOND);
        let fives: Vec<Bar> =
            built.closed.iter().filter(|bar| bar.seconds == 300).copied().collect();
        let expected = (0..3).flat_map(|i| obvious(&events, InstrumentId(i), 300)).count();
        assert_eq!(fives.len(), expected);
    }

    #[test]
    fn a_running_bar_is_part_of_the_state() {
        let (at, instrument) = (Nanos(SECOND), InstrumentId(0));
        let hash_of = |price, size: Option<i64>| {
            let mut built = Built::new();
            built.see(&Seen { at, instrument, price: Price(price), size: size.map(Qty) });
            hash(&built)
        };
        let hashes = [hash_of(5, None), hash_of(6, None), hash_of(5, Some(1)), hash_of(5, Some(2))];
        for (place, one) in hashes.iter().enumerate() {
            assert!(!hashes[place + 1..].contains(one), "{place}");
        }
    }
}
