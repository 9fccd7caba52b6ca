//! Lock-step: one message at a time, so that the same session, seed and client give the same bytes.

use crate::client::{Http, Socket};
use crate::stage::{OPEN, Row, Stage, recording};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Speed};
use st0ck_quant::rng::Rng;
use st0ck_runtime::InFlight;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};
use tungstenite::{Error, Message, WebSocket};

/// A client of one thread that counts what is in flight, as ours does, and writes everything down.
struct Script {
    flight: InFlight,
    /// Two connections, so that requests can race.
    http: [Http; 2],
    busy: [bool; 2],
    transcript: Vec<String>,
    frames: usize,
    /// Dawdles at every step, to disturb the timing of threads.
    dawdle: Option<Rng>,
}

fn rows() -> impl Iterator<Item = Row> {
    let quotes = [("367.40", "367.42"), ("367.41", "367.42"), ("367.44", "367.46")];
    (0..400).map(move |n| {
        let (bid, ask) = quotes[(n % 3) as usize];
        (n * 500, bid, ask, 3)
    })
}

fn play(seed: u64, dawdle: bool) -> Vec<String> {
    let flight = InFlight::lock_step();
    let config = EmulatorConfig {
        seed: Some(seed),
        speed: Speed::LockStep(flight.clone()),
        ..EmulatorConfig::new(recording(rows()))
    };
    let stage = Stage::start(config);
    let mut script = Script {
        flight: flight.clone(),
        http: [stage.http(), stage.http()],
        busy: [false; 2],
        transcript: Vec::new(),
        frames: 0,
        dawdle: dawdle.then(|| Rng::new(seed)),
    };
    let (mut updates, mut data) = counted_streams(&stage, &flight, "/v2/iex");
    flight.set_ready(true);
    for path in ["/v2/account", "/v2/positions", "/v2/orders"] {
        flight.enter(1);
        let reply = script.http[0].ask("GET", path, "");
        script.transcript.push(String::from_utf8(reply.body).unwrap());
        flight.leave(1);
    }
    let subscribe = json!({"action": "subscribe", "quotes": ["SPY"], "bars": ["SPY"]});
    assert_eq!(counted(&mut data, &flight, &subscribe)[0]["T"], "subscription");
    flight.leave(1);
    data.inner.get_mut().set_nonblocking(true).unwrap();
    updates.inner.get_mut().set_nonblocking(true).unwrap();
    script.http.iter().for_each(|http| http.stream.set_nonblocking(true).unwrap());
    script.run(&mut data.inner, &mut updates.inner);
    assert!(stage.handle.progress().is_over());
    script.transcript
}

/// Says something, counts it, and reads the answer, whose count the caller leaves.
pub(crate) fn counted(socket: &mut Socket, flight: &InFlight, message: &Value) -> Value {
    flight.enter(1);
    socket.say(message.clone());
    socket.next()
}

/// Both streams of a client that counts, signed in; nothing in flight.
pub(crate) fn counted_streams(stage: &Stage, flight: &InFlight, path: &str) -> (Socket, Socket) {
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    let auth = json!({"action": "auth", "key": key, "secret": secret});
    let listen = json!({"action": "listen", "data": {"streams": ["trade_updates"]}});
    let mut updates = stage.websocket("/stream");
    for message in [&auth, &listen] {
        counted(&mut updates, flight, message);
        flight.leave(1);
    }
    let mut data = stage.websocket(path);
    assert_eq!(data.next()[0]["msg"], "connected");
    flight.leave(1);
    assert_eq!(counted(&mut data, flight, &auth)[0]["msg"], "authenticated");
    flight.leave(1);
    assert_eq!(flight.count(), 0);
    (updates, data)
}

impl Script {
    fn run<S: Read + Write>(&mut self, data: &mut WebSocket<S>, updates: &mut WebSocket<S>) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut data_open, mut updates_open) = (true, true);
        while data_open || updates_open {
            assert!(Instant::now() < deadline, "stuck with {} in flight", self.flight.count());
            if data_open {
                data_open = self.poll(data, true);
            }
            if updates_open {
                updates_open = self.poll(updates, false);
            }
            (0..2).for_each(|lane| self.poll_http(lane));
            if let Some(rng) = &mut self.dawdle {
                (0..rng.below(50)).for_each(|_| std::thread::yield_now());
            }
        }
    }

    /// Handles at most one message; whether the socket is still open.
    fn poll<S: Read + Write>(&mut self, socket: &mut WebSocket<S>, is_data: bool) -> bool {
        let text = match socket.read() {
            Ok(Message::Text(text)) => text.as_str().to_owned(),
            Ok(Message::Binary(data)) => String::from_utf8(data.to_vec()).unwrap(),
            Ok(_) => return true,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(_) => return false,
        };
        assert_eq!(self.flight.count(), 1, "one thing at a time");
        self.transcript.push(text);
        if is_data {
            self.frames += 1;
            self.trade();
        }
        self.flight.leave(1);
        true
    }

    /// Every so often asks for something, now and then for two things at once.
    fn trade(&mut self) {
        let side = if self.frames % 40 < 20 { "buy" } else { "sell" };
        let order = json!({"symbol": "SPY", "qty": "5", "side": side, "type": "market",
            "time_in_force": "day", "client_order_id": format!("s{}", self.frames)});
        let resting = json!({"symbol": "SPY", "qty": "1", "side": side, "type": "limit",
            "limit_price": if side == "buy" { "367.41" } else { "367.45" }, "time_in_force": "day",
            "client_order_id": format!("r{}", self.frames)});
        if self.frames == 397 {
            // Never marketable, and no cancel comes after it: it lives until the close.
            return self.ask(0, "POST", &crate::orders::limit("buy", "1", "300"));
        }
        match self.frames % 20 {
            3 => self.ask(0, "POST", &order),
            // Twenty of the market's steps pass between these, so both connections are idle.
            9 => {
                self.ask(1, "POST", &resting);
                self.ask(0, "GET", &Value::Null);
            }
            15 => self.ask(1, "DELETE", &Value::Null),
            _ => {}
        }
    }

    fn ask(&mut self, lane: usize, method: &str, body: &Value) {
        if std::mem::replace(&mut self.busy[lane], true) {
            return;
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = if method == "GET" { "/v2/orders?status=all" } else { "/v2/orders" };
        self.flight.enter(1);
        let request = self.http[lane].render(method, path, &body);
        self.http[lane].stream.write_all(&request).unwrap();
    }

    fn poll_http(&mut self, lane: usize) {
        let http = &mut self.http[lane];
        let mut probe = [0; 1];
        match http.stream.peek(&mut probe) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
        http.stream.set_nonblocking(false).unwrap();
        let reply = http.read().unwrap();
        http.stream.set_nonblocking(true).unwrap();
        assert_eq!(self.flight.count(), 1, "one thing at a time");
        let body = String::from_utf8(reply.body).unwrap();
        self.transcript.push(format!("{lane} {} {body}", reply.status));
        self.busy[lane] = false;
        self.flight.leave(1);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads_do() {
    let first = play(11, false);
    assert!(first.iter().any(|line| line.contains("\"event\":\"partial_fill\"")));
    assert!(first.iter().any(|line| line.contains("\"event\":\"expired\"")));
    assert!(first.iter().any(|line| line.contains("\"event\":\"canceled\"")));
    for dawdle in [false, true] {
        let again = play(11, dawdle);
        let differs = first.iter().zip(&again).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{:?}", differs.map(|at| (&first[at], &again[at])));
        assert_eq!(first.len(), again.len());
    }
    assert_ne!(first, play(12, false));
}

#[test]
fn no_effect_is_stamped_before_its_cause_and_every_quote_is_told() {
    let transcript = play(5, false);
    let quotes = transcript.iter().filter(|line| line.contains("\"T\":\"q\"")).count();
    assert_eq!(quotes, 400);
    let mut created_at = std::collections::BTreeMap::new();
    for line in transcript.iter().filter(|line| line.contains("trade_updates")) {
        let update: Value = serde_json::from_str(line).unwrap();
        let (data, order) = (&update["data"], &update["data"]["order"]);
        let id = order["id"].as_str().unwrap().to_owned();
        let created = order["created_at"].as_str().unwrap().to_owned();
        let at = data["timestamp"].as_str().unwrap();
        assert!(created.as_str() <= at && created.as_str() >= OPEN.to_string().as_str(), "{line}");
        created_at.insert(id, created);
    }
    assert!(created_at.len() > 10);
}

#[test]
fn nothing_moves_until_the_shell_is_ready() {
    let flight = InFlight::lock_step();
    let config = EmulatorConfig {
        seed: Some(1),
        speed: Speed::LockStep(flight.clone()),
        ..EmulatorConfig::new(recording(rows()))
    };
    let stage = Stage::start(config);
    let (_updates, mut data) = counted_streams(&stage, &flight, "/v2/sip");
    let subscribe = json!({"action": "subscribe", "quotes": ["SPY"]});
    let ack = counted(&mut data, &flight, &subscribe);
    assert_eq!(ack[0]["T"], "subscription", "control messages are not held back");
    flight.leave(1);
    let mut http = stage.http();
    flight.enter(1);
    let request = http.render("GET", "/v2/clock", "");
    http.stream.write_all(&request).unwrap();
    while flight.count() > 0 {
        std::thread::yield_now();
    }
    http.stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(http.stream.read(&mut [0]).is_err(), "answered, but not released");
    assert_eq!(stage.handle.progress().events(), 0);
    flight.set_ready(true);
    http.stream.set_read_timeout(None).unwrap();
    let first = data.inner.read();
    assert!(first.is_ok() || http.read().is_some());
}

#[test]
fn a_whole_recorded_day_plays_to_its_close() {
    use st0ck_recorded::source::Dataset;
    use st0ck_recorded::{Recording, Request, Source};
    let day = Recording::open(&Request {
        source: Source::Embedded(Dataset::Spy),
        symbol: st0ck_types::Symbol::new("SPY"),
        hours: Dataset::Spy.hours(),
        date: None,
        seed: 1,
    });
    let flight = InFlight::lock_step();
    let config = EmulatorConfig {
        seed: Some(1),
        speed: Speed::LockStep(flight.clone()),
        ..EmulatorConfig::new(day.unwrap())
    };
    let stage = Stage::start(config);
    let (_updates, mut data) = counted_streams(&stage, &flight, "/v2/sip");
    let all = json!({"action": "subscribe", "quotes": ["*"], "trades": ["*"], "bars": ["*"]});
    counted(&mut data, &flight, &all);
    flight.leave(1);
    flight.set_ready(true);
    let (begun, mut frames, mut bars) = (Instant::now(), 0u32, 0u32);
    while let Ok(Message::Text(text)) = data.inner.read() {
        frames += 1;
        bars += u32::try_from(text.matches("\"T\":\"b\"").count()).unwrap();
        flight.leave(1);
    }
    assert_eq!(bars, 390, "a minute bar for every minute of the session");
    assert!(frames > 46_000, "two quotes in every second");
    let progress = stage.handle.progress();
    while !progress.is_over() {
        std::thread::yield_now();
    }
    assert_eq!(progress.session_time(), progress.close());
    let (elapsed, events) = (begun.elapsed(), progress.events());
    eprintln!("{frames} frames, {events} events in {elapsed:?}");
}
