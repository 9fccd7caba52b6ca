//! Connecting off the hot threads: looking a name up, the handshakes of TCP and of TLS.
//!
//! A handshake of TLS is about a millisecond of arithmetic and a look-up may block for seconds: a
//! hot thread that has lost a connection leaves both to a [`Dialer`] and gets an open link back.
//! Remotes that have none ([`Remote::through`] was not called) are connected to in place, which is
//! right for loopback and for control threads.
//!
//! *Invariant:* a job's outcome is given once, by the ring it came with, and nobody waits for it
//! without looking; a job whose asker is gone is dropped, with its link.

use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};

use crate::blocking::Clock;
use crate::endpoint::Remote;
use crate::poll::Waiter;
use crate::tcp::{LinkError, TcpLink};

/// Jobs that may wait for a thread.
const WAITING: usize = 64;
/// Threads: so many peers may be slow at once before another waits for its turn.
const THREADS: usize = 4;
/// Readiness is only a hint, so no single wait is longer than this.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

type Outcome = Result<TcpLink, LinkError>;

struct Job {
    remote: Remote,
    timeout: Duration,
    answer: rtrb::Producer<Outcome>,
}

/// Threads that connect for others. They end with the last clone.
#[derive(Debug, Clone)]
pub struct Dialer {
    jobs: Sender<Job>,
}

impl Dialer {
    /// Starts the threads.
    ///
    /// # Errors
    /// The kernel's reason not to give one.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, inbox) = bounded(WAITING);
        for _ in 0..THREADS {
            let inbox: Receiver<Job> = inbox.clone();
            let thread = std::thread::Builder::new().name(String::from("st0ck-dial"));
            thread.spawn(move || inbox.into_iter().for_each(Job::run))?;
        }
        Ok(Self { jobs })
    }

    /// Leaves a connection to the threads.
    fn dial(&self, remote: &Remote, timeout: Duration) -> Approach {
        let (answer, outcome) = rtrb::RingBuffer::new(1);
        let remote = Remote { dialer: None, ..remote.clone() };
        // Refused, the answer's end is gone, which is how its asker learns of it.
        let _ = self.jobs.try_send(Job { remote, timeout, answer });
        Approach::There(outcome)
    }
}

impl Job {
    fn run(mut self) {
        if let Some(outcome) = self.connect() {
            // An asker who has gone closes the link by not taking it.
            let _ = self.answer.push(outcome);
        }
    }

    /// Nothing when nobody waits any more.
    fn connect(&self) -> Option<Outcome> {
        let clock = Clock::start(self.timeout);
        let mut link = match self.begin() {
            Ok(link) => link,
            Err(error) => return Some(Err(error)),
        };
        let mut waiter = match Waiter::new() {
            Ok(waiter) => waiter,
            Err(error) => return Some(Err(error.kind().into())),
        };
        while !self.answer.is_abandoned() {
            match link.poll_connect() {
                Ok(true) => {
                    waiter.forget(&mut link);
                    return Some(Ok(link));
                }
                Ok(false) if clock.is_late() => return Some(Err(link.lateness())),
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
            let waited = waiter.watch(&mut link).and_then(|()| waiter.wait(LONGEST_WAIT));
            if let Err(error) = waited {
                return Some(Err(error.kind().into()));
            }
        }
        None
    }

    /// Peers move: the name is looked up again, and the last address stands when that fails.
    fn begin(&self) -> Result<TcpLink, LinkError> {
        match self.remote.looked_up() {
            Some(remote) => TcpLink::connect(&remote),
            None => TcpLink::connect(&self.remote),
        }
    }
}

/// A link on its way to being open.
#[derive(Debug)]
pub(crate) enum Approach {
    /// In place.
    Here(TcpLink),
    /// By a dialer.
    There(rtrb::Consumer<Outcome>),
}

impl Approach {
    /// Sets out. The caller gives up after `timeout_ns` by its own clock; a dialer does a little sooner,
    /// so that its reason is heard.
    pub(crate) fn begin(remote: &Remote, timeout_ns: u64) -> Result<Self, LinkError> {
        match &remote.dialer {
            None => TcpLink::connect(remote).map(Self::Here),
            Some(dialer) => {
                Ok(dialer.dial(remote, Duration::from_nanos(timeout_ns - timeout_ns / 10)))
            }
        }
    }

    /// Whether the link is open.
    ///
    /// # Errors
    /// Why it never will be.
    pub(crate) fn poll(&mut self) -> Result<bool, LinkError> {
        let outcome = match self {
            Self::Here(link) => return link.poll_connect(),
            Self::There(outcome) => {
                // Asked before looking: what was pushed before the end is seen.
                let over = outcome.is_abandoned();
                match outcome.pop() {
                    Ok(outcome) => outcome,
                    Err(_) if over => Err(std::io::ErrorKind::ResourceBusy.into()),
                    Err(_) => return Ok(false),
                }
            }
        };
        *self = Self::Here(outcome?);
        Ok(true)
    }

    /// The link, when it is in place.
    pub(crate) fn link(&mut self) -> Option<&mut TcpLink> {
        match self {
            Self::Here(link) => Some(link),
            Self::There(_) => None,
        }
    }

    /// The link, when it is in place.
    pub(crate) fn into_link(self) -> Option<TcpLink> {
        match self {
            Self::Here(link) => Some(link),
            Self::There(_) => None,
        }
    }

    /// Why it is given up.
    pub(crate) fn lateness(&self) -> LinkError {
        match self {
            Self::Here(link) => link.lateness(),
            Self::There(_) => std::io::ErrorKind::TimedOut.into(),
        }
    }
}
