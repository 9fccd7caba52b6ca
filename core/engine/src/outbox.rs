//! Where the engine lays what it decided on one input, for the core agent to record and send.
//!
//! Owned by the caller of [`crate::Engine::on_input`], cleared by the engine at each input.
//! *Invariant:* never grows beyond the room made at its start.

use crate::intent::WANTS_MAX;
use st0ck_types::{Decision, Output};

/// Every want leads to at most a decision and what became of it.
pub(crate) const OUTPUTS_MAX: usize = 2 * WANTS_MAX;

/// The outputs of one input, in order.
#[derive(Debug)]
pub struct Outbox {
    /// Places, used again with every input: what is laid here is written once, where it stays.
    places: Vec<Output>,
    len: usize,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    /// With room for the most that one input can cause.
    #[must_use]
    pub fn new() -> Self {
        Self { places: vec![Output::Decision(Decision::default()); OUTPUTS_MAX], len: 0 }
    }

    /// The outputs, in the order in which they were decided.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.places[..self.len]
    }

    /// Whether the input caused nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// The next place. Wants are bounded, and so are outputs: there is one.
    #[inline]
    pub(crate) fn place(&mut self) -> &mut Output {
        self.len += 1;
        &mut self.places[self.len - 1]
    }
}
