//! The market-data websocket: signing in, subscribing, every error, and what is told.

use crate::client::Socket;
use crate::stage::{OPEN, Row, Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{Speed, Start};
use std::time::{Duration, Instant};

fn error(socket: &mut Socket) -> (u64, String) {
    let message = socket.next();
    assert_eq!(message[0]["T"], "error", "{message}");
    (message[0]["code"].as_u64().unwrap(), message[0]["msg"].as_str().unwrap().to_owned())
}

fn told(code: u64, words: &str) -> (u64, String) {
    (code, words.to_owned())
}

#[test]
fn each_mistake_gets_its_code() {
    let stage = Stage::steady();
    let (key, secret) = (stage.endpoints().key.clone(), stage.endpoints().secret.clone());
    let mut socket = stage.websocket("/v2/iex");
    assert_eq!(socket.next(), json!([{"T": "success", "msg": "connected"}]));
    socket.say(json!({"action": "subscribe", "trades": ["AAPL"]}));
    assert_eq!(error(&mut socket), told(401, "not authenticated"));
    socket.say_text("{\"action\":");
    assert_eq!(error(&mut socket), told(400, "invalid syntax"));
    socket.say(json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(socket.next(), json!([{"T": "success", "msg": "authenticated"}]));
    socket.say(json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(error(&mut socket), told(403, "already authenticated"));
    socket.say(json!({"action": "subscribe", "quotes": "SPY"}));
    assert_eq!(error(&mut socket), told(400, "invalid syntax"));
    let many: Vec<String> = (0..31).map(|n| format!("S{n}")).collect();
    socket.say(json!({"action": "subscribe", "quotes": many}));
    assert_eq!(error(&mut socket), told(405, "symbol limit exceeded"));
    socket.say(json!({"action": "subscribe", "trades": ["AAPL"], "bars": ["*"]}));
    assert_eq!(
        socket.next(),
        json!([{"T": "subscription", "trades": ["AAPL"], "quotes": [], "bars": ["*"],
            "updatedBars": [], "dailyBars": [], "statuses": [], "lulds": [],
            "corrections": ["AAPL"], "cancelErrors": ["AAPL"]}])
    );
}

#[test]
fn wrong_keys_end_the_session() {
    let stage = Stage::steady();
    let mut socket = stage.websocket("/v2/sip");
    socket.next();
    socket.say(json!({"action": "auth", "key": "PKTEST", "secret": "BAD"}));
    assert_eq!(error(&mut socket), told(402, "auth failed"));
    assert_eq!(socket.close_code(), 1008);
}

#[test]
fn a_second_session_on_a_feed_is_one_too_many_until_the_first_is_gone() {
    let stage = Stage::steady();
    let first = stage.data("/v2/iex");
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    let mut second = stage.websocket("/v2/iex");
    second.next();
    second.say(json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(error(&mut second), told(406, "connection limit exceeded"));
    assert_eq!(second.close_code(), 1008);
    drop(stage.data("/v2/sip"));
    // The place is free as soon as the kernel has told of the first one's death.
    drop(first);
    drop(stage.data("/v2/iex"));
}

#[test]
fn a_session_without_keys_times_out() {
    let mut hasty = config(recording(steady(6_000, 100, 1_000)));
    hasty.auth_timeout = Duration::from_millis(50);
    let stage = Stage::start(hasty);
    let mut socket = stage.websocket("/v2/iex");
    socket.next();
    assert_eq!(error(&mut socket), told(404, "auth timeout"));
    assert_eq!(socket.close_code(), 1008);
}

#[test]
fn keys_may_come_with_the_handshake() {
    use tungstenite::client::IntoClientRequest;
    let stage = Stage::steady();
    let mut request =
        format!("ws://127.0.0.1:{}/v2/iex", stage.port()).into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("APCA-API-KEY-ID", stage.endpoints().key.parse().unwrap());
    headers.insert("APCA-API-SECRET-KEY", stage.endpoints().secret.parse().unwrap());
    let stream = std::net::TcpStream::connect(("127.0.0.1", stage.port())).unwrap();
    let (inner, _) = tungstenite::client(request, stream).unwrap();
    let mut socket = Socket { inner, binary: false };
    assert_eq!(socket.next()[0]["msg"], "connected");
    assert_eq!(socket.next()[0]["msg"], "authenticated");
}

#[test]
fn feeds_that_are_not_emulated_are_refused_at_the_door() {
    use std::io::Write;
    let stage = Stage::steady();
    let refusal = |path: &str, field: &str| {
        let mut http = stage.http();
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{field}\r\n"
        );
        http.stream.write_all(upgrade.as_bytes()).unwrap();
        let refused = http.read().unwrap().status;
        assert_eq!(http.ask("GET", "/v2/clock", "").status, 200, "the connection goes on as HTTP");
        refused
    };
    let proper = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert_eq!(refusal("/v1beta1/opra", proper), 404);
    assert_eq!(refusal("/v2/sip", ""), 400);
}

/// Messages of one type, in order, until `count` have come.
fn collect(socket: &mut Socket, kind: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    while found.len() < count {
        let frame = socket.next();
        let messages = frame.as_array().unwrap().iter().filter(|m| m["T"] == kind).cloned();
        found.extend(messages);
    }
    found
}

#[test]
fn quotes_come_in_order_with_every_key() {
    let mut waiting = config(recording(steady(300, 100, 7)));
    waiting.start = Start::OnSubscribe;
    let stage = Stage::start(waiting);
    let mut socket = stage.data("/v2/sip");
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    socket.next();
    let quotes = collect(&mut socket, "q", 300);
    assert_eq!(
        quotes[0],
        json!({"T": "q", "S": "SPY", "bx": "P", "bp": 367.40, "bs": 7, "ax": "P", "ap": 367.42,
            "as": 7, "c": ["R"], "z": "B", "t": "2020-12-15T14:30:00.000000000Z"})
    );
    let times: Vec<&str> = quotes.iter().map(|quote| quote["t"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "the first subscription starts the session, so none is missing");
    assert_eq!(socket.close_code(), 1000, "the recording is over");
}

#[test]
fn only_what_is_subscribed_is_told() {
    let stage = Stage::steady();
    let mut socket = stage.data("/v2/iex");
    socket.say(json!({"action": "subscribe", "quotes": ["AAPL"], "trades": ["SPY"]}));
    socket.next();
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(socket.next()[0]["T"], "subscription", "no quote of SPY came before");
    collect(&mut socket, "q", 3);
    socket.say(json!({"action": "unsubscribe", "quotes": ["SPY"]}));
    while socket.next()[0]["T"] != "subscription" {}
}

#[test]
fn a_client_that_does_not_read_is_told_so_and_dropped() {
    // More than any kernel buffers between two sockets: 150,000 quotes of 130 bytes.
    let mut slow = config(recording(steady(150_000, 1, 7)));
    slow.speed = Speed::Paced(1_000.0);
    slow.start = Start::OnSubscribe;
    slow.stream_pending = 64 << 10;
    let stage = Stage::start(slow);
    let mut socket = stage.data("/v2/sip");
    socket.say(json!({"action": "subscribe", "quotes": ["*"]}));
    let progress = stage.handle.progress();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !progress.is_over() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let mut last = Value::Null;
    let code = loop {
        match socket.inner.read().unwrap() {
            tungstenite::Message::Text(text) => last = serde_json::from_str(&text).unwrap(),
            tungstenite::Message::Close(frame) => break u16::from(frame.unwrap().code),
            _ => {}
        }
    };
    assert_eq!(last, json!([{"T": "error", "code": 407, "msg": "slow client"}]));
    assert_eq!(code, 1008);
}

#[test]
fn session_time_follows_the_wall_clock_at_its_speed() {
    let rows = (0..200).map(|n| -> Row { (n * 50, "367.40", "367.42", 7) });
    let mut paced = config(recording(rows));
    paced.speed = Speed::Paced(10.0);
    paced.start = Start::OnSubscribe;
    let stage = Stage::start(paced);
    let mut socket = stage.data("/v2/sip");
    let begun = Instant::now();
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    collect(&mut socket, "q", 200);
    // 9.95 s of session at ten times the wall clock's speed. Only the lower bound is a promise.
    assert!(begun.elapsed() >= Duration::from_millis(990), "{:?}", begun.elapsed());
    let time = stage.handle.progress().session_time();
    assert!(time.since(OPEN) >= 9_950_000_000, "{time}");
}
