//! Messages out of bytes, whole and unchanged: HTTP requests and replies, and after an upgrade
//! websocket messages. Called by the pipes of the proxy when a fault acts on messages.
//!
//! *Invariant:* the units together are the bytes that came, in their order; control frames, which
//! may stand inside a fragmented message, come before it.

use crate::faults::table::Target;
use serde_json::Value;
use st0ck_net::http::{Limits, RequestParser, ResponseParser};
use std::collections::VecDeque;

/// Bytes of a message; a longer one passes as bytes.
pub(super) const MESSAGE_MAX: usize = 8 << 20;
/// Opcodes of control frames have this bit (RFC 6455 §5.2).
const CONTROL: u8 = 0x08;

/// What the messages of both ways have to know of each other.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// Requests not yet answered, oldest first.
    asked: VecDeque<Asked>,
    /// What the websocket carries, once it is one.
    stream: Option<Target>,
    /// What comes is not HTTP, or not to be had in messages.
    pub(super) blind: bool,
}

#[derive(Debug, Clone)]
struct Asked {
    target: Target,
    symbol: Option<String>,
    is_head: bool,
    /// What the websocket is for that it asks for.
    stream: Option<Target>,
}

/// One message, or bytes between messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) bytes: Vec<u8>,
    /// What it is; `None` for what no fault acts on: handshakes, control frames.
    pub(super) target: Option<Target>,
    pub(super) symbol: Option<String>,
    pub(super) event: Option<String>,
}

impl Unit {
    fn plain(bytes: Vec<u8>) -> Self {
        Self { bytes, target: None, symbol: None, event: None }
    }
}

/// Which side speaks.
#[derive(Debug)]
enum Side {
    Client(Box<RequestParser>),
    Server(Box<ResponseParser>),
}

/// The messages of one way.
#[derive(Debug)]
pub(super) struct Cutter {
    side: Side,
    /// Bytes that are not yet in a unit.
    rest: Vec<u8>,
    /// How many of them the parser has taken.
    fed: usize,
    /// Frames of a message whose end has not come.
    fragments: Vec<u8>,
    payload: Vec<u8>,
}

impl Cutter {
    pub(super) fn of_client() -> Self {
        Self::new(Side::Client(Box::new(RequestParser::new(limits()))))
    }

    pub(super) fn of_server() -> Self {
        Self::new(Side::Server(Box::new(ResponseParser::new(limits()))))
    }

    fn new(side: Side) -> Self {
        Self { side, rest: Vec::new(), fed: 0, fragments: Vec::new(), payload: Vec::new() }
    }

    /// Takes bytes that came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    /// Bytes that wait for the end of their message.
    pub(super) fn waiting(&self) -> usize {
        self.rest.len() + self.fragments.len()
    }

    /// The next whole message; everything at once when there are none to be had.
    pub(super) fn next(&mut self, talk: &mut Talk) -> Option<Unit> {
        if !talk.blind && self.waiting() > MESSAGE_MAX {
            talk.blind = true;
        }
        if talk.blind {
            return self.remains();
        }
        match talk.stream {
            Some(target) => self.next_frame(talk, target),
            None => self.next_http(talk),
        }
    }

    /// What is left when no more comes.
    pub(super) fn remains(&mut self) -> Option<Unit> {
        let mut bytes = std::mem::take(&mut self.fragments);
        bytes.append(&mut self.rest);
        (!bytes.is_empty()).then(|| Unit::plain(bytes))
    }

    fn next_http(&mut self, talk: &mut Talk) -> Option<Unit> {
        // After a wish for a websocket only the server's answer tells what its sender speaks next.
        let is_client = matches!(self.side, Side::Client(_));
        if is_client && talk.asked.iter().any(|asked| asked.stream.is_some()) {
            return None;
        }
        if !is_client && talk.asked.front().is_some_and(|asked| asked.is_head) {
            return self.head_alone(talk);
        }
        // TLS does not begin with a letter, and a parser would wait for the end of its head.
        let begins_well = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'\r' | b'\n');
        if is_client && !self.rest.first().is_none_or(begins_well) {
            talk.blind = true;
            return self.remains();
        }
        let fresh = &self.rest[self.fed..];
        let fed = match &mut self.side {
            Side::Client(parser) => parser.feed(fresh),
            Side::Server(parser) => parser.feed(fresh),
        };
        let Ok(fed) = fed else {
            talk.blind = true;
            return self.remains();
        };
        self.fed += fed;
        let unit = match &mut self.side {
            Side::Client(parser) => {
                let asked = asked_of(parser)?;
                let target = asked.stream.is_none().then_some(asked.target);
                let symbol = asked.symbol.clone();
                talk.asked.push_back(asked);
                parser.reset();
                Unit { target, symbol, ..Unit::plain(Vec::new()) }
            }
            Side::Server(parser) => {
                let status = parser.response()?.status;
                parser.reset();
                answered(talk, status)
            }
        };
        let whole = std::mem::take(&mut self.fed);
        Some(Unit { bytes: self.rest.drain(..whole).collect(), ..unit })
    }

    /// The reply to a HEAD request: a head that tells the length of a body that does not come. The
    /// parser may have begun with it before the request was known.
    fn head_alone(&mut self, talk: &mut Talk) -> Option<Unit> {
        let end = self.rest.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        if let Side::Server(parser) = &mut self.side {
            parser.reset();
        }
        self.fed = 0;
        let bytes = self.rest.drain(..end).collect();
        Some(Unit { bytes, ..answered(talk, 200) })
    }

    fn next_frame(&mut self, talk: &mut Talk, target: Target) -> Option<Unit> {
        loop {
            let frame = Frame::of(&self.rest)?;
            if frame.len > MESSAGE_MAX {
                talk.blind = true;
                return self.remains();
            }
            if self.rest.len() < frame.len {
                return None;
            }
            let bytes: Vec<u8> = self.rest.drain(..frame.len).collect();
            if frame.opcode & CONTROL != 0 {
                return Some(Unit::plain(bytes));
            }
            self.payload.extend(frame.payload(&bytes));
            self.fragments.extend(bytes);
            if frame.is_last {
                let (symbol, event) = subject(&std::mem::take(&mut self.payload), target);
                let bytes = std::mem::take(&mut self.fragments);
                return Some(Unit { bytes, target: Some(target), symbol, event });
            }
        }
    }
}

/// Everything that two sides say, cut into messages, when it comes in pieces of `size`; what waits
/// for more at the end comes last.
pub(crate) fn cut(client: &[u8], server: &[u8], size: usize) -> [Vec<Vec<u8>>; 2] {
    let mut talk = Talk::default();
    let mut sides = [(Cutter::of_client(), Vec::new()), (Cutter::of_server(), Vec::new())];
    let mut pieces = [client.chunks(size), server.chunks(size)];
    loop {
        let mut came = false;
        for ((cutter, units), pieces) in sides.iter_mut().zip(&mut pieces) {
            if let Some(piece) = pieces.next() {
                came = true;
                cutter.push(piece);
            }
            units.extend(std::iter::from_fn(|| cutter.next(&mut talk)).map(|unit| unit.bytes));
        }
        if !came {
            break;
        }
    }
    sides.map(|(mut cutter, mut units)| {
        units.extend(cutter.remains().map(|unit| unit.bytes));
        units
    })
}

fn limits() -> Limits {
    Limits { body: MESSAGE_MAX, ..Limits::default() }
}

fn asked_of(parser: &RequestParser) -> Option<Asked> {
    let request = parser.request()?;
    let target = Target::of_request(request.method, request.path());
    let body = || serde_json::from_slice::<Value>(request.body).ok();
    Some(Asked {
        target,
        symbol: (target == Target::Orders)
            .then(body)
            .flatten()
            .and_then(|body| body["symbol"].as_str().map(str::to_owned)),
        is_head: request.method == "HEAD",
        stream: request.wants_websocket().then(|| Target::of_stream(request.path())),
    })
}

/// The reply to the oldest request.
fn answered(talk: &mut Talk, status: u16) -> Unit {
    let asked = talk.asked.pop_front();
    let wish = asked.as_ref().and_then(|asked| asked.stream);
    if status == 101 {
        talk.stream = wish;
    }
    let target = asked.as_ref().filter(|_| wish.is_none()).map(|asked| asked.target);
    Unit { target, symbol: asked.and_then(|asked| asked.symbol), ..Unit::plain(Vec::new()) }
}

/// Symbol and event of an order update.
fn subject(payload: &[u8], target: Target) -> (Option<String>, Option<String>) {
    let update = match target {
        Target::Updates => serde_json::from_slice::<Value>(payload).unwrap_or_default(),
        _ => Value::Null,
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&update["data"]["order"]["symbol"]), text(&update["data"]["event"]))
}

/// The head of a websocket frame (RFC 6455 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    is_last: bool,
    opcode: u8,
    mask: Option<[u8; 4]>,
    /// Bytes of the head.
    head: usize,
    /// Bytes of head and payload.
    len: usize,
}

impl Frame {
    /// The frame that begins here; `None` when not even its head is there.
    fn of(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (payload, at) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let is_masked = second & 0x80 != 0;
        let mask = if is_masked { Some(bytes.get(at..at + 4)?.try_into().ok()?) } else { None };
        let head = at + if is_masked { 4 } else { 0 };
        let len = usize::try_from(payload).unwrap_or(usize::MAX).saturating_add(head);
        Some(Self { is_last: first & 0x80 != 0, opcode: first & 0x0f, mask, head, len })
    }

    fn payload(self, bytes: &[u8]) -> impl Iterator<Item = u8> {
        let mask = self.mask.unwrap_or_default();
        bytes[self.head..].iter().enumerate().map(move |(at, byte)| byte ^ mask[at % 4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPGRADE: &[u8] =
        b"GET /stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

    /// Units of `bytes`, fed in pieces of `size`.
    fn cut(cutter: &mut Cutter, talk: &mut Talk, bytes: &[u8], size: usize) -> Vec<Unit> {
        let mut units = Vec::new();
        for piece in bytes.chunks(size) {
            cutter.push(piece);
            units.extend(std::iter::from_fn(|| cutter.next(talk)));
        }
        units
    }

    #[test]
    fn requests_and_replies_are_cut_at_their_ends_however_they_come() {
        let body = r#"{"symbol":"SPY"}"#;
        let asked = format!(
            "POST /v2/orders HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}GET /v2/clock HTTP/1.1\r\n\r\n",
            body.len()
        );
        let said = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n";
        for size in [1, 7, 1000] {
            let mut talk = Talk::default();
            let (mut client, mut server) = (Cutter::of_client(), Cutter::of_server());
            let up = cut(&mut client, &mut talk, asked.as_bytes(), size);
            let down = cut(&mut server, &mut talk, said.as_bytes(), size);
            let targets = |units: &[Unit]| units.iter().map(|u| u.target).collect::<Vec<_>>();
            assert_eq!(targets(&up), [Some(Target::Orders), Some(Target::Reads)]);
            assert_eq!(targets(&down), targets(&up), "a reply is what its request was");
            assert_eq!(down[0].symbol.as_deref(), Some("SPY"));
            let all =
                |units: Vec<Unit>| units.into_iter().flat_map(|u| u.bytes).collect::<Vec<_>>();
            assert_eq!(all(up), asked.as_bytes());
            assert_eq!(all(down), said.as_bytes());
        }
    }

    #[test]
    fn a_websocket_is_cut_into_messages_and_control_frames_pass_on_their_own() {
        let update = br#"{"data":{"event":"fill","order":{"symbol":"SPY"}}}"#;
        let mut frames = vec![0x01, 10];
        frames.extend(&update[..10]);
        frames.extend([0x89, 0x00]);
        frames.extend([0x80, (update.len() - 10) as u8]);
        frames.extend(&update[10..]);
        for size in [1, 3, 500] {
            let mut talk = Talk::default();
            let (mut client, mut server) = (Cutter::of_client(), Cutter::of_server());
            // The client speaks before it knows: its frame is kept until the server has agreed.
            let masked = [0x82, 0x81, 1, 2, 3, 4, b'x' ^ 1];
            let early = [UPGRADE, &masked].concat();
            assert_eq!(cut(&mut client, &mut talk, &early, size).len(), 1);
            let down = cut(&mut server, &mut talk, &[SWITCH, &frames].concat(), size);
            let [switch, ping, message] = down.as_slice() else { panic!("{down:?}") };
            assert_eq!((switch.bytes.as_slice(), switch.target), (SWITCH, None));
            assert_eq!((ping.bytes.as_slice(), ping.target), (&[0x89, 0x00][..], None));
            assert_eq!(message.target, Some(Target::Updates));
            assert_eq!(message.event.as_deref(), Some("fill"));
            assert_eq!(message.symbol.as_deref(), Some("SPY"));
            assert_eq!(message.bytes.len(), frames.len() - 2);
            let up = client.next(&mut talk).unwrap();
            assert_eq!((up.bytes.as_slice(), up.target), (&masked[..], Some(Target::Updates)));
        }
    }

    #[test]
    fn what_is_no_http_passes_as_bytes() {
        let (mut talk, mut client) = (Talk::default(), Cutter::of_client());
        client.push(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
        assert_eq!(client.next(&mut talk).unwrap().bytes, [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
        assert!(talk.blind);
        client.push(b"more");
        assert_eq!(client.next(&mut talk).unwrap().bytes, b"more");
        assert_eq!(client.next(&mut talk), None);
    }

    #[test]
    fn a_reply_to_head_has_no_body_whatever_its_length_says() {
        let mut talk = Talk::default();
        let (mut client, mut server) = (Cutter::of_client(), Cutter::of_server());
        cut(&mut client, &mut talk, b"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 99);
        let said = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(cut(&mut server, &mut talk, said, 5).len(), 2);
    }

    #[test]
    fn a_server_that_answers_before_it_is_asked_is_cut_all_the_same() {
        let mut talk = Talk::default();
        let (mut client, mut server) = (Cutter::of_client(), Cutter::of_server());
        let said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(cut(&mut server, &mut talk, &said[..25], 25), []);
        cut(&mut client, &mut talk, b"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 99);
        assert_eq!(cut(&mut server, &mut talk, &said[25..], 99).len(), 2);
    }

    #[test]
    fn a_frame_tells_its_length_in_three_ways() {
        let len = |bytes: &[u8]| Frame::of(bytes).map(|frame| frame.len);
        assert_eq!(len(&[0x81, 0x05]), Some(7));
        assert_eq!(len(&[0x81, 0x85, 0, 0, 0, 0]), Some(11));
        assert_eq!(len(&[0x81, 126, 1, 0]), Some(260));
        assert_eq!(len(&[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some(65_546));
        assert_eq!(
            len(&[0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Some(usize::MAX)
        );
        for short in [&[0x81][..], &[0x81, 126, 1], &[0x81, 0x80, 1, 2, 3]] {
            assert_eq!(len(short), None);
        }
    }
}
