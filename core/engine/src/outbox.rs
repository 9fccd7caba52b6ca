//! Where the engine lays what it decided on one input, for the core agent to record and send.
//!
//! Owned by the caller of [`crate::Engine::on_input`], cleared by the engine at each input.
//! *Invariant:* never grows beyond the room made at its start.

use crate::intent::WANTS_MAX;
use st0ck_types::Output;

/// Every want leads to at most a decision and what became of it.
pub(crate) const OUTPUTS_MAX: usize = 2 * WANTS_MAX;

/// The outputs of one input, in order.
#[derive(Debug)]
pub struct Outbox {
    outputs: Vec<Output>,
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
        Self { outputs: Vec::with_capacity(OUTPUTS_MAX) }
    }

    /// The outputs, in the order in which they were decided.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Whether the input caused nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.outputs.clear();
    }

    pub(crate) fn push(&mut self, output: Output) {
        debug_assert!(self.outputs.len() < OUTPUTS_MAX, "wants are bounded, so outputs are");
        self.outputs.push(output);
    }
}
