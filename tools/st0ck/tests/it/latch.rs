//! The kill switch: it stops a running bot, stays shut across restarts, and opens for a reason only.

use crate::broker::Broker;
use crate::place::{Place, Running, wait_for};
use crate::tape;
use rustix::process::Signal;
use serde_json::Value;
use std::time::{Duration, Instant};

fn trading(place: &Place) -> (Broker, Running) {
    place.write("tape/quotes.csv", tape::quotes(0, 5400, tape::waves));
    let broker = Broker::start(place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(place, &[]);
    broker.wait_for_orders(2);
    (broker, bot)
}

/// Waits until the bot has said so, and gives the orders there were then.
fn stopped(broker: &Broker, bot: &Running, reason: &str) -> usize {
    wait_for("the bot to stop", || bot.err().contains(&format!("killed: {reason}")).then_some(()));
    broker.orders().len()
}

/// Entries come every 40 s of the session; two minutes of it without one are no accident.
fn wait_two_minutes(broker: &Broker) {
    let now = || broker.get("/v2/clock")["timestamp"].as_str().unwrap()[11..16].to_owned();
    let mut minutes = vec![now()];
    wait_for("two minutes", || {
        let minute = now();
        if minutes.last() != Some(&minute) {
            minutes.push(minute);
        }
        (minutes.len() > 3).then_some(())
    });
}

#[test]
fn a_kill_stops_a_running_bot_and_arming_lets_it_go_on() {
    let place = Place::new();
    let (broker, bot) = trading(&place);
    let told = place.st0ck(&["kill", "--bot", "st0cka", "--reason", "too keen", "--json"]);
    assert_eq!(told.ok().json()["bots"][0]["killed"], true);
    let count = stopped(&broker, &bot, "too keen");
    wait_two_minutes(&broker);
    assert_eq!(broker.orders().len(), count, "nothing was sent");
    let row = place.status();
    assert_eq!((&row["state"], &row["running"]), (&"KILLED".into(), &true.into()), "{row}");
    assert_eq!(row["killed"]["reason"], "too keen");

    place.st0ck(&["arm", "--bot", "st0cka", "--reason", "calm again"]).ok();
    broker.wait_for_orders(count + 2);
    bot.interrupt().ok();
    let words: Vec<Value> = place.records("command").iter().map(|r| r["body"].clone()).collect();
    let told: Vec<[&str; 2]> =
        words.iter().map(|b| ["command", "reason"].map(|k| b[k].as_str().unwrap())).collect();
    assert_eq!(told[1..], [["kill", "too keen"], ["arm", "calm again"]], "journaled");
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn what_is_asked_of_a_running_bot_is_journaled() {
    let place = Place::new();
    let (_broker, bot) = trading(&place);
    place.st0ck(&["halt", "--bot", "st0cka", "--reason", " "]).exits(2).says(&["--reason"]);
    place.st0ck(&["reduce", "--bot", "st0cka", "--reason", "news"]).ok();
    let told = place.st0ck(&["halt", "--all", "--reason", "odd prices", "--json"]).ok().json();
    assert_eq!(told["asked"], "halt");
    wait_for("the halt", || bot.err().contains("asked to halt: odd prices").then_some(()));
    bot.interrupt().ok();
    let asked: Vec<String> = place
        .records("command")
        .iter()
        .map(|record| {
            ["command", "reason"].map(|key| record["body"][key].as_str().unwrap()).join(": ")
        })
        .collect();
    assert_eq!(asked[1..], ["reduce: news", "halt: odd prices"], "after the arm of the start");
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn a_kill_acts_within_a_moment() {
    let place = Place::new();
    let (_broker, bot) = trading(&place);
    place.st0ck(&["kill", "--all", "--reason", "now"]).ok();
    let since = Instant::now();
    wait_for("the bot to stop", || bot.err().contains("killed: now").then_some(()));
    // 100 ms are promised; the rest is for a machine that is busy with other tests.
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[test]
fn a_killed_bot_does_not_start_until_it_is_armed() {
    let place = Place::new();
    let (broker, bot) = trading(&place);
    place.st0ck(&["kill", "--bot", "st0cka", "--reason", "bad day"]).ok();
    let count = stopped(&broker, &bot, "bad day");
    bot.interrupt().ok();
    let ran = broker.start_bot(&place, &[]).end().exits(40);
    ran.says(&["killed at", "bad day", "st0ck arm"]);
    place.st0ck(&["demo"]).exits(40).says(&["bad day"]);
    place.st0ck(&["arm", "--bot", "st0cka", "--reason", "looked into it"]).ok();
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(count + 2);
    bot.interrupt().ok();
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn the_signal_shuts_the_latch_too() {
    let place = Place::new();
    let (broker, bot) = trading(&place);
    bot.signal(Signal::USR1);
    let count = stopped(&broker, &bot, "SIGUSR1");
    wait_two_minutes(&broker);
    assert_eq!(broker.orders().len(), count);
    bot.interrupt().ok();
    broker.start_bot(&place, &[]).end().exits(40).says(&["SIGUSR1"]);
}

#[test]
fn the_latch_outlives_a_killed_process() {
    let place = Place::new();
    let (broker, bot) = trading(&place);
    bot.kill();
    place.st0ck(&["kill", "--bot", "st0cka", "--reason", "while it was dead"]).ok();
    broker.start_bot(&place, &[]).end().exits(40).says(&["while it was dead"]);
    std::fs::write(place.path("runs/st0cka/kill.json"), "{").unwrap();
    broker.start_bot(&place, &[]).end().exits(40).says(&["damaged latch"]);
}

#[test]
fn a_kill_before_the_first_start_counts() {
    let place = Place::new();
    place.st0ck(&["kill", "--all", "--reason", "not yet"]).ok();
    place.st0ck(&["demo"]).exits(40).says(&["not yet"]);
    assert!(place.sessions().is_empty());
}

#[test]
fn turning_the_latch_needs_a_bot_and_a_reason() {
    let place = Place::new();
    for verb in ["kill", "arm"] {
        place.st0ck(&[verb, "--bot", "st0cka"]).exits(2).says(&["--reason"]);
        place.st0ck(&[verb, "--reason", "why"]).exits(2).says(&["--bot"]);
        place.st0ck(&[verb, "--bot", "st0cka", "--all", "--reason", "why"]).exits(2);
        place.st0ck(&[verb, "--bot", "st0cka", "--reason", "  "]).exits(2).says(&["--reason"]);
        place.st0ck(&[verb, "--bot", "other", "--reason", "why"]).exits(2).says(&["st0cka"]);
    }
    assert!(!place.path("runs").exists());
}
