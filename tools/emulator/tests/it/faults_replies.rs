//! Faults of requests and replies: what a client sees on the wire is what the file said.

use crate::chaos::{assert_paced, reads};
use crate::client::{Http, Reply, Socket};
use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, FaultPlan, Start};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// A long steady session with faults.
pub(crate) fn stage(faults: &str) -> Stage {
    let plan = FaultPlan::parse(faults, "faults.toml").unwrap_or_else(|e| panic!("{e}"));
    let config = config(recording(steady(6_000, 100, 1_000)));
    Stage::start(EmulatorConfig { faults: plan, ..config })
}

fn of(fault: &str) -> Stage {
    stage(&format!("[[fault]]\n{fault}"))
}

/// The same, and session time stands still until somebody subscribes.
fn waiting(fault: &str) -> Stage {
    let faults = FaultPlan::parse(&format!("[[fault]]\n{fault}"), "faults.toml").unwrap();
    let config = config(recording(steady(6_000, 100, 1_000)));
    Stage::start(EmulatorConfig { faults, start: Start::OnSubscribe, ..config })
}

fn begin(stage: &Stage) -> Socket {
    let mut data = stage.data("/v2/sip");
    data.say(json!({"action": "subscribe", "trades": ["SPY"]}));
    assert_eq!(data.next()[0]["T"], "subscription");
    data
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
    let request = b"GET /emulator/state HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for late in [false, true] {
        let reply = http.post(&limit("buy", "1", "300"));
        assert_eq!(reply.status, 200);
        let passed = clock(&mut other) - millis(&reply.json()["created_at"]);
        assert!(!late || passed >= 4_000 - 1_000, "{passed} ms, of which the clock shows seconds");
        other.stream.write_all(request).unwrap();
        let state = other.read().unwrap().json();
        assert_eq!(state["faults"][0]["hits"], u8::from(late), "every second one");
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
        let stage =
            waiting(&format!("kind = \"late_acceptance\"\nms = 5000\nreply = \"{reply}\"\n"));
        let mut http = stage.http();
        let request = http.render("POST", "/v2/orders", &named("a").to_string());
        http.stream.write_all(&request).unwrap();
        if let Some(status) = status {
            assert_eq!(http.read().unwrap().status, status);
        }
        // Asked on the same connection: the order has been heard before.
        let path = "/v2/orders:by_client_order_id?client_order_id=a";
        assert_eq!(http.ask("GET", path, "").status, 404);
        let _data = begin(&stage);
        let order = loop {
            let found = find(&stage, "a");
            if found.status == 200 {
                break found.json();
            }
        };
        assert_eq!(millis(&order["created_at"]), 5_000);
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
    let mut book = || millis(&http.post(&limit("buy", "1", "300")).json()["created_at"]);
    let (before, shown, after) = (book(), clock(&mut stage.http()) + 90_000, book());
    // The clock shows whole seconds.
    assert!((before / 1_000 * 1_000..=after).contains(&shown), "{before} {shown} {after}");
}

#[test]
fn a_cut_connection_ends_behind_its_byte() {
    for (reset, ending) in [(false, None), (true, Some(ErrorKind::ConnectionReset))] {
        let stage = of(&format!(
            "kind = \"cut\"\non = \"connections\"\nreset = {reset}\nafter_bytes = 100\n"
        ));
        let mut http = stage.http();
        let request = http.render("GET", "/v2/clock", "");
        http.stream.write_all(&request).unwrap();
        let (all, _, end) = reads(http.stream, Instant::now());
        assert_eq!(end, ending);
        // A reset may overtake the last bytes.
        assert!(all.len() == 100 || (reset && all.len() < 100), "{}", all.len());
    }
}

#[test]
fn bytes_of_a_connection_come_slowly_in_pieces_one_by_one_or_late() {
    let (ms, us) = (Duration::from_millis, Duration::from_micros);
    for (fault, piece, gap) in [
        ("kind = \"slow\"\nbytes_per_s = 4000\n", 80, ms(20)),
        ("kind = \"partial_write\"\nmax_bytes = 40\npause_ms = 10\n", 40, ms(10)),
        ("kind = \"byte_at_a_time\"\npause_us = 300\n", 1, us(300)),
        ("kind = \"delay\"\non = \"connections\"\nms = 70\n", 0, ms(70)),
    ] {
        let stage = of(fault);
        let begun = Instant::now();
        let mut http = stage.http();
        let request = http.render("GET", "/v2/clock", "");
        http.stream.write_all(&request).unwrap();
        http.stream.shutdown(Shutdown::Write).unwrap();
        let (all, reads, _) = reads(http.stream, begun);
        assert!(all.starts_with(b"HTTP/1.1 200 OK\r\n") && all.ends_with(b"}"), "{fault}");
        assert_paced(fault, &reads, piece, gap);
    }
}

#[test]
fn a_fault_of_requests_hits_what_its_file_names_and_nothing_else() {
    let asks = [
        ("orders", "POST", "/v2/orders"),
        ("cancels", "DELETE", "/v2/orders/00000000-0000-4000-8000-000000000000"),
        ("replaces", "PATCH", "/v2/orders/00000000-0000-4000-8000-000000000000"),
        ("reads", "GET", "/v2/account"),
        ("data", "GET", "/v2/stocks/snapshots?symbols=SPY"),
    ];
    for (on, ..) in asks {
        let stage = of(&format!("kind = \"html_error\"\nstatus = 503\non = \"{on}\"\n"));
        let mut http = stage.http();
        for (target, method, path) in asks {
            let body = if method == "POST" { named("a").to_string() } else { String::from("{}") };
            let reply = http.ask(method, path, if method == "GET" { "" } else { &body });
            let is_page = reply.status == 503 && reply.body.starts_with(b"<html>");
            assert_eq!(is_page, target == on, "{target} under a fault on {on}: {}", reply.status);
        }
    }
}

/// The vocabulary is the table's: a row that no test here names is a fault that nobody has seen.
#[test]
fn every_kind_of_fault_is_seen_on_the_wire_by_a_test_of_its_name() {
    let tests = [include_str!("faults_replies.rs"), include_str!("faults_streams.rs")].concat();
    let schema: Value = serde_json::from_str(&st0ck_emulator::fault_schema()).unwrap();
    let kinds = schema["properties"]["fault"]["items"]["oneOf"].as_array().unwrap();
    assert!(kinds.len() >= 25, "{}", kinds.len());
    for kind in kinds {
        let name = kind["properties"]["kind"]["const"].as_str().unwrap();
        let is_named = [format!("kind = \\\"{name}\\\""), format!("\"{name}\"")];
        assert!(is_named.iter().any(|text| tests.contains(text)), "no test shows {name}");
    }
}

#[test]
fn a_half_open_connection_hears_and_says_nothing_until_it_is_over() {
    let stage = waiting("kind = \"half_open\"\ncount = 1\nfor = \"10s\"\n");
    let mut http = stage.http();
    let request = http.render("POST", "/v2/orders", &named("a").to_string());
    http.stream.write_all(&request).unwrap();
    assert_eq!(find(&stage, "a").status, 404, "others are served");
    let _data = begin(&stage);
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
