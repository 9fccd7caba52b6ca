//! Scenarios: every message that a market-data stream has, in both codecs, and what the data API says
//! afterwards.

use crate::msgpack;
use crate::scenario::{Listener, market, update};
use crate::stage::{OPEN, Row, Stage, config, recording_with_prints, steady};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Scenario, Speed, Start};

/// Ten minutes of quotes with two prints in the first, at three hundred times the wall clock's pace
/// from the first subscription on.
fn played(events: &str) -> EmulatorConfig {
    let prints = [(1_000, "367.40"), (20_000, "367.42")];
    EmulatorConfig {
        scenario: Scenario::parse(events, "s.toml").unwrap_or_else(|error| panic!("{error}")),
        speed: Speed::Paced(300.0),
        start: Start::OnSubscribe,
        ..config(recording_with_prints(steady(1_200, 500, 1_000), &prints))
    }
}

const PRINTS: &str = "[[event]]\nkind = \"trade_cancel\"\nsymbol = \"SPY\"\nafter = \"65s\"\n\
    action = \"error\"\n[[event]]\nkind = \"trade_correct\"\nsymbol = \"SPY\"\nafter = \"95s\"\n\
    price = 367.5\n[[event]]\nkind = \"late_print\"\nsymbol = \"SPY\"\nafter = \"100s\"\n\
    late = \"50s\"\nprice = \"367.6\"\nsize = 300\n";

/// `09:30:50.0` of a moment so many milliseconds after the open.
fn time(ms: i64) -> String {
    (OPEN + ms * 1_000_000).to_string()
}

/// Open, high, low, close, volume.
fn ohlcv(bar: &Value) -> Value {
    assert_eq!(bar["t"], time(0));
    json!([bar["o"], bar["h"], bar["l"], bar["c"], bar["v"]])
}

#[test]
fn prints_are_canceled_corrected_and_told_late_and_their_bars_follow() {
    let stage = Stage::start(played(PRINTS));
    let mut told = Listener::to(&stage, &["trades", "bars", "updatedBars"]);
    let (first, second) = (told.next(), told.next());
    assert_eq!((&first["p"], &second["p"]), (&json!(367.4), &json!(367.42)));
    assert_eq!(ohlcv(&told.next_of("b")), json!([367.4, 367.42, 367.4, 367.42, 200]));
    assert_eq!(
        told.next(),
        json!({"T": "x", "S": "SPY", "i": second["i"], "x": "P", "p": 367.42, "s": 100, "a": "E",
            "z": "B", "t": time(65_000)})
    );
    assert_eq!(ohlcv(&told.next_of("u")), json!([367.4, 367.4, 367.4, 367.4, 100]));
    let both = told.next();
    assert_eq!(
        both,
        json!({"T": "c", "S": "SPY", "x": "P", "oi": first["i"], "op": 367.4, "os": 100,
            "oc": ["@"], "ci": both["ci"], "cp": 367.5, "cs": 100, "cc": ["@"], "z": "B",
            "t": time(95_000)})
    );
    assert_ne!(both["oi"], both["ci"]);
    assert_eq!(ohlcv(&told.next()), json!([367.5, 367.5, 367.5, 367.5, 100]));
    let late = told.next();
    assert_eq!(
        (&late["T"], &late["t"], &late["s"]),
        (&json!("t"), &json!(time(50_000)), &json!(300))
    );
    let bar = told.next();
    assert_eq!((&bar["T"], ohlcv(&bar)), (&json!("u"), json!([367.5, 367.6, 367.5, 367.6, 400])));
}

#[test]
fn the_data_api_says_what_became_of_prints() {
    let stage = Stage::start(played(PRINTS));
    let mut told = Listener::to(&stage, &["trades"]);
    while told.next()["p"] != 367.6 {}
    let mut http = stage.http();
    let trades = http.get("/v2/stocks/SPY/trades?start=2020-12-15T14:30:00Z");
    let marks: Vec<[&Value; 2]> =
        trades["trades"].as_array().unwrap().iter().map(|t| [&t["p"], &t["u"]]).collect();
    let word = |word: &str| json!(word);
    assert_eq!(
        marks,
        [
            [&json!(367.4), &word("incorrect")],
            [&json!(367.5), &word("corrected")],
            [&json!(367.42), &word("canceled")],
            [&json!(367.6), &Value::Null],
        ]
    );
    assert_eq!(http.get("/v2/stocks/SPY/trades/latest")["trade"]["p"], 367.6);
    let bars = http.get("/v2/stocks/SPY/bars?timeframe=1Min&start=2020-12-15T14:30:00Z");
    assert_eq!(ohlcv(&bars["bars"][0]), json!([367.5, 367.6, 367.5, 367.6, 400]));
}

#[test]
fn bands_imbalances_and_news_are_told_as_written() {
    let stage = Stage::start(played(
        "[[event]]\nkind = \"luld\"\nsymbol = \"SPY\"\nafter = \"5s\"\nlow = 360\nhigh = 375.05\n\
         indicator = \"C\"\n[[event]]\nkind = \"imbalance\"\nsymbol = \"SPY\"\nafter = \"6s\"\n\
         price = 367.41\n[[event]]\nkind = \"news\"\nafter = \"7s\"\nheadline = \"Not so\"\n\
         summary = \"It was said.\"\nsymbols = [\"SPY\", \"XYZ\"]\n",
    ));
    let mut news = Listener::on(&stage, "/v1beta1/news", &["news"]);
    let mut told = Listener::to(&stage, &["lulds", "imbalances"]);
    assert_eq!(
        told.next(),
        json!({"T": "l", "S": "SPY", "u": 375.05, "d": 360, "i": "C", "z": "B", "t": time(5_000)})
    );
    assert_eq!(told.next(), json!({"T": "i", "S": "SPY", "p": 367.41, "z": "B", "t": time(6_000)}));
    let article = news.next();
    assert_eq!(
        (&article["headline"], &article["symbols"]),
        (&json!("Not so"), &json!(["SPY", "XYZ"]))
    );
    let kept = stage.http().get("/v1beta1/news?symbols=XYZ");
    assert_eq!(
        (&kept["news"][0]["id"], &kept["news"][0]["summary"]),
        (&article["id"], &json!("It was said."))
    );
}

#[test]
fn every_kind_of_message_comes_in_msgpack_too() {
    let events = format!(
        "{PRINTS}[[event]]\nkind = \"luld\"\nsymbol = \"SPY\"\nafter = \"101s\"\nlow = 360\nhigh = 375\n\
         [[event]]\nkind = \"imbalance\"\nsymbol = \"SPY\"\nafter = \"102s\"\nprice = 367.41\n\
         [[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\nafter = \"103s\"\n"
    );
    let stage = Stage::start(played(&events));
    let mut socket = msgpack::authenticated(&stage, "/v2/sip");
    let mut wish = json!({"action": "subscribe"});
    for channel in
        ["trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances"]
    {
        wish[channel] = json!(["SPY"]);
    }
    msgpack::say(&mut socket, &wish);
    let mut missing: Vec<u8> = b"tqbudxclis".to_vec();
    while !missing.is_empty() {
        let frame = msgpack::raw(&mut socket);
        // A map leads with its type: a text of one letter under a key of one letter.
        missing.retain(|kind| !frame.windows(4).any(|four| four == [0xa1, b'T', 0xa1, *kind]));
    }
}

/// Steady quotes, and from the tenth second on a bid above the band for twenty seconds.
fn rising() -> impl Iterator<Item = Row> {
    (0..1_000).map(|n| match n * 500 {
        ms @ 10_000..30_000 => (ms, "388.00", "388.02", 1_000),
        ms => (ms, "367.40", "367.42", 1_000),
    })
}

#[test]
fn a_quote_at_a_band_pauses_the_symbol_and_orders_wait_for_its_end() {
    let mut config =
        config(recording_with_prints(rising(), &[(1_000, "367.40"), (331_000, "367.40")]));
    config.rules.luld = true;
    (config.speed, config.start) = (Speed::Paced(300.0), Start::OnSubscribe);
    let stage = Stage::start(config);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut told = Listener::to(&stage, &["lulds", "statuses"]);
    let bands = |at: i64, i: &str| json!({"T": "l", "S": "SPY", "u": 385.77, "d": 349.03, "i": i, "z": "B", "t": time(at)});
    assert_eq!(told.next(), bands(1_000, "A"));
    let pause = told.next();
    assert_eq!([&pause["sc"], &pause["rc"], &pause["t"]], ["F", "M", time(25_000).as_str()]);
    let order = http.post(&market("buy", "day")).json();
    update(&mut updates, &order, "new");
    let resumed = told.next();
    assert_eq!([&resumed["sc"], &resumed["t"]], ["3", time(325_000).as_str()]);
    let fill = update(&mut updates, &order, "fill");
    assert!(fill["timestamp"].as_str().unwrap() >= time(325_000).as_str(), "{fill}");
    assert_eq!(told.next(), bands(331_000, "E"));
}

#[test]
fn orders_for_the_auctions_trade_at_the_prices_of_the_auctions() {
    const CLOSE: i64 = 390 * 60_000;
    let rows: [Row; 4] =
        [0, 30_000, CLOSE - 60_000, CLOSE - 1_000].map(|ms| (ms, "367.40", "367.42", 100));
    let prints = [(500, "367.30"), (61_000, "367.35"), (CLOSE - 2_000, "369.11")];
    let mut day = config(recording_with_prints(rows, &prints));
    day.start_at = Some(OPEN + -30 * 60_000_000_000);
    (day.speed, day.start) = (Speed::Paced(20_000.0), Start::OnSubscribe);
    let stage = Stage::start(day);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let opening = http.post(&market("buy", "opg")).json();
    let closing = http.post(&market("buy", "cls")).json();
    assert_eq!(opening["status"], "pending_new", "{opening}");
    assert_eq!(closing["status"], "accepted", "{closing}");
    let _market = Listener::to(&stage, &["quotes"]);
    let fill = update(&mut updates, &opening, "fill");
    assert_eq!(fill["price"], "367.3", "{fill}");
    let fill = update(&mut updates, &closing, "fill");
    assert_eq!((&fill["price"], &fill["timestamp"]), (&json!("369.11"), &json!(time(CLOSE))));
}
