//! What is on its way to clients: replies and order updates, each with the session time at which it
//! arrives.
//!
//! *Invariant:* what goes to one connection keeps its order, whatever was drawn for it.

use crate::transport::{Conn, Reply};
use st0ck_quant::rng::Rng;
use st0ck_types::Nanos;
use st0ck_types::time::MILLISECOND;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// A reply's way back: 1 to 6 ms. An order reaches the venue in 3 to 7, so that now and then a fill
/// is told before the reply to its order (`alpaca.md` §13.4).
const REPLY_NS: (i64, i64) = (MILLISECOND, 6 * MILLISECOND);
/// An update's way: up to 3 ms.
const UPDATE_NS: (i64, i64) = (0, 3 * MILLISECOND);

/// Something to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// To a request.
    Reply(Conn, Reply),
    /// To a listener, JSON.
    Update(Conn, Arc<[u8]>),
}

impl Delivery {
    fn conn(&self) -> Conn {
        match self {
            Self::Reply(conn, _) | Self::Update(conn, _) => *conn,
        }
    }

    fn way_ns(&self) -> (i64, i64) {
        match self {
            Self::Reply(..) => REPLY_NS,
            Self::Update(..) => UPDATE_NS,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    due: Nanos,
    /// Breaks ties between connections by chance.
    lot: u64,
    /// Breaks ties within one connection by age.
    age: u64,
    delivery: Delivery,
}

impl Ord for Entry {
    /// The earliest is the greatest, as the heap wants it.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.due, other.lot, other.age).cmp(&(self.due, self.lot, self.age))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Deliveries by time.
#[derive(Debug)]
pub(crate) struct Agenda {
    rng: Rng,
    entries: BinaryHeap<Entry>,
    /// Of each connection with something on its way: due time, lot and age of the last of it.
    last: BTreeMap<Conn, (Nanos, u64, u64)>,
    age: u64,
}

impl Agenda {
    /// Nothing on its way.
    pub(crate) fn new(rng: Rng) -> Self {
        Self { rng, entries: BinaryHeap::new(), last: BTreeMap::new(), age: 0 }
    }

    /// Sends something off at `from`. While time stands still (`frozen`) nothing takes time.
    pub(crate) fn send(&mut self, from: Nanos, frozen: bool, delivery: Delivery) {
        let (low, high) = delivery.way_ns();
        let delay = if frozen { 0 } else { self.rng.between(low, high) };
        let drawn = (from + delay, self.rng.next_u64());
        let (due, lot) = match self.last.get(&delivery.conn()) {
            Some(&(last_due, last_lot, _)) if last_due >= drawn.0 => (last_due, last_lot),
            _ => drawn,
        };
        self.age += 1;
        self.last.insert(delivery.conn(), (due, lot, self.age));
        self.entries.push(Entry { due, lot, age: self.age, delivery });
    }

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.entries.peek().map(|entry| entry.due)
    }

    /// Takes the next delivery.
    pub(crate) fn take(&mut self) -> Option<Delivery> {
        let Entry { age, delivery, .. } = self.entries.pop()?;
        if self.last.get(&delivery.conn()).is_some_and(|last| last.2 == age) {
            self.last.remove(&delivery.conn());
        }
        Some(delivery)
    }

    /// True or false by chance: which of two things due at once comes first.
    pub(crate) fn toss(&mut self) -> bool {
        self.rng.chance(500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(conn: Conn, number: u8) -> Delivery {
        Delivery::Update(conn, Arc::from([number]))
    }

    fn drain(agenda: &mut Agenda) -> Vec<Delivery> {
        std::iter::from_fn(|| agenda.take()).collect()
    }

    #[test]
    fn one_connection_keeps_its_order_and_several_are_mixed_by_the_seed() {
        let play = |seed| {
            let mut agenda = Agenda::new(Rng::new(seed));
            for number in 0..20 {
                for conn in 1..=3 {
                    agenda.send(Nanos(i64::from(number)), number < 10, update(conn, number));
                }
            }
            drain(&mut agenda)
        };
        let played = play(1);
        for conn in 1..=3 {
            let own = |d: &&Delivery| matches!(d, Delivery::Update(c, _) if *c == conn);
            let numbers: Vec<Delivery> = played.iter().filter(own).cloned().collect();
            assert_eq!(numbers, (0..20).map(|n| update(conn, n)).collect::<Vec<_>>());
        }
        assert_eq!(played, play(1));
        assert_ne!(played, play(2));
    }

    #[test]
    fn frozen_time_delays_nothing() {
        let mut agenda = Agenda::new(Rng::new(1));
        agenda.send(Nanos(5), true, update(1, 0));
        assert_eq!(agenda.next_due(), Some(Nanos(5)));
    }
}
