//! The trading API: account, orders, positions, activities and what they refer to.

use super::kinds::{
    ACCOUNT, ACTIONS, ACTIVITY, ASSET, CANCELED, CLOCK, CONFIGURATIONS, ERROR, HISTORY, ORDER,
    POSITION,
};
use super::sample;
use super::table::Table;
use crate::client::{Http, Socket};
use crate::orders::{limit, market};
use crate::scenario_affairs::{holding, wait_until};
use crate::stage::{Stage, config, recording, steady};

pub(super) fn compare(table: &mut Table) {
    let mut legacy = config(recording(steady(6_000, 100, 1_000)));
    // The samples of accounts are older than the end of the pattern-day-trader rule.
    legacy.pdt_keys = true;
    let stage = Stage::start(legacy);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    account(table, &mut http);
    reference(table, &mut http);
    orders(table, &mut http, &mut updates);
    held(table, &mut http);
    changes(table, &mut http, &mut updates);
    affairs(table);
}

fn account(table: &mut Table, http: &mut Http) {
    let account = http.get("/v2/account");
    table.compare("rest/account.json", &ACCOUNT, &[], &account);
    table.compare("rest/account_spec.json", &ACCOUNT, &[], &account);
    let configurations = http.get("/v2/account/configurations");
    table.compare("rest/account_configurations.json", &CONFIGURATIONS, &[], &configurations);
    let history = http.get("/v2/account/portfolio/history?timeframe=1D&cashflow_types=ALL");
    table.compare("rest/portfolio_history_cashflows_spec.json", &HISTORY, &["cashflow"], &history);
}

fn reference(table: &mut Table, http: &mut Http) {
    table.compare("rest/clock_spec.json", &CLOCK, &[], &http.get("/v2/clock"));
    let asset = http.get("/v2/assets/SPY");
    table.compare("rest/asset_single.json", &ASSET, &[], &asset);
    table.compare("rest/asset_go.json", &ASSET, &[], &asset);
    table.compare("rest/assets_list.json", &ASSET, &[], &http.get("/v2/assets"));
    let announced =
        "/v2/corporate_actions/announcements?ca_types=Dividend&since=2020-12-01&until=2020-12-31";
    table.compare("rest/ca_announcements_legacy.json", &ACTIONS, &[], &http.get(announced));
}

fn orders(table: &mut Table, http: &mut Http, updates: &mut Socket) {
    let order = http.post(&market("buy", "2")).json();
    table.compare("rest/order_market.json", &ORDER, &[], &order);
    table.compare("rest/order_position_intent_a.json", &ORDER, &[], &order);
    until(updates, "fill");
    let mut request = sample("rest/order_request_equity_spec.json");
    request["symbol"] = "SPY".into();
    let reply = http.post(&request);
    assert_eq!(reply.status, 200, "{}", reply.message());
    table.told("rest/order_request_equity_spec.json", "sent as it is, of SPY: 200");
    let resting = reply.json();
    table.compare("rest/order_limit.json", &ORDER, &[], &resting);
    table.compare("rest/order_equity_accepted_spec.json", &ORDER, &[], &resting);
    table.compare("rest/orders_list.json", &ORDER, &[], &http.get("/v2/orders"));
    until(updates, "new");
}

fn held(table: &mut Table, http: &mut Http) {
    let fills = http.get("/v2/account/activities");
    table.compare("rest/activity_fill_spec.json", &ACTIVITY, &[], &fills[0]);
    table.compare("rest/position_spec.json", &POSITION, &[], &http.get("/v2/positions/SPY"));
    table.compare("rest/positions_list.json", &POSITION, &[], &http.get("/v2/positions"));
    let refused = http.post(&limit("sell", "3", "400"));
    assert_eq!(refused.status, 403, "it is more than there is: {}", refused.message());
}

fn changes(table: &mut Table, http: &mut Http, updates: &mut Socket) {
    let open = http.get("/v2/orders")[0]["id"].as_str().unwrap().to_owned();
    let patch = sample("rest/order_patch_equity_spec.json");
    let reply = http.ask("PATCH", &format!("/v2/orders/{open}"), &patch.to_string());
    assert_eq!(reply.status, 200, "{}", reply.message());
    table.told("rest/order_patch_equity_spec.json", "sent as it is: 200");
    table.compare("rest/order_replace_response.json", &ORDER, &[], &reply.json());
    until(updates, "new");
    let all = http.delete("/v2/orders").json();
    table.compare("rest/orders_cancel_all_207.json", &CANCELED, &[], &all);
    let closing = http.delete("/v2/positions/SPY?qty=1").json();
    table.compare("rest/position_close_qty_order.json", &ORDER, &[], &closing);
    let refused = http.delete("/v2/positions/SPY?qty=5");
    table.compare("rest/error_body_extra_field.json", &ERROR, &[], &refused.json());
}

/// What comes to an account without an order, as a scenario has it.
fn affairs(table: &mut Table) {
    let stage = holding(
        "[[event]]\nkind = \"activity\"\ntype = \"DIV\"\nsub_type = \"SDIV\"\nsymbol = \"SPY\"\n\
         per_share_amount = 0.51\nafter_orders = 2\n",
    );
    let mut http = stage.http();
    http.post(&limit("buy", "1", "300"));
    let path = "/v2/account/activities/DIV";
    wait_until(&mut http, path, |all| !all[0].is_null());
    let dividend = &http.get(path)[0];
    table.compare("rest/activity_nontrade_spec.json", &ACTIVITY, &[], dividend);
}

/// Reads on to an event.
fn until(updates: &mut Socket, event: &str) {
    while updates.next()["data"]["event"] != event {}
}
