//! What strategies want, and the bounded queue in which wants wait for the gate.
//!
//! Filled through `Ctx::want`, drained by the engine within the same input.
//! *Invariant:* never grows. A want that finds no room is dropped and counted.

use st0ck_types::{Decision, InstrumentId, Nanos, OrderKind, OrderNo, PositionEffect, Qty, Side};
use st0ck_types::{StrategyId, TimeInForce};

/// Most wants that one input may cause, those included that answers to wants cause.
pub const WANTS_MAX: usize = 128;

/// A wish of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "lives in a preallocated queue, moved once")]
pub enum Intent {
    /// To place an order.
    Order(OrderIntent),
    /// To end one.
    Cancel {
        /// Which of its orders.
        no: OrderNo,
    },
}

/// An order as a strategy wants it.
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
    /// Why. The engine fills in who decided and the order's number.
    pub decision: Decision,
}

/// A wish and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) strategy: StrategyId,
    pub(crate) intent: Intent,
    /// When an order that was held back (C17) was decided; `None` for what is decided now.
    pub(crate) held_since: Option<Nanos>,
}

/// First in, first out, within one input.
#[derive(Debug)]
pub(crate) struct Wants {
    queue: Vec<Want>,
    next: usize,
    dropped: u64,
}

impl Wants {
    pub(crate) fn new() -> Self {
        Self { queue: Vec::with_capacity(WANTS_MAX), next: 0, dropped: 0 }
    }

    /// One that nobody fills.
    pub(crate) fn none() -> Self {
        Self { queue: Vec::new(), next: 0, dropped: 0 }
    }

    /// Forgets what an input left over; a new input begins.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.next = 0;
    }

    pub(crate) fn push(&mut self, strategy: StrategyId, intent: Intent) {
        self.add(Want { strategy, intent, held_since: None });
    }

    /// Wants again what was held back.
    pub(crate) fn push_held(&mut self, strategy: StrategyId, intent: Intent, since: Nanos) {
        self.add(Want { strategy, intent, held_since: Some(since) });
    }

    fn add(&mut self, want: Want) {
        if self.queue.len() == WANTS_MAX {
            self.dropped += 1;
            return;
        }
        self.queue.push(want);
    }

    /// The place of the next want. It stays there for as long as the input lasts: a want is large.
    pub(crate) fn next(&mut self) -> Option<usize> {
        let place = self.next;
        (place < self.queue.len()).then(|| {
            self.next += 1;
            place
        })
    }

    pub(crate) fn at(&self, place: usize) -> &Want {
        &self.queue[place]
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> &mut Want {
        &mut self.queue[place]
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

    fn cancel(no: u32) -> Intent {
        Intent::Cancel { no: OrderNo(no) }
    }

    #[test]
    fn wants_leave_in_the_order_they_came() {
        let mut wants = Wants::new();
        wants.push(StrategyId(0), cancel(1));
        wants.push(StrategyId(1), cancel(2));
        let first = Want { strategy: StrategyId(0), intent: cancel(1), held_since: None };
        assert_eq!(wants.next().map(|place| *wants.at(place)), Some(first));
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
}
