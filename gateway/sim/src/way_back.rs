//! The way back: replies and order updates travel from the broker to its client, each for a time drawn
//! from the seed.
//!
//! The emulator sends real messages by it, a what-if only the facts; both draw the same times, so
//! that an order's fate is told at the same moment in either.
//! *Invariant:* what travels on one road keeps its order, whatever was drawn for it.

use st0ck_quant::rng::Rng;
use st0ck_types::Nanos;
use st0ck_types::time::MILLISECOND;
use std::collections::{BTreeMap, BinaryHeap};

/// What travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The reply to a request: 1 to 6 ms. An order reaches the venue in 3 to 7, so that now and then
    /// a fill is told before the reply to its order.
    Reply,
    /// An order update: up to 3 ms.
    Update,
}

impl Kind {
    fn range_ns(self) -> (i64, i64) {
        match self {
            Self::Reply => (MILLISECOND, 6 * MILLISECOND),
            Self::Update => (0, 3 * MILLISECOND),
        }
    }
}

#[derive(Debug)]
struct Entry<R, T> {
    due: Nanos,
    /// Breaks ties between roads by chance.
    lot: u64,
    /// Breaks ties within one road by age.
    age: u64,
    road: R,
    thing: T,
}

impl<R, T> Entry<R, T> {
    fn rank(&self) -> (Nanos, u64, u64) {
        (self.due, self.lot, self.age)
    }
}

impl<R, T> PartialEq for Entry<R, T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<R, T> Eq for Entry<R, T> {}

impl<R, T> Ord for Entry<R, T> {
    /// The earliest is the greatest, as the heap wants it.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl<R, T> PartialOrd for Entry<R, T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Things on their way, by time. `R` names roads: connections, for whoever has some.
#[derive(Debug)]
pub struct WayBack<R, T> {
    rng: Rng,
    entries: BinaryHeap<Entry<R, T>>,
    /// Of each road with something on it: due time, lot and age of the last of it.
    last: BTreeMap<R, (Nanos, u64, u64)>,
    age: u64,
}

impl<R: Ord + Copy, T> WayBack<R, T> {
    /// Nothing on its way.
    #[must_use]
    pub fn new(rng: Rng) -> Self {
        Self { rng, entries: BinaryHeap::new(), last: BTreeMap::new(), age: 0 }
    }

    /// Sends something off at `from`. While time stands still (`frozen`) nothing takes time.
    pub fn send(&mut self, from: Nanos, frozen: bool, kind: Kind, road: R, thing: T) {
        let (low, high) = kind.range_ns();
        let delay = if frozen { 0 } else { self.rng.between(low, high) };
        let drawn = (from + delay, self.rng.next_u64());
        let (due, lot) = match self.last.get(&road) {
            Some(&(last_due, last_lot, _)) if last_due >= drawn.0 => (last_due, last_lot),
            _ => drawn,
        };
        self.age += 1;
        self.last.insert(road, (due, lot, self.age));
        self.entries.push(Entry { due, lot, age: self.age, road, thing });
    }

    /// Draws what sending so many things in frozen time would have drawn, and sends none.
    pub fn skip_frozen(&mut self, things: u32) {
        (0..things).for_each(|_| {
            self.rng.next_u64();
        });
    }

    /// When the next thing arrives.
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        self.entries.peek().map(|entry| entry.due)
    }

    /// Takes the next thing that arrives.
    pub fn take(&mut self) -> Option<T> {
        let Entry { age, road, thing, .. } = self.entries.pop()?;
        if self.last.get(&road).is_some_and(|last| last.2 == age) {
            self.last.remove(&road);
        }
        Some(thing)
    }

    /// True or false by chance: which of two things due at once comes first.
    pub fn toss(&mut self) -> bool {
        self.rng.chance(500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(way: &mut WayBack<u8, (u8, u8)>) -> Vec<(u8, u8)> {
        std::iter::from_fn(|| way.take()).collect()
    }

    #[test]
    fn one_road_keeps_its_order_and_several_are_mixed_by_the_seed() {
        let play = |seed| {
            let mut way = WayBack::new(Rng::new(seed));
            for number in 0..20 {
                for road in 1..=3 {
                    let (from, frozen) = (Nanos(i64::from(number)), number < 10);
                    way.send(from, frozen, Kind::Update, road, (road, number));
                }
            }
            drain(&mut way)
        };
        let played = play(1);
        for road in 1..=3 {
            let numbers: Vec<u8> = played.iter().filter(|t| t.0 == road).map(|t| t.1).collect();
            assert_eq!(numbers, (0..20).collect::<Vec<_>>());
        }
        assert_eq!(played, play(1));
        assert_ne!(played, play(2));
    }

    #[test]
    fn frozen_time_delays_nothing() {
        let mut way = WayBack::new(Rng::new(1));
        way.send(Nanos(5), true, Kind::Reply, 1, (1, 0));
        assert_eq!(way.next_due(), Some(Nanos(5)));
    }

    #[test]
    fn what_was_skipped_was_drawn() {
        let (mut sent, mut skipped) = (WayBack::new(Rng::new(3)), WayBack::new(Rng::new(3)));
        (0..4).for_each(|n| sent.send(Nanos(0), true, Kind::Reply, n, (n, 0)));
        drain(&mut sent);
        skipped.skip_frozen(4);
        for way in [&mut sent, &mut skipped] {
            way.send(Nanos(0), false, Kind::Reply, 9, (9, 9));
        }
        assert_eq!(sent.next_due(), skipped.next_due());
    }
}
