//! Several warm connections to one endpoint.
//!
//! The gateway's adapter owns one pool per account and endpoint: an order must never wait for a
//! handshake, nor a cancel for an order's answer.
//!
//! *Invariant:* a request goes to one connection, once. The pool repeats nothing; it only brings
//! connections back, at the pace that [`Reconnect`] allows.
//! *Invariant:* the last `reserved` idle connections are for [`Lane::Cancel`].

use super::{
    HeaderBlock, HttpConfig, HttpConnection, HttpError, HttpEvent, HttpFailure, JsonPost, Request,
    Response, Rest, SendRefused,
};
use crate::endpoint::{Endpoint, Remote};
use crate::reconnect::Reconnect;

/// How a pool behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// Connections to keep, at least 1.
    pub connections: usize,
    /// How many of them only cancels may use; fewer than `connections`.
    pub reserved: usize,
    /// Nanoseconds a request may take; 5 s unless told.
    pub request_timeout_ns: u64,
    /// How each connection behaves.
    pub connection: HttpConfig,
    /// Seeds the jitter of reconnects.
    pub seed: u64,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            connections: 4,
            reserved: 1,
            request_timeout_ns: 5_000_000_000,
            connection: HttpConfig::default(),
            seed: 0,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Anything but a cancel: leaves the reserved connections alone.
    Normal,
    /// A cancel, or what else reduces risk: may take any connection.
    Cancel,
}

/// A request that was taken. Its outcome comes exactly once, from [`HttpPool::poll`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What became of a request.
pub type Outcome<'a> = Result<Response<'a>, HttpFailure>;

/// One connection and its place in the world.
struct Slot {
    connection: HttpConnection,
    reconnect: Reconnect,
    ticket: Option<Ticket>,
}

/// A pool of warm connections.
pub struct HttpPool {
    endpoint: Endpoint,
    slots: Vec<Slot>,
    fixed: HeaderBlock,
    config: PoolConfig,
    next_ticket: u64,
    next_probe: usize,
}

impl HttpPool {
    /// A pool whose connections are down; [`HttpPool::poll`] brings them up. `fixed` are the fields
    /// of every request: credentials, `Accept`.
    #[must_use]
    pub fn new(remote: &Remote, fixed: HeaderBlock, config: PoolConfig) -> Self {
        let slots = (0..config.connections.max(1))
            .map(|index| Slot {
                connection: HttpConnection::new(remote.clone(), config.connection),
                reconnect: Reconnect::new(config.seed.wrapping_add(index as u64)),
                ticket: None,
            })
            .collect();
        let endpoint = remote.endpoint.clone();
        Self { endpoint, slots, fixed, config, next_ticket: 1, next_probe: 0 }
    }

    /// Connections that could take a request now.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.slots.iter().filter(|slot| slot.connection.is_idle()).count()
    }

    /// Requests that await their outcome.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.slots.iter().filter(|slot| slot.ticket.is_some()).count()
    }

    /// Sends `request` on an idle connection.
    ///
    /// # Errors
    /// [`SendRefused::NotIdle`] when this lane has no connection now: ask again later.
    /// [`SendRefused::Invalid`] when the request can never be sent. Either way nothing was.
    pub fn try_send(
        &mut self,
        now_ns: u64,
        request: &Request<'_>,
        lane: Lane,
    ) -> Result<Ticket, SendRefused> {
        let deadline_ns = now_ns.saturating_add(self.config.request_timeout_ns);
        let at = self.idle_for(lane)?;
        self.slots[at].connection.send(request, &self.fixed, deadline_ns)?;
        Ok(self.took(at))
    }

    /// A request of this pool that only wants a body, for [`HttpPool::try_post`]; the same head serves
    /// for every beginning of a body.
    ///
    /// # Errors
    /// [`HttpError::Unsendable`] for a path that cannot be sent.
    pub fn json_post(&self, path: &str) -> Result<JsonPost, HttpError> {
        JsonPost::new(path, &self.endpoint.authority(), self.endpoint.path(), &self.fixed)
    }

    /// [`HttpPool::try_send`] for a request of which all but the body's rest was rendered before;
    /// `rest` writes that.
    ///
    /// # Errors
    /// [`SendRefused::NotIdle`] when this lane has no connection now; nothing was sent.
    pub fn try_post(
        &mut self,
        now_ns: u64,
        post: &JsonPost,
        lane: Lane,
        rest: impl FnOnce(&mut Rest<'_>),
    ) -> Result<Ticket, SendRefused> {
        let deadline_ns = now_ns.saturating_add(self.config.request_timeout_ns);
        let at = self.idle_for(lane)?;
        self.slots[at].connection.post(post, deadline_ns, rest)?;
        Ok(self.took(at))
    }

    /// The connection for this lane's next request.
    fn idle_for(&self, lane: Lane) -> Result<usize, SendRefused> {
        let reserved = match lane {
            Lane::Normal => self.config.reserved,
            Lane::Cancel => 0,
        };
        if self.idle() <= reserved {
            return Err(SendRefused::NotIdle);
        }
        let first = self.slots.iter().position(|slot| slot.connection.is_idle());
        first.ok_or(SendRefused::NotIdle)
    }

    fn took(&mut self, at: usize) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.slots[at].ticket = Some(ticket);
        ticket
    }

    /// Moves everything that can be moved and tells each outcome; returns how many there were.
    ///
    /// Connections in use are polled every time, of the idle ones a single one in turn: that their
    /// peer has gone must be noticed within a few polls, not at the price of a system call each.
    pub fn poll(&mut self, now_ns: u64, mut on: impl FnMut(Ticket, Outcome<'_>)) -> u32 {
        self.next_probe = (self.next_probe + 1) % self.slots.len();
        let mut outcomes = 0;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.connection.is_idle() && index != self.next_probe {
                continue;
            }
            outcomes += slot.poll(now_ns, &mut on);
        }
        outcomes
    }

    /// Closes every connection. Requests in flight are forgotten without an outcome.
    pub fn close(&mut self) {
        for slot in &mut self.slots {
            slot.connection.close();
            slot.ticket = None;
        }
    }
}

impl Slot {
    fn poll(&mut self, now_ns: u64, on: &mut impl FnMut(Ticket, Outcome<'_>)) -> u32 {
        if self.connection.is_down() {
            if self.reconnect.try_begin(now_ns) {
                self.connection.connect(now_ns);
            }
            return 0;
        }
        match self.connection.poll(now_ns) {
            HttpEvent::Quiet => 0,
            HttpEvent::Connected => {
                self.reconnect.connected(now_ns);
                0
            }
            HttpEvent::Disconnected => {
                self.reconnect.lost(now_ns);
                0
            }
            HttpEvent::Failed(failure) => {
                self.reconnect.lost(now_ns);
                settle(self.ticket.take(), Err(failure), on)
            }
            HttpEvent::Response(response) => {
                if response.status < 400 {
                    self.reconnect.served();
                }
                let told = settle(self.ticket.take(), Ok(response), on);
                if self.connection.is_down() {
                    self.reconnect.lost(now_ns);
                }
                told
            }
        }
    }
}

fn settle(
    ticket: Option<Ticket>,
    outcome: Outcome<'_>,
    on: &mut impl FnMut(Ticket, Outcome<'_>),
) -> u32 {
    // A failed attempt to connect has no ticket: it is nobody's outcome.
    let Some(ticket) = ticket else { return 0 };
    on(ticket, outcome);
    1
}
