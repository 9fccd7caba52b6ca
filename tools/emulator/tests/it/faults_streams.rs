//! Faults of the streams: what a listener hears is what the file said.

use crate::client::Socket;
use crate::faults_replies::stage;
use crate::orders::limit;
use crate::stage::Stage;
use serde_json::{Value, json};
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
