//! Open lots, oldest first, of every position of a book: a pool of fixed size, linked into queues.
//!
//! The newest lot of a queue lives in the queue itself, so that a position can always be held even
//! when the pool is used up; then the newest lots of that position merge.

use st0ck_types::{Money, Qty};

/// Quantity bought or sold at one price and still open. Both fields have the position's sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lot {
    /// Quantity still open.
    pub qty: Qty,
    /// What that quantity cost, contract multiplier included.
    pub cost: Money,
}

impl Lot {
    /// Price per unit of a contract's underlying at 1e-18, truncated; `None` for no quantity.
    #[must_use]
    pub fn unit_cost(&self, multiplier: u16) -> Option<Money> {
        unit_cost(self.cost, self.qty, multiplier)
    }

    /// Takes `closed` (positive, at most what is open) out of the lot; returns its cost.
    fn relieve(&mut self, closed: Qty) -> Money {
        let share = share(self.cost, closed, self.qty);
        self.cost -= share;
        self.qty = Qty(self.qty.0 - self.qty.0.signum() * closed.0);
        share
    }
}

/// The part of `cost` that `closed` units of `qty` bear; all of it for all of them.
pub(super) fn share(cost: Money, closed: Qty, qty: Qty) -> Money {
    cost.scale(i128::from(closed.0), i128::from(qty.0).abs())
        .expect("a part of a sum that fits fits, and only what is open is closed")
}

/// No further lot.
const END: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    lot: Lot,
    next: u32,
}

/// Room for the lots of all queues of a book, but for each queue's newest.
#[derive(Debug, Clone)]
pub(super) struct LotPool {
    nodes: Vec<Node>,
    free: u32,
}

/// The open lots of one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LotQueue {
    /// Oldest lot in the pool, [`END`] when there is none.
    head: u32,
    /// Newest lot in the pool.
    tail: u32,
    /// The newest of all; its quantity is zero when the queue is empty.
    newest: Lot,
}

impl Default for LotQueue {
    fn default() -> Self {
        Self { head: END, tail: END, newest: Lot::default() }
    }
}

impl LotPool {
    pub(super) fn new(capacity: usize) -> Self {
        let next = |i: usize| if i + 1 < capacity { place(i + 1) } else { END };
        let nodes = (0..capacity).map(|i| Node { lot: Lot::default(), next: next(i) }).collect();
        Self { nodes, free: if capacity == 0 { END } else { 0 } }
    }

    /// Frees every lot; the queues that held them are void.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.nodes.len());
    }

    /// Adds the newest lot.
    pub(super) fn push(&mut self, queue: &mut LotQueue, lot: Lot) {
        if queue.newest.qty.is_zero() {
            queue.newest = lot;
        } else if self.free == END {
            queue.newest.cost += lot.cost;
            queue.newest.qty =
                queue.newest.qty.checked_add(lot.qty).expect(
                    "the lots of a position sum to its quantity, which the caller has checked",
                );
        } else {
            let node = self.take(queue.newest);
            if queue.head == END {
                queue.head = node;
            } else {
                self.nodes[queue.tail as usize].next = node;
            }
            queue.tail = node;
            queue.newest = lot;
        }
    }

    /// Closes `closed` units (at least one, at most what is open), oldest first; returns their cost.
    pub(super) fn relieve(&mut self, queue: &mut LotQueue, closed: Qty) -> Money {
        let (mut left, mut cost) = (closed, Money::ZERO);
        while queue.head != END && !left.is_zero() {
            let lot = &mut self.nodes[queue.head as usize].lot;
            let part = left.min(lot.qty.abs());
            cost += lot.relieve(part);
            left = Qty(left.0 - part.0);
            if lot.qty.is_zero() {
                self.release(queue);
            }
        }
        cost + queue.newest.relieve(left)
    }

    /// The lots, oldest first.
    pub(super) fn iter(&self, queue: &LotQueue) -> impl Iterator<Item = Lot> {
        let mut at = queue.head;
        let pooled = std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some(node.lot)
        });
        pooled.chain((!queue.newest.qty.is_zero()).then_some(queue.newest))
    }

    fn take(&mut self, lot: Lot) -> u32 {
        let node = self.free;
        self.free = std::mem::replace(&mut self.nodes[node as usize], Node { lot, next: END }).next;
        node
    }

    fn release(&mut self, queue: &mut LotQueue) {
        let node = queue.head;
        queue.head = std::mem::replace(&mut self.nodes[node as usize].next, self.free);
        self.free = node;
    }
}

/// A place in the pool; no lot has the place [`END`].
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(END)
}

/// Cost per unit at 1e-18, truncated.
pub(super) fn unit_cost(cost: Money, qty: Qty, multiplier: u16) -> Option<Money> {
    // Money counts 1e-18, quantity 1e-9: one more 1e9 gives money per unit in 1e-18.
    cost.scale(1_000_000_000, i128::from(qty.0) * i128::from(multiplier))
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::Price;

    fn lot(qty: i64, price: i64) -> Lot {
        let (qty, price) = (Qty::units(qty).unwrap(), Price(price * Price::ONE.0));
        Lot { qty, cost: price.times(qty) }
    }

    fn dollars(n: i128) -> Money {
        Money(n * Money::ONE.0)
    }

    #[test]
    fn the_oldest_is_closed_first() {
        let (mut pool, mut queue) = (LotPool::new(4), LotQueue::default());
        for price in [10, 20, 30] {
            pool.push(&mut queue, lot(2, price));
        }
        assert_eq!(pool.relieve(&mut queue, Qty::units(3).unwrap()), dollars(40));
        assert_eq!(pool.iter(&queue).collect::<Vec<_>>(), [lot(1, 20), lot(2, 30)]);
        assert_eq!(pool.relieve(&mut queue, Qty::units(3).unwrap()), dollars(80));
        assert_eq!(pool.iter(&queue).count(), 0);
    }

    #[test]
    fn a_pool_used_up_merges_and_loses_no_money() {
        let (mut pool, mut queue) = (LotPool::new(1), LotQueue::default());
        for price in [10, 20, 30, 40] {
            pool.push(&mut queue, lot(-1, price));
        }
        assert_eq!(pool.iter(&queue).count(), 2);
        assert_eq!(pool.relieve(&mut queue, Qty::ONE), dollars(-10));
        assert_eq!(pool.relieve(&mut queue, Qty::units(3).unwrap()), dollars(-90));
        pool.push(&mut queue, lot(1, 5));
        assert_eq!(pool.iter(&queue).collect::<Vec<_>>(), [lot(1, 5)]);
    }

    #[test]
    fn released_lots_are_used_again() {
        let (mut pool, mut queue) = (LotPool::new(2), LotQueue::default());
        for round in 1..100 {
            for i in 0..3 {
                pool.push(&mut queue, lot(1, round + i));
            }
            assert_eq!(pool.iter(&queue).count(), 3, "round {round}");
            assert_eq!(
                pool.relieve(&mut queue, Qty::units(3).unwrap()),
                dollars(i128::from(3 * round + 3))
            );
        }
    }
}
