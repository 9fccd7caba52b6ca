//! An open websocket on a link: what both ends are once the opening handshake is done.
//!
//! [`WsClient`](super::WsClient) becomes one; [`accept`](super::accept) makes one.
//!
//! *Invariant:* one poll reads at most [`READS_PER_POLL`] times, and stamps each read that brought
//! bytes before it looks at them.

use std::io::ErrorKind;

use super::{
    CLOSE_NORMAL, CloseCause, Frame, Session, SessionError, WsConfig, WsEvent, WsSendError,
};
use crate::tcp::{LinkError, ReadOutcome, TcpLink};

/// Reads in one poll: a fast peer must not keep a hot thread.
const READS_PER_POLL: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// A close frame is on its way; the peer's is awaited. [`WsEvent::Closed`] is still to be told.
    Closing {
        code: u16,
        deadline_ns: u64,
    },
    /// `Closed` has been told; sends what waits, then discards what comes until the peer is gone.
    Draining {
        deadline_ns: u64,
    },
    Finished,
}

/// Why reading stopped.
enum Stop {
    /// Nothing more for now.
    Dry,
    /// The peer's close frame has been told.
    PeerClosed,
    /// The session can read no more.
    Session(SessionError),
    /// The link broke.
    Link(LinkError),
}

/// An open websocket.
pub struct WsConnection {
    link: TcpLink,
    session: Session,
    phase: Phase,
    close_timeout_ns: u64,
    /// The last poll that read a byte; until then the opening, or the first poll.
    last_read_ns: Option<u64>,
    last_ping_ns: u64,
    /// The handshake's tail may hold frames before anything is read.
    has_tail: bool,
}

impl WsConnection {
    /// `has_tail` says whether the session was given bytes that no frame has been taken from yet.
    pub(super) fn new(link: TcpLink, session: Session, config: WsConfig, has_tail: bool) -> Self {
        Self {
            link,
            session,
            phase: Phase::Open,
            close_timeout_ns: config.close_timeout_ns,
            last_read_ns: None,
            last_ping_ns: 0,
            has_tail,
        }
    }

    /// Sends what waits, reads what has come and tells it; returns the number of events.
    ///
    /// `stamp` is called once after each read that brought bytes, and its value goes with every
    /// message that those bytes completed.
    pub fn poll(
        &mut self,
        now_ns: u64,
        mut stamp: impl FnMut() -> i64,
        mut on: impl FnMut(WsEvent<'_>),
    ) -> u32 {
        match self.phase {
            Phase::Finished => 0,
            Phase::Draining { deadline_ns } => {
                self.drain(now_ns >= deadline_ns);
                0
            }
            Phase::Open | Phase::Closing { .. } => self.pump(now_ns, &mut stamp, &mut on),
        }
    }

    /// Queues a text message and hands the kernel what it takes at once.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was sent.
    pub fn send_text(&mut self, text: &str) -> Result<(), WsSendError> {
        self.must_be_open()?;
        self.session.send_text(text)?;
        self.flush();
        Ok(())
    }

    /// Queues a binary message and hands the kernel what it takes at once.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was sent.
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), WsSendError> {
        self.must_be_open()?;
        self.session.send_binary(data)?;
        self.flush();
        Ok(())
    }

    /// Pings the peer if nothing has come for `idle_ns` and the last ping is as old: whatever is
    /// read afterwards, the pong at least, moves [`WsConnection::last_read_ns`]. Tells whether it
    /// did.
    pub fn ping_if_idle(&mut self, now_ns: u64, idle_ns: u64) -> bool {
        let since = self.last_ping_ns.max(*self.last_read_ns.get_or_insert(now_ns));
        if self.phase != Phase::Open || now_ns.saturating_sub(since) < idle_ns {
            return false;
        }
        self.last_ping_ns = now_ns;
        let sent = self.session.ping(b"").is_ok();
        self.flush();
        sent
    }

    /// Starts the closing handshake with `code`. `Closed` is told when the peer has answered, or
    /// when it has not for [`WsConfig::close_timeout_ns`].
    pub fn close(&mut self, now_ns: u64, code: u16) {
        if self.phase != Phase::Open {
            return;
        }
        self.session.close(code, "");
        self.flush();
        self.phase = Phase::Closing { code, deadline_ns: self.deadline(now_ns) };
    }

    /// Ends the connection without a close frame and tells nothing more: for a peer that is not
    /// worth a goodbye, and for an emulator that plays a failing venue.
    pub fn abort(&mut self) {
        self.link.close();
        self.phase = Phase::Finished;
    }

    /// Whether messages may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether polling can bring nothing any more: drop the connection.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// The `now_ns` of the last poll that read a byte: the watchdog's clock. Before that, the
    /// moment of opening; for an accepted connection that of the first poll (0 until then).
    #[must_use]
    pub fn last_read_ns(&self) -> u64 {
        self.last_read_ns.unwrap_or_default()
    }

    /// Bytes that the kernel has not taken yet.
    #[must_use]
    pub fn pending(&mut self) -> usize {
        self.session.outbound().pending().len()
    }

    /// Sets the moment of opening, from which idleness is counted.
    pub(super) fn opened(&mut self, now_ns: u64) {
        self.last_read_ns = Some(now_ns);
    }

    /// The link, for a control thread that waits on it.
    pub(crate) fn link(&mut self) -> &mut TcpLink {
        &mut self.link
    }
}

/// Reading.
impl WsConnection {
    fn pump(
        &mut self,
        now_ns: u64,
        stamp: &mut impl FnMut() -> i64,
        on: &mut impl FnMut(WsEvent<'_>),
    ) -> u32 {
        self.last_read_ns.get_or_insert(now_ns);
        self.flush();
        let mut events = 0;
        let stop = self.read_all(now_ns, stamp, on, &mut events);
        // Pongs and the reply to a close frame were queued by reading.
        self.flush();
        events + self.settle(now_ns, stop, on)
    }

    fn read_all(
        &mut self,
        now_ns: u64,
        stamp: &mut impl FnMut() -> i64,
        on: &mut impl FnMut(WsEvent<'_>),
        events: &mut u32,
    ) -> Stop {
        if std::mem::take(&mut self.has_tail) {
            let stop = self.tell_frames(stamp(), on, events);
            if !matches!(stop, Stop::Dry) {
                return stop;
            }
        }
        for _ in 0..READS_PER_POLL {
            let space = self.session.space();
            let room = space.len();
            let count = match self.link.read(space) {
                Ok(ReadOutcome::Idle) => return Stop::Dry,
                Ok(ReadOutcome::Data(count)) => count,
                // Every whole frame before the end has been taken, so nothing is left to tell.
                Ok(ReadOutcome::Eof) => return Stop::Link(ErrorKind::UnexpectedEof.into()),
                Err(kind) => return Stop::Link(kind),
            };
            let t_read = stamp();
            self.last_read_ns = Some(now_ns);
            self.session.filled(count);
            let stop = self.tell_frames(t_read, on, events);
            // A read that left room has emptied the kernel's buffer: no need to ask again.
            if !matches!(stop, Stop::Dry) || count < room {
                return stop;
            }
        }
        Stop::Dry
    }

    fn tell_frames(
        &mut self,
        t_read: i64,
        on: &mut impl FnMut(WsEvent<'_>),
        events: &mut u32,
    ) -> Stop {
        loop {
            let event = match self.session.next_frame() {
                Ok(None) => return Stop::Dry,
                Err(error) => return Stop::Session(error),
                Ok(Some(Frame::Ping(_))) => continue,
                Ok(Some(Frame::Text(text))) => {
                    WsEvent::Message { data: text.as_bytes(), binary: false, t_read }
                }
                Ok(Some(Frame::Binary(data))) => WsEvent::Message { data, binary: true, t_read },
                Ok(Some(Frame::Pong(data))) => WsEvent::Pong { data, t_read },
                Ok(Some(Frame::Close(code, reason))) => {
                    let cause = match self.phase {
                        Phase::Closing { code, .. } => CloseCause::Local { code },
                        _ => CloseCause::Peer { code, reason },
                    };
                    on(WsEvent::Closed(cause));
                    *events += 1;
                    return Stop::PeerClosed;
                }
            };
            on(event);
            *events += 1;
        }
    }

    /// Draws the consequence of why reading stopped; returns the events told.
    fn settle(&mut self, now_ns: u64, stop: Stop, on: &mut impl FnMut(WsEvent<'_>)) -> u32 {
        let draining = Phase::Draining { deadline_ns: self.deadline(now_ns) };
        let (next, cause) = match (stop, self.phase) {
            (Stop::PeerClosed, _) => {
                self.phase = draining;
                return 0;
            }
            (Stop::Dry, Phase::Closing { code, deadline_ns }) if now_ns >= deadline_ns => {
                (draining, CloseCause::Local { code })
            }
            (Stop::Dry, _) => return 0,
            (Stop::Session(SessionError::Violation { code }), _) => {
                (draining, CloseCause::Local { code })
            }
            (Stop::Session(SessionError::Closed) | Stop::Link(_), Phase::Closing { code, .. }) => {
                (Phase::Finished, CloseCause::Local { code })
            }
            (Stop::Session(SessionError::Closed), _) => {
                (Phase::Finished, CloseCause::Lost(ErrorKind::UnexpectedEof.into()))
            }
            (Stop::Link(kind), _) => (Phase::Finished, CloseCause::Lost(kind)),
        };
        self.phase = next;
        if next == Phase::Finished {
            self.link.close();
        }
        on(WsEvent::Closed(cause));
        1
    }

    /// Sends the rest, says goodbye, and discards what comes: closing with bytes unread would make
    /// the kernel reset the connection, and the peer might lose the close code.
    fn drain(&mut self, late: bool) {
        let over = match self.link.flush(self.session.outbound()) {
            Ok(true) => {
                self.link.shutdown_write();
                let mut scrap = [0; 4096];
                matches!(self.link.read(&mut scrap), Ok(ReadOutcome::Eof) | Err(_))
            }
            Ok(false) => false,
            Err(_) => true,
        };
        if over || late {
            self.link.close();
            self.phase = Phase::Finished;
        }
    }

    fn flush(&mut self) {
        // An error closes the link, and the next read reports it.
        let _ = self.link.flush(self.session.outbound());
    }

    fn deadline(&self, now_ns: u64) -> u64 {
        now_ns.saturating_add(self.close_timeout_ns)
    }

    fn must_be_open(&self) -> Result<(), WsSendError> {
        if self.is_open() { Ok(()) } else { Err(WsSendError::NotOpen) }
    }
}

/// Says goodbye with [`CLOSE_NORMAL`], as far as one call without waiting can.
impl Drop for WsConnection {
    fn drop(&mut self) {
        if self.phase == Phase::Open {
            self.session.close(CLOSE_NORMAL, "");
            self.flush();
        }
    }
}
