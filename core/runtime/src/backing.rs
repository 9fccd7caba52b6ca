//! What the wrappers ask of the ring below them.
//!
//! [`mod@crate::ring`] and [`mod@crate::conflate`] are written against this, so that the very same
//! code runs over `rtrb` in production and, in tests, over a ring whose atomics a model checker can
//! see.
//!
//! *Invariant:* nothing outside this crate implements it; in production there is one implementation,
//! and every call of it is inlined.

/// A producer's end.
pub trait Producing<T> {
    /// Slots that are free at least; looks at the consumer's index.
    fn room(&self) -> usize;
    /// Pushes an item.
    ///
    /// # Errors
    /// Gives it back when no slot is free.
    fn push(&mut self, item: T) -> Result<(), T>;
    /// Whether the consumer is gone.
    fn is_abandoned(&self) -> bool;
}

/// A consumer's end.
pub trait Consuming<T> {
    /// Items that wait at least; looks at the producer's index.
    fn waiting(&self) -> usize;
    /// The oldest item, if there is one.
    fn pop(&mut self) -> Option<T>;
    /// A look at the oldest item.
    fn peek(&mut self) -> Option<&T>;
    /// Whether the producer is gone.
    fn is_abandoned(&self) -> bool;
}

impl<T> Producing<T> for rtrb::Producer<T> {
    #[inline]
    fn room(&self) -> usize {
        self.slots()
    }
    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        self.push(item).map_err(|rtrb::PushError::Full(item)| item)
    }
    #[inline]
    fn is_abandoned(&self) -> bool {
        self.is_abandoned()
    }
}

impl<T> Consuming<T> for rtrb::Consumer<T> {
    #[inline]
    fn waiting(&self) -> usize {
        self.slots()
    }
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop().ok()
    }
    #[inline]
    fn peek(&mut self) -> Option<&T> {
        rtrb::Consumer::peek(self).ok()
    }
    #[inline]
    fn is_abandoned(&self) -> bool {
        self.is_abandoned()
    }
}
