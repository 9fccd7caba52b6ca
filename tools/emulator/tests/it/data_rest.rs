//! The data API: bars, quotes, prints and the rest, in pages, and never from the future.

use crate::stage::{Stage, config};
use serde_json::{Value, json};
use st0ck_emulator::{DataPlan, EmulatorConfig, Speed};
use st0ck_recorded::source::Dataset;
use st0ck_recorded::{Recording, Source, Survey};
use st0ck_types::Symbol;

/// The third of the embedded days, the days before it as history, ten minutes in.
pub(crate) fn spy() -> EmulatorConfig {
    let source = Source::Embedded(Dataset::Spy);
    let survey = Survey::of(&source, Symbol::new("SPY"), Dataset::Spy.hours()).unwrap();
    let date = survey.dates()[2];
    let recording = Recording::of_survey(&survey, Some(date), 7).unwrap();
    let mut config = config(recording);
    config.speed = Speed::Paced(2_000.0);
    config.history = Some(survey);
    config
}

/// Waits for the session to be over: then every answer stands still.
pub(crate) fn over(config: EmulatorConfig) -> Stage {
    let stage = Stage::start(config);
    let mut http = stage.http();
    while http.get("/v2/clock")["is_open"] == true {}
    stage
}

/// All points of a symbol, page by page.
fn paged(http: &mut crate::client::Http, path: &str, name: &str) -> Vec<Value> {
    let (mut points, mut token) = (Vec::new(), String::new());
    loop {
        let page = http.get(&format!("{path}{token}"));
        points.extend(page[name]["SPY"].as_array().cloned().unwrap_or_default());
        match page["next_page_token"].as_str() {
            Some(next) => token = format!("&page_token={}", next.replace('=', "%3D")),
            None => return points,
        }
    }
}

#[test]
fn pages_put_together_are_one_page() {
    let stage = over(spy());
    let mut http = stage.http();
    for (kind, extra, limits) in [
        ("bars", "&timeframe=1Min&start=2020-12-15", [7, 389, 390]),
        ("trades", "&start=2020-12-17T14:30:00Z&end=2020-12-17T14:33:00Z", [1, 13, 999]),
        ("quotes", "&start=2020-12-16T20:58:00Z&end=2020-12-17T14:32:00Z", [3, 50, 240]),
    ] {
        for sort in ["asc", "desc"] {
            let path = format!("/v2/stocks/{kind}?symbols=SPY,NONE{extra}&sort={sort}");
            let whole = http.get(&format!("{path}&limit=10000"));
            assert_eq!(whole["next_page_token"], Value::Null);
            let whole = whole[kind]["SPY"].as_array().unwrap().clone();
            assert!(whole.len() > 100, "{kind}: {}", whole.len());
            let times: Vec<&str> = whole.iter().map(|point| point["t"].as_str().unwrap()).collect();
            let ordered =
                if sort == "asc" { times.is_sorted() } else { times.is_sorted_by(|a, b| a >= b) };
            assert!(ordered, "{kind} {sort}");
            for limit in limits {
                let pages = paged(&mut http, &format!("{path}&limit={limit}"), kind);
                assert_eq!(pages, whole, "{kind} {sort} {limit}");
            }
        }
    }
}

#[test]
fn one_symbol_stands_without_its_map_and_an_unknown_one_is_empty() {
    let stage = over(spy());
    let mut http = stage.http();
    let one = http.get("/v2/stocks/SPY/bars?timeframe=1Day&start=2020-12-01&currency=USD");
    assert_eq!(one["bars"].as_array().unwrap().len(), 3);
    assert_eq!((&one["symbol"], &one["currency"]), (&json!("SPY"), &json!("USD")));
    let many = http.get("/v2/stocks/bars?symbols=SPY&symbols=QQQ&timeframe=1Day&start=2020-12-01");
    assert_eq!(many["bars"]["SPY"], one["bars"]);
    assert_eq!(
        http.get("/v2/stocks/trades?symbols=XYZ"),
        json!({"trades": {}, "next_page_token": null})
    );
    let adjusted = http.get("/v2/stocks/SPY/bars?timeframe=1Day&start=2020-12-01&adjustment=all");
    assert_eq!(adjusted["bars"], one["bars"], "the dividend's day has not come");
}

#[test]
fn latest_and_snapshots_are_the_ends_of_the_lists() {
    let stage = over(spy());
    let mut http = stage.http();
    let snapshot = http.get("/v2/stocks/snapshots?symbols=SPY,XYZ");
    assert_eq!(snapshot.as_object().unwrap().len(), 1);
    let single = http.get("/v2/stocks/SPY/snapshot");
    for (member, name, one) in [
        ("latestTrade", "trades", "trade"),
        ("latestQuote", "quotes", "quote"),
        ("minuteBar", "bars", "bar"),
    ] {
        let latest = http.get(&format!("/v2/stocks/{name}/latest?symbols=SPY"));
        assert_eq!(latest[name]["SPY"], snapshot["SPY"][member]);
        let alone = http.get(&format!("/v2/stocks/SPY/{name}/latest"));
        assert_eq!(alone, json!({"symbol": "SPY", one: snapshot["SPY"][member]}));
        assert_eq!(single[member], snapshot["SPY"][member]);
    }
    let days = http.get("/v2/stocks/SPY/bars?timeframe=1Day&start=2020-12-01");
    assert_eq!(snapshot["SPY"]["dailyBar"], days["bars"][2]);
    assert_eq!(snapshot["SPY"]["prevDailyBar"], days["bars"][1]);
    let movers = http.get("/v1beta1/screener/stocks/movers");
    let found =
        movers["gainers"].as_array().unwrap().len() + movers["losers"].as_array().unwrap().len();
    assert_eq!(found, 1);
    let actives = http.get("/v1beta1/screener/stocks/most-actives?by=trades&top=3");
    assert_eq!(actives["most_actives"][0]["symbol"], "SPY");
    assert_eq!(actives["most_actives"][0]["trade_count"], days["bars"][2]["n"]);
    let auctions = http.get("/v2/stocks/auctions?symbols=SPY&start=2020-12-15");
    assert_eq!(auctions["auctions"]["SPY"].as_array().unwrap().len(), 3);
    assert_eq!(auctions["auctions"]["SPY"][2]["o"][0]["p"], days["bars"][2]["o"]);
}

#[test]
fn mistakes_are_told_in_the_data_apis_words() {
    let stage = Stage::start(spy());
    let mut http = stage.http();
    for (query, words) in [
        ("bars?symbols=SPY&timeframe=60Min", "invalid timeframe: 60Min"),
        ("bars?symbols=spy&timeframe=1Min", "invalid symbol: spy"),
        ("bars?timeframe=1Min", "symbols is required"),
        (
            "bars?symbols=SPY&timeframe=1Min&limit=10001",
            "invalid limit: larger than the allowed maximum of 10000",
        ),
        ("trades?symbols=SPY&feed=moon", "invalid feed: moon"),
        ("trades?symbols=SPY&sort=up", "invalid sort: up"),
        ("trades?symbols=SPY&start=soon", "invalid start: soon"),
        ("quotes?symbols=SPY&page_token=eA==", "invalid page_token"),
        ("quotes?symbols=SPY&start=2020-12-17&end=2020-12-16", "end should not be before start"),
        ("quotes/latest?symbols=SPY&currency=MXN", "invalid currency: MXN"),
    ] {
        let reply = http.ask("GET", &format!("/v2/stocks/{query}"), "");
        assert_eq!((reply.status, reply.json()), (400, json!({"message": words})), "{query}");
    }
    assert_eq!(http.ask("GET", "/v2/stocks/XYZ/quotes/latest", "").status, 404);
}

#[test]
fn the_basic_plan_has_the_consolidated_feed_a_quarter_of_an_hour_late() {
    let mut basic = spy();
    basic.plan = DataPlan::Basic;
    let stage = Stage::start(basic);
    let mut http = stage.http();
    let beyond = http.ask("GET", "/v2/stocks/quotes/latest?symbols=SPY&feed=sip", "");
    assert_eq!(beyond.status, 403);
    assert_eq!(beyond.message(), "subscription does not permit querying recent SIP data");
    http.get("/v2/stocks/quotes/latest?symbols=SPY");
    let mut sip = stage.websocket("/v2/sip");
    sip.next();
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    sip.say(json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(sip.next()[0]["code"], 409);
}

#[test]
fn news_and_corporate_actions_come_in_pages_too() {
    let stage = over(spy());
    let mut http = stage.http();
    let all = http.get("/v1beta1/news?symbols=SPY&limit=50&sort=asc&include_content=True");
    let all = all["news"].as_array().unwrap().clone();
    let (mut pages, mut token) = (Vec::new(), String::new());
    while pages.len() < all.len() {
        let page = http.get(&format!("/v1beta1/news?sort=asc&limit=7&include_content=true{token}"));
        pages.extend(page["news"].as_array().unwrap().clone());
        let next = page["next_page_token"].as_str().unwrap_or_default().replace('=', "%3D");
        token = format!("&page_token={next}");
    }
    assert_eq!(pages[..all.len()], all);
    let year = "start=2020-01-01&end=2020-12-31";
    let actions = http.get(&format!("/v1/corporate-actions?symbols=SPY&{year}&limit=3"));
    assert_eq!(actions["corporate_actions"]["cash_dividends"].as_array().unwrap().len(), 3);
    let next = actions["next_page_token"].as_str().unwrap().replace('=', "%3D");
    let rest =
        http.get(&format!("/v1/corporate-actions?symbols=SPY&{year}&limit=3&page_token={next}"));
    let last = &rest["corporate_actions"]["cash_dividends"][0];
    assert_eq!((&last["ex_date"], &last["rate"]), (&json!("2020-12-18"), &json!(1.58)));
    assert_eq!(rest["next_page_token"], Value::Null);
    let old =
        "/v2/corporate_actions/announcements?ca_types=Dividend&since=2020-12-01&until=2020-12-31";
    let id = http.get(old)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(last["id"], id.as_str());
    let same = http.get(&format!("/v2/corporate_actions/announcements/{id}"));
    assert_eq!(same["cash"], "1.58");
}
