//! Sockets on one loopback port: HTTP requests and websocket messages in, replies and frames out.
//! Knows nothing of Alpaca.
//!
//! One `mio` poll owns every socket, and one thread owns the poll, so things happen in one order.
//! The protocols are those of `st0ck-net`, sans I/O.
//!
//! *Invariant:* what a peer wrote before it died is read and told before its death is noticed: the
//! book of a broker does not forget an order because its sender was killed.
//! *Invariant:* every buffer is bounded, and a peer that does not read or finish loses its
//! connection, nothing else.

pub(crate) mod gzip;
mod http_peer;
mod server;
mod socket;
mod tap;
mod tls;
mod ws_peer;

#[cfg(test)]
mod tests;

pub(crate) use server::{Arrived, Server};
pub(crate) use tls::TlsAcceptor;
pub use tls::TlsError;

use crate::faults::line::Death;

use std::time::Duration;

/// A connection's number; never used twice.
pub(crate) type Conn = usize;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; further ones are closed as they come.
    pub(crate) connections: usize,
    /// Bytes of a request's head (431 beyond).
    pub(crate) head: usize,
    /// Bytes of a request's body (413 beyond).
    pub(crate) body: usize,
    /// Bytes that may wait for a websocket peer that reads slowly.
    pub(crate) stream_pending: usize,
    /// How long a request may take to arrive, and a dying connection to end.
    pub(crate) patience: Duration,
    /// How long a websocket may be silent before it is pinged; after two such times it is closed.
    pub(crate) silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: 16 << 10,
            body: 1 << 20,
            stream_pending: 1 << 20,
            patience: Duration::from_secs(10),
            silence: Duration::from_secs(30),
        }
    }
}

/// An HTTP request, whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Request {
    /// `GET`, `POST` …
    pub(crate) method: String,
    /// Path, not decoded.
    pub(crate) path: String,
    /// What follows the `?`, not decoded.
    pub(crate) query: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The fields that somebody reads.
    pub(crate) fields: Fields,
    /// When it asks for a websocket.
    pub(crate) upgrade: Option<Upgrade>,
}

/// The header fields that somebody reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fields {
    /// `APCA-API-KEY-ID`.
    pub(crate) key: Option<String>,
    /// `APCA-API-SECRET-KEY`.
    pub(crate) secret: Option<String>,
    /// `Authorization`.
    pub(crate) authorization: Option<Box<str>>,
    /// `Content-Type`.
    pub(crate) content_type: Option<Box<str>>,
    /// Whether `Accept-Encoding` takes gzip.
    pub(crate) accepts_gzip: bool,
    /// `Host`.
    pub(crate) host: Option<Box<str>>,
}

/// A wish to go on as a websocket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Upgrade {
    /// `Sec-WebSocket-Key`; `None` when it is missing or the version is not 13.
    pub(crate) key: Option<String>,
}

/// An HTTP reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Status code.
    pub(crate) status: u16,
    /// `Content-Type`.
    pub(crate) content_type: &'static str,
    /// `X-Request-ID`.
    pub(crate) request_id: String,
    /// Further header fields.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// A reply that does not come whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoilt {
    /// What would have been said; `None` for nothing.
    pub(crate) reply: Option<Reply>,
    /// So many bytes of it leave.
    pub(crate) keep: usize,
    /// How the connection ends behind them; `None`: it stays.
    pub(crate) death: Option<Death>,
}
