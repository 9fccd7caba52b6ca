//! Scenarios: what a client sees on the wire is what the file said.

use crate::client::{Http, Socket};
use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{Emulator, EmulatorConfig, Scenario};
use std::collections::VecDeque;

/// A long steady session beside which this happens.
pub(crate) fn played(events: &str) -> EmulatorConfig {
    EmulatorConfig {
        scenario: Scenario::parse(events, "s.toml").unwrap_or_else(|error| panic!("{error}")),
        ..config(recording(steady(6_000, 100, 1_000)))
    }
}

pub(crate) fn of(events: &str) -> Stage {
    Stage::start(played(events))
}

/// A market-data session that is read message by message, whatever frames they come in.
pub(crate) struct Listener {
    socket: Socket,
    heard: VecDeque<Value>,
}

impl Listener {
    /// On the consolidated feed, of every symbol.
    pub(crate) fn to(stage: &Stage, channels: &[&str]) -> Self {
        Self::on(stage, "/v2/sip", channels)
    }

    pub(crate) fn on(stage: &Stage, path: &str, channels: &[&str]) -> Self {
        let mut socket = stage.data(path);
        let mut wish = json!({"action": "subscribe"});
        channels.iter().for_each(|channel| wish[*channel] = json!(["*"]));
        socket.say(wish);
        assert_eq!(socket.next()[0]["T"], "subscription");
        Self { socket, heard: VecDeque::new() }
    }

    /// The next message.
    pub(crate) fn next(&mut self) -> Value {
        while self.heard.is_empty() {
            let Value::Array(frame) = self.socket.next() else { panic!("a frame is an array") };
            self.heard.extend(frame);
        }
        self.heard.pop_front().unwrap()
    }

    /// The next message of a kind.
    pub(crate) fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next();
            if message["T"] == kind {
                return message;
            }
        }
    }
}

/// The next update of an order with this event.
pub(crate) fn update(updates: &mut Socket, order: &Value, event: &str) -> Value {
    loop {
        let data = updates.next()["data"].take();
        if data["order"]["id"] == order["id"] && data["event"] == event {
            return data;
        }
    }
}

pub(crate) fn market(side: &str, tif: &str) -> Value {
    json!({"symbol": "SPY", "qty": "1", "side": side, "type": "market", "time_in_force": tif})
}

/// An order that fills nothing: the first, so that something may happen after it.
fn ring(http: &mut Http) {
    assert_eq!(http.post(&limit("buy", "1", "300")).status, 200);
}

#[test]
fn an_order_sent_in_a_halt_waits_and_trades_after_it() {
    let stage = of("[[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\nafter_orders = 1\n\
         [[event]]\nkind = \"resume\"\nsymbol = \"SPY\"\nafter_orders = 3\nwait = \"1s\"\n");
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut statuses = Listener::to(&stage, &["statuses"]);
    ring(&mut http);
    let halt = statuses.next_of("s");
    let at = halt["t"].clone();
    assert_eq!(
        halt,
        json!({"T": "s", "S": "SPY", "sc": "2", "sm": "Trading Halt", "rc": "P",
            "rm": "News Pending", "t": at, "z": "B"})
    );
    let waiting = http.post(&market("buy", "day")).json();
    update(&mut updates, &waiting, "new");
    let hasty = http.post(&market("buy", "ioc")).json();
    assert_eq!(update(&mut updates, &hasty, "canceled")["order"]["filled_qty"], "0");
    let resumed = statuses.next_of("s");
    assert_eq!([&resumed["sc"], &resumed["rc"]], ["3", ""]);
    let fill = update(&mut updates, &waiting, "fill");
    let time = |at: &Value| at.as_str().unwrap()[..26].to_owned();
    assert!(time(&fill["timestamp"]) >= time(&resumed["t"]), "{fill} {resumed}");
}

#[test]
fn a_halted_symbol_neither_trades_nor_is_quoted_unless_the_file_says_so() {
    for (quotes, told) in [("", "s"), ("quotes = true\n", "q")] {
        let stage = of(&format!(
            "[[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\nafter = \"2s\"\n{quotes}\
             [[event]]\nkind = \"resume\"\nsymbol = \"SPY\"\nafter = \"12s\"\n"
        ));
        let mut socket = Listener::to(&stage, &["quotes", "statuses"]);
        socket.next_of("s");
        assert_eq!(socket.next()["T"], told, "{quotes}");
    }
}

#[test]
fn trading_resumes_with_a_reopening_print_that_waiting_orders_trade_with() {
    let stage =
        of("[[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\nafter_orders = 1\ncode = \"H\"\n\
         reason = \"T12\"\n[[event]]\nkind = \"resume\"\nsymbol = \"SPY\"\nafter_orders = 2\n\
         code = \"T\"\nreason = \"T3\"\nprice = 366.5\nsize = 4000\nwait = \"500ms\"\n");
    let (mut http, mut updates) = (stage.http(), stage.updates());
    let mut socket = Listener::to(&stage, &["trades", "statuses"]);
    ring(&mut http);
    let halt = socket.next_of("s");
    assert_eq!([&halt["sc"], &halt["rc"]], ["H", "T12"]);
    let order = http.post(&limit("buy", "3", "367")).json();
    assert_eq!(socket.next_of("s")["rc"], "T3");
    let print = socket.next_of("t");
    assert_eq!(
        (&print["p"], &print["s"], &print["c"]),
        (&366.5.into(), &4000.into(), &json!(["5"]))
    );
    // Who waits in the book trades at his limit, as with every print through it.
    assert_eq!(update(&mut updates, &order, "fill")["price"], "367");
}

#[test]
fn what_cannot_happen_in_this_session_is_refused_with_its_line() {
    let events = "\n[[event]]\nkind = \"halt\"\nsymbol = \"QQQ\"\n";
    let error = Emulator::bind(played(events)).err().unwrap().to_string();
    assert_eq!(error, "line 2: the event is of QQQ, which is not played: there is SPY");
}
