//! Taking back what latched: what lies on a bot is shown first, and a person types its name.

use crate::broker::Broker;
use crate::place::{Place, Ran, Running, wait_for};
use crate::tape;
use crate::terminal;
use serde_json::{Value, json};

const RESET: [&str; 7] = ["reset", "--bot", "st0cka", "--by", "Ada", "--reason", "looked at it"];

/// What a demo on quotes that fall all the time leaves behind.
fn lost(sets: &[&str]) -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 600, |s| 39_000 - s / 2));
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    place.st0ck(&[&["demo", "--json", "--data", "quotes.csv"], &sets[..]].concat()).ok();
    place
}

/// A bot that has lost enough to be held down, and its broker.
fn held_down(place: &Place) -> (Broker, Running) {
    place.write("tape/quotes.csv", tape::quotes(0, 5400, |s| 39_000 - (s / 2).min(100)));
    let broker = Broker::start(place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(place, &["--set", "daily_loss_max=0.5"]);
    wait_for("the loss", || {
        let restraints = place.status()["restraints"].clone();
        restraints.as_array()?.contains(&json!("daily_loss")).then_some(())
    });
    (broker, bot)
}

/// The command on a terminal at which this is typed.
fn typed(place: &Place, args: &[&str], keys: &str) -> Ran {
    terminal::typed(place, place.command(args), keys)
}

/// The commands in the journal, after the arm of the start.
fn journaled(place: &Place) -> Vec<Value> {
    place.records("command").iter().skip(1).map(|r| r["body"]["command"].clone()).collect()
}

#[test]
fn a_running_bot_is_reset_by_whoever_types_its_name() {
    let place = Place::new();
    let (_broker, bot) = held_down(&place);
    place.st0ck(&RESET).exits(2).says(&["--yes"]);
    for keys in ["reset\n", "yes\n", "reset st0ckb\n", "\n"] {
        let ran = typed(&place, &RESET, keys).exits(1);
        ran.says(&["  daily_loss (C13_DAILY_LOSS): ", "Type \"reset st0cka\"", "not reset"]);
    }
    assert!(!bot.err().contains("asked to reset"), "nobody had confirmed");
    let ran = typed(&place, &RESET, "reset st0cka\n").ok();
    assert!(ran.out.contains("st0cka: asked to reset"), "{}", ran.out);
    wait_for("the reset", || bot.err().contains("Ada: looked at it").then_some(()));
    bot.interrupt().ok();
    assert_eq!(journaled(&place), ["reset_latches"]);
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn scripts_say_yes_and_see_the_same_list() {
    let place = Place::new();
    let (_broker, bot) = held_down(&place);
    let ran = place.st0ck(&[&RESET[..], &["--yes", "--json"]].concat()).ok();
    let told = ran.json();
    let ran = ran.says(&["st0cka: a reset takes back", "against a limit of 0.5 USD"]);
    assert!(!ran.err.contains("Type "), "{}", ran.err);
    assert_eq!((&told["asked"], &told["bots"]), (&json!("reset"), &json!(["st0cka"])));
    let loss = &told["latched"]["st0cka"][0];
    assert_eq!((&loss["name"], &loss["code"]), (&json!("daily_loss"), &json!("C13_DAILY_LOSS")));
    assert_eq!((&loss["limit"], &loss["unit"]), (&json!("0.5"), &json!("USD")), "{told}");
    assert!(loss["value"].as_str().unwrap().parse::<f64>().unwrap() >= 0.5, "{told}");
    wait_for("the reset", || bot.err().contains("Ada: looked at it").then_some(()));
    bot.interrupt().ok();
}

#[test]
fn a_bot_on_which_nothing_lies_is_left_alone() {
    let place = Place::new();
    let yes = [&RESET[..], &["--yes", "--json"]].concat();
    for bots in ["never run", "run"] {
        let ran = place.st0ck(&yes).ok();
        assert_eq!(ran.json()["bots"], json!([]), "{bots}");
        ran.says(&["st0cka: nothing to reset, no loss limit or breaker has latched"]);
        place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
        place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    }
    place.st0ck(&["halt", "--bot", "st0cka", "--reason", "lunch"]).ok();
    // What a person laid, a person takes back by arming.
    assert_eq!(typed(&place, &RESET, "").ok().out, "");
    let log = std::fs::read_to_string(place.path("runs/st0cka/latch.log")).unwrap();
    assert!(log.contains("lunch") && !log.contains("reset"), "{log}");
}

#[test]
fn every_reason_has_a_line_with_its_value_and_its_limit() {
    let yes = [&RESET[..], &["--yes"]].concat();
    let both = lost(&["daily_loss_max=0.5", "drawdown_max=0.4"]).st0ck(&yes).ok();
    both.says(&["  daily_loss (C13_DAILY_LOSS): ", "  drawdown (C15_DRAWDOWN): ", "of 0.4 USD"]);
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 240, tape::waves));
    let set = ["--set", "entries_per_day_max=1"];
    place.st0ck(&[&["demo", "--json", "--data", "quotes.csv"], &set[..]].concat()).ok();
    let ran = place.st0ck(&yes).ok();
    ran.says(&["  C19_ENTRIES_PER_DAY: 2 against a limit of 1", "  C19_STRATEGY_DISABLED"]);
}

#[test]
fn each_bot_is_asked_for_by_its_own_name() {
    let place = lost(&["daily_loss_max=0.5"]);
    let all = ["reset", "--all", "--by", "Ada", "--reason", "looked at it", "--json"];
    let ran = typed(&place, &all, "reset all\n").exits(1);
    let told = ran.json();
    assert_eq!((&told["bots"], &told["not_confirmed"]), (&json!([]), &json!(["st0cka"])));
    assert_eq!(typed(&place, &all, "reset st0cka\n").ok().json()["bots"], json!(["st0cka"]));
}

#[test]
fn a_session_that_cannot_be_read_is_not_reset_blindly() {
    let place = lost(&["daily_loss_max=0.5"]);
    std::fs::write(place.session().join("session.json"), "{}").unwrap();
    let ran = place.st0ck(&[&RESET[..], &["--yes"]].concat()).exits(20);
    ran.says(&["st0cka: nothing was asked", "session.json"]);
    assert!(!place.path("runs/st0cka/latch.log").exists());
}
