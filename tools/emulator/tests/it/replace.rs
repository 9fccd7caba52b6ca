//! Replacing orders, and closing positions.

use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use crate::types::{hold, order, told};
use serde_json::{Value, json};
use st0ck_sim::{Latency, SimConfig};

fn patch(http: &mut crate::client::Http, id: &Value, body: Value) -> crate::client::Reply {
    http.ask("PATCH", &format!("/v2/orders/{}", id.as_str().unwrap()), &body.to_string())
}

#[test]
fn a_replaced_order_goes_on_under_a_new_id() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let old = http.post(&limit("buy", "10", "300")).json();
    told(&mut updates, 2);
    let reply = patch(&mut http, &old["id"], json!({"qty": 4, "limit_price": 301.5}));
    assert_eq!(reply.status, 200, "{}", reply.message());
    let new = reply.json();
    assert_ne!(new["id"], old["id"]);
    assert_eq!((&new["replaces"], &new["status"]), (&old["id"], &json!("pending_new")));
    assert_eq!((&new["qty"], &new["limit_price"]), (&json!("4"), &json!("301.5")));
    let events: Vec<Value> = (0..3).map(|_| updates.next()["data"].clone()).collect();
    let names: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["pending_replace", "replaced", "new"]);
    assert_eq!(events[0]["order"]["status"], "pending_replace");
    assert_eq!(
        (&events[1]["order"]["id"], &events[1]["order"]["status"]),
        (&old["id"], &json!("replaced"))
    );
    assert_eq!(events[1]["order"]["replaced_by"], new["id"]);
    assert_eq!(events[2]["order"]["id"], new["id"]);
    assert_eq!(http.get("/v2/orders")[0]["id"], new["id"]);
    assert_eq!(http.get("/v2/account")["buying_power"], "198794");
    let again = patch(&mut http, &old["id"], json!({"qty": 5}));
    assert_eq!((again.status, again.message()), (422, String::from("order already replaced")));
}

#[test]
fn a_replacement_keeps_what_its_order_has_filled() {
    let stage = Stage::start(config(recording((0..400).map(|n| {
        (
            n * 200,
            if n < 30 { "367.40" } else { "367.30" },
            if n < 30 { "367.42" } else { "367.50" },
            4,
        )
    }))));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut id = http.post(&limit("buy", "100", "367.42")).json()["id"].clone();
    while http.get("/v2/positions/SPY")["qty"] != "4"
        && http.get("/v2/orders")[0]["filled_qty"] == "0"
    {}
    let reply = loop {
        // It fills on meanwhile: what is asked for counts from the first share on.
        let reply = patch(&mut http, &id, json!({"qty": 400}));
        if reply.status == 200 {
            break reply.json();
        }
        assert!(reply.message().starts_with("cannot replace order in"), "{}", reply.message());
        id = http.get("/v2/orders")[0]["id"].clone();
    };
    let mut replaced = Value::Null;
    while replaced["event"] != "replaced" {
        replaced = updates.next()["data"].clone();
    }
    let whole = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    let filled = whole(&replaced["order"]["filled_qty"]);
    let path = format!("/v2/orders/{}", reply["id"].as_str().unwrap());
    assert_eq!(whole(&http.get(&path)["qty"]), 400 - filled);
}

#[test]
fn a_replacement_that_loses_the_race_is_rejected_and_the_old_order_stays() {
    let mut slow = config(recording((0..6_000).map(|n| {
        let ask = if n < 40 { "367.60" } else { "367.42" };
        (n * 100, "367.40", ask, 1_000)
    })));
    let order_latency = Latency { fixed_ns: 2_000_000_000, jitter_ns: 0 };
    slow.venue = SimConfig { order_latency, ..SimConfig::immediate() };
    let stage = Stage::start(slow);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let old = http.post(&limit("buy", "1", "367.45")).json();
    told(&mut updates, 2);
    while http.get("/v2/clock")["timestamp"].as_str().unwrap() < "2020-12-15T09:30:02.5" {}
    let new = patch(&mut http, &old["id"], json!({"limit_price": "367.41"})).json();
    let chained = patch(&mut http, &new["id"], json!({"limit_price": "367.40"}));
    assert_eq!(chained.message(), "order chain not fully replaced");
    let busy = patch(&mut http, &old["id"], json!({"limit_price": "367.40"}));
    assert_eq!(busy.message(), "cannot replace order in pending_replace status");
    let events: Vec<Value> = (0..4).map(|_| updates.next()["data"].clone()).collect();
    let told: Vec<(&Value, &Value)> =
        events.iter().map(|e| (&e["event"], &e["order"]["id"])).collect();
    assert_eq!(told[0], (&json!("pending_replace"), &old["id"]));
    assert_eq!(told[1], (&json!("fill"), &old["id"]));
    assert_eq!(told[2], (&json!("order_replace_rejected"), &old["id"]));
    assert_eq!(told[3], (&json!("rejected"), &new["id"]));
}

#[test]
fn a_stop_is_replaced_where_it_waits() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    let stop = http.post(&order("sell", "10", json!({"type": "stop", "stop_price": "360"}))).json();
    told(&mut updates, 2);
    let new = patch(&mut http, &stop["id"], json!({"stop_price": "361"})).json();
    assert_eq!(
        told(&mut updates, 3),
        ["pending_replace sell stop", "replaced sell stop", "new sell stop"]
    );
    assert_eq!((&new["stop_price"], &new["replaces"]), (&json!("361"), &stop["id"]));
    assert_eq!(http.get("/v2/positions/SPY")["qty_available"], "0");
}

#[test]
fn each_illegal_replacement_gets_alpacas_words() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let id = http.post(&limit("buy", "10", "300")).json()["id"].clone();
    told(&mut updates, 2);
    for (body, status, message) in [
        (json!({}), 422, "order parameters are not changed"),
        (json!({"qty": 10, "limit_price": 300}), 422, "order parameters are not changed"),
        (json!({"qty": "0.5"}), 422, "qty of fractional orders cannot be changed"),
        (json!({"stop_price": 1}), 422, "limit orders require no stop_price"),
        (json!({"time_in_force": "fok"}), 422, "invalid time_in_force"),
        (
            json!({"limit_price": "300.001"}),
            422,
            "invalid limit_price 300.001. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (json!({"qty": 10_000}), 403, "insufficient buying power"),
    ] {
        let reply = patch(&mut http, &id, body.clone());
        assert_eq!((reply.status, reply.message()), (status, message.to_owned()), "{body}");
    }
    let unknown =
        patch(&mut http, &json!("00000000-0000-4000-8000-000000000000"), json!({"qty": 1}));
    assert_eq!(unknown.status, 404);
}

#[test]
fn closing_everything_cancels_first_when_asked_to() {
    let stage = Stage::start(config(recording(steady(6_000, 100, 1_000))));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    http.post(&limit("sell", "4", "400"));
    told(&mut updates, 2);
    let refused = http.delete("/v2/positions");
    assert_eq!((refused.status, refused.json()[0]["status"].clone()), (207, json!(403)));
    assert_eq!(refused.json()[0]["body"]["held_for_orders"], "4");
    let closed = http.delete("/v2/positions?cancel_orders=True").json();
    assert_eq!((&closed[0]["symbol"], &closed[0]["status"]), (&json!("SPY"), &json!(200)));
    assert_eq!(closed[0]["body"]["qty"], "10");
    assert_eq!(
        told(&mut updates, 4),
        ["canceled sell limit", "pending_new sell market", "new sell market", "fill sell market"]
    );
    let both = http.delete("/v2/positions/SPY?qty=1&percentage=5");
    assert_eq!(
        (both.status, both.message()),
        (422, String::from("only one of qty or percentage is accepted"))
    );
    let exercise = http.ask("POST", "/v2/positions/SPY201218C00370000/exercise", "");
    assert_eq!(
        (exercise.status, exercise.message()),
        (404, String::from("long position not found: SPY201218C00370000"))
    );
}
