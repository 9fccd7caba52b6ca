//! Types and lifetimes beyond market and limit for the day.

use crate::client::{Http, Socket};
use crate::stage::{Row, Stage, config, recording_with_prints, steady};
use serde_json::{Value, json};

/// A quote every tenth of a second, around the same prints as `prints` tells: milliseconds after the
/// open, price.
pub(crate) fn stage(prints: &[(i64, &'static str)]) -> Stage {
    let mut rows: Vec<Row> = Vec::new();
    let (mut bid, mut ask) = (String::from("367.40"), String::from("367.42"));
    let mut next = prints.iter().peekable();
    for n in 0..6_000 {
        let ms = n * 100;
        while let Some((_, price)) = next.next_if(|(at, _)| *at <= ms + 50) {
            let cents: i64 = price.replace('.', "").parse().unwrap();
            bid = dollars(cents - 1);
            ask = dollars(cents + 1);
        }
        rows.push((ms, bid.clone().leak(), ask.clone().leak(), 1_000));
    }
    Stage::start(config(recording_with_prints(rows, prints)))
}

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Everything but the kind's own fields.
pub(crate) fn order(side: &str, qty: &str, fields: Value) -> Value {
    let mut order = json!({"symbol": "SPY", "qty": qty, "side": side, "time_in_force": "day"});
    for (key, value) in fields.as_object().unwrap() {
        order[key] = value.clone();
    }
    order
}

/// The next updates, as `event side type`.
pub(crate) fn told(updates: &mut Socket, count: usize) -> Vec<String> {
    let tell = |_| {
        let data = &updates.next()["data"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let order = &data["order"];
        format!("{} {} {}", text(&data["event"]), text(&order["side"]), text(&order["type"]))
    };
    (0..count).map(tell).collect()
}

/// Buys and waits until it is filled.
pub(crate) fn hold(http: &mut Http, updates: &mut Socket, qty: &str) {
    let reply = http.post(&order("buy", qty, json!({"type": "market"})));
    assert_eq!(reply.status, 200, "{:?}", reply.message());
    while updates.next()["data"]["event"] != "fill" {}
}

#[test]
fn a_stop_is_new_until_somebody_trades_at_its_price_and_then_fills_under_the_same_id() {
    let stage = stage(&[(20_000, "366.50"), (21_000, "365.90")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    let stop = order("sell", "10", json!({"type": "stop", "stop_price": "366"}));
    let placed = http.post(&stop).json();
    assert_eq!((&placed["status"], &placed["stop_price"]), (&json!("pending_new"), &json!("366")));
    assert_eq!(told(&mut updates, 2), ["pending_new sell stop", "new sell stop"]);
    let fill = updates.next()["data"].clone();
    assert_eq!((&fill["event"], &fill["order"]["id"]), (&json!("fill"), &placed["id"]));
    assert_eq!((&fill["price"], &fill["position_qty"]), (&json!("365.89"), &json!("0")));
    assert!(fill["timestamp"].as_str().unwrap() >= "2020-12-15T14:30:21");
}

#[test]
fn a_stop_limit_order_rests_at_its_limit_once_it_is_elected() {
    let stage = stage(&[(20_000, "368.50"), (25_000, "367.30")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let kind = json!({"type": "stop_limit", "stop_price": "368", "limit_price": 367.35});
    let placed = http.post(&order("buy", "2", kind));
    assert_eq!(placed.status, 200, "{}", placed.message());
    assert_eq!(told(&mut updates, 2), ["pending_new buy stop_limit", "new buy stop_limit"]);
    let fill = updates.next()["data"].clone();
    assert_eq!((&fill["event"], &fill["price"]), (&json!("fill"), &json!("367.35")));
    assert!(fill["timestamp"].as_str().unwrap() >= "2020-12-15T14:30:25");
}

#[test]
fn a_trailing_stop_shows_how_far_it_has_followed() {
    let stage =
        stage(&[(2_000, "367.41"), (20_000, "369.00"), (30_000, "368.50"), (40_000, "367.90")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "3");
    let kind = json!({"type": "trailing_stop", "trail_price": "1"});
    let placed = http.post(&order("sell", "3", kind)).json();
    assert_eq!((&placed["trail_price"], &placed["trail_percent"]), (&json!("1"), &Value::Null));
    assert_eq!(told(&mut updates, 2), ["pending_new sell trailing_stop", "new sell trailing_stop"]);
    let fill = updates.next()["data"].clone();
    assert_eq!((&fill["event"], &fill["price"]), (&json!("fill"), &json!("367.89")));
    let order = &fill["order"];
    assert_eq!((&order["hwm"], &order["stop_price"]), (&json!("369"), &json!("368")));
}

#[test]
fn what_is_not_to_be_had_at_once_is_canceled() {
    let stage = Stage::start(config(crate::stage::recording(steady(6_000, 100, 4))));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    for (tif, expected) in [
        ("ioc", &["pending_new", "new", "partial_fill", "canceled"][..]),
        ("fok", &["pending_new", "new", "canceled"]),
    ] {
        let mut order = order("buy", "10", json!({"type": "limit", "limit_price": "367.42"}));
        order["time_in_force"] = tif.into();
        assert_eq!(http.post(&order).status, 200);
        let expected: Vec<String> = expected.iter().map(|e| format!("{e} buy limit")).collect();
        assert_eq!(told(&mut updates, expected.len()), expected, "{tif}");
    }
}

#[test]
fn dollars_buy_fractions_and_a_closing_order_sells_them_all() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut buy = order("buy", "1", json!({"type": "market", "notional": 100}));
    buy["qty"] = Value::Null;
    let placed = http.post(&buy).json();
    assert_eq!((&placed["qty"], &placed["notional"]), (&Value::Null, &json!("100")));
    assert_eq!(told(&mut updates, 2), ["pending_new buy market", "new buy market"]);
    let fill = updates.next()["data"].clone();
    // 100 / 367.42
    assert_eq!(
        (&fill["qty"], &fill["order"]["qty"]),
        (&json!("0.272168091"), &json!("0.272168091"))
    );
    let reply = http.post(&order("sell", "0.3", json!({"type": "market"})));
    assert_eq!(
        reply.message(),
        "insufficient qty available for order (requested: 0.3, available: 0.272168091)"
    );
    let half = http.delete("/v2/positions/SPY?percentage=50");
    assert_eq!((half.status, half.json()["qty"].clone()), (200, json!("0.136084045")));
    told(&mut updates, 3);
    let rest = http.delete("/v2/positions/SPY").json();
    assert_eq!((&rest["type"], &rest["qty"]), (&json!("market"), &json!("0.136084046")));
    assert_eq!(told(&mut updates, 3)[2], "fill sell market");
    assert_eq!(http.get("/v2/positions"), json!([]));
    assert_eq!(http.delete("/v2/positions/SPY").status, 404);
}

#[test]
fn fractions_have_their_own_refusals() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let base = order("sell", "0.5", json!({"type": "market"}));
    let with = |key: &str, value: Value| {
        let mut order = base.clone();
        order[key] = value;
        order
    };
    for (order, message) in [
        (base.clone(), "fractional orders cannot be sold short"),
        (with("time_in_force", "gtc".into()), "fractional orders must be DAY orders"),
        (with("notional", "1".into()), "only one of qty or notional is accepted"),
    ] {
        let reply = http.post(&order);
        assert_eq!((reply.status, reply.message()), (422, message.to_owned()), "{order}");
    }
}

#[test]
fn auctions_take_orders_in_their_windows_only() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let mut at_open = order("buy", "1", json!({"type": "market"}));
    at_open["time_in_force"] = "opg".into();
    let reply = http.post(&at_open);
    assert_eq!((reply.status, reply.json()["code"].clone()), (403, json!(40_310_000)));
    assert!(reply.message().starts_with("opg orders must be submitted after"));
    at_open["time_in_force"] = "cls".into();
    assert_eq!(http.post(&at_open).status, 200);
}
