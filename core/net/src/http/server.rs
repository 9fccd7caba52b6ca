//! The accepting end of a connection: requests in, responses out, and the way up to a websocket.
//!
//! The loopback emulator and the dashboard serve with it, one [`ServerConnection`] per peer; tests
//! of the client talk to it.
//!
//! *Invariant:* requests are answered in order: the next one is looked at when this one has been.

use std::io::Write;

use super::wire::{push_field, push_length};
use super::{HttpError, Incoming, Limits, RequestParser};
use crate::out_buffer::{Full, OutBuffer};
use crate::tcp::{ReadOutcome, TcpLink};

/// Bytes asked of the kernel in one read.
const READ_CHUNK: usize = 16 << 10;
/// Nanoseconds for a request to arrive whole once it has begun, for a peer to read its answer, and
/// for it to close its side afterwards.
const PATIENCE_NS: u64 = 10_000_000_000;
/// Bytes of responses that may wait for a peer that does not read.
const MAX_PENDING: usize = 32 << 20;

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// Nothing new.
    Quiet,
    /// A request waits in [`ServerConnection::request`]: answer it, or take it up to a websocket.
    Request,
    /// The connection is over: drop it.
    Closed,
}

/// One connection from a client.
#[derive(Debug)]
pub struct ServerConnection {
    link: TcpLink,
    parser: RequestParser,
    chunk: Box<[u8]>,
    /// The part of `chunk` that has been read but belongs to a later message.
    unread: (usize, usize),
    out: OutBuffer,
    /// Close once `out` is empty.
    closing: bool,
    /// Since when the peer has been owing something.
    owing_since_ns: Option<u64>,
}

impl ServerConnection {
    /// Serves an accepted link.
    #[must_use]
    pub fn new(link: TcpLink, limits: Limits) -> Self {
        Self {
            link,
            parser: RequestParser::new(limits),
            chunk: vec![0; READ_CHUNK].into_boxed_slice(),
            unread: (0, 0),
            out: OutBuffer::new(MAX_PENDING),
            closing: false,
            owing_since_ns: None,
        }
    }

    /// Sends what waits and reads what has come. What is no request is answered with 400, 413, 431
    /// or 501, and the connection ends; so does one whose peer dawdles for 10 s inside a request or
    /// an answer. (A peer that merely keeps the connection may stay.)
    pub fn poll(&mut self, now_ns: u64) -> ServerEvent {
        if self.parser.is_whole() {
            return ServerEvent::Request;
        }
        let event = self.advance();
        let owing = self.closing || self.parser.has_begun() || !self.out.is_empty();
        if event != ServerEvent::Quiet || !owing {
            self.owing_since_ns = None;
            return event;
        }
        let since = *self.owing_since_ns.get_or_insert(now_ns);
        if now_ns.saturating_sub(since) < PATIENCE_NS { event } else { ServerEvent::Closed }
    }

    /// The request that waits for its answer.
    #[must_use]
    pub fn request(&self) -> Option<Incoming<'_>> {
        self.parser.request()
    }

    /// Answers the request and hands the kernel what it takes at once. The connection closes
    /// afterwards if the client wished so. A field that cannot be sent makes it a bare 500.
    ///
    /// # Errors
    /// [`Full`] when the peer has left too many answers unread; the connection is then of no use.
    pub fn respond(
        &mut self,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(), Full> {
        let keep_alive = self.parser.request().is_some_and(|request| request.keep_alive);
        self.closing |= !keep_alive;
        let mut message = Vec::with_capacity(256 + body.len());
        if render_response(&mut message, status, headers, body, keep_alive).is_err() {
            message.clear();
            bare_response(&mut message, 500);
            self.closing = true;
        }
        self.parser.reset();
        self.out.push(&message)?;
        // An error here closes the link, and the next poll finds it so.
        let _ = self.link.flush(&mut self.out);
        Ok(())
    }

    /// Ends the connection once what waits has been sent.
    pub fn finish(&mut self) {
        self.closing = true;
    }

    /// Gives up the connection with what was read beyond the request: the way to a websocket.
    #[must_use]
    pub(crate) fn into_parts(self) -> (TcpLink, Vec<u8>) {
        let tail = self.chunk[self.unread.0..self.unread.1].to_vec();
        (self.link, tail)
    }

    /// The link, for a control thread that waits on it.
    pub(crate) fn link(&mut self) -> &mut TcpLink {
        &mut self.link
    }

    fn advance(&mut self) -> ServerEvent {
        match self.link.flush(&mut self.out) {
            Err(_) => return ServerEvent::Closed,
            Ok(false) => return ServerEvent::Quiet,
            Ok(true) if self.closing => return self.linger(),
            Ok(true) => {}
        }
        if self.unread.0 == self.unread.1 {
            match self.link.read(&mut self.chunk) {
                Ok(ReadOutcome::Data(count)) => self.unread = (0, count),
                Ok(ReadOutcome::Idle) => return ServerEvent::Quiet,
                Ok(ReadOutcome::Eof) | Err(_) => return ServerEvent::Closed,
            }
        }
        match self.parser.feed(&self.chunk[self.unread.0..self.unread.1]) {
            Ok(taken) => self.unread.0 += taken,
            Err(error) => self.refuse(error),
        }
        if self.parser.is_whole() { ServerEvent::Request } else { ServerEvent::Quiet }
    }

    fn refuse(&mut self, error: HttpError) {
        let status = match error {
            HttpError::HeadTooLarge { .. } | HttpError::TooManyHeaders => 431,
            HttpError::BodyTooLarge { .. } => 413,
            HttpError::UnknownCoding => 501,
            _ => 400,
        };
        bare_response(self.out.start(), status);
        self.closing = true;
    }

    /// Everything is sent. Closing now with bytes unread would make the kernel reset the connection
    /// and the peer might lose the answer, so read until the peer closes too.
    fn linger(&mut self) -> ServerEvent {
        self.link.shutdown_write();
        match self.link.read(&mut self.chunk) {
            Ok(ReadOutcome::Data(_) | ReadOutcome::Idle) => ServerEvent::Quiet,
            Ok(ReadOutcome::Eof) | Err(_) => ServerEvent::Closed,
        }
    }
}

/// Appends a response to `out`: status line, `Content-Length`, `headers`, body. A 204 has no body
/// and no length.
///
/// # Errors
/// [`HttpError::Unsendable`] when a field holds what HTTP forbids; `out` may then hold a part.
pub fn render_response(
    out: &mut Vec<u8>,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
    keep_alive: bool,
) -> Result<(), HttpError> {
    status_line(out, status);
    for (name, value) in headers {
        push_field(out, name, value)?;
    }
    if !keep_alive {
        push_field(out, "Connection", "close")?;
    }
    let has_body = status >= 200 && status != 204 && status != 304;
    if has_body {
        push_length(out, body.len());
    }
    out.extend_from_slice(b"\r\n");
    if has_body {
        out.extend_from_slice(body);
    }
    Ok(())
}

/// A response without fields or body of its own, after which the connection ends.
fn bare_response(out: &mut Vec<u8>, status: u16) {
    status_line(out, status);
    out.extend_from_slice(b"Connection: close\r\nContent-Length: 0\r\n\r\n");
}

fn status_line(out: &mut Vec<u8>, status: u16) {
    write!(out, "HTTP/1.1 {status} {}\r\n", reason(status)).expect("writing to a Vec cannot fail");
}

/// The customary phrase; clients do not read it.
fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        204 => "No Content",
        207 => "Multi-Status",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
