//! What the core hands to whoever keeps the record: the journal live, nothing or a `Vec` in tests.

use crate::{Input, Nanos, Output, Seq};

/// How much the recorder can still take without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// None: consume no input until there is some again.
    Exhausted,
    /// Only what is kept for an emergency, because no next segment came or the disk failed: open
    /// nothing more, cancel what is open, and consume what the broker and people say; no market data.
    Full,
    /// The current segment is nearly used up and no next one is ready: only reduce.
    Low,
    /// Enough.
    Plenty,
}

/// Keeps inputs, outputs and marks in the order in which the core gives them.
///
/// One input and what follows it up to the next input form a group. The last output of a group is
/// given with `last = true`: only after that may any of the group's orders leave the core.
pub trait Recorder {
    /// Keeps an input, before the engine sees it.
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input);
    /// Keeps an output of the input that was kept last.
    fn output(&mut self, seq: Seq, at: Nanos, output: &Output, last: bool);
    /// Goes through all that keeping an output takes, but keeps nothing: its way stays warm.
    fn rehearse(&mut self, _output: &Output) {}
    /// Keeps the engine's state hash; a group of its own after a closed one.
    fn hash(&mut self, seq: Seq, at: Nanos, hash: u64);
    /// Keeps the engine's whole state; a group of its own after a closed one.
    fn carry(&mut self, seq: Seq, at: Nanos, state: &[u8]);
    /// Says that nothing will follow.
    fn seal(&mut self, seq: Seq, at: Nanos);
    /// How much it can still take.
    fn room(&self) -> Room {
        Room::Plenty
    }
    /// What was recorded up to this number may leave the core once its group is closed.
    fn sendable(&self) -> Seq {
        Seq(u64::MAX)
    }
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullRecorder;

impl Recorder for NullRecorder {
    fn input(&mut self, _: Seq, _: Nanos, _: &Input) {}
    fn output(&mut self, _: Seq, _: Nanos, _: &Output, _: bool) {}
    fn hash(&mut self, _: Seq, _: Nanos, _: u64) {}
    fn carry(&mut self, _: Seq, _: Nanos, _: &[u8]) {}
    fn seal(&mut self, _: Seq, _: Nanos) {}
}
