//! States of an account, and the refusals that are met in them.

use super::{BUSINESS, FORBIDDEN, NOT_FOUND, PARAMETER, Row, but, order, row};
use crate::client::Http;
use crate::data_rest::spy;
use crate::orders::{limit, market};
use crate::scenario::of;
use crate::stage::{Stage, config, recording, steady};
use crate::types::{hold, told};
use serde_json::{Value, json};
use st0ck_emulator::{DataPlan, EmulatorConfig, FaultPlan};

/// Holds every row, and gives back their words.
fn hold_all(http: &mut Http, rows: Vec<Row>) -> Vec<&'static str> {
    rows.into_iter()
        .map(|row| {
            row.hold(http);
            row.words
        })
        .collect()
}

/// Bodies that are no orders at all, on an account that has done nothing but take one id.
pub(super) fn fields() -> Vec<&'static str> {
    let stage = Stage::steady();
    let mut http = stage.http();
    let taken = http.post(&but(json!({"client_order_id": "taken"})));
    assert_eq!(taken.status, 200);
    let p = |words, changes| order(words, PARAMETER, but(changes));
    let bracket = json!({"order_class": "bracket", "type": "stop", "limit_price": null,
        "stop_price": "400", "take_profit": {"limit_price": "500"},
        "stop_loss": {"stop_price": "300"}});
    let trail = json!({"type": "trailing_stop", "limit_price": null, "trail_percent": "0.05"});
    let rows = vec![
        p("qty must be > 0", json!({"qty": "0"})),
        p("qty or notional is required", json!({"qty": null})),
        p("only one of qty or notional is accepted", json!({"notional": "5"})),
        p("limit price must be > 0", json!({"limit_price": "-1"})),
        p("limit orders require a limit price", json!({"limit_price": null})),
        p("stop orders require a stop price", json!({"type": "stop", "limit_price": null})),
        p("stop limit orders require both stop and limit price", json!({"type": "stop_limit"})),
        p("market orders require no stop or limit price", json!({"type": "market"})),
        p(
            "trailing stop orders must specify one of trail_price or trail_percent",
            json!({"type": "trailing_stop", "limit_price": null}),
        ),
        p("trail_percent must be greater than or equal to 0.1", trail),
        p("invalid time_in_force", json!({"time_in_force": "gtd"})),
        p("invalid order type", json!({"type": "stopped"})),
        p("bracket orders must be market or limit orders", bracket),
        p("client_order_id must be unique", json!({"client_order_id": "taken"})),
        p(
            "client_order_id must be no more than 128 characters",
            json!({"client_order_id": "x".repeat(129)}),
        ),
        order("request body format is invalid", PARAMETER, json!([1])),
        row("order_id is missing", PARAMETER, ("DELETE", "/v2/orders/", Value::Null)),
    ];
    hold_all(&mut http, rows)
}

/// Orders that make no sense.
pub(super) fn sense() -> Vec<&'static str> {
    let stage = Stage::steady();
    let mut http = stage.http();
    let b = |words, changes| order(words, BUSINESS, but(changes));
    let dollars = |more: Value| {
        let mut body = json!({"qty": null, "type": "market", "limit_price": null});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let exits = |gain: &str, loss: &str| {
        json!({"order_class": "bracket", "limit_price": "367",
            "take_profit": {"limit_price": gain}, "stop_loss": {"stop_price": loss}})
    };
    let penny = "sub-penny increment does not fulfill minimum pricing criteria";
    let rows = vec![
        b("asset \"XXX\" not found", json!({"symbol": "XXX"})),
        b("sub-penny, limit", json!({"limit_price": "290.123"}))
            .told(&format!("invalid limit_price 290.123. {penny}")),
        b("sub-penny, stop", json!({"type": "stop", "limit_price": null, "stop_price": "490.123"}))
            .told(&format!("invalid stop_price 490.123. {penny}")),
        b("fractional orders must be DAY orders", json!({"qty": "0.5", "time_in_force": "gtc"})),
        b("fractional orders must be simple orders", {
            let mut body = exits("400", "300");
            body["qty"] = "0.5".into();
            body
        }),
        b("fractional orders cannot be sold short", json!({"qty": "0.5", "side": "sell"})),
        b("notional must be >= 1.00", dollars(json!({"notional": "0.99"}))),
        b(
            "extended hours order must be DAY or GTC limit orders",
            json!({"type": "market", "limit_price": null, "extended_hours": true}),
        ),
        b(
            "stop orders are not eligible for extended hours trading",
            json!({"type": "stop", "limit_price": null, "stop_price": "400",
                "extended_hours": true}),
        ),
        b("stop_loss.stop_price must be <= base_price - 0.01", exits("400", "367"))
            .with(json!({"base_price": "367"})),
        b("take_profit.limit_price must be >= base_price + 0.01", exits("367", "300"))
            .with(json!({"base_price": "367"})),
        b("stop price must not be greater than base price / 1.001", {
            json!({"side": "sell", "type": "stop", "limit_price": null, "stop_price": "400"})
        })
        .with(json!({"base_price": null})),
        b("position intent mismatch, inferred: X, specified: Y", {
            json!({"position_intent": "buy_to_close"})
        })
        .told("position intent mismatch, inferred: buy_to_open, specified: buy_to_close"),
        b("advanced instructions only support DAY time_in_force", {
            json!({"time_in_force": "gtc", "advanced_instructions": {"algorithm": "TWAP"}})
        }),
        order("opg orders must be submitted after 7:00pm and before 9:28am", FORBIDDEN, {
            but(json!({"time_in_force": "opg"}))
        }),
        order("insufficient buying power", FORBIDDEN, but(json!({"qty": "1000"})))
            .with(json!({"buying_power": "200000", "cost_basis": "300000"})),
    ];
    hold_all(&mut http, rows)
}

/// Things that are not there.
pub(super) fn absent() -> Vec<&'static str> {
    let stage = Stage::steady();
    let nobody = "00000000-0000-4000-8000-000000000000";
    let n = |words, path: &str| row(words, NOT_FOUND, ("GET", path, Value::Null));
    let rows = vec![
        n("order not found for {id}", &format!("/v2/orders/{nobody}"))
            .told(&format!("order not found for {nobody}")),
        n("position does not exist", "/v2/positions/SPY"),
        n("symbol not found: X", "/v2/positions/X"),
        n("option contract X not found", "/v2/options/contracts/X"),
    ];
    hold_all(&mut stage.http(), rows)
}

/// An account that holds shares and sells some of them.
pub(super) fn holder() -> Vec<&'static str> {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    let bracket = json!({"order_class": "bracket", "take_profit": {"limit_price": "400"},
        "stop_loss": {"stop_price": "290"}});
    let entry = order("bracket orders must be entry orders", BUSINESS, but(bracket));
    entry.hold(&mut http);
    let open = http.post(&limit("sell", "7", "400")).json();
    told(&mut updates, 2);
    let dollars = json!({"symbol": "SPY", "notional": "50", "side": "buy", "type": "limit",
        "limit_price": "300", "time_in_force": "day"});
    let wash = "potential wash trade detected. use complex orders";
    let rows = vec![
        order("insufficient qty available for order (…)", FORBIDDEN, limit("sell", "4", "401"))
            .told("insufficient qty available for order (requested: 4, available: 3)")
            .with(json!({"available": "3", "existing_qty": "10", "held_for_orders": "7",
                "symbol": "SPY", "related_orders": [open["id"]]})),
        order(wash, FORBIDDEN, market("buy", "1")).with(json!({"existing_order_id": open["id"],
            "reject_reason": "opposite side limit order exists"})),
        order(
            "unable to open new notional orders while having open closing position orders",
            FORBIDDEN,
            dollars,
        ),
    ];
    let mut words = hold_all(&mut http, rows);
    words.push(entry.words);
    words
}

/// An order of one's own that is no limit order stands on the other side.
pub(super) fn washers() -> Vec<&'static str> {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "10");
    let stop = json!({"symbol": "SPY", "qty": "1", "side": "sell", "type": "stop",
        "stop_price": "360", "time_in_force": "day"});
    let open = http.post(&stop).json();
    told(&mut updates, 2);
    let wash = order("opposite side market/stop order exists", FORBIDDEN, limit("buy", "1", "300"))
        .told("potential wash trade detected. use complex orders")
        .with(json!({"existing_order_id": open["id"],
            "reject_reason": "opposite side market/stop order exists"}));
    hold_all(&mut http, vec![wash])
}

/// Orders that would open a position while others would open the opposite one.
pub(super) fn openers() -> Vec<&'static str> {
    let mut words = Vec::new();
    for (open, other, said) in [
        (
            limit("buy", "1", "300"),
            limit("sell", "1", "400"),
            "cannot open a short sell while a long buy order is open",
        ),
        (
            limit("sell", "1", "400"),
            limit("buy", "1", "300"),
            "cannot open a long buy while a short sell order is open",
        ),
    ] {
        let stage = Stage::steady();
        let mut http = stage.http();
        assert_eq!(http.post(&open).status, 200);
        words.extend(hold_all(&mut http, vec![order(said, FORBIDDEN, other)]));
    }
    words
}

/// Settings of the account that refuse orders.
pub(super) fn settings() -> Vec<&'static str> {
    let mut words = Vec::new();
    for (setting, body, said) in [
        ("no_shorting", market("sell", "1"), "account is not allowed to short"),
        ("suspend_trade", market("buy", "1"), "account not authorized to trade"),
        (
            "fractional_trading",
            market("buy", "0.5"),
            "fractional trading is disabled for this account",
        ),
    ] {
        let stage = Stage::steady();
        let mut http = stage.http();
        let set = json!({setting: setting != "fractional_trading"});
        let reply = http.ask("PATCH", "/v2/account/configurations", &set.to_string());
        assert_eq!(reply.status, 200);
        words.extend(hold_all(&mut http, vec![order(said, FORBIDDEN, body)]));
    }
    // Dollars make fractions too.
    let stage = Stage::steady();
    let mut http = stage.http();
    http.ask("PATCH", "/v2/account/configurations", r#"{"fractional_trading":false}"#);
    let dollars = json!({"symbol": "SPY", "notional": "50", "side": "buy", "type": "market",
        "time_in_force": "day"});
    hold_all(
        &mut http,
        vec![order("fractional trading is disabled for this account", FORBIDDEN, dollars)],
    );
    assert_eq!(http.post(&market("buy", "1")).status, 200, "whole shares are none of it");
    words
}

/// Replacements and cancels that come too late or change nothing.
pub(super) fn replacements() -> Vec<&'static str> {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let filled = http.post(&market("buy", "2")).json()["id"].as_str().unwrap().to_owned();
    told(&mut updates, 3);
    let old = http.post(&limit("buy", "10", "300")).json()["id"].as_str().unwrap().to_owned();
    told(&mut updates, 2);
    let reply = http.ask("PATCH", &format!("/v2/orders/{old}"), r#"{"qty":4}"#);
    let new = reply.json()["id"].as_str().unwrap().to_owned();
    told(&mut updates, 3);
    let (filled, old, new) =
        (format!("/v2/orders/{filled}"), format!("/v2/orders/{old}"), format!("/v2/orders/{new}"));
    let patch = |words, path: &str, body| row(words, BUSINESS, ("PATCH", path, body));
    let rows = vec![
        patch("order parameters are not changed", &new, json!({})),
        patch("order already replaced", &old, json!({"qty": 5})),
        patch("unable to replace order, order is not open", &filled, json!({"qty": 5})),
        row("order is already in \"filled\" state", BUSINESS, ("DELETE", &filled, Value::Null)),
        row("order is already in \"replaced\" state", BUSINESS, ("DELETE", &old, Value::Null)),
    ];
    let mut words = hold_all(&mut http, rows);
    words.extend(on_their_way());
    words.extend(groups());
    words.extend(partly_filled());
    words
}

/// Replacements of orders that are being replaced.
fn on_their_way() -> Vec<&'static str> {
    let mut slow = config(recording(steady(6_000, 100, 1_000)));
    slow.venue.order_latency = st0ck_sim::Latency { fixed_ns: 60_000_000_000, jitter_ns: 0 };
    let stage = Stage::start(slow);
    let mut http = stage.http();
    let old = http.post(&limit("buy", "1", "300")).json()["id"].as_str().unwrap().to_owned();
    let old = format!("/v2/orders/{old}");
    let early = row(
        "cannot replace order in {status} status",
        BUSINESS,
        ("PATCH", &old, json!({"limit_price": "301"})),
    );
    hold_all(&mut http, vec![early.told("cannot replace order in pending_new status")])
}

/// Quantities of groups stand.
fn groups() -> Vec<&'static str> {
    let stage = Stage::steady();
    let (mut http, mut updates) = (stage.http(), stage.updates());
    hold(&mut http, &mut updates, "1");
    let oco = json!({"symbol": "SPY", "qty": "1", "side": "sell", "type": "limit",
        "time_in_force": "day", "order_class": "oco", "take_profit": {"limit_price": "400"},
        "stop_loss": {"stop_price": "300"}});
    let parent = http.post(&oco).json()["id"].as_str().unwrap().to_owned();
    told(&mut updates, 2);
    let said = "qty cannot be changed for advanced orders";
    let path = format!("/v2/orders/{parent}");
    hold_all(&mut http, vec![row(said, BUSINESS, ("PATCH", &path, json!({"qty": 2})))])
}

/// What has filled cannot be given back.
fn partly_filled() -> Vec<&'static str> {
    // Four shares are shown once; the price runs away from the rest.
    let rows = (0..6_000i64).map(|n| {
        let ask = if n < 20 { "367.42" } else { "367.60" };
        (n * 100, "367.40", ask, 4)
    });
    let stage = Stage::start(config(recording(rows)));
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let id = http.post(&limit("buy", "1000", "367.42"));
    assert_eq!(id.status, 403, "more than the account can buy");
    let id = http.post(&limit("buy", "500", "367.42")).json()["id"].as_str().unwrap().to_owned();
    while updates.next()["data"]["event"] != "partial_fill" {}
    let said = "qty must be > filled_qty";
    let path = format!("/v2/orders/{id}");
    hold_all(&mut http, vec![row(said, BUSINESS, ("PATCH", &path, json!({"qty": 1})))])
}

/// A replacement of a replacement that has not been answered.
pub(super) fn chains() -> Vec<&'static str> {
    let mut slow = config(recording(steady(6_000, 100, 1_000)));
    slow.venue.order_latency = st0ck_sim::Latency { fixed_ns: 2_000_000_000, jitter_ns: 0 };
    let stage = Stage::start(slow);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let old = http.post(&limit("buy", "1", "300")).json()["id"].as_str().unwrap().to_owned();
    told(&mut updates, 2);
    let reply = http.ask("PATCH", &format!("/v2/orders/{old}"), r#"{"qty":4}"#);
    let new = format!("/v2/orders/{}", reply.json()["id"].as_str().unwrap());
    let said = "order chain not fully replaced";
    hold_all(&mut http, vec![row(said, BUSINESS, ("PATCH", &new, json!({"qty": 5})))])
}

/// The last ten minutes of the day.
pub(super) fn late() -> Vec<&'static str> {
    // 15:51 in New York.
    let rows = (0..6_000i64).map(|n| (22_860_000 + n * 50, "367.40", "367.42", 1_000));
    let stage = Stage::start(config(recording(rows)));
    let cls = order(
        "cls orders must be submitted after 7:00pm and before 3:50pm",
        FORBIDDEN,
        but(json!({"time_in_force": "cls"})),
    );
    hold_all(&mut stage.http(), vec![cls])
}

/// The data API, whose bodies have no codes but one.
pub(super) fn data() -> Vec<&'static str> {
    let mut basic = spy();
    basic.plan = DataPlan::Basic;
    let stage = Stage::start(basic);
    let g = |words, status, path| row(words, status, ("GET", path, Value::Null));
    let rows = vec![
        g(
            "invalid limit: larger than the allowed maximum of 10000",
            (400, 0),
            "/v2/stocks/bars?symbols=SPY&timeframe=1Min&limit=10001",
        ),
        g("invalid symbol: ...", (400, 0), "/v2/stocks/bars?symbols=...!&timeframe=1Min")
            .told("invalid symbol: ...!"),
        g(
            "subscription does not permit querying recent SIP data",
            (403, 42_210_000),
            "/v2/stocks/quotes/latest?symbols=SPY&feed=sip",
        ),
    ];
    hold_all(&mut stage.http(), rows)
}

/// Strangers, and those who ask too often.
pub(super) fn doors() -> Vec<&'static str> {
    let stage = Stage::steady();
    let key = stage.endpoints().key.clone();
    let ask = ("GET", "/v2/account", Value::Null);
    let wrong = row("request is not authorized", (401, 40_110_000), ask.clone());
    wrong.hold(&mut stage.http_as(Some((&key, "wrong"))));
    let page = stage.http_as(None).ask("GET", "/v2/account", "");
    assert_eq!((page.status, page.body.starts_with(b"<html>")), (401, true));
    let mut few = config(recording(steady(6_000, 100, 1_000)));
    few.rate_limit = Some(1);
    let stage = Stage::start(few);
    let mut http = stage.http();
    // A minute of session time ends now and then, and its quota begins anew.
    let hasty = row("rate limit exceeded", (429, 42_910_000), ask);
    let reply = std::iter::from_fn(|| Some(http.ask("GET", "/v2/account", "")));
    hasty.judge(&reply.take(100).find(|reply| reply.status != 200).unwrap());
    vec![wrong.words, hasty.words]
}

/// Errors of the server, which are asked for by a file.
pub(super) fn server() -> Vec<&'static str> {
    let ask = ("GET", "/v2/account", Value::Null);
    let mut words = Vec::new();
    for (status, code, said) in [
        (500, 50_010_000, "internal server error"),
        (503, 50_310_000, "service unavailable"),
        (504, 50_410_000, "request timed out"),
    ] {
        let fault =
            format!("[[fault]]\nkind = \"server_error\"\non = \"reads\"\nstatus = {status}\n");
        let faults = FaultPlan::parse(&fault, "faults.toml").unwrap_or_else(|e| panic!("{e}"));
        let usual = config(recording(steady(600, 100, 1_000)));
        let stage = Stage::start(EmulatorConfig { faults, ..usual });
        words.extend(hold_all(&mut stage.http(), vec![row(said, (status, code), ask.clone())]));
    }
    words
}

/// Assets that a scenario has taken from the market.
pub(super) fn standing() -> Vec<&'static str> {
    let taken = |words, flag: &str, message| {
        let stage = of(&format!("[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\n{flag} = false\n"));
        let refused = order(words, FORBIDDEN, but(json!({}))).told(message);
        hold_all(&mut stage.http(), vec![refused])
    };
    let mut words = taken("asset X is not active", "active", "asset SPY is not active");
    words.extend(taken("not tradable", "tradable", "asset SPY is not tradable"));
    words
}
