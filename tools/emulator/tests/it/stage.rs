//! Sessions to play: quotes written to a file, an emulator on a thread, and its clients.

use crate::client::{Http, Socket};
use st0ck_emulator::{Emulator, EmulatorConfig, EmulatorHandle, Endpoints, Speed, Start};
use st0ck_recorded::{Hours, Recording, Request, Source};
use st0ck_sim::SimConfig;
use st0ck_types::calendar::NYSE;
use st0ck_types::{Nanos, Symbol};
use std::io::Write;
use std::path::PathBuf;

/// 2020-12-15T14:30:00Z, the open in New York.
pub(crate) const OPEN: Nanos = Nanos(1_608_042_600_000_000_000);
const MILLI: i64 = 1_000_000;

/// One row of a quotes file: milliseconds after the open, bid, ask, shares on either side.
pub(crate) type Row = (i64, &'static str, &'static str, u32);

/// A recording of SPY quotes.
pub(crate) fn recording(rows: impl IntoIterator<Item = Row>) -> Recording {
    recording_with_prints(rows, &[])
}

/// A recording of SPY quotes and of prints of 100 shares: milliseconds after the open, price.
pub(crate) fn recording_with_prints(
    rows: impl IntoIterator<Item = Row>,
    prints: &[(i64, &str)],
) -> Recording {
    let quotes = rows.into_iter().map(|(ms, bid, ask, size)| {
        format!("{},SPY,{bid},{size},{ask},{size}", OPEN.0 + ms * MILLI)
    });
    let quotes = written("ts_ns,symbol,bid,bid_size,ask,ask_size", quotes);
    let trades =
        prints.iter().map(|(ms, price)| format!("{},SPY,{price},100", OPEN.0 + ms * MILLI));
    let trades = (!prints.is_empty()).then(|| written("ts_ns,symbol,price,size", trades));
    let paths: Vec<PathBuf> = [Some(quotes), trades].into_iter().flatten().collect();
    let request = Request {
        source: Source::Paths(paths.clone()),
        symbol: Symbol::new("SPY"),
        hours: Hours::Calendar(&NYSE),
        date: None,
        seed: 1,
    };
    let recording = Recording::open(&request).unwrap();
    // The files stay open while they are read.
    paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
    recording
}

fn written(header: &str, lines: impl Iterator<Item = String>) -> PathBuf {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "{header}").unwrap();
    lines.for_each(|line| writeln!(file, "{line}").unwrap());
    file.keep().unwrap().1
}

/// The same quote, again and again: `count` times, every `every_ms`.
pub(crate) fn steady(count: i64, every_ms: i64, size: u32) -> impl Iterator<Item = Row> {
    (0..count).map(move |n| (n * every_ms, "367.40", "367.42", size))
}

/// An account on a venue without chance or delay, at twenty times the wall clock's speed.
pub(crate) fn config(recording: Recording) -> EmulatorConfig {
    EmulatorConfig {
        seed: Some(7),
        speed: Speed::Paced(20.0),
        start: Start::Now,
        venue: SimConfig::immediate(),
        ..EmulatorConfig::new(recording)
    }
}

/// A running emulator.
pub(crate) struct Stage {
    pub(crate) handle: EmulatorHandle,
}

impl Stage {
    pub(crate) fn start(config: EmulatorConfig) -> Self {
        Self { handle: Emulator::bind(config).unwrap().spawn().unwrap() }
    }

    /// A long steady session with plenty of shares.
    pub(crate) fn steady() -> Self {
        Self::start(config(recording(steady(6_000, 100, 1_000))))
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        self.handle.endpoints()
    }

    pub(crate) fn port(&self) -> u16 {
        self.endpoints().rest.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A connection that shows its keys with every request.
    pub(crate) fn http(&self) -> Http {
        let keys = Some((self.endpoints().key.clone(), self.endpoints().secret.clone()));
        Http::connect(self.port(), keys)
    }

    /// A connection that shows these keys, or none.
    pub(crate) fn http_as(&self, keys: Option<(&str, &str)>) -> Http {
        Http::connect(self.port(), keys.map(|(key, secret)| (key.to_owned(), secret.to_owned())))
    }

    pub(crate) fn websocket(&self, path: &str) -> Socket {
        Socket::connect(self.port(), path)
    }

    /// A listener on order updates.
    pub(crate) fn updates(&self) -> Socket {
        let mut socket = self.websocket("/stream");
        let (key, secret) = (&self.endpoints().key, &self.endpoints().secret);
        socket.say(serde_json::json!({"action": "auth", "key": key, "secret": secret}));
        assert_eq!(socket.next()["data"]["status"], "authorized");
        socket.say(serde_json::json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
        assert_eq!(socket.next()["stream"], "listening");
        socket
    }

    /// A market-data session that has shown its keys.
    pub(crate) fn data(&self, path: &str) -> Socket {
        let mut socket = self.websocket(path);
        assert_eq!(socket.next()[0]["msg"], "connected");
        let (key, secret) = (&self.endpoints().key, &self.endpoints().secret);
        socket.say(serde_json::json!({"action": "auth", "key": key, "secret": secret}));
        assert_eq!(socket.next()[0]["msg"], "authenticated");
        socket
    }
}
