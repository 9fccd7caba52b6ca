//! The HTTP side of one connection: requests out of bytes, replies into bytes, in order.
//!
//! *Invariant:* replies leave in the order of their requests; after the first malformed byte
//! nothing of the peer is believed any more.

use super::gzip;
use super::socket::{Found, Socket};
use super::{Fields, Limits, Reply, Request, Spoilt, Upgrade};
use st0ck_net::http::{self, HttpError, Incoming, RequestParser, render_response};
use st0ck_net::out_buffer::OutBuffer;
use std::collections::VecDeque;
use std::time::Instant;

/// Requests of one connection that may wait for their replies; beyond, reading pauses.
const PIPELINE: usize = 64;
/// Bytes of replies that may wait for a peer that does not read.
const PENDING: usize = 32 << 20;

/// What the reply to a request has to know of it.
#[derive(Debug, Clone, Copy)]
struct Asked {
    keep_alive: bool,
    wants_body: bool,
}

impl Asked {
    fn of(incoming: &Incoming<'_>) -> Self {
        Self { keep_alive: incoming.keep_alive, wants_body: incoming.method != "HEAD" }
    }
}

/// Whether more requests may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    /// Yes.
    Open,
    /// The last request asks for a websocket: what follows may not be HTTP.
    Upgrading,
    /// No: the peer said so, or sent what is no request. What still comes is thrown away.
    Closed,
}

/// One connection's HTTP state.
pub(super) struct HttpPeer {
    parser: RequestParser,
    /// Read, but beyond the requests taken so far.
    tail: Vec<u8>,
    input: Input,
    /// The peer has finished sending.
    end_of_input: bool,
    /// Requests not yet answered, oldest first.
    asked: VecDeque<Asked>,
    out: OutBuffer,
    /// Status of the malformed request that closed the input.
    malformed: Option<u16>,
    /// When the first byte of the request that is still coming came.
    begun: Option<Instant>,
    /// When everything was said and only the peer's goodbye is awaited.
    lingering: Option<Instant>,
}

impl HttpPeer {
    /// A fresh connection.
    pub(super) fn new(limits: &Limits) -> Self {
        let limits = http::Limits { head: limits.head, body: limits.body };
        Self {
            parser: RequestParser::new(limits),
            tail: Vec::new(),
            input: Input::Open,
            end_of_input: false,
            asked: VecDeque::new(),
            out: OutBuffer::new(PENDING),
            malformed: None,
            begun: None,
            lingering: None,
        }
    }

    /// Reads once and takes whole requests out of what came. Returns whether more may be there.
    pub(super) fn read(
        &mut self,
        socket: &mut Socket,
        chunk: &mut [u8],
        now: Instant,
        requests: &mut Vec<Request>,
    ) -> bool {
        if self.is_paused() {
            return false;
        }
        let found = socket.read(chunk);
        match found {
            Found::Data(count) if self.input != Input::Closed => {
                self.tail.extend_from_slice(&chunk[..count]);
                self.parse(now, requests);
            }
            Found::Data(_) | Found::Nothing => {}
            Found::End => self.end_of_input = true,
        }
        matches!(found, Found::Data(_))
    }

    /// Goes on with what was read before reading paused.
    pub(super) fn parse(&mut self, now: Instant, requests: &mut Vec<Request>) {
        let mut at = 0;
        while at < self.tail.len() && self.input == Input::Open && !self.is_paused() {
            match self.parser.feed(&self.tail[at..]) {
                Ok(taken) => at += taken,
                Err(error) => self.refuse(status_of(error)),
            }
            if let Some(incoming) = self.parser.request() {
                let (request, asked) = (own(&incoming), Asked::of(&incoming));
                self.input = match (&request.upgrade, asked.keep_alive) {
                    (Some(_), _) => Input::Upgrading,
                    (None, true) => Input::Open,
                    (None, false) => Input::Closed,
                };
                self.asked.push_back(asked);
                self.parser.reset();
                requests.push(request);
            }
        }
        self.tail.drain(..at);
        self.begun = self.parser.has_begun().then(|| self.begun.unwrap_or(now));
    }

    /// Whether something may have been left unread, or read and left unparsed.
    pub(super) fn may_hold_more(&self) -> bool {
        self.is_paused() || !self.tail.is_empty()
    }

    /// Whether replies must go out before anything more is read.
    fn is_paused(&self) -> bool {
        self.input == Input::Upgrading || self.asked.len() >= PIPELINE
    }

    fn refuse(&mut self, status: u16) {
        self.malformed = Some(status);
        self.input = Input::Closed;
    }

    /// Renders the reply to the oldest unanswered request.
    pub(super) fn reply(&mut self, reply: &Reply) {
        let Some(asked) = self.next_asked() else { return };
        let bytes = render(reply, asked);
        self.say(&bytes);
    }

    /// As [`HttpPeer::reply`], but only so much of it.
    pub(super) fn reply_spoilt(&mut self, spoilt: &Spoilt) {
        let Some(asked) = self.next_asked() else { return };
        let bytes = spoilt.reply.as_ref().map(|reply| render(reply, asked)).unwrap_or_default();
        self.say(&bytes[..spoilt.keep.min(bytes.len())]);
    }

    fn next_asked(&mut self) -> Option<Asked> {
        let asked = self.asked.pop_front()?;
        if self.input == Input::Upgrading && self.asked.is_empty() {
            self.input = if asked.keep_alive { Input::Open } else { Input::Closed };
        }
        Some(asked)
    }

    fn say(&mut self, bytes: &[u8]) {
        if self.out.push(bytes).is_err() {
            // It asks and asks and never reads: nothing more is owed to it.
            self.end_of_input = true;
            self.asked.clear();
            self.out.clear();
        }
    }

    /// Bytes that wait to be written.
    pub(super) fn pending(&self) -> usize {
        self.out.pending().len()
    }

    /// Sends, refuses what is malformed or too slow, and says whether the connection is over.
    pub(super) fn tend(&mut self, socket: &mut Socket, now: Instant, limits: &Limits) -> bool {
        let late = |since: &Option<Instant>| {
            since.is_some_and(|since| now.duration_since(since) > limits.patience)
        };
        if late(&self.begun) && self.input == Input::Open {
            self.begun = None;
            self.refuse(408);
        }
        if self.asked.is_empty()
            && let Some(status) = self.malformed.take()
        {
            self.say(&render_fields(status, &[], b"", false));
        }
        socket.flush(&mut self.out);
        let said_all = self.asked.is_empty() && self.out.is_empty() && !socket.holds();
        if !said_all || (self.input != Input::Closed && !self.end_of_input) {
            return false;
        }
        // Closing with bytes unread would make the kernel reset the connection, and the peer might
        // lose the reply: say goodbye, then read on until the peer does too, or patience ends.
        if self.lingering.is_none() {
            socket.finish();
            self.lingering = Some(now);
        }
        self.end_of_input || late(&self.lingering)
    }

    /// The bytes behind the request that asked for a websocket.
    pub(super) fn into_tail(self) -> Vec<u8> {
        self.tail
    }
}

fn render(reply: &Reply, asked: Asked) -> Vec<u8> {
    let mut fields = vec![("X-Request-ID", reply.request_id.as_str())];
    if reply.status != 204 {
        fields.push(("Content-Type", reply.content_type));
    }
    fields.extend(reply.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let body = if asked.wants_body { reply.body.as_slice() } else { &[] };
    render_fields(reply.status, &fields, body, asked.keep_alive)
}

fn render_fields(status: u16, fields: &[(&str, &str)], body: &[u8], keep_alive: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + body.len());
    render_response(&mut bytes, status, fields, body, keep_alive)
        .expect("the fields are ours, and sendable");
    bytes
}

fn status_of(error: HttpError) -> u16 {
    match error {
        HttpError::HeadTooLarge { .. } | HttpError::TooManyHeaders => 431,
        HttpError::BodyTooLarge { .. } => 413,
        HttpError::UnknownCoding => 501,
        _ => 400,
    }
}

fn own(incoming: &Incoming<'_>) -> Request {
    let text = |name| incoming.headers.text(name).map(str::to_owned);
    let short = |name| incoming.headers.text(name).map(Box::from);
    let upgrade = incoming.wants_websocket().then(|| Upgrade {
        key: text("sec-websocket-key")
            .filter(|key| !key.is_empty())
            .filter(|_| incoming.headers.get("sec-websocket-version") == Some(b"13"))
            .filter(|_| incoming.method == "GET"),
    });
    Request {
        method: incoming.method.to_owned(),
        path: incoming.path().to_owned(),
        query: incoming.query().to_owned(),
        body: incoming.body.to_vec(),
        fields: Fields {
            key: text("apca-api-key-id"),
            secret: text("apca-api-secret-key"),
            authorization: short("authorization"),
            content_type: short("content-type"),
            accepts_gzip: incoming.headers.text("accept-encoding").is_some_and(gzip::is_accepted),
            host: short("host"),
        },
        upgrade,
    }
}
