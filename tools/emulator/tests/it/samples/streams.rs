//! The streams, as text and as MessagePack.

use super::kinds::{MARKET, UPDATE};
use super::shape::{Shape, msgpack};
use super::table::Table;
use super::{bytes, conversation, lines};
use crate::client::Socket;
use crate::data_rest::spy;
use crate::orders::{limit, market};
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{Scenario, Speed, Start};
use std::collections::BTreeMap;

const HAPPY: &str = "stream_text/stock_happy_path.jsonl";
const ERRORS: &str = "stream_text/stock_errors.jsonl";
const UPDATES: &str = "trade_updates/paper_binary_frames_happy.jsonl";
const UNAUTHORIZED: &str = "trade_updates/live_text_unauthorized.jsonl";

pub(super) fn compare(table: &mut Table) {
    market_data(table);
    mistakes(table);
    updates(table);
    strangers(table);
}

/// What a recording has not: a print that is taken back, one that comes late, and a halt.
const EVENTS: &str = "
[[event]]
kind = \"trade_cancel\"
symbol = \"SPY\"
after = \"65s\"
[[event]]
kind = \"late_print\"
symbol = \"SPY\"
after = \"100s\"
late = \"50s\"
price = \"370\"
size = 300
[[event]]
kind = \"halt\"
symbol = \"SPY\"
after = \"200s\"
";

fn market_data(table: &mut Table) {
    let mut fast = spy();
    fast.speed = Speed::Paced(100.0);
    fast.start = Start::OnSubscribe;
    fast.scenario = Scenario::parse(EVENTS, "events.toml").unwrap_or_else(|e| panic!("{e}"));
    let stage = Stage::start(fast);
    let subscribe = json!({"action": "subscribe", "quotes": ["SPY"], "trades": ["SPY"],
        "bars": ["SPY"], "updatedBars": ["SPY"], "statuses": ["SPY"]});
    let mut binary = binary_session(table, &stage);
    let mut text = stage.data("/v2/iex");
    text.say(subscribe.clone());
    crate::msgpack::say(&mut binary, &subscribe);
    let mut ours: BTreeMap<String, Value> = BTreeMap::new();
    while !["subscription", "t", "q", "b", "u"].iter().all(|kind| ours.contains_key(*kind)) {
        for message in text.next().as_array().unwrap() {
            ours.insert(message["T"].as_str().unwrap().to_owned(), message.clone());
        }
    }
    ours.insert(String::from("success"), json!({"T": "success", "msg": "connected"}));
    for message in conversation(HAPPY, "server").iter().flat_map(|all| all.as_array().unwrap()) {
        let kind = message["T"].as_str().unwrap();
        table.compare_part(HAPPY, kind, &MARKET, (message, &ours[kind]));
    }
    binary_market_data(table, &mut binary);
}

/// Signs in on the consolidated feed, in MessagePack.
fn binary_session(table: &mut Table, stage: &Stage) -> Socket {
    let mut socket = crate::msgpack::connect(stage, "/v2/sip");
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    for name in ["connected", "authenticated"] {
        let file = format!("stream_msgpack/control_{name}.msgpack");
        assert_eq!(crate::msgpack::raw(&mut socket), bytes(&file), "{file}");
        table.told(&file, "the same bytes");
        if name == "connected" {
            let auth = json!({"action": "auth", "key": key, "secret": secret});
            crate::msgpack::say(&mut socket, &auth);
        }
    }
    socket
}

fn binary_market_data(table: &mut Table, socket: &mut Socket) {
    let mut ours: BTreeMap<String, Shape> = BTreeMap::new();
    while !["t", "q", "b", "u", "x", "s"].iter().all(|kind| ours.contains_key(*kind)) {
        ours.extend(msgpack::messages(&crate::msgpack::raw(socket)));
    }
    for name in ["trade", "quote", "bar_minute", "bar_updated", "status", "cancel_error"] {
        let file = format!("stream_msgpack/stock_{name}.msgpack");
        for (kind, theirs) in msgpack::messages(&bytes(&file)) {
            table.row(&file, &file, &MARKET, &theirs, &ours[&kind]);
        }
    }
}

/// Says what the client of the sample said, and hears what it heard, word by word.
fn mistakes(table: &mut Table) {
    let stage = Stage::steady();
    let mut socket = stage.websocket("/v2/iex");
    for line in lines(ERRORS) {
        let message = line["msg"].clone();
        if line["dir"] == "client" {
            socket.say(with_keys(&message, &stage));
            continue;
        }
        assert_eq!(socket.next(), message);
        if message[0]["code"] == 402 {
            // Wrong keys end the session (§8.1), which the sample leaves out.
            socket = stage.websocket("/v2/iex");
            socket.next();
        }
    }
    table.told(ERRORS, "the same conversation, word by word");
}

/// The same with the keys of our account where the sample has good ones.
fn with_keys(message: &Value, stage: &Stage) -> Value {
    let ends = stage.endpoints();
    let text = message.to_string();
    serde_json::from_str(&text.replace("PKTEST", &ends.key).replace("SECRET", &ends.secret))
        .unwrap()
}

fn updates(table: &mut Table) {
    // One share is displayed at a time, so that an order for two fills in parts.
    let stage = Stage::start(config(recording(steady(6_000, 100, 1))));
    let (mut http, mut socket) = (stage.http(), stage.updates());
    let mut ours = BTreeMap::new();
    http.post(&market("buy", "2"));
    hear(&mut socket, "fill", &mut ours);
    let id = http.post(&limit("buy", "1", "300")).json()["id"].as_str().unwrap().to_owned();
    hear(&mut socket, "new", &mut ours);
    let reply = http.ask("PATCH", &format!("/v2/orders/{id}"), r#"{"limit_price":"301"}"#).json();
    hear(&mut socket, "new", &mut ours);
    http.delete(&format!("/v2/orders/{}", reply["id"].as_str().unwrap()));
    hear(&mut socket, "canceled", &mut ours);
    for message in conversation(UPDATES, "server") {
        match message["data"]["event"].as_str() {
            Some(event) => {
                table.compare_part(UPDATES, event, &UPDATE, (&message, &ours[event]));
            }
            None => table.told(UPDATES, "acknowledgements are heard word by word"),
        }
    }
}

/// Keeps the last update of each event, to the one wanted.
fn hear(socket: &mut Socket, last: &str, into: &mut BTreeMap<String, Value>) {
    loop {
        let update = socket.next();
        let event = update["data"]["event"].as_str().unwrap().to_owned();
        into.insert(event.clone(), update);
        if event == last {
            return;
        }
    }
}

fn strangers(table: &mut Table) {
    let stage = Stage::steady();
    let mut socket = stage.websocket("/stream");
    for line in lines(UNAUTHORIZED) {
        if line["dir"] == "client" {
            socket.say(line["msg"].clone());
        } else {
            assert_eq!(socket.next(), line["msg"]);
        }
    }
    table.told(UNAUTHORIZED, "the same conversation, word by word");
}
