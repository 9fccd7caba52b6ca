//! A bot and a broker as two processes: trading, stopping, and the end of the day.

use crate::broker::Broker;
use crate::place::{Place, wait_for};
use crate::tape;
use rustix::process::Signal;
use serde_json::Value;

/// A broker that plays so many seconds of a market in which every target is met.
fn broker(place: &Place, seconds: i64, speed: &str) -> Broker {
    place.write("tape/quotes.csv", tape::quotes(0, seconds, tape::waves));
    Broker::start(place, &["--data", "tape", "--speed", speed])
}

#[test]
fn the_ready_line_says_where_and_with_what() {
    let place = Place::new();
    let broker = Broker::start(&place, &["--key", "PKOWN", "--secret", "own secret"]);
    let keys: Vec<&String> = broker.ready.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["rest", "data", "stream", "key", "secret", "account", "ca", "accounts"]);
    assert_eq!(broker.credentials(), ["PKOWN", "own secret"]);
    assert_eq!(broker.ready["ca"], Value::Null);
    for (key, scheme) in [("rest", "http"), ("data", "http"), ("stream", "ws")] {
        let root = broker.ready[key].as_str().unwrap();
        assert!(root.starts_with(&format!("{scheme}://127.0.0.1:")), "{key}: {root}");
    }
    assert_eq!(broker.get("/v2/account")["id"], broker.ready["account"]);
    broker.process.interrupt().ok();
}

#[test]
fn two_emulators_are_two_accounts_unless_seeded() {
    let place = Place::new();
    let account = |args: &[&str]| Broker::start(&place, args).ready["account"].clone();
    assert_ne!(account(&[]), account(&[]));
    assert_eq!(account(&["--seed", "5"]), account(&["--seed", "5"]));
}

#[test]
fn a_bot_trades_over_sockets_until_it_is_interrupted() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let broker = broker(&place, 1800, "30");
        let bot = broker.start_bot(&place, &["--json"]);
        broker.wait_for_orders(4);
        bot.signal(signal);
        let told = bot.end().ok().json();
        let keys = [
            "session",
            "dir",
            "bot",
            "events",
            "orders_sent",
            "fills",
            "round_trips",
            "realized_pnl",
            "fees",
            "rejects",
            "state_hash",
        ];
        for key in keys {
            assert!(!told[key].is_null(), "{key}: {told}");
        }
        assert_eq!(told["orders_sent"], broker.orders().len(), "{told}");
        assert_eq!(told["continued"], false);
        let replay = place.st0ck(&["replay", "--json"]).ok().json();
        assert_eq!((&replay["equal"], &replay["state_hash"]), (&true.into(), &told["state_hash"]));
        place.st0ck(&["journal", "verify"]).ok();
    }
}

#[test]
fn every_order_at_the_broker_was_journaled_word_for_word() {
    let place = Place::new();
    let broker = broker(&place, 1800, "60");
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(6);
    bot.interrupt().ok();
    let journaled = place.records("order");
    let theirs = broker.orders();
    assert_eq!(journaled.len(), theirs.len());
    for (ours, theirs) in journaled.iter().zip(&theirs) {
        for key in ["client_order_id", "side", "type", "qty", "limit_price", "time_in_force"] {
            assert_eq!(ours["body"][key], theirs[key], "{key} of {theirs}");
        }
    }
}

#[test]
fn the_end_of_the_recorded_session_ends_the_bot() {
    let place = Place::new();
    let broker = broker(&place, 240, "60");
    let told = broker.start_bot(&place, &["--json"]).end().ok().json();
    assert!(told["orders_sent"].as_u64().unwrap() >= 4, "{told}");
    let last = place.records("session").pop().unwrap();
    assert_eq!(last["body"]["event"], "session_end", "{last}");
    assert_eq!(last["at"], format!("{}T20:00:00.000000000Z", tape::DATE), "moved to the close");
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["state_hash"], told["state_hash"]);
    let again = broker.start_bot(&place, &[]).end().ok();
    again.says(&["the recorded session is over"]);
}

#[test]
fn status_tells_of_a_running_bot_and_of_a_stopped_one() {
    let place = Place::new();
    let broker = broker(&place, 1800, "30");
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(2);
    let seen = wait_for("two orders in the status", || {
        let row = place.status();
        (row["orders_sent"].as_u64() >= Some(2)).then_some(row)
    });
    assert_eq!((&seen["running"], &seen["killed"]), (&true.into(), &Value::Null), "{seen}");
    assert_eq!(seen["state"], "ACTIVE", "{seen}");
    bot.interrupt().ok();
    assert_eq!(place.status()["running"], false);
}

#[test]
fn debug_says_more_and_nothing_on_stdout() {
    let place = Place::new();
    let broker = broker(&place, 240, "60");
    let quiet = broker.start_bot(&place, &["--json"]).end().ok();
    let place = Place::new();
    let broker = self::broker(&place, 240, "60");
    let chatty = broker.start_bot(&place, &["--json", "--debug"]).end().ok();
    assert!(chatty.err.len() > quiet.err.len() && chatty.err.contains("INFO"), "{}", chatty.err);
    chatty.json();
}

#[test]
fn a_bot_whose_broker_is_gone_sends_nothing_and_stops_when_asked() {
    let place = Place::new();
    let broker = broker(&place, 1800, "60");
    let bot = broker.start_bot(&place, &["--json", "--debug"]);
    broker.wait_for_orders(4);
    broker.process.kill();
    wait_for("the news in the journal", || {
        let sessions = place.records("session");
        let down = |r: &Value| r["body"]["event"] == "feed_link" && r["body"]["up"] == false;
        sessions.iter().any(down).then_some(())
    });
    let sent = place.records("order").len();
    let told = bot.interrupt().ok().json();
    assert_eq!(told["orders_sent"], sent, "{told}");
    assert_ne!(told["state"], "ACTIVE", "{told}");
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!((&replay["equal"], &replay["state_hash"]), (&true.into(), &told["state_hash"]));
}
