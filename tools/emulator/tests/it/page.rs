//! The page in the browser and the descriptions for tools, over real sockets.

use crate::client::{Http, Reply};
use crate::faults_replies::stage;
use crate::orders::limit;
use crate::stage::Stage;
use serde_json::Value;
use std::io::Write;

/// Asks for a path under a host's name, without keys.
fn ask(http: &mut Http, method: &str, path: &str, host: &str) -> Reply {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    http.stream.write_all(request.as_bytes()).unwrap();
    http.read().unwrap()
}

fn get(stage: &Stage, path: &str) -> Reply {
    ask(&mut stage.http_as(None), "GET", path, &format!("127.0.0.1:{}", stage.port()))
}

fn state(stage: &Stage) -> Value {
    get(stage, "/emulator/state").json()
}

#[test]
fn the_page_and_its_parts_come_without_keys_and_run_nothing_of_elsewhere() {
    let stage = Stage::steady();
    for (path, kind, part) in [
        ("/", "text/html", "<script src=\"/page.js\">"),
        ("/page.js", "text/javascript", "/emulator/state"),
        ("/page.css", "text/css", "table"),
        ("/faults.schema.json", "application/json", "byte_at_a_time"),
        ("/openapi.json", "application/json", "/v2/orders"),
    ] {
        let reply = get(&stage, path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.head.contains(&format!("Content-Type: {kind}")), "{}", reply.head);
        assert!(reply.head.contains("Content-Security-Policy: default-src 'self'"));
        assert!(String::from_utf8(reply.body).unwrap().contains(part), "{path}");
    }
}

#[test]
fn only_who_asks_this_machine_by_its_name_is_answered() {
    let stage = Stage::steady();
    let port = stage.port();
    for host in ["example.com", "127.0.0.1.example.com", "x", "", &format!("evil.test:{port}")] {
        for path in ["/", "/emulator/state", "/openapi.json"] {
            let reply = ask(&mut stage.http_as(None), "GET", path, host);
            assert_eq!((reply.status, reply.body), (403, b"ask 127.0.0.1".to_vec()), "{host:?}");
            assert!(!reply.head.to_lowercase().contains("access-control"), "{}", reply.head);
        }
    }
    assert_eq!(ask(&mut stage.http_as(None), "POST", "/", "localhost").status, 405);
}

#[test]
fn the_state_tells_of_accounts_orders_positions_and_faults() {
    let faults = "[[fault]]\nname = \"twice\"\nkind = \"duplicate\"\non = \"updates\"\n\
                  [[fault]]\nname = \"later\"\nkind = \"slow\"\nbytes_per_s = 1\nafter = \"5h\"\n";
    let stage = stage(faults);
    let (mut http, mut updates) = (stage.http(), stage.updates());
    http.post(&limit("buy", "2", "300"));
    let order = serde_json::json!({"symbol": "SPY", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day"});
    http.post(&order);
    while updates.next()["data"]["event"] != "fill" {}
    let state = state(&stage);
    assert_eq!(state["session"]["phase"], "playing");
    assert_eq!(state["positions"][0]["qty"], "3");
    assert_eq!(state["orders"].as_array().unwrap().len(), 2);
    assert_eq!(state["accounts"][0]["account"], 0);
    assert_eq!(state["market"][0]["symbol"], "SPY");
    let [twice, later] = state["faults"].as_array().unwrap().as_slice() else { panic!("two") };
    assert!(twice["active"] == true && twice["hits"].as_u64() > Some(3), "{twice}");
    assert!(later["active"] == false && later["on"] == "connections", "{later}");
}

#[test]
fn what_clients_write_is_text_and_never_markup() {
    const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"&</td>";
    let stage = Stage::steady();
    let mut http = stage.http();
    let mut order = limit("buy", "1", "300");
    order["client_order_id"] = EVIL.into();
    assert_eq!(http.post(&order).status, 200);
    let mut unknown = limit("buy", "1", "300");
    unknown["symbol"] = EVIL.into();
    let refused = http.post(&unknown);
    let told = get(&stage, "/emulator/state");
    assert_eq!(told.json()["orders"][0]["client_order_id"], EVIL);
    for reply in [&told, &refused] {
        assert!(reply.head.contains("Content-Type: application/json"), "{}", reply.head);
    }
    assert!(told.head.contains("X-Content-Type-Options: nosniff"), "{}", told.head);
    let script = String::from_utf8(get(&stage, "/page.js").body).unwrap();
    for way in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("] {
        assert!(!script.contains(way), "{way}: the page writes text alone");
    }
    // A path that is no page is answered as JSON or by the front door, and tells nothing back.
    let lost = get(&stage, "/%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!String::from_utf8(lost.body).unwrap().contains("alert"));
}

#[test]
fn nothing_of_it_is_secret() {
    let stage = Stage::steady();
    let endpoints = stage.endpoints();
    for path in ["/", "/page.js", "/emulator/state", "/openapi.json"] {
        let text = String::from_utf8(get(&stage, path).body).unwrap();
        for secret in [&endpoints.key, &endpoints.secret, &endpoints.account] {
            assert!(!text.contains(secret.as_str()), "{path}");
        }
    }
}

#[test]
fn who_looks_at_the_page_changes_no_id_of_the_session() {
    let first_id = |looks: usize| {
        let stage = Stage::steady();
        (0..looks).for_each(|_| drop(state(&stage)));
        let reply = stage.http().post(&limit("buy", "1", "300"));
        let head =
            reply.head.lines().find(|line| line.starts_with("X-Request-ID")).map(str::to_owned);
        (head, reply.json()["id"].clone())
    };
    assert_eq!(first_id(0), first_id(5));
}
