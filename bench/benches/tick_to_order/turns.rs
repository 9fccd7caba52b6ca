//! The measuring: orders on end, and orders a second apart, with and without a dry one in between.
//!
//! *Hot*: the day's frames come as fast as the agents take them; one in 120 causes an order, every
//! ten microseconds or so. *Cold*: the agents turn idly for a second before each frame that causes
//! one, as a live lane does between two entries. *Warmed*: the same, while a second lane in the same
//! thread, whose orders go nowhere, is taken through an order every twenty milliseconds.

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
/// From one cold order to the next, and from one dry one to the next.
const PAUSE: Duration = Duration::from_secs(1);
const DRY: Duration = Duration::from_millis(20);

/// The stages of many orders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stages {
    pub(crate) decode: Spread,
    pub(crate) publish: Spread,
    pub(crate) core: Spread,
    pub(crate) hand_over: Spread,
    pub(crate) encode: Spread,
    pub(crate) whole: Spread,
    pub(crate) rest: Spread,
}

impl Stages {
    fn record(&mut self, times: &Times) {
        self.decode.record(times.decode);
        self.publish.record(times.publish);
        self.core.record(times.core);
        self.hand_over.record(times.hand_over);
        self.encode.record(times.encode);
        self.whole.record(times.whole);
        self.rest.record(times.rest);
    }

    /// All of them, by name, in the order of the way.
    pub(crate) fn named(&self) -> [(&'static str, &Spread); 7] {
        [
            ("decode", &self.decode),
            ("publish", &self.publish),
            ("core", &self.core),
            ("hand_over", &self.hand_over),
            ("encode", &self.encode),
            ("whole", &self.whole),
            ("rest", &self.rest),
        ]
    }
}

/// Everything that was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) hot: Stages,
    pub(crate) cold: Stages,
    pub(crate) warmed: Stages,
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

    fn open(&self, cores: Cores) -> Result<Way, Box<dyn Error>> {
        Way::open(&self.day, &self.frames, cores)
    }

    /// How many frames there are from one order to the next.
    pub(crate) fn strides(&self, cores: Cores) -> Result<Vec<usize>, Box<dyn Error>> {
        let (mut way, mut strides, mut stride) = (self.open(cores)?, Vec::new(), 0);
        for _ in self.frames.first..self.frames.bytes.len() {
            stride += 1;
            if way.take().is_some() {
                strides.push(std::mem::take(&mut stride));
            }
        }
        Ok(strides)
    }
}

fn run_hot(
    markets: &[Market],
    time: Duration,
    cores: Cores,
    to: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let (until, watch, mut floor) = (Instant::now() + time, Stopwatch::new(), Floor::new());
    for market in markets.iter().cycle() {
        let mut way = market.open(cores)?;
        for frame in &market.frames.bytes[market.frames.first..] {
            let Some((times, request)) = way.take() else { continue };
            to.hot.record(&times);
            to.bytes = (frame.len(), request);
            let from = watch.now();
            floor.take(frame, request);
            to.floor.record(watch.ns(from, watch.now()));
        }
        if Instant::now() >= until {
            return Ok(());
        }
    }
    Ok(())
}

/// Cold and warmed orders take turns.
fn run_cold(
    market: &Market,
    time: Duration,
    cores: Cores,
    to: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let strides = market.strides(cores)?;
    let mut lane = Paced::open(market, &strides, cores)?;
    let mut dry = Paced::open(market, &strides, cores)?;
    let until = Instant::now() + time;
    for turn in 0.. {
        if Instant::now() >= until {
            break;
        }
        let is_warmed = turn % 2 == 1;
        lane = lane.renewed(1)?;
        dry = dry.renewed((PAUSE.as_millis() / DRY.as_millis()) as usize)?;
        lane.approach();
        let due = Instant::now() + PAUSE;
        let mut next_dry = Instant::now() + DRY;
        while Instant::now() < due {
            lane.way.spin();
            if is_warmed && Instant::now() >= next_dry {
                next_dry += DRY;
                dry.approach();
                dry.order()?;
            }
        }
        let times = lane.order()?;
        if is_warmed { &mut to.warmed } else { &mut to.cold }.record(&times);
    }
    Ok(())
}

/// A lane whose next order is known.
pub(crate) struct Paced<'a> {
    market: &'a Market,
    strides: &'a [usize],
    cores: Cores,
    way: Way,
    orders: usize,
}

impl<'a> Paced<'a> {
    pub(crate) fn open(
        market: &'a Market,
        strides: &'a [usize],
        cores: Cores,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self { market, strides, cores, way: market.open(cores)?, orders: 0 })
    }

    /// This one, or a fresh one if its day has not so many orders left.
    fn renewed(self, orders: usize) -> Result<Self, Box<dyn Error>> {
        if self.orders + orders <= self.strides.len() {
            return Ok(self);
        }
        Self::open(self.market, self.strides, self.cores)
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
