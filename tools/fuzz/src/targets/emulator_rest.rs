//! The whole REST surface of a running emulator: any method, path, query and body, one after the
//! other on one session whose time passes.

use crate::mutate::Words;
use crate::target::{Shape, Target, gist, magnitude};
use st0ck_emulator::doors::Broker;
use st0ck_emulator::{EmulatorConfig, Speed};
use st0ck_recorded::source::Dataset;
use st0ck_recorded::{Recording, Request, Source};
use st0ck_types::Symbol;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A request line, and the body behind the first line feed.
pub(super) static REST: Target = Target {
    name: "emulator_rest",
    about: "every route of the emulator: never 5xx, a body of JSON, and the account's sums hold",
    run: ask,
    seeds,
    words: Words::Text(WORDS),
    mend: None,
    // A page of a thousand bars, and a portfolio history.
    room: 8 << 20,
    longest: 1 << 10,
    patience: 4,
};

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "GET ", "POST ", "PATCH ", "PUT ", "DELETE ", "/v2/orders", "/v2/positions", "/v2/positions/SPY", "/v2/account",
    "/v2/account/activities", "/v2/account/configurations", "/v2/account/portfolio/history", "/v2/watchlists",
    "/v2/watchlists:by_name", "/v2/assets/SPY", "/v2/calendar", "/v3/calendar/NYSE", "/v3/clock", "/v2/stocks/bars",
    "/v2/stocks/SPY/quotes", "/v2/stocks/trades", "/v2/stocks/auctions", "/v2/stocks/snapshots", "/v1beta1/news",
    "/v1/corporate-actions", "/v1beta1/screener/stocks/movers", "?", "&", "=", "\n", "symbols=SPY", "timeframe=1Min",
    "timeframe=3Month", "limit=10000", "start=2020-12-15", "end=2020-12-15T15:00:00Z", "sort=desc", "0001-01-01",
    "9999-12-31", "1677-09-21T00:12:43.145224193Z", "2262-04-11T23:47:16.854775807Z", "page_token=",
    "status=all", "nested=true", "percentage=50", "qty=1", "cancel_orders=true", "period=1D", "name=a",
    "U1BZfFR8MjAyMC0xMi0xNVQxNDozMDowMFp8MTg0NDY3NDQwNzM3MDk1NTE2MTU=", "{", "}", ",", ":", "\"symbol\":\"SPY\"",
    "\"qty\":\"1\"", "\"qty\":0.5", "\"notional\":\"10\"", "\"side\":\"sell\"", "\"type\":\"stop\"", "\"stop_price\":",
    "\"type\":\"trailing_stop\"", "\"trail_percent\":\"1\"", "\"time_in_force\":\"cls\"", "\"order_class\":\"oco\"",
    "\"limit_price\":\"9223372036\"", "\"limit_price\":\"0.0001\"", "\"client_order_id\":\"x\"", "9223372036", "1e9",
];

/// Session time that passes before each request: the campaign ends before the day does.
const STEP_NS: i64 = 5_000_000;
/// Questions after which open orders are canceled, so that the book stays small.
const TIDY_EVERY: u64 = 512;

struct Desk {
    broker: Broker,
    asked: u64,
}

thread_local! {
    // Made before the first input is watched: it is not that input's memory.
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

fn desk() -> Desk {
    let request = Request {
        source: Source::Embedded(Dataset::Spy),
        symbol: Symbol::new("SPY"),
        hours: Dataset::Spy.hours(),
        date: None,
        seed: 1,
    };
    let recording = Recording::open(&request).expect("the embedded day is sound");
    let config = EmulatorConfig {
        seed: Some(1),
        speed: Speed::Paced(1.0),
        orders_kept: 1_000,
        pdt_keys: true,
        ..EmulatorConfig::new(recording)
    };
    Desk { broker: Broker::new(config).expect("a free port"), asked: 0 }
}

fn seeds() -> Vec<Vec<u8>> {
    DESK.set(Some(desk()));
    let order = |fields: &str| {
        format!(
            "POST /v2/orders\n{{\"symbol\":\"SPY\",\"side\":\"buy\",\"time_in_force\":\"day\",{fields}}}"
        )
    };
    let texts = [
        order("\"qty\":\"2\",\"type\":\"market\""),
        order("\"notional\":\"50\",\"type\":\"market\""),
        order("\"qty\":\"1\",\"type\":\"limit\",\"limit_price\":\"300\""),
        order("\"qty\":\"1\",\"type\":\"trailing_stop\",\"trail_percent\":\"1\""),
        order(
            "\"qty\":\"3\",\"type\":\"market\",\"order_class\":\"bracket\",\
             \"take_profit\":{\"limit_price\":\"500\"},\"stop_loss\":{\"stop_price\":\"200\"}",
        ),
        "PATCH /v2/orders/00000000-0000-4000-8000-000000000000\n{\"qty\":\"2\"}".to_owned(),
        "DELETE /v2/orders\n".to_owned(),
        "DELETE /v2/positions/SPY?percentage=50\n".to_owned(),
        "GET /v2/orders?status=all&limit=5&nested=true&symbols=SPY&direction=asc\n".to_owned(),
        "GET /v2/account/activities?page_size=3&date=2020-12-15\n".to_owned(),
        "GET /v2/account/portfolio/history?period=1D&timeframe=5Min&extended_hours=true\n"
            .to_owned(),
        "PATCH /v2/account/configurations\n{\"no_shorting\":true,\"dtbp_check\":\"both\"}"
            .to_owned(),
        "POST /v2/watchlists\n{\"name\":\"a\",\"symbols\":[\"SPY\"]}".to_owned(),
        "POST /v2/watchlists:by_name?name=a\n{\"symbol\":\"SPY\"}".to_owned(),
        "GET /v3/clock?markets=NYSE,OPRA&time=2020-12-15T15:00:00Z\n".to_owned(),
        "GET /v2/stocks/bars?symbols=SPY&timeframe=15Min&limit=3&sort=desc\n".to_owned(),
        "GET /v2/stocks/SPY/quotes?limit=2&start=2020-12-15T14:30:00Z&feed=iex\n".to_owned(),
        "GET /v2/stocks/snapshots?symbols=SPY&feed=sip\n".to_owned(),
        "GET /v1beta1/news?symbols=SPY&limit=2&include_content=true\n".to_owned(),
        "GET /v1/corporate-actions?symbols=SPY&types=cash_dividend&limit=2\n".to_owned(),
        "GET /v2/assets/SPY\n".to_owned(),
        "GET /v2/calendar?start=2020-12-01&end=2020-12-31\n".to_owned(),
    ];
    texts.map(String::into_bytes).into()
}

fn ask(input: &[u8]) -> Shape {
    DESK.with_borrow_mut(|desk| {
        let desk = desk.get_or_insert_with(self::desk);
        desk.asked += 1;
        desk.broker.pass(STEP_NS).expect("the embedded day is sound");
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let line = String::from_utf8_lossy(&input[..end]);
        let (method, target) = line.split_once(' ').unwrap_or((&line, ""));
        let body = input.get(end + 1..).unwrap_or_default();
        let (status, reply) = desk.broker.ask(method, target, body);
        assert!((200..500).contains(&status), "{status} {}", reply.escape_ascii());
        let json = serde_json::from_slice::<serde_json::Value>(&reply);
        assert!(json.is_ok() || (status == 204 && reply.is_empty()), "{}", reply.escape_ascii());
        if desk.asked.is_multiple_of(TIDY_EVERY) {
            tidy(&mut desk.broker);
        }
        let json = json.unwrap_or_default();
        let refused = json["message"].as_str().map(gist);
        Shape::of(&(status, refused, path_of(target), magnitude(reply.len())))
    })
}

/// Which route it was, roughly: the first segments of its path, hashed.
fn path_of(target: &str) -> u64 {
    let path = target.split('?').next().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    path.split('/')
        .take(4)
        .for_each(|part| part.chars().take(24).for_each(|c| c.hash(&mut hasher)));
    hasher.finish() % 64
}

/// Ends open orders, gives the account its settings back, and looks at its sums.
fn tidy(broker: &mut Broker) {
    let account = |broker: &mut Broker| -> serde_json::Value {
        serde_json::from_slice(&broker.ask("GET", "/v2/account", b"").1).expect("an account")
    };
    broker.ask("DELETE", "/v2/orders", b"");
    let settings = br#"{"no_shorting":false,"suspend_trade":false,"fractional_trading":true}"#;
    assert_eq!(broker.ask("PATCH", "/v2/account/configurations", settings).0, 200);
    broker.pass(STEP_NS).expect("the embedded day is sound");
    let told = account(broker);
    let number = |key: &str| told[key].as_str().and_then(|t| t.parse::<f64>().ok());
    let sums = ["equity", "cash", "long_market_value", "short_market_value"].map(number);
    let [Some(equity), Some(cash), Some(long), Some(short)] = sums else { panic!("{told}") };
    assert!((equity - cash - long - short).abs() < 0.01, "{told}");
}
