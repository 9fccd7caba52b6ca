//! The reserve and the order of a ring, whatever the two threads do to each other.
//!
//! The story: the producer offers ordinary items one after the other, takes every refusal as it is,
//! then sends what must get through. The consumer takes what comes until that. Every item it sees must
//! have been sent, in that order, and the last one must have found its slot however slow it was.
//!
//! The controls plant a mistake each and must fail: a reserve that is not kept, an index that is
//! published without ordering the item before it.

use super::{Rx, Tx, over, ring};
use crate::backing::{Consuming, Producing};
use crate::model::{Loom, Shuttle, Threads, World, model, schedules};
use std::sync::atomic::Ordering;

/// Slots of the ring, and how many of them are reserved.
const SLOTS: usize = 3;
const RESERVE: usize = 1;
/// What must get through; larger than every ordinary item.
const CANCEL: u64 = 1_000;

type Push<P> = fn(&mut Tx<u64, P>, u64) -> Result<(), u64>;

fn produce<P: Producing<u64>>(mut tx: Tx<u64, P>, ordinary: u64, push: Push<P>) {
    let refused = (1..=ordinary).filter(|&item| push(&mut tx, item).is_err()).count() as u64;
    assert_eq!(tx.push_reserved(CANCEL), Ok(()), "a cancel found no slot");
    let sent = tx.sent();
    assert_eq!((sent.pushed, sent.refused), (ordinary - refused + 1, refused));
}

fn consume<C: Consuming<u64>>(mut rx: Rx<u64, C>, ordinary: u64, rest: fn()) {
    let (mut last, mut taken) = (0, 0);
    while last != CANCEL {
        let Some(item) = rx.pop() else {
            rest();
            continue;
        };
        assert!(item > last && (item <= ordinary || item == CANCEL), "{item} came after {last}");
        (last, taken) = (item, taken + 1);
    }
    assert_eq!((rx.popped(), rx.pop()), (taken, None));
}

/// The story in some world, over the model.
fn story<W: World>(
    ordinary: u64,
    publish: Ordering,
    push: Push<crate::model::Producer<u64, W::Atomic>>,
) {
    let (tx, rx) = over(model::<u64, W::Atomic>(SLOTS, publish), SLOTS, RESERVE);
    W::both(move || produce(tx, ordinary, push), || consume(rx, ordinary, W::rest));
}

/// A wrapper that forgets the reserve.
fn push_into_the_reserve<P: Producing<u64>>(tx: &mut Tx<u64, P>, item: u64) -> Result<(), u64> {
    tx.push(item)
}

#[test]
fn loom_a_cancel_gets_through_and_nothing_is_reordered() {
    Loom::explore(3, || story::<Loom>(3, Ordering::Release, Tx::try_push));
}

#[test]
#[should_panic(expected = "a cancel found no slot")]
fn loom_control_a_reserve_that_is_not_kept_is_caught() {
    Loom::explore(3, || story::<Loom>(3, Ordering::Release, push_into_the_reserve));
}

#[test]
#[should_panic(expected = "came after")]
fn loom_control_an_index_published_without_order_is_caught() {
    Loom::explore(3, || story::<Loom>(3, Ordering::Relaxed, Tx::try_push));
}

#[test]
fn shuttle_a_cancel_gets_through_and_nothing_is_reordered() {
    let count = schedules(2_000);
    Shuttle::explore(53, count, || story::<Shuttle>(12, Ordering::Release, Tx::try_push));
}

#[test]
#[should_panic(expected = "a cancel found no slot")]
fn shuttle_control_a_reserve_that_is_not_kept_is_caught() {
    Shuttle::explore(53, 2_000, || {
        story::<Shuttle>(12, Ordering::Release, push_into_the_reserve);
    });
}

/// On the machine's own threads and over `rtrb`: what Miri and the thread sanitizer look at.
#[test]
fn threads_a_cancel_gets_through_and_nothing_is_reordered() {
    for _ in 0..schedules(if cfg!(miri) { 4 } else { 300 }) {
        let (tx, rx) = ring(SLOTS, RESERVE);
        Threads::both(move || produce(tx, 40, Tx::try_push), || consume(rx, 40, Threads::rest));
    }
}

/// Under Miri, which lets a load see an old value where the memory model does, this one must fail; on
/// a machine of stronger memory it has nothing to say.
#[cfg(miri)]
#[test]
#[should_panic(expected = "came after")]
fn threads_control_an_index_published_without_order_is_caught() {
    for _ in 0..100 {
        story::<Threads>(40, Ordering::Relaxed, Tx::try_push);
    }
}
