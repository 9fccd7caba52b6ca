//! Which executions were booked already: a bounded set that never forgets and never allocates.
//!
//! An execution is known by the broker's id for it and, where a report tells how much of the order
//! it completes, by (cumulative, own) quantity: the same execution read from a stream and from a
//! list may come under two ids. Both are per order, for the legs of one multi-leg order may share
//! an execution id.
//!
//! *Invariant:* nothing is ever removed, so a duplicate is one for the whole session.

use st0ck_types::report::Fill;
use st0ck_types::state::StateError;
use st0ck_types::{ExecutionId, OrderNo, StateReader, StateSink};

/// One name of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    name: u128,
    no: u32,
    by_cum: bool,
}

impl Key {
    fn of_id(no: OrderNo, id: ExecutionId) -> Option<Self> {
        (id.0 != 0).then_some(Self { name: id.0, no: no.0, by_cum: false })
    }

    fn of_cum(no: OrderNo, fill: &Fill) -> Option<Self> {
        let name = u128::from(fill.cum_qty.0.cast_unsigned()) << 64
            | u128::from(fill.qty.0.cast_unsigned());
        (!fill.cum_qty.is_zero()).then_some(Self { name, no: no.0, by_cum: true })
    }

    /// Where to begin looking: any spread will do, but it must be the same on every machine.
    #[expect(clippy::cast_possible_truncation, reason = "a spread is made of what it cuts off")]
    fn start(&self) -> usize {
        let folded = self.name as u64 ^ (self.name >> 64) as u64 ^ u64::from(self.no) << 32;
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20 ^ u64::from(self.by_cum)) as usize
    }
}

/// What [`Executions::book`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Booking {
    /// Not seen before; remembered from now on.
    New,
    /// Seen before.
    Duplicate,
    /// Not seen before, and there is no room to remember it.
    NewButFull,
    /// It has neither an id nor a cumulative quantity.
    Unkeyed,
}

/// A slot that holds no key.
const FREE: u32 = u32::MAX;

/// The set: the names in the order in which they came, found by open addressing over a table at most
/// half full. The list makes keeping it cost what was executed, not what could be.
#[derive(Debug)]
pub(super) struct Executions {
    keys: Vec<Key>,
    /// Places in `keys`.
    slots: Vec<u32>,
}

impl Executions {
    /// Room for `limit` executions under two names each.
    pub(super) fn new(limit: usize) -> Self {
        let slots = (limit.max(1) * 4).next_power_of_two();
        Self { keys: Vec::with_capacity(slots / 2), slots: vec![FREE; slots] }
    }

    /// Notes one execution of an order.
    pub(super) fn book(&mut self, no: OrderNo, fill: &Fill) -> Booking {
        let keys = [Key::of_id(no, fill.execution), Key::of_cum(no, fill)];
        let mut known = false;
        let mut named = false;
        for key in keys.iter().flatten() {
            named = true;
            known |= self.contains(key);
        }
        if !named {
            return Booking::Unkeyed;
        }
        let mut kept = true;
        for key in keys.iter().flatten() {
            kept &= self.insert(*key);
        }
        match (known, kept) {
            (true, _) => Booking::Duplicate,
            (false, true) => Booking::New,
            (false, false) => Booking::NewButFull,
        }
    }

    fn contains(&self, key: &Key) -> bool {
        self.slots[self.find(key)] != FREE
    }

    /// `false` when there is no room.
    fn insert(&mut self, key: Key) -> bool {
        let slot = self.find(&key);
        if self.slots[slot] != FREE {
            return true;
        }
        if self.keys.len() >= self.slots.len() / 2 {
            return false;
        }
        self.slots[slot] = u32::try_from(self.keys.len()).expect("an order table is smaller");
        self.keys.push(key);
        true
    }

    /// The slot that names the key, or the free one where it belongs.
    fn find(&self, key: &Key) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = key.start() & mask;
        while self.keys.get(self.slots[slot] as usize).is_some_and(|held| held != key) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Writes the set; call it with a sink that keeps private bytes.
    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.private(&(self.keys.len() as u64).to_le_bytes());
        for key in &self.keys {
            sink.private(&key.name.to_le_bytes());
            sink.private(&key.no.to_le_bytes());
            sink.private(&[u8::from(key.by_cum)]);
        }
    }

    /// Reads back what [`Self::save`] wrote.
    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.slots.fill(FREE);
        self.keys.clear();
        for _ in 0..from.u64("executions")? {
            let name = u128::from_le_bytes(from.array("execution name")?);
            let key = Key { name, no: from.u32("execution order")?, by_cum: from.bool("by cum")? };
            if !self.insert(key) {
                return Err(from.invalid("more executions than there is room for"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::Qty;

    fn fill(id: u128, cum: i64, qty: i64) -> Fill {
        Fill { execution: ExecutionId(id), cum_qty: Qty(cum), qty: Qty(qty), ..Fill::default() }
    }

    #[test]
    fn an_execution_is_known_by_either_name() {
        let mut seen = Executions::new(8);
        assert_eq!(seen.book(OrderNo(1), &fill(7, 3, 3)), Booking::New);
        assert_eq!(seen.book(OrderNo(1), &fill(7, 0, 3)), Booking::Duplicate);
        assert_eq!(seen.book(OrderNo(1), &fill(8, 3, 3)), Booking::Duplicate);
        assert_eq!(seen.book(OrderNo(1), &fill(8, 0, 3)), Booking::Duplicate, "learnt above");
        assert_eq!(seen.book(OrderNo(2), &fill(7, 3, 3)), Booking::New, "legs share ids");
        assert_eq!(seen.book(OrderNo(1), &fill(9, 4, 1)), Booking::New);
        assert_eq!(seen.book(OrderNo(1), &fill(0, 0, 1)), Booking::Unkeyed);
    }

    #[test]
    fn a_full_set_says_so_and_still_knows_what_it_holds() {
        let mut seen = Executions::new(1);
        assert_eq!(seen.book(OrderNo(1), &fill(1, 0, 1)), Booking::New);
        assert_eq!(seen.book(OrderNo(1), &fill(2, 0, 1)), Booking::New);
        assert_eq!(seen.book(OrderNo(1), &fill(3, 0, 1)), Booking::NewButFull);
        assert_eq!(seen.book(OrderNo(1), &fill(1, 0, 1)), Booking::Duplicate);
    }
}
