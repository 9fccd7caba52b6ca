//! What strategies want, and the bounded queue in which wants wait for the gate.
//!
//! Filled through `Ctx::want`, drained by the engine within the same input.
//! *Invariant:* never grows. A want that finds no room is dropped and counted.

use st0ck_types::{Decision, InstrumentId, Nanos, OrderKind, OrderNo, PositionEffect, Qty, Side};
use st0ck_types::{StrategyId, Text, TimeInForce};

/// Most wants that one input may cause, those included that answers to wants cause.
pub const WANTS_MAX: usize = 128;

/// A wish of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To place an order.
    Order(OrderIntent),
    /// To end one.
    Cancel {
        /// Which of its orders.
        no: OrderNo,
    },
}

/// An order as a strategy wants it. Why, it writes into what `Ctx::want` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderIntent {
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// Whether it may add risk.
    pub effect: PositionEffect,
    /// How the price is bound.
    pub kind: OrderKind,
    /// Lifetime.
    pub tif: TimeInForce,
    /// How many, positive.
    pub qty: Qty,
    /// The strategy's own mark; comes back in `Order::request` and in `on_reject`.
    pub tag: u16,
}

/// A wish and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) strategy: StrategyId,
    pub(crate) intent: Intent,
    /// When an order that was held back (C17) was decided; `None` for what is decided now.
    pub(crate) held_since: Option<Nanos>,
    /// Why, of an order; written here, and copied from here to where it is recorded. The engine fills
    /// in who decided and the order's number.
    pub(crate) decision: Decision,
}

/// First in, first out, within one input.
#[derive(Debug)]
pub(crate) struct Wants {
    /// Places, used again with every input. The last one takes in what finds no room.
    places: Vec<Want>,
    len: usize,
    next: usize,
    dropped: u64,
}

impl Wants {
    pub(crate) fn new() -> Self {
        Self::with_room(WANTS_MAX)
    }

    /// One that nobody fills.
    pub(crate) fn none() -> Self {
        Self::with_room(0)
    }

    fn with_room(room: usize) -> Self {
        let nothing = Want {
            strategy: StrategyId::default(),
            intent: Intent::Cancel { no: OrderNo::NONE },
            held_since: None,
            decision: Decision::default(),
        };
        Self { places: vec![nothing; room + 1], len: 0, next: 0, dropped: 0 }
    }

    /// Forgets what an input left over; a new input begins.
    pub(crate) fn clear(&mut self) {
        (self.len, self.next) = (0, 0);
    }

    pub(crate) fn push(&mut self, strategy: StrategyId, intent: Intent) -> &mut Decision {
        self.add(strategy, intent, None)
    }

    /// Wants again what was held back.
    pub(crate) fn push_held(
        &mut self,
        strategy: StrategyId,
        intent: Intent,
        since: Nanos,
    ) -> &mut Decision {
        self.add(strategy, intent, Some(since))
    }

    #[inline]
    fn add(
        &mut self,
        strategy: StrategyId,
        intent: Intent,
        held_since: Option<Nanos>,
    ) -> &mut Decision {
        let place = self.len;
        if place + 1 < self.places.len() {
            self.len += 1;
        } else {
            self.dropped += 1;
        }
        let want = &mut self.places[place];
        (want.strategy, want.intent, want.held_since) = (strategy, intent, held_since);
        want.decision.begin(Text::EMPTY);
        &mut want.decision
    }

    /// The place of the next want. It stays there for as long as the input lasts: a want is large.
    pub(crate) fn next(&mut self) -> Option<usize> {
        let place = self.next;
        (place < self.len).then(|| {
            self.next += 1;
            place
        })
    }

    pub(crate) fn at(&self, place: usize) -> &Want {
        &self.places[place]
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> &mut Want {
        &mut self.places[place]
    }

    /// How many found no room since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn set_dropped(&mut self, dropped: u64) {
        self.dropped = dropped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::decision::Factor;

    fn cancel(no: u32) -> Intent {
        Intent::Cancel { no: OrderNo(no) }
    }

    #[test]
    fn wants_leave_in_the_order_they_came() {
        let mut wants = Wants::new();
        wants.push(StrategyId(0), cancel(1));
        wants.push(StrategyId(1), cancel(2));
        let first = wants.next().map(|place| *wants.at(place)).unwrap();
        assert_eq!(
            (first.strategy, first.intent, first.held_since),
            (StrategyId(0), cancel(1), None)
        );
        wants.push(StrategyId(0), cancel(3));
        assert_eq!(wants.next().map(|place| wants.at(place).intent), Some(cancel(2)));
        assert_eq!(wants.next().map(|place| wants.at(place).intent), Some(cancel(3)));
        assert_eq!(wants.next(), None);
    }

    #[test]
    fn a_want_too_many_is_dropped_and_counted() {
        let mut wants = Wants::new();
        for no in 0..WANTS_MAX as u32 + 2 {
            wants.push(StrategyId(0), cancel(no));
        }
        assert_eq!(std::iter::from_fn(|| wants.next()).count(), WANTS_MAX);
        wants.clear();
        assert_eq!((wants.next(), wants.dropped()), (None, 2));
    }

    #[test]
    fn a_place_used_again_knows_nothing_of_its_last_want() {
        let mut wants = Wants::new();
        *wants.push_held(StrategyId(1), cancel(1), Nanos(5)) = Decision::new("old").with("f", 1);
        wants.clear();
        wants.push(StrategyId(0), cancel(2)).push(Factor::signal("g", 2));
        let want = wants.next().map(|place| *wants.at(place)).unwrap();
        assert_eq!((want.strategy, want.intent, want.held_since), (StrategyId(0), cancel(2), None));
        assert_eq!(want.decision, Decision::new("").with("g", 2));
    }
}
