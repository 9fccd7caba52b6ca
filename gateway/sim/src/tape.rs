//! The venue's events as they happen, and which orders are alive.
//!
//! *Invariant:* an order leaves the table of the living with the event that ends it, or when its
//! caller takes it back, never before and never later.

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

    /// Keys of the live orders that end with the day, ascending, and whether they are for all of it.
    pub(crate) fn of_the_day(&self) -> Vec<(u64, bool)> {
        let ending = self.live.iter().filter(|(_, order)| order.lifetime.ends_with_day());
        ending.map(|(&key, order)| (key, order.lifetime == Lifetime::Day)).collect()
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

    pub(crate) fn ended(&mut self, key: u64) {
        self.live.remove(&key);
        self.events.push_back(SimEvent::Ended { key, at: self.now });
    }

    pub(crate) fn replaced(&mut self, key: u64, by: u64) {
        self.live.remove(&key);
        self.events.push_back(SimEvent::Replaced { key, by, at: self.now });
    }

    pub(crate) fn replace_too_late(&mut self, key: u64, by: u64) {
        self.live.remove(&by);
        self.events.push_back(SimEvent::ReplaceTooLate { key, by, at: self.now });
    }

    /// The order is gone without a word: who took it back knows.
    pub(crate) fn forget(&mut self, key: u64) {
        self.live.remove(&key);
    }

    pub(crate) fn cancel_too_late(&mut self, key: u64) {
        self.events.push_back(SimEvent::CancelTooLate { key, at: self.now });
    }
}
