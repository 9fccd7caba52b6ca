//! Lock-step: one message at a time, so that the same session, seed and client give the same bytes.

use crate::driver::{Cast, Driver, Script, assert_same, counted, signed_in};
use crate::stage::{OPEN, Row, Stage, recording};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Speed};
use st0ck_runtime::InFlight;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use tungstenite::Message;

fn rows() -> impl Iterator<Item = Row> {
    let quotes = [("367.40", "367.42"), ("367.41", "367.42"), ("367.44", "367.46")];
    (0..400).map(move |n| {
        let (bid, ask) = quotes[(n % 3) as usize];
        (n * 500, bid, ask, 3)
    })
}

/// Every so often asks for something, now and then for two things at once.
struct Trades;

impl Script for Trades {
    fn on_frame(&mut self, driver: &mut Driver, frame: u64) {
        let side = if frame % 40 < 20 { "buy" } else { "sell" };
        let order = json!({"symbol": "SPY", "qty": "5", "side": side, "type": "market",
            "time_in_force": "day", "client_order_id": format!("s{frame}")});
        let resting = json!({"symbol": "SPY", "qty": "1", "side": side, "type": "limit",
            "limit_price": if side == "buy" { "367.41" } else { "367.45" }, "time_in_force": "day",
            "client_order_id": format!("r{frame}")});
        let orders = "/v2/orders";
        if frame == 397 {
            // Never marketable, and no cancel comes after it: it lives until the close.
            return driver.ask(0, "POST", orders, &crate::orders::limit("buy", "1", "300"));
        }
        match frame % 20 {
            3 => driver.ask(0, "POST", orders, &order),
            // Twenty of the market's steps pass between these, so both connections are idle.
            9 => {
                driver.ask(1, "POST", orders, &resting);
                driver.ask(0, "GET", "/v2/orders?status=all", &Value::Null);
            }
            15 => driver.ask(1, "DELETE", orders, &Value::Null),
            _ => {}
        }
    }
}

fn play(seed: u64, dawdles: bool) -> Vec<String> {
    let config = EmulatorConfig { seed: Some(seed), ..EmulatorConfig::new(recording(rows())) };
    let cast = Cast {
        feed: "/v2/iex",
        subscribe: "quotes bars",
        listeners: &[false],
        lanes: 2,
        one_at_a_time: true,
        dawdles,
    };
    Driver::play(config, cast, &mut Trades)
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads_do() {
    let first = play(11, false);
    for event in ["partial_fill", "expired", "canceled"] {
        let event = format!("\"event\":\"{event}\"");
        assert!(first.iter().any(|line| line.contains(&event)), "{event}");
    }
    for dawdles in [false, true] {
        assert_same(&first, &play(11, dawdles));
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
        let update: Value = serde_json::from_str(line.strip_prefix("1 ").unwrap()).unwrap();
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
    let (_updates, mut data) = signed_in(&stage, &flight, "/v2/sip", &[false]);
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
    let (_updates, mut data) = signed_in(&stage, &flight, "/v2/sip", &[false]);
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
