//! The websocket side of one connection: messages out of bytes, frames into bytes.
//!
//! *Invariant:* a closing handshake is waited for only as long as patience lasts.

use super::Limits;
use super::socket::{Found, Socket};
use st0ck_net::out_buffer::Full;
use st0ck_net::websocket::{CLOSE_GOING_AWAY, Frame, Session, WsConfig, WsSendError};
use std::time::Instant;

/// Bytes of one message from a client: subscriptions are short.
const MESSAGE: usize = 64 << 10;
/// Bytes asked of the kernel in one read.
const READ_CHUNK: usize = 16 << 10;
/// Bytes beyond the limit that only urgent messages may use.
const URGENT: usize = 8 << 10;

/// One connection's websocket state.
pub(super) struct WsPeer {
    session: Session,
    max_pending: usize,
    /// When the closing handshake began, from either side.
    closing: Option<Instant>,
    /// Frames have ended: what still comes is thrown away.
    done: bool,
    /// Our half of the connection is shut.
    finished: bool,
    /// The peer has finished sending.
    end_of_input: bool,
    last_heard: Instant,
    pinged: bool,
}

impl WsPeer {
    /// A connection whose handshake `answer` is still to be sent; `tail` came behind the request.
    pub(super) fn new(answer: &[u8], tail: Vec<u8>, limits: &Limits, now: Instant) -> Self {
        let config = WsConfig {
            max_message: MESSAGE,
            max_frame: MESSAGE,
            max_pending: limits.stream_pending + URGENT,
            read_chunk: READ_CHUNK,
            ..WsConfig::default()
        };
        let mut session = Session::server(&config, tail);
        session.outbound().start().extend_from_slice(answer);
        Self {
            session,
            max_pending: limits.stream_pending,
            closing: None,
            done: false,
            finished: false,
            end_of_input: false,
            last_heard: now,
            pinged: false,
        }
    }

    /// Takes the messages that have been read. Those behind a close frame are nobody's.
    pub(super) fn take_messages(&mut self, now: Instant, messages: &mut Vec<Vec<u8>>) {
        while !self.done {
            let message = match self.session.next_frame() {
                Ok(Some(Frame::Text(text))) => text.as_bytes(),
                Ok(Some(Frame::Binary(data))) => data,
                Ok(Some(Frame::Ping(_) | Frame::Pong(_))) => continue,
                Ok(None) => return,
                Ok(Some(Frame::Close(..))) | Err(_) => {
                    self.closing.get_or_insert(now);
                    self.done = true;
                    return;
                }
            };
            if self.closing.is_none() {
                messages.push(message.to_vec());
            }
        }
    }

    /// Reads once and takes the messages that came. Returns whether more may be there.
    pub(super) fn read(
        &mut self,
        socket: &mut Socket,
        chunk: &mut [u8],
        now: Instant,
        messages: &mut Vec<Vec<u8>>,
    ) -> bool {
        let found = socket.read(if self.done { chunk } else { self.session.space() });
        match found {
            Found::Data(count) if !self.done => {
                self.session.filled(count);
                (self.last_heard, self.pinged) = (now, false);
                self.take_messages(now, messages);
            }
            Found::Data(_) | Found::Nothing => {}
            Found::End => self.end_of_input = true,
        }
        matches!(found, Found::Data(_))
    }

    /// Queues a message.
    pub(super) fn send(
        &mut self,
        data: &[u8],
        binary: bool,
        urgent: bool,
    ) -> Result<(), WsSendError> {
        let pending = self.session.outbound().pending().len();
        if !urgent && pending + data.len() > self.max_pending {
            return Err(Full { pending, refused: data.len() }.into());
        }
        match std::str::from_utf8(data) {
            Ok(text) if !binary => self.session.send_text(text),
            _ => self.session.send_binary(data),
        }
    }

    /// Queues a close frame.
    pub(super) fn close(&mut self, code: u16, reason: &'static str, now: Instant) {
        self.session.close(code, reason);
        self.closing.get_or_insert(now);
    }

    /// Sends, pings the silent, and says whether the connection is over.
    pub(super) fn tend(&mut self, socket: &mut Socket, now: Instant, limits: &Limits) -> bool {
        let silent = now.duration_since(self.last_heard);
        if self.closing.is_none() && silent > limits.silence * 2 {
            self.close(CLOSE_GOING_AWAY, "no sign of life", now);
        } else if !self.pinged && silent > limits.silence {
            // A full buffer means that much else goes out that the peer can answer.
            self.pinged = self.session.ping(b"").is_ok();
        }
        socket.flush(self.session.outbound());
        let said_all = self.session.outbound().is_empty() && !socket.holds();
        if self.done && !self.finished && said_all {
            // As in HTTP: shut our half and let the peer shut its own, lest a reset eat our words.
            socket.finish();
            self.finished = true;
        }
        let late = self.closing.is_some_and(|since| now.duration_since(since) > limits.patience);
        self.end_of_input || late
    }

    /// Bytes that wait to be written.
    pub(super) fn pending(&mut self) -> usize {
        self.session.outbound().pending().len()
    }

    /// Whether no more messages will be taken: it closes, or its peer is gone.
    pub(super) fn is_leaving(&self) -> bool {
        self.closing.is_some() || self.end_of_input
    }
}
