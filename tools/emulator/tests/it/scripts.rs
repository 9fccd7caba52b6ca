//! A scripted client in lock-step that uses stops, brackets and replacements: the same session, seed and
//! script give byte-equal updates.

use crate::client::Http;
use crate::lock_step::{counted, counted_streams};
use crate::stage::{Row, Stage, recording_with_prints};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Speed};
use st0ck_quant::rng::Rng;
use st0ck_runtime::InFlight;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};
use tungstenite::{Error, Message, WebSocket};

struct Script {
    flight: InFlight,
    http: Http,
    busy: bool,
    transcript: Vec<String>,
    frames: u64,
    /// Ids of orders in the order of their replies.
    ids: Vec<String>,
    dawdle: Option<Rng>,
}

/// A market that swings a dollar up and down, so that stops and targets are met.
fn swing(n: i64) -> i64 {
    36_700 + (n % 80 - 40).abs() * 3
}

fn dollars(cents: i64) -> &'static str {
    format!("{}.{:02}", cents / 100, cents % 100).leak()
}

fn play(seed: u64, dawdle: bool) -> Vec<String> {
    let rows =
        (0..500).map(|n| -> Row { (n * 500, dollars(swing(n) - 1), dollars(swing(n) + 1), 50) });
    let prints: Vec<(i64, &str)> = (0..500).map(|n| (n * 500 + 100, dollars(swing(n)))).collect();
    let flight = InFlight::lock_step();
    let config = EmulatorConfig {
        seed: Some(seed),
        speed: Speed::LockStep(flight.clone()),
        ..EmulatorConfig::new(recording_with_prints(rows, &prints))
    };
    let stage = Stage::start(config);
    let mut script = Script {
        flight: flight.clone(),
        http: stage.http(),
        busy: false,
        transcript: Vec::new(),
        frames: 0,
        ids: Vec::new(),
        dawdle: dawdle.then(|| Rng::new(seed)),
    };
    let (mut updates, mut data) = counted_streams(&stage, &flight, "/v2/sip");
    flight.set_ready(true);
    let subscribe = json!({"action": "subscribe", "quotes": ["SPY"]});
    counted(&mut data, &flight, &subscribe);
    flight.leave(1);
    data.inner.get_mut().set_nonblocking(true).unwrap();
    updates.inner.get_mut().set_nonblocking(true).unwrap();
    script.http.stream.set_nonblocking(true).unwrap();
    script.run(&mut data.inner, &mut updates.inner);
    script.transcript
}

impl Script {
    fn run<S: Read + Write>(&mut self, data: &mut WebSocket<S>, updates: &mut WebSocket<S>) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut data_open, mut updates_open) = (true, true);
        while data_open || updates_open {
            assert!(Instant::now() < deadline, "stuck with {} in flight", self.flight.count());
            data_open = data_open && self.poll(data, true);
            updates_open = updates_open && self.poll(updates, false);
            self.poll_http();
            if let Some(rng) = &mut self.dawdle {
                (0..rng.below(50)).for_each(|_| std::thread::yield_now());
            }
        }
    }

    fn poll<S: Read + Write>(&mut self, socket: &mut WebSocket<S>, is_data: bool) -> bool {
        let text = match socket.read() {
            Ok(Message::Text(text)) => text.as_str().to_owned(),
            Ok(Message::Binary(data)) => String::from_utf8(data.to_vec()).unwrap(),
            Ok(_) => return true,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(_) => return false,
        };
        if is_data {
            self.frames += 1;
            self.act();
        } else {
            self.transcript.push(text);
        }
        self.flight.leave(1);
        true
    }

    /// One wish every few quotes.
    fn act(&mut self) {
        if self.busy || !self.frames.is_multiple_of(4) {
            return;
        }
        let last = self.ids.last().cloned().unwrap_or_default();
        let bracket = json!({"symbol": "SPY", "qty": "5", "side": "buy", "type": "market",
            "time_in_force": "day", "order_class": "bracket",
            "take_profit": {"limit_price": "367.90"}, "stop_loss": {"stop_price": "366.20"}});
        let resting = json!({"symbol": "SPY", "qty": "3", "side": "buy", "type": "limit",
            "limit_price": "366.50", "time_in_force": "gtc"});
        let stop = json!({"symbol": "SPY", "qty": "2", "side": "buy", "type": "stop",
            "stop_price": "367.80", "time_in_force": "day"});
        let trailing = json!({"symbol": "SPY", "qty": "1", "side": "sell",
            "type": "trailing_stop", "trail_percent": "0.1", "time_in_force": "day"});
        match self.frames / 4 % 12 {
            1 => self.ask("POST", "/v2/orders", &bracket),
            3 => self.ask("POST", "/v2/orders", &resting),
            4 => {
                self.ask("PATCH", &format!("/v2/orders/{last}"), &json!({"limit_price": "367.20"}))
            }
            6 => self.ask("POST", "/v2/orders", &stop),
            7 => self.ask("PATCH", &format!("/v2/orders/{last}"), &json!({"stop_price": "367.60"})),
            9 => self.ask("POST", "/v2/orders", &trailing),
            11 => self.ask("DELETE", "/v2/positions?cancel_orders=true", &Value::Null),
            _ => {}
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.busy = true;
        self.flight.enter(1);
        let request = self.http.render(method, path, &body);
        self.http.stream.write_all(&request).unwrap();
    }

    fn poll_http(&mut self) {
        let mut probe = [0; 1];
        match self.http.stream.peek(&mut probe) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
        self.http.stream.set_nonblocking(false).unwrap();
        let reply = self.http.read().unwrap();
        self.http.stream.set_nonblocking(true).unwrap();
        let body = reply.json();
        if let Some(id) = body["id"].as_str() {
            self.ids.push(id.to_owned());
        }
        self.transcript.push(format!("{} {body}", reply.status));
        self.busy = false;
        self.flight.leave(1);
    }
}

#[test]
fn stops_brackets_and_replacements_are_told_in_the_same_bytes_whatever_the_threads_do() {
    for seed in [1, 2, 3] {
        let first = play(seed, false);
        for event in ["fill", "canceled", "replaced", "pending_replace", "new"] {
            let event = format!("\"event\":\"{event}\"");
            assert!(first.iter().any(|line| line.contains(&event)), "{event}: {first:#?}");
        }
        let again = play(seed, true);
        let differs = first.iter().zip(&again).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{:?}", differs.map(|at| (&first[at], &again[at])));
        assert_eq!(first.len(), again.len());
    }
}
