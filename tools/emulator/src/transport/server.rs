//! All connections and the one poll that watches them.

use super::http_peer::HttpPeer;
use super::socket::Socket;
use super::tap::Taps;
use super::ws_peer::WsPeer;
use super::{Conn, Limits, Reply, Request, Spoilt, TlsAcceptor};
use crate::faults::line::Death;
use crate::faults::parting::Parting;
use crate::faults::trigger::{Armed, Triggers};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use st0ck_net::http::render_response;
use st0ck_net::websocket::WsSendError;
use st0ck_types::Nanos;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tungstenite::handshake::derive_accept_key;

const LISTENER: Token = Token(0);
/// Events taken from the kernel at once.
const EVENTS: usize = 256;
/// Bytes asked of the kernel in one read.
const READ_CHUNK: usize = 16 << 10;
/// Reads of one connection in one poll: a fast peer must not keep the others waiting.
const READS_PER_POLL: usize = 8;
/// How often the connections are looked over for what time alone brings about.
const TEND_EVERY: Duration = Duration::from_millis(100);

/// What came in, in order.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A request, to be answered with [`Server::reply`] or [`Server::upgrade`].
    Request(Conn, Request),
    /// A websocket message.
    Message(Conn, Vec<u8>),
    /// A websocket's peer is gone, or its closing handshake has begun.
    Left(Conn),
}

enum Protocol {
    Http(Box<HttpPeer>),
    Ws(Box<WsPeer>),
}

impl Protocol {
    /// Bytes that wait to be written.
    fn pending(&mut self) -> usize {
        match self {
            Self::Http(http) => http.pending(),
            Self::Ws(ws) => ws.pending(),
        }
    }
}

struct Peer {
    socket: Socket,
    protocol: Protocol,
    /// Whether [`Arrived::Left`] was told.
    left: bool,
    /// How it ends as soon as what waits is written.
    doom: Option<Death>,
}

/// The loopback server.
pub(crate) struct Server {
    poll: Poll,
    events: Events,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    peers: BTreeMap<Conn, Peer>,
    next: Conn,
    /// Connections that may have bytes to read.
    readable: BTreeSet<Conn>,
    /// Whether somebody may wait at the door: the kernel tells it once.
    knocking: bool,
    /// Connections to be flushed or closed.
    dirty: BTreeSet<Conn>,
    chunk: Box<[u8]>,
    tended_at: Instant,
    /// On when faults act on connections.
    taps: Option<Taps>,
    /// Connections that a fault has ended in order.
    partings: Vec<Parting>,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 lets the system choose.
    pub(crate) fn bind(port: u16, limits: Limits) -> io::Result<Self> {
        let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            listener,
            tls: None,
            limits,
            peers: BTreeMap::new(),
            next: LISTENER.0 + 1,
            readable: BTreeSet::new(),
            knocking: false,
            dirty: BTreeSet::new(),
            chunk: vec![0; READ_CHUNK].into_boxed_slice(),
            tended_at: Instant::now(),
            taps: None,
            partings: Vec::new(),
        })
    }

    /// Lets faults act on the connections. Without any, nothing changes.
    pub(crate) fn tap(&mut self, triggers: Triggers, now: Nanos) {
        self.taps = (!triggers.all().is_empty()).then(|| Taps::new(triggers, now));
    }

    /// The faults of connections.
    pub(crate) fn taps(&self) -> &[Armed] {
        self.taps.as_ref().map_or(&[], |taps| taps.triggers.all())
    }

    /// The faults of connections, told what session time it is.
    pub(crate) fn taps_at(&mut self, now: Nanos) -> Option<&mut Triggers> {
        self.taps.as_mut().map(|taps| {
            taps.now = now;
            &mut taps.triggers
        })
    }

    /// Speaks TLS on every connection from now on.
    pub(crate) fn speak_tls(&mut self, acceptor: TlsAcceptor) {
        self.tls = Some(acceptor);
    }

    /// The port listened on.
    pub(crate) fn port(&self) -> io::Result<u16> {
        self.listener.local_addr().map(|addr| addr.port())
    }

    /// Waits at most `timeout` for something to happen, reads, and tells what came.
    pub(crate) fn poll(&mut self, timeout: Duration, arrived: &mut Vec<Arrived>) -> io::Result<()> {
        let mut timeout = if self.readable.is_empty() { timeout } else { Duration::ZERO };
        if let Some(sooner) = self.taps.as_mut().and_then(|t| t.wait(timeout, Instant::now())) {
            timeout = sooner;
            self.dirty.extend(self.peers.keys());
        }
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => result?,
        }
        for event in &self.events {
            if event.token() == LISTENER {
                self.knocking = true;
                continue;
            }
            // Errors and hang-ups are found by reading, after what came before them.
            self.readable.insert(event.token().0);
            self.dirty.insert(event.token().0);
        }
        if self.knocking {
            self.accept();
        }
        let now = Instant::now();
        for conn in std::mem::take(&mut self.readable) {
            self.read(conn, now, arrived);
        }
        if now.duration_since(self.tended_at) >= TEND_EVERY {
            self.tended_at = now;
            self.dirty.extend(self.peers.keys());
            if self.taps.is_some() {
                self.readable.extend(self.peers.keys());
            }
        }
        self.flush(arrived);
        Ok(())
    }

    /// Sends what waits and drops the connections that are over.
    pub(crate) fn flush(&mut self, arrived: &mut Vec<Arrived>) {
        let now = Instant::now();
        for conn in std::mem::take(&mut self.dirty) {
            let Some(peer) = self.peers.get_mut(&conn) else { continue };
            if let Some(taps) = &mut self.taps {
                peer.socket.allowance = taps.before(conn, peer.protocol.pending(), now);
                if taps.is_deaf(conn) && peer.socket.allowance == 0 {
                    continue;
                }
            }
            let allowed = peer.socket.allowance;
            let (over, left) = match &mut peer.protocol {
                Protocol::Http(http) => (http.tend(&mut peer.socket, now, &self.limits), false),
                Protocol::Ws(ws) => {
                    let over = ws.tend(&mut peer.socket, now, &self.limits);
                    (over, over || ws.is_leaving())
                }
            };
            let written = allowed - peer.socket.allowance;
            let cut = self.taps.as_mut().and_then(|taps| taps.after(conn, written, now));
            let doom = cut.or(peer.doom.filter(|_| peer.protocol.pending() == 0));
            if doom == Some(Death::Reset) {
                peer.socket.reset_on_close();
            }
            let (over, left) = match &peer.protocol {
                _ if doom.is_none() => (over, left),
                Protocol::Http(_) => (true, false),
                Protocol::Ws(_) => (true, true),
            };
            if left && !peer.left {
                peer.left = true;
                arrived.push(Arrived::Left(conn));
            }
            if over {
                let gone = self.drop_peer(conn).filter(|_| doom == Some(Death::End));
                self.partings.extend(gone.map(|peer| Parting::new([peer.socket.stream], now)));
            }
        }
        self.partings.retain_mut(|parting| parting.turn(now));
    }

    /// Answers the oldest request of a connection. Whether the connection is still there.
    pub(crate) fn reply(&mut self, conn: Conn, reply: &Reply) -> bool {
        let Some(Peer { protocol: Protocol::Http(http), .. }) = self.peers.get_mut(&conn) else {
            return false;
        };
        let waited = http.may_hold_more();
        http.reply(reply);
        self.dirty.insert(conn);
        // The kernel tells of what comes from now on. What was left unread it does not tell again.
        if waited {
            self.readable.insert(conn);
        }
        true
    }

    /// Answers the oldest request of a connection as faults left it. Whether anything was said.
    pub(crate) fn reply_spoilt(&mut self, conn: Conn, spoilt: &Spoilt) -> bool {
        let Some(Peer { protocol: Protocol::Http(http), doom, .. }) = self.peers.get_mut(&conn)
        else {
            return false;
        };
        http.reply_spoilt(spoilt);
        *doom = spoilt.death;
        self.dirty.insert(conn);
        self.readable.insert(conn);
        spoilt.reply.is_some() && spoilt.keep > 0
    }

    /// Takes a connection whose last request asked for it up to a websocket.
    pub(crate) fn upgrade(&mut self, conn: Conn, key: &str) {
        let Some(peer) = self.peers.get_mut(&conn) else { return };
        let accept = derive_accept_key(key.as_bytes());
        let fields = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Accept", accept.as_str()),
        ];
        let mut answer = Vec::new();
        render_response(&mut answer, 101, &fields, b"", true)
            .expect("the fields are ours, and sendable");
        let fresh = Protocol::Http(Box::new(HttpPeer::new(&self.limits)));
        if let Protocol::Http(http) = std::mem::replace(&mut peer.protocol, fresh) {
            let ws = WsPeer::new(&answer, http.into_tail(), &self.limits, Instant::now());
            peer.protocol = Protocol::Ws(Box::new(ws));
        }
        self.dirty.insert(conn);
        self.readable.insert(conn);
    }

    /// Queues a websocket message. `urgent` ones (acknowledgements, errors) have a little room of
    /// their own, so that a slow client can still be told that it is one.
    pub(crate) fn send(
        &mut self,
        conn: Conn,
        data: &[u8],
        binary: bool,
        urgent: bool,
    ) -> Result<(), WsSendError> {
        let ws = self.websocket(conn).ok_or(WsSendError::NotOpen)?;
        ws.send(data, binary, urgent)?;
        self.dirty.insert(conn);
        Ok(())
    }

    /// Begins the closing handshake of a websocket.
    pub(crate) fn close(&mut self, conn: Conn, code: u16, reason: &'static str) {
        if let Some(ws) = self.websocket(conn) {
            ws.close(code, reason, Instant::now());
            self.dirty.insert(conn);
        }
    }

    fn websocket(&mut self, conn: Conn) -> Option<&mut WsPeer> {
        match &mut self.peers.get_mut(&conn)?.protocol {
            Protocol::Ws(ws) => Some(ws),
            Protocol::Http(_) => None,
        }
    }

    /// Lets everybody in who waits. Without a descriptor to spare they wait on, and are looked for
    /// again whenever something happens.
    fn accept(&mut self) {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => {
                    self.knocking = error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            };
            if self.peers.len() >= self.limits.connections {
                continue;
            }
            let conn = self.next;
            self.next += 1;
            let interest = Interest::READABLE | Interest::WRITABLE;
            if self.poll.registry().register(&mut stream, Token(conn), interest).is_err() {
                continue;
            }
            let Ok(tls) = self.tls.as_ref().map(TlsAcceptor::accept).transpose() else { continue };
            if let Ok(socket) = Socket::new(stream, tls) {
                let protocol = Protocol::Http(Box::new(HttpPeer::new(&self.limits)));
                self.peers.insert(conn, Peer { socket, protocol, left: false, doom: None });
                self.readable.insert(conn);
                self.dirty.insert(conn);
                if let Some(taps) = &mut self.taps {
                    taps.meet(conn);
                }
            }
        }
    }

    fn read(&mut self, conn: Conn, now: Instant, arrived: &mut Vec<Arrived>) {
        let Some(Peer { socket, protocol, left, .. }) = self.peers.get_mut(&conn) else { return };
        self.dirty.insert(conn);
        // What is half open is looked at again when all are.
        if self.taps.as_ref().is_some_and(|taps| taps.is_deaf(conn)) {
            return;
        }
        let heard = socket.heard;
        let (mut more, mut leaving) = (true, false);
        for _ in 0..READS_PER_POLL {
            more = match protocol {
                Protocol::Http(http) => {
                    let mut requests = Vec::new();
                    http.parse(now, &mut requests);
                    let more = http.read(socket, &mut self.chunk, now, &mut requests);
                    arrived.extend(requests.into_iter().map(|r| Arrived::Request(conn, r)));
                    more
                }
                Protocol::Ws(ws) => {
                    let mut messages = Vec::new();
                    ws.take_messages(now, &mut messages);
                    let more = ws.read(socket, &mut self.chunk, now, &mut messages);
                    arrived.extend(messages.into_iter().map(|m| Arrived::Message(conn, m)));
                    leaving = ws.is_leaving();
                    more
                }
            };
            if !more {
                break;
            }
        }
        if let Some(taps) = &mut self.taps {
            taps.heard(conn, socket.heard.wrapping_sub(heard), now);
        }
        if leaving && !*left {
            *left = true;
            arrived.push(Arrived::Left(conn));
        }
        if more {
            self.readable.insert(conn);
        }
    }

    fn drop_peer(&mut self, conn: Conn) -> Option<Peer> {
        self.readable.remove(&conn);
        if let Some(taps) = &mut self.taps {
            taps.forget(conn);
        }
        let mut peer = self.peers.remove(&conn)?;
        // The descriptor is closed soon, which deregisters it anyway.
        let _ = self.poll.registry().deregister(&mut peer.socket.stream);
        Some(peer)
    }
}
