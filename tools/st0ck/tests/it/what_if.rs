//! What a session would have come to: held against a fresh session with the very same settings.

use crate::broker::Broker;
use crate::place::Place;
use crate::tape;
use serde_json::Value;

/// What a replay with these settings answers, and what a fresh demo with them comes to.
fn both(place: &Place, data: &[&str], sets: &[&str]) -> (Value, Value) {
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let answer = place.st0ck(&[&["replay", "last", "--json"], &sets[..]].concat()).ok().json();
    let demo = ["demo", "--json", "--runs", "fresh"];
    (answer, place.st0ck(&[&demo, data, &sets[..]].concat()).ok().json())
}

fn sums(told: &Value) -> [&Value; 4] {
    ["orders_sent", "fills", "realized_pnl", "fees"].map(|key| &told[key])
}

fn count(answer: &Value, change: &str) -> u64 {
    answer[format!("orders_{change}")].as_u64().unwrap()
}

#[track_caller]
fn assert_fresh(place: &Place, data: &[&str], sets: &[&str]) -> Value {
    let (answer, fresh) = both(place, data, sets);
    assert_eq!(answer["fills"], "proven", "{sets:?}");
    assert_eq!(sums(&answer["what_if"]), sums(&fresh), "{sets:?}");
    let (recorded, what_if) =
        (&answer["recorded"]["orders_sent"], &answer["what_if"]["orders_sent"]);
    let difference = recorded.as_i64().unwrap() - what_if.as_i64().unwrap();
    let listed = count(&answer, "removed") as i64 - count(&answer, "added") as i64;
    assert_eq!(difference, listed, "{sets:?}");
    answer
}

#[test]
fn the_embedded_day_with_other_settings_is_what_a_fresh_session_makes_of_them() {
    let place = Place::new();
    place.st0ck(&["demo", "--json"]).ok();
    let fewer = assert_fresh(&place, &[], &["entries_per_day_max=5"]);
    assert_eq!((count(&fewer, "added"), count(&fewer, "changed")), (0, 0));
    assert_eq!(fewer["what_if"]["orders_sent"], 10);
    let lost = assert_fresh(&place, &[], &["daily_loss_max=0.1"]);
    assert!(count(&lost, "removed") > 100, "{lost}");
    // Other moments, so other fills: nothing of the record's fits any more.
    let slower = assert_fresh(&place, &[], &["entry_interval_s=90"]);
    assert!(count(&slower, "added") > 100, "{slower}");
}

#[test]
fn tighter_limits_take_orders_away_and_the_profit_is_that_of_a_fresh_session() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 900, tape::waves));
    let data = ["--data", "quotes.csv"];
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let removing: [&[&str]; 5] = [
        &["entries_per_day_max=3"],
        &["risk.order_value_max=1000"],
        &["position_value_max=500"],
        &["max_entries_per_day=4"],
        &["order_shares_max=2", "losses_in_a_row_max=1"],
    ];
    for sets in removing {
        let answer = assert_fresh(&place, &data, sets);
        assert!(count(&answer, "removed") > 0, "{sets:?} changed nothing: {answer}");
        assert_eq!(count(&answer, "added"), 0, "{sets:?}");
        let removed = answer["orders"].as_array().unwrap().iter();
        assert!(removed.clone().all(|order| order["what_if"].is_null()), "{sets:?}");
    }
    let other: [&[&str]; 3] = [&["mode=simple"], &["profit_target=0.02"], &["entry_interval_s=60"]];
    for sets in other {
        assert_fresh(&place, &data, sets);
    }
    let same = assert_fresh(&place, &data, &["entries_per_day_max=999"]);
    assert_eq!(same["orders"], serde_json::json!([]), "nothing differs");
    assert_eq!(same["pnl_recorded"], same["pnl_what_if"]);
}

#[test]
fn a_venue_that_cannot_be_played_again_is_only_modelled_and_says_so() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 5400, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(8);
    bot.interrupt().ok();
    let ran = place.st0ck(&["replay", "--set", "entries_per_day_max=2", "--json"]).ok();
    let answer = ran.json();
    assert_eq!(answer["fills"], "modelled", "{answer}");
    assert_eq!(count(&answer, "added"), 0, "{answer}");
    let recorded = answer["recorded"]["orders_sent"].as_u64().unwrap();
    assert_eq!(count(&answer, "removed"), recorded - 4, "{answer}");
    assert_eq!(answer["what_if"]["orders_sent"], 4, "two entries and their offers: {answer}");
    place.st0ck(&["replay", "--set", "entries_per_day_max=2"]).ok().says(&["modelled"]);
}

#[test]
fn settings_are_refused_as_a_start_would_refuse_them() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 100, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let replay = |set: &str| place.st0ck(&["replay", "--set", set]);
    replay("entries_per_dya_max=5").exits(10).says(&["unknown key", "entries_per_day_max"]);
    replay("entries_per_day_max=0").exits(10).says(&["entries_per_day_max"]);
    replay("session_exit_min=30").exits(10).says(&["entry_cutoff_min"]);
    replay("entries_per_day_max").exits(2).says(&["expected KEY=VALUE"]);
    let both = ["replay", "--set", "mode=simple", "--to", "5"];
    place.st0ck(&both).exits(2).says(&["--to and --set"]);
}
