//! Websockets (RFC 6455), both ends, over `tungstenite`'s protocol machine.
//!
//! * [`Session`] is the machine without a socket: bytes in, frames out.
//! * [`WsConnection`] puts it on a link; [`WsClient`] adds connecting and the opening handshake,
//!   [`accept`] the server's side of it.
//!
//! The opening handshake is this crate's own, on the HTTP parsers: `tungstenite`'s refuses a peer
//! that sends in small pieces and prints the request, credentials and all, at trace level. Note
//! that `tungstenite` also traces the text of messages: whoever installs a logger must cap the
//! target `tungstenite` at debug.
//!
//! Receiving allocates little: the payload is a view into `tungstenite`'s buffer, which it reuses
//! when the view is gone, as it is by the next frame. Sending allocates once per message. Neither
//! happens on the core's thread.
//!
//! *Invariant:* messages, frames and what waits to be sent are bounded; beyond a bound the
//! connection is closed with 1009, or the send refused.

mod client;
mod connection;
mod handshake;
mod pipe;
mod session;

pub use client::WsClient;
pub use connection::WsConnection;
pub use handshake::{NotUpgraded, UpgradeError, accept};
pub use session::{Frame, Session, SessionError};

use crate::tcp::LinkError;

/// The peer has what it needs and says goodbye (RFC 6455 §7.4.1).
pub const CLOSE_NORMAL: u16 = 1000;
/// The peer goes away: a restart, or a page left.
pub const CLOSE_GOING_AWAY: u16 = 1001;
/// The other side broke the protocol.
pub const CLOSE_PROTOCOL: u16 = 1002;
/// A close frame without a code. Never sent.
pub const CLOSE_NO_STATUS: u16 = 1005;
/// A text message that is not UTF-8.
pub const CLOSE_INVALID_TEXT: u16 = 1007;
/// A message or frame beyond the bound.
pub const CLOSE_TOO_LARGE: u16 = 1009;

/// How a connection behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WsConfig {
    /// Bytes of a message put together from its fragments; 1 MiB unless told.
    pub max_message: usize,
    /// Bytes of a frame's payload; 1 MiB unless told.
    pub max_frame: usize,
    /// Bytes that may wait for a peer that reads slowly; 256 KiB unless told.
    pub max_pending: usize,
    /// Bytes asked of the kernel in one read; 64 KiB unless told.
    pub read_chunk: usize,
    /// Nanoseconds for connecting and the opening handshake together; 10 s unless told.
    pub open_timeout_ns: u64,
    /// Nanoseconds to wait for the peer's half of the closing handshake; 1 s unless told.
    pub close_timeout_ns: u64,
}

impl Default for WsConfig {
    fn default() -> Self {
        Self {
            max_message: 1 << 20,
            max_frame: 1 << 20,
            max_pending: 256 << 10,
            read_chunk: 64 << 10,
            open_timeout_ns: 10_000_000_000,
            close_timeout_ns: 1_000_000_000,
        }
    }
}

/// What a poll found, in the order in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WsEvent<'a> {
    /// The opening handshake is done: messages may be sent. (A server's connection is born open.)
    Open,
    /// A message.
    Message {
        /// Its payload. Text has been checked to be UTF-8.
        data: &'a [u8],
        /// Whether it came as binary rather than text.
        binary: bool,
        /// The caller's stamp, taken right after the read that brought its last byte.
        t_read: i64,
    },
    /// The peer answered a ping (or sent a pong unasked).
    Pong {
        /// The ping's payload.
        data: &'a [u8],
        /// As for a message.
        t_read: i64,
    },
    /// No more messages will come and none can be sent. Told once. Polling may go on until
    /// `is_finished`, which lets the closing handshake end in order; dropping the connection at
    /// once is allowed, and may cost the peer the close code.
    Closed(CloseCause<'a>),
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseCause<'a> {
    /// The peer closed in order, with this code ([`CLOSE_NO_STATUS`] when it gave none).
    #[error("closed by the peer with {code} {reason:?}")]
    Peer {
        /// The close code.
        code: u16,
        /// The peer's words.
        reason: &'a str,
    },
    /// This side closed with this code: asked to, or because the peer broke a rule
    /// ([`CLOSE_PROTOCOL`], [`CLOSE_INVALID_TEXT`], [`CLOSE_TOO_LARGE`]).
    #[error("closed by this side with {code}")]
    Local {
        /// The close code.
        code: u16,
    },
    /// The server answered the opening handshake with something else than 101.
    #[error("the server refused the websocket with HTTP status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The body of the answer.
        body: &'a [u8],
    },
    /// The answer to the opening handshake is no valid one.
    #[error("the opening handshake failed: {0}")]
    Handshake(&'a UpgradeError),
    /// Connecting or the opening handshake took too long.
    #[error("the websocket did not open in time")]
    OpenTimeout,
    /// No connection was made.
    #[error("cannot connect: {0}")]
    Connect(LinkError),
    /// The connection broke, or the peer left without a close frame (`UnexpectedEof`).
    #[error("the connection broke: {0}")]
    Lost(LinkError),
}

/// Why a message was not taken. Nothing of it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WsSendError {
    /// Not open yet, or closing, or closed.
    #[error("the websocket is not open")]
    NotOpen,
    /// What waits already, plus this, would pass [`WsConfig::max_pending`].
    #[error(transparent)]
    Full(#[from] crate::out_buffer::Full),
}
