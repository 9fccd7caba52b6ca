//! One keep-alive connection: one request in flight at a time.
//!
//! [`HttpPool`](super::HttpPool) owns several of these on a hot thread; start-up code drives one
//! with [`HttpConnection::call_blocking`] on a control thread.
//!
//! *Invariant:* nothing is ever sent twice. Whatever fails is reported once, with how many bytes of
//! the request the kernel had taken, and only the caller can tell what may be repeated.
//! *Invariant:* after any doubt (a failure, a byte that nobody asked for, `Connection: close`) the
//! connection is closed, so an answer can never be matched with the wrong question.

use std::io::ErrorKind;

use super::{HeaderBlock, HttpError, JsonPost, Limits, Request, Response, ResponseParser, Rest};
use crate::dial::Approach;
use crate::endpoint::Remote;
use crate::out_buffer::OutBuffer;
use crate::tcp::{LinkError, ReadOutcome, TcpLink};

/// Bytes asked of the kernel in one read.
const READ_CHUNK: usize = 16 << 10;
/// Reads in one poll: a fast peer must not keep a hot thread.
const READS_PER_POLL: usize = 8;

/// How one connection behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpConfig {
    /// How large a response may be.
    pub limits: Limits,
    /// Nanoseconds until an attempt to connect is given up; 3 s unless told.
    pub connect_timeout_ns: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { limits: Limits::default(), connect_timeout_ns: 3_000_000_000 }
    }
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FailureKind {
    /// No connection was made.
    #[error("cannot connect: {0}")]
    Connect(LinkError),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(LinkError),
    /// The peer closed before, or inside, its answer.
    #[error("the peer closed the connection before its answer was whole")]
    Closed,
    /// The deadline passed.
    #[error("no answer by the deadline")]
    Deadline,
    /// What came is no answer.
    #[error("the answer is not HTTP: {0}")]
    Malformed(#[from] HttpError),
}

/// A request that has no answer, or a connection that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} ({bytes_written} of {request_bytes} bytes of the request were handed over)")]
pub struct HttpFailure {
    /// What went wrong.
    pub kind: FailureKind,
    /// Bytes of the request that the kernel took. 0 means that the peer cannot have seen any of it;
    /// anything else means that it may have acted, if only the last byte was among them.
    pub bytes_written: usize,
    /// Bytes of the request in all; 0 when none was in flight.
    pub request_bytes: usize,
}

impl HttpFailure {
    /// Whether it is certain that the peer has seen nothing of the request.
    #[must_use]
    pub fn never_left(&self) -> bool {
        self.bytes_written == 0
    }
}

/// Why a request was not taken. Nothing of it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendRefused {
    /// The connection is down, still connecting, or has a request in flight.
    #[error("the connection is not idle")]
    NotIdle,
    /// The request cannot be rendered.
    #[error(transparent)]
    Invalid(#[from] HttpError),
}

/// What a poll found.
#[derive(Debug)]
pub enum HttpEvent<'a> {
    /// Nothing new.
    Quiet,
    /// The connection is made: a request may be sent.
    Connected,
    /// The answer to the request in flight.
    Response(Response<'a>),
    /// The request in flight, or the attempt to connect, has failed; the connection is closed.
    Failed(HttpFailure),
    /// The connection was idle and is gone: the peer closed it, or sent what nobody asked for.
    Disconnected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Down,
    /// The kernel would not even begin; the next poll tells.
    Refused(LinkError),
    Connecting {
        deadline_ns: u64,
    },
    Idle,
    InFlight {
        deadline_ns: u64,
    },
}

/// [`HttpEvent`] before it borrows from the parser.
enum Step {
    Quiet,
    Connected,
    Whole,
    Failed(FailureKind),
    Disconnected,
}

/// One connection to one endpoint. Made down; [`HttpConnection::connect`] brings it up.
pub struct HttpConnection {
    remote: Remote,
    authority: String,
    config: HttpConfig,
    phase: Phase,
    approach: Option<Approach>,
    link: Option<TcpLink>,
    out: OutBuffer,
    request_bytes: usize,
    chunk: Box<[u8]>,
    parser: ResponseParser,
}

impl HttpConnection {
    /// A connection that is down. `remote` is where it will go.
    #[must_use]
    pub fn new(remote: Remote, config: HttpConfig) -> Self {
        Self {
            authority: remote.endpoint.authority(),
            remote,
            config,
            phase: Phase::Down,
            approach: None,
            link: None,
            out: OutBuffer::new(usize::MAX),
            request_bytes: 0,
            chunk: vec![0; READ_CHUNK].into_boxed_slice(),
            parser: ResponseParser::new(config.limits),
        }
    }

    /// Whether a request may be sent now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    /// Whether there is no connection and none is being made.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.phase == Phase::Down
    }

    /// Whether a request awaits its answer.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        matches!(self.phase, Phase::InFlight { .. })
    }

    /// Starts to connect if the connection is down. The outcome comes from
    /// [`HttpConnection::poll`].
    pub fn connect(&mut self, now_ns: u64) {
        if self.phase != Phase::Down {
            return;
        }
        let timeout_ns = self.config.connect_timeout_ns;
        self.phase = match Approach::begin(&self.remote, timeout_ns) {
            Ok(approach) => {
                self.approach = Some(approach);
                Phase::Connecting { deadline_ns: now_ns.saturating_add(timeout_ns) }
            }
            Err(error) => Phase::Refused(error),
        };
    }

    /// Renders `request` and hands the kernel what it takes at once. `fixed` are the fields of
    /// every request to this endpoint; `deadline_ns` is the moment to give up.
    ///
    /// # Errors
    /// [`SendRefused`], and then nothing was sent. A failure to send comes from
    /// [`HttpConnection::poll`] like any other.
    pub fn send(
        &mut self,
        request: &Request<'_>,
        fixed: &HeaderBlock,
        deadline_ns: u64,
    ) -> Result<(), SendRefused> {
        self.must_be_idle()?;
        let (out, root) = (self.out.start(), self.remote.endpoint.path());
        request.render(out, &self.authority, root, fixed)?;
        self.hand_over(deadline_ns);
        Ok(())
    }

    /// [`HttpConnection::send`] for a request of which all but the body's rest was rendered before;
    /// `rest` writes that.
    ///
    /// # Errors
    /// [`SendRefused::NotIdle`], and then nothing was sent.
    pub fn post(
        &mut self,
        post: &JsonPost,
        deadline_ns: u64,
        rest: impl FnOnce(&mut Rest<'_>),
    ) -> Result<(), SendRefused> {
        self.must_be_idle()?;
        post.render(self.out.start(), rest);
        self.hand_over(deadline_ns);
        Ok(())
    }

    fn must_be_idle(&self) -> Result<(), SendRefused> {
        if self.is_idle() { Ok(()) } else { Err(SendRefused::NotIdle) }
    }

    /// Hands the kernel what it takes of the request that was just rendered.
    fn hand_over(&mut self, deadline_ns: u64) {
        self.request_bytes = self.out.pending().len();
        self.parser.reset();
        self.phase = Phase::InFlight { deadline_ns };
        if let Some(link) = &mut self.link {
            // An error here closes the link; the next poll finds it so and reports the failure.
            let _ = link.flush(&mut self.out);
        }
    }

    /// Moves whatever can be moved without waiting. One system call when there is nothing to do.
    pub fn poll(&mut self, now_ns: u64) -> HttpEvent<'_> {
        let step = match self.phase {
            Phase::Down => Step::Quiet,
            Phase::Refused(kind) => Step::Failed(FailureKind::Connect(kind)),
            Phase::Connecting { deadline_ns } => self.poll_connecting(now_ns >= deadline_ns),
            Phase::Idle => self.poll_idle(),
            Phase::InFlight { deadline_ns } => self.poll_in_flight(now_ns >= deadline_ns),
        };
        match step {
            Step::Quiet => HttpEvent::Quiet,
            Step::Connected => HttpEvent::Connected,
            Step::Disconnected => {
                self.close();
                HttpEvent::Disconnected
            }
            Step::Failed(kind) => HttpEvent::Failed(self.fail(kind)),
            Step::Whole => match self.parser.response() {
                Some(response) => HttpEvent::Response(response),
                None => HttpEvent::Quiet,
            },
        }
    }

    /// Ends the connection. A request in flight is forgotten: its fate is unknown.
    pub fn close(&mut self) {
        if let Some(mut link) = self.link.take() {
            link.close();
        }
        self.approach = None;
        self.phase = Phase::Down;
        self.out.clear();
        self.request_bytes = 0;
    }

    /// The link, for a control thread that waits on it.
    pub(crate) fn link(&mut self) -> Option<&mut TcpLink> {
        self.link.as_mut().or(self.approach.as_mut().and_then(Approach::link))
    }

    fn poll_connecting(&mut self, late: bool) -> Step {
        let Some(approach) = &mut self.approach else {
            return Step::Failed(FailureKind::Connect(ErrorKind::NotConnected.into()));
        };
        match approach.poll() {
            Ok(true) => {
                self.link = self.approach.take().and_then(Approach::into_link);
                self.phase = Phase::Idle;
                Step::Connected
            }
            Ok(false) if late => Step::Failed(FailureKind::Connect(approach.lateness())),
            Ok(false) => Step::Quiet,
            Err(kind) => Step::Failed(FailureKind::Connect(kind)),
        }
    }

    fn poll_idle(&mut self) -> Step {
        let Some(link) = &mut self.link else { return Step::Disconnected };
        match link.read(&mut self.chunk) {
            Ok(ReadOutcome::Idle) => Step::Quiet,
            Ok(ReadOutcome::Data(_) | ReadOutcome::Eof) | Err(_) => Step::Disconnected,
        }
    }

    /// Reads before it writes: a peer may answer and close before it has read all (413, say), and
    /// a write that fails must not hide the answer.
    fn poll_in_flight(&mut self, late: bool) -> Step {
        let Some(link) = &mut self.link else { return Step::Failed(FailureKind::Closed) };
        for _ in 0..READS_PER_POLL {
            let count = match link.read(&mut self.chunk) {
                Ok(ReadOutcome::Data(count)) => count,
                Ok(ReadOutcome::Idle) => break,
                Ok(ReadOutcome::Eof) => return self.at_eof(),
                Err(kind) => return Step::Failed(FailureKind::Io(kind)),
            };
            match self.parser.feed(&self.chunk[..count]) {
                Err(error) => return Step::Failed(FailureKind::Malformed(error)),
                Ok(taken) if self.parser.is_whole() => return self.whole(taken == count),
                Ok(_) if count < self.chunk.len() => break,
                Ok(_) => {}
            }
        }
        match link.flush(&mut self.out) {
            Err(kind) => Step::Failed(FailureKind::Io(kind)),
            Ok(_) if late => Step::Failed(FailureKind::Deadline),
            Ok(_) => Step::Quiet,
        }
    }

    fn at_eof(&mut self) -> Step {
        if self.parser.eof().is_ok() {
            self.whole(false)
        } else {
            Step::Failed(FailureKind::Closed)
        }
    }

    /// The answer is whole. The connection stays only if the answer says so, nothing followed it,
    /// and the peer had read the whole question.
    fn whole(&mut self, nothing_followed: bool) -> Step {
        let keep_alive = self.parser.response().is_some_and(|response| response.keep_alive);
        if keep_alive && nothing_followed && self.out.is_empty() {
            self.phase = Phase::Idle;
        } else {
            self.close();
        }
        Step::Whole
    }

    fn fail(&mut self, kind: FailureKind) -> HttpFailure {
        let (bytes_written, request_bytes) = (self.out.sent(), self.request_bytes);
        self.close();
        HttpFailure { kind, bytes_written, request_bytes }
    }
}
