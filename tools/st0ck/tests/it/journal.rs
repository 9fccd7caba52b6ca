//! Looking into a journal: shapes, selections, and what happens when nobody reads to the end.

use crate::place::{Place, wait_for};
use crate::tape;
use serde_json::{Value, json};
use std::io::Read;
use std::process::Stdio;

/// A place with one short session in it.
fn recorded() -> (Place, Value) {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    let told = place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok().json();
    (place, told)
}

#[test]
fn stat_and_verify_tell_what_is_there() {
    let (place, told) = recorded();
    let stat = place.st0ck(&["journal", "stat", "--json"]).ok().json();
    assert_eq!(stat["records"], told["journal"]["records"]);
    assert_eq!(stat["bytes"], told["journal"]["bytes"]);
    assert_eq!((&stat["first_seq"], &stat["last_seq"]), (&json!(1), &stat["records"]));
    for key in ["first_at", "last_at"] {
        let at = stat[key].as_str().unwrap();
        assert!(at.starts_with(tape::DATE) && at.ends_with('Z') && at.len() == 30, "{at}");
    }
    let kinds = stat["kinds"].as_object().unwrap();
    let sum: u64 = kinds.values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(Some(sum), stat["records"].as_u64());
    assert_eq!(kinds["quote"], 600);
    let verified = place.st0ck(&["journal", "verify", "--json"]).ok().json();
    for key in ["segments", "records", "bytes", "first_seq", "last_seq", "kinds"] {
        assert_eq!(verified[key], stat[key], "{key}");
    }
    assert_eq!((&verified["ok"], &verified["sealed"]), (&json!(true), &json!(true)));
    assert_eq!((&verified["damage"], &verified["torn"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_lane_keeps_its_state_as_often_as_the_setting_says_and_decides_the_same() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 2_500, tape::waves));
    let carries_and_hash = |settings: &[&str]| {
        let demo = &["demo", "--json", "--data", "quotes.csv"];
        let told = place.st0ck(&[demo, settings].concat()).ok().json();
        let stat = place.st0ck(&["journal", "stat", "--json"]).ok().json();
        (stat["kinds"]["carry"].as_u64(), told["replay"]["state_hash"].clone())
    };
    let usual = carries_and_hash(&[]);
    let often = carries_and_hash(&["--set", "journal.carry_inputs=4096"]);
    assert_eq!((usual.0, often.0), (Some(1), Some(2)), "at the start, and after 4,096 inputs");
    assert_eq!(usual.1, often.1, "state_hash");
}

#[test]
fn every_way_to_name_a_session_finds_the_same() {
    let (place, told) = recorded();
    let dir = place.path(told["dir"].as_str().unwrap());
    let journal = dir.join("journal");
    let of = |args: &[&str]| place.st0ck(&[&["journal", "stat", "--json"], args].concat());
    let implied = of(&[]).ok().json();
    for args in [&["last"][..], &[dir.to_str().unwrap()], &[journal.to_str().unwrap()]] {
        assert_eq!(of(args).ok().json(), implied, "{args:?}");
    }
    of(&["nowhere"]).exits(20).says(&["nowhere", "no session here"]);
    of(&["last", "--runs", "empty"]).exits(20).says(&["no session under empty"]);
}

#[test]
fn cat_is_one_object_a_line_with_the_fields_under_body() {
    let (place, told) = recorded();
    let all = place.st0ck(&["journal", "cat", "--json"]).ok().json_lines();
    assert_eq!(all.len() as u64, told["journal"]["records"].as_u64().unwrap());
    for (record, seq) in all.iter().zip(1u64..) {
        let keys: Vec<&String> = record.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["seq", "at", "kind", "body"]);
        assert_eq!(record["seq"], seq);
        assert!(record["body"].is_object(), "{record}");
    }
    let stamps: Vec<&str> = all.iter().map(|r| r["at"].as_str().unwrap()).collect();
    assert!(stamps.is_sorted(), "the lane's time never goes back");
    let order = all.iter().find(|r| r["kind"] == "order").unwrap();
    for key in ["client_order_id", "side", "type", "qty", "time_in_force"] {
        assert!(order["body"][key].is_string(), "{key}: {order}");
    }
    assert!(order["body"]["client_order_id"].as_str().unwrap().len() <= 20);
    let cause = order["body"]["cause"].as_u64().unwrap() as usize;
    assert_eq!(all[cause - 1]["kind"], "quote", "the record that caused it");
}

#[test]
fn records_are_selected_by_number_and_kind() {
    let (place, _) = recorded();
    let cat = |args: &[&str]| {
        place.st0ck(&[&["journal", "cat", "--json"], args].concat()).ok().json_lines()
    };
    let seqs = |records: &[Value]| -> Vec<u64> {
        records.iter().map(|r| r["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(seqs(&cat(&["--from", "10", "--to", "14"])), [10, 11, 12, 13, 14]);
    assert_eq!(seqs(&cat(&["--to", "2"])), [1, 2]);
    assert_eq!(cat(&["--from", "99999999"]).len(), 0);
    let quotes = cat(&["--kind", "quote", "--to", "50"]);
    assert!(!quotes.is_empty() && quotes.iter().all(|r| r["kind"] == "quote"));
    let said = place.st0ck(&["journal", "cat", "--kind", "nonsense"]).exits(2);
    said.says(&["--kind nonsense", "quote", "order", "report", "carry"]);
}

#[test]
fn people_get_a_line_a_record() {
    let (place, told) = recorded();
    let out = place.st0ck(&["journal", "cat", "--kind", "order"]).ok().out;
    assert_eq!(out.lines().count() as u64, told["orders_sent"].as_u64().unwrap());
    assert!(out.lines().all(|l| l.contains(" order ") && l.contains("side=")), "{out}");
    assert!(place.st0ck(&["journal", "verify"]).ok().out.contains("every byte checked"));
}

#[test]
fn whoever_has_read_enough_may_go() {
    let place = Place::new();
    place.st0ck(&["demo", "--json"]).ok();
    for args in [&["journal", "cat", "--json"][..], &["journal", "cat"]] {
        let mut command = place.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = [0; 64];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && err.is_empty(), "{:?} {err}", ended.status);
    }
}

#[test]
fn replay_tells_its_counts_and_stops_where_asked() {
    let (place, told) = recorded();
    let all = place.st0ck(&["replay", "--json"]).ok().json();
    let keys =
        ["equal", "records", "inputs", "outputs", "state_hash", "events_per_s", "first_difference"];
    for key in keys {
        assert!(all.get(key).is_some(), "{key}: {all}");
    }
    assert_eq!((&all["inputs"], &all["first_difference"]), (&told["events"], &Value::Null));
    assert_eq!(all["state_hash"], told["replay"]["state_hash"]);
    let part = place.st0ck(&["replay", "--to", "100", "--json"]).ok().json();
    assert_eq!(part["equal"], true);
    assert!(part["inputs"].as_u64().unwrap() <= 100, "{part}");
    assert_ne!(part["state_hash"], all["state_hash"]);
    let words = place.st0ck(&["replay", "--to", "100"]).ok().out;
    assert!(words.contains("replay equal") && words.contains("state ACTIVE"), "{words}");
}

#[test]
fn a_journal_can_be_read_while_it_grows() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 600, tape::waves));
    let args = ["demo", "--json", "--speed", "100", "--data", "quotes.csv"];
    let mut demo = place.start(place.command(&args));
    let mut counts = Vec::new();
    while demo.is_running() {
        if place.sessions().is_empty() {
            continue;
        }
        let ran = place.st0ck(&["journal", "verify", "--json"]);
        if ran.code == Some(0) {
            counts.push(ran.json()["records"].as_u64().unwrap());
        } else {
            assert_eq!((ran.code, counts.len()), (Some(20), 0), "before its first byte: {ran:?}");
        }
    }
    demo.end().ok();
    assert!(counts.is_sorted() && counts.len() > 1, "{counts:?}");
}

#[test]
fn a_follower_gets_every_record_and_ends_when_the_session_is_closed() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    let args = ["demo", "--json", "--speed", "100", "--data", "quotes.csv"];
    let demo = place.start(place.command(&args));
    let verified = || place.st0ck(&["journal", "verify"]).code == Some(0);
    wait_for("the first record", || (!place.sessions().is_empty() && verified()).then_some(()));
    let followed = place.st0ck(&["journal", "cat", "--follow", "--json"]).ok().json_lines();
    let told = demo.end().ok().json();
    assert_eq!(Some(followed.len() as u64), told["journal"]["records"].as_u64());
    assert!(followed.iter().zip(1u64..).all(|(record, seq)| record["seq"] == seq));
    assert_eq!(followed.last().unwrap()["kind"], "seal");
}
