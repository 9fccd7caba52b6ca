//! The last step of a market message on this side of the rings: one event into each lane's own.
//!
//! Adapters give [`Publisher::frame`] all events of a frame. A lane sees only its instruments, and the
//! last event that it gets carries the LAST mark.
//!
//! *Invariant:* never waits and never loses silently: a full ring conflates quotes and tells lost
//! prints as a `Gap` (see [`MarketTx`]).
//! *Invariant:* in lock-step, tokens are entered before the events they stand for.

use st0ck_runtime::conflate::MarketTx;
use st0ck_runtime::{Counter, InFlight};
use st0ck_types::{InstrumentId, MarketEvent};

/// Most lanes that one feed serves: the bits of a mask.
pub const LANES_MAX: usize = 64;

/// What a publisher has done, readable from any thread.
#[derive(Debug, Clone, Default)]
pub struct PublishCounters {
    /// Events handed to lanes (an event for two lanes counts twice).
    pub published: Counter,
    /// Events that no lane wanted.
    pub unwanted: Counter,
}

struct Lane {
    ring: MarketTx,
    instruments: usize,
}

/// Hands market events to the lanes that want them.
pub struct Publisher {
    lanes: Vec<Lane>,
    /// Which lanes want an instrument, one bit each, by instrument number.
    masks: Vec<u64>,
    in_flight: InFlight,
    counters: PublishCounters,
}

impl Publisher {
    /// A publisher without lanes, for instruments `0..instruments`.
    #[must_use]
    pub fn new(instruments: usize, in_flight: InFlight) -> Self {
        let counters = PublishCounters::default();
        Self { lanes: Vec::new(), masks: vec![0; instruments], in_flight, counters }
    }

    /// Adds a lane that wants these instruments. The ring must be made for all of the feed's
    /// instruments, for they keep their numbers.
    ///
    /// # Panics
    /// Beyond [`LANES_MAX`] lanes, or for an instrument number that the publisher was not made for.
    pub fn add_lane(&mut self, ring: MarketTx, wanted: &[InstrumentId]) {
        assert!(self.lanes.len() < LANES_MAX, "a feed serves at most {LANES_MAX} lanes");
        let bit = 1 << self.lanes.len();
        for instrument in wanted {
            self.masks[instrument.index()] |= bit;
        }
        self.lanes.push(Lane { ring, instruments: self.masks.len() });
    }

    /// Hands the events of a frame to the lanes that want them. [`InstrumentId::ALL`] is wanted by all.
    pub fn frame(&mut self, events: &[MarketEvent]) {
        let Self { lanes, masks, in_flight, counters } = self;
        let unwanted = events.iter().filter(|event| mask(masks, event) == 0).count();
        counters.unwanted.add(unwanted as u64);
        for (n, lane) in lanes.iter_mut().enumerate() {
            let mut wanted = events.iter().filter(|event| mask(masks, event) >> n & 1 != 0);
            let Some(mut event) = wanted.next() else { continue };
            for next in wanted {
                counters.published.add(1);
                lane.push(*event, in_flight);
                event = next;
            }
            counters.published.add(1);
            let mut last = *event;
            last.mark_last();
            lane.push(last, in_flight);
        }
    }

    /// Moves what full rings kept back, as far as there is room now. For idle cycles.
    pub fn flush(&mut self) -> u32 {
        let flush = |lane: &mut Lane| lane.flush(&self.in_flight);
        self.lanes.iter_mut().map(flush).sum()
    }

    /// The lock-step count that this publisher enters, for the adapter that leaves frames.
    #[must_use]
    pub fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// What was done so far.
    #[must_use]
    pub fn counters(&self) -> &PublishCounters {
        &self.counters
    }
}

/// Which lanes want this event, one bit each.
#[inline]
fn mask(masks: &[u64], event: &MarketEvent) -> u64 {
    let instrument = event.instrument();
    let none = if instrument == InstrumentId::ALL { u64::MAX } else { 0 };
    masks.get(instrument.index()).copied().unwrap_or(none)
}

impl Lane {
    #[inline]
    fn push(&mut self, event: MarketEvent, in_flight: &InFlight) {
        let bound = self.most_that_can_enter();
        in_flight.enter(bound);
        let entered = self.ring.push(event);
        in_flight.leave(bound - entered);
    }

    fn flush(&mut self, in_flight: &InFlight) -> u32 {
        if !self.ring.is_backed_up() {
            return 0;
        }
        let bound = self.most_that_can_enter();
        in_flight.enter(bound);
        let entered = self.ring.flush();
        in_flight.leave(bound - entered);
        entered
    }

    /// The next push brings in the event itself and, after a jam, a gap notice and at most one
    /// halt and one quote of each instrument.
    fn most_that_can_enter(&self) -> u32 {
        if self.ring.is_backed_up() { 2 * self.instruments as u32 + 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_runtime::Rx;
    use st0ck_runtime::conflate::market_ring;
    use st0ck_types::market::GapCause;
    use st0ck_types::{Gap, Nanos, Quote, Trade};

    fn quote(instrument: u32, n: i64) -> MarketEvent {
        let instrument = InstrumentId(instrument);
        MarketEvent::Quote(Quote { ts_event: Nanos(n), instrument, ..Quote::default() })
    }

    fn print(instrument: u32, n: i64) -> MarketEvent {
        let instrument = InstrumentId(instrument);
        MarketEvent::Trade(Trade { ts_event: Nanos(n), instrument, ..Trade::default() })
    }

    fn drain(rx: &mut Rx<MarketEvent>) -> Vec<(i64, bool)> {
        std::iter::from_fn(|| rx.pop()).map(|e| (e.ts_event().0, e.is_last())).collect()
    }

    #[test]
    fn each_lane_gets_its_instruments_and_its_own_last_mark() {
        let mut publisher = Publisher::new(2, InFlight::off());
        let (tx, mut both) = market_ring(8, 2);
        publisher.add_lane(tx, &[InstrumentId(0), InstrumentId(1)]);
        let (tx, mut first) = market_ring(8, 2);
        publisher.add_lane(tx, &[InstrumentId(0)]);
        publisher.frame(&[quote(0, 1), print(0, 2), quote(1, 3)]);
        assert_eq!(drain(&mut both), [(1, false), (2, false), (3, true)]);
        assert_eq!(drain(&mut first), [(1, false), (2, true)]);
        assert_eq!(publisher.counters().published.get(), 5);
    }

    #[test]
    fn an_event_for_all_instruments_reaches_every_lane() {
        let mut publisher = Publisher::new(2, InFlight::off());
        let (tx, mut rx) = market_ring(8, 2);
        publisher.add_lane(tx, &[InstrumentId(1)]);
        let gap =
            Gap { instrument: InstrumentId::ALL, cause: GapCause::Reconnect, ..Gap::default() };
        publisher.frame(&[MarketEvent::Gap(gap), quote(0, 1)]);
        assert_eq!(rx.pop(), Some(MarketEvent::Gap(gap)));
        assert_eq!(rx.pop(), None);
        assert_eq!(publisher.counters().unwanted.get(), 1);
    }

    #[test]
    fn tokens_equal_the_events_in_the_ring_even_through_a_jam() {
        let flight = InFlight::lock_step();
        let mut publisher = Publisher::new(2, flight.clone());
        let (tx, mut rx) = market_ring(2, 2);
        publisher.add_lane(tx, &[InstrumentId(0), InstrumentId(1)]);
        for n in 1..40 {
            publisher.frame(&[if n % 3 == 0 { print(0, n) } else { quote((n % 2) as u32, n) }]);
            assert_eq!(flight.count(), rx.waiting() as i64);
            if n % 5 == 0 {
                let popped = drain(&mut rx).len() as u32;
                flight.leave(popped);
            }
        }
        while publisher.flush() > 0 {
            flight.leave(drain(&mut rx).len() as u32);
        }
        flight.leave(drain(&mut rx).len() as u32);
        assert_eq!(flight.count(), 0);
    }
}
