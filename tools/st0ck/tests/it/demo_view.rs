//! The demo as people see it: tables that fit, words that matter, no colours where none are wanted.

use crate::place::{Place, skip};
use crate::tape;
use std::process::Command;

const WIDEST: usize = 100;

fn short_demo(place: &Place) -> Vec<String> {
    let data = place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    vec!["demo".to_owned(), "--data".to_owned(), data.display().to_string()]
}

#[test]
fn the_report_shows_trades_profit_latencies_and_the_replay() {
    let place = Place::new();
    let report = place.st0ck(&["demo"]).ok().out;
    for words in [
        "SPY",
        "opened (UTC)",
        "net",
        "orders",
        "P&L: gross",
        "wire_to_wire",
        "p99.9",
        "journal:",
        "memory:",
        "replay equal: ",
    ] {
        assert!(report.contains(words), "no {words:?} in:\n{report}");
    }
}

#[test]
fn no_table_is_wider_than_100_columns() {
    let place = Place::new();
    let commands: [&[&str]; 5] =
        [&["demo"], &["bots"], &["status"], &["config", "show"], &["journal", "stat"]];
    for args in commands {
        let out = place.st0ck(args).ok().out;
        let lines =
            out.lines().filter(|l| l.contains('─') || l.contains('═') || l.starts_with(' '));
        for line in lines {
            assert!(line.chars().count() <= WIDEST, "{args:?}: {line}");
        }
    }
}

#[test]
fn without_a_terminal_there_is_no_escape_and_progress_goes_to_stderr() {
    let place = Place::new();
    let args = short_demo(&place);
    let ran = place.st0ck(&args.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'));
    assert!(ran.err.contains("trading: 100%\n"), "{}", ran.err);
    assert!(!ran.out.contains("trading:"), "{}", ran.out);
}

/// Runs the binary on a terminal of its own; `None` where `script` is absent.
fn on_a_terminal(place: &Place, args: &str, no_color: bool) -> Option<String> {
    let line = format!("'{}' {args}", env!("CARGO_BIN_EXE_st0ck"));
    let mut script = Command::new("script");
    place.prepare(&mut script).args(["-qec", &line, "/dev/null"]).env("TERM", "xterm");
    if no_color {
        script.env("NO_COLOR", "1");
    }
    if script.output().is_err() {
        skip("the program `script` (util-linux) is not here");
        return None;
    }
    Some(place.start(script).end().ok().out)
}

/// Sequences that set colours or faces end in `m`.
fn has_colours(text: &str) -> bool {
    text.split("\x1b[").skip(1).any(|rest| {
        rest.chars().find(|c| !c.is_ascii_digit() && *c != ';').is_some_and(|end| end == 'm')
    })
}

#[test]
fn no_color_is_honoured_on_a_terminal() {
    let place = Place::new();
    let demo = short_demo(&place).join(" ");
    for args in ["--help", "demo --help", "nonsense || true", &demo] {
        if let Some(seen) = on_a_terminal(&place, args, true) {
            assert!(!has_colours(&seen), "{args}: {seen:?}");
        }
    }
}

#[test]
fn a_terminal_gets_a_progress_bar() {
    let place = Place::new();
    let demo = short_demo(&place).join(" ");
    if let Some(seen) = on_a_terminal(&place, &format!("{demo} --speed 300"), false) {
        assert!(seen.contains("trading [") && seen.contains("%, "), "{seen:?}");
        assert!(seen.contains("replay equal"), "{seen:?}");
    }
}
