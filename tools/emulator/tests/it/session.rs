//! The clock and the calendar, and how a session ends.

use crate::orders::{limit, market};
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{Emulator, EmulatorConfig, EmulatorError, Speed, Start};

#[test]
fn the_clock_is_open_during_the_session_and_shut_for_good_after_it() {
    let mut short = config(recording(steady(20, 100, 7)));
    short.start = Start::OnSubscribe;
    let stage = Stage::start(short);
    let mut http = stage.http();
    assert_eq!(
        http.get("/v2/clock"),
        json!({"timestamp": "2020-12-15T09:30:00-05:00", "is_open": true,
            "next_open": "2020-12-16T09:30:00-05:00", "next_close": "2020-12-15T16:00:00-05:00"})
    );
    let mut socket = stage.data("/v2/iex");
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(socket.close_code(), 1000);
    assert_eq!(
        http.get("/v2/clock"),
        json!({"timestamp": "2020-12-15T16:00:00-05:00", "is_open": false,
            "next_open": "2020-12-16T09:30:00-05:00", "next_close": "2020-12-16T16:00:00-05:00"})
    );
    assert!(stage.handle.progress().is_over());
    assert_eq!(stage.handle.progress().per_mille(), 1000);
}

#[test]
fn the_calendar_knows_half_days_and_settlement() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let days = http.get("/v2/calendar?start=2020-11-26&end=2020-11-30");
    assert_eq!(
        days[0],
        json!({"date": "2020-11-27", "open": "09:30", "close": "13:00", "session_open": "0400",
            "session_close": "1700", "settlement_date": "2020-12-01"})
    );
    assert_eq!(days[1]["date"], "2020-11-30");
    assert_eq!(days.as_array().unwrap().len(), 2);
    let recent = http.get("/v2/calendar?start=2025-01-02T00:00:00Z&end=2025-01-02");
    assert_eq!(recent[0]["settlement_date"], "2025-01-03");
    assert!(http.get("/v2/calendar").as_array().unwrap().len() > 3_000);
    assert_eq!(http.ask("GET", "/v2/calendar?start=soon", "").message(), "invalid start");
    assert_eq!(http.ask("GET", "/v2/calendar?start=2020-12-02&end=2020-12-01", "").status, 422);
}

#[test]
fn day_orders_expire_at_the_close_and_the_rest_live_on() {
    let mut short = config(recording(steady(20, 100, 7)));
    short.start = Start::OnSubscribe;
    let stage = Stage::start(short);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let day = http.post(&limit("buy", "1", "300")).json();
    assert_eq!(day["expires_at"], "2020-12-15T21:00:00.000000000Z");
    let mut gtc = limit("buy", "2", "300");
    gtc["time_in_force"] = "gtc".into();
    let gtc = http.post(&gtc).json();
    assert_eq!(gtc["expires_at"], "2021-03-15T20:15:00.000000000Z", "90 days on, 16:15 New York");
    let mut extended = limit("buy", "3", "300");
    extended["extended_hours"] = true.into();
    assert_eq!(http.post(&extended).json()["expires_at"], "2020-12-16T01:00:00.000000000Z");
    let mut socket = stage.data("/v2/iex");
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    let expired = loop {
        let update = updates.next();
        if update["data"]["event"] == "expired" {
            break update;
        }
    };
    assert_eq!(expired["data"]["order"]["id"], day["id"]);
    assert_eq!(expired["data"]["timestamp"], "2020-12-15T21:00:00.000000000Z");
    assert_eq!(expired["data"]["order"]["expired_at"], expired["data"]["timestamp"]);
    assert_eq!(updates.close_code(), 1000);

    let open: Vec<Value> = http.get("/v2/orders").as_array().unwrap().clone();
    assert_eq!(open.len(), 2, "good-till-canceled and extended orders live on");
    let id = gtc["id"].as_str().unwrap();
    assert_eq!(http.delete(&format!("/v2/orders/{id}")).status, 204);
    assert_eq!(http.get(&format!("/v2/orders/{id}"))["status"], "canceled", "time stands still");
}

#[test]
fn an_order_after_the_close_waits_for_the_next_session() {
    let mut short = config(recording(steady(5, 100, 7)));
    short.speed = Speed::Paced(100.0);
    let stage = Stage::start(short);
    let mut http = stage.http();
    while http.get("/v2/clock")["is_open"] == true {}
    let order = http.post(&market("buy", "1")).json();
    assert_eq!(order["status"], "accepted");
    assert_eq!(order["expires_at"], "2020-12-16T21:00:00.000000000Z");
    let id = order["id"].as_str().unwrap();
    assert_eq!(http.delete(&format!("/v2/orders/{id}")).status, 204);
    assert_eq!(http.get(&format!("/v2/orders/{id}"))["status"], "canceled");
    // Whoever comes to a stream now is let in and told at once that it is over.
    let mut socket = stage.data("/v2/iex");
    socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    assert_eq!(socket.close_code(), 1000);
    assert_eq!(stage.updates().close_code(), 1000);
}

#[test]
fn what_cannot_be_set_up_is_said_with_its_remedy() {
    let one = || recording(steady(5, 100, 7));
    let stage = Stage::start(config(one()));
    let taken = EmulatorConfig { port: stage.port(), ..config(one()) };
    let error = Emulator::bind(taken).err().unwrap().to_string();
    assert!(error.contains(&stage.port().to_string()) && error.contains("--port"), "{error}");
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Emulator::bind(EmulatorConfig { speed: Speed::Paced(speed), ..config(one()) });
        assert!(matches!(error.err(), Some(EmulatorError::Speed(_))), "{speed}");
    }
    let port = stage.port();
    stage.handle.stop().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "stopped is gone");
}

#[test]
fn an_account_is_new_in_each_process_life_unless_seeded() {
    let account = |seed| {
        let config = EmulatorConfig { seed, ..config(recording(steady(5, 100, 7))) };
        Emulator::bind(config).unwrap().endpoints().account.clone()
    };
    assert_eq!(account(Some(3)), account(Some(3)));
    assert_ne!(account(Some(3)), account(Some(4)));
    assert_ne!(account(None), account(None));
}
