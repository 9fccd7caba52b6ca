//! Scripted clients in lock-step that use stops, brackets and replacements: the same session, seed and
//! script give byte-equal updates, to every listener, in both codecs, and with faults.

use crate::driver::{Cast, Driver, Script, assert_same};
use crate::stage::{Row, recording_with_prints};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, FaultPlan};

/// Places, replaces and closes, one wish every few quotes.
#[derive(Default)]
struct Wishes {
    /// Ids of orders in the order of their replies.
    ids: Vec<String>,
}

impl Script for Wishes {
    fn on_frame(&mut self, driver: &mut Driver, frame: u64) {
        if !frame.is_multiple_of(4) {
            return;
        }
        let (orders, last) = ("/v2/orders", self.ids.last().cloned().unwrap_or_default());
        let bracket = json!({"symbol": "SPY", "qty": "5", "side": "buy", "type": "market",
            "time_in_force": "day", "order_class": "bracket",
            "take_profit": {"limit_price": "367.90"}, "stop_loss": {"stop_price": "366.20"}});
        let resting = json!({"symbol": "SPY", "qty": "3", "side": "buy", "type": "limit",
            "limit_price": "366.50", "time_in_force": "gtc"});
        let stop = json!({"symbol": "SPY", "qty": "2", "side": "buy", "type": "stop",
            "stop_price": "367.80", "time_in_force": "day"});
        let trailing = json!({"symbol": "SPY", "qty": "1", "side": "sell",
            "type": "trailing_stop", "trail_percent": "0.1", "time_in_force": "day"});
        let mut patch =
            |terms: Value| driver.ask(0, "PATCH", &format!("/v2/orders/{last}"), &terms);
        match frame / 4 % 12 {
            1 => driver.ask(0, "POST", orders, &bracket),
            3 => driver.ask(0, "POST", orders, &resting),
            4 => patch(json!({"limit_price": "367.20"})),
            6 => driver.ask(0, "POST", orders, &stop),
            7 => patch(json!({"stop_price": "367.60"})),
            9 => driver.ask(0, "POST", orders, &trailing),
            11 => driver.ask(0, "DELETE", "/v2/positions?cancel_orders=true", &Value::Null),
            _ => {}
        }
    }

    fn on_reply(&mut self, reply: &Value) {
        self.ids.extend(reply["id"].as_str().map(str::to_owned));
    }
}

/// A market that swings a dollar up and down, so that stops and targets are met.
fn swing(n: i64) -> i64 {
    36_700 + (n % 80 - 40).abs() * 3
}

fn dollars(cents: i64) -> &'static str {
    format!("{}.{:02}", cents / 100, cents % 100).leak()
}

fn play(seed: u64, faults: &str, listeners: &[bool], dawdles: bool) -> Vec<String> {
    let rows =
        (0..500).map(|n| -> Row { (n * 500, dollars(swing(n) - 1), dollars(swing(n) + 1), 50) });
    let prints: Vec<(i64, &str)> = (0..500).map(|n| (n * 500 + 100, dollars(swing(n)))).collect();
    let config = EmulatorConfig {
        seed: Some(seed),
        faults: FaultPlan::parse(faults, "faults.toml").unwrap(),
        ..EmulatorConfig::new(recording_with_prints(rows, &prints))
    };
    let cast = Cast {
        feed: "/v2/sip",
        subscribe: "quotes",
        listeners,
        lanes: 1,
        one_at_a_time: false,
        dawdles,
    };
    Driver::play(config, cast, &mut Wishes::default())
}

#[test]
fn stops_brackets_and_replacements_are_told_in_the_same_bytes_whatever_the_threads_do() {
    for seed in [1, 2, 3] {
        let first = play(seed, "", &[false], false);
        for event in ["fill", "canceled", "replaced", "pending_replace", "new"] {
            let event = format!("\"event\":\"{event}\"");
            assert!(first.iter().any(|line| line.contains(&event)), "{event}: {first:#?}");
        }
        assert_same(&first, &play(seed, "", &[false], true));
    }
}

/// What chance may do to requests, updates and quotes, by session time.
const FAULTS: &str = r#"
[[fault]]
kind = "delay"
on = "updates"
ms = 100
jitter_ms = 900
chance = 300

[[fault]]
kind = "duplicate"
on = "updates"
chance = 200

[[fault]]
kind = "reorder"
on = "updates"
chance = 200
window = 2

[[fault]]
kind = "drop"
on = "updates"
chance = 100

[[fault]]
kind = "drop"
on = "market"
chance = 50

[[fault]]
kind = "delay"
on = "orders"
ms = 50
jitter_ms = 200
chance = 500

[[fault]]
kind = "server_error"
on = "orders"
accepted = true
chance = 200

[[fault]]
kind = "clock_skew"
on = "updates"
ms = 1500
every = 7

[[fault]]
kind = "missed_fill"
every = 4

[[fault]]
kind = "held"
event = "new"
every = 5
"#;

/// What the listener `number` heard.
fn heard(transcript: &[String], number: usize) -> Vec<&str> {
    let own = format!("{number} ");
    transcript.iter().filter_map(|line| line.strip_prefix(own.as_str())).collect()
}

#[test]
fn faults_hit_the_same_bytes_of_every_listener_in_either_codec_whatever_the_threads_do() {
    for seed in [1, 2, 3] {
        let first = play(seed, FAULTS, &[false, true, false], false);
        assert!(heard(&first, 1).len() > 50 && heard(&first, 2).len() > 50, "{first:#?}");
        assert_ne!(heard(&first, 1), heard(&first, 3), "each listener has a chance of its own");
        for dawdles in [false, true] {
            assert_same(&first, &play(seed, FAULTS, &[false, true, false], dawdles));
        }
        assert_ne!(heard(&first, 1), heard(&play(seed, "", &[false], false), 1));
    }
}

#[test]
fn without_faults_every_listener_of_a_codec_hears_the_same_bytes() {
    let first = play(4, "", &[false, true, false, true], false);
    assert!(heard(&first, 1).len() > 50);
    assert_eq!(heard(&first, 1), heard(&first, 3));
    assert_eq!(heard(&first, 2), heard(&first, 4));
    assert!(heard(&first, 2).iter().all(|line| line.contains("\\xa5event")), "MessagePack");
}
