//! An HTTP response, read piece by piece.
//!
//! [`HttpConnection`](super::HttpConnection) and the websocket client's handshake feed it whatever
//! the socket gave.
//!
//! *Invariant:* sans I/O. It takes no byte beyond its message, so what follows (the next response,
//! or the first websocket frame) is still the caller's.

use super::body::{self, BodyReader, Framing};
use super::head::{Head, Headers};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
    Done,
}

/// Reads one response after another; [`ResponseParser::reset`] between them.
#[derive(Debug)]
pub struct ResponseParser {
    head: Head,
    body: BodyReader,
    stage: Stage,
    status: u16,
    keep_alive: bool,
}

impl ResponseParser {
    /// A parser at the start of a response. Its buffers grow as needed, up to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            head: Head::new(limits.head),
            body: BodyReader::new(limits.body),
            stage: Stage::Head,
            status: 0,
            keep_alive: false,
        }
    }

    /// Forgets the last response and awaits the next; buffers keep their room.
    pub fn reset(&mut self) {
        self.head.clear();
        self.stage = Stage::Head;
    }

    /// Takes bytes up to the end of the response and returns how many; fewer than given only when
    /// the response is whole. Interim responses (100 to 199, 101 aside) are passed over.
    ///
    /// # Errors
    /// Why this is no response within the limits. The connection is then of no more use.
    pub fn feed(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let mut at = 0;
        while self.stage != Stage::Done && at < input.len() {
            at += match self.stage {
                Stage::Head => self.feed_head(&input[at..])?,
                _ => self.body.feed(&input[at..])?,
            };
            if self.stage == Stage::Body && self.body.is_done() {
                self.stage = Stage::Done;
            }
        }
        Ok(at)
    }

    /// Says that the peer has stopped sending: the end of a body that is framed by nothing else.
    ///
    /// # Errors
    /// [`HttpError::Truncated`] when the response is not whole.
    pub fn eof(&mut self) -> Result<(), HttpError> {
        if self.stage == Stage::Head {
            return Err(HttpError::Truncated);
        }
        self.body.eof()?;
        self.stage = Stage::Done;
        Ok(())
    }

    /// Whether any byte of a response has been seen since the last reset.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.stage != Stage::Head || !self.head.is_empty()
    }

    /// Whether the response is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The response, once it is whole.
    #[must_use]
    pub fn response(&self) -> Option<Response<'_>> {
        self.is_whole().then(|| Response {
            status: self.status,
            headers: self.head.headers(),
            body: self.body.bytes(),
            keep_alive: self.keep_alive,
        })
    }

    fn feed_head(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let (taken, whole) = self.head.feed(input)?;
        if whole {
            let (version, status) = self.head.parse_response()?;
            if (100..200).contains(&status) && status != 101 {
                self.reset();
                return Ok(taken);
            }
            self.start_body(version, status)?;
        }
        Ok(taken)
    }

    fn start_body(&mut self, version: u8, status: u16) -> Result<(), HttpError> {
        let headers = self.head.headers();
        let framing = match status {
            // These never have a body, whatever their fields say.
            101 | 204 | 304 => Framing::Length(0),
            _ => body::declared(headers)?.unwrap_or(Framing::UntilEof),
        };
        self.keep_alive = version == 1
            && !headers.has_token("connection", "close")
            && !matches!(framing, Framing::UntilEof);
        self.status = status;
        self.body.start(framing)?;
        self.stage = Stage::Body;
        Ok(())
    }
}
