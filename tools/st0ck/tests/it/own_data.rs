//! The demo on other days and on files of one's own, in every shape the contract names.

use crate::place::Place;
use crate::tape;
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::io::Write;

fn demo(place: &Place, args: &[&str]) -> Value {
    let told = place.st0ck(&[&["demo", "--json"], args].concat()).ok().json();
    assert_eq!(told["replay"]["equal"], true, "{told}");
    assert!(told["orders_sent"].as_u64().unwrap() >= 2, "{told}");
    assert!(told["fills"].as_u64().unwrap() >= 1, "{told}");
    told
}

fn kind(told: &Value) -> (&str, bool) {
    (told["data"]["kind"].as_str().unwrap(), told["data"]["modelled"].as_bool().unwrap())
}

#[test]
fn another_day_of_the_embedded_set() {
    let place = Place::new();
    let told = demo(&place, &["--date", "2020-12-16"]);
    assert!(told["session"].as_str().unwrap().starts_with("2020-12-16T143000Z-"), "{told}");
    assert_eq!(kind(&told), ("bars", true));
    assert_eq!(told["notes"]["history_days"], "0", "one day before is no return");
    let later = demo(&place, &["--date", "2020-12-18"]);
    assert_eq!(later["notes"]["history_days"], "2", "three days before are two returns: {later}");
    assert_ne!(told["replay"]["state_hash"], later["replay"]["state_hash"]);
}

#[test]
fn quotes_of_ones_own_are_played_as_they_are() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    let told = demo(&place, &["--data", "quotes.csv"]);
    assert_eq!(kind(&told), ("quotes", false));
    assert_eq!((&told["quotes"], &told["prints"]), (&600.into(), &0.into()), "{told}");
    let name = told["session"].as_str().unwrap();
    assert!(name.starts_with(&format!("{}T133000Z-", tape::DATE)), "summer time: {name}");
    let quotes = place.records("quote");
    let first = &quotes[0]["body"];
    assert_eq!((&first["bid"], &first["ask"]), (&"390".into(), &"390.01".into()));
    assert_eq!(first["ts_event"], format!("{}T13:30:00.007000000Z", tape::DATE));
}

#[test]
fn a_folder_of_quotes_and_trades_is_merged_by_time() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 300, tape::waves));
    place.write("tape/trades.csv", tape::prints(300, tape::waves));
    let told = demo(&place, &["--data", "tape"]);
    assert_eq!((&told["quotes"], &told["prints"]), (&600.into(), &300.into()), "{told}");
    let records = place.st0ck(&["journal", "cat", "--json"]).ok().json_lines();
    let market = records.iter().filter(|r| r["kind"] == "quote" || r["kind"] == "print");
    let times: Vec<&str> = market.map(|r| r["body"]["ts_event"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times.len() == 900);
}

#[test]
fn packed_bars_without_a_symbol_take_the_one_given() {
    let place = Place::new();
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(tape::bars(45).as_bytes()).unwrap();
    place.write("bars.csv.gz", packer.finish().unwrap());
    let told = demo(&place, &["--data", "bars.csv.gz", "--symbol", "DIA"]);
    assert_eq!(told["symbols"], serde_json::json!(["DIA"]));
    assert_eq!(kind(&told), ("bars", true));
    assert!(told["quotes"].as_u64().unwrap() >= 2 * 45 * 60, "two quotes a second: {told}");
    place.write("bars.csv", tape::bars(45));
    let plain = demo(&place, &["--data", "bars.csv", "--symbol", "DIA"]);
    assert_eq!(plain["replay"]["state_hash"], told["replay"]["state_hash"], "packed or not");
}

#[test]
fn rows_outside_the_session_are_skipped_and_counted() {
    let place = Place::new();
    let text = tape::quotes(-30, 330, tape::waves);
    place.write("quotes.csv", text);
    let told = demo(&place, &["--data", "quotes.csv"]);
    assert_eq!(told["data"]["rows_outside_session"], 60, "{told}");
    assert_eq!(told["quotes"], 600);
}

#[test]
fn a_file_of_many_days_plays_the_first_or_the_one_asked_for() {
    let place = Place::new();
    let day = |n: i64| tape::quotes(n * 86_400, 120, tape::waves);
    let later = day(1);
    let rows = later.lines().skip(1).collect::<Vec<_>>().join("\n");
    place.write("days.csv", day(0) + &rows + "\n");
    let first = demo(&place, &["--data", "days.csv"]);
    assert!(first["session"].as_str().unwrap().starts_with("2021-03-17T"), "{first}");
    let second = demo(&place, &["--data", "days.csv", "--date", "2021-03-18"]);
    assert!(second["session"].as_str().unwrap().starts_with("2021-03-18T"), "{second}");
}

#[test]
fn public_one_minute_bars_of_another_year_can_be_traded() {
    let name = "pypi-aapl-bars/AAPL_20240524_20240604_1m.csv.gz";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let path = std::path::Path::new(path).join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return;
    }
    let place = Place::new();
    let path = path.to_str().unwrap();
    let told = place.st0ck(&["demo", "--json", "--data", path, "--symbol", "AAPL"]).ok().json();
    assert_eq!(told["replay"]["equal"], true, "{told}");
    assert!(told["orders_sent"].as_u64().unwrap() > 0, "{told}");
}
