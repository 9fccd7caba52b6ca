//! The rings against a `VecDeque`, and what conflation promises when one is full.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_runtime::conflate::market_ring;
use st0ck_runtime::ring::ring;
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Price, Quote, Trade};
use std::collections::VecDeque;

/// The ring with its reserve.
pub(super) static RING: Target = Target {
    name: "ring",
    about: "a ring with reserved slots = a VecDeque of the same bounds, counters too",
    run: bounded,
    seeds: no_seeds,
    words: Words::Binary,
    mend: None,
    room: 16 << 10,
    longest: 512,
    patience: 1,
};

/// The market ring.
pub(super) static CONFLATE: Target = Target {
    name: "conflate",
    about: "a full market ring: newest quote of each instrument kept, every lost print told, in order",
    run: conflated,
    seeds: no_seeds,
    words: Words::Binary,
    mend: None,
    room: 64 << 10,
    longest: 512,
    patience: 1,
};

/// The first byte makes the ring, each other byte is one operation.
fn bounded(input: &[u8]) -> Shape {
    let Some((&make, operations)) = input.split_first() else { return Shape(0) };
    let capacity = 1 + usize::from(make & 7);
    let reserve = usize::from(make >> 3) % capacity;
    let (mut tx, mut rx) = ring::<u32>(capacity, reserve);
    let mut twin = VecDeque::new();
    let (mut pushed, mut popped, mut refused) = (0u64, 0u64, 0u64);
    for (item, operation) in (0u32..).zip(operations) {
        let room = match operation % 4 {
            0 | 1 => Some((tx.try_push(item), capacity - reserve)),
            2 => Some((tx.push_reserved(item), capacity)),
            _ => None,
        };
        if let Some((outcome, room)) = room {
            let fits = twin.len() < room;
            assert_eq!(outcome, if fits { Ok(()) } else { Err(item) });
            if fits {
                twin.push_back(item);
            }
            (pushed, refused) = (pushed + u64::from(fits), refused + u64::from(!fits));
        } else {
            assert_eq!(rx.peek(), twin.front());
            let front = twin.pop_front();
            assert_eq!(rx.pop(), front);
            popped += u64::from(front.is_some());
        }
        assert_eq!((tx.waiting(), rx.waiting()), (twin.len(), twin.len()));
        assert_eq!(tx.free(), (capacity - twin.len()).saturating_sub(reserve));
    }
    let sent = tx.sent();
    assert_eq!((sent.pushed, sent.refused), (pushed, refused));
    assert_eq!(rx.popped(), popped);
    Shape::of(&(make & 63, magnitude(popped as usize), refused > 0))
}

const INSTRUMENTS: usize = 3;

/// What went in and what came out of a market ring.
#[derive(Default)]
struct Tally {
    /// Time of the newest quote pushed and popped, for each instrument.
    newest: [[i64; INSTRUMENTS]; 2],
    /// Quotes pushed and popped, prints pushed and popped.
    quotes: [u64; 2],
    prints: [u64; 2],
    last_print: i64,
    conflated: u64,
    lost: u64,
    gaps: u64,
}

impl Tally {
    fn popped(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Quote(quote) => {
                let newest = &mut self.newest[1][quote.instrument.index()];
                assert!(quote.ts_event.0 > *newest, "an older quote came after a newer one");
                *newest = quote.ts_event.0;
                self.quotes[1] += 1;
            }
            MarketEvent::Trade(trade) => {
                assert!(
                    trade.ts_event.0 > self.last_print,
                    "an older print came after a newer one"
                );
                self.last_print = trade.ts_event.0;
                self.prints[1] += 1;
            }
            MarketEvent::Gap(gap) => {
                self.conflated += gap.quotes_conflated;
                self.lost += gap.trades_lost;
                self.gaps += 1;
            }
            other => panic!("nobody pushed {other:?}"),
        }
    }
}

fn conflated(input: &[u8]) -> Shape {
    let Some((&make, operations)) = input.split_first() else { return Shape(0) };
    let (mut tx, mut rx) = market_ring(1 + usize::from(make & 7), INSTRUMENTS);
    let mut tally = Tally::default();
    for (time, operation) in (1i64..).zip(operations) {
        let (ts_event, index) = (Nanos(time), usize::from(operation >> 4) % INSTRUMENTS);
        let instrument = InstrumentId(index as u32);
        match operation % 8 {
            0..=2 => {
                let quote = Quote { ts_event, bid: Price(time), instrument, ..Quote::default() };
                tx.push(MarketEvent::Quote(quote));
                (tally.newest[0][index], tally.quotes[0]) = (time, tally.quotes[0] + 1);
            }
            3 | 4 => {
                tx.push(MarketEvent::Trade(Trade { ts_event, instrument, ..Trade::default() }));
                tally.prints[0] += 1;
            }
            5 => _ = tx.flush(),
            _ => (0..=operation >> 6).filter_map(|_| rx.pop()).for_each(|e| tally.popped(&e)),
        }
    }
    let mut rounds = 0;
    while tx.is_backed_up() || rx.waiting() > 0 {
        std::iter::from_fn(|| rx.pop()).for_each(|event| tally.popped(&event));
        tx.flush();
        rounds += 1;
        assert!(rounds < 64, "it never comes empty");
    }
    assert_eq!(tally.newest[0], tally.newest[1], "a newest quote was lost");
    assert_eq!(tally.quotes[0], tally.quotes[1] + tally.conflated, "quotes");
    assert_eq!(tally.prints[0], tally.prints[1] + tally.lost, "prints");
    Shape::of(&(make & 7, magnitude(tally.gaps as usize), magnitude(tally.lost as usize), rounds))
}
