//! An HTTP response, read piece by piece.
//!
//! [`HttpConnection`](super::HttpConnection) and the websocket client's handshake feed it whatever
//! the socket gave.
//!
//! *Invariant:* sans I/O. It takes no byte beyond its message, so what follows (the next response,
//! or the first websocket frame) is still the caller's.

use super::body::{self, Framing};
use super::head::Headers;
use super::message::Message;
use super::{HttpError, Limits};

/// A whole response, borrowed from its parser.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// The status code, such as 200.
    pub status: u16,
    /// The header fields.
    pub headers: Headers<'a>,
    /// The body without its transfer coding; empty when there is none.
    pub body: &'a [u8],
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
}

/// Reads one response after another; [`ResponseParser::reset`] between them.
#[derive(Debug)]
pub struct ResponseParser {
    message: Message,
    status: u16,
    keep_alive: bool,
}

impl ResponseParser {
    /// A parser at the start of a response. Its buffers grow as needed, up to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { message: Message::new(limits), status: 0, keep_alive: false }
    }

    /// Forgets the last response and awaits the next; buffers keep their room.
    pub fn reset(&mut self) {
        self.message.reset();
    }

    /// Takes bytes up to the end of the response and returns how many; fewer than given only when
    /// the response is whole. Interim responses (100 to 199, 101 aside) are passed over.
    ///
    /// # Errors
    /// Why this is no response within the limits. The connection is then of no more use.
    pub fn feed(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let Self { message, status, keep_alive } = self;
        message.feed(input, |head| {
            let (version, code) = head.parse_response()?;
            if (100..200).contains(&code) && code != 101 {
                return Ok(None);
            }
            let framing = framing(code, head.headers())?;
            *status = code;
            *keep_alive = version == 1
                && !head.headers().has_token("connection", "close")
                && !matches!(framing, Framing::UntilEof);
            Ok(Some(framing))
        })
    }

    /// Says that the peer has stopped sending: the end of a body that is framed by nothing else.
    ///
    /// # Errors
    /// [`HttpError::Truncated`] when the response is not whole.
    pub fn eof(&mut self) -> Result<(), HttpError> {
        self.message.eof()
    }

    /// Whether the response is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.message.is_whole()
    }

    /// The response, once it is whole.
    #[must_use]
    pub fn response(&self) -> Option<Response<'_>> {
        self.is_whole().then(|| Response {
            status: self.status,
            headers: self.message.headers(),
            body: self.message.body(),
            keep_alive: self.keep_alive,
        })
    }
}

/// RFC 9112 §6.3, for responses to any method but HEAD and CONNECT, which this crate never sends.
fn framing(status: u16, headers: Headers<'_>) -> Result<Framing, HttpError> {
    match status {
        // These never have a body, whatever their fields say.
        101 | 204 | 304 => Ok(Framing::Length(0)),
        _ => Ok(body::declared(headers)?.unwrap_or(Framing::UntilEof)),
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseParser;
    use crate::http::{HttpError, Limits};

    const SMALL: Limits = Limits { head: 256, body: 64 };

    /// Status, body, keep-alive and bytes consumed of a response fed in the given pieces.
    fn parse(pieces: &[&[u8]]) -> Result<(u16, Vec<u8>, bool, usize), HttpError> {
        let mut parser = ResponseParser::new(SMALL);
        let mut taken = 0;
        for piece in pieces {
            taken += parser.feed(piece)?;
        }
        if !parser.is_whole() {
            parser.eof()?;
        }
        let response = parser.response().expect("whole by now");
        Ok((response.status, response.body.to_vec(), response.keep_alive, taken))
    }

    #[test]
    fn every_split_of_a_response_reads_the_same() {
        let samples: [(&[u8], u16, &[u8], bool); 8] = [
            (b"HTTP/1.1 200 OK\nContent-Length: 2\n\r\nok", 200, b"ok", true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello", true),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", true),
            (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, b"ok", true),
            (
                b"\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 No\r\nTransfer-Encoding: chunked\
                  \r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n",
                422,
                b"abcde",
                true,
            ),
            (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", 200, b"to the end", false),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, b"x", false),
            (
                b"HTTP/1.1 429\r\nconnection: keep-alive, Close\r\ncontent-length: 0\r\n\r\n",
                429,
                b"",
                false,
            ),
        ];
        for (wire, status, body, keep_alive) in samples {
            let expected = (status, body.to_vec(), keep_alive, wire.len());
            for at in 0..=wire.len() {
                let (head, tail) = wire.split_at(at);
                assert_eq!(parse(&[head, tail]).unwrap(), expected, "split at {at}");
            }
            let bytes: Vec<&[u8]> = wire.chunks(1).collect();
            assert_eq!(parse(&bytes).unwrap(), expected, "byte by byte");
        }
    }

    #[test]
    fn bytes_behind_a_response_stay_the_callers() {
        let first = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
        let second =
            b"HTTP/1.1 201 Created\r\nX-RateLimit-Remaining: 7\r\nContent-Length: 1\r\n\r\nb";
        let wire = [&first[..], &second[..]].concat();
        let mut parser = ResponseParser::new(SMALL);
        assert_eq!(parser.feed(&wire).unwrap(), first.len());
        assert_eq!(parser.feed(&wire[first.len()..]).unwrap(), 0, "a whole response takes no more");
        assert_eq!(parser.response().unwrap().body, b"a");
        parser.reset();
        assert!(parser.response().is_none());
        assert_eq!(parser.feed(&wire[first.len()..]).unwrap(), second.len());
        let response = parser.response().unwrap();
        assert_eq!(response.status, 201);
        assert_eq!(response.headers.text("x-ratelimit-remaining"), Some("7"));
        assert_eq!(response.headers.get("absent"), None);
    }

    #[test]
    fn an_upgrade_leaves_the_first_frame_to_the_caller() {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
        let wire = [&head[..], b"\x81\x02hi"].concat();
        let mut parser = ResponseParser::new(SMALL);
        assert_eq!(parser.feed(&wire).unwrap(), head.len());
        assert_eq!(parser.response().unwrap().status, 101);
    }

    #[test]
    fn a_response_cut_off_anywhere_is_truncated() {
        for wire in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        ] {
            for at in 0..wire.len() {
                assert_eq!(parse(&[&wire[..at]]).unwrap_err(), HttpError::Truncated, "at {at}");
            }
        }
    }

    #[test]
    fn an_ambiguous_length_is_refused() {
        let wrong = |fields: &str| {
            let wire = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nabc");
            parse(&[wire.as_bytes()]).unwrap_err()
        };
        for fields in [
            "Content-Length: 1\r\nContent-Length: 2",
            "Content-Length: 1, 1",
            "Content-Length: +1",
            "Content-Length: -1",
            "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
        ] {
            assert_eq!(wrong(fields), HttpError::AmbiguousLength, "{fields}");
        }
        for fields in
            ["Transfer-Encoding: gzip, chunked", "Transfer-Encoding: a\r\nTransfer-Encoding: b"]
        {
            assert_eq!(wrong(fields), HttpError::UnknownCoding, "{fields}");
        }
        let same = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na";
        assert_eq!(parse(&[same]).unwrap().1, b"a", "saying it twice is not ambiguous");
    }

    #[test]
    fn bodies_and_header_blocks_beyond_the_limit_are_refused() {
        let big = HttpError::BodyTooLarge { limit: 64 };
        let head_only = b"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n";
        assert_eq!(parse(&[head_only]).unwrap_err(), big, "before a byte of the body is read");
        let endless = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'x'; 65]].concat();
        assert_eq!(parse(&[&endless]).unwrap_err(), big);
        let bytes: Vec<&[u8]> = endless.chunks(1).collect();
        assert_eq!(parse(&bytes).unwrap_err(), big);
        assert_eq!(parse(&[&endless[..endless.len() - 1]]).unwrap().1.len(), 64);

        let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(256));
        let too_large = HttpError::HeadTooLarge { limit: 256 };
        assert_eq!(parse(&[long.as_bytes()]).unwrap_err(), too_large);
        let bytes: Vec<&[u8]> = long.as_bytes().chunks(1).collect();
        assert_eq!(parse(&bytes).unwrap_err(), too_large);
        let fields = "A:b\r\n".repeat(65);
        let mut parser = ResponseParser::new(Limits::default());
        let many = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        assert_eq!(parser.feed(many.as_bytes()), Err(HttpError::TooManyHeaders));
    }

    #[test]
    fn a_block_that_just_fits_is_read() {
        let frame = "HTTP/1.1 204 OK\r\nX: \r\n\r\n";
        let fill = "x".repeat(256 - frame.len());
        let wire = format!("HTTP/1.1 204 OK\r\nX: {fill}\r\n\r\n");
        assert_eq!(wire.len(), 256);
        assert_eq!(parse(&[wire.as_bytes()]).unwrap().0, 204);
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for wire in [
            &b"<html>\r\n\r\n"[..],
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 2x0 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n",
        ] {
            let error = parse(&[wire]).unwrap_err();
            assert!(matches!(error, HttpError::BadHead(_)), "{}: {error}", wire.escape_ascii());
        }
    }
}
