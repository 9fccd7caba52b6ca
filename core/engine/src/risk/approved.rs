//! The gate's signature on what it let pass.
//!
//! *Invariant:* made inside `risk` alone, so that nothing reaches the order table unchecked.

/// A thing that passed every control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// Signs. For the gate alone.
    #[allow(dead_code, reason = "the gate, its one caller, is not here yet")]
    pub(in crate::risk) fn mint(passed: T) -> Self {
        Self(passed)
    }

    /// What passed.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What passed, for good.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}
