//! Runs agents: names and pins their thread, catches a panic at the boundary, closes in order.
//!
//! An agent that panics dies alone: it gets no further cycle, its failure is kept for the shell to
//! read, and the others on the thread go on.

use crate::agent::Agent;
use crate::idle::{Idle, IdleKind};
use crate::shutdown::StopFlag;
use crate::{affinity, agent};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// An agent that panicked, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which agent.
    pub agent: &'static str,
    /// The panic's message.
    pub message: String,
}

/// Agents that take turns on whatever thread calls [`Crew::cycle`], in the given order.
pub struct Crew {
    agents: Vec<(Box<dyn agent::Agent>, bool)>,
    failures: Arc<Mutex<Vec<Failure>>>,
}

impl Crew {
    /// A crew of these agents, in the order in which they run and close.
    #[must_use]
    pub fn new(agents: Vec<Box<dyn Agent>>) -> Self {
        let agents = agents.into_iter().map(|agent| (agent, true)).collect();
        Self { agents, failures: Arc::default() }
    }

    /// Starts each agent.
    pub fn start(&mut self) {
        self.for_each_living(|agent| {
            agent.on_start();
            0
        });
    }

    /// One cycle of each living agent. Returns what they handled together.
    pub fn cycle(&mut self) -> u32 {
        self.for_each_living(|agent| agent.do_work())
    }

    /// Closes each agent, in order, also those that panicked before.
    pub fn close(&mut self) {
        self.agents.iter_mut().for_each(|(_, alive)| *alive = true);
        self.for_each_living(|agent| {
            agent.on_close();
            0
        });
    }

    /// Who has panicked so far.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        self.failures.lock().map(|list| list.clone()).unwrap_or_default()
    }

    fn for_each_living(&mut self, mut act: impl FnMut(&mut dyn Agent) -> u32) -> u32 {
        let mut work = 0;
        for (agent, alive) in self.agents.iter_mut().filter(|(_, alive)| *alive) {
            match catch_unwind(AssertUnwindSafe(|| act(agent.as_mut()))) {
                Ok(done) => work += done,
                Err(panic) => {
                    *alive = false;
                    let message = panic_message(panic.as_ref());
                    log::error!("agent {} panicked: {message}", agent.name());
                    if let Ok(mut list) = self.failures.lock() {
                        list.push(Failure { agent: agent.name(), message });
                    }
                }
            }
        }
        work
    }
}

/// A crew on a thread of its own.
#[derive(Debug)]
pub struct Runner {
    thread: JoinHandle<()>,
    failures: Arc<Mutex<Vec<Failure>>>,
}

impl Runner {
    /// Starts a thread called `name` that cycles the crew until `stop` is raised, then closes it.
    /// Pins it to `core` when one is given; a refusal is logged and the thread runs unpinned.
    ///
    /// # Errors
    /// When the system will not start another thread.
    pub fn spawn(
        name: &str,
        core: Option<usize>,
        mut crew: Crew,
        idle: IdleKind,
        stop: StopFlag,
    ) -> io::Result<Self> {
        let failures = crew.failures.clone();
        // Made here: a pinned thread would take its one core for all there are.
        let idle = Idle::new(idle);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            if let Some(core) = core.filter(|&core| !affinity::pin(core)) {
                log::warn!("could not pin to core {core}");
            }
            crew.start();
            while !stop.is_stopping() {
                idle.rest(crew.cycle());
            }
            crew.close();
        })?;
        Ok(Self { thread, failures })
    }

    /// Who has panicked so far.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        self.failures.lock().map(|list| list.clone()).unwrap_or_default()
    }

    /// Waits for the thread's end. Returns who panicked.
    #[must_use]
    pub fn join(self) -> Vec<Failure> {
        let crashed = self.thread.join().is_err();
        let mut failures = self.failures.lock().map(|list| list.clone()).unwrap_or_default();
        if crashed {
            failures.push(Failure { agent: "runner", message: "the thread itself died".into() });
        }
        failures
    }
}

/// The words of a panic.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counter;

    struct Steps {
        name: &'static str,
        cycles: Counter,
        closed: Counter,
        panic_at: u64,
    }

    impl Agent for Steps {
        fn name(&self) -> &'static str {
            self.name
        }
        fn do_work(&mut self) -> u32 {
            self.cycles.add(1);
            assert!(self.cycles.get() != self.panic_at, "{} broke", self.name);
            1
        }
        fn on_close(&mut self) {
            self.closed.add(1);
        }
    }

    fn steps(name: &'static str, panic_at: u64) -> Steps {
        Steps { name, cycles: Counter::default(), closed: Counter::default(), panic_at }
    }

    #[test]
    fn an_agent_that_panics_dies_alone_and_is_still_closed() {
        let (bad, good) = (steps("bad", 2), steps("good", u64::MAX));
        let (bad_cycles, good_cycles) = (bad.cycles.clone(), good.cycles.clone());
        let (bad_closed, good_closed) = (bad.closed.clone(), good.closed.clone());
        let mut crew = Crew::new(vec![Box::new(bad), Box::new(good)]);
        crew.start();
        (0..5).for_each(|_| _ = crew.cycle());
        crew.close();
        assert_eq!((bad_cycles.get(), good_cycles.get()), (2, 5));
        assert_eq!((bad_closed.get(), good_closed.get()), (1, 1));
        let failures = crew.failures();
        assert_eq!((failures.len(), failures[0].agent), (1, "bad"));
        assert_eq!(failures[0].message, "bad broke");
    }

    #[test]
    fn a_thread_runs_until_it_is_stopped_and_closes() {
        let agent = steps("worker", u64::MAX);
        let (cycles, closed) = (agent.cycles.clone(), agent.closed.clone());
        let stop = StopFlag::new();
        let crew = Crew::new(vec![Box::new(agent)]);
        let runner = Runner::spawn("worker", Some(0), crew, IdleKind::Yield, stop.clone()).unwrap();
        while cycles.get() < 3 {
            std::thread::yield_now();
        }
        stop.stop();
        assert_eq!(runner.join(), []);
        assert_eq!(closed.get(), 1);
    }
}
