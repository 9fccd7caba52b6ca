//! The measuring: a thread that sends and one that answers, on two cores, going through the links
//! in turns.
//!
//! *Hop*: an event goes there, another comes back; half of that. *Burst*: ten thousand events are
//! sent as fast as they go and received meanwhile on the other side; the time until the last one was
//! received, per event. The way back is one flag, the same for all links.

use crate::links::{self, Flag, Receives, Sends};
use st0ck_bench::journaled::Cores;
use st0ck_bench::machine::preemptions;
use st0ck_bench::options::Options;
use st0ck_bench::spread::{Bursts, ratio};
use st0ck_bench::stopwatch::Stopwatch;
use st0ck_runtime::conflate::MarketTx;
use st0ck_runtime::{Rx, Tx, affinity};
use st0ck_types::MarketEvent;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

/// Round trips of one turn.
const TRIPS: usize = 500;
/// Events of one burst: fewer than a ring has slots.
const EVENTS: usize = 8_000;
/// A floor below this many nanoseconds: the two cores are near each other in that turn.
pub(crate) const NEAR_NS: f64 = 250.0;

/// Turns after which the rings are made anew: where they lie in memory is luck, and lasts as long.
const TURNS_OF_A_PLACE: usize = 32;

/// What was measured of one link.
#[derive(Debug, Clone, Default)]
pub(crate) struct Link {
    /// Hops while the cores were near each other, and while they were not.
    pub(crate) near: Bursts,
    pub(crate) far: Bursts,
    /// All hops.
    pub(crate) hop: Bursts,
    /// Bursts.
    pub(crate) burst: Bursts,
}

/// Everything that was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) market: Link,
    pub(crate) reserved: Link,
    pub(crate) bare: Link,
    pub(crate) flag: Link,
    /// Turns in which the floor was near, and all.
    pub(crate) near_turns: usize,
    pub(crate) turns: usize,
    /// Medians over the turns of ours by theirs within one turn: hop, burst.
    pub(crate) market_to_bare: [Option<f64>; 2],
    pub(crate) reserved_to_bare: [Option<f64>; 2],
    /// How often the system took the core away from the sending thread.
    pub(crate) preemptions: u64,
    /// Whether each thread had a core of its own.
    pub(crate) pinned: bool,
}

/// What the sending thread asks of the other one, which has the other end of each link.
type Task = Box<dyn FnOnce() + Send>;

/// A link with both ends here between turns.
struct Ends<S, R> {
    there: Option<(S, R)>,
    back: Option<(S, R)>,
}

impl<S: Sends, R: Receives> Ends<S, R> {
    fn new(make: fn() -> (S, R)) -> Self {
        Self { there: Some(make()), back: Some(make()) }
    }
}

/// Every link.
struct Links {
    market: Ends<MarketTx, Rx<MarketEvent>>,
    reserved: Ends<Tx<MarketEvent>, Rx<MarketEvent>>,
    bare: Ends<rtrb::Producer<MarketEvent>, rtrb::Consumer<MarketEvent>>,
    flag: Ends<Flag, Flag>,
}

impl Links {
    fn new() -> Self {
        Self {
            market: Ends::new(links::market),
            reserved: Ends::new(links::reserved),
            bare: Ends::new(links::bare),
            flag: Ends::new(links::flag),
        }
    }
}

/// Measures for about as long as was asked for.
pub(crate) fn measure(options: &Options) -> Measured {
    let cores = affinity::cores();
    let claimed = Cores::claim();
    let (tasks, inbox) = sync_channel::<Task>(0);
    let other = std::thread::spawn(move || {
        let pinned = cores.len() > 1 && affinity::pin(cores[0]);
        inbox.into_iter().for_each(|task| task());
        pinned
    });
    let before = preemptions();
    let events = (1..=EVENTS as u64).map(links::numbered).collect();
    let mut rig = Rig { watch: Stopwatch::new(), tasks, events };
    let mut measured = rig.measure(options);
    measured.preemptions = preemptions() - before;
    drop(rig);
    let pinned = other.join().expect("the answering thread has nothing to panic about");
    measured.pinned = pinned && claimed.hot.is_some();
    measured
}

struct Rig {
    watch: Stopwatch,
    tasks: SyncSender<Task>,
    /// What is sent, in memory before it is, as a decoder leaves it: of an event that is put together
    /// where it is sent, the compiler would write the constant fields straight into the slot.
    events: Arc<[MarketEvent]>,
}

impl Rig {
    fn measure(&mut self, options: &Options) -> Measured {
        let mut all = Links::new();
        let mut done = Measured::default();
        let mut ratios: [Bursts; 4] = Default::default();
        let until = Instant::now() + options.time(1.0);
        while done.turns < 8 || Instant::now() < until {
            if done.turns % TURNS_OF_A_PLACE == 0 {
                // The old ones go when the new ones stand, which thus stand elsewhere.
                all = Links::new();
            }
            let mut hops = [0.0; 4];
            let mut bursts = [0.0; 4];
            for next in 0..4 {
                // Who goes first changes.
                let link = (done.turns + next) % 4;
                (hops[link], bursts[link]) = match link {
                    0 => (self.hop(&mut all.market), self.burst(&mut all.market)),
                    1 => (self.hop(&mut all.reserved), self.burst(&mut all.reserved)),
                    2 => (self.hop(&mut all.bare), self.burst(&mut all.bare)),
                    // A flag holds one number: it has no throughput.
                    _ => (self.hop(&mut all.flag), 0.0),
                };
            }
            done.take(hops, bursts);
            for (link, [hop, burst]) in [0, 1].into_iter().zip([[0, 1], [2, 3]]) {
                ratios[hop].push(hops[link] / hops[2]);
                ratios[burst].push(bursts[link] / bursts[2]);
            }
        }
        let [a, b, c, d] = ratios.map(|ratios| ratio(ratios.middle(), 1.0));
        (done.market_to_bare, done.reserved_to_bare) = ([a, b], [c, d]);
        done
    }

    /// Nanoseconds of one hop.
    fn hop<S: Sends, R: Receives>(&mut self, ends: &mut Ends<S, R>) -> f64 {
        let (Some((mut there, there_rx)), Some((back, mut back_rx))) =
            (ends.there.take(), ends.back.take())
        else {
            unreachable!("both ends are back after each turn")
        };
        let (returned, far_ends) = sync_channel(1);
        let theirs = self.events.clone();
        self.ask(move || {
            let (mut there_rx, mut back) = (there_rx, back);
            for (trip, event) in numbers(&theirs[..TRIPS]) {
                receive(&mut there_rx, trip);
                send(&mut back, event);
            }
            // The other side may have given up on the bench; then nobody wants the ends.
            let _ = returned.send((there_rx, back));
        });
        let from = self.watch.now();
        for (trip, event) in numbers(&self.events[..TRIPS]) {
            send(&mut there, event);
            receive(&mut back_rx, trip);
        }
        let ns = self.watch.ns(from, self.watch.now());
        let (there_rx, back) = take_back(&far_ends);
        (ends.there, ends.back) = (Some((there, there_rx)), Some((back, back_rx)));
        ns as f64 / (2 * TRIPS) as f64
    }

    /// Nanoseconds of one event of a burst.
    fn burst<S: Sends, R: Receives>(&mut self, ends: &mut Ends<S, R>) -> f64 {
        let Some((mut there, there_rx)) = ends.there.take() else {
            unreachable!("both ends are back after each turn")
        };
        let (returned, far_ends) = sync_channel(1);
        let (start, ready) = links::flag();
        let (done, mut arrived) = links::flag();
        self.ask(move || {
            let (mut there_rx, mut done, mut start) = (there_rx, done, start);
            start.raise(1);
            for number in 1..=EVENTS as u64 {
                receive(&mut there_rx, number);
            }
            done.raise(1);
            let _ = returned.send(there_rx);
        });
        let mut ready = ready;
        receive(&mut ready, 1);
        let from = self.watch.now();
        for event in self.events.iter() {
            send(&mut there, event);
        }
        receive(&mut arrived, 1);
        let ns = self.watch.ns(from, self.watch.now());
        ends.there = Some((there, take_back(&far_ends)));
        ns as f64 / EVENTS as f64
    }

    fn ask(&self, task: impl FnOnce() + Send + 'static) {
        let asked = self.tasks.send(Box::new(task));
        assert!(asked.is_ok(), "the answering thread lives as long as the rig");
    }
}

/// Events by their numbers.
fn numbers(events: &[MarketEvent]) -> impl Iterator<Item = (u64, &MarketEvent)> {
    (1..).zip(events)
}

fn take_back<T>(far_ends: &Receiver<T>) -> T {
    far_ends.recv().expect("the answering thread gives its ends back after each turn")
}

#[inline]
fn send<S: Sends>(to: &mut S, event: &MarketEvent) {
    while !to.try_send(*event) {
        std::hint::spin_loop();
    }
}

#[inline]
fn receive<R: Receives>(from: &mut R, number: u64) {
    loop {
        match from.try_receive() {
            Some(received) => {
                return assert_eq!(received, number, "an event was lost or reordered");
            }
            None => std::hint::spin_loop(),
        }
    }
}

impl Measured {
    fn take(&mut self, hops: [f64; 4], bursts: [f64; 4]) {
        let near = hops[3] < NEAR_NS;
        self.turns += 1;
        self.near_turns += usize::from(near);
        let links = [&mut self.market, &mut self.reserved, &mut self.bare, &mut self.flag];
        for ((link, hop), burst) in links.into_iter().zip(hops).zip(bursts) {
            if near { &mut link.near } else { &mut link.far }.push(hop);
            link.hop.push(hop);
            link.burst.push(burst);
        }
    }
}
