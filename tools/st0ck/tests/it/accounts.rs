//! Losses of accounts (C13): what one bot leaves for the others, and what the others' losses stop.

use crate::broker::Broker;
use crate::place::{Place, wait_for};
use crate::tape;
use serde_json::{Value, json};

#[test]
fn what_other_accounts_lost_stops_a_bot_until_a_person_resets_it() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 5400, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(2);
    let own: Value = wait_for("the bot's figures", || {
        let text = std::fs::read_to_string(place.path("runs/st0cka/account.json")).ok()?;
        serde_json::from_str(&text).ok()
    });
    let equity = broker.get("/v2/account")["equity"].as_str().unwrap().to_owned();
    assert_eq!(own["opening"].as_str().unwrap()[..3], equity[..3], "{own}");

    let other = |opening: &str, equity: &str| {
        let mut figures = own.clone();
        figures["account"] = json!("another");
        figures["opening"] = json!(opening);
        figures["equity"] = json!(equity);
        place.write("runs/other/account.json", figures.to_string());
    };
    other("1000000", "999000");
    wait_for("the news in the journal", || (!others(&place).is_empty()).then_some(()));
    assert!(!bot.err().contains("latched"), "a thousandth is no three percent: {}", bot.err());
    other("1000000", "960000");
    wait_for("the latch", || bot.err().contains("all_accounts_loss").then_some(()));
    place.st0ck(&["reset", "--bot", "st0cka", "--by", "Ada", "--reason", "seen", "--yes"]).ok();
    wait_for("the reset", || bot.err().contains("asked to reset").then_some(()));
    bot.interrupt().ok();

    let told: Vec<String> =
        others(&place).iter().map(|body| body["equity"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["999000", "960000"]);
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["equal"], true, "what stopped it is in the journal");
}

/// What the lane was told of other accounts.
fn others(place: &Place) -> Vec<Value> {
    let records = place.records("session").into_iter().map(|record| record["body"].clone());
    records.filter(|body| body["event"] == "other_accounts").collect()
}
