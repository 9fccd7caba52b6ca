//! A websocket without a socket: bytes in, frames out; messages in, bytes out.
//!
//! [`WsConnection`](super::WsConnection) moves the bytes. Tests and simulations feed it directly.
//!
//! *Invariant:* sans I/O and without a clock. Pings are answered inside; after an error no frame is
//! read any more, because where the next one begins is unknown.

use std::io::ErrorKind;

use tungstenite::error::CapacityError;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame as RawFrame, Utf8Bytes};
use tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};
use tungstenite::{Bytes, Error};

use super::pipe::Pipe;
use super::{
    CLOSE_INVALID_TEXT, CLOSE_NO_STATUS, CLOSE_PROTOCOL, CLOSE_TOO_LARGE, WsConfig, WsSendError,
};
use crate::out_buffer::{Full, OutBuffer};

/// `tungstenite` zeroes this much of its buffer before every read from the pipe, so less is faster
/// for the short messages of a feed; longer ones take several reads, from memory.
const PROTOCOL_READ: usize = 8 << 10;
/// Room beyond [`WsConfig::max_pending`] for pongs and the close frame.
const CONTROL_ROOM: usize = 1 << 10;
/// A frame's header at its longest (RFC 6455 §5.2).
const MAX_FRAME_HEADER: usize = 14;

/// What the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text message, whole.
    Text(&'a str),
    /// A binary message, whole.
    Binary(&'a [u8]),
    /// A ping; the pong is already queued.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// The peer's close frame: its code ([`CLOSE_NO_STATUS`] for none) and words. If this side had
    /// not closed, the reply is already queued.
    Close(u16, &'a str),
}

/// Why no frame will come any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Close frames went both ways: nothing may follow them.
    #[error("the websocket is closed")]
    Closed,
    /// The peer broke a rule; a close frame with this code is queued.
    #[error("the peer broke the protocol: closing with {code}")]
    Violation {
        /// The close code sent.
        code: u16,
    },
}

/// One end of an open websocket.
pub struct Session {
    socket: WebSocket<Pipe>,
    /// The message that the last frame borrows from.
    current: Option<Message>,
    max_pending: usize,
    failed: Option<SessionError>,
}

impl Session {
    /// The end of the side that connected. `tail` is what was read beyond the handshake.
    #[must_use]
    pub fn client(config: &WsConfig, tail: Vec<u8>) -> Self {
        Self::new(Role::Client, config, tail)
    }

    /// The end of the side that accepted.
    #[must_use]
    pub fn server(config: &WsConfig, tail: Vec<u8>) -> Self {
        Self::new(Role::Server, config, tail)
    }

    fn new(role: Role, config: &WsConfig, tail: Vec<u8>) -> Self {
        let limits = WebSocketConfig::default()
            .read_buffer_size(PROTOCOL_READ)
            .write_buffer_size(0)
            .max_write_buffer_size(config.max_pending + CONTROL_ROOM)
            .max_message_size(Some(config.max_message))
            .max_frame_size(Some(config.max_frame));
        let pipe = Pipe::new(config.read_chunk.max(1), config.max_pending + CONTROL_ROOM);
        let socket = WebSocket::from_partially_read(pipe, tail, role, Some(limits));
        Self { socket, current: None, max_pending: config.max_pending, failed: None }
    }

    /// Where to read the socket into: empty only while frames wait to be taken.
    pub fn space(&mut self) -> &mut [u8] {
        self.socket.get_mut().space()
    }

    /// Notes that the first `count` bytes of [`Session::space`] came from the peer.
    pub fn filled(&mut self, count: usize) {
        self.socket.get_mut().filled(count);
    }

    /// The next frame in what was filled, or nothing when it holds no whole one.
    ///
    /// # Errors
    /// [`SessionError`], and the same one ever after.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, SessionError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        // The last payload goes first, so that its buffer can be used again.
        self.current = None;
        match self.socket.read() {
            Ok(message) => {
                if matches!(message, Message::Ping(_) | Message::Close(_)) {
                    // Moves the automatic reply to the pipe now; full, it goes with a later read.
                    let _ = self.socket.flush();
                }
                Ok(frame_of(self.current.insert(message)))
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Queues a text message.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was queued.
    pub fn send_text(&mut self, text: &str) -> Result<(), WsSendError> {
        self.send(text.as_bytes(), Data::Text)
    }

    /// Queues a binary message.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was queued.
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), WsSendError> {
        self.send(data, Data::Binary)
    }

    /// Queues a ping of at most 125 bytes; more are cut off.
    ///
    /// # Errors
    /// [`WsSendError`], and then nothing was queued.
    pub fn ping(&mut self, data: &[u8]) -> Result<(), WsSendError> {
        let data = &data[..data.len().min(125)];
        self.queue(Message::Ping(Bytes::copy_from_slice(data)), data.len())
    }

    /// Queues a close frame, unless one was queued before.
    pub fn close(&mut self, code: u16, reason: &'static str) {
        let frame =
            CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
        // Whatever this returns, the frame is queued or the connection beyond such courtesies.
        let _ = self.socket.close(Some(frame));
    }

    /// Whether messages may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.failed.is_none() && self.socket.can_write()
    }

    /// Bytes for the peer, to be taken by whoever owns the socket.
    pub fn outbound(&mut self) -> &mut OutBuffer {
        &mut self.socket.get_mut().outbound
    }

    fn send(&mut self, data: &[u8], kind: Data) -> Result<(), WsSendError> {
        let frame = RawFrame::message(Bytes::copy_from_slice(data), OpCode::Data(kind), true);
        self.queue(Message::Frame(frame), data.len())
    }

    fn queue(&mut self, message: Message, payload: usize) -> Result<(), WsSendError> {
        if !self.is_open() {
            return Err(WsSendError::NotOpen);
        }
        let pending = self.socket.get_ref().outbound.pending().len();
        let size = payload + MAX_FRAME_HEADER;
        if pending + size > self.max_pending {
            return Err(Full { pending, refused: size }.into());
        }
        // There is room in the pipe, so the frame goes there whole, after whatever pong waits.
        match self.socket.send(message) {
            Ok(()) => Ok(()),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(WsSendError::NotOpen),
        }
    }

    fn fail(&mut self, error: &Error) -> SessionError {
        let failure = match violation(error) {
            Some(code) => {
                self.close(code, "");
                SessionError::Violation { code }
            }
            None => SessionError::Closed,
        };
        *self.failed.insert(failure)
    }
}

fn frame_of(message: &Message) -> Option<Frame<'_>> {
    match message {
        Message::Text(text) => Some(Frame::Text(text.as_str())),
        Message::Binary(data) => Some(Frame::Binary(data)),
        Message::Ping(data) => Some(Frame::Ping(data)),
        Message::Pong(data) => Some(Frame::Pong(data)),
        Message::Close(None) => Some(Frame::Close(CLOSE_NO_STATUS, "")),
        Message::Close(Some(frame)) => Some(Frame::Close(frame.code.into(), frame.reason.as_str())),
        // Only ever sent, never read.
        Message::Frame(_) => None,
    }
}

/// The close code for an error that is the peer's fault; nothing for the end after a close.
fn violation(error: &Error) -> Option<u16> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(CLOSE_TOO_LARGE),
        Error::Utf8(_) => Some(CLOSE_INVALID_TEXT),
        Error::Protocol(_) | Error::Capacity(_) => Some(CLOSE_PROTOCOL),
        _ => None,
    }
}
