//! Bracket, oco and oto orders: how the fate of one moves the others.

use crate::client::Http;
use crate::stage::Stage;
use crate::types::{hold, order, stage, told};
use serde_json::{Value, json};

fn bracket(qty: &str, entry: Value) -> Value {
    let mut body = order("buy", qty, entry);
    body["order_class"] = "bracket".into();
    body["take_profit"] = json!({"limit_price": "369"});
    body["stop_loss"] = json!({"stop_price": "366", "limit_price": 365.5});
    body
}

fn oco(qty: &str) -> Value {
    let mut body = order("sell", qty, json!({"type": "limit"}));
    body["order_class"] = "oco".into();
    body["take_profit"] = json!({"limit_price": "369"});
    body["stop_loss"] = json!({"stop_price": "366"});
    body
}

fn status(http: &mut Http, order: &Value) -> String {
    let path = format!("/v2/orders/{}", order["id"].as_str().unwrap());
    http.get(&path)["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_brackets_exits_are_held_until_its_entry_is_filled_and_one_ends_the_other() {
    let stage = stage(&[(30_000, "369.50")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let reply = http.post(&bracket("10", json!({"type": "market"})));
    assert_eq!(reply.status, 200, "{}", reply.message());
    let entry = reply.json();
    let legs = entry["legs"].as_array().unwrap();
    let shown: Vec<(&Value, &Value, &Value)> =
        legs.iter().map(|leg| (&leg["type"], &leg["side"], &leg["status"])).collect();
    let (sell, held) = (json!("sell"), json!("held"));
    assert_eq!(shown, [(&json!("limit"), &sell, &held), (&json!("stop_limit"), &sell, &held)]);
    assert!(legs.iter().all(|leg| leg["order_class"] == "bracket"));
    assert_eq!(
        told(&mut updates, 5),
        [
            "pending_new buy market",
            "new buy market",
            "fill buy market",
            "new sell stop_limit",
            "new sell limit"
        ]
    );
    assert_eq!(http.get("/v2/positions/SPY")["qty_available"], "0");
    assert_eq!(told(&mut updates, 2), ["fill sell limit", "canceled sell stop_limit"]);
    assert_eq!(
        (status(&mut http, &legs[0]), status(&mut http, &legs[1])),
        (String::from("filled"), String::from("canceled"))
    );
    assert_eq!(http.get("/v2/positions"), json!([]));
}

#[test]
fn an_elected_stop_ends_the_take_profit() {
    let stage = stage(&[(30_000, "365.90")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    http.post(&bracket("10", json!({"type": "market"})));
    told(&mut updates, 5);
    assert_eq!(told(&mut updates, 2), ["fill sell stop_limit", "canceled sell limit"]);
    assert_eq!(http.get("/v2/positions"), json!([]));
}

#[test]
fn a_canceled_entry_takes_its_exits_with_it() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let entry = http.post(&bracket("10", json!({"type": "limit", "limit_price": "367"}))).json();
    told(&mut updates, 2);
    assert_eq!(http.delete(&format!("/v2/orders/{}", entry["id"].as_str().unwrap())).status, 204);
    assert_eq!(
        told(&mut updates, 3),
        ["canceled buy limit", "canceled sell limit", "canceled sell stop_limit"]
    );
    assert_eq!(http.get("/v2/orders"), json!([]));
}

#[test]
fn a_canceled_leg_takes_the_whole_group_with_it() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let entry = http.post(&bracket("10", json!({"type": "limit", "limit_price": "367"}))).json();
    told(&mut updates, 2);
    let leg = entry["legs"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(http.delete(&format!("/v2/orders/{leg}")).status, 204);
    let mut events = told(&mut updates, 3);
    events.sort();
    assert_eq!(events, ["canceled buy limit", "canceled sell limit", "canceled sell stop_limit"]);
}

#[test]
fn an_oco_order_holds_its_shares_once() {
    let stage = stage(&[(30_000, "369.50")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    let reply = http.post(&oco("6"));
    assert_eq!(reply.status, 200, "{}", reply.message());
    let parent = reply.json();
    assert_eq!(
        (&parent["limit_price"], &parent["legs"][0]["status"]),
        (&json!("369"), &json!("held"))
    );
    assert_eq!(http.get("/v2/positions/SPY")["qty_available"], "4");
    assert_eq!(
        told(&mut updates, 4),
        ["pending_new sell limit", "new sell limit", "fill sell limit", "canceled sell stop"]
    );
    assert_eq!(http.get("/v2/positions/SPY")["qty_available"], "4");
}

#[test]
fn an_oto_order_triggers_the_one_exit_it_has() {
    let stage = stage(&[(30_000, "365.90")]);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut body = order("buy", "5", json!({"type": "market", "order_class": "oto"}));
    body["stop_loss"] = json!({"stop_price": "366"});
    http.post(&body);
    assert_eq!(
        told(&mut updates, 5),
        [
            "pending_new buy market",
            "new buy market",
            "fill buy market",
            "new sell stop",
            "fill sell stop"
        ]
    );
}

#[test]
fn legs_are_listed_flat_or_inside_their_parent() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let entry = http.post(&bracket("10", json!({"type": "limit", "limit_price": "367"}))).json();
    told(&mut updates, 2);
    let flat = http.get("/v2/orders");
    assert_eq!(flat.as_array().unwrap().len(), 3);
    assert!(flat.as_array().unwrap().iter().all(|order| order["legs"].is_null()));
    let nested = http.get("/v2/orders?nested=true");
    assert_eq!(nested.as_array().unwrap().len(), 1);
    assert_eq!(nested[0]["legs"].as_array().unwrap().len(), 2);
    let path = format!("/v2/orders/{}?nested=True", entry["id"].as_str().unwrap());
    assert_eq!(http.get(&path), nested[0]);
}

#[test]
fn groups_are_refused_where_they_make_no_sense() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let reply = http.post(&oco("1"));
    assert_eq!(
        (reply.status, reply.message()),
        (422, String::from("oco orders must be exit orders"))
    );
    let mut low = bracket("1", json!({"type": "market"}));
    low["take_profit"]["limit_price"] = "367".into();
    let reply = http.post(&low);
    assert_eq!(reply.json()["base_price"], "367.42");
    assert_eq!(reply.message(), "take_profit.limit_price must be >= base_price + 0.01");
    hold(&mut http, &mut updates, "1");
    let reply = http.post(&bracket("1", json!({"type": "market"})));
    assert_eq!(reply.message(), "bracket orders must be entry orders");
    let parent = http.post(&oco("1")).json();
    told(&mut updates, 2);
    let path = format!("/v2/orders/{}", parent["id"].as_str().unwrap());
    let reply = http.ask("PATCH", &path, r#"{"qty": 2}"#);
    assert_eq!(reply.message(), "qty cannot be changed for advanced orders");
    let reply = http.ask("PATCH", &path, r#"{"limit_price": 365}"#);
    assert_eq!(reply.message(), "stop_loss.stop_price must be <= base_price - 0.01");
    assert_eq!(http.ask("PATCH", &path, r#"{"limit_price": 370}"#).status, 200);
    assert_eq!(
        told(&mut updates, 3),
        ["pending_replace sell limit", "replaced sell limit", "new sell limit"]
    );
}
