//! What a thread does when a cycle found no work.

use crossbeam::utils::Backoff;
use std::time::Duration;

/// How long [`IdleKind::Nap`] sleeps.
const NAP: Duration = Duration::from_micros(500);

/// How to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdleKind {
    /// Never: lowest latency, one whole core.
    Spin,
    /// Give the core away for a moment: for machines with fewer cores than threads.
    Yield,
    /// Spin a little, then yield: the default.
    #[default]
    Backoff,
    /// Sleep for half a millisecond: for threads that nobody waits for.
    Nap,
}

impl IdleKind {
    /// Reads the configuration's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "spin" => Some(Self::Spin),
            "yield" => Some(Self::Yield),
            "backoff" => Some(Self::Backoff),
            _ => None,
        }
    }
}

/// The rest of one thread.
#[derive(Debug, Default)]
pub struct Idle {
    kind: IdleKind,
    backoff: Backoff,
}

impl Idle {
    /// A rest of this kind.
    #[must_use]
    pub fn new(kind: IdleKind) -> Self {
        Self { kind, backoff: Backoff::new() }
    }

    /// Called after each cycle with what it handled.
    pub fn rest(&self, work: u32) {
        if work > 0 {
            self.backoff.reset();
            return;
        }
        match self.kind {
            IdleKind::Spin => std::hint::spin_loop(),
            IdleKind::Yield => std::thread::yield_now(),
            IdleKind::Backoff => self.backoff.snooze(),
            IdleKind::Nap => std::thread::sleep(NAP),
        }
    }
}
