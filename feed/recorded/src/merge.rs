//! Many streams as one, by time.
//!
//! *Invariant:* at one time the stream that was given first comes first, so the order does not
//! depend on anything but the names of the files.

use crate::error::DataError;
use crate::recording::Arrival;
use crate::stream::Stream;
use st0ck_types::Nanos;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A k-way merge: each stream's next event waits in a heap of times.
pub(crate) struct Merge {
    streams: Vec<Stream>,
    heads: Vec<Option<Arrival>>,
    order: BinaryHeap<Reverse<(Nanos, usize)>>,
}

impl Merge {
    pub(crate) fn new(streams: Vec<Stream>) -> Result<Self, DataError> {
        let heads = vec![None; streams.len()];
        let mut merge = Self { streams, heads, order: BinaryHeap::new() };
        for index in 0..merge.streams.len() {
            merge.refill(index)?;
        }
        Ok(merge)
    }

    pub(crate) fn next_event(&mut self) -> Result<Option<Arrival>, DataError> {
        let Some(Reverse((_, index))) = self.order.pop() else { return Ok(None) };
        let event = self.heads[index].take();
        self.refill(index)?;
        Ok(event)
    }

    /// Nothing comes any more.
    pub(crate) fn stop(&mut self) {
        self.order.clear();
    }

    fn refill(&mut self, index: usize) -> Result<(), DataError> {
        self.heads[index] = self.streams[index].next_event()?;
        if let Some(head) = self.heads[index] {
            self.order.push(Reverse((head.at, index)));
        }
        Ok(())
    }
}
