//! What an event can travel by: each link has an end that sends and an end that receives.
//!
//! *Invariant:* receiving never gives an event that was not sent; the bench checks the numbers.

use crossbeam::utils::CachePadded;
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::{Rx, Tx, ring};
use st0ck_types::{MarketEvent, Nanos, Quote};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of every ring: those of the live market ring.
const SLOTS: usize = 1 << 13;

/// The sending end.
pub(crate) trait Sends: Send + 'static {
    /// Sends if there is room.
    fn try_send(&mut self, event: MarketEvent) -> bool;
}

/// The receiving end.
pub(crate) trait Receives: Send + 'static {
    /// The number of the next event, if there is one.
    fn try_receive(&mut self) -> Option<u64>;
}

/// An event that carries a number.
pub(crate) fn numbered(number: u64) -> MarketEvent {
    MarketEvent::Quote(Quote { ts_event: Nanos(number as i64), ..Quote::default() })
}

/// The number of an event, all of which was received: a reader looks at more than its time.
#[inline]
fn number(event: &MarketEvent) -> u64 {
    black_box(event).ts_event().0 as u64
}

/// Ours, as the feed uses it.
pub(crate) fn market() -> (MarketTx, Rx<MarketEvent>) {
    market_ring(SLOTS, 1)
}

/// Ours, as everyone else uses it.
pub(crate) fn reserved() -> (Tx<MarketEvent>, Rx<MarketEvent>) {
    ring(SLOTS, 4)
}

/// What is below.
pub(crate) fn bare() -> (rtrb::Producer<MarketEvent>, rtrb::Consumer<MarketEvent>) {
    rtrb::RingBuffer::new(SLOTS)
}

/// A word on a cache line of its own: no event, no ring, one number at a time.
pub(crate) fn flag() -> (Flag, Flag) {
    let word = Arc::new(CachePadded::new(AtomicU64::new(0)));
    (Flag { word: word.clone(), seen: 0 }, Flag { word, seen: 0 })
}

/// Either end of a flag.
pub(crate) struct Flag {
    word: Arc<CachePadded<AtomicU64>>,
    seen: u64,
}

impl Flag {
    /// Tells the other side a number.
    pub(crate) fn raise(&mut self, number: u64) {
        self.word.store(number, Ordering::Release);
    }
}

impl Sends for MarketTx {
    #[inline]
    fn try_send(&mut self, event: MarketEvent) -> bool {
        // There is room for a whole burst: a full ring would conflate, which is not timed here.
        self.push(event) == 1
    }
}

impl Sends for Tx<MarketEvent> {
    #[inline]
    fn try_send(&mut self, event: MarketEvent) -> bool {
        self.try_push(event).is_ok()
    }
}

impl Sends for rtrb::Producer<MarketEvent> {
    #[inline]
    fn try_send(&mut self, event: MarketEvent) -> bool {
        self.push(event).is_ok()
    }
}

impl Sends for Flag {
    #[inline]
    fn try_send(&mut self, event: MarketEvent) -> bool {
        self.raise(number(&event));
        true
    }
}

impl Receives for Rx<MarketEvent> {
    #[inline]
    fn try_receive(&mut self) -> Option<u64> {
        self.pop().map(|event| number(&event))
    }
}

impl Receives for rtrb::Consumer<MarketEvent> {
    #[inline]
    fn try_receive(&mut self) -> Option<u64> {
        self.pop().ok().map(|event| number(&event))
    }
}

impl Receives for Flag {
    #[inline]
    fn try_receive(&mut self) -> Option<u64> {
        let word = self.word.load(Ordering::Acquire);
        (word != self.seen).then(|| {
            self.seen = word;
            word
        })
    }
}
