//! A client of one thread in lock-step: it counts what is in flight, as ours does, and writes down
//! everything that it hears. What it asks for is a [`Script`]'s.

use crate::client::{Http, Socket};
use crate::stage::Stage;
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Speed};
use st0ck_quant::rng::Rng;
use st0ck_runtime::InFlight;
use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};
use tungstenite::{Error, Message};

/// What a client wants.
pub(crate) trait Script {
    /// A message of market data has come: the `frame`-th.
    fn on_frame(&mut self, driver: &mut Driver, frame: u64);

    /// The reply to something that was asked for.
    fn on_reply(&mut self, _reply: &Value) {}
}

/// How a session is listened to.
#[derive(Clone, Copy)]
pub(crate) struct Cast<'a> {
    /// Path of the market data.
    pub(crate) feed: &'a str,
    /// What is subscribed to there.
    pub(crate) subscribe: &'a str,
    /// Listeners to order updates: whether in MessagePack.
    pub(crate) listeners: &'a [bool],
    /// Connections for requests.
    pub(crate) lanes: usize,
    /// Whether nothing is ever in flight beside what is heard.
    pub(crate) one_at_a_time: bool,
    /// Dawdles at every step, to disturb the timing of threads.
    pub(crate) dawdles: bool,
}

/// The client.
pub(crate) struct Driver {
    flight: InFlight,
    http: Vec<Http>,
    busy: Vec<bool>,
    /// Market data first, then the listeners; `None` once it is closed.
    streams: Vec<Option<Socket>>,
    transcript: Vec<String>,
    frames: u64,
    one_at_a_time: bool,
    dawdle: Option<Rng>,
}

impl Driver {
    /// Plays a whole session; everything that was heard, in its order.
    pub(crate) fn play(
        config: EmulatorConfig,
        cast: Cast<'_>,
        script: &mut dyn Script,
    ) -> Vec<String> {
        let flight = InFlight::lock_step();
        let seed = config.seed.unwrap_or_default();
        let stage =
            Stage::start(EmulatorConfig { speed: Speed::LockStep(flight.clone()), ..config });
        let (listeners, data) = signed_in(&stage, &flight, cast.feed, cast.listeners);
        let mut driver = Self {
            flight: flight.clone(),
            http: (0..cast.lanes).map(|_| stage.http()).collect(),
            busy: vec![false; cast.lanes],
            streams: Vec::new(),
            transcript: Vec::new(),
            frames: 0,
            one_at_a_time: cast.one_at_a_time,
            dawdle: cast.dawdles.then(|| Rng::new(seed)),
        };
        flight.set_ready(true);
        driver.look_around();
        driver.streams.push(Some(data));
        driver.streams.extend(listeners.into_iter().map(Some));
        driver.subscribe(cast.subscribe);
        driver.run(script);
        assert!(stage.handle.progress().is_over());
        driver.transcript
    }

    /// What a client reads before it trades.
    fn look_around(&mut self) {
        for path in ["/v2/account", "/v2/positions", "/v2/orders"] {
            self.flight.enter(1);
            let reply = self.http[0].ask("GET", path, "");
            self.transcript.push(String::from_utf8(reply.body).unwrap());
            self.flight.leave(1);
        }
    }

    fn subscribe(&mut self, channels: &str) {
        let mut wish = json!({"action": "subscribe"});
        for channel in channels.split(' ') {
            wish[channel] = json!(["SPY"]);
        }
        let data = self.streams[0].as_mut().unwrap();
        assert_eq!(counted(data, &self.flight, &wish)[0]["T"], "subscription");
        self.flight.leave(1);
        for socket in self.streams.iter_mut().flatten() {
            socket.inner.get_mut().set_nonblocking(true).unwrap();
        }
        self.http.iter().for_each(|http| http.stream.set_nonblocking(true).unwrap());
    }

    /// Asks for something, unless the lane still waits for a reply.
    pub(crate) fn ask(&mut self, lane: usize, method: &str, path: &str, body: &Value) {
        if std::mem::replace(&mut self.busy[lane], true) {
            return;
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.flight.enter(1);
        let request = self.http[lane].render(method, path, &body);
        self.http[lane].stream.write_all(&request).unwrap();
    }

    fn run(&mut self, script: &mut dyn Script) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.streams.iter().any(Option::is_some) {
            assert!(Instant::now() < deadline, "stuck with {} in flight", self.flight.count());
            (0..self.streams.len()).for_each(|stream| self.poll(stream, script));
            (0..self.http.len()).for_each(|lane| self.poll_http(lane, script));
            if let Some(rng) = &mut self.dawdle {
                (0..rng.below(50)).for_each(|_| std::thread::yield_now());
            }
        }
    }

    /// Handles at most one message of a stream.
    fn poll(&mut self, stream: usize, script: &mut dyn Script) {
        let Some(socket) = &mut self.streams[stream] else { return };
        let words = match socket.inner.read() {
            Ok(Message::Text(text)) => text.as_str().to_owned(),
            Ok(Message::Binary(data)) => String::from_utf8(data.to_vec())
                .unwrap_or_else(|bytes| bytes.as_bytes().escape_ascii().to_string()),
            Ok(_) => return,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => return self.streams[stream] = None,
        };
        self.heard(format!("{stream} {words}"));
        if stream == 0 {
            self.frames += 1;
            script.on_frame(self, self.frames);
        }
        self.flight.leave(1);
    }

    fn poll_http(&mut self, lane: usize, script: &mut dyn Script) {
        let http = &mut self.http[lane];
        match http.stream.peek(&mut [0]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
        http.stream.set_nonblocking(false).unwrap();
        let reply = http.read().unwrap();
        http.stream.set_nonblocking(true).unwrap();
        let body = String::from_utf8(reply.body).unwrap();
        script.on_reply(&serde_json::from_str(&body).unwrap_or_default());
        self.heard(format!("lane {lane} {} {body}", reply.status));
        self.busy[lane] = false;
        self.flight.leave(1);
    }

    fn heard(&mut self, words: String) {
        assert!(!self.one_at_a_time || self.flight.count() == 1, "one thing at a time");
        self.transcript.push(words);
    }
}

/// Says something, counts it, and reads the answer, whose count the caller leaves.
pub(crate) fn counted(socket: &mut Socket, flight: &InFlight, message: &Value) -> Value {
    flight.enter(1);
    socket.say(message.clone());
    socket.next()
}

/// The same in MessagePack.
fn counted_msgpack(socket: &mut Socket, flight: &InFlight, message: &Value) -> Value {
    flight.enter(1);
    socket.inner.send(Message::binary(rmp_serde::to_vec(message).unwrap())).unwrap();
    rmp_serde::from_slice(&socket.inner.read().unwrap().into_data()).unwrap()
}

/// Listeners to updates, each in JSON or in MessagePack, and a feed of market data, all signed in by
/// a client that counts; nothing in flight.
pub(crate) fn signed_in(
    stage: &Stage,
    flight: &InFlight,
    feed: &str,
    listeners: &[bool],
) -> (Vec<Socket>, Socket) {
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    let auth = json!({"action": "auth", "key": key, "secret": secret});
    let listen = json!({"action": "listen", "data": {"streams": ["trade_updates"]}});
    let listener = |msgpack: &bool| {
        let mut socket = match msgpack {
            true => Socket::connect_msgpack(stage.port(), "/stream"),
            false => stage.websocket("/stream"),
        };
        let say = if *msgpack { counted_msgpack } else { counted };
        for message in [&auth, &listen] {
            say(&mut socket, flight, message);
            flight.leave(1);
        }
        socket
    };
    let listeners = listeners.iter().map(listener).collect();
    let mut data = stage.websocket(feed);
    assert_eq!(data.next()[0]["msg"], "connected");
    flight.leave(1);
    assert_eq!(counted(&mut data, flight, &auth)[0]["msg"], "authenticated");
    flight.leave(1);
    assert_eq!(flight.count(), 0);
    (listeners, data)
}

/// The first line in which two transcripts differ, told; the same length.
#[track_caller]
pub(crate) fn assert_same(first: &[String], again: &[String]) {
    let differs = first.iter().zip(again).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{:?}", differs.map(|at| (&first[at], &again[at])));
    assert_eq!(first.len(), again.len());
}
