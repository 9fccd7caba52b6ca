//! Accounts: what their owners may set, and that none sees another's.

use crate::client::{Http, Socket};
use crate::orders::{limit, market};
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::AccountKeys;

/// A long steady session of a house with that many accounts.
fn house(accounts: u16) -> Stage {
    let mut several = config(recording(steady(6_000, 100, 1_000)));
    several.accounts = accounts;
    Stage::start(several)
}

fn login(stage: &Stage, account: usize) -> (Http, AccountKeys) {
    let keys = stage.endpoints().accounts[account].clone();
    (stage.http_as(Some((&keys.key, &keys.secret))), keys)
}

fn listener(stage: &Stage, keys: &AccountKeys) -> Socket {
    let mut socket = stage.websocket("/stream");
    socket.say(json!({"action": "auth", "key": keys.key, "secret": keys.secret}));
    assert_eq!(socket.next()["data"]["status"], "authorized");
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    assert_eq!(socket.next()["stream"], "listening");
    socket
}

#[test]
fn two_accounts_trade_on_one_market_and_do_not_see_each_other() {
    let stage = house(2);
    let ((mut first, a), (mut second, b)) = (login(&stage, 0), login(&stage, 1));
    let (mut hears_a, mut hears_b) = (listener(&stage, &a), listener(&stage, &b));
    let order = first.post(&market("buy", "10")).json();
    let resting = second.post(&limit("buy", "1", "300")).json();
    let told: Vec<Value> = (0..3).map(|_| hears_a.next()["data"]["order"]["id"].clone()).collect();
    assert_eq!(told, vec![order["id"].clone(); 3]);
    assert_eq!(hears_b.next()["data"]["order"]["id"], resting["id"]);
    assert_eq!(second.get("/v2/positions"), json!([]));
    let of_first = format!("/v2/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(second.ask("GET", &of_first, "").status, 404);
    assert_eq!(second.delete(&of_first).status, 404);
    // What is a wash trade within one account is none between two.
    assert_eq!(second.post(&limit("buy", "1", "367")).status, 200);
    assert_eq!(first.post(&limit("sell", "1", "366")).status, 200);
    let power = |http: &mut Http| http.get("/v2/account")["buying_power"].clone();
    assert_eq!(power(&mut second), "199333");
    assert_ne!(power(&mut first), "199333");
    let ids = [&mut first, &mut second].map(|http| http.get("/v2/account")["id"].clone());
    assert_eq!(ids, [json!(a.account), json!(b.account)]);
}

#[test]
fn the_ready_line_names_every_account_and_the_first_as_before() {
    let stage = house(3);
    let line: Value = serde_json::from_str(&stage.endpoints().to_string()).unwrap();
    let accounts = line["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 3);
    for key in ["key", "secret", "account"] {
        assert_eq!(accounts[0][key], line[key], "{key}");
    }
}

#[test]
fn each_account_has_a_market_data_session_of_its_own() {
    let stage = house(2);
    let open = |account: usize| {
        let keys = stage.endpoints().accounts[account].clone();
        let mut socket = stage.websocket("/v2/iex");
        assert_eq!(socket.next()[0]["msg"], "connected");
        socket.say(json!({"action": "auth", "key": keys.key, "secret": keys.secret}));
        let answer = socket.next();
        (socket, answer)
    };
    let (first, second) = (open(0), open(1));
    assert_eq!(
        (&first.1[0]["msg"], &second.1[0]["msg"]),
        (&json!("authenticated"), &json!("authenticated"))
    );
    assert_eq!(open(1).1[0]["code"], 406);
}

#[test]
fn configurations_show_what_was_set_and_act_on_orders() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let path = "/v2/account/configurations";
    let before = http.get(path);
    assert_eq!(before["max_margin_multiplier"], "4");
    assert_eq!((&before["suspend_trade"], before.get("pdt_check")), (&json!(false), None));
    let reply = http.ask("PATCH", path, r#"{"no_shorting":true,"dtbp_check":null}"#);
    assert_eq!((reply.status, &reply.json()["no_shorting"]), (200, &json!(true)));
    let refused = http.post(&market("sell", "1"));
    assert_eq!(
        (refused.status, refused.message()),
        (403, "account is not allowed to short".into())
    );
    assert_eq!(http.get("/v2/account")["shorting_enabled"], false);

    http.ask("PATCH", path, r#"{"max_margin_multiplier":"1"}"#);
    let account = http.get("/v2/account");
    assert_eq!((&account["multiplier"], &account["buying_power"]), (&json!("1"), &json!("100000")));

    http.ask("PATCH", path, r#"{"suspend_trade":true}"#);
    let refused = http.post(&limit("buy", "1", "300"));
    assert_eq!(
        (refused.status, refused.message()),
        (403, "account not authorized to trade".into())
    );
    assert_eq!(http.get("/v2/account")["trade_suspended_by_user"], true);
    let bad = http.ask("PATCH", path, r#"{"suspend_trade":"no"}"#);
    assert_eq!((bad.status, bad.message()), (422, "invalid suspend_trade".into()));
    http.ask("PATCH", path, r#"{"suspend_trade":false,"no_shorting":false}"#);
    assert_eq!(http.post(&limit("buy", "1", "300")).status, 200);
}
