//! HTTP/1.1, as far as a broker's REST interface needs it: both ends, without sockets inside.
//!
//! * [`Request`] and [`HeaderBlock`] render a request, [`JsonPost`] one that is sent again and again;
//!   [`ResponseParser`] reads the answer.
//! * [`RequestParser`] and [`render_response`] are the server's half, for the loopback emulator.
//! * [`HttpConnection`] is one keep-alive connection, [`HttpPool`] several that are kept warm,
//!   [`ServerConnection`] the accepting end of one.
//!
//! The rules are those of RFC 9112; where it lets a recipient choose, the strict choice is taken,
//! for a message that two readers may read differently is a way to smuggle one past the other.
//!
//! *Invariant:* every buffer has a limit, in bytes and in fields, and passing it is an error.

mod body;
mod chunked;
mod client;
mod head;
mod incoming;
mod message;
mod pool;
mod post;
mod request;
mod response;
mod server;
pub(crate) mod wire;

pub use client::{FailureKind, HttpConfig, HttpConnection, HttpEvent, HttpFailure, SendRefused};
pub use head::Headers;
pub use incoming::{Incoming, RequestParser};
pub use pool::{HttpPool, Lane, Outcome, PoolConfig, Ticket};
pub use post::{JsonPost, Rest};
pub use request::{Body, HeaderBlock, Method, Request};
pub use response::{Response, ResponseParser};
pub use server::{ServerConnection, ServerEvent, render_response};

/// How large a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the start line and all header fields together; 16 KiB unless told.
    pub head: usize,
    /// Bytes of a body after the transfer coding is taken off; 4 MiB unless told.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: 16 << 10, body: 4 << 20 }
    }
}

/// Why bytes are not the message they should be. After one of these the connection is of no more
/// use: where the next message begins is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The header block is longer than [`Limits::head`].
    #[error("the header block is longer than {limit} bytes")]
    HeadTooLarge {
        /// The limit that was met.
        limit: usize,
    },
    /// More than 64 header fields.
    #[error("more than 64 header fields")]
    TooManyHeaders,
    /// The start line or a field is not HTTP/1.x.
    #[error("malformed header block: {0}")]
    BadHead(httparse::Error),
    /// `Content-Length` is not a number, or is given twice with two values, or beside chunks.
    #[error("the length of the body is ambiguous")]
    AmbiguousLength,
    /// A transfer coding other than `chunked`.
    #[error("the transfer coding is not \"chunked\"")]
    UnknownCoding,
    /// A chunk's size line or ending is malformed.
    #[error("malformed chunk")]
    BadChunk,
    /// The body is longer than [`Limits::body`].
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit that was met.
        limit: usize,
    },
    /// The peer stopped sending inside a message.
    #[error("the message ends early")]
    Truncated,
    /// A target, a field name or a field value that would break the message if it were sent.
    #[error("{0} holds a character that HTTP does not allow there")]
    Unsendable(&'static str),
}
