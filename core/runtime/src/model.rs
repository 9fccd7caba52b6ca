//! A ring that a model checker can see into, and the worlds in which the wrappers are tried over it.
//!
//! `rtrb` cannot be instrumented, so [`crate::ring`] and [`crate::conflate`] are run over this one: the
//! same algorithm (one index for each side, each side remembering the other's), on atomics of the
//! world that is asked. Three worlds: [`Loom`] tries every interleaving up to a bound and every value
//! that the memory model lets a load see; [`Shuttle`] draws interleavings of longer stories from a
//! seed; [`Threads`] is the machine itself, for Miri and the thread sanitizer, there over `rtrb` too.
//!
//! An item is one word and slots are atomics without ordering of their own, so no `unsafe` is needed,
//! and a published index that orders too little shows as an item that was never sent.

use crate::backing::{Consuming, Producing};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What can be put into one word and read back.
pub(crate) trait Word: Copy + Send + 'static {
    fn to_word(self) -> u64;
    fn from_word(word: u64) -> Self;
}

impl Word for u64 {
    fn to_word(self) -> u64 {
        self
    }
    fn from_word(word: u64) -> Self {
        word
    }
}

/// An atomic of some world.
pub(crate) trait Atomic: Send + Sync + 'static {
    fn new(value: u64) -> Self;
    fn load(&self, ordering: Ordering) -> u64;
    fn store(&self, value: u64, ordering: Ordering);
}

macro_rules! atomic {
    ($($path:ty),*) => {$(
        impl Atomic for $path {
            fn new(value: u64) -> Self {
                Self::new(value)
            }
            fn load(&self, ordering: Ordering) -> u64 {
                self.load(ordering)
            }
            fn store(&self, value: u64, ordering: Ordering) {
                self.store(value, ordering);
            }
        }
    )*};
}
atomic!(
    std::sync::atomic::AtomicU64,
    loom::sync::atomic::AtomicU64,
    shuttle::sync::atomic::AtomicU64
);

/// Somewhere two threads can run.
pub(crate) trait World: 'static {
    type Atomic: Atomic;
    /// Lets the other thread go on. Every loop that waits calls it.
    fn rest();
    /// Runs both to their ends, the second one on this thread.
    fn both(producer: impl FnOnce() + Send + 'static, consumer: impl FnOnce());
}

macro_rules! world {
    ($(#[$doc:meta] $name:ident: $path:ident),*) => {$(
        #[$doc]
        pub(crate) struct $name;
        impl World for $name {
            type Atomic = $path::sync::atomic::AtomicU64;
            fn rest() {
                $path::thread::yield_now();
            }
            fn both(producer: impl FnOnce() + Send + 'static, consumer: impl FnOnce()) {
                let producer = $path::thread::spawn(producer);
                consumer();
                producer.join().expect("what the producer asserts holds");
            }
        }
    )*};
}
world!(
    /// All interleavings with so many preemptions, all values that a load may see.
    Loom: loom,
    /// Interleavings drawn from a seed.
    Shuttle: shuttle,
    /// The machine's own threads.
    Threads: std
);

impl Loom {
    /// Tries them all. Two or three preemptions find what two threads can do to each other.
    pub(crate) fn explore(preemptions: usize, story: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.max_branches = 20_000;
        builder.check(story);
    }
}

impl Shuttle {
    /// Tries so many, all drawn from the seed. A failure names the schedule that repeats it.
    pub(crate) fn explore(seed: u64, schedules: usize, story: impl Fn() + Send + Sync + 'static) {
        let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(seed, schedules);
        shuttle::Runner::new(scheduler, shuttle::Config::new()).run(story);
    }
}

/// How many schedules or rounds a test tries: the given share, or what `ST0CK_SCHEDULES` says.
pub(crate) fn schedules(share: usize) -> usize {
    let asked = std::env::var("ST0CK_SCHEDULES").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(share)
}

struct Shared<A> {
    slots: Vec<A>,
    head: A,
    tail: A,
    /// How the producer publishes: `Release`, or a planted mistake.
    publish: Ordering,
}

/// The producer's end.
pub(crate) struct Producer<T, A> {
    shared: Arc<Shared<A>>,
    tail: u64,
    known_head: Cell<u64>,
    carries: PhantomData<T>,
}

/// The consumer's end.
pub(crate) struct Consumer<T, A> {
    shared: Arc<Shared<A>>,
    head: u64,
    known_tail: Cell<u64>,
    peeked: Option<T>,
}

/// A ring of `capacity` slots.
pub(crate) fn model<T: Word, A: Atomic>(
    capacity: usize,
    publish: Ordering,
) -> (Producer<T, A>, Consumer<T, A>) {
    let slots = (0..capacity).map(|_| A::new(0)).collect();
    let shared = Arc::new(Shared { slots, head: A::new(0), tail: A::new(0), publish });
    let (known_head, known_tail) = (Cell::new(0), Cell::new(0));
    let producer = Producer { shared: shared.clone(), tail: 0, known_head, carries: PhantomData };
    (producer, Consumer { shared, head: 0, known_tail, peeked: None })
}

impl<A> Shared<A> {
    fn slot(&self, index: u64) -> &A {
        &self.slots[index as usize % self.slots.len()]
    }
}

impl<T, A> Producer<T, A> {
    fn known_room(&self) -> usize {
        self.shared.slots.len() - (self.tail - self.known_head.get()) as usize
    }
}

impl<T: Word, A: Atomic> Producing<T> for Producer<T, A> {
    fn room(&self) -> usize {
        self.known_head.set(self.shared.head.load(Ordering::Acquire));
        self.known_room()
    }

    fn push(&mut self, item: T) -> Result<(), T> {
        if self.known_room() == 0 && self.room() == 0 {
            return Err(item);
        }
        self.shared.slot(self.tail).store(item.to_word(), Ordering::Relaxed);
        self.tail += 1;
        self.shared.tail.store(self.tail, self.shared.publish);
        Ok(())
    }

    fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.shared) == 1
    }
}

impl<T: Word, A: Atomic> Consumer<T, A> {
    fn known_waiting(&self) -> usize {
        (self.known_tail.get() - self.head) as usize
    }

    fn look(&self) -> Option<T> {
        if self.known_waiting() == 0 && self.waiting() == 0 {
            return None;
        }
        Some(T::from_word(self.shared.slot(self.head).load(Ordering::Relaxed)))
    }
}

impl<T: Word, A: Atomic> Consuming<T> for Consumer<T, A> {
    fn waiting(&self) -> usize {
        self.known_tail.set(self.shared.tail.load(Ordering::Acquire));
        self.known_waiting()
    }

    fn pop(&mut self) -> Option<T> {
        let item = self.look()?;
        self.head += 1;
        self.shared.head.store(self.head, Ordering::Release);
        Some(item)
    }

    fn peek(&mut self) -> Option<&T> {
        self.peeked = self.look();
        self.peeked.as_ref()
    }

    fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.shared) == 1
    }
}
