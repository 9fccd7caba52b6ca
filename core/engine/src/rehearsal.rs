//! Deciding without consequence, so that the next decision finds its way warm.
//!
//! Orders are rare: between two of them a lane turns idly, and what an order needs leaves the
//! processor's caches for whatever else runs there. When nothing waits, the core agent goes through
//! the entry that a strategy would want now, with its reasons, the gate's verdict on it and how both
//! would be recorded, by the same code as in earnest; and forgets it.
//!
//! *Invariant:* the engine is only looked at: nothing is recorded, sent or remembered, and a session
//! with rehearsals is the same as one without. *Invariant:* allocates nothing after it was made.

use crate::intent::Wants;
use crate::outbox::Outbox;
use crate::timers::Timers;
use st0ck_types::{Decision, Output};

/// Idle cycles from one rehearsal to the next: some microseconds, a twentieth of a core's idle time.
const EVERY: u32 = 64;

/// Room for what a rehearsal leaves behind, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    /// Idle cycles since something happened.
    idle: u32,
    /// The strategy that rehearses next: one at a time, for an event may come any moment.
    pub(crate) turn: usize,
    /// What strategies might write into and never do.
    pub(crate) timers: Timers,
    pub(crate) wants: Wants,
    pub(crate) decision: Decision,
    pub(crate) out: Outbox,
}

impl Rehearsal {
    pub(crate) fn new() -> Self {
        Self {
            idle: 0,
            turn: 0,
            timers: Timers::new(0),
            wants: Wants::none(),
            decision: Decision::default(),
            out: Outbox::new(),
        }
    }

    /// Whether to rehearse in this cycle: in the first idle one, and after so many more.
    #[inline]
    pub(crate) fn is_due(&mut self, idle: bool) -> bool {
        if !idle {
            self.idle = 0;
            return false;
        }
        let due = self.idle == 0;
        self.idle = (self.idle + 1) % EVERY;
        due
    }

    /// What would have been recorded.
    pub(crate) fn outputs(&self) -> &[Output] {
        self.out.outputs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_idle_cycle_is_due_and_then_one_in_many() {
        let mut rehearsal = Rehearsal::new();
        let due: Vec<u32> = (0..3 * EVERY).filter(|_| rehearsal.is_due(true)).collect();
        assert_eq!(due, [0, EVERY, 2 * EVERY]);
        assert!(rehearsal.is_due(true));
        assert!(!rehearsal.is_due(true) && !rehearsal.is_due(false));
        assert!(rehearsal.is_due(true), "the first after a busy one");
    }
}
