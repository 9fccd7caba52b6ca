//! Streams in MessagePack: the same facts as in JSON, on every feed.

use crate::client::Socket;
use crate::orders::market;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use std::net::TcpStream;
use tungstenite::Message;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// A websocket whose handshake asks for MessagePack.
pub(crate) fn connect(stage: &Stage, path: &str) -> Socket {
    let mut request =
        format!("ws://127.0.0.1:{}{path}", stage.port()).into_client_request().unwrap();
    request.headers_mut().insert("Content-Type", "application/msgpack".parse().unwrap());
    let stream = TcpStream::connect(("127.0.0.1", stage.port())).unwrap();
    let (inner, _) = tungstenite::client(request, stream).unwrap();
    Socket { inner, binary: false }
}

pub(crate) fn say(socket: &mut Socket, message: &Value) {
    socket.inner.send(Message::binary(rmp_serde::to_vec(message).unwrap())).unwrap();
}

pub(crate) fn raw(socket: &mut Socket) -> Vec<u8> {
    loop {
        if let Message::Binary(data) = socket.inner.read().unwrap() {
            return data.to_vec();
        }
    }
}

fn next(socket: &mut Socket) -> Value {
    rmp_serde::from_slice(&raw(socket)).unwrap()
}

pub(crate) fn authenticated(stage: &Stage, path: &str) -> Socket {
    let mut socket = connect(stage, path);
    assert_eq!(next(&mut socket), json!([{"T": "success", "msg": "connected"}]));
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    say(&mut socket, &json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(next(&mut socket), json!([{"T": "success", "msg": "authenticated"}]));
    socket
}

#[test]
fn a_subscription_in_pieces_is_understood_and_quotes_lead_with_their_type() {
    let stage = Stage::start(config(recording(steady(6_000, 100, 7))));
    let mut socket = authenticated(&stage, "/v2/sip");
    // As the Python SDK sends it: the message in one frame, and an empty one to end it.
    let subscribe = rmp_serde::to_vec(&json!({"action": "subscribe", "quotes": ["SPY"]})).unwrap();
    let first = Frame::message(subscribe, OpCode::Data(Data::Binary), false);
    socket.inner.send(Message::Frame(first)).unwrap();
    let last = Frame::message(Vec::new(), OpCode::Data(Data::Continue), true);
    socket.inner.send(Message::Frame(last)).unwrap();
    assert_eq!(next(&mut socket)[0]["quotes"], json!(["SPY"]));
    let frame = raw(&mut socket);
    // A map of eleven keys, the first is T with q.
    let start = frame.windows(5).position(|five| five == b"\x8b\xa1T\xa1q");
    assert!(matches!(start, Some(1 | 3)), "{frame:?}");
    assert!(frame.windows(2).any(|two| two == [0xd7, 0xff] || two == [0xd6, 0xff]), "a time");
    say(&mut socket, &json!({"action": "dance"}));
    while !raw(&mut socket).windows(14).any(|found| found == b"invalid syntax") {}
}

#[test]
fn order_updates_speak_the_codec_of_their_listener() {
    let stage = Stage::steady();
    let mut text = stage.updates();
    let mut binary = connect(&stage, "/stream");
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    say(&mut binary, &json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(next(&mut binary)["data"]["status"], "authorized");
    say(&mut binary, &json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    assert_eq!(next(&mut binary)["stream"], "listening");
    stage.http().post(&market("buy", "2"));
    for _ in 0..3 {
        assert_eq!(next(&mut binary), text.next());
    }
}

#[test]
fn late_feed_test_feed_and_news_tell_their_own() {
    let mut long = config(recording(steady(12_000, 200, 7)));
    long.speed = st0ck_emulator::Speed::Paced(1_000.0);
    long.start = st0ck_emulator::Start::OnSubscribe;
    let stage = Stage::start(long);
    let (mut late, mut test) = (stage.data("/v2/delayed_sip"), stage.data("/v2/test"));
    let mut news = stage.data("/v1beta1/news");
    news.say(json!({"action": "subscribe", "news": ["*"]}));
    assert_eq!(news.next(), json!([{"T": "subscription", "news": ["*"]}]));
    test.say(json!({"action": "subscribe", "bars": ["FAKEPACA"], "quotes": ["FAKEPACA"]}));
    late.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(late.next()[0]["T"], "subscription");
    assert_eq!(test.next()[0]["T"], "subscription");
    let quote = late.next()[0].clone();
    assert_eq!(quote["t"], "2020-12-15T14:30:00.000000000Z", "the first is the oldest");
    let late_by = stage.handle.progress().session_time().since(crate::stage::OPEN);
    assert!(late_by >= 900_000_000_000, "{late_by}");
    let made_up = test.next()[0].clone();
    assert_eq!((&made_up["T"], &made_up["S"]), (&json!("q"), &json!("FAKEPACA")));
    let article = news.next()[0].clone();
    assert_eq!((&article["T"], &article["symbols"]), (&json!("n"), &json!(["SPY"])));
}
