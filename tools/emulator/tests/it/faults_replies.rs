//! Faults of requests and replies: what a client sees on the wire is what the file said.

use crate::client::{Http, Reply, Socket};
use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, FaultPlan};
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

/// A long steady session with faults.
pub(crate) fn stage(faults: &str) -> Stage {
    let plan = FaultPlan::parse(faults, "faults.toml").unwrap_or_else(|e| panic!("{e}"));
    let config = config(recording(steady(6_000, 100, 1_000)));
    Stage::start(EmulatorConfig { faults: plan, ..config })
}

fn of(fault: &str) -> Stage {
    stage(&format!("[[fault]]\n{fault}"))
}

/// A resting order that is known by a name.
fn named(name: &str) -> Value {
    let mut order = limit("buy", "1", "300");
    order["client_order_id"] = name.into();
    order
}

fn find(stage: &Stage, name: &str) -> Reply {
    let path = format!("/v2/orders:by_client_order_id?client_order_id={name}");
    stage.http().ask("GET", &path, "")
}

/// A stamp in milliseconds after the session's open.
fn millis(stamp: &Value) -> i64 {
    let at = st0ck_types::rfc3339::parse(stamp.as_str().unwrap().as_bytes()).unwrap();
    at.since(crate::stage::OPEN) / 1_000_000
}

fn clock(http: &mut Http) -> i64 {
    millis(&http.get("/v2/clock")["timestamp"])
}

#[test]
fn a_delayed_reply_comes_so_much_session_time_later() {
    let stage = of("kind = \"delay\"\non = \"orders\"\nms = 4000\nevery = 2\n");
    let (mut http, mut other) = (stage.http(), stage.http());
    for (least, most) in [(0, 3_000), (4_000, 20_000)] {
        let begun = clock(&mut other);
        let reply = http.post(&limit("buy", "1", "300"));
        assert_eq!(reply.status, 200);
        let passed = clock(&mut other) - begun;
        assert!((least..most).contains(&passed), "{passed} ms");
    }
}

#[test]
fn a_dropped_reply_and_a_missing_one_are_of_requests_that_were_done() {
    for (fault, closes) in [
        ("kind = \"drop\"\non = \"orders\"\n", false),
        ("kind = \"no_reply\"\non = \"orders\"\n", false),
        ("kind = \"no_reply\"\non = \"orders\"\nclose = true\n", true),
    ] {
        let stage = of(fault);
        let mut http = stage.http();
        let request = http.render("POST", "/v2/orders", &named("a").to_string());
        http.stream.write_all(&request).unwrap();
        while find(&stage, "a").status != 200 {}
        if closes {
            assert_eq!(http.read(), None);
            continue;
        }
        http.stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let error = http.stream.read(&mut [0]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        // The connection is sound: the next request has its own reply.
        http.stream.set_read_timeout(None).unwrap();
        assert_eq!(http.get("/v2/clock")["is_open"], true);
    }
}

#[test]
fn a_cut_reply_ends_behind_its_byte() {
    for reset in [false, true] {
        let fault = format!("kind = \"cut\"\non = \"orders\"\nafter_bytes = 25\nreset = {reset}\n");
        let stage = of(&fault);
        let mut http = stage.http();
        let request = http.render("POST", "/v2/orders", &named("a").to_string());
        http.stream.write_all(&request).unwrap();
        let mut all = Vec::new();
        let end = http.stream.read_to_end(&mut all);
        assert_eq!(end.is_err(), reset, "{end:?}");
        let whole = b"HTTP/1.1 200 OK\r\nX-Request-ID: ";
        assert!(whole.starts_with(&all) && (reset || all.len() == 25), "{}", all.escape_ascii());
        assert_eq!(find(&stage, "a").status, 200, "it was done");
    }
}

#[test]
fn too_many_requests_are_told_when_to_come_again_and_nothing_is_done() {
    let stage = of("kind = \"too_many\"\non = \"orders\"\nretry_after_s = 2\ncount = 1\n");
    let mut http = stage.http();
    let reply = http.post(&named("a"));
    assert_eq!((reply.status, reply.json()["code"].as_u64()), (429, Some(42_910_000)));
    for field in ["Retry-After: 2\r\n", "X-RateLimit-Remaining: 0\r\n", "X-RateLimit-Reset: 16080"]
    {
        assert!(reply.head.contains(field), "{}", reply.head);
    }
    assert_eq!(find(&stage, "a").status, 404);
    assert_eq!(http.post(&named("a")).status, 200, "one was the count");
    let bare = of("kind = \"too_many\"\non = \"any\"\nheaders = false\n");
    let head = bare.http().ask("GET", "/v2/clock", "").head;
    assert!(!head.contains("Retry-After") && !head.contains("RateLimit"), "{head}");
}

#[test]
fn an_error_of_the_server_tells_nothing_of_what_was_done() {
    for status in [500, 502, 503, 504] {
        for (body, accepted) in [("json", false), ("html", true), ("none", true)] {
            let stage = of(&format!(
                "kind = \"server_error\"\non = \"orders\"\nstatus = {status}\nbody = \"{body}\"\naccepted = {accepted}\n"
            ));
            let reply = stage.http().post(&named("a"));
            assert_eq!(reply.status, status);
            match body {
                "json" => assert!(reply.json()["message"].is_string()),
                "html" => assert!(reply.body.starts_with(b"<html>")),
                _ => assert!(reply.body.is_empty()),
            }
            assert_eq!(find(&stage, "a").status, if accepted { 200 } else { 404 });
        }
    }
}

#[test]
fn a_page_comes_in_place_of_json() {
    let stage = of("kind = \"html_error\"\non = \"orders\"\nstatus = 403\n");
    let reply = stage.http().post(&named("a"));
    assert_eq!(reply.status, 403);
    assert!(reply.head.contains("Content-Type: text/html"), "{}", reply.head);
    assert!(reply.body.ends_with(b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"));
    assert_eq!(find(&stage, "a").status, 404);
}

#[test]
fn a_late_order_is_not_found_until_it_is_there() {
    for (reply, status) in [("504", Some(504)), ("none", None)] {
        let stage = of(&format!("kind = \"late_acceptance\"\nms = 5000\nreply = \"{reply}\"\n"));
        let (mut http, mut other) = (stage.http(), stage.http());
        let begun = clock(&mut other);
        let request = http.render("POST", "/v2/orders", &named("a").to_string());
        http.stream.write_all(&request).unwrap();
        if let Some(status) = status {
            assert_eq!(http.read().unwrap().status, status);
        }
        assert_eq!(find(&stage, "a").status, 404);
        let order = loop {
            let found = find(&stage, "a");
            if found.status == 200 {
                break found.json();
            }
        };
        let late = millis(&order["created_at"]) - begun;
        assert!((5_000..9_000).contains(&late), "{late} ms");
    }
}

#[test]
fn the_reply_comes_behind_the_fill_when_fills_come_first() {
    let stage = of("kind = \"fills_first\"\n");
    let mut updates = stage.updates();
    let mut http = stage.http();
    let order = json!({"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"});
    let request = http.render("POST", "/v2/orders", &order.to_string());
    http.stream.write_all(&request).unwrap();
    let reply = http.read().unwrap();
    assert_eq!((reply.status, reply.json()["status"].as_str()), (200, Some("pending_new")));
    // All three have come by now: none has to be waited for.
    updates.inner.get_mut().set_nonblocking(true).unwrap();
    let events: Vec<Value> = (0..3).map(|_| updates.next()["data"]["event"].clone()).collect();
    assert_eq!(events, ["pending_new", "new", "fill"]);
    // An order that does not fill is answered all the same.
    let patient = of("kind = \"fills_first\"\nat_most_ms = 2000\n");
    assert_eq!(patient.http().post(&named("a")).status, 200);
}

#[test]
fn a_skewed_clock_is_wrong_and_the_book_is_right() {
    let stage = of("kind = \"clock_skew\"\non = \"reads\"\nms = -90000\n");
    let mut http = stage.http();
    let order = http.post(&limit("buy", "1", "300")).json();
    let off = clock(&mut http) - millis(&order["created_at"]);
    assert!((-90_000..-80_000).contains(&off), "{off}");
}

#[test]
fn connections_are_cut_slow_and_in_pieces() {
    let reset = of("kind = \"cut\"\non = \"connections\"\nreset = true\nafter_bytes = 100\n");
    let mut http = reset.http();
    let request = http.render("GET", "/v2/clock", "");
    http.stream.write_all(&request).unwrap();
    let mut all = Vec::new();
    assert_eq!(http.stream.read_to_end(&mut all).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(all.len() <= 100);
    for (fault, least) in [
        ("kind = \"slow\"\nbytes_per_s = 4000\n", Duration::from_millis(40)),
        ("kind = \"partial_write\"\nmax_bytes = 40\npause_ms = 10\n", Duration::from_millis(40)),
        ("kind = \"byte_at_a_time\"\npause_us = 300\n", Duration::from_millis(60)),
        ("kind = \"delay\"\non = \"connections\"\nms = 70\n", Duration::from_millis(70)),
    ] {
        let stage = of(fault);
        let begun = std::time::Instant::now();
        let reply = stage.http().ask("GET", "/v2/clock", "");
        assert_eq!(reply.status, 200, "{fault}");
        assert!(begun.elapsed() >= least, "{fault}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_half_open_connection_hears_and_says_nothing_until_it_is_over() {
    let stage = of("kind = \"half_open\"\ncount = 1\nfor = \"10s\"\n");
    let mut http = stage.http();
    let request = http.render("POST", "/v2/orders", &named("a").to_string());
    http.stream.write_all(&request).unwrap();
    assert_eq!(find(&stage, "a").status, 404, "others are served");
    let order = http.read().unwrap().json();
    assert!(millis(&order["created_at"]) >= 10_000, "{order}");
}

#[test]
fn an_empty_plan_and_one_that_never_hits_change_no_byte() {
    let transcript = |faults: &str| {
        let stage = stage(faults);
        let mut socket: Socket = stage.updates();
        let mut http = stage.http();
        let order = http.post(&named("a")).json();
        let events: Vec<Value> = (0..2).map(|_| socket.next()["data"]["event"].clone()).collect();
        (order["id"].clone(), order["client_order_id"].clone(), events)
    };
    let never = "[[fault]]\nkind = \"drop\"\non = \"any\"\nchance = 0\n\
                 [[fault]]\nkind = \"slow\"\nbytes_per_s = 1\nchance = 0\n";
    assert_eq!(transcript(""), transcript(never));
}

#[test]
fn an_emulator_refuses_what_only_a_proxy_can_do() {
    let bind = |fault: &str| {
        let faults = FaultPlan::parse(&format!("[[fault]]\n{fault}"), "f.toml").unwrap();
        let config = config(recording(steady(10, 100, 1)));
        let emulator = st0ck_emulator::Emulator::bind(EmulatorConfig { faults, ..config });
        emulator.err().expect("refused").to_string()
    };
    let words = bind("kind = \"drop\"\non = \"orders\"\nway = \"to_server\"\n");
    assert_eq!(
        words,
        "line 1: the fault \"drop-1\" goes to_server, which only the proxy can hit: st0ck chaos"
    );
    assert!(bind("kind = \"drop\"\non = \"orders\"\naccount = 7\n").contains("numbered from 0"));
}
