//! Scenarios: what happens to accounts and assets, as the trading API tells it.

use crate::client::Http;
use crate::orders::limit;
use crate::scenario::{Listener, market, of, update};
use crate::stage::Stage;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An account that holds ten shares, before something happens after its second order.
pub(crate) fn holding(events: &str) -> Stage {
    let stage = of(events);
    let mut updates = stage.updates();
    let order = stage.http().post(&json!({"symbol": "SPY", "qty": "10", "side": "buy",
        "type": "market", "time_in_force": "day"}));
    update(&mut updates, &order.json(), "fill");
    stage
}

/// Asks until the answer is as it should become.
pub(crate) fn wait_until(http: &mut Http, path: &str, is: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut answer = http.get(path);
    while !is(&answer) {
        assert!(Instant::now() < deadline, "{path} stays {answer}");
        answer = http.get(path);
    }
}

fn cash(account: &Value) -> f64 {
    account["cash"].as_str().unwrap().parse().unwrap()
}

#[test]
fn money_that_comes_and_goes_is_in_cash_and_in_the_activities() {
    let stage = holding(
        "[[event]]\nkind = \"activity\"\ntype = \"DIV\"\nsub_type = \"CDIV\"\nsymbol = \"SPY\"\n\
         per_share_amount = 1.58\nafter_orders = 2\n[[event]]\nkind = \"activity\"\ntype = \"FEE\"\n\
         sub_type = \"REG\"\nnet_amount = -0.07\ndescription = \"TAF\"\nafter_orders = 2\n",
    );
    let mut http = stage.http();
    let before = cash(&http.get("/v2/account"));
    http.post(&limit("buy", "1", "300"));
    wait_until(&mut http, "/v2/account/activities?category=non_trade_activity", |all| {
        all.as_array().unwrap().len() == 2
    });
    let after = cash(&http.get("/v2/account"));
    assert!((after - before - 15.73).abs() < 1e-6, "{before} {after}");
    let all = http.get("/v2/account/activities");
    let kinds: Vec<&Value> =
        all.as_array().unwrap().iter().map(|item| &item["activity_type"]).collect();
    assert_eq!(kinds, ["FEE", "DIV", "FILL"], "newest first");
    let [fee, dividend] = [&all[0], &all[1]];
    assert_eq!(
        *dividend,
        json!({"id": dividend["id"], "activity_type": "DIV", "activity_sub_type": "CDIV",
            "date": "2020-12-15", "created_at": dividend["created_at"], "net_amount": "15.8",
            "currency": "USD", "symbol": "SPY", "cusip": null, "qty": "10", "price": null,
            "per_share_amount": "1.58", "description": null, "group_id": null,
            "status": "executed"})
    );
    assert!(dividend["id"].as_str().unwrap().starts_with("20201215000000000::"));
    assert_eq!((&fee["net_amount"], &fee["description"]), (&json!("-0.07"), &json!("TAF")));
    // By type, by page, and the other way round.
    assert_eq!(http.get("/v2/account/activities/DIV").as_array().unwrap().len(), 1);
    assert_eq!(http.get("/v2/account/activities?activity_types=FILL,FEE")[0]["id"], fee["id"]);
    let first = http.get("/v2/account/activities?page_size=1&direction=asc");
    assert_eq!(first[0]["activity_type"], "FILL");
    let token = first[0]["id"].as_str().unwrap();
    let second = http.get(&format!("/v2/account/activities?direction=asc&page_token={token}"));
    assert_eq!((&second[0]["id"], &second[1]["id"]), (&dividend["id"], &fee["id"]));
}

#[test]
fn a_split_ends_orders_and_changes_positions() {
    let stage = holding(
        "[[event]]\nkind = \"split\"\nsymbol = \"SPY\"\nnew = 3\nold = 2\nafter_orders = 2\n",
    );
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let before = http.get("/v2/positions/SPY");
    let resting = http.post(&limit("sell", "4", "400")).json();
    update(&mut updates, &resting, "canceled");
    let after = http.get("/v2/positions/SPY");
    assert_eq!((&after["qty"], &after["qty_available"]), (&json!("15"), &json!("15")));
    assert_eq!(after["cost_basis"], before["cost_basis"]);
    let split = http.get("/v2/account/activities/SPLIT");
    assert_eq!(
        [&split[0]["activity_sub_type"], &split[0]["qty"], &split[0]["description"]],
        ["FSPLIT", "5", "SPY 3 for 2"]
    );
}

#[test]
fn an_assets_standing_is_shown_and_acted_on() {
    let stage = holding(
        "[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\nafter_orders = 2\nshortable = false\n\
         fractionable = false\nmargin_long = 75\n[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\n\
         after_orders = 3\ntradable = false\n[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\n\
         after_orders = 3\nwait = \"2s\"\nactive = false\n",
    );
    let mut http = stage.http();
    http.post(&limit("buy", "1", "300"));
    wait_until(&mut http, "/v2/assets/SPY", |asset| asset["shortable"] == false);
    let asset = http.get("/v2/assets/SPY");
    assert_eq!(
        [&asset["borrow_status"], &asset["fractionable"], &asset["margin_requirement_long"]],
        [&json!("hard_to_borrow"), &json!(false), &json!("75")]
    );
    let account = http.get("/v2/account");
    let number = |key: &str| account[key].as_str().unwrap().parse::<f64>().unwrap();
    let share = number("maintenance_margin") / number("long_market_value");
    assert!((share - 0.75).abs() < 1e-9, "{share}");
    assert!((number("initial_margin") - number("maintenance_margin")).abs() < 1e-9);
    let half = json!({"symbol": "SPY", "qty": "0.5", "side": "buy", "type": "market", "time_in_force": "day"});
    let reply = http.post(&half);
    assert_eq!((reply.status, reply.message()), (422, "asset \"SPY\" is not fractionable".into()));
    http.post(&limit("sell", "1", "400"));
    wait_until(&mut http, "/v2/assets/SPY", |asset| asset["tradable"] == false);
    let reply = http.post(&market("buy", "day"));
    assert_eq!((reply.status, reply.message()), (403, "asset SPY is not tradable".into()));
    wait_until(&mut http, "/v2/assets/SPY", |asset| asset["status"] == "inactive");
    assert_eq!(http.post(&market("buy", "day")).message(), "asset SPY is not active");
}

#[test]
fn what_cannot_be_borrowed_is_not_sold_short() {
    let stage = of("[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\nshortable = false\n");
    let mut http = stage.http();
    wait_until(&mut http, "/v2/assets/SPY", |asset| asset["shortable"] == false);
    let reply = http.post(&market("sell", "day"));
    assert_eq!((reply.status, reply.message()), (403, "asset SPY cannot be sold short".into()));
}

#[test]
fn positions_know_the_last_days_price_where_the_data_has_one() {
    use st0ck_emulator::EmulatorConfig;
    use st0ck_recorded::{Dataset, Recording, Source, Survey};
    let source = Source::Embedded(Dataset::Spy);
    let survey =
        Survey::of(&source, st0ck_types::Symbol::new("SPY"), Dataset::Spy.hours()).unwrap();
    let last = *survey.dates().last().unwrap();
    let recording = Recording::of_survey(&survey, Some(last), 1).unwrap();
    let stage =
        Stage::start(EmulatorConfig { history: Some(survey), ..crate::stage::config(recording) });
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let order = http.post(&market("buy", "day")).json();
    let _market = Listener::to(&stage, &["statuses"]);
    update(&mut updates, &order, "fill");
    let position = http.get("/v2/positions/SPY");
    let snapshot = http.get("/v2/stocks/SPY/snapshot");
    let number = |text: &Value| text.as_str().unwrap().parse::<f64>().unwrap();
    let (now, then) = (number(&position["current_price"]), number(&position["lastday_price"]));
    assert_eq!(json!(then), snapshot["prevDailyBar"]["c"]);
    assert!((number(&position["change_today"]) - (now - then) / then).abs() < 1e-9, "{position}");
}
