//! Faults of the streams: what a listener hears is what the file said.

use crate::client::Socket;
use crate::faults_replies::stage;
use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{FaultPlan, Start};
use std::io::ErrorKind;
use std::time::Duration;

fn of(fault: &str) -> Stage {
    stage(&format!("[[fault]]\n{fault}"))
}

/// The events that a listener hears of one order that is placed, becomes `new` and is canceled.
fn events(fault: &str) -> Vec<Value> {
    let stage = of(fault);
    let mut socket = stage.updates();
    let mut http = stage.http();
    let order = http.post(&limit("buy", "1", "300")).json();
    let path = format!("/v2/orders/{}", order["id"].as_str().unwrap());
    while http.get(&path)["status"] != "new" {}
    assert_eq!(http.delete("/v2/orders").status, 207);
    let mut heard = vec![];
    loop {
        let update = socket.next();
        let data = &update["data"];
        heard.push(update.clone());
        if data["event"] == "canceled" {
            return heard;
        }
    }
}

fn names(updates: &[Value]) -> String {
    let names = updates.iter().map(|update| update["data"]["event"].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn updates_are_dropped_doubled_and_reordered() {
    let on = "on = \"updates\"\nevent = \"new\"\n";
    assert_eq!(names(&events(&format!("kind = \"drop\"\n{on}"))), "pending_new canceled");
    let doubled = events(&format!("kind = \"duplicate\"\n{on}times = 2\n"));
    assert_eq!(names(&doubled), "pending_new new new new canceled");
    assert_eq!(doubled[1], doubled[3], "the same, to its execution id");
    let reordered = events("kind = \"reorder\"\non = \"updates\"\nevent = \"pending_new\"\n");
    assert_eq!(names(&reordered), "new pending_new canceled");
}

#[test]
fn rare_events_come_before_the_update_they_belong_to() {
    for event in ["pending_cancel", "held", "done_for_day", "stopped", "suspended", "calculated"] {
        let heard = events(&format!("kind = \"{event}\"\nevent = \"canceled\"\n"));
        assert_eq!(names(&heard), format!("pending_new new {event} canceled"));
        assert_eq!(heard[2]["data"]["order"]["status"], event);
    }
    let heard = events("kind = \"restated\"\nevent = \"new\"\n");
    assert_eq!(names(&heard), "pending_new restated new canceled");
    assert_eq!(heard[1]["data"]["order"]["status"], "new");
}

#[test]
fn stamps_of_updates_are_skewed() {
    let heard = events("kind = \"clock_skew\"\non = \"updates\"\nms = 3600000\n");
    let hour = |update: &Value| update["data"]["timestamp"].as_str().unwrap()[11..13].to_owned();
    assert!(heard.iter().all(|update| hour(update) == "15"), "{heard:?}");
    assert!(heard[0]["data"]["order"]["created_at"].as_str().unwrap()[11..13] == *"14");
}

#[test]
fn a_delayed_update_holds_up_those_behind_it() {
    let stage = of("kind = \"delay\"\non = \"updates\"\nevent = \"new\"\nms = 3000\n");
    let mut socket = stage.updates();
    let mut http = stage.http();
    let begun = std::time::Instant::now();
    http.post(&limit("buy", "1", "300"));
    assert_eq!(socket.next()["data"]["event"], "pending_new");
    assert_eq!(socket.next()["data"]["event"], "new");
    assert!(begun.elapsed() >= Duration::from_millis(100), "3 s at twenty times the pace");
}

#[test]
fn a_fill_may_be_missed_on_a_stream_that_is_otherwise_sound() {
    let stage = of("kind = \"missed_fill\"\nevery = 2\n");
    let mut socket = stage.updates();
    let mut http = stage.http();
    let order = json!({"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"});
    let mut heard = Vec::new();
    for _ in 0..3 {
        let id = http.post(&order).json()["id"].as_str().unwrap().to_owned();
        while http.get(&format!("/v2/orders/{id}"))["status"] != "filled" {}
    }
    while heard.len() < 8 {
        heard.push(socket.next());
    }
    assert_eq!(names(&heard), "pending_new new fill pending_new new pending_new new fill");
    assert_eq!(http.get("/v2/positions/SPY")["qty"], "3", "all three are booked");
}

#[test]
fn a_muted_stream_answers_pings_and_says_nothing_else() {
    let stage = of("kind = \"mute\"\non = \"market\"\nevery = 3\n");
    let mut data = stage.data("/v2/sip");
    data.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(data.next()[0]["T"], "subscription");
    let heard: Vec<Value> = (0..2).map(|_| data.next()).collect();
    assert!(heard.iter().all(|frame| frame[0]["T"] == "q"), "{heard:?}");
    data.inner.get_mut().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert_silent(&mut data);
    data.inner.send(tungstenite::Message::Ping(b"there?".to_vec().into())).unwrap();
    data.inner.get_mut().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let answer = data.inner.read().unwrap();
    assert!(answer.is_pong(), "{answer:?}");
}

fn assert_silent(socket: &mut Socket) {
    match socket.inner.read() {
        Err(tungstenite::Error::Io(error)) => {
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn market_messages_are_dropped_doubled_late_and_reordered_by_the_frame() {
    // One frame holds what was due at once; its first stamp stands for it.
    let stamps = |fault: &str| {
        let stage = of(fault);
        let mut data = stage.data("/v2/sip");
        data.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
        data.next();
        let stamp = |frame: Value| frame[0]["t"].as_str().unwrap().to_owned();
        (0..8).map(|_| stamp(data.next())).collect::<Vec<String>>()
    };
    let on = "on = \"market\"\nevery = 4\ncount = 1\n";
    assert!(stamps(&format!("kind = \"drop\"\n{on}")).is_sorted_by(|a, b| a < b));
    let doubled = stamps(&format!("kind = \"duplicate\"\n{on}"));
    assert_eq!(doubled[3], doubled[4]);
    let swapped = stamps(&format!("kind = \"reorder\"\n{on}"));
    assert!(swapped[3] > swapped[4], "{swapped:?}");
    let late = stamps(&format!("kind = \"delay\"\n{on}ms = 1000\n"));
    assert!(late.is_sorted_by(|a, b| a < b), "order is kept: {late:?}");
}

#[test]
fn a_brackets_exit_may_become_another_order_that_nobody_asked_for() {
    let stage = of("kind = \"replaced_leg\"\ncount = 1\n");
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let bracket = json!({"symbol": "SPY", "qty": "5", "side": "buy", "type": "market",
        "time_in_force": "day", "order_class": "bracket",
        "take_profit": {"limit_price": "400"}, "stop_loss": {"stop_price": "300"}});
    let entry = http.post(&bracket).json();
    let replaced = loop {
        let mut data = updates.next()["data"].take();
        if data["event"] == "replaced" {
            break data["order"].take();
        }
    };
    assert!(entry["legs"].as_array().unwrap().iter().any(|leg| leg["id"] == replaced["id"]));
    let renewed = updates.next()["data"].take();
    assert_eq!(
        (&renewed["event"], &renewed["order"]["replaces"]),
        (&json!("new"), &replaced["id"])
    );
    assert_eq!(replaced["replaced_by"], renewed["order"]["id"]);
    for same in ["type", "side", "qty", "limit_price", "stop_price", "order_class"] {
        assert_eq!(renewed["order"][same], replaced[same], "{same}");
    }
    let path = format!("/v2/orders/{}?nested=true", entry["id"].as_str().unwrap());
    let legs = http.get(&path)["legs"].take();
    let ids: Vec<&Value> = legs.as_array().unwrap().iter().map(|leg| &leg["id"]).collect();
    assert!(ids.contains(&&renewed["order"]["id"]) && !ids.contains(&&replaced["id"]), "{legs}");
    // It is the exit that it was: canceling it ends the group.
    let path = format!("/v2/orders/{}", renewed["order"]["id"].as_str().unwrap());
    assert_eq!(http.delete(&path).status, 204);
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let data = updates.next()["data"].take();
        if data["event"] == "canceled" {
            ended.push(data["order"]["id"].clone());
        }
    }
    assert!(ended.contains(&renewed["order"]["id"]));
}

#[test]
fn faults_of_news_hit_news_and_nothing_else() {
    let stage = of("kind = \"duplicate\"\non = \"news\"\ntimes = 2\n");
    let (mut news, mut data) = (stage.data("/v1beta1/news"), stage.data("/v2/sip"));
    news.say(json!({"action": "subscribe", "news": ["*"]}));
    data.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(news.next()[0]["T"], "subscription");
    assert_eq!(data.next()[0]["T"], "subscription");
    let articles = [news.next(), news.next(), news.next()];
    assert_eq!(articles[0][0]["T"], "n");
    assert!(articles.iter().all(|article| *article == articles[0]), "{articles:?}");
    let quotes: Vec<Value> = (0..3).map(|_| data.next()).collect();
    assert!(quotes.is_sorted_by(|a, b| a[0]["t"].as_str() < b[0]["t"].as_str()), "{quotes:?}");
}

#[test]
fn what_is_still_held_back_at_the_end_leaves_in_its_listeners_own_codec() {
    use crate::msgpack;
    let text =
        "[[fault]]\nkind = \"reorder\"\non = \"updates\"\nevent = \"canceled\"\nwindow = 100\n";
    let mut short = config(recording(steady(20, 100, 1_000)));
    (short.faults, short.start) = (FaultPlan::parse(text, "f.toml").unwrap(), Start::OnSubscribe);
    let stage = Stage::start(short);
    let (mut plain, mut packed) = (stage.updates(), msgpack::connect(&stage, "/stream"));
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    msgpack::say(&mut packed, &json!({"action": "auth", "key": key, "secret": secret}));
    msgpack::say(&mut packed, &json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    for _ in 0..2 {
        msgpack::raw(&mut packed);
    }
    let mut http = stage.http();
    http.post(&limit("buy", "1", "300"));
    http.delete("/v2/orders");
    let mut market = stage.data("/v2/iex");
    market.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    let mut last = Value::Null;
    while last["data"]["event"] != "canceled" {
        last = plain.next();
        let same: Value = rmp_serde::from_slice(&msgpack::raw(&mut packed)).unwrap();
        assert_eq!(same, last);
    }
}
