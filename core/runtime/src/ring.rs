//! Single-producer, single-consumer rings over `rtrb`, with manners.
//!
//! A ring is bounded and says why it refused: the producer keeps some slots in reserve for what must
//! always get through (cancels, gap notices), and both ends count what they did.
//!
//! *Invariant:* pushing and popping never block, never allocate and never lose silently.

use crate::backing::{Consuming, Producing};
use std::marker::PhantomData;

/// What went into a ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Items pushed.
    pub pushed: u64,
    /// Pushes refused for want of a slot.
    pub refused: u64,
}

/// The producer's end.
#[derive(Debug)]
pub struct Tx<T, P = rtrb::Producer<T>> {
    inner: P,
    /// Slots that ordinary items may still take before the consumer's index must be looked at again.
    ordinary: usize,
    capacity: usize,
    reserve: usize,
    sent: Sent,
    carries: PhantomData<T>,
}

/// The consumer's end.
#[derive(Debug)]
pub struct Rx<T, C = rtrb::Consumer<T>> {
    inner: C,
    popped: u64,
    carries: PhantomData<T>,
}

/// A ring of `capacity` slots, the last `reserve` of which only [`Tx::push_reserved`] may use.
///
/// # Panics
/// When `reserve >= capacity`: such a ring could carry nothing ordinary.
#[must_use]
pub fn ring<T>(capacity: usize, reserve: usize) -> (Tx<T>, Rx<T>) {
    over(rtrb::RingBuffer::new(capacity), capacity, reserve)
}

/// [`ring`] over both ends of a given ring of so many slots.
pub(crate) fn over<T, P: Producing<T>, C: Consuming<T>>(
    (producer, consumer): (P, C),
    capacity: usize,
    reserve: usize,
) -> (Tx<T, P>, Rx<T, C>) {
    assert!(reserve < capacity, "a ring of {capacity} cannot reserve {reserve}");
    let (sent, carries) = (Sent::default(), PhantomData);
    let ordinary = capacity - reserve;
    let tx = Tx { inner: producer, ordinary, capacity, reserve, sent, carries };
    (tx, Rx { inner: consumer, popped: 0, carries })
}

impl<T, P: Producing<T>> Tx<T, P> {
    /// Pushes an ordinary item.
    ///
    /// # Errors
    /// Gives the item back when only reserved slots are left; the refusal is counted.
    #[inline]
    pub fn try_push(&mut self, item: T) -> Result<(), T> {
        // Looking at the consumer's index costs a cache line's way between two cores: only when the
        // last look does not suffice.
        if self.ordinary == 0 {
            self.ordinary = self.free();
            if self.ordinary == 0 {
                self.sent.refused += 1;
                return Err(item);
            }
        }
        self.push(item)
    }

    /// Pushes an item that may use the reserve.
    ///
    /// # Errors
    /// Gives the item back when no slot at all is left; the refusal is counted.
    pub fn push_reserved(&mut self, item: T) -> Result<(), T> {
        self.push(item)
    }

    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        let pushed = self.inner.push(item);
        if pushed.is_ok() {
            self.ordinary = self.ordinary.saturating_sub(1);
            self.sent.pushed += 1;
        } else {
            self.sent.refused += 1;
        }
        pushed
    }

    /// Slots an ordinary push can still use.
    #[must_use]
    pub fn free(&self) -> usize {
        self.inner.room().saturating_sub(self.reserve)
    }

    /// Items waiting, as far as this end can see.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.capacity - self.inner.room()
    }

    /// Whether the consumer is gone.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.inner.is_abandoned()
    }

    /// What went into the ring.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent
    }
}

impl<T, C: Consuming<T>> Rx<T, C> {
    /// The next item, if one waits.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let item = self.inner.pop()?;
        self.popped += 1;
        Some(item)
    }

    /// Looks at the next item without taking it.
    #[must_use]
    pub fn peek(&mut self) -> Option<&T> {
        self.inner.peek()
    }

    /// Items waiting, as far as this end can see.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.waiting()
    }

    /// Whether the producer is gone; items may still wait.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.inner.is_abandoned()
    }

    /// Items popped.
    #[must_use]
    pub fn popped(&self) -> u64 {
        self.popped
    }
}

#[cfg(test)]
mod schedules;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_kept_for_what_must_get_through() {
        let (mut tx, mut rx) = ring::<u32>(4, 1);
        assert_eq!([tx.try_push(1), tx.try_push(2), tx.try_push(3)], [Ok(()), Ok(()), Ok(())]);
        assert_eq!(tx.try_push(4), Err(4));
        assert_eq!(tx.push_reserved(9), Ok(()));
        assert_eq!(tx.push_reserved(10), Err(10));
        assert_eq!(tx.waiting(), 4);
        let popped: Vec<u32> = std::iter::from_fn(|| rx.pop()).collect();
        assert_eq!(popped, [1, 2, 3, 9]);
        assert_eq!(tx.sent(), Sent { pushed: 4, refused: 2 });
        assert_eq!(rx.popped(), 4);
    }

    #[test]
    fn order_survives_a_slow_consumer_on_another_thread() {
        let (mut tx, mut rx) = ring::<u64>(64, 0);
        let producer = std::thread::spawn(move || {
            for n in 0..200_000 {
                while tx.try_push(n).is_err() {
                    std::thread::yield_now();
                }
            }
        });
        let mut expected = 0;
        while expected < 200_000 {
            match rx.pop() {
                Some(n) => {
                    assert_eq!(n, expected);
                    expected += 1;
                }
                None => std::thread::yield_now(),
            }
        }
        producer.join().unwrap();
        assert!(rx.is_abandoned() && rx.pop().is_none());
    }

    #[test]
    #[should_panic(expected = "cannot reserve")]
    fn a_ring_of_nothing_but_reserve_is_refused() {
        let _ = ring::<u8>(2, 2);
    }
}
