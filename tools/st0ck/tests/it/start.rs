//! What keeps a bot from starting, each with its exit code, its words, and nothing sent.

use crate::broker::Broker;
use crate::place::{Place, wait_for};
use crate::tape;
use serde_json::json;
use std::net::TcpListener;

fn broker(place: &Place) -> Broker {
    broker_with(place, &[])
}

fn broker_with(place: &Place, args: &[&str]) -> Broker {
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    Broker::start(place, &[&["--data", "tape", "--speed", "20"], args].concat())
}

#[test]
fn a_second_instance_on_the_account_is_turned_away_and_sends_nothing() {
    let place = Place::new();
    let broker = broker(&place);
    let first = broker.start_bot(&place, &[]);
    broker.wait_for_orders(2);
    // The same account from another folder, and once more from the same one.
    for runs in ["elsewhere", "runs"] {
        let second = broker.start_bot(&place, &["--runs", runs]).end().exits(11);
        let pid = first.child.id().to_string();
        second.says(&["is held by process", &pid]);
    }
    assert!(!place.path("elsewhere/st0cka").join("journal").exists());
    broker.wait_for_orders(4);
    first.interrupt().ok();
    let journaled = place.records("order");
    let ids: Vec<_> = journaled.iter().map(|r| &r["body"]["client_order_id"]).collect();
    assert_eq!(ids, broker.order_ids().iter().collect::<Vec<_>>(), "only the first one's");
    let _third = broker.start_bot(&place, &[]);
    broker.wait_for_orders(6);
}

#[test]
fn a_start_says_which_folder_it_began_from_and_what_lay_there() {
    let place = Place::new();
    let broker = broker(&place);
    let told = |runs: &str| {
        let bot = broker.start_bot(&place, &["--runs", runs]);
        wait_for("the first words", || bot.err().contains("st0cka: ").then_some(()));
        bot.interrupt().ok().err
    };
    assert!(told("runs").contains("the first in this folder"));
    assert!(told("runs").contains("runs/st0cka: continues 2021-03-17T"));
    place.st0ck(&["kill", "--bot", "st0cka", "--reason", "too keen"]).ok();
    broker.start_bot(&place, &[]).end().exits(40).says(&["too keen"]);
    // The kill lies in the first folder; another one knows nothing of it, and says so.
    let elsewhere = told("elsewhere");
    let words = "elsewhere/st0cka: a new session, the first in this folder: no kill, latch or loss";
    assert!(elsewhere.contains(words), "{elsewhere}");
}

#[test]
fn missing_credentials_are_named() {
    let place = Place::new();
    let broker = broker(&place);
    for name in ["ST0CKA_KEY", "ST0CKA_SECRET"] {
        let mut command = broker.bot(&place, &[]);
        command.env_remove(name);
        place.start(command).end().exits(10).says(&[name, "not set"]);
    }
    let mut command = broker.bot(&place, &[]);
    command.env("ST0CKA_SECRET", "two\nlines");
    place.start(command).end().exits(10).says(&["credential", "header"]);
}

#[test]
fn a_wrong_secret_is_said_and_not_repeated() {
    let place = Place::new();
    let broker = broker(&place);
    let mut command = broker.bot(&place, &[]);
    command.env("ST0CKA_SECRET", "wrong-secret");
    let ran = place.start(command).end().exits(20).says(&["refuses the key and secret"]);
    assert!(!ran.err.contains("wrong-secret"), "{}", ran.err);
    assert_eq!(broker.orders().len(), 0);
}

#[test]
fn a_broker_that_is_not_there_is_an_io_error_that_names_the_address() {
    let place = Place::new();
    let broker = broker(&place);
    // A port that was free a moment ago and that nobody listens at.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    let mut command = broker.bot(&place, &[]);
    command.env("ALPACA_BASE_URL", &nowhere);
    place.start(command).end().exits(20).says(&[&nowhere, "refused"]);
}

#[test]
fn urls_that_are_none_are_named() {
    let place = Place::new();
    let broker = broker(&place);
    for (name, url) in [
        ("ALPACA_BASE_URL", "paper-api"),
        ("ALPACA_BASE_URL", "ftp://127.0.0.1"),
        ("ALPACA_STREAM_URL", "ws://127.0.0.1:port"),
    ] {
        let mut command = broker.bot(&place, &[]);
        command.env(name, url);
        place.start(command).end().exits(10).says(&[url]);
    }
}

#[test]
fn an_open_order_that_is_not_ours_stops_the_start_until_it_is_gone() {
    let place = Place::new();
    // Its session runs from the beginning: an order takes session time to be taken and canceled.
    let broker = broker_with(&place, &["--start", "now"]);
    let theirs = broker.order(&json!({
        "symbol": "SPY", "qty": "1", "side": "buy", "type": "limit", "limit_price": "380",
        "time_in_force": "day",
    }));
    let ran = broker.start_bot(&place, &[]).end().exits(30);
    ran.says(&["do not agree", "1 open order"]);
    assert_eq!(broker.orders().len(), 1, "nothing was sent");
    assert_eq!(place.records("order").len(), 0);
    let path = format!("/v2/orders/{}", theirs["id"].as_str().unwrap());
    assert_eq!(broker.request("DELETE", &path, "").0, 204);
    wait_for("its end", || (broker.get(&path)["status"] == "canceled").then_some(()));
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(3);
    bot.interrupt().ok();
    assert_eq!(place.sessions().len(), 1, "the day's session goes on");
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn a_position_that_we_know_nothing_of_stops_the_start() {
    let place = Place::new();
    let broker = broker_with(&place, &["--start", "now"]);
    wait_for("shares", || {
        let body = json!({
            "symbol": "SPY", "qty": "5", "side": "buy", "type": "market", "time_in_force": "day",
        });
        if broker.orders().is_empty() {
            broker.request("POST", "/v2/orders", &body.to_string());
        }
        (broker.position() == "5").then_some(())
    });
    let ran = broker.start_bot(&place, &[]).end().exits(30);
    ran.says(&["do not agree", "nothing was sent"]);
    assert_eq!(broker.orders().len(), 1, "nothing was sent");
}

#[test]
fn other_settings_within_the_day_are_refused_and_named() {
    let place = Place::new();
    let broker = broker(&place);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(2);
    bot.interrupt().ok();
    let ran = broker.start_bot(&place, &["--set", "mode=simple"]).end().exits(10);
    ran.says(&["other settings", "mode was enhanced", "--runs"]);
}

#[test]
fn paper_and_live_must_agree_before_anything_is_reached() {
    let place = Place::new();
    let live = "https://api.alpaca.markets";
    for (paper, url, args, code, words) in [
        ("true", live, &["run", "st0cka"][..], 10, "IS_PAPER_TRADING=false"),
        ("false", live, &["run", "st0cka"], 10, "--live"),
        ("false", "http://127.0.0.1:1", &["run", "st0cka"], 10, "--live"),
        ("true", live, &["run", "st0cka", "--live"], 10, "IS_PAPER_TRADING=false"),
        ("false", "http://127.0.0.1:1", &["run", "st0cka", "--live"], 10, "ALPACA_BASE_URL"),
        ("false", live, &["run", "st0cka", "--live", "--clock", "feed"], 2, "--clock feed"),
    ] {
        let mut command = place.command(args);
        command.env("IS_PAPER_TRADING", paper).env("ALPACA_BASE_URL", url);
        place.start(command).end().exits(code).says(&[words]);
        assert!(!place.path("runs").exists(), "{args:?}");
    }
}
