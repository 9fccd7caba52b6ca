//! The commands around the main job: the registry, the state, help, and how usage errors end.

use crate::place::Place;
use crate::tape;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::process::Stdio;

#[test]
fn bots_lists_the_registry_and_the_last_session() {
    let place = Place::new();
    let row = |place: &Place| place.st0ck(&["bots", "--json"]).ok().json()["bots"][0].clone();
    let before = row(&place);
    for key in ["name", "strategy", "status", "window", "capital"] {
        assert!(before[key].as_str().is_some_and(|t| !t.is_empty()), "{key}: {before}");
    }
    assert_eq!((&before["name"], &before["capital"]), (&json!("st0cka"), &json!("10000")));
    assert_eq!((&before["account"], &before["last_session"]), (&Value::Null, &Value::Null));
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    let told = place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok().json();
    assert_eq!(row(&place)["last_session"], told["session"]);
    assert!(place.st0ck(&["bots"]).ok().out.contains("st0cka"));
}

#[test]
fn status_of_nothing_is_nothing() {
    let place = Place::new();
    assert_eq!(place.st0ck(&["status", "--json"]).ok().json(), json!({ "bots": [] }));
    assert!(place.st0ck(&["status"]).ok().out.contains("no bot has run"));
}

#[test]
fn status_after_a_demo_is_what_the_demo_told() {
    let place = Place::new();
    let told = place.st0ck(&["demo", "--json"]).ok().json();
    let row = place.status();
    for key in ["orders_sent", "fills", "round_trips", "realized_pnl", "fees", "notes"] {
        assert_eq!(row[key], told[key], "{key}");
    }
    assert_eq!((&row["session"], &row["position"]), (&told["session"], &json!("0")));
    assert_eq!((&row["running"], &row["killed"]), (&json!(false), &Value::Null));
}

/// Every command, found through the help itself.
fn commands(place: &Place, prefix: &[&str]) -> Vec<Vec<String>> {
    let help = place.st0ck(&[prefix, &["--help"]].concat()).ok().out;
    let Some(list) = help.split("Commands:\n").nth(1) else {
        return vec![prefix.iter().map(|s| (*s).to_owned()).collect()];
    };
    let names = list.lines().take_while(|l| l.starts_with("  "));
    let names = names.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    names.iter().flat_map(|name| commands(place, &[prefix, &[*name]].concat())).collect()
}

#[test]
fn the_help_of_every_command_ends_with_an_example() {
    let place = Place::new();
    let all = commands(&place, &[]);
    assert!(all.len() >= 15, "{all:?}");
    for command in all {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        let name = args.join(" ");
        args.push("--help");
        let help = place.st0ck(&args).ok().out;
        let last = help.trim_end().lines().last().unwrap();
        assert!(last.contains(&format!("st0ck {name}")) && last.contains("Example:"), "{last}");
        assert!(help.lines().all(|l| l.chars().count() <= 100), "{name}: wider than 100");
    }
    let help = place.st0ck(&["--help"]).ok().out;
    assert!(help.contains("Example: st0ck demo") && help.contains("40 kill latched"), "{help}");
}

#[test]
fn a_wrong_command_line_exits_2_and_says_what_is_known() {
    let place = Place::new();
    let cases: [(&[&str], &str); 12] = [
        (&[], "Usage"),
        (&["dance"], "dance"),
        (&["demo", "--fast"], "--fast"),
        (&["demo", "--seed", "x"], "--seed"),
        (&["demo", "--bot", "other"], "st0cka"),
        (&["run"], "BOT"),
        (&["run", "other"], "st0cka"),
        (&["run", "st0cka", "--clock", "sun"], "wall"),
        (&["emulate", "kraken"], "alpaca"),
        (&["emulate", "alpaca", "--port", "70000"], "--port"),
        (&["journal", "shred"], "shred"),
        (&["replay", "--to", "soon"], "--to"),
    ];
    for (args, word) in cases {
        let ran = place.st0ck(args).exits(2);
        assert!(ran.err.contains(word), "{args:?}: no {word:?} in {}", ran.err);
        assert_eq!(ran.out, "", "{args:?}");
    }
    assert!(!place.path("runs").exists());
}

#[test]
fn a_port_that_is_taken_is_an_io_error() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = place.st0ck(&["emulate", "alpaca", "--port", &port]).exits(20);
    assert!(ran.err.contains(&port) && ran.out.is_empty(), "{ran:?}");
}

#[test]
fn a_runs_folder_that_cannot_be_written_is_an_io_error() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    place.write("taken", "a file");
    let args = ["demo", "--data", "quotes.csv", "--runs", "taken"];
    place.st0ck(&args).exits(20).says(&["taken"]);
}

#[test]
fn a_damaged_instance_file_is_named_before_anything_is_sent() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    place.write("runs/instance", "!?");
    let args = ["demo", "--data", "quotes.csv"];
    place.st0ck(&args).exits(20).says(&["instance", "two base-32 characters"]);
    place.write("runs/instance", "7k");
    place.write("runs/st0cka/epoch", "many\n");
    place.st0ck(&args).exits(20).says(&["epoch", "expected a number"]);
    assert!(place.sessions().is_empty());
}

/// Commands that print results, in a place with a session.
const TALKERS: [&[&str]; 8] = [
    &["config", "show"],
    &["config", "reference"],
    &["bots", "--json"],
    &["status"],
    &["replay"],
    &["journal", "stat"],
    &["calc", "calendar", "--in", "dates.csv"],
    &["demo", "--data", "quotes.csv"],
];

fn place_to_talk_of() -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    place.write("dates.csv", "session_date_local\n2024-07-03\n");
    place.st0ck(&["demo", "--data", "quotes.csv"]).ok();
    place
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let place = place_to_talk_of();
    for args in TALKERS {
        let mut command = place.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().unwrap();
        assert!(status.success(), "{args:?}: {status:?}");
    }
}

#[test]
fn results_that_cannot_be_written_are_an_io_error() {
    let place = place_to_talk_of();
    for args in TALKERS.iter().chain(&[&["emulate", "alpaca"][..]]) {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = place.command(args);
        let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(20), "{args:?}: {err}");
        assert!(err.contains("stdout: ") && !err.contains("panicked"), "{args:?}: {err}");
    }
}
