//! How operations hang together: what one replies is what another asks for. Tools that follow links
//! reach orders and lists that exist. Listings have no links: an empty one would lead nowhere.

use super::super::route::{Method, Route};
use serde_json::{Map, Value, json};

/// The name of a row's operation: its method and its path, in words.
pub(super) fn id(route: &Route) -> String {
    named(route.method, route.path)
}

fn named(method: Method, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words.filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    format!("{}_{}", method.as_str().to_lowercase(), words.join("_"))
}

/// Where a value of a reply is asked for: the path and parameter, and the methods of the path.
struct Way {
    path: &'static str,
    parameter: &'static str,
    methods: &'static [Method],
    /// Where the value stands in the reply.
    value: &'static str,
}

const fn way(
    path: &'static str,
    parameter: &'static str,
    methods: &'static [Method],
    value: &'static str,
) -> Way {
    Way { path, parameter, methods, value }
}

const ORDER: &str = "/v2/orders/{order_id}";
const LIST: &str = "/v2/watchlists/{watchlist_id}";
const ID: &str = "$response.body#/id";

/// Ways from an order that was placed or replaced.
const FROM_ORDER: &[Way] = &[
    way(ORDER, "order_id", &[Method::Get, Method::Patch, Method::Delete], ID),
    way(
        "/v2/orders:by_client_order_id",
        "client_order_id",
        &[Method::Get],
        "$response.body#/client_order_id",
    ),
    way("/v2/orders", "after_order_id", &[Method::Get], ID),
    way(
        "/v2/positions/{symbol_or_asset_id}",
        "symbol_or_asset_id",
        &[Method::Get, Method::Delete],
        "$response.body#/symbol",
    ),
];
/// Ways from a watchlist.
const FROM_LIST: &[Way] = &[
    way(LIST, "watchlist_id", &[Method::Get, Method::Put, Method::Post, Method::Delete], ID),
    way(
        "/v2/watchlists:by_name",
        "name",
        &[Method::Get, Method::Put, Method::Post, Method::Delete],
        "$response.body#/name",
    ),
    way("/v2/watchlists/{watchlist_id}/{symbol}", "watchlist_id", &[Method::Delete], ID),
];
/// The links of a row's replies, by status.
pub(super) fn of(route: &Route) -> Option<(&'static str, Value)> {
    let ways = match (route.method, route.path) {
        (Method::Post, "/v2/orders") | (Method::Patch, ORDER) => FROM_ORDER,
        (Method::Post, "/v2/watchlists") | (Method::Put, LIST) => FROM_LIST,
        _ => return None,
    };
    let links = ways.iter().flat_map(|way| {
        way.methods.iter().map(|method| {
            let target = named(*method, way.path);
            let link = json!({"operationId": target, "parameters": {way.parameter: way.value}});
            (target, link)
        })
    });
    Some(("200", Value::Object(links.collect::<Map<_, _>>())))
}

/// Bodies to try, by the name of their schema.
pub(super) fn examples(schema: &str) -> Option<Value> {
    let all = match schema {
        "OrderRequest" => json!({
            "market": {"value": {"symbol": "SPY", "qty": "2", "side": "buy", "type": "market",
                "time_in_force": "day"}},
            "limit": {"value": {"symbol": "SPY", "qty": "1", "side": "buy", "type": "limit",
                "limit_price": "1.25", "time_in_force": "gtc"}},
            "dollars": {"value": {"symbol": "SPY", "notional": "50.25", "side": "buy",
                "type": "market", "time_in_force": "day"}},
            "trailing stop": {"value": {"symbol": "SPY", "qty": "1", "side": "buy",
                "type": "trailing_stop", "trail_percent": "5", "time_in_force": "day"}},
        }),
        "OrderPatch" => json!({"price": {"value": {"limit_price": "1.26", "qty": "2"}}}),
        "ConfigurationsPatch" => json!({"margin": {"value": {"max_margin_multiplier": "4"}}}),
        "WatchlistRequest" => json!({"list": {"value": {"name": "mine", "symbols": ["SPY"]}}}),
        "WatchlistEntry" => json!({"asset": {"value": {"symbol": "SPY"}}}),
        _ => return None,
    };
    Some(all)
}
