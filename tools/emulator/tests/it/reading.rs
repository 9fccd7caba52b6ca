//! Listings, pages, single objects.

use crate::orders::{limit, market};
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};

fn ids(orders: &Value) -> Vec<&str> {
    orders.as_array().unwrap().iter().map(|o| o["client_order_id"].as_str().unwrap()).collect()
}

#[test]
fn orders_are_listed_by_every_filter() {
    let stage = Stage::steady();
    let mut http = stage.http();
    for n in 0..5 {
        let mut order = limit("buy", "1", "300");
        order["client_order_id"] = format!("n{n}").into();
        assert_eq!(http.post(&order).status, 200);
    }
    let all = http.get("/v2/orders?status=all&direction=asc");
    assert_eq!(ids(&all), ["n0", "n1", "n2", "n3", "n4"]);
    let field = |n: usize, key: &str| all[n][key].as_str().unwrap().to_owned();
    let list = |http: &mut crate::client::Http, query: &str| {
        ids(&http.get(&format!("/v2/orders?{query}"))).join(" ")
    };
    assert_eq!(list(&mut http, "limit=2"), "n4 n3");
    let after = format!("after={}&direction=asc", field(2, "submitted_at"));
    assert_eq!(list(&mut http, &after), "n3 n4");
    assert_eq!(list(&mut http, &format!("until={}", field(2, "submitted_at"))), "n1 n0");
    assert_eq!(list(&mut http, &format!("before_order_id={}", field(1, "id"))), "n0");
    let after_order = format!("after_order_id={}&direction=asc", field(3, "id"));
    assert_eq!(list(&mut http, &after_order), "n4");
    assert_eq!(list(&mut http, "symbols=QQQ,SPY&side=buy&nested=true&limit=1"), "n4");
    for none in ["symbols=QQQ", "side=sell", "status=closed", "asset_class=us_option"] {
        assert_eq!(list(&mut http, none), "", "{none}");
    }
    for bad in ["status=any", "limit=none", "direction=up", "after=then", "nested=yes"] {
        assert_eq!(http.ask("GET", &format!("/v2/orders?{bad}"), "").status, 422, "{bad}");
    }
    assert_eq!(http.ask("GET", "/v2/orders/not-a-uuid", "").status, 404);
    let unknown = http.ask("GET", "/v2/orders:by_client_order_id?client_order_id=x", "");
    assert_eq!((unknown.status, unknown.message()), (404, "order not found for x".to_owned()));
}

#[test]
fn fills_are_read_page_by_page_either_way() {
    let stage = Stage::start(config(recording(steady(6_000, 100, 1))));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    http.post(&market("buy", "7"));
    (0..9).for_each(|_| drop(updates.next()));
    for direction in ["asc", "desc"] {
        let base = format!("/v2/account/activities?direction={direction}&page_size=3");
        let mut pages = Vec::new();
        let mut path = base.clone();
        loop {
            let page = http.get(&path);
            let Some(last) = page.as_array().unwrap().last() else { break };
            path =
                format!("{base}&page_token={}", last["id"].as_str().unwrap().replace(':', "%3A"));
            pages.push(page.as_array().unwrap().clone());
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
        let cums: Vec<Value> = pages.concat().iter().map(|fill| fill["cum_qty"].clone()).collect();
        let mut expected = ["1", "2", "3", "4", "5", "6", "7"];
        if direction == "desc" {
            expected.reverse();
        }
        assert_eq!(cums, expected);
    }
    let count = |http: &mut crate::client::Http, query: &str| {
        http.get(&format!("/v2/account/activities{query}")).as_array().unwrap().len()
    };
    assert_eq!(count(&mut http, "?date=2020-12-15"), 7);
    assert_eq!(count(&mut http, "?date=2020-12-14"), 0);
    assert_eq!(count(&mut http, "?after=2020-12-15T14:30:00Z"), 7);
    assert_eq!(count(&mut http, "?until=2020-12-15T14:30:00Z"), 0);
    assert_eq!(count(&mut http, "?activity_types=FILL,DIV"), 7);
    assert_eq!(count(&mut http, "?activity_types=DIV"), 0);
    assert_eq!(count(&mut http, "?category=non_trade_activity"), 0);
    assert_eq!(count(&mut http, "/FILL?page_size=5"), 5);
    assert_eq!(count(&mut http, "/DIV"), 0);
}

#[test]
fn the_account_has_strings_for_money_and_no_keys_of_the_retired_rule() {
    let stage = Stage::steady();
    let account = stage.http().get("/v2/account");
    assert_eq!(account["id"], json!(stage.endpoints().account));
    for (key, value) in [
        ("cash", "100000"),
        ("equity", "100000"),
        ("last_equity", "100000"),
        ("buying_power", "200000"),
        ("multiplier", "2"),
        ("status", "ACTIVE"),
        ("currency", "USD"),
    ] {
        assert_eq!(account[key], value, "{key}");
    }
    assert!(account.get("pattern_day_trader").is_none());
    let mut legacy = config(recording(steady(6_000, 100, 1)));
    legacy.pdt_keys = true;
    let account = Stage::start(legacy).http().get("/v2/account");
    assert_eq!(account["daytrade_count"], 0);
}

#[test]
fn assets_are_those_of_the_recording() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let spy = http.get("/v2/assets/SPY");
    assert_eq!((&spy["class"], &spy["exchange"]), (&json!("us_equity"), &json!("ARCA")));
    assert_eq!(http.get(&format!("/v2/assets/{}", spy["id"].as_str().unwrap())), spy);
    assert_eq!(http.get("/v2/assets?status=active&asset_class=us_equity"), json!([spy]));
    assert_eq!(http.get("/v2/assets?asset_class=crypto"), json!([]));
    assert_eq!(http.ask("GET", "/v2/assets/QQQ", "").status, 404);
}

#[test]
fn unknown_paths_and_wrong_methods_are_told_apart() {
    let stage = Stage::steady();
    let mut http = stage.http();
    for path in ["/v2", "/v2/nothing", "/v3/clocks", "/v2/orders/x/y", "//v2/orders"] {
        let reply = http.ask("GET", path, "");
        assert_eq!(
            (reply.status, reply.json()["code"].clone()),
            (404, json!(40_410_000)),
            "{path}"
        );
    }
    for (method, path) in [("PUT", "/v2/orders"), ("POST", "/v2/clock"), ("BREW", "/v2/account")] {
        assert_eq!(http.ask(method, path, "").status, 405, "{method} {path}");
    }
}

#[test]
fn every_reply_has_a_request_id_and_its_media_type() {
    let stage = Stage::steady();
    let reply = stage.http().ask("GET", "/v2/clock", "");
    assert!(reply.head.contains("Content-Type: application/json; charset=UTF-8\r\n"));
    assert!(reply.head.contains("X-Request-ID: "));
}

#[test]
fn the_ready_line_is_one_json_object() {
    let stage = Stage::steady();
    let ready: Value = serde_json::from_str(&stage.endpoints().to_string()).unwrap();
    let keys: Vec<&String> = ready.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["rest", "data", "stream", "key", "secret", "account", "ca", "accounts"]);
    assert_eq!(ready["stream"], format!("ws://127.0.0.1:{}", stage.port()));
    assert!(ready["key"].as_str().unwrap().starts_with("PK"));
}
