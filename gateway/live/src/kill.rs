//! The word that is read immediately before an order's bytes are written.
//!
//! The core, the command line, a signal handler and the sentinel hold clones and may shut it; only
//! re-arming opens it again. It works while the core hangs, since nobody asks the core.
//!
//! *Invariant:* cancels always pass. What is shut harder is never loosened by a softer shut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use st0ck_types::PositionEffect;

/// How far the gate is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u32)]
pub enum Shut {
    /// Everything passes.
    #[default]
    Open = 0,
    /// Orders that open a position do not pass; those that close one do.
    Opening = 1,
    /// No order passes.
    All = 2,
}

/// The gate. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct KillGate(Arc<AtomicU32>);

impl KillGate {
    /// Shuts it at least this far.
    pub fn shut(&self, how: Shut) {
        self.0.fetch_max(how as u32, Ordering::AcqRel);
    }

    /// Opens it again: a person has armed the lane.
    pub fn open(&self) {
        self.0.store(Shut::Open as u32, Ordering::Release);
    }

    /// How far it is shut.
    #[must_use]
    pub fn state(&self) -> Shut {
        match self.0.load(Ordering::Acquire) {
            0 => Shut::Open,
            1 => Shut::Opening,
            _ => Shut::All,
        }
    }

    /// Whether an order with this effect may be written now.
    #[must_use]
    pub fn lets_pass(&self, effect: PositionEffect) -> bool {
        match self.state() {
            Shut::Open => true,
            Shut::Opening => effect == PositionEffect::Close,
            Shut::All => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_softer_shut_does_not_loosen_a_harder_one() {
        let gate = KillGate::default();
        let other = gate.clone();
        assert!(other.lets_pass(PositionEffect::Open));
        gate.shut(Shut::Opening);
        assert!(!other.lets_pass(PositionEffect::Open) && other.lets_pass(PositionEffect::Close));
        gate.shut(Shut::All);
        gate.shut(Shut::Opening);
        assert_eq!(other.state(), Shut::All);
        assert!(!other.lets_pass(PositionEffect::Close));
        gate.open();
        assert!(other.lets_pass(PositionEffect::Open));
    }
}
