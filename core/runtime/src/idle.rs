//! What a thread does when a cycle found no work.

use crossbeam::utils::Backoff;
use std::cell::Cell;
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
    /// Spin for a few dozen microseconds, then yield more and more: the default.
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

/// Idle cycles of [`IdleKind::Backoff`] before the core is given away. A cycle that polls sockets
/// costs about a quarter of a microsecond; whoever answers from another core does so within these.
/// Yielding at once would hand a whole time slice (milliseconds) to whatever else wants the core.
const SPIN_CYCLES: u32 = 256;

/// The rest of one thread.
#[derive(Debug)]
pub struct Idle {
    kind: IdleKind,
    /// 0 on a single core, where only giving it away lets anybody answer.
    spin_cycles: u32,
    idle_cycles: Cell<u32>,
    backoff: Backoff,
}

impl Idle {
    /// A rest of this kind.
    #[must_use]
    pub fn new(kind: IdleKind) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let spin_cycles = if cores > 1 { SPIN_CYCLES } else { 0 };
        Self { kind, spin_cycles, idle_cycles: Cell::new(0), backoff: Backoff::new() }
    }

    /// Called after each cycle with what it handled.
    pub fn rest(&self, work: u32) {
        if work > 0 {
            self.backoff.reset();
            self.idle_cycles.set(0);
            return;
        }
        let cycles = self.idle_cycles.get();
        self.idle_cycles.set(cycles.saturating_add(1));
        match self.kind {
            IdleKind::Spin => std::hint::spin_loop(),
            IdleKind::Yield => std::thread::yield_now(),
            IdleKind::Backoff if cycles < self.spin_cycles => std::hint::spin_loop(),
            IdleKind::Backoff => self.backoff.snooze(),
            IdleKind::Nap => std::thread::sleep(NAP),
        }
    }
}
