//! An agent that waits for a word before its first cycle.

use st0ck_runtime::Agent;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Holds an agent back until `go` is raised. The feed waits so until the core was armed: what it
/// would bring before could not be acted upon, and lock-step needs a fixed beginning.
pub(crate) struct Held<A> {
    agent: A,
    go: Arc<AtomicBool>,
}

impl<A: Agent> Held<A> {
    /// Holds `agent` back.
    pub(crate) fn new(agent: A, go: Arc<AtomicBool>) -> Self {
        Self { agent, go }
    }
}

impl<A: Agent> Agent for Held<A> {
    fn name(&self) -> &'static str {
        self.agent.name()
    }

    fn on_start(&mut self) {
        self.agent.on_start();
    }

    fn do_work(&mut self) -> u32 {
        if self.go.load(Ordering::Acquire) { self.agent.do_work() } else { 0 }
    }

    fn on_close(&mut self) {
        self.agent.on_close();
    }
}
