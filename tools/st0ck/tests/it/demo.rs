//! The main job: the recorded day through the whole machine, its JSON, and that it comes out the same
//! again.

use crate::place::{Place, wait_for};
use crate::tape;
use rustix::process::Signal;
use serde_json::Value;

const MIB: u64 = 1 << 20;

fn is_decimal(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(part)
}

fn is_hash(value: &Value) -> bool {
    value.as_str().is_some_and(|t| t.len() == 16 && t.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[test]
fn the_json_has_every_key_of_the_contract_with_its_type() {
    let place = Place::new();
    let told = place.st0ck(&["demo", "--json"]).ok().json();
    for key in ["session", "dir", "bot"] {
        assert!(told[key].is_string(), "{key}: {told}");
    }
    for key in ["events", "quotes", "prints", "bars", "orders_sent", "fills", "round_trips"] {
        assert!(told[key].as_u64().is_some_and(|n| n > 0), "{key}: {told}");
    }
    for key in ["realized_pnl", "fees"] {
        assert!(is_decimal(&told[key]), "{key}: {told}");
    }
    assert_eq!(told["symbols"], serde_json::json!(["SPY"]));
    assert!(told["data"]["kind"].is_string() && told["data"]["modelled"].is_boolean());
    assert!(told["rejects"]["local"].is_object() && told["rejects"]["broker"].is_object());
    for key in ["records", "bytes"] {
        assert!(told["journal"][key].as_u64().is_some_and(|n| n > 0), "journal.{key}: {told}");
    }
    assert_eq!(told["replay"]["equal"], true);
    assert_eq!(told["replay"]["records"], told["journal"]["records"]);
    assert!(is_hash(&told["replay"]["state_hash"]), "{told}");
    assert!(told["journal"]["records"].as_u64() >= told["events"].as_u64());
    let rss = told["rss_bytes"].as_u64().unwrap();
    assert!((MIB..200 * MIB).contains(&rss), "{rss}");
}

#[test]
fn the_json_has_the_latency_of_every_stage() {
    let place = Place::new();
    let told = place.st0ck(&["demo", "--json"]).ok().json();
    let stages = ["decode", "feed_to_core", "decide", "core_to_gateway", "encode", "wire_to_wire"];
    let latency = told["latency_ns"].as_object().unwrap();
    assert_eq!(latency.keys().collect::<Vec<_>>(), stages);
    for stage in stages {
        let number = |key: &str| latency[stage][key].as_u64().unwrap();
        assert!(number("count") > 0, "{stage}");
        let [p50, p99, p999, max] = ["p50", "p99", "p999", "max"].map(number);
        assert!(0 < p50 && p50 <= p99 && p99 <= p999 && p999 <= max, "{stage}: {latency:?}");
    }
    // The session's very first input comes before there is anything to measure.
    let decided = latency["decide"]["count"].as_u64().unwrap() + 1;
    assert_eq!(Some(decided), told["events"].as_u64(), "one decision an input");
    assert_eq!(latency["encode"]["count"], told["orders_sent"], "one encoding an order");
}

#[test]
fn the_session_lies_where_the_json_says_and_is_named_by_its_open() {
    let place = Place::new();
    let told = place.st0ck(&["demo", "--json"]).ok().json();
    let name = told["session"].as_str().unwrap();
    assert!(name.starts_with("2020-12-15T143000Z-"), "{name}");
    assert_eq!(place.session(), place.path(told["dir"].as_str().unwrap()));
    assert_eq!(place.session(), place.path("runs/st0cka").join(name));
    for part in ["journal/000000.seg", "session.json", "raw"] {
        assert!(place.session().join(part).exists(), "{part}");
    }
    let replay = place.st0ck(&["replay", "last", "--json"]).ok().json();
    assert_eq!(replay["state_hash"], told["replay"]["state_hash"]);
    let elsewhere = place.path("else/where");
    place.st0ck(&["demo", "--json", "--runs", elsewhere.to_str().unwrap()]).ok();
    assert!(elsewhere.join("st0cka").is_dir());
    assert_eq!(place.sessions().len(), 1, "the other folder only");
}

/// What does not depend on when and as which process life a session ran.
fn timeless(mut records: Vec<Value>) -> Vec<Value> {
    for record in &mut records {
        if let Some(body) = record["body"].as_object_mut() {
            for key in ["client_order_id", "broker_id", "ts_recv"] {
                body.remove(key);
            }
        }
    }
    records
}

#[test]
fn two_runs_with_one_seed_are_the_same_session_and_another_seed_is_not() {
    let place = Place::new();
    let run = |seed: &str| {
        let told = place.st0ck(&["demo", "--json", "--seed", seed]).ok().json();
        let orders = timeless(place.records("order"));
        assert_eq!(orders.len() as u64, told["orders_sent"].as_u64().unwrap());
        let reports = timeless(place.records("report"));
        (told["replay"]["state_hash"].clone(), orders, reports)
    };
    let (first, second, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first.1, second.1, "orders, their times and causes");
    assert_eq!(first.2, second.2, "reports, their times and prices");
    assert_eq!(first.0, second.0, "state_hash");
    assert_ne!(first.0, other.0, "state_hash of another seed");
    assert_ne!(first.1, other.1, "orders of another seed");
}

#[test]
fn a_demo_always_opens_a_new_session() {
    let place = Place::new();
    let data = place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    let args = ["demo", "--json", "--data", data.to_str().unwrap()];
    let names: Vec<Value> =
        (0..3).map(|_| place.st0ck(&args).ok().json()["session"].clone()).collect();
    assert_eq!(place.sessions().len(), 3, "{names:?}");
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true, "`last` is implied");
}

#[test]
fn demos_at_the_same_moment_have_sessions_of_their_own() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    let args = ["demo", "--json", "--data", "quotes.csv"];
    let demos: Vec<_> = (0..4).map(|_| place.start(place.command(&args))).collect();
    let mut names: Vec<String> = demos
        .into_iter()
        .map(|demo| demo.end().ok().json()["session"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), place.sessions().len()), (4, 4), "{names:?}");
}

#[test]
fn a_paced_session_trades_and_replays_too() {
    let place = Place::new();
    let data = place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    let args = ["demo", "--json", "--speed", "200", "--data", data.to_str().unwrap()];
    let told = place.st0ck(&args).ok().json();
    assert!(told["orders_sent"].as_u64().unwrap() >= 2, "{told}");
    assert!(told["fills"].as_u64().unwrap() >= 2, "{told}");
    assert_eq!(told["replay"]["equal"], true, "{told}");
}

#[test]
fn an_interrupted_demo_reports_what_there_was() {
    let place = Place::new();
    let data = place.write("quotes.csv", tape::quotes(0, 3600, tape::waves));
    let command =
        place.command(&["demo", "--json", "--speed", "10", "--data", data.to_str().unwrap()]);
    let demo = place.start(command);
    wait_for("the first orders", || {
        let ready = !place.sessions().is_empty();
        let orders = || place.st0ck(&["journal", "cat", "--kind", "order", "--json"]);
        (ready && orders().out.lines().count() >= 2).then_some(())
    });
    demo.signal(Signal::TERM);
    let told = demo.end().ok().json();
    assert!(told["orders_sent"].as_u64().unwrap() >= 2, "{told}");
    assert_eq!(told["replay"]["equal"], true, "{told}");
}

#[test]
fn a_speed_that_is_none_is_a_usage_error() {
    let place = Place::new();
    for speed in ["0", "-1", "fast", "nan", "inf"] {
        let told = place.st0ck(&["demo", &format!("--speed={speed}")]).exits(2);
        told.says(&["--speed", "expected max or a number above 0"]);
    }
    assert!(place.sessions().is_empty());
}
