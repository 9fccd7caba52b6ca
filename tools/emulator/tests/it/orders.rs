//! The life of orders, over REST and the update stream together.

use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::Start;
use st0ck_sim::SimConfig;

pub(crate) fn market(side: &str, qty: &str) -> Value {
    json!({"symbol": "SPY", "qty": qty, "side": side, "type": "market", "time_in_force": "day"})
}

pub(crate) fn limit(side: &str, qty: &str, price: &str) -> Value {
    json!({"symbol": "SPY", "qty": qty, "side": side, "type": "limit", "limit_price": price,
        "time_in_force": "day"})
}

fn events(updates: &mut crate::client::Socket, count: usize) -> Vec<Value> {
    (0..count).map(|_| updates.next()["data"].clone()).collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn a_market_order_goes_from_pending_new_to_filled() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut order = market("buy", "10");
    order["client_order_id"] = "mine-1".into();
    let reply = http.post(&order);
    assert_eq!(reply.status, 200);
    let placed = reply.json();
    assert_eq!(placed["status"], "pending_new", "a reply never assumes a fill");
    assert_eq!((&placed["filled_qty"], &placed["filled_avg_price"]), (&json!("0"), &Value::Null));

    let events = events(&mut updates, 3);
    assert!(updates.binary, "paper sends binary frames");
    assert_eq!(names(&events), ["pending_new", "new", "fill"]);
    let fill = &events[2];
    assert_eq!((&fill["price"], &fill["qty"]), (&json!("367.42"), &json!("10")));
    assert_eq!(fill["position_qty"], "10");
    assert_eq!(fill["order"]["status"], "filled");
    assert_eq!(fill["order"]["filled_avg_price"], "367.42");
    assert_eq!(fill["order"]["client_order_id"], "mine-1");

    let id = placed["id"].as_str().unwrap();
    let listed = http.get(&format!("/v2/orders/{id}"));
    assert_eq!(listed, http.get("/v2/orders:by_client_order_id?client_order_id=mine-1"));
    assert_eq!(listed, fill["order"]);
    let position = http.get("/v2/positions/SPY");
    assert_eq!((&position["qty"], &position["cost_basis"]), (&json!("10"), &json!("3674.2")));
    assert_eq!(http.get("/v2/account")["cash"], "96325.8");
    let activity = http.get("/v2/account/activities/FILL");
    assert_eq!(activity[0]["order_id"], placed["id"]);
    let activity_id = activity[0]["id"].as_str().unwrap();
    let (time, uuid) = activity_id.split_once("::").unwrap();
    assert!(time.starts_with("202012150930") && time.len() == 17, "{activity_id}");
    assert_eq!(fill["execution_id"], uuid, "activity and update name one execution");
}

#[test]
fn a_large_order_fills_in_parts_at_what_each_quote_shows() {
    let stage = Stage::start(config(recording(steady(6_000, 100, 4))));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let placed = http.post(&limit("buy", "10", "367.42")).json();
    let events = events(&mut updates, 5);
    assert_eq!(names(&events), ["pending_new", "new", "partial_fill", "partial_fill", "fill"]);
    let told = |key: &str| events[2..].iter().map(|e| e[key].clone()).collect::<Vec<_>>();
    assert_eq!(told("qty"), ["4", "4", "2"]);
    assert_eq!(told("position_qty"), ["4", "8", "10"]);
    assert_eq!(events[2]["order"]["status"], "partially_filled");
    assert_eq!(events[4]["order"]["id"], placed["id"]);
    let activities = http.get("/v2/account/activities?direction=asc");
    let cums: Vec<&Value> = activities.as_array().unwrap().iter().map(|a| &a["cum_qty"]).collect();
    assert_eq!(cums, ["4", "8", "10"]);
    assert_eq!(activities[0]["type"], "partial_fill");
    assert_eq!(activities[2]["leaves_qty"], "0");
}

#[test]
fn a_resting_order_is_canceled_once() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let id = http.post(&limit("buy", "1", "300")).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(names(&events(&mut updates, 2)), ["pending_new", "new"]);
    assert_eq!(http.get("/v2/orders").as_array().unwrap().len(), 1);
    let reply = http.delete(&format!("/v2/orders/{id}"));
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    let canceled = updates.next();
    assert_eq!(canceled["data"]["event"], "canceled");
    assert!(canceled["data"]["order"]["canceled_at"].is_string());
    let again = http.delete(&format!("/v2/orders/{id}"));
    assert_eq!((again.status, again.json()["code"].clone()), (422, json!(42_210_000)));
    assert_eq!(again.message(), "order is already in \"canceled\" state");
    assert_eq!(http.get("/v2/orders"), json!([]));
    assert_eq!(http.get("/v2/orders?status=closed")[0]["id"], json!(id));
    let unknown = http.delete("/v2/orders/00000000-0000-4000-8000-000000000000");
    assert_eq!((unknown.status, unknown.json()["code"].clone()), (404, json!(40_410_000)));
}

#[test]
fn canceling_all_answers_for_each_order() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    for price in ["300", "301", "302"] {
        assert_eq!(http.post(&limit("buy", "1", price)).status, 200);
    }
    events(&mut updates, 6);
    let reply = http.delete("/v2/orders");
    assert_eq!(reply.status, 207);
    let entries = reply.json();
    assert_eq!(entries.as_array().unwrap().len(), 3);
    assert!(entries.as_array().unwrap().iter().all(|entry| entry["status"] == 200));
    assert_eq!(names(&events(&mut updates, 3)), ["canceled"; 3]);
    assert_eq!(http.delete("/v2/orders").json(), json!([]));
}

#[test]
fn a_cancel_that_loses_the_race_is_refused_on_the_stream() {
    // Session time stands still until somebody subscribes: all is asked for in one instant of it.
    let mut slow = config(recording(steady(6_000, 100, 1_000)));
    slow.start = Start::OnSubscribe;
    // The order arrives half a second after it was sent, its cancel after four.
    let latency = |ms: i64| st0ck_sim::Latency { fixed_ns: ms * 1_000_000, jitter_ns: 0 };
    slow.venue = SimConfig {
        order_latency: latency(500),
        cancel_latency: latency(4_000),
        ..SimConfig::immediate()
    };
    let stage = Stage::start(slow);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let id = http.post(&market("buy", "1")).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(http.delete(&format!("/v2/orders/{id}")).status, 204);
    assert_eq!(http.get(&format!("/v2/orders/{id}"))["status"], "pending_cancel");
    assert_eq!(http.delete(&format!("/v2/orders/{id}")).status, 422, "one cancel is enough");
    let mut quotes = stage.data("/v2/sip");
    quotes.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    let events = events(&mut updates, 4);
    assert_eq!(names(&events), ["pending_new", "new", "fill", "order_cancel_rejected"]);
    assert_eq!(events[3]["order"]["status"], "filled");
}

#[test]
fn a_short_sale_and_its_cover_are_booked_as_such() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let short = http.post(&market("sell", "5")).json();
    assert_eq!(
        (&short["side"], &short["position_intent"]),
        (&json!("sell"), &json!("sell_to_open"))
    );
    let filled = &events(&mut updates, 3)[2];
    assert_eq!((&filled["price"], &filled["position_qty"]), (&json!("367.4"), &json!("-5")));
    let position = http.get("/v2/positions/SPY");
    assert_eq!((&position["side"], &position["qty"]), (&json!("short"), &json!("-5")));
    assert_eq!(http.get("/v2/account/activities")[0]["side"], "sell_short");
    let cover = http.post(&market("buy", "5")).json();
    assert_eq!(cover["position_intent"], "buy_to_close");
    assert_eq!(events(&mut updates, 3)[2]["position_qty"], "0");
    assert_eq!(http.get("/v2/positions"), json!([]));
    assert_eq!(http.ask("GET", "/v2/positions/SPY", "").message(), "position does not exist");
}

#[test]
fn an_order_whose_sender_died_right_after_writing_is_in_the_book() {
    let stage = Stage::steady();
    let (mut watcher, mut updates) = (stage.http(), stage.updates());
    for round in 0..20 {
        let mut order = limit("buy", "1", "300");
        order["client_order_id"] = format!("last-words-{round}").into();
        let mut dying = stage.http();
        let first = dying.render("GET", "/v2/account", "");
        let last = dying.render("POST", "/v2/orders", &order.to_string());
        use std::io::Write;
        // With the first reply unread, closing resets the connection as a kill does.
        dying.stream.write_all(&first).unwrap();
        if round % 2 == 0 {
            dying.stream.write_all(&last).unwrap();
        } else {
            while dying.stream.peek(&mut [0]).unwrap() == 0 {}
            dying.stream.write_all(&last).unwrap();
        }
        drop(dying);
        events(&mut updates, 2);
        let path = format!("/v2/orders:by_client_order_id?client_order_id=last-words-{round}");
        assert_eq!(watcher.get(&path)["status"], "new");
    }
    let all = watcher.get("/v2/orders?status=all&limit=500&nested=false");
    assert_eq!(all.as_array().unwrap().len(), 20);
}

#[test]
fn two_clients_see_one_account() {
    let stage = Stage::steady();
    let (mut one, mut two) = (stage.http(), stage.http());
    let (mut left, mut right) = (stage.updates(), stage.updates());
    let placed = one.post(&limit("buy", "1", "300")).json();
    assert_eq!(events(&mut left, 2), events(&mut right, 2));
    let id = placed["id"].as_str().unwrap();
    assert_eq!(two.delete(&format!("/v2/orders/{id}")).status, 204);
    assert_eq!(events(&mut left, 1), events(&mut right, 1));
    assert_eq!(one.get(&format!("/v2/orders/{id}"))["status"], "canceled");
}
