//! The doctor from outside: every line, on whatever machine this is.
//!
//! What each line says of which machine is tested beside the checks, on made-up ones.

use crate::place::Place;
use serde_json::{Value, json};

const CHECKS: [&str; 15] = [
    "cores",
    "isolation",
    "irq_affinity",
    "cgroup_quota",
    "steal",
    "governor",
    "huge_pages",
    "tmpfs",
    "clock_source",
    "memlock",
    "disk_space",
    "disk_sync",
    "keys",
    "reachability",
    "calendar",
];

/// Roots that nobody listens at, so that nothing outside is asked.
const NOWHERE: [&str; 4] = [
    "--set",
    "account.trading_url=http://127.0.0.1:1",
    "--set",
    "account.stream_url=ws://127.0.0.1:1",
];

#[test]
fn every_line_has_a_verdict_and_whatever_is_not_ok_a_fix() {
    let place = Place::new();
    let ran = place.st0ck(&[&["doctor", "--json"], &NOWHERE[..]].concat());
    let told = ran.json();
    let lines = told["lines"].as_array().unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line["check"].as_str().unwrap()).collect();
    assert_eq!(names, CHECKS);
    for line in lines {
        assert!(line["value"].as_str().is_some_and(|value| !value.is_empty()), "{line}");
        assert_eq!(line["status"] == "ok", line["fix"] == Value::Null, "{line}");
    }
    let count = |status| lines.iter().filter(|line| line["status"] == status).count();
    for status in ["ok", "warn", "fail"] {
        assert_eq!(told[status], count(status), "{told}");
    }
    assert_eq!(ran.code, Some(i32::from(count("fail") > 0)));
    assert!(!place.path("runs").exists(), "it changes nothing");
}

#[test]
fn one_half_of_the_credentials_fails_and_neither_is_shown() {
    let place = Place::new();
    place.write(".env", "ST0CKA_KEY=hunter2\n");
    let ran = place.st0ck(&[&["doctor", "--json"], &NOWHERE[..]].concat()).exits(1);
    let keys = ran.json()["lines"].as_array().unwrap()[12].clone();
    assert_eq!((&keys["check"], &keys["status"]), (&json!("keys"), &json!("fail")));
    assert!(keys["value"].as_str().unwrap().contains("ST0CKA_SECRET is not set"), "{keys}");
    assert!(!ran.out.contains("hunter2"));
}

#[test]
fn people_see_the_same_within_100_columns() {
    let place = Place::new();
    let out = place.st0ck(&[&["doctor"], &NOWHERE[..]].concat()).out;
    for check in CHECKS {
        assert!(out.lines().any(|line| line.contains(check)), "no {check} in {out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    assert!(out.contains("offline: "), "{out}");
}

#[test]
fn settings_that_cannot_be_used_come_first() {
    let place = Place::new();
    place.st0ck(&["doctor", "--set", "runtime.first_core=x"]).exits(10).says(&["first_core"]);
}
