//! The measuring: orders on end, and orders a second apart; with a core that rehearses, and without.
//!
//! *Hot*: the day's frames come as fast as the agents take them, and every agent turns once idly in
//! between; one frame in 120 causes an order, every ten microseconds or so. *Cold*: the agents turn
//! idly for a second before each frame that causes one, as a live lane does between two entries.
//! *Unrehearsed*: the same with a core that does not go through an order when nothing waits.

use crate::floor::Floor;
use crate::venue::Frames;
use crate::way::{Times, Way};
use st0ck_bench::day::Day;
use st0ck_bench::journaled::Cores;
use st0ck_bench::machine::preemptions;
use st0ck_bench::options::Options;
use st0ck_bench::spread::Spread;
use st0ck_bench::stopwatch::Stopwatch;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds of each part, unless told otherwise.
const HOT: Duration = Duration::from_secs(10);
const COLD: Duration = Duration::from_secs(60);
/// From one cold order to the next.
const PAUSE: Duration = Duration::from_secs(1);

/// The stages of many orders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stages {
    pub(crate) decode: Spread,
    pub(crate) publish: Spread,
    pub(crate) core: Spread,
    pub(crate) hand_over: Spread,
    pub(crate) encode: Spread,
    /// The whole way of orders whose stages were told apart: two more readings of the clock.
    pub(crate) staged: Spread,
    /// The whole way of all others.
    pub(crate) whole: Spread,
    pub(crate) rest: Spread,
}

impl Stages {
    /// Takes in the stages of an order, if they were told apart, or else its whole way.
    fn record(&mut self, times: &Times) {
        self.rest.record(times.rest);
        let Some(stages) = times.stages else { return self.whole.record(times.whole) };
        self.decode.record(stages.decode);
        self.publish.record(stages.publish);
        self.core.record(stages.core);
        self.hand_over.record(stages.hand_over);
        self.encode.record(stages.encode);
        self.staged.record(times.whole);
    }

    /// All of them, by name, in the order of the way.
    pub(crate) fn named(&self) -> [(&'static str, &Spread); 8] {
        [
            ("decode", &self.decode),
            ("publish", &self.publish),
            ("core", &self.core),
            ("hand_over", &self.hand_over),
            ("encode", &self.encode),
            ("staged", &self.staged),
            ("whole", &self.whole),
            ("rest", &self.rest),
        ]
    }
}

/// A core that rehearses, and one that does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Both {
    pub(crate) rehearsed: Stages,
    pub(crate) unrehearsed: Stages,
}

impl Both {
    fn of(&mut self, rehearses: bool) -> &mut Stages {
        if rehearses { &mut self.rehearsed } else { &mut self.unrehearsed }
    }
}

/// Everything that was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) hot: Both,
    pub(crate) cold: Both,
    /// The floor, right after each hot order.
    pub(crate) floor: Spread,
    /// Bytes of a frame and of a request.
    pub(crate) bytes: (usize, usize),
    /// How often the system took the core away in the hot part.
    pub(crate) preemptions: u64,
}

/// Measures for as long as was asked for.
pub(crate) fn measure(options: &Options, cores: Cores) -> Result<Measured, Box<dyn Error>> {
    let (hot, cold) = match options.is_timed {
        true => (options.time(0.4), options.time(0.6)),
        false => (HOT, COLD),
    };
    let days = Day::dates()?.into_iter().map(|date| Day::read(Some(date)));
    let days: Vec<Day> = days.collect::<Result<_, _>>()?;
    let markets: Vec<Market> = days.into_iter().map(Market::new).collect();
    let mut measured = Measured::default();
    let before = preemptions();
    run_hot(&markets, hot, cores, &mut measured)?;
    measured.preemptions = preemptions() - before;
    run_cold(&markets[0], cold, cores, &mut measured)?;
    Ok(measured)
}

/// A day, and its frames.
pub(crate) struct Market {
    day: Day,
    frames: Arc<Frames>,
}

impl Market {
    pub(crate) fn new(day: Day) -> Self {
        let frames = Arc::new(Frames::of(&day));
        Self { day, frames }
    }

    fn open(&self, cores: Cores, rehearses: bool) -> Result<Way, Box<dyn Error>> {
        Way::open(&self.day, &self.frames, cores, rehearses)
    }

    /// How many frames there are from one order to the next.
    pub(crate) fn strides(&self, cores: Cores) -> Result<Vec<usize>, Box<dyn Error>> {
        let (mut way, mut strides, mut stride) = (self.open(cores, false)?, Vec::new(), 0);
        for _ in self.frames.first..self.frames.bytes.len() {
            stride += 1;
            if way.take().is_some() {
                strides.push(std::mem::take(&mut stride));
            }
        }
        Ok(strides)
    }
}

/// Each day four times: with rehearsals and without, each with its stages told apart and as a whole.
/// Every order is so measured both ways.
fn run_hot(
    markets: &[Market],
    time: Duration,
    cores: Cores,
    to: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let (until, watch, mut floor) = (Instant::now() + time, Stopwatch::new(), Floor::new());
    for (turn, market) in markets.iter().flat_map(|market| [market; 4]).cycle().enumerate() {
        let (rehearses, staged) = (turn % 2 == 0, turn / 2 % 2 == 0);
        let mut way = market.open(cores, rehearses)?;
        way.tell_stages(staged);
        for frame in &market.frames.bytes[market.frames.first..] {
            way.spin();
            let Some((times, request)) = way.take() else { continue };
            to.hot.of(rehearses).record(&times);
            to.bytes = (frame.len(), request);
            let from = watch.now();
            floor.take(frame, request);
            to.floor.record(watch.ns(from, watch.now()));
        }
        if Instant::now() >= until && !rehearses && !staged {
            return Ok(());
        }
    }
    Ok(())
}

/// Orders with rehearsals and without take turns.
fn run_cold(
    market: &Market,
    time: Duration,
    cores: Cores,
    to: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let strides = market.strides(cores)?;
    let open = |rehearses| Paced::open(market, &strides, cores, rehearses, true);
    let mut lanes = [true, false].map(open);
    let until = Instant::now() + time;
    for turn in 0.. {
        if Instant::now() >= until {
            break;
        }
        let lane = lanes[turn % 2].as_mut().map_err(|error| error.to_string())?;
        lane.renew()?;
        lane.approach();
        let due = Instant::now() + PAUSE;
        while Instant::now() < due {
            lane.way.spin();
        }
        let times = lane.order()?;
        let stages = to.cold.of(lane.rehearses);
        stages.record(&times);
        // Of thousands of nanoseconds two readings are nothing, and there are few orders.
        stages.whole.record(times.whole);
    }
    Ok(())
}

/// A lane whose next order is known.
pub(crate) struct Paced<'a> {
    market: &'a Market,
    strides: &'a [usize],
    cores: Cores,
    rehearses: bool,
    staged: bool,
    way: Way,
    orders: usize,
}

impl<'a> Paced<'a> {
    pub(crate) fn open(
        market: &'a Market,
        strides: &'a [usize],
        cores: Cores,
        rehearses: bool,
        staged: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let way = market.open(cores, rehearses)?;
        way.tell_stages(staged);
        Ok(Self { market, strides, cores, rehearses, staged, way, orders: 0 })
    }

    /// Begins the day anew if it has no order left.
    fn renew(&mut self) -> Result<(), Box<dyn Error>> {
        if self.orders == self.strides.len() {
            let Self { market, strides, cores, rehearses, staged, .. } = *self;
            *self = Self::open(market, strides, cores, rehearses, staged)?;
        }
        Ok(())
    }

    /// Takes the frames up to the one that causes the next order.
    pub(crate) fn approach(&mut self) {
        for _ in 1..self.strides[self.orders] {
            let early = self.way.take();
            assert!(early.is_none(), "the same day gives the same orders");
        }
    }

    /// Takes that one.
    fn order(&mut self) -> Result<Times, Box<dyn Error>> {
        let decided = self.pass();
        self.settled(decided)
    }

    /// Takes that one, up to its bytes; [`Paced::settle`] comes next.
    #[inline]
    pub(crate) fn pass(&mut self) -> u64 {
        self.way.pass()
    }

    /// Lets the broker answer.
    pub(crate) fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        self.settled(0).map(|_| ())
    }

    fn settled(&mut self, decided: u64) -> Result<Times, Box<dyn Error>> {
        self.orders += 1;
        let (times, _) = self.way.settle(decided).ok_or("the same day gives the same orders")?;
        Ok(times)
    }
}
