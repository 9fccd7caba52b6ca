//! A websocket client: connects, shakes hands, and then is a [`WsConnection`].
//!
//! A feed and an order stream own one each; when it is closed they make another, at the pace of
//! their [`Reconnect`](crate::reconnect::Reconnect).
//!
//! *Invariant:* connecting and shaking hands share one deadline, and nothing is tried twice.

use std::io::{self, ErrorKind};

use super::handshake::{check_answer, render_request};
use super::{CloseCause, Session, UpgradeError, WsConfig, WsConnection, WsEvent, WsSendError};
use crate::dial::Approach;
use crate::endpoint::Remote;
use crate::http::{HeaderBlock, Limits, ResponseParser};
use crate::out_buffer::OutBuffer;
use crate::tcp::{LinkError, ReadOutcome, TcpLink};

/// Bytes of a refusal's body worth keeping.
const MAX_REFUSAL: usize = 64 << 10;

/// The opening handshake under way.
struct Opening {
    approach: Approach,
    out: OutBuffer,
    parser: ResponseParser,
    chunk: Box<[u8]>,
    expected_accept: String,
    deadline_ns: u64,
}

#[allow(
    clippy::large_enum_variant,
    reason = "one per feed, changed once: a box would cost every poll"
)]
enum Phase {
    Opening(Opening),
    Open(WsConnection),
    Over,
}

/// What one step of the handshake came to.
enum Step {
    Wait,
    /// The handshake is done; these bytes came behind it.
    Done(Vec<u8>),
    Failed(Failure),
}

/// [`CloseCause`] before it borrows.
enum Failure {
    Connect(LinkError),
    Lost(LinkError),
    Timeout,
    Refused,
    Handshake(UpgradeError),
}

/// A websocket to a server.
pub struct WsClient {
    phase: Phase,
    config: WsConfig,
    opened_ns: u64,
}

impl WsClient {
    /// Starts to connect to `remote`, whose path is the websocket's. `headers` go into the
    /// handshake: credentials, `Content-Type`.
    ///
    /// # Errors
    /// The kernel's reason when it refuses at once; `InvalidInput` when the path cannot be sent.
    pub fn connect(
        now_ns: u64,
        remote: &Remote,
        headers: &HeaderBlock,
        config: WsConfig,
    ) -> io::Result<Self> {
        let mut out = OutBuffer::new(usize::MAX);
        let expected_accept = render_request(out.start(), &remote.endpoint, headers)
            .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
        let opening = Opening {
            approach: Approach::begin(remote, config.open_timeout_ns)?,
            out,
            parser: ResponseParser::new(Limits { body: MAX_REFUSAL, ..Limits::default() }),
            chunk: vec![0; config.read_chunk.max(1)].into_boxed_slice(),
            expected_accept,
            deadline_ns: now_ns.saturating_add(config.open_timeout_ns),
        };
        Ok(Self { phase: Phase::Opening(opening), config, opened_ns: now_ns })
    }

    /// Moves whatever can be moved and tells what happened; returns the number of events.
    ///
    /// `stamp` is called once after each read that brought bytes; see [`WsConnection::poll`].
    pub fn poll(
        &mut self,
        now_ns: u64,
        stamp: impl FnMut() -> i64,
        mut on: impl FnMut(WsEvent<'_>),
    ) -> u32 {
        match &mut self.phase {
            Phase::Over => 0,
            Phase::Open(connection) => connection.poll(now_ns, stamp, on),
            Phase::Opening(opening) => match opening.step(now_ns) {
                Step::Wait => 0,
                Step::Failed(failure) => {
                    opening.tell(&failure, &mut on);
                    self.phase = Phase::Over;
                    1
                }
                Step::Done(tail) => {
                    self.open(now_ns, tail);
                    on(WsEvent::Open);
                    1 + self.poll(now_ns, stamp, on)
                }
            },
        }
    }

    /// Queues a text message and hands the kernel what it takes at once.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was sent.
    pub fn send_text(&mut self, text: &str) -> Result<(), WsSendError> {
        self.open_connection()?.send_text(text)
    }

    /// Queues a binary message and hands the kernel what it takes at once.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was sent.
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), WsSendError> {
        self.open_connection()?.send_binary(data)
    }

    /// See [`WsConnection::ping_if_idle`].
    pub fn ping_if_idle(&mut self, now_ns: u64, idle_ns: u64) -> bool {
        self.open_connection().is_ok_and(|connection| connection.ping_if_idle(now_ns, idle_ns))
    }

    /// Starts the closing handshake, see [`WsConnection::close`]; a client that is not open yet is
    /// over at once, and tells nothing.
    pub fn close(&mut self, now_ns: u64, code: u16) {
        match &mut self.phase {
            Phase::Open(connection) => connection.close(now_ns, code),
            _ => self.phase = Phase::Over,
        }
    }

    /// Whether messages may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(&self.phase, Phase::Open(connection) if connection.is_open())
    }

    /// Whether polling can bring nothing any more: make another.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.phase {
            Phase::Opening(_) => false,
            Phase::Open(connection) => connection.is_finished(),
            Phase::Over => true,
        }
    }

    /// The `now_ns` of the last poll that read a byte, or of the call to connect.
    #[must_use]
    pub fn last_read_ns(&self) -> u64 {
        match &self.phase {
            Phase::Open(connection) => connection.last_read_ns(),
            _ => self.opened_ns,
        }
    }

    /// The link, for a control thread that waits on it.
    pub(crate) fn link(&mut self) -> Option<&mut TcpLink> {
        match &mut self.phase {
            Phase::Opening(opening) => opening.approach.link(),
            Phase::Open(connection) => Some(connection.link()),
            Phase::Over => None,
        }
    }

    fn open(&mut self, now_ns: u64, tail: Vec<u8>) {
        if let Phase::Opening(opening) = std::mem::replace(&mut self.phase, Phase::Over)
            && let Some(link) = opening.approach.into_link()
        {
            let has_tail = !tail.is_empty();
            let session = Session::client(&self.config, tail);
            let mut connection = WsConnection::new(link, session, self.config, has_tail);
            connection.opened(now_ns);
            self.phase = Phase::Open(connection);
        }
    }

    fn open_connection(&mut self) -> Result<&mut WsConnection, WsSendError> {
        match &mut self.phase {
            Phase::Open(connection) => Ok(connection),
            _ => Err(WsSendError::NotOpen),
        }
    }
}

impl Opening {
    fn step(&mut self, now_ns: u64) -> Step {
        if now_ns >= self.deadline_ns {
            return Step::Failed(Failure::Timeout);
        }
        match self.approach.poll() {
            Ok(true) => {}
            Ok(false) => return Step::Wait,
            Err(error) => return Step::Failed(Failure::Connect(error)),
        }
        let Some(link) = self.approach.link() else { return Step::Wait };
        if let Err(error) = link.flush(&mut self.out) {
            return Step::Failed(Failure::Lost(error));
        }
        match link.read(&mut self.chunk) {
            Ok(ReadOutcome::Idle) => Step::Wait,
            Ok(ReadOutcome::Data(count)) => self.parse(count),
            Ok(ReadOutcome::Eof) => match self.parser.eof() {
                Ok(()) => Step::Failed(Failure::Refused),
                Err(_) => Step::Failed(Failure::Lost(ErrorKind::UnexpectedEof.into())),
            },
            Err(kind) => Step::Failed(Failure::Lost(kind)),
        }
    }

    fn parse(&mut self, count: usize) -> Step {
        let taken = match self.parser.feed(&self.chunk[..count]) {
            Ok(taken) => taken,
            Err(error) => return Step::Failed(Failure::Handshake(error.into())),
        };
        let Some(answer) = self.parser.response() else { return Step::Wait };
        if answer.status != 101 {
            return Step::Failed(Failure::Refused);
        }
        match check_answer(&answer, &self.expected_accept) {
            Ok(()) => Step::Done(self.chunk[taken..count].to_vec()),
            Err(error) => Step::Failed(Failure::Handshake(error)),
        }
    }

    fn tell(&self, failure: &Failure, on: &mut impl FnMut(WsEvent<'_>)) {
        let cause = match failure {
            Failure::Connect(kind) => CloseCause::Connect(*kind),
            Failure::Lost(kind) => CloseCause::Lost(*kind),
            Failure::Timeout => CloseCause::OpenTimeout,
            Failure::Handshake(error) => CloseCause::Handshake(error),
            Failure::Refused => match self.parser.response() {
                Some(answer) => CloseCause::Refused { status: answer.status, body: answer.body },
                None => CloseCause::Lost(ErrorKind::UnexpectedEof.into()),
            },
        };
        on(WsEvent::Closed(cause));
    }
}
