//! The proxy: one port, one poll, and a link for each client.

use super::link::{Link, State};
use super::pipe::Moment;
use super::{ChaosConfig, ChaosError};
use crate::faults::line::Death;
use crate::faults::parting::Parting;
use crate::faults::plan::{Fault, FaultPlan, From, Way};
use crate::faults::table::Target;
use crate::faults::trigger::Triggers;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use serde::Serialize;
use st0ck_quant::rng::Rng;
use st0ck_types::Nanos;
use st0ck_types::calendar::Date;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LISTENER: Token = Token(0);
const EVENTS: usize = 256;
/// Longest wait: faults begin and end by time alone.
const REST: Duration = Duration::from_millis(10);

/// Where the proxy is and what it is before. Printed, it is the ready line of `st0ck chaos`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChaosEndpoints {
    /// Where it listens.
    pub listen: String,
    /// Where it passes on to.
    pub to: String,
}

impl fmt::Display for ChaosEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// A TCP proxy on 127.0.0.1 that does to bytes and messages what a plan says.
pub struct Chaos {
    poll: Poll,
    events: Events,
    listener: TcpListener,
    to: SocketAddr,
    links: BTreeMap<usize, Link>,
    partings: Vec<Parting>,
    /// Next connection's number, from 1.
    next: usize,
    triggers: Triggers,
    /// Whether a fault acts on messages.
    by_message: bool,
    begun: Instant,
    /// Whether somebody may wait at the door: the kernel tells it once.
    knocking: bool,
    wake: Option<Instant>,
    log: Box<dyn FnMut(&str) + Send>,
}

impl Chaos {
    /// Opens the port.
    ///
    /// # Errors
    /// [`ChaosError`] for a server that is not on this machine, a fault that a proxy cannot make, a
    /// port that cannot be had.
    pub fn bind(config: ChaosConfig) -> Result<Self, ChaosError> {
        if !config.to.ip().is_loopback() {
            return Err(ChaosError::NotLoopback(config.to));
        }
        for fault in &config.plan.faults {
            fits(fault)?;
        }
        let bind = |source| ChaosError::Bind { port: config.port, source };
        let address = SocketAddr::from(([127, 0, 0, 1], config.port));
        let mut listener = TcpListener::bind(address).map_err(bind)?;
        let poll = Poll::new().map_err(bind)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).map_err(bind)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            listener,
            to: config.to,
            links: BTreeMap::new(),
            partings: Vec::new(),
            next: 1,
            by_message: is_by_message(&config.plan),
            triggers: triggers(config.plan, config.seed),
            begun: Instant::now(),
            knocking: false,
            wake: None,
            log: config.log,
        })
    }

    /// Where it is reached.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn endpoints(&self) -> Result<ChaosEndpoints, ChaosError> {
        let listen = self.listener.local_addr().map_err(ChaosError::Poll)?;
        Ok(ChaosEndpoints { listen: listen.to_string(), to: self.to.to_string() })
    }

    /// Works until `stop` is raised.
    ///
    /// # Errors
    /// When sockets cannot be waited for.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), ChaosError> {
        while !stop.load(Ordering::Acquire) {
            let wait =
                self.wake.map_or(REST, |wake| wake.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut self.events, Some(wait.min(REST))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => result.map_err(ChaosError::Poll)?,
            }
            self.knocking |= self.events.iter().any(|event| event.token() == LISTENER);
            if self.knocking {
                self.accept();
            }
            self.turn();
        }
        Ok(())
    }

    /// Gives every link its turn, in the order of their clients.
    fn turn(&mut self) {
        let wall = Instant::now();
        let passed = i64::try_from(wall.duration_since(self.begun).as_nanos()).unwrap_or(i64::MAX);
        let at = Moment { now: Nanos(passed), wall };
        let (mut over, mut wake) = (Vec::new(), None::<Instant>);
        for (&conn, link) in &mut self.links {
            match link.turn(&mut self.triggers, at) {
                State::Alive(again) => wake = [wake, again].into_iter().flatten().min(),
                State::Over => over.push((conn, None)),
                State::Cut(death) => over.push((conn, Some(death))),
            }
        }
        self.wake = wake;
        for (conn, death) in over {
            self.drop_link(conn, death, wall);
        }
        self.partings.retain_mut(|parting| parting.turn(wall));
        for note in self.triggers.take_notes() {
            (self.log)(&note);
        }
    }

    /// Lets everybody in who waits. Without a descriptor to spare they wait on.
    fn accept(&mut self) {
        loop {
            let client = match self.listener.accept() {
                Ok((client, _)) => client,
                Err(error) => {
                    self.knocking = error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            };
            let conn = self.next;
            self.next += 1;
            match self.connect(conn, client) {
                Ok(link) => {
                    self.links.insert(conn, link);
                }
                Err(error) => (self.log)(&format!("connection {conn}: {}: {error}", self.to)),
            }
        }
    }

    fn connect(&self, conn: usize, mut client: TcpStream) -> io::Result<Link> {
        let mut server = TcpStream::connect(self.to)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        for (stream, side) in [(&mut client, 0), (&mut server, 1)] {
            stream.set_nodelay(true)?;
            self.poll.registry().register(stream, Token(conn * 2 + side), interest)?;
        }
        Ok(Link::new(conn, client, server, self.by_message))
    }

    fn drop_link(&mut self, conn: usize, death: Option<Death>, wall: Instant) {
        self.triggers.forget(conn);
        let Some(Link { client, server, .. }) = self.links.remove(&conn) else { return };
        if death == Some(Death::Reset) {
            reset_on_close(&client);
            reset_on_close(&server);
        } else {
            self.partings.push(Parting::new([client, server], wall));
        }
    }
}

/// Makes closing a socket forget what waits and reset its peer.
fn reset_on_close(stream: &TcpStream) {
    // A socket that is already gone needs no reset.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

fn triggers(plan: FaultPlan, seed: u64) -> Triggers {
    Triggers::new(plan, &Rng::new(seed), Nanos(0), Date::from_days(0))
}

fn is_by_message(plan: &FaultPlan) -> bool {
    plan.faults.iter().any(|fault| fault.on.iter().any(|on| *on != Target::Connections))
}

/// Whether a proxy can make this fault.
pub(crate) fn fits(fault: &Fault) -> Result<(), ChaosError> {
    let words = if !fault.row.by_proxy {
        "is made by the broker: give it to st0ck emulate --faults"
    } else if matches!(fault.from, From::At { .. }) {
        "has an `at`, and a proxy has no session: write `after`, from the proxy's start"
    } else if fault.account.is_some() {
        "has an `account`, and a proxy knows none: leave it out"
    } else if fault.way == Way::ToServer && fault.event.is_some() {
        "has an `event`, which only what goes to_client has"
    } else {
        return Ok(());
    };
    let kind = fault.row.name;
    let name = fault.name.clone();
    Err(ChaosError::Fault { name, kind, line: fault.line, words })
}
