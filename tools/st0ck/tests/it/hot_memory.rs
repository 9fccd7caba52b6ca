//! Where the hot segments live: on a tmpfs, or on the disk when there is none, and that it is said.

use crate::broker::Broker;
use crate::place::{Place, Ran, skip};
use crate::tape;
use serde_json::Value;
use std::process::Command;

/// The placement of a demo that traded and replayed.
fn placement(ran: &Ran) -> String {
    let told: Value = ran.json();
    assert_eq!(told["replay"]["equal"], true);
    assert!(told["orders_sent"].as_u64().unwrap() >= 2, "{told}");
    told["journal"]["placement"].as_str().unwrap().to_owned()
}

fn place_with_data() -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    place
}

#[test]
fn without_a_tmpfs_the_bot_trades_and_says_why_it_is_slower() {
    for (dir, why) in [("/nowhere/at/all", "No such file"), ("/proc", "not a tmpfs")] {
        let place = place_with_data();
        let set = format!("journal.hot_dir={dir}");
        let args = ["demo", "--json", "--data", "quotes.csv", "--set", &set];
        let ran = place.st0ck(&args).ok().says(&["WARN", "file mapping", "slower", dir, why]);
        let words = placement(&ran);
        assert!(words.starts_with("file mapping") && words.contains(why), "{words}");
        place.st0ck(&["journal", "verify"]).ok();
    }
}

#[test]
fn hot_segments_leave_nothing_behind_when_the_session_ends_in_order() {
    let place = place_with_data();
    let args = ["demo", "--json", "--data", "quotes.csv"];
    let words = placement(&place.st0ck(&args).ok());
    if let Some(dir) = words.strip_prefix("tmpfs (").and_then(|rest| rest.strip_suffix(')')) {
        assert!(!std::path::Path::new(dir).exists(), "{dir}");
    } else {
        skip(&format!("no tmpfs with enough room here ({words})"));
    }
    assert!(!place.session().join("journal/hot.path").exists());
}

/// Runs the demo where a tmpfs of so many MiB is mounted; `None` where one may not be mounted.
fn on_a_tmpfs(place: &Place, mib: u32) -> Option<Ran> {
    let mount = format!("mkdir -p small && mount -t tmpfs -o size={mib}m tmpfs small");
    let mut probe = Command::new("unshare");
    place.prepare(&mut probe).args(["-rm", "sh", "-c", &mount]);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        skip("no tmpfs may be mounted here (unshare -rm)");
        return None;
    }
    let demo = format!(
        "{mount} && exec '{}' demo --json --data quotes.csv --set journal.hot_dir=small",
        env!("CARGO_BIN_EXE_st0ck")
    );
    let mut command = Command::new("unshare");
    place.prepare(&mut command).args(["-rm", "sh", "-c", &demo]);
    Some(place.start(command).end().ok())
}

#[test]
fn a_tmpfs_too_small_is_not_used_and_the_sizes_are_said() {
    let place = place_with_data();
    if let Some(ran) = on_a_tmpfs(&place, 6) {
        let ran = ran.says(&["6 MiB free, 12 MiB needed"]);
        assert!(placement(&ran).starts_with("file mapping"), "{}", placement(&ran));
    }
}

#[test]
fn a_tmpfs_large_enough_is_used() {
    let place = place_with_data();
    if let Some(ran) = on_a_tmpfs(&place, 16) {
        assert!(placement(&ran).starts_with("tmpfs (small/"), "{}", placement(&ran));
        assert!(!ran.err.contains("WARN"), "{}", ran.err);
    }
}

#[test]
fn a_bot_without_a_tmpfs_recovers_from_a_kill() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let args = ["--json", "--set", "journal.hot_dir=/nowhere"];
    let bot = broker.start_bot(&place, &args);
    broker.wait_for_orders(4);
    bot.kill();
    let bot = broker.start_bot(&place, &args);
    broker.wait_for_orders(7);
    let ran = bot.interrupt().ok().says(&["file mapping"]);
    assert_eq!(ran.json()["continued"], true);
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(
        (&replay["equal"], &replay["state_hash"]),
        (&true.into(), &ran.json()["state_hash"])
    );
}
