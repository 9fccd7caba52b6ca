//! Waiting for sockets, for threads that may sleep.
//!
//! Hot threads do not come here. They call `poll` on each of their connections in a loop: a read
//! that finds nothing is one system call, while asking epoll first and then reading is two, and the
//! answer is older by one of them. Control threads (start-up, the emulator, the dashboard) would
//! burn a core that way, so they block in a [`Waiter`] until something has happened and then poll
//! just the same.
//!
//! *Invariant:* a wake-up is a hint. Readiness is edge-triggered and may be missed or idle, so
//! every wait has a timeout and every wake-up ends in non-blocking polls.

use std::io::{self, ErrorKind};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use crate::http::{HttpConnection, ServerConnection};
use crate::tcp::{TcpAcceptor, TcpLink};
use crate::websocket::{WsClient, WsConnection};

/// Something that a [`Waiter`] can watch.
pub trait Watch {
    /// The link to watch now, if there is one. A reconnect makes a new one: watch again.
    fn watched(&mut self) -> Option<&mut TcpLink>;
}

impl Watch for TcpLink {
    fn watched(&mut self) -> Option<&mut TcpLink> {
        Some(self)
    }
}

impl Watch for HttpConnection {
    fn watched(&mut self) -> Option<&mut TcpLink> {
        self.link()
    }
}

impl Watch for ServerConnection {
    fn watched(&mut self) -> Option<&mut TcpLink> {
        Some(self.link())
    }
}

impl Watch for WsConnection {
    fn watched(&mut self) -> Option<&mut TcpLink> {
        Some(self.link())
    }
}

impl Watch for WsClient {
    fn watched(&mut self) -> Option<&mut TcpLink> {
        self.link()
    }
}

/// Blocks until one of the watched sockets may have something to do.
#[derive(Debug)]
pub struct Waiter {
    poll: Poll,
    events: Events,
}

impl Waiter {
    /// A waiter that watches nothing.
    ///
    /// # Errors
    /// The kernel's reason, such as too many open files.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(256) })
    }

    /// Watches a connection from now on; it is forgotten when its socket is closed. Watching one
    /// that is watched already changes nothing.
    ///
    /// # Errors
    /// The kernel's reason.
    pub fn watch(&mut self, what: &mut impl Watch) -> io::Result<()> {
        let Some(link) = what.watched() else { return Ok(()) };
        let both = Interest::READABLE | Interest::WRITABLE;
        already_is_fine(self.poll.registry().register(link.source(), Token(0), both))
    }

    /// Watches a connection no longer; needed only before another waiter is to watch it.
    pub fn forget(&mut self, what: &mut impl Watch) {
        if let Some(link) = what.watched() {
            // Fails only for a link that is not watched, which is what was asked for.
            let _ = self.poll.registry().deregister(link.source());
        }
    }

    /// Watches for peers that connect.
    ///
    /// # Errors
    /// The kernel's reason.
    pub fn watch_acceptor(&mut self, acceptor: &mut TcpAcceptor) -> io::Result<()> {
        let registry = self.poll.registry();
        already_is_fine(registry.register(acceptor.source(), Token(0), Interest::READABLE))
    }

    /// Sleeps until something may have happened, or for `timeout`. Then poll everything.
    ///
    /// # Errors
    /// The kernel's reason; an interrupted wait is a wake-up, not an error.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

fn already_is_fine(registered: io::Result<()>) -> io::Result<()> {
    match registered {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
