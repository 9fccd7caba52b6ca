//! The venue's events as they happen, and which orders are alive.
//!
//! *Invariant:* an order leaves the table of the living with the event that ends it, never before
//! and never later.

use crate::lifetime::Lifetime;
use crate::order::{SimEvent, SimOrder};
use st0ck_types::{InstrumentId, Nanos, Price, Qty, Side};
use std::collections::{BTreeMap, VecDeque};

/// Where a live order is to be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    pub(crate) lifetime: Lifetime,
}

#[derive(Debug, Default)]
pub(crate) struct Tape {
    /// Venue time: the stamp of the next event.
    pub(crate) now: Nanos,
    live: BTreeMap<u64, Live>,
    events: VecDeque<SimEvent>,
}

impl Tape {
    pub(crate) fn pop(&mut self) -> Option<SimEvent> {
        self.events.pop_front()
    }

    pub(crate) fn live(&self, key: u64) -> Option<Live> {
        self.live.get(&key).copied()
    }

    pub(crate) fn live_count(&self) -> usize {
        self.live.len()
    }

    /// Keys of the live day orders, ascending.
    pub(crate) fn day_orders(&self) -> Vec<u64> {
        let day = self.live.iter().filter(|(_, order)| order.lifetime == Lifetime::Day);
        day.map(|(&key, _)| key).collect()
    }

    /// The order is known from now on, though it may still be under way.
    pub(crate) fn register(&mut self, order: &SimOrder) {
        let SimOrder { instrument, side, lifetime, .. } = *order;
        self.live.insert(order.key, Live { instrument, side, lifetime });
    }

    pub(crate) fn accepted(&mut self, key: u64) {
        self.events.push_back(SimEvent::Accepted { key, at: self.now });
    }

    pub(crate) fn filled(&mut self, key: u64, price: Price, qty: Qty, complete: bool) {
        if complete {
            self.live.remove(&key);
        }
        self.events.push_back(SimEvent::Fill { key, price, qty, at: self.now, complete });
    }

    pub(crate) fn canceled(&mut self, key: u64) {
        self.live.remove(&key);
        self.events.push_back(SimEvent::Canceled { key, at: self.now });
    }

    pub(crate) fn expired(&mut self, key: u64) {
        self.live.remove(&key);
        self.events.push_back(SimEvent::Expired { key, at: self.now });
    }

    pub(crate) fn cancel_too_late(&mut self, key: u64) {
        self.events.push_back(SimEvent::CancelTooLate { key, at: self.now });
    }
}
