//! Why nothing was entered: at each kind of instant the right gate, restraint or hurdle is named.

use crate::broker::Broker;
use crate::place::{Place, wait_for};
use crate::tape;
use serde_json::{Value, json};

fn ask(place: &Place, at: &str) -> Value {
    place.st0ck(&["whynot", "--at", at, "--json"]).ok().json()
}

fn codes(answer: &Value) -> Vec<&str> {
    let blockers = answer["blockers"].as_array().unwrap().iter();
    blockers.map(|blocker| blocker["code"].as_str().unwrap()).collect()
}

fn blocker<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let blockers = answer["blockers"].as_array().unwrap().iter();
    let found = blockers.clone().find(|blocker| blocker["code"] == code);
    found.unwrap_or_else(|| panic!("{code} is not among {:?}", codes(answer)))
}

/// A demo on quotes of one's own: so many seconds from 09:30 of 2021-03-17.
fn session(seconds: i64, cents: impl Fn(i64) -> i64, sets: &[&str]) -> Place {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, seconds, cents));
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    place.st0ck(&[&["demo", "--json", "--data", "quotes.csv"], &sets[..]].concat()).ok();
    place
}

#[test]
fn the_embedded_day_from_before_its_open_to_after_its_close() {
    let place = Place::new();
    place.st0ck(&["demo", "--json"]).ok();

    let early = ask(&place, "08:00");
    for code in ["not_begun", "not_armed", "unreconciled", "C1_TRADING_STATE", "C3_SESSION_CLOSED"]
    {
        blocker(&early, code);
    }
    assert_eq!(early["state"], "HALTED");
    assert_eq!(blocker(&early, "C3_SESSION_CLOSED")["value"], "-5400", "an hour and a half to go");

    let first = ask(&place, "09:30");
    assert_eq!(codes(&first)[0], "C9_NO_QUOTE", "armed, and no quote was there yet: {first}");

    let holding = ask(&place, "09:30:20");
    assert_eq!(codes(&holding), ["position_held", "order_open", "entry_pacing"]);
    assert_eq!(blocker(&holding, "position_held")["value"], "1");

    let twice = ask(&place, "2020-12-15T14:30:00.100Z");
    assert_eq!(blocker(&twice, "C18_DUPLICATE")["limit"], "0.5");

    // Bought at 09:30:00.022, sold 23.7 s later: flat, and too early for the next one.
    let waiting = ask(&place, "09:30:30");
    assert_eq!(codes(&waiting), ["entry_pacing"]);
    assert_eq!(blocker(&waiting, "entry_pacing")["limit"], "40");
    assert!(waiting["words"].as_str().unwrap().contains("entries keep 40 s apart"), "{waiting}");
    assert!(waiting["words"].as_str().unwrap().contains("order 3 at 09:30:40.030"), "{waiting}");

    let late = ask(&place, "15:52");
    for code in ["entry_hours", "C23_ENTRY_WINDOW"] {
        assert_eq!(blocker(&late, code)["since"], "2020-12-15T20:50:00.000000000Z");
    }

    let after = ask(&place, "16:30");
    let closed = blocker(&after, "C3_SESSION_CLOSED");
    assert_eq!((&closed["value"], &closed["limit"]), (&"1800".into(), &"0".into()));
    assert_eq!(closed["since"], "2020-12-15T21:00:00.000000000Z");
    blocker(&after, "record_over");
    blocker(&after, "session_exit");

    let out = place.st0ck(&["whynot", "--at", "15:52"]).ok().out;
    assert!(out.starts_with("At 15:52:00.000 New York (lane ACTIVE) 4 things"), "{out}");
    place.st0ck(&["whynot", "--at", "noon"]).exits(2).says(&["RFC 3339", "10:00"]);
}

#[test]
fn a_quote_too_old_is_dated_by_its_age() {
    // A hole of a minute while flat: the quotes before it end at 13:31:39.507.
    let place = Place::new();
    let (before, after) = (tape::quotes(0, 100, tape::waves), tape::quotes(160, 100, tape::waves));
    place.write("quotes.csv", before + after.split_once('\n').unwrap().1);
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let stale = ask(&place, "09:32:00");
    let quote = blocker(&stale, "C9_STALE_QUOTE");
    assert_eq!((&quote["value"], &quote["limit"]), (&"20.493".into(), &"1".into()), "{stale}");
    assert_eq!(quote["since"], "2021-03-17T13:31:40.507000000Z");
}

#[test]
fn a_spread_too_wide_is_named_with_both_numbers() {
    let place = session(60, tape::waves, &["spread_ratio_max=0.00001"]);
    let wide = ask(&place, "09:30:30");
    let spread = blocker(&wide, "C9_WIDE_SPREAD");
    assert_eq!((&spread["limit"], &spread["unit"]), (&"0.00001".into(), &"ratio".into()));
    assert!(spread["value"].as_str().unwrap().parse::<f64>().unwrap() > 0.000_01);
    blocker(&wide, "retry_pause");
}

#[test]
fn limits_of_the_day_and_of_an_order_are_named() {
    for (set, code) in [
        ("entries_per_day_max=1", "C19_ENTRIES_PER_DAY"),
        ("order_value_max=100", "C7_ORDER_VALUE"),
        ("position_value_max=100", "C10_POSITION_VALUE"),
    ] {
        let place = session(120, tape::waves, &[set]);
        let answer = ask(&place, "09:31:30");
        blocker(&answer, code);
    }
    let place = session(120, tape::waves, &["orders_per_minute_max=1"]);
    let answer = ask(&place, "09:30:05");
    assert_eq!(blocker(&answer, "C17_MESSAGE_RATE")["limit"], "1");
}

#[test]
fn losses_latch_and_are_named_with_the_restraint_that_they_laid() {
    let falling = |s: i64| 39_000 - s / 2;
    let lost = session(600, falling, &["daily_loss_max=0.5"]);
    let answer = ask(&lost, "09:38:00");
    assert_eq!(answer["state"], "REDUCING");
    for code in ["daily_loss", "C13_DAILY_LOSS", "C1_TRADING_STATE"] {
        blocker(&answer, code);
    }
    // Down all day: the position is sold at a loss five minutes before the close.
    let streak = session(23_400, |s| 39_000 - s / 60, &["losses_in_a_row_max=1"]);
    let answer = ask(&streak, "15:57");
    let losses = blocker(&answer, "C14_CONSECUTIVE_LOSSES");
    assert_eq!((&losses["value"], &losses["limit"]), (&"1".into(), &"1".into()));
    blocker(&answer, "losing_streak");
    assert!(losses["since"].as_str().unwrap().starts_with("2021-03-17T19:55:0"), "{losses}");
}

/// Cancels the bot's offers at the broker, as somebody might who does not know what they are for. After the
/// third it sells at market, below what it paid where the price falls.
fn cancel_offers_until_sold(broker: &Broker, times: usize) -> Value {
    let field = |order: &Value, key: &str| order[key].as_str().unwrap_or_default().to_owned();
    wait_for(&format!("{times} sales at market"), || {
        let sales: Vec<Value> =
            broker.orders().into_iter().filter(|order| order["side"] == "sell").collect();
        for offer in sales.iter().filter(|o| o["type"] == "limit" && o["status"] == "new") {
            // It may have gone by itself: then there is nothing to cancel.
            broker.request("DELETE", &format!("/v2/orders/{}", field(offer, "id")), "");
        }
        let is_sold = |order: &&Value| order["type"] == "market" && order["status"] == "filled";
        let sold: Vec<&Value> = sales.iter().filter(is_sold).collect();
        (sold.len() == times).then(|| json!(sold))
    })
}

/// Waits for a time of the session, on the exchange's clock.
fn wait_until(broker: &Broker, time: &str) {
    let told = || broker.get("/v2/clock")["timestamp"].as_str().unwrap().to_owned();
    wait_for(time, || (&told()[11..11 + time.len()] >= time).then_some(()));
}

#[test]
fn three_losses_in_a_row_are_named_at_the_limit_that_nobody_changed() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1200, |s| 39_000 - s));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    let sold = cancel_offers_until_sold(&broker, 3);
    wait_until(&broker, "09:45:00");
    let orders = broker.orders();
    bot.interrupt().ok();
    let last = orders.last().unwrap();
    assert_eq!(last["id"], sold[2]["id"], "nothing was entered after the third loss: {last}");

    let answer = ask(&place, "09:45:00");
    assert_eq!(codes(&answer), ["losing_streak", "C14_CONSECUTIVE_LOSSES", "C1_TRADING_STATE"]);
    assert_eq!(answer["state"], "REDUCING");
    let losses = blocker(&answer, "C14_CONSECUTIVE_LOSSES");
    assert_eq!((&losses["value"], &losses["limit"]), (&"3".into(), &"3".into()), "{losses}");
    let (since, sold_at) = (losses["since"].as_str().unwrap(), sold[2]["filled_at"].as_str());
    assert!(since[..19] >= sold_at.unwrap()[..19], "{since}, and the third sale at {sold_at:?}");
    assert!(answer["words"].as_str().unwrap().contains("too many losses in a row"), "{answer}");
}

#[test]
fn a_halted_instrument_is_named_by_its_gate_until_it_trades_again() {
    // At 09:34 it falls through the lower band, and stays there: a pause from 09:34:15 to 09:39:15. The bot
    // is flat by then, and may enter again from 09:35 on.
    let place = Place::new();
    let cents = |s: i64| if s < 240 { tape::waves(s) } else { 36_000 };
    place.write("tape/quotes.csv", tape::quotes(0, 780, cents));
    place.write("tape/trades.csv", tape::prints(240, cents));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &["--set", "entry_interval_s=300"]);
    wait_until(&broker, "09:41:00");
    bot.interrupt().ok();

    let halted = ask(&place, "09:39:00");
    let halt = blocker(&halted, "C3_INSTRUMENT_HALTED");
    assert!(halt["since"].as_str().unwrap().starts_with("2021-03-17T13:34:1"), "{halt}");
    let over = ask(&place, "09:40:50");
    assert!(!codes(&over).contains(&"C3_INSTRUMENT_HALTED"), "{over}");
    let refused = place.records("reject");
    let halts = refused.iter().filter(|r| r["body"]["code"] == "C3_INSTRUMENT_HALTED");
    assert!(halts.count() > 0, "it would have entered: {refused:?}");
}

#[test]
fn a_discount_not_met_says_how_far_it_is() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 60, tape::waves));
    place.write("tape/trades.csv", tape::prints(60, tape::waves));
    let args = ["demo", "--json", "--data", "tape", "--set", "use_mean_reversion=true"];
    place.st0ck(&args).ok();
    let answer = ask(&place, "09:30:30");
    assert_eq!(codes(&answer), ["vwap_discount"]);
    assert_eq!(blocker(&answer, "vwap_discount")["limit"], "-0.005");
}

#[test]
fn a_kill_stands_until_somebody_arms() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 5400, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(2);
    place.st0ck(&["kill", "--bot", "st0cka", "--reason", "too keen"]).ok();
    wait_for("the bot to stop", || bot.err().contains("killed: too keen").then_some(()));
    bot.interrupt().ok();
    let commands = place.records("command");
    let killed = commands.iter().find(|r| r["body"]["command"] == "kill").unwrap();
    let at = killed["at"].as_str().unwrap();
    let answer = ask(&place, at);
    assert_eq!(answer["state"], "HALTED");
    assert_eq!(blocker(&answer, "killed")["since"], at);
    assert_eq!(blocker(&answer, "C1_TRADING_STATE")["value"], "0");
    assert!(answer["words"].as_str().unwrap().contains("the kill switch was thrown"));
}
