//! The hours around the core session, and session time that starts before the data.

use crate::client::Socket;
use crate::orders::limit;
use crate::stage::{OPEN, Row, Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{Emulator, Speed, Start};
use st0ck_recorded::{Hours, Recording, Request, Source};
use st0ck_types::calendar::NYSE;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{Nanos, Symbol};
use std::fmt::Write;

/// A core session in milliseconds.
const CORE: i64 = 390 * 60_000;

/// A recording of quotes with the hours around the core session.
fn extended(rows: &[Row]) -> Recording {
    let mut text = String::from("ts_ns,symbol,bid,bid_size,ask,ask_size\n");
    for (ms, bid, ask, size) in rows {
        writeln!(text, "{},SPY,{bid},{size},{ask},{size}", OPEN.0 + ms * 1_000_000).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quotes.csv");
    std::fs::write(&path, text).unwrap();
    let request = Request {
        source: Source::Paths(vec![path]),
        symbol: Symbol::new("SPY"),
        hours: Hours::Extended(&NYSE),
        date: None,
        seed: 1,
    };
    // The file stays open while it is read.
    Recording::open(&request).unwrap()
}

fn begin(stage: &Stage) -> Socket {
    let mut socket = stage.data("/v2/iex");
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    socket
}

/// Updates as `name event time` in New York, up to one that ends so.
fn told(updates: &mut Socket, names: &[(&Value, &str)], last: &str) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    while told.last().is_none_or(|line| !line.ends_with(last)) {
        let data = updates.next()["data"].take();
        let name = names.iter().find(|(order, _)| order["id"] == data["order"]["id"]);
        let (name, event) = (name.unwrap().1, data["event"].as_str().unwrap());
        let time = &data["timestamp"].as_str().unwrap()[11..19];
        told.push(format!("{name} {event} {time}"));
    }
    told
}

#[test]
fn extended_orders_trade_around_the_core_session_and_core_orders_within_it() {
    let quote = |ms| (ms, "367.40", "367.42", 100);
    let rows = [quote(-60_000), quote(-30_000), quote(0), quote(1_000), quote(CORE + 1_000)];
    let mut around = config(extended(&rows));
    (around.start, around.speed) = (Start::OnSubscribe, Speed::Paced(20_000.0));
    let stage = Stage::start(around);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    assert_eq!(http.get("/v2/clock")["timestamp"], "2020-12-15T09:29:00-05:00");
    assert_eq!(http.get("/v2/clock")["is_open"], false);
    let mut post = |price: &str, extended: bool| {
        let mut order = limit("buy", "1", price);
        order["extended_hours"] = extended.into();
        http.post(&order).json()
    };
    let (core, ext) = (post("368", false), post("368", true));
    let (day, late) = (post("300", false), post("300", true));
    assert_eq!([&core["status"], &ext["status"]], ["accepted", "pending_new"]);
    let _market = begin(&stage);
    let names = [(&core, "core"), (&ext, "ext"), (&day, "day"), (&late, "late")];
    let mut all = told(&mut updates, &names, "late expired 01:00:00");
    all.retain(|line| !line.contains("pending_new") && !line.contains("accepted"));
    // Of two orders each keeps its own order of events.
    all.sort();
    assert_eq!(
        all,
        [
            "core fill 14:30:00",
            "core new 14:30:00",
            "day expired 21:00:00",
            "day new 14:30:00",
            "ext fill 14:29:00",
            "ext new 14:29:00",
            "late expired 01:00:00",
            "late new 14:29:00",
        ]
    );
    assert_eq!(updates.close_code(), 1000);
}

#[test]
fn session_time_may_start_before_the_data_and_not_after_it() {
    let mut early = config(recording(steady(20, 100, 7)));
    early.start_at = Some(OPEN - 30 * MINUTE);
    (early.start, early.speed) = (Start::OnSubscribe, Speed::Paced(20_000.0));
    let stage = Stage::start(early);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    assert_eq!(http.get("/v2/clock")["timestamp"], "2020-12-15T09:00:00-05:00");
    let order = http.post(&limit("buy", "1", "368")).json();
    assert_eq!(order["status"], "accepted");
    let _market = begin(&stage);
    let all = told(&mut updates, &[(&order, "it")], "it fill 14:30:00");
    assert_eq!(all, ["it accepted 14:00:00", "it new 14:30:00", "it fill 14:30:00"]);

    let mut late = config(recording(steady(20, 100, 7)));
    late.start_at = Some(Nanos(OPEN.0 + SECOND));
    let error = Emulator::bind(late).err().unwrap().to_string();
    assert!(error.contains("the session cannot start at 2020-12-15T09:30:01"), "{error}");
}
