//! The order-update stream: who may listen, and how the session ends for listeners.

use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn strangers_are_told_so_and_lose_the_connection() {
    let stage = Stage::steady();
    let mut socket = stage.websocket("/stream");
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    let refused = json!({"status": "unauthorized", "action": "listen"});
    assert_eq!(socket.next(), json!({"stream": "authorization", "data": refused}));
    socket.say(json!({"action": "auth", "key": "BAD", "secret": "BAD"}));
    let refused = json!({"status": "unauthorized", "action": "authenticate"});
    assert_eq!(socket.next(), json!({"stream": "authorization", "data": refused}));
    assert_eq!(socket.close_code(), 1008, "1000 would mean that the session is over");
}

#[test]
fn a_listener_that_shows_no_keys_is_dropped() {
    let mut hasty = config(recording(steady(6_000, 100, 1_000)));
    hasty.auth_timeout = Duration::from_millis(50);
    let stage = Stage::start(hasty);
    assert_eq!(stage.websocket("/stream").close_code(), 1008);
}

#[test]
fn frames_are_text_on_request_and_the_older_form_of_keys_works() {
    let mut live = config(recording(steady(6_000, 100, 1_000)));
    live.updates_as_text = true;
    let stage = Stage::start(live);
    let mut socket = stage.websocket("/stream");
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    socket.say(json!({"action": "authenticate", "data": {"key_id": key, "secret_key": secret}}));
    assert_eq!(socket.next()["data"]["status"], "authorized");
    assert!(!socket.binary);
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates", "other"]}}));
    assert_eq!(socket.next()["data"]["streams"], json!(["trade_updates"]));
}

#[test]
fn a_listener_may_stop_and_hears_nothing_until_it_listens_again() {
    let stage = Stage::steady();
    let (mut http, mut socket) = (stage.http(), stage.updates());
    socket.say(json!({"action": "listen", "data": {"streams": []}}));
    assert_eq!(socket.next()["data"]["streams"], json!([]));
    let mut witness = stage.updates();
    http.post(&limit("buy", "1", "300"));
    for _ in 0..2 {
        witness.next();
    }
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    assert_eq!(socket.next()["stream"], "listening", "nothing was kept for it");
}

#[test]
fn garbage_is_passed_over_in_silence() {
    let stage = Stage::steady();
    let mut socket = stage.updates();
    for garbage in ["", "null", "[]", "{", "{\"action\":7}", "{\"action\":\"dance\"}"] {
        socket.say_text(garbage);
    }
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    assert_eq!(socket.next()["stream"], "listening");
}

#[test]
fn every_event_has_its_own_execution_id_and_the_order_as_it_was_then() {
    let stage = Stage::steady();
    let (mut http, mut socket) = (stage.http(), stage.updates());
    let placed = http.post(&limit("buy", "1", "300")).json();
    let events: Vec<Value> = (0..2).map(|_| socket.next()).collect();
    assert_eq!(events[0]["data"]["order"]["status"], "pending_new");
    assert_eq!(events[1]["data"]["order"]["status"], "new");
    assert_ne!(events[0]["data"]["execution_id"], events[1]["data"]["execution_id"]);
    assert_eq!(events[0]["data"]["order"], placed, "the reply and the first event agree");
}
