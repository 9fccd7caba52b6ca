//! Every order explains itself: checks, sizing, signal, inputs, and words that a trader follows.

use crate::place::Place;
use crate::tape;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

fn all(place: &Place) -> Vec<Value> {
    let told = place.st0ck(&["explain", "last", "all", "--json"]).ok().json();
    told["orders"].as_array().unwrap().clone()
}

/// The words without what differs from run to run: the order's id.
fn words(one: &Value) -> String {
    let id = one["order"]["client_order_id"].as_str().unwrap();
    one["words"].as_str().unwrap().replace(id, "ID")
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|row| row[key].as_str().unwrap().to_owned()).collect()
}

/// Nothing about an order is left unsaid.
fn assert_explained(one: &Value) {
    let text = words(one);
    assert!(!text.to_lowercase().contains("unknown"), "{text}");
    let checks = one["checks"].as_array().unwrap();
    assert!(checks.len() >= 32 && checks.iter().all(|check| check["passed"] == true), "{one}");
    assert!(!names(&one["signal"], "component").is_empty(), "{one}");
    assert!(!names(&one["sizing"], "factor").is_empty(), "{one}");
    let inputs = one["inputs"].as_array().unwrap();
    assert!(inputs.contains(&one["order"]["cause"]), "{one}");
    assert!(inputs.iter().map(|seq| seq.as_u64().unwrap()).is_sorted(), "{one}");
    let what = one["order"]["what"].as_str().unwrap();
    let wanted: &[&str] = match what {
        "entry" => &["It is an entry: flat", "checks passed; the tightest was C"],
        "take_profit" => &["Offered", "good till canceled", "It takes profit: the shares cost"],
        "session_exit" => &["The market closes soon", "was bid"],
        "time_exit" => &["The hour of the exit came"],
        other => panic!("no sentence was written for {other}"),
    };
    for part in wanted {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
}

#[test]
fn the_words_of_the_embedded_day_are_those_of_the_golden() {
    let place = Place::new();
    place.st0ck(&["demo", "--json", "--seed", "1"]).ok();
    let orders = all(&place);
    let mut text = "# st0ck demo --seed 1, then st0ck explain NUMBER\n".to_owned();
    for number in [1, 2, 3, 23, 24, 100, 176, 177] {
        let one = &orders[number - 1];
        assert_eq!(one["order"]["order"], number);
        // How many checks there are grows with the catalogue.
        let sentences = one["sentences"].as_array().unwrap().iter().map(|s| s.as_str().unwrap());
        let id = one["order"]["client_order_id"].as_str().unwrap();
        let kept: Vec<String> =
            sentences.filter(|s| !s.starts_with("All ")).map(|s| s.replace(id, "ID")).collect();
        writeln!(text, "\n{number}: {}", kept.join("\n")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/explain.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "BLESS=1 writes it anew; now it is\n{text}");
    let last = place.st0ck(&["explain", "last"]).ok().out;
    assert!(last.starts_with("Sold 3 SPY at market: order 177"), "{last}");
    for word in ["C13_DAILY_LOSS", "C22_SELL_MORE_THAN_HELD", "average_cost", "the newest quote"] {
        assert!(last.contains(word), "no {word} in:\n{last}");
    }
    orders.iter().for_each(assert_explained);
}

#[test]
fn every_order_of_every_way_of_trading_explains_itself() {
    let ways: [&[&str]; 3] = [
        &["--set", "mode=simple"],
        &["--mean-reversion", "--set", "vwap_deviation=0.001"],
        &["--data", "tape"],
    ];
    for way in ways {
        let place = Place::new();
        place.write("tape/quotes.csv", tape::quotes(0, 400, tape::waves));
        place.write("tape/trades.csv", tape::prints(400, tape::waves));
        let told = place.st0ck(&[&["demo", "--json"], way].concat()).ok().json();
        let orders = all(&place);
        assert_eq!(told["orders_sent"], orders.len(), "{way:?}");
        assert!(orders.len() >= 2, "{way:?}");
        orders.iter().for_each(assert_explained);
        if way.contains(&"--mean-reversion") {
            let entry = orders.iter().find(|one| one["order"]["what"] == "entry").unwrap();
            assert_rests_on_a_discount(entry);
        }
    }
}

/// The discount is part of the signal, and the session's average is made of prints.
fn assert_rests_on_a_discount(entry: &Value) {
    assert_eq!(names(&entry["signal"], "component"), ["waited", "vwap_deviation"]);
    assert!(words(entry).contains("% from the session's average"), "{}", words(entry));
    assert!(names(&entry["causes"], "kind").iter().any(|kind| kind == "print"), "{entry}");
}

#[test]
fn an_order_is_found_by_any_of_its_names() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 200, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let second = place.st0ck(&["explain", "2", "--json"]).ok().json();
    for key in ["client_order_id", "broker_order_id"] {
        let name = second["order"][key].as_str().unwrap();
        assert_eq!(place.st0ck(&["explain", name, "--json"]).ok().json(), second, "{key}");
        assert_eq!(place.st0ck(&["explain", "last", name, "--json"]).ok().json(), second);
    }
    place.st0ck(&["explain", "4711"]).exits(2).says(&["no order is called 4711", "from 1 ("]);
    place.st0ck(&["explain", "nowhere", "1"]).exits(20).says(&["nowhere"]);
}

#[test]
fn an_order_that_was_canceled_says_on_whose_wish() {
    let place = Place::new();
    // Up for a minute, then down for good: the last offer is never met.
    let cents = |s: i64| if s < 60 { tape::waves(s) } else { 38_000 - s };
    place.write("quotes.csv", tape::quotes(0, 23_400, cents));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let orders = all(&place);
    let canceled = orders.iter().find(|one| words(one).contains("it was canceled")).unwrap();
    let text = words(canceled);
    assert!(text.contains("Its end was asked for at 15:55:00.000, on a timer"), "{text}");
    orders.iter().for_each(assert_explained);
    let last = orders.last().unwrap();
    assert_eq!(last["order"]["what"], "session_exit");
    let roles = names(&last["causes"], "role");
    for role in ["decided", "the time", "made the position", "the newest quote"] {
        assert!(roles.iter().any(|r| r == role), "{role} is not among {roles:?}");
    }
}

#[test]
fn what_people_see_fits_and_has_no_colours() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 200, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let out = place.st0ck(&["explain", "last"]).ok().out;
    assert!(!out.contains('\u{1b}'), "{out}");
    let tables = out.lines().filter(|line| line.starts_with(' ') || line.starts_with('═'));
    assert!(tables.clone().count() > 40, "{out}");
    for line in tables {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
