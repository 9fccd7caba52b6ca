//! What is refused, with Alpaca's status, code and words.

use crate::orders::{limit, market};
use crate::stage::Stage;
use serde_json::{Value, json};

fn with(mut order: Value, key: &str, value: Value) -> Value {
    order[key] = value;
    order
}

#[test]
fn each_illegal_order_gets_alpacas_status_code_and_words() {
    let stage = Stage::steady();
    let mut http = stage.http();
    assert_eq!(
        http.post(&with(limit("buy", "1", "300"), "client_order_id", "taken".into())).status,
        200
    );
    let ok = limit("buy", "1", "300");
    let table = [
        (json!([]), 422, 40_010_001, "request body format is invalid"),
        (with(ok.clone(), "qty", Value::Null), 422, 40_010_001, "qty or notional is required"),
        (with(ok.clone(), "qty", "-1".into()), 422, 40_010_001, "qty must be > 0"),
        (
            with(ok.clone(), "notional", "5".into()),
            422,
            40_010_001,
            "only one of qty or notional is accepted",
        ),
        (
            with(ok.clone(), "limit_price", Value::Null),
            422,
            40_010_001,
            "limit orders require a limit price",
        ),
        (with(ok.clone(), "type", "stopped".into()), 422, 40_010_001, "invalid order type"),
        (with(ok.clone(), "time_in_force", "gtd".into()), 422, 40_010_001, "invalid time_in_force"),
        (
            with(ok.clone(), "client_order_id", "taken".into()),
            422,
            40_010_001,
            "client_order_id must be unique",
        ),
        (with(ok.clone(), "symbol", "NOPE".into()), 422, 42_210_000, "asset \"NOPE\" not found"),
        (
            with(with(ok.clone(), "qty", "0.5".into()), "time_in_force", "gtc".into()),
            422,
            42_210_000,
            "fractional orders must be DAY orders",
        ),
        (
            with(ok.clone(), "limit_price", "290.123".into()),
            422,
            42_210_000,
            "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (
            with(market("buy", "1"), "extended_hours", true.into()),
            422,
            42_210_000,
            "extended hours order must be DAY or GTC limit orders",
        ),
        (
            with(ok.clone(), "position_intent", "buy_to_close".into()),
            422,
            42_210_000,
            "position intent mismatch, inferred: buy_to_open, specified: buy_to_close",
        ),
    ];
    for (order, status, code, message) in table {
        let reply = http.post(&order);
        let got = (reply.status, reply.json()["code"].clone(), reply.message());
        assert_eq!(got, (status, json!(code), message.to_owned()), "{order}");
    }
    assert_eq!(http.get("/v2/orders?status=all").as_array().unwrap().len(), 1, "nothing got in");
}

#[test]
fn buying_power_is_checked_and_reserved_by_open_orders() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let reply = http.post(&limit("buy", "1000", "300"));
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json(),
        json!({"buying_power": "200000", "code": 40_310_000, "cost_basis": "300000",
            "message": "insufficient buying power"})
    );
    assert_eq!(http.post(&limit("buy", "500", "300")).status, 200);
    assert_eq!(http.get("/v2/account")["buying_power"], "50000");
    let reply = http.post(&limit("buy", "200", "300"));
    assert_eq!(reply.json()["buying_power"], "50000");
    let market_order = http.post(&market("buy", "137"));
    assert_eq!(market_order.json()["cost_basis"], "50336.54", "a market order costs the ask");
}

#[test]
fn shares_held_by_open_orders_cannot_be_sold_again() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    http.post(&market("buy", "10"));
    (0..3).for_each(|_| drop(updates.next()));
    let first = http.post(&limit("sell", "7", "400")).json();
    assert_eq!(http.get("/v2/positions/SPY")["qty_available"], "3");
    let reply = http.post(&limit("sell", "4", "401"));
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json(),
        json!({"available": "3", "code": 40_310_000, "existing_qty": "10", "held_for_orders": "7",
            "message": "insufficient qty available for order (requested: 4, available: 3)",
            "related_orders": [first["id"]], "symbol": "SPY"})
    );
    assert_eq!(http.post(&limit("sell", "3", "401")).status, 200);
}

#[test]
fn an_order_that_could_meet_ones_own_is_a_wash_trade() {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    http.post(&market("buy", "10"));
    (0..3).for_each(|_| drop(updates.next()));
    let sell = http.post(&limit("sell", "1", "370")).json();
    for order in [market("buy", "1"), limit("buy", "1", "370")] {
        let reply = http.post(&order);
        assert_eq!(reply.status, 403);
        assert_eq!(
            reply.json(),
            json!({"code": 40_310_000, "existing_order_id": sell["id"],
                "message": "potential wash trade detected. use complex orders",
                "reject_reason": "opposite side limit order exists"})
        );
    }
    assert_eq!(http.post(&limit("buy", "1", "369.99")).status, 200);
}

#[test]
fn opening_orders_of_both_directions_do_not_stand_together() {
    let stage = Stage::steady();
    let mut http = stage.http();
    assert_eq!(http.post(&limit("buy", "1", "300")).status, 200);
    let reply = http.post(&limit("sell", "1", "400"));
    assert_eq!(reply.status, 403);
    assert_eq!(reply.message(), "cannot open a short sell while a long buy order is open");
}

#[test]
fn callers_without_keys_meet_the_front_door_and_wrong_keys_the_api() {
    let stage = Stage::steady();
    let (key, secret) = (stage.endpoints().key.clone(), stage.endpoints().secret.clone());
    let routes = [
        "/v2/account",
        "/v2/orders",
        "/v2/positions",
        "/v2/clock",
        "/v2/calendar",
        "/v2/assets/SPY",
        "/v2/account/activities",
        "/v2/nonsense",
    ];
    let (mut silent, mut wrong) = (stage.http_as(None), stage.http_as(Some((&key, "wrong"))));
    for route in routes {
        let reply = silent.ask("GET", route, "");
        assert_eq!(reply.status, 401, "{route}");
        assert!(
            reply.head.contains("Content-Type: text/html") && reply.body.starts_with(b"<html>")
        );
        let reply = wrong.ask("GET", route, "");
        assert_eq!((reply.status, reply.json()["code"].clone()), (401, json!(40_110_000)));
        assert!(!String::from_utf8(reply.body).unwrap().contains(&secret));
    }
    let order = limit("buy", "1", "300").to_string();
    assert_eq!(wrong.ask("POST", "/v2/orders", &order).status, 401);
    assert_eq!(stage.http().get("/v2/orders?status=all"), json!([]));
}
