//! Conflation, whatever the two threads do to each other.
//!
//! The story: the producer pushes a script of quotes, prints and halts into a ring that is too small
//! for it, then moves what was kept until nothing is. The consumer takes what comes until it has
//! everything. It must see, for every script and every schedule:
//!
//! * of each kind and instrument only newer after older, and in the end the newest;
//! * nothing newer before what was kept, and every loss told before anything newer;
//! * what was sent, as seen or as told lost, and not one more.
//!
//! The control plants the mistake of not waiting behind what is kept, and must fail.

use super::{MarketTx, RESERVE, market_ring};
use crate::backing::{Consuming, Producing};
use crate::model::{Loom, Shuttle, Threads, Word, World, model, schedules};
use crate::ring::{Rx, over};
use st0ck_types::market::GapCause;
use st0ck_types::{Gap, Halt, InstrumentId, MarketEvent, Nanos, Quote, Trade};
use std::sync::atomic::Ordering;

/// Instruments of the stories.
const INSTRUMENTS: usize = 2;

/// Four bits of kind, four of instrument, sixteen each of number, prints and quotes lost.
impl Word for MarketEvent {
    fn to_word(self) -> u64 {
        let number = self.ts_event().0 as u64;
        let (kind, instrument, lost) = match self {
            Self::Quote(quote) => (1, quote.instrument.0, 0),
            Self::Trade(trade) => (2, trade.instrument.0, 0),
            Self::Halt(halt) => (3, halt.instrument.0, 0),
            Self::Gap(gap) => (4, 0, gap.trades_lost << 16 | gap.quotes_conflated),
            other => unreachable!("no story has {other:?}"),
        };
        kind << 60 | u64::from(instrument) << 56 | number << 32 | lost
    }

    fn from_word(word: u64) -> Self {
        let instrument = InstrumentId((word >> 56) as u32 & 0xf);
        let ts_event = Nanos((word >> 32) as i64 & 0xff_ffff);
        match word >> 60 {
            1 => Self::Quote(Quote { ts_event, instrument, ..Quote::default() }),
            2 => Self::Trade(Trade { ts_event, instrument, ..Trade::default() }),
            3 => Self::Halt(Halt { ts_event, instrument, ..Halt::default() }),
            4 => Self::Gap(Gap {
                ts_event,
                instrument: InstrumentId::ALL,
                cause: GapCause::RingFull,
                trades_lost: word >> 16 & 0xffff,
                quotes_conflated: word & 0xffff,
                ..Gap::default()
            }),
            _ => panic!("an event that was never sent"),
        }
    }
}

/// One step of a script; its number is its place in it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Quote(u32),
    Print,
    Halt(u32),
}

impl Step {
    fn event(self, number: usize) -> MarketEvent {
        let ts_event = Nanos(number as i64);
        let quote = |i| Quote { ts_event, instrument: InstrumentId(i), ..Quote::default() };
        let halt = |i| Halt { ts_event, instrument: InstrumentId(i), ..Halt::default() };
        match self {
            Self::Quote(instrument) => MarketEvent::Quote(quote(instrument)),
            Self::Halt(instrument) => MarketEvent::Halt(halt(instrument)),
            Self::Print => MarketEvent::Trade(Trade { ts_event, ..Trade::default() }),
        }
    }

    /// A script drawn from a seed (xorshift; any number but zero).
    fn script(seed: u64, length: usize) -> Vec<Self> {
        let mut state = seed;
        let mut draw = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let step = |n: u64| match n % 8 {
            0..=3 => Self::Quote((n >> 8) as u32 % INSTRUMENTS as u32),
            4..=6 => Self::Print,
            _ => Self::Halt((n >> 8) as u32 % INSTRUMENTS as u32),
        };
        (0..length).map(|_| step(draw())).collect()
    }
}

type Push<P> = fn(&mut MarketTx<P>, MarketEvent) -> u32;

fn produce<P: Producing<MarketEvent>>(
    mut tx: MarketTx<P>,
    script: &[Step],
    push: Push<P>,
    rest: fn(),
) {
    for (step, number) in script.iter().zip(1..) {
        push(&mut tx, step.event(number));
    }
    while tx.is_backed_up() {
        if tx.flush() == 0 {
            rest();
        }
    }
}

/// A wrapper that lets newer events pass what it keeps.
fn push_past_what_is_kept<P: Producing<MarketEvent>>(
    tx: &mut MarketTx<P>,
    event: MarketEvent,
) -> u32 {
    let flushed = tx.flush();
    match tx.tx.try_push(event) {
        Ok(()) => flushed + 1,
        Err(event) => {
            tx.keep(event);
            flushed
        }
    }
}

/// What the consumer has seen of a script.
struct Seen<'a> {
    script: &'a [Step],
    quotes: [i64; INSTRUMENTS],
    halts: [i64; INSTRUMENTS],
    print: i64,
    prints: u64,
    prints_lost: u64,
    quotes_seen: u64,
    quotes_conflated: u64,
}

impl<'a> Seen<'a> {
    fn new(script: &'a [Step]) -> Self {
        Self {
            script,
            quotes: [0; INSTRUMENTS],
            halts: [0; INSTRUMENTS],
            print: 0,
            prints: 0,
            prints_lost: 0,
            quotes_seen: 0,
            quotes_conflated: 0,
        }
    }

    fn take(&mut self, event: &MarketEvent) {
        let number = event.ts_event().0;
        let was_sent = |step| self.script.get(number as usize - 1) == Some(&step);
        match event {
            MarketEvent::Gap(gap) => {
                self.prints_lost += gap.trades_lost;
                self.quotes_conflated += gap.quotes_conflated;
                return;
            }
            MarketEvent::Quote(quote) => {
                assert!(was_sent(Step::Quote(quote.instrument.0)), "{event:?} was never sent");
                newer(&mut self.quotes[quote.instrument.index()], number);
                self.quotes_seen += 1;
            }
            MarketEvent::Halt(halt) => {
                assert!(was_sent(Step::Halt(halt.instrument.0)), "{event:?} was never sent");
                newer(&mut self.halts[halt.instrument.index()], number);
            }
            _ => {
                assert!(was_sent(Step::Print), "{event:?} was never sent");
                newer(&mut self.print, number);
                self.prints += 1;
            }
        }
        // A print enters only when nothing is kept, so whatever comes later was sent later.
        assert!(number >= self.print, "{number} was kept and print {} passed it", self.print);
        let before = self.script[..number as usize].iter().filter(|step| **step == Step::Print);
        let told = self.prints + self.prints_lost;
        assert!(told >= before.count() as u64, "a loss was not told before {number}");
    }

    /// Whether everything that was sent has come or was told.
    fn is_complete(&self) -> bool {
        let sent = |kind: fn(&Step) -> bool| self.script.iter().filter(|s| kind(s)).count() as u64;
        let newest = |step| {
            let number = self.script.iter().rposition(|sent| *sent == step);
            number.map_or(0, |at| at as i64 + 1)
        };
        let all = |newest_of: fn(u32) -> Step, seen: &[i64]| {
            (0..).zip(seen).all(|(i, &seen)| seen == newest(newest_of(i)))
        };
        self.prints + self.prints_lost == sent(|step| *step == Step::Print)
            && self.quotes_seen + self.quotes_conflated == sent(|s| matches!(s, Step::Quote(_)))
            && all(Step::Quote, &self.quotes)
            && all(Step::Halt, &self.halts)
    }
}

fn newer(last: &mut i64, number: i64) {
    assert!(number > *last, "{number} came after {last}");
    *last = number;
}

fn consume<C: Consuming<MarketEvent>>(mut rx: Rx<MarketEvent, C>, script: &[Step], rest: fn()) {
    let mut seen = Seen::new(script);
    while !seen.is_complete() {
        match rx.pop() {
            Some(event) => seen.take(&event),
            None => rest(),
        }
    }
}

/// The story in some world, over the model.
fn story<W: World>(
    slots: usize,
    script: Vec<Step>,
    push: Push<crate::model::Producer<MarketEvent, W::Atomic>>,
) {
    let slots = slots + RESERVE;
    let (tx, rx) = over(model::<_, W::Atomic>(slots, Ordering::Release), slots, RESERVE);
    let tx = MarketTx::over(tx, INSTRUMENTS);
    let sent = script.clone();
    W::both(move || produce(tx, &sent, push, W::rest), || consume(rx, &script, W::rest));
}

/// Short enough for every interleaving: a quote is kept, a print is lost, a newer quote comes.
fn short() -> Vec<Step> {
    vec![Step::Quote(0), Step::Quote(0), Step::Print, Step::Quote(0)]
}

/// A quote is kept while a print comes: what the planted mistake lets pass.
fn tempting() -> Vec<Step> {
    vec![Step::Quote(0), Step::Quote(1), Step::Print]
}

#[test]
fn loom_conflation_keeps_its_promises() {
    Loom::explore(2, || story::<Loom>(1, short(), MarketTx::push));
    Loom::explore(2, || story::<Loom>(1, tempting(), MarketTx::push));
}

#[test]
#[should_panic(expected = "passed it")]
fn loom_control_a_newer_event_that_passes_is_caught() {
    Loom::explore(2, || story::<Loom>(1, tempting(), push_past_what_is_kept));
}

#[test]
fn shuttle_conflation_keeps_its_promises() {
    for seed in 1..=10 {
        let count = schedules(1_000) / 10;
        Shuttle::explore(seed, count, move || {
            story::<Shuttle>(1 + seed as usize % 3, Step::script(seed, 24), MarketTx::push);
        });
    }
}

#[test]
#[should_panic(expected = "passed it")]
fn shuttle_control_a_newer_event_that_passes_is_caught() {
    for seed in 1..=10 {
        Shuttle::explore(seed, 500, move || {
            story::<Shuttle>(1, Step::script(seed, 24), push_past_what_is_kept);
        });
    }
}

/// On the machine's own threads and over `rtrb`: what Miri and the thread sanitizer look at.
#[test]
fn threads_conflation_keeps_its_promises() {
    for seed in 1..=schedules(if cfg!(miri) { 3 } else { 200 }) as u64 {
        let script = Step::script(seed, 60);
        let sent = script.clone();
        let (tx, rx) = market_ring(2, INSTRUMENTS);
        Threads::both(
            move || produce(tx, &sent, MarketTx::push, Threads::rest),
            || consume(rx, &script, Threads::rest),
        );
    }
}
