//! The calculators from outside: rows in, the same rows with results out; references where they are.

use crate::place::Place;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A reference file; `None`, and said, where there is none.
fn reference(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference").join(name);
    let found = path.exists().then_some(path);
    if found.is_none() {
        eprintln!("skipped: ../shared/reference/{name} is not here");
    }
    found
}

fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text.lines().map(|l| l.split(',').map(str::to_owned).collect::<Vec<_>>());
    (lines.next().unwrap(), lines.collect())
}

#[test]
fn calendar_answers_rows_in_order_and_keeps_every_other_column() {
    let place = Place::new();
    place.write(
        "probes.csv",
        "note,query_utc_ns,more\nopen,1608042600000000000,a\nbefore,1608042599999999999,b\n\
         bad,soon,c\n",
    );
    let args = ["calc", "calendar", "--in", "probes.csv", "--param", "market=XNYS"];
    let (header, rows) = rows(&place.st0ck(&args).ok().out);
    assert_eq!(header[..3], ["note", "query_utc_ns", "more"]);
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let open = column("is_open_open_inclusive_close_exclusive");
    assert_eq!(rows[0][open], "true", "at the open");
    assert_eq!(rows[1][open], "false", "a nanosecond before");
    assert_eq!(rows[1][column("next_open_strictly_after_utc_ns")], "1608042600000000000");
    assert_eq!(rows[0][column("next_open_strictly_after_utc_ns")], "1608129000000000000");
    assert_eq!(rows[2][open], "", "nothing is made up");
    assert!(rows[2][column("error")].contains("soon"));
    assert_eq!((&*rows[2][0], &*rows[2][2]), ("bad", "c"));
}

#[test]
fn calendar_dates_have_their_session_and_out_is_a_file() {
    let place = Place::new();
    place.write("dates.csv", "session_date_local\n2024-07-03\n2024-07-04\n2024-13-01\n");
    let args = ["calc", "calendar", "--in", "dates.csv", "--out", "answers.csv"];
    assert_eq!(place.st0ck(&args).ok().out, "");
    let text = std::fs::read_to_string(place.path("answers.csv")).unwrap();
    let (header, rows) = rows(&text);
    assert_eq!(
        header,
        [
            "session_date_local",
            "open_utc_ns",
            "close_utc_ns",
            "session_minutes",
            "is_early_close",
            "error"
        ]
    );
    assert_eq!(rows[0][3..5], ["210", "true"], "half a day before the holiday");
    assert!(rows[1][5].contains("not a trading day"), "{rows:?}");
    assert!(rows[2][1].is_empty() && !rows[2][5].is_empty(), "{rows:?}");
}

#[test]
fn ledger_fills_the_whole_document_in() {
    let place = Place::new();
    let document = json!({ "kept": [1, 2], "cases": [{
        "case_id": "short", "instruments": { "C": { "multiplier": "100" } },
        "starting_cash": "1000",
        "events": [
            { "type": "fill", "instrument": "C", "signed_quantity": "-2", "price": "1.5",
              "fee": "0.1" },
            { "type": "fill", "instrument": "C", "signed_quantity": "3", "price": "1.25",
              "fee": "0.1" },
            { "type": "mark", "prices": { "C": "2" } },
        ],
        "expected_after_event": null,
    }]});
    place.write("ledger.json", document.to_string());
    let told = place.st0ck(&["calc", "ledger", "--in", "ledger.json"]).ok().out;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["kept"], document["kept"]);
    let after = told["cases"][0]["expected_after_event"].as_array().unwrap();
    assert_eq!(after[0]["cash"], "1299.9");
    assert_eq!(after[1]["realized_pnl_average_cost_gross"], "50");
    assert_eq!((&after[1]["position"], &after[1]["average_cost"]), (&json!("1"), &json!("1.25")));
    assert_eq!(after[2]["equity"], "1124.8", "1000 + 300 - 375 - 0.2 + 200");
}

#[test]
fn what_cannot_be_read_is_named() {
    let place = Place::new();
    let calc = |topic: &str, name: &str| place.st0ck(&["calc", topic, "--in", name]);
    for topic in ["calendar", "ledger"] {
        calc(topic, "gone.csv").exits(20).says(&["gone.csv"]);
        place.write("noise", [0xff, 0xfe, 0x00, 0x80]);
        calc(topic, "noise").exits(10).says(&["noise"]);
        place.write("empty", "");
        calc(topic, "empty").exits(10).says(&["empty"]);
    }
    place.write("other.csv", "a,b\n1,2\n");
    calc("calendar", "other.csv").exits(10).says(&["other.csv", "query_utc_ns"]);
    place.write("rows.csv", "query_utc_ns,b\n1,2\n3\n");
    calc("calendar", "rows.csv").exits(10).says(&["rows.csv", "line: 3"]);
    place.write("case.json", r#"{"cases":[{"case_id":"x7"}]}"#);
    calc("ledger", "case.json").exits(10).says(&["case.json", "x7", "instruments"]);
    let args = ["calc", "calendar", "--in", "other.csv", "--param", "market=XXXX"];
    place.st0ck(&args).exits(10).says(&["XXXX", "XNYS"]);
    place.st0ck(&["calc", "tides", "--in", "other.csv"]).exits(2).says(&["ledger", "calendar"]);
}

/// Without its answers, a table of the reference comes back as it was.
fn comes_back(name: &str, answers: &[&str]) {
    let Some(path) = reference(name) else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (header, all) = rows(&text);
    let kept: Vec<usize> = (0..header.len()).filter(|&c| !answers.contains(&&*header[c])).collect();
    assert_eq!(header.len() - kept.len(), answers.len(), "{header:?}");
    let strip = |row: &Vec<String>| kept.iter().map(|&c| &*row[c]).collect::<Vec<_>>().join(",");
    let stripped: Vec<String> = std::iter::once(&header).chain(&all).map(strip).collect();
    let place = Place::new();
    place.write("in.csv", stripped.join("\n") + "\n");
    let args = ["calc", "calendar", "--in", "in.csv", "--param", "market=XNYS"];
    let (new_header, new) = rows(&place.st0ck(&args).ok().out);
    assert_eq!(new.len(), all.len());
    for name in answers {
        let column = |header: &[String]| header.iter().position(|h| h == name).unwrap();
        let (old_at, new_at) = (column(&header), column(&new_header));
        for (old, new) in all.iter().zip(&new) {
            assert_eq!(old[old_at].to_lowercase(), new[new_at], "{name} of {old:?}");
        }
    }
}

#[test]
fn the_reference_calendar_is_met_exactly() {
    comes_back(
        "calendar_xnys_probes.csv",
        &[
            "is_open_open_inclusive_close_exclusive",
            "next_open_strictly_after_utc_ns",
            "next_close_strictly_after_utc_ns",
        ],
    );
    comes_back(
        "calendar_xnys_sessions.csv",
        &["open_utc_ns", "close_utc_ns", "session_minutes", "is_early_close"],
    );
}

#[test]
fn the_reference_ledgers_are_met() {
    let Some(path) = reference("accounting_ledgers.json") else { return };
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut question = expected.clone();
    for case in question["cases"].as_array_mut().unwrap() {
        case["expected_after_event"] = Value::Null;
    }
    let place = Place::new();
    place.write("ledgers.json", question.to_string());
    let told = place.st0ck(&["calc", "ledger", "--in", "ledgers.json"]).ok().out;
    let told: Value = serde_json::from_str(&told).unwrap();
    for (want, got) in
        expected["cases"].as_array().unwrap().iter().zip(told["cases"].as_array().unwrap())
    {
        near(&want["expected_after_event"], &got["expected_after_event"], &want["case_id"]);
    }
}

/// Equal, numbers in text to 1e-12.
fn near(want: &Value, got: &Value, place: &Value) {
    match (want, got) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| near(a, b, place));
        }
        (Value::Object(a), Value::Object(b)) => {
            let told = a.iter().filter(|(key, _)| !key.ends_with("exact_fraction"));
            told.for_each(|(key, a)| near(a, &b[key], place));
        }
        (Value::String(a), Value::String(b)) => {
            let same = match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(x), Ok(y)) => (x - y).abs() <= 1e-12 * x.abs().max(1.0),
                _ => a == b,
            };
            assert!(same, "{place}: {a} is not {b}");
        }
        _ => assert_eq!(want, got, "{place}"),
    }
}
