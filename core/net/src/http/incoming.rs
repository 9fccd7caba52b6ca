//! An HTTP request as a server reads it, piece by piece.
//!
//! [`ServerConnection`](super::ServerConnection) feeds it; tests of the client feed it what the
//! client rendered.
//!
//! *Invariant:* sans I/O. It takes no byte beyond its message, so a pipelined request, or the first
//! websocket frame after an upgrade, is still the caller's.

use super::body::{self, Framing};
use super::head::{Headers, RequestLine};
use super::message::Message;
use super::{HttpError, Limits};

/// A whole request, borrowed from its parser.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The method as sent, such as `GET`.
    pub method: &'a str,
    /// The target as sent: path and query, not decoded.
    pub target: &'a str,
    /// The header fields.
    pub headers: Headers<'a>,
    /// The body without its transfer coding; empty when there is none.
    pub body: &'a [u8],
    /// Whether the client expects the connection to stay open.
    pub keep_alive: bool,
}

impl<'a> Incoming<'a> {
    /// The target up to the `?`.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// The target after the `?`; empty when there is none.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Whether the client asks to go on as a websocket (RFC 6455 §4.2.1).
    #[must_use]
    pub fn wants_websocket(&self) -> bool {
        self.headers.has_token("upgrade", "websocket")
            && self.headers.has_token("connection", "upgrade")
    }
}

/// Reads one request after another; [`RequestParser::reset`] between them.
#[derive(Debug)]
pub struct RequestParser {
    message: Message,
    line: RequestLine,
    keep_alive: bool,
}

impl RequestParser {
    /// A parser at the start of a request. Its buffers grow as needed, up to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { message: Message::new(limits), line: RequestLine::default(), keep_alive: false }
    }

    /// Forgets the last request and awaits the next; buffers keep their room.
    pub fn reset(&mut self) {
        self.message.reset();
    }

    /// Takes bytes up to the end of the request and returns how many; fewer than given only when
    /// the request is whole.
    ///
    /// # Errors
    /// Why this is no request within the limits. The connection is then of no more use.
    pub fn feed(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let Self { message, line, keep_alive } = self;
        message.feed(input, |head| {
            *line = head.parse_request()?;
            *keep_alive = line.version == 1 && !head.headers().has_token("connection", "close");
            // A request that declares no length has no body: only responses end with the stream.
            Ok(Some(body::declared(head.headers())?.unwrap_or(Framing::Length(0))))
        })
    }

    /// Whether any byte of a request has been seen since the last reset.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.message.has_begun()
    }

    /// Whether the request is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.message.is_whole()
    }

    /// The request, once it is whole.
    #[must_use]
    pub fn request(&self) -> Option<Incoming<'_>> {
        self.is_whole().then(|| Incoming {
            method: self.message.head.text(self.line.method),
            target: self.message.head.text(self.line.target),
            headers: self.message.headers(),
            body: self.message.body(),
            keep_alive: self.keep_alive,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RequestParser;
    use crate::http::{HttpError, Limits};

    fn parse(wire: &[u8]) -> Result<RequestParser, HttpError> {
        let mut parser = RequestParser::new(Limits { head: 512, body: 64 });
        parser.feed(wire)?;
        Ok(parser)
    }

    #[test]
    fn every_split_of_a_request_reads_the_same() {
        let wire = b"POST /v2/orders?x=1&y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        for at in 0..=wire.len() {
            let mut parser = RequestParser::new(Limits::default());
            parser.feed(&wire[..at]).unwrap();
            assert_eq!(parser.has_begun(), at > 0);
            parser.feed(&wire[at..]).unwrap();
            let request = parser.request().unwrap();
            assert_eq!((request.method, request.path()), ("POST", "/v2/orders"));
            assert_eq!((request.query(), request.body), ("x=1&y", &b"{}"[..]));
            assert!(request.keep_alive && !request.wants_websocket());
        }
    }

    #[test]
    fn a_request_without_a_length_has_no_body() {
        let mut parser = RequestParser::new(Limits::default());
        let wire = b"GET / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n";
        let taken = parser.feed(wire).unwrap();
        assert_eq!(&wire[taken..], b"GET /next HTTP/1.1\r\n\r\n");
        assert_eq!(parser.request().unwrap().query(), "");
    }

    #[test]
    fn a_websocket_is_asked_for_by_two_fields() {
        let ask = |fields: &str| {
            let parser = parse(format!("GET /s HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes()).unwrap();
            parser.request().unwrap().wants_websocket()
        };
        assert!(ask("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade"));
        assert!(!ask("Upgrade: websocket"));
        assert!(!ask("Connection: Upgrade"));
    }

    #[test]
    fn smuggling_and_oversize_are_refused() {
        let wrong = |wire: &str| parse(wire.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(
            wrong("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            HttpError::AmbiguousLength
        );
        assert_eq!(
            wrong("POST / HTTP/1.1\r\nContent-Length: 65\r\n\r\n"),
            HttpError::BodyTooLarge { limit: 64 }
        );
        assert!(matches!(wrong("GET /\x01 HTTP/1.1\r\n\r\n"), HttpError::BadHead(_)));
        assert!(matches!(wrong("GET\r\n\r\n"), HttpError::BadHead(_)));
    }
}
