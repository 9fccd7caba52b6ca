//! The measuring: lanes, and the floor under them, take the same bursts of a day in turns.
//!
//! A lap is a day with fresh lanes. In a lap of holding, the position was bought at the open and its
//! offer rests, so that no quote causes an order; in a lap of trading the offer fills at once, so
//! that quotes find the lane flat and waiting for its next entry, which one in eighty causes.

use st0ck_bench::broker::Manner;
use st0ck_bench::day::Day;
use st0ck_bench::floor::Floor;
use st0ck_bench::journaled::{Cores, Journaled};
use st0ck_bench::lane::Lane;
use st0ck_bench::machine::preemptions;
use st0ck_bench::options::Options;
use st0ck_bench::spread::{Bursts, Spread};
use st0ck_bench::stopwatch::Stopwatch;
use st0ck_types::recorder::NullRecorder;
use st0ck_types::{MarketEvent, Recorder};
use std::error::Error;
use std::time::{Duration, Instant};

/// Events that one lane takes before it is the next one's turn. No power of two: the core hashes its
/// state at every 1,024th input, which would always fall into the same turn.
const BURST: usize = 250;
/// Minutes of a day before the first measurement: bars exist, tables and predictors are warm.
const WARM_UP: i64 = 10;
/// Nanoseconds between two quotes of the paced laps: 50,000 a second.
pub(crate) const PACE: u64 = 20_000;

/// One subject's measurements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timed {
    /// Each quote by itself.
    pub(crate) each: Spread,
    /// Whole bursts, prints included, per event.
    pub(crate) bursts: Bursts,
}

/// Everything that was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    /// Holding: an event through `CoreAgent::step`, journaled.
    pub(crate) step: Timed,
    /// The same with a recorder that keeps nothing.
    pub(crate) bare: Timed,
    /// Holding: a whole duty cycle with one event in the ring, journaled.
    pub(crate) cycle: Timed,
    /// The floor.
    pub(crate) floor: Timed,
    /// Flat and waiting: quotes that caused no order.
    pub(crate) flat: Spread,
    /// Flat: quotes that caused an entry; decided, recorded, in the gateway's ring.
    pub(crate) order: Spread,
    /// Holding: from the moment a quote was due, 50,000 a second, until its cycle is over.
    pub(crate) paced: Spread,
    /// How often the system took the core away meanwhile.
    pub(crate) preemptions: u64,
    /// Days played.
    pub(crate) laps: usize,
    /// Where the hot segments were.
    pub(crate) placement: String,
}

/// What is measured: something that takes events.
trait Subject {
    fn take(&mut self, event: &MarketEvent);
}

struct Step<'a, R: Recorder + Send>(&'a mut Lane<R>);

impl<R: Recorder + Send> Subject for Step<'_, R> {
    #[inline]
    fn take(&mut self, event: &MarketEvent) {
        self.0.step(event);
    }
}

struct Cycle<'a, R: Recorder + Send>(&'a mut Lane<R>);

impl<R: Recorder + Send> Subject for Cycle<'_, R> {
    #[inline]
    fn take(&mut self, event: &MarketEvent) {
        self.0.push(*event);
        self.0.cycle();
    }
}

impl Subject for &mut Floor {
    #[inline]
    fn take(&mut self, event: &MarketEvent) {
        self.on_event(event);
    }
}

/// Measures for about as long as was asked for.
pub(crate) fn measure(
    options: &Options,
    days: &[Day],
    cores: Cores,
    watch: &Stopwatch,
) -> Result<Measured, Box<dyn Error>> {
    let mut turns = Turns { watch, cores, floor: Floor::new(), measured: Measured::default() };
    let before = preemptions();
    turns.repeat(options.time(0.55), days, Turns::hold)?;
    turns.repeat(options.time(0.15), days, Turns::trade)?;
    turns.repeat(options.time(0.30), days, Turns::pace)?;
    turns.measured.preemptions = preemptions() - before;
    Ok(turns.measured)
}

struct Turns<'a> {
    watch: &'a Stopwatch,
    cores: Cores,
    floor: Floor,
    measured: Measured,
}

type Lap<'a> = fn(&mut Turns<'a>, &Day, Instant) -> Result<(), Box<dyn Error>>;

impl<'a> Turns<'a> {
    /// Laps over the days, one after the other, at least one, until the time is over.
    fn repeat(&mut self, time: Duration, days: &[Day], lap: Lap<'a>) -> Result<(), Box<dyn Error>> {
        let until = Instant::now() + time;
        for day in days.iter().cycle() {
            lap(self, day, until)?;
            self.measured.laps += 1;
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
    }

    /// A lane after its warm-up.
    fn journaled(&mut self, day: &Day, manner: Manner) -> Result<Journaled, Box<dyn Error>> {
        let mut journaled = Journaled::open(day, manner, self.cores)?;
        warm_up(journaled.lane(), day);
        self.measured.placement = journaled.placement().to_string();
        Ok(journaled)
    }

    fn hold(&mut self, day: &Day, until: Instant) -> Result<(), Box<dyn Error>> {
        let mut step = self.journaled(day, Manner::LetsRest)?;
        let mut cycle = self.journaled(day, Manner::LetsRest)?;
        let mut bare = Lane::open(day, Manner::LetsRest, NullRecorder)?;
        warm_up(&mut bare, day);
        for (turn, burst) in day.from_minute(WARM_UP).chunks(BURST).enumerate() {
            let (watch, to) = (self.watch, &mut self.measured);
            let whole = turn % 2 == 0;
            for next in 0..4 {
                match (turn / 2 + next) % 4 {
                    0 => time(watch, &mut Step(step.lane()), burst, whole, &mut to.step),
                    1 => time(watch, &mut Step(&mut bare), burst, whole, &mut to.bare),
                    2 => time(watch, &mut Cycle(cycle.lane()), burst, whole, &mut to.cycle),
                    _ => time(watch, &mut &mut self.floor, burst, whole, &mut to.floor),
                }
            }
            let orders = step.lane().settle() + cycle.lane().settle() + bare.settle();
            assert_eq!(orders, 0, "the position is held");
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
    }

    fn trade(&mut self, day: &Day, until: Instant) -> Result<(), Box<dyn Error>> {
        let mut journaled = self.journaled(day, Manner::FillsAll)?;
        let lane = journaled.lane();
        for burst in day.from_minute(WARM_UP).chunks(BURST) {
            for event in burst {
                let from = self.watch.now();
                lane.step(event);
                let to = self.watch.now();
                let ns = self.watch.ns(from, to);
                let sent = lane.has_sent();
                match (event, sent) {
                    (MarketEvent::Quote(_), true) => self.measured.order.record(ns),
                    (MarketEvent::Quote(_), false) => self.measured.flat.record(ns),
                    _ => {}
                }
                if sent {
                    lane.settle();
                }
            }
            lane.settle();
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
    }

    /// Spins as the core does, and takes each event when its time has come. Timed from when it was
    /// due, so that one late event makes those behind it late, too.
    fn pace(&mut self, day: &Day, until: Instant) -> Result<(), Box<dyn Error>> {
        let mut journaled = self.journaled(day, Manner::LetsRest)?;
        let lane = journaled.lane();
        let start = self.watch.now();
        let mut due = 0;
        for burst in day.from_minute(WARM_UP).chunks(BURST) {
            for event in burst {
                due += PACE;
                while self.watch.ns(start, self.watch.now()) < due {
                    lane.cycle();
                }
                lane.push(*event);
                lane.cycle();
                let done = self.watch.ns(start, self.watch.now());
                if let MarketEvent::Quote(_) = event {
                    self.measured.paced.record(done - due);
                }
            }
            lane.settle();
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
    }
}

fn warm_up<R: Recorder + Send>(lane: &mut Lane<R>, day: &Day) {
    day.events[..day.after_open(WARM_UP)].iter().for_each(|event| _ = lane.feed(event));
}

/// One subject's turn with a burst: timed as a whole, or quote by quote.
#[inline(never)]
fn time(
    watch: &Stopwatch,
    subject: &mut impl Subject,
    burst: &[MarketEvent],
    whole: bool,
    timed: &mut Timed,
) {
    if whole {
        let from = watch.now();
        burst.iter().for_each(|event| subject.take(event));
        let to = watch.now();
        timed.bursts.record(watch.ns(from, to), burst.len());
        return;
    }
    // Kept aside first: the histogram's memory is not to be in the way between two quotes.
    let mut ticks = [(0, 0); BURST];
    for (event, ticks) in burst.iter().zip(&mut ticks) {
        let from = watch.now();
        subject.take(event);
        *ticks = (from, watch.now());
    }
    for (event, (from, to)) in burst.iter().zip(ticks) {
        if let MarketEvent::Quote(_) = event {
            timed.each.record(watch.ns(from, to));
        }
    }
}
