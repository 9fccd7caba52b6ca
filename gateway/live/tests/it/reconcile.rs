//! Comparing the books: at start, after a cut stream, after a missed fill.

use st0ck_gateway::adapter::LinkState;
use st0ck_gateway::{KnownOrder, OrderAdapter, Shut};
use st0ck_types::report::Reconcile;
use st0ck_types::{BrokerOrderId, InstrumentId, Nanos, Qty, Report, Text};

use crate::broker::{Answer, Broker, ID};
use crate::rig::{BROKER_ID, Rig, Wishes, buy, is_end, shown, update};

const FILL: &str = r#"{"activity_type":"FILL","id":"20300101000001000::2f63ea93-0000-4000-8000-3fdafc10c418",
    "transaction_time":"2030-01-01T00:00:01Z","type":"fill","price":"367.49","qty":"1","side":"buy",
    "symbol":"SPY","leaves_qty":"0","cum_qty":"1","order_status":"filled","order_id":"ORDER"}"#;

fn fill() -> String {
    FILL.replace("ORDER", ID)
}

fn words(reports: &[Report]) -> Vec<&'static str> {
    reports
        .iter()
        .map(|report| match report {
            Report::Link { up: true } => "up",
            Report::Link { up: false } => "down",
            Report::Reconcile(r) if r.ended => "end",
            Report::Reconcile(_) => "begin",
            Report::Account(_) => "account",
            Report::Position(_) => "position",
            Report::Snapshot(_) => "snapshot",
            Report::NotFound(_) => "not_found",
            Report::Fill(_) => "fill",
            Report::Accepted(_) => "accepted",
            Report::Sending { .. } => "sending",
            _ => "other",
        })
        .collect()
}

#[test]
fn at_start_the_books_are_compared_after_the_stream_is_up() {
    let mut broker = Broker::new();
    broker.positions = String::from(
        r#"[{"symbol":"SPY","qty":"3","side":"long","avg_entry_price":"367.333333333333"},
            {"symbol":"TSLA","qty":"-1","side":"short"}]"#,
    );
    broker.open_orders = format!(
        "[{},{}]",
        shown(1, "new", "0"),
        shown(9, "new", "0").replace(buy(9).client_id.as_str(), "by hand")
    );
    let mut rig = Rig::with_broker(broker, Wishes::default());
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(
        words(&rig.seen),
        ["up", "begin", "account", "snapshot", "snapshot", "position", "position", "end"]
    );
    let end = Reconcile { ended: true, stable: true, foreign_orders: 1 };
    assert_eq!(rig.seen.last(), Some(&Report::Reconcile(end)));
    let Report::Position(tsla) = rig.seen[6] else { panic!("no position") };
    assert_eq!((tsla.instrument, tsla.qty), (InstrumentId::ALL, Qty(-1_000_000_000)));
    assert_eq!(rig.broker.said.len(), 2, "signed in and listening before anything was read");
    assert_eq!(rig.orders.status().state(), LinkState::Up);
}

#[test]
fn what_a_recovered_core_wonders_about_is_looked_up() {
    let known =
        |no| KnownOrder { request: buy(no), broker_id: BrokerOrderId::NONE, filled: Qty::ZERO };
    let mut broker = Broker::new();
    let lookup = "GET /v2/orders:by_client_order_id";
    broker.script(lookup, Answer::Reply(200, shown(1, "filled", "1")));
    broker.fills = format!("[{}]", fill());
    let wishes = Wishes { known: vec![known(1), known(2)], ..Wishes::default() };
    let mut rig = Rig::with_broker(broker, wishes);
    rig.until("compared", |rig| rig.has(is_end));
    let begin = rig.seen.iter().position(|r| matches!(r, Report::Reconcile(_))).unwrap();
    let told = words(&rig.seen[begin..]);
    assert_eq!(told, ["begin", "account", "snapshot", "not_found", "fill", "end"]);
    let Report::Fill(fill) = rig.seen[begin + 4] else { panic!("no fill") };
    assert_eq!((fill.client_id, fill.broker_id), (buy(1).client_id, BROKER_ID));
    assert!(rig.broker.asked.iter().any(|asked| asked.query.contains("after=1969-12-31T23:45:00")));
}

#[test]
fn a_cut_stream_is_told_and_what_was_missed_is_found() {
    let mut rig = Rig::ready(Wishes::default());
    rig.submit(buy(1));
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    rig.seen.clear();
    rig.broker.close_streams(1011);
    rig.until("down", |rig| rig.has(|r| *r == Report::Link { up: false }));
    // It fills while nobody listens.
    rig.broker.fills = format!("[{}]", fill());
    rig.broker.positions = String::from(r#"[{"symbol":"SPY","qty":"1"}]"#);
    let lookup = "GET /v2/orders:by_client_order_id";
    rig.broker.script(lookup, Answer::Reply(200, shown(1, "filled", "1")));
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(
        words(&rig.seen),
        ["down", "up", "begin", "account", "snapshot", "fill", "position", "end"]
    );
}

#[test]
fn events_during_a_comparison_follow_it() {
    let mut rig = Rig::ready(Wishes::default());
    rig.submit(buy(1));
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    rig.seen.clear();
    rig.broker.open_orders = format!("[{}]", shown(1, "new", "0"));
    rig.broker.script("GET /v2/account", Answer::Reply(500, String::new()));
    rig.orders.reconcile();
    rig.until("reading", |rig| rig.broker.count("GET /v2/account") >= 1);
    rig.broker.tell(&update("fill", 1, "filled", "1"), true);
    rig.until("filled", |rig| rig.has(|r| matches!(r, Report::Fill(_))));
    let told = words(&rig.seen);
    let end = told.iter().position(|word| *word == "end").unwrap();
    assert_eq!(told[end + 1..], ["fill"], "{told:?}");
}

#[test]
fn a_jump_in_the_filled_total_makes_the_books_be_compared() {
    let mut rig = Rig::ready(Wishes::default());
    rig.submit(buy(1));
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    rig.seen.clear();
    // One share is told, two are filled.
    rig.broker.tell(&update("fill", 1, "filled", "2"), true);
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(words(&rig.seen)[0], "fill");
}

#[test]
fn a_failed_read_is_repeated_and_never_counts_as_empty() {
    let mut broker = Broker::new();
    broker.positions = String::from(r#"[{"symbol":"SPY","qty":"3"}]"#);
    for answer in [
        Answer::Reply(500, String::new()),
        Answer::Reply(200, String::from("<html>")),
        Answer::Reply(200, String::from(r#"[{"symbol":"SPY"}]"#)),
        Answer::Close,
    ] {
        broker.script("GET /v2/positions", answer);
    }
    let mut rig = Rig::with_broker(broker, Wishes::default());
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(words(&rig.seen), ["up", "begin", "account", "position", "end"]);
}

#[test]
fn a_key_of_another_account_stops_everything() {
    let account = Some(Text::new("PA2"));
    let mut rig = Rig::new(Wishes { account, ..Wishes::default() });
    rig.until("stopped", |rig| rig.orders.status().state() == LinkState::Failed);
    assert_eq!(rig.gate.state(), Shut::All);
    assert!(rig.orders.status().failure().unwrap().contains("bound to PA2"));
    let account = Some(Text::new("a-1"));
    let rig = Rig::ready(Wishes { account, ..Wishes::default() });
    assert_eq!(rig.gate.state(), Shut::Open);
}

#[test]
fn a_stream_closed_in_order_ends_the_session() {
    let mut rig = Rig::ready(Wishes::default());
    rig.broker.close_streams(1000);
    rig.until("ended", |rig| rig.orders.status().state() == LinkState::Ended);
    rig.linger(600_000_000);
    assert_eq!(rig.broker.said.len(), 2, "no reconnect");
    assert_eq!(rig.seen, [Report::Link { up: false }]);
}

#[test]
fn a_stream_closed_in_order_while_the_session_runs_is_a_loss() {
    let session = Some((Nanos(0), Nanos::MAX));
    let mut rig = Rig::ready(Wishes { session, ..Wishes::default() });
    rig.broker.close_streams(1000);
    rig.until("down", |rig| rig.has(|r| *r == Report::Link { up: false }));
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(rig.orders.status().state(), LinkState::Up);
}

#[test]
fn an_unreadable_message_makes_the_books_be_compared() {
    let mut rig = Rig::ready(Wishes::default());
    rig.broker.tell("{\"stream\":\"trade_updates\",\"data\":7}", false);
    rig.until("compared", |rig| rig.has(is_end));
    assert_eq!(rig.orders.counters().malformed.get(), 1);
}
