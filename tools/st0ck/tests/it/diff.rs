//! Two sessions held against each other: what counts, what does not, and what is told of the rest.

use crate::place::Place;
use crate::tape;
use serde_json::{Value, json};

/// Trades the recorded quotes with these settings and tells the session's folder.
fn session(place: &Place, settings: &[&str]) -> String {
    let mut args = vec!["demo", "--json", "--data", "quotes.csv"];
    args.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    place.st0ck(&args).ok().json()["dir"].as_str().unwrap().to_owned()
}

fn recorded() -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    place
}

fn diff(place: &Place, args: &[&str], exit: i32) -> Value {
    place.st0ck(&[&["journal", "diff", "--json"], args].concat()).exits(exit).json()
}

#[test]
fn a_session_is_the_same_as_itself_and_not_quite_as_its_equal() {
    let place = recorded();
    let (a, b) = (session(&place, &[]), session(&place, &[]));
    let itself = diff(&place, &[&a, &a], 0);
    assert_eq!((&itself["same"], &itself["first_difference"]), (&json!(true), &Value::Null));
    let exact = diff(&place, &[&a, &b], 1);
    let first = &exact["first_difference"];
    assert_eq!((&exact["same"], &first["seq"]), (&json!(false), &json!(1)), "{exact}");
    assert_ne!(first["a"]["body"]["epoch"], first["b"]["body"]["epoch"]);
    let equal = diff(&place, &[&a, &b, "--ignore", "all"], 0);
    assert_eq!((&equal["same"], &equal["orders_changed"]), (&json!(true), &json!([])));
    assert!(equal["orders_same"].as_u64().unwrap() > 0, "{equal}");
    assert_eq!(diff(&place, &[&a, &b, "--ignore", "ids,stamps"], 0), equal);
    let said = place.st0ck(&["journal", "diff", &a, &b, "--ignore", "all"]).ok().out;
    assert!(said.contains("same: "), "{said}");
}

#[test]
fn a_limit_that_forbids_orders_shows_as_orders_of_one_side() {
    let place = recorded();
    let a = session(&place, &[]);
    session(&place, &["max_entries_per_day=1"]);
    let found = diff(&place, &[&a, "--ignore", "all"], 1);
    let count = |key: &str| found[key].as_array().unwrap().len() as u64;
    assert!(count("orders_only_a") > 0 && count("orders_only_b") == 0, "{found}");
    let [a_orders, b_orders] = [0, 1].map(|side| found["kinds"]["order"][side].as_u64().unwrap());
    let same = found["orders_same"].as_u64().unwrap();
    assert_eq!(same + count("orders_only_a") + count("orders_changed"), a_orders);
    assert_eq!(same + count("orders_only_b") + count("orders_changed"), b_orders);
    let first = &found["first_difference"];
    assert_eq!((&first["a"]["seq"], &first["b"]["seq"]), (&first["seq"], &first["seq"]));
    assert_eq!(
        (&first["a"]["kind"], &first["b"]["kind"]),
        (&json!("decision"), &json!("decision"))
    );
    let said = place.st0ck(&["journal", "diff", &a, "last", "--ignore", "all"]).exits(1).out;
    for words in ["different from record", "only in A:", "reject", "B - A"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}

#[test]
fn another_size_at_the_same_moment_is_a_changed_order() {
    let place = recorded();
    let a = session(&place, &["position_size_min=1", "position_size_max=1"]);
    let b = session(&place, &["position_size_min=2", "position_size_max=2"]);
    let found = diff(&place, &[&a, &b, "--ignore", "all"], 1);
    let changed = &found["orders_changed"][0];
    assert_eq!((&changed["a"]["qty"], &changed["b"]["qty"]), (&json!("1"), &json!("2")));
    assert_eq!(changed["a"]["at"], changed["b"]["at"]);
    let said = place.st0ck(&["journal", "diff", &a, &b]).exits(1).out;
    assert!(said.contains("buy 1 market day open → buy 2 market day open"), "{said}");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let place = recorded();
    let a = session(&place, &[]);
    place.st0ck(&["journal", "diff", &a, "nowhere"]).exits(20).says(&["nowhere", "no session"]);
    place.st0ck(&["journal", "diff", &a, "--ignore", "luck"]).exits(2).says(&["luck", "stamps"]);
}
