//! Websocket frames as a client reads them, against RFC 6455 read slowly.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude};
use st0ck_net::websocket::{
    CLOSE_INVALID_TEXT, CLOSE_PROTOCOL, CLOSE_TOO_LARGE, Frame, Session, SessionError, WsConfig,
};

/// Small limits, so that the mutator meets them.
const CONFIG: WsConfig = WsConfig {
    max_message: 300,
    max_frame: 200,
    max_pending: 4 << 10,
    read_chunk: 256,
    open_timeout_ns: 0,
    close_timeout_ns: 0,
};

/// Frames from a server.
pub(super) static FRAMES: Target = Target {
    name: "ws_frames",
    about: "websocket frames: every cut reads the same, messages as a slow RFC 6455 reader has them",
    run,
    seeds,
    words: Words::Binary,
    mend: None,
    room: 64 << 10,
    longest: 2 << 10,
    patience: 1,
};

/// One thing that a session told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Told {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16),
    Failed(u16),
}

fn run(input: &[u8]) -> Shape {
    let whole = read(input, CONFIG.read_chunk);
    assert_eq!(read(input, 1), whole, "byte by byte");
    assert_eq!(read(input, 13), whole, "in pieces of 13");
    let mut slow = Vec::new();
    allocation_counter::opt_out(|| slow = read_slowly(input));
    let sound = |told: &[Told]| -> Vec<Told> {
        told.iter().filter(|t| !matches!(t, Told::Failed(_))).cloned().collect()
    };
    assert_eq!(sound(&whole), sound(&slow));
    assert_eq!(whole.len(), slow.len(), "one of both fails: {whole:?} {slow:?}");
    let kinds: Vec<_> = whole.iter().take(4).map(std::mem::discriminant).collect();
    let code =
        whole.iter().find_map(|t| if let Told::Failed(code) = t { Some(*code) } else { None });
    Shape::of(&(kinds, code, magnitude(whole.len())))
}

/// The session's own reading.
fn read(input: &[u8], piece: usize) -> Vec<Told> {
    let mut session = Session::client(&CONFIG, Vec::new());
    let mut told = Vec::new();
    for piece in input.chunks(piece) {
        let space = session.space();
        assert!(space.len() >= piece.len(), "no space while nothing waits");
        space[..piece.len()].copy_from_slice(piece);
        session.filled(piece.len());
        if drain(&mut session, &mut told) {
            break;
        }
        // A peer that pings without end must not be answered without end.
        let waiting = session.outbound().pending().len();
        assert!(waiting <= CONFIG.max_pending + (1 << 10), "{waiting} bytes wait");
    }
    told
}

/// Takes what is there; whether no more can come.
fn drain(session: &mut Session, told: &mut Vec<Told>) -> bool {
    loop {
        let one = match session.next_frame() {
            Ok(None) => return false,
            Ok(Some(Frame::Text(text))) => Told::Text(text.to_owned()),
            Ok(Some(Frame::Binary(data))) => Told::Binary(data.to_vec()),
            Ok(Some(Frame::Ping(data))) => Told::Ping(data.to_vec()),
            Ok(Some(Frame::Pong(data))) => Told::Pong(data.to_vec()),
            Ok(Some(Frame::Close(code, _))) => {
                told.push(Told::Close(code));
                return true;
            }
            Err(SessionError::Violation { code }) => {
                let codes = [CLOSE_PROTOCOL, CLOSE_INVALID_TEXT, CLOSE_TOO_LARGE];
                assert!(codes.contains(&code), "{code}");
                assert_eq!(session.next_frame(), Err(SessionError::Violation { code }), "for good");
                told.push(Told::Failed(code));
                return true;
            }
            Err(SessionError::Closed) => return true,
        };
        told.push(one);
    }
}

/// RFC 6455 §5, one frame after the other out of the whole input.
fn read_slowly(input: &[u8]) -> Vec<Told> {
    let (mut told, mut at) = (Vec::new(), 0);
    let mut message: Option<(u8, Vec<u8>)> = None;
    while let Some(head) = input.get(at..at + 2) {
        let (first, second) = (head[0], head[1]);
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if second & 0x80 != 0 { 4 } else { 0 };
        let Some(more) = input.get(at + 2..at + 2 + extended + mask) else { break };
        let length = match extended {
            0 => u64::from(second & 0x7f),
            _ => more[..extended].iter().fold(0, |n, b| n << 8 | u64::from(*b)),
        };
        if !matches!(first & 0x0f, 0..=2 | 8..=10) || length > CONFIG.max_frame as u64 {
            told.push(Told::Failed(CLOSE_PROTOCOL));
            return told;
        }
        at += 2 + extended + mask;
        let Some(payload) = input.get(at..at + length as usize) else { break };
        at += payload.len();
        if is_refused(first, second, length) {
            told.push(Told::Failed(CLOSE_PROTOCOL));
            return told;
        }
        if !take(first, payload, &mut message, &mut told) {
            return told;
        }
    }
    told
}

/// What a client must refuse when it has the frame: §5.1 masked, §5.2 reserved bits, §5.5 long or
/// fragmented control frames.
fn is_refused(first: u8, second: u8, length: u64) -> bool {
    let (fin, control) = (first & 0x80 != 0, first & 0x08 != 0);
    first & 0x70 != 0 || second & 0x80 != 0 || (control && (!fin || length > 125))
}

/// Takes one frame; false when no more may come.
fn take(
    first: u8,
    payload: &[u8],
    message: &mut Option<(u8, Vec<u8>)>,
    told: &mut Vec<Told>,
) -> bool {
    let fin = first & 0x80 != 0;
    match first & 0x0f {
        9 => told.push(Told::Ping(payload.to_vec())),
        10 => told.push(Told::Pong(payload.to_vec())),
        8 => return close(payload, told),
        opcode => {
            let begun = match (opcode, message.take()) {
                (0, Some((kind, bytes))) => (kind, [&bytes[..], payload].concat()),
                (1 | 2, None) => (opcode, payload.to_vec()),
                _ => {
                    told.push(Told::Failed(CLOSE_PROTOCOL));
                    return false;
                }
            };
            if begun.1.len() > CONFIG.max_message {
                told.push(Told::Failed(CLOSE_TOO_LARGE));
                return false;
            }
            return settle(begun, fin, message, told);
        }
    }
    true
}

/// Tells a message that is whole; text must be UTF-8, and as far as it came.
fn settle(
    (kind, bytes): (u8, Vec<u8>),
    fin: bool,
    message: &mut Option<(u8, Vec<u8>)>,
    told: &mut Vec<Told>,
) -> bool {
    if kind == 1 {
        let broken = std::str::from_utf8(&bytes).is_err_and(|e| fin || e.error_len().is_some());
        if broken {
            told.push(Told::Failed(CLOSE_INVALID_TEXT));
            return false;
        }
    }
    match (fin, kind) {
        (false, _) => *message = Some((kind, bytes)),
        (true, 1) => told.push(Told::Text(String::from_utf8_lossy(&bytes).into_owned())),
        (true, _) => told.push(Told::Binary(bytes)),
    }
    true
}

fn close(payload: &[u8], told: &mut Vec<Told>) -> bool {
    match payload {
        [] => told.push(Told::Close(st0ck_net::websocket::CLOSE_NO_STATUS)),
        [_] => told.push(Told::Failed(CLOSE_PROTOCOL)),
        [high, low, words @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            let sound = std::str::from_utf8(words).is_ok();
            // §7.4: a code that nobody may send is answered, and told, as a breach of protocol.
            let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            let code = if allowed { code } else { CLOSE_PROTOCOL };
            told.push(if sound { Told::Close(code) } else { Told::Failed(CLOSE_INVALID_TEXT) });
        }
    }
    false
}

/// A few of each kind, as a server sends them.
fn seeds() -> Vec<Vec<u8>> {
    let frame = |first: u8, payload: &[u8]| -> Vec<u8> {
        match payload.len() {
            n @ 0..126 => [&[first, n as u8], payload].concat(),
            n => [&[first, 126, (n >> 8) as u8, n as u8], payload].concat(),
        }
    };
    let long = "quote ".repeat(30);
    vec![
        frame(0x81, b"[{\"T\":\"q\"}]"),
        frame(0x82, &[0, 1, 254, 255]),
        [frame(0x01, "h\u{e9}".as_bytes()), frame(0x89, b"?"), frame(0x80, b"llo")].concat(),
        [frame(0x8a, b"pong"), frame(0x88, &[0x03, 0xe8, b'b', b'y', b'e'])].concat(),
        frame(0x81, long.as_bytes()),
        [&[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 3][..], b"abc"].concat(),
        [frame(0x01, b"\xf0\x9f"), frame(0x80, b"\x98\x80"), frame(0x88, b"")].concat(),
    ]
}
