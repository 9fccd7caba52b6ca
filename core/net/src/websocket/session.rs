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
        // Pongs that found the pipe full wait inside the machine and go first.
        let _ = self.socket.flush();
        let pending = self.socket.get_ref().outbound.pending().len();
        let size = payload + MAX_FRAME_HEADER;
        if pending + size > self.max_pending {
            return Err(Full { pending, refused: size }.into());
        }
        // There is room in the pipe, so the whole frame goes there now.
        self.socket.send(message).map_err(|_| WsSendError::NotOpen)
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

#[cfg(test)]
mod tests {
    use super::{CONTROL_ROOM, Frame, Session, SessionError};
    use crate::websocket::{
        CLOSE_INVALID_TEXT, CLOSE_NO_STATUS, CLOSE_NORMAL, CLOSE_PROTOCOL, CLOSE_TOO_LARGE,
        WsConfig, WsSendError,
    };

    const TEXT: u8 = 0x1;
    const BINARY: u8 = 0x2;
    const FIN: u8 = 0x80;

    fn small() -> WsConfig {
        WsConfig { max_message: 64, max_frame: 48, max_pending: 128, ..WsConfig::default() }
    }

    /// A server's frame (RFC 6455 §5.2), unmasked.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).expect("a short payload");
        assert!(length < 126);
        [&[first, length], payload].concat()
    }

    fn give(session: &mut Session, bytes: &[u8]) {
        session.space()[..bytes.len()].copy_from_slice(bytes);
        session.filled(bytes.len());
    }

    /// Every frame in the given bytes, described.
    fn frames(session: &mut Session, bytes: &[u8]) -> Vec<String> {
        give(session, bytes);
        let mut told = Vec::new();
        while let Some(frame) = session.next_frame().unwrap() {
            told.push(format!("{frame:?}"));
        }
        told
    }

    fn error(config: &WsConfig, bytes: &[u8]) -> (SessionError, Vec<u8>) {
        let mut session = Session::client(config, Vec::new());
        give(&mut session, bytes);
        let error = loop {
            match session.next_frame() {
                Ok(frame) => assert!(frame.is_some(), "no error in these bytes"),
                Err(error) => break error,
            }
        };
        assert_eq!(session.next_frame(), Err(error), "an error is for ever");
        assert!(!session.is_open());
        (error, unmask(session.outbound().pending()))
    }

    /// The payload of the one masked frame in `wire`.
    fn unmask(wire: &[u8]) -> Vec<u8> {
        let (key, payload) = wire[2..].split_at(4);
        payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    }

    #[test]
    fn every_split_of_a_conversation_reads_the_same() {
        let wire = [
            frame(FIN | TEXT, "caf\u{e9}".as_bytes()),
            frame(BINARY, b"frag"),
            frame(FIN | 0x9, b"ping between fragments"),
            frame(0, b"men"),
            frame(FIN, b"ted"),
            frame(FIN | 0xA, b""),
            frame(FIN | TEXT, b""),
            frame(FIN | 0x8, &[&1001_u16.to_be_bytes()[..], b"bye"].concat()),
        ]
        .concat();
        let expected = [
            "Text(\"caf\u{e9}\")",
            "Ping([112, 105, 110, 103, 32, 98, 101, 116, 119, 101, 101, 110, 32, 102, 114, 97, \
             103, 109, 101, 110, 116, 115])",
            "Binary([102, 114, 97, 103, 109, 101, 110, 116, 101, 100])",
            "Pong([])",
            "Text(\"\")",
            "Close(1001, \"bye\")",
        ];
        for at in 0..=wire.len() {
            let mut session = Session::client(&small(), wire[..at].to_vec());
            let mut told = frames(&mut session, b"");
            told.extend(frames(&mut session, &wire[at..]));
            assert_eq!(told, expected, "split at {at}");
        }
        let mut session = Session::client(&small(), Vec::new());
        let told: Vec<String> =
            wire.iter().flat_map(|byte| frames(&mut session, &[*byte])).collect();
        assert_eq!(told, expected, "byte by byte");
    }

    #[test]
    fn a_ping_is_answered_with_its_own_payload() {
        let mut session = Session::client(&small(), Vec::new());
        frames(&mut session, &frame(FIN | 0x9, b"abc"));
        assert_eq!(session.outbound().pending()[0], FIN | 0xA);
        assert_eq!(unmask(session.outbound().pending()), b"abc");
    }

    #[test]
    fn a_close_frame_is_answered_with_its_own_code() {
        let mut session = Session::client(&small(), Vec::new());
        give(&mut session, &frame(FIN | 0x8, &1000_u16.to_be_bytes()));
        assert_eq!(session.next_frame(), Ok(Some(Frame::Close(CLOSE_NORMAL, ""))));
        assert_eq!(session.outbound().pending()[0], FIN | 0x8);
        assert_eq!(unmask(session.outbound().pending()), 1000_u16.to_be_bytes());
        assert_eq!(session.send_text("late"), Err(WsSendError::NotOpen));
        let mut session = Session::client(&small(), Vec::new());
        give(&mut session, &frame(FIN | 0x8, b""));
        assert_eq!(session.next_frame(), Ok(Some(Frame::Close(CLOSE_NO_STATUS, ""))));
    }

    #[test]
    fn what_is_too_large_is_closed_with_1009() {
        let told = |bytes: &[u8]| error(&small(), bytes);
        let expected = SessionError::Violation { code: CLOSE_TOO_LARGE };
        // The header alone suffices: no byte of the payload is awaited.
        let (frame_error, sent) = told(&[FIN | BINARY, 49]);
        assert_eq!((frame_error, sent), (expected, CLOSE_TOO_LARGE.to_be_bytes().to_vec()));
        let huge = [&[FIN | BINARY, 127][..], &u64::MAX.to_be_bytes()].concat();
        assert_eq!(told(&huge).0, expected);
        let fragments = [frame(TEXT, &[b'a'; 40]), frame(0, &[b'b'; 25])].concat();
        assert_eq!(told(&fragments).0, expected);
        let fitting = [frame(TEXT, &[b'a'; 40]), frame(FIN, &[b'b'; 24])].concat();
        assert_eq!(frames(&mut Session::client(&small(), Vec::new()), &fitting).len(), 1);
    }

    #[test]
    fn a_broken_rule_is_closed_with_its_code() {
        let code = |bytes: &[u8]| match error(&small(), bytes).0 {
            SessionError::Violation { code } => code,
            SessionError::Closed => 0,
        };
        assert_eq!(code(&frame(FIN | TEXT, b"\xff")), CLOSE_INVALID_TEXT);
        assert_eq!(code(&frame(FIN, b"nothing to continue")), CLOSE_PROTOCOL);
        assert_eq!(code(&frame(FIN | 0x3, b"")), CLOSE_PROTOCOL, "reserved opcode");
        assert_eq!(code(&frame(FIN | 0x40 | TEXT, b"")), CLOSE_PROTOCOL, "compressed, unasked");
        assert_eq!(code(&frame(0x9, b"")), CLOSE_PROTOCOL, "a control frame in fragments");
        let masked = [FIN | TEXT, 0x81, 0, 0, 0, 0, b'x'];
        assert_eq!(code(&masked), CLOSE_PROTOCOL, "servers do not mask");
        let interleaved = [frame(TEXT, b"a"), frame(FIN | TEXT, b"b")].concat();
        assert_eq!(code(&interleaved), CLOSE_PROTOCOL);
    }

    #[test]
    fn a_server_reads_what_a_client_sends() {
        let mut client = Session::client(&WsConfig::default(), Vec::new());
        let mut server = Session::server(&WsConfig::default(), Vec::new());
        client.send_text("hello").unwrap();
        client.send_binary(&[0, 255]).unwrap();
        client.ping(&[7; 300]).unwrap();
        let wire = client.outbound().pending().to_vec();
        let told = frames(&mut server, &wire);
        assert_eq!(told[..2], ["Text(\"hello\")", "Binary([0, 255])"]);
        assert_eq!(told[2], format!("Ping({:?})", [7; 125]), "a ping is cut to 125 bytes");
        let pong = server.outbound().pending().to_vec();
        assert_eq!(frames(&mut client, &pong), [format!("Pong({:?})", [7; 125])]);
    }

    #[test]
    fn a_peer_that_does_not_read_is_told_no_and_nothing_is_half_sent() {
        let mut session = Session::server(&small(), Vec::new());
        let mut accepted = 0;
        let refused = loop {
            match session.send_binary(&[7; 20]) {
                Ok(()) => accepted += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, WsSendError::Full(full) if full.pending == 22 * accepted));
        assert_eq!(session.outbound().pending().len(), 22 * accepted, "whole frames only");
        let waiting = session.outbound().pending().len();
        session.outbound().advance(waiting);
        session.send_binary(&[7; 20]).unwrap();
    }

    #[test]
    fn a_flood_of_pings_from_a_peer_that_does_not_read_stays_bounded() {
        let mut session = Session::client(&small(), Vec::new());
        for _ in 0..10_000 {
            frames(&mut session, &frame(FIN | 0x9, &[7; 40]));
        }
        let held = session.outbound().pending().len();
        assert!(held <= small().max_pending + CONTROL_ROOM, "{held}");

        // The peer reads again: what it gets is whole pongs, then the message.
        let mut wire = Vec::new();
        while session.send_text("after").is_err() {
            let out = session.outbound();
            wire.extend_from_slice(out.pending());
            out.clear();
        }
        wire.extend_from_slice(session.outbound().pending());
        let told = frames(&mut Session::server(&WsConfig::default(), Vec::new()), &wire);
        let (last, pongs) = told.split_last().unwrap();
        assert_eq!(last, "Text(\"after\")");
        assert!(
            pongs.len() > 10 && pongs.iter().all(|pong| *pong == format!("Pong({:?})", [7; 40]))
        );
    }

    #[test]
    fn a_hundred_thousand_fragments_cost_no_memory() {
        let mut session = Session::client(&small(), Vec::new());
        assert!(frames(&mut session, &frame(TEXT, b"")).is_empty());
        for _ in 0..100_000 {
            assert!(frames(&mut session, &frame(0, b"")).is_empty());
        }
        assert_eq!(frames(&mut session, &frame(FIN, b"end")), ["Text(\"end\")"]);
    }
}
