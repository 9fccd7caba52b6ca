//! When an order was in the gateway's ring: a journal's writer that notes the moment.
//!
//! The core asks a recorder for its room before it consumes anything more, so the first question after
//! the end of a group comes right after the group's orders were handed over. What the core still does in
//! that cycle (its ring once more, the lane's status) no order waits for.
//!
//! *Invariant:* costs the order's way one store; the clock is read when the order has gone.

use st0ck_journal::Writer;
use st0ck_runtime::{Counter, WallClock};
use st0ck_types::recorder::Room;
use st0ck_types::{Input, Nanos, Output, Recorder, Seq};
use std::cell::Cell;

/// A writer, and the moment at which the last group's orders were in the ring.
pub(crate) struct Noting {
    writer: Writer,
    clock: WallClock,
    /// Whether a group was closed since the last note.
    is_due: Cell<bool>,
    /// Wall-clock nanoseconds.
    handed_over: Counter,
}

impl Noting {
    pub(crate) fn new(writer: Writer, clock: WallClock, handed_over: Counter) -> Self {
        Self { writer, clock, is_due: Cell::new(false), handed_over }
    }
}

impl Recorder for Noting {
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input) {
        self.writer.input(seq, at, input);
    }

    fn output(&mut self, seq: Seq, at: Nanos, output: &Output, last: bool) {
        self.writer.output(seq, at, output, last);
        self.is_due.set(last);
    }

    fn hash(&mut self, seq: Seq, at: Nanos, hash: u64) {
        self.writer.hash(seq, at, hash);
    }

    fn carry(&mut self, seq: Seq, at: Nanos, state: &[u8]) {
        self.writer.carry(seq, at, state);
    }

    fn seal(&mut self, seq: Seq, at: Nanos) {
        self.writer.seal(seq, at);
    }

    fn room(&self) -> Room {
        if self.is_due.replace(false) {
            self.handed_over.set(self.clock.now().0 as u64);
        }
        self.writer.room()
    }

    fn sendable(&self) -> Seq {
        self.writer.sendable()
    }
}
