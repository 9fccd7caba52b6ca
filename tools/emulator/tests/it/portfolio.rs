//! The portfolio's history.

use crate::orders::market;
use crate::stage::{OPEN, Row, Stage, config, recording};
use serde_json::{Value, json};
use st0ck_emulator::Speed;

const PATH: &str = "/v2/account/portfolio/history";
const OPEN_SECONDS: i64 = OPEN.0 / 1_000_000_000;

/// Ten minutes in which the price rises by a dollar with each of the first three.
fn rising() -> impl Iterator<Item = Row> {
    (0..600).map(|second| {
        let (bid, ask) = match second / 60 {
            0 => ("100.00", "100.02"),
            1 => ("101.00", "101.02"),
            2 => ("102.00", "102.02"),
            _ => ("103.00", "103.02"),
        };
        (second * 1_000, bid, ask, 1_000)
    })
}

#[test]
fn history_tells_equity_minute_by_minute() {
    let mut fast = config(recording(rising()));
    fast.speed = Speed::Paced(300.0);
    fast.start = st0ck_emulator::Start::OnSubscribe;
    let stage = Stage::start(fast);
    let (mut http, mut updates, mut data) = (stage.http(), stage.updates(), stage.data("/v2/iex"));
    data.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    http.post(&market("buy", "100"));
    let bought = loop {
        let update = updates.next();
        if update["data"]["event"] == "fill" {
            break update["data"]["timestamp"].as_str().unwrap().to_owned();
        }
    };
    assert!(bought.as_str() < "2020-12-15T14:31", "in the first minute, not at {bought}");
    assert_eq!(updates.close_code(), 1000, "the session is over");

    let history = http.get(&format!("{PATH}?period=1D&timeframe=1Min"));
    assert_eq!(history["timestamp"][0], OPEN_SECONDS);
    assert_eq!(history["timestamp"][1], OPEN_SECONDS + 60);
    // A hundred shares bought at the ask are worth their middle.
    let equity: Vec<f64> = (0..5).map(|n| history["equity"][n].as_f64().unwrap()).collect();
    assert_eq!(equity, [99_999.0, 100_099.0, 100_199.0, 100_299.0, 100_299.0]);
    assert_eq!(history["profit_loss"][0], -1.0);
    assert_eq!(history["profit_loss_pct"][1], 0.0009);
    assert_eq!(
        (&history["base_value"], &history["base_value_asof"]),
        (&json!(100_000.0), &json!("2020-12-14"))
    );
    let lengths = ["timestamp", "equity", "profit_loss", "profit_loss_pct"]
        .map(|key| history[key].as_array().unwrap().len());
    assert_eq!(lengths, [390; 4], "9:30 to 15:59");

    let day = http.get(PATH);
    assert_eq!((&day["timeframe"], &day["equity"]), (&json!("1D"), &json!([100_299.0])));
    assert_eq!(day["timestamp"], json!([1_607_990_400]));
    let hour = http.get(&format!("{PATH}?period=1D&timeframe=1H&intraday_reporting=continuous"));
    assert_eq!(hour["timestamp"].as_array().unwrap().len(), 17, "midnight to 16:00");
    assert_eq!((&hour["equity"][8], &hour["equity"][9]), (&json!(100_000.0), &json!(100_299.0)));
}

#[test]
fn a_history_that_makes_no_sense_is_refused() {
    let stage = Stage::steady();
    let mut http = stage.http();
    for (query, message) in [
        ("timeframe=2Min", "invalid timeframe"),
        ("period=soon", "invalid period"),
        ("pnl_reset=never", "invalid pnl_reset"),
        ("intraday_reporting=at_noon", "invalid intraday_reporting"),
        ("start=2020-12-01&end=2020-12-02&period=1D", "at most two of start, end and period"),
    ] {
        let reply = http.ask("GET", &format!("{PATH}?{query}"), "");
        assert_eq!((reply.status, reply.message()), (422, message.to_owned()));
    }
    let before: Value = http.get(&format!("{PATH}?start=2020-11-01&end=2020-11-30"));
    assert_eq!(before["equity"], json!([]), "the account was not there yet");
}
