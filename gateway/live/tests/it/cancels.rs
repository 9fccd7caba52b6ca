//! Cancels: never refused by us, never taken for done before the broker says so.

use st0ck_gateway::Shut;
use st0ck_types::{BrokerOrderId, OrderNo, Report};

use crate::broker::Answer;
use crate::rig::{BROKER_ID, Rig, Wishes, buy, shown, update};

const POST: &str = "POST /v2/orders";
const DELETE: &str = "DELETE /v2/orders/61e69015-8549-4bfd-b9c3-01e75843f47d";
const LOOKUP: &str = "GET /v2/orders:by_client_order_id";

fn working() -> Rig {
    let mut rig = Rig::ready(Wishes::default());
    rig.submit(buy(1));
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    rig.seen.clear();
    rig
}

#[test]
fn a_cancel_is_asked_for_and_done_when_the_stream_says_so() {
    let mut rig = working();
    rig.gate.shut(Shut::All);
    rig.cancel(1, BrokerOrderId::NONE);
    rig.until("asked", |rig| rig.broker.count(DELETE) == 1);
    rig.linger(50_000_000);
    assert_eq!(rig.seen, [], "204 means only that it was asked for");
    rig.broker.tell(&update("canceled", 1, "canceled", "0"), true);
    rig.until("canceled", |rig| rig.has(|r| matches!(r, Report::Canceled(_))));
}

#[test]
fn a_cancel_waits_for_the_brokers_name_of_its_order() {
    let mut rig = Rig::ready(Wishes::default());
    rig.broker.script(POST, Answer::Silence);
    rig.submit(buy(1));
    rig.until("asked", |rig| rig.broker.count(POST) == 1);
    rig.cancel(1, BrokerOrderId::NONE);
    rig.linger(50_000_000);
    assert_eq!(rig.broker.count("DELETE"), 0);
    rig.broker.tell(&update("new", 1, "new", "0"), true);
    rig.until("canceled", |rig| rig.broker.count(DELETE) == 1);
}

#[test]
fn a_cancel_of_an_unknown_order_finds_it_first() {
    let mut rig = Rig::ready(Wishes { request_timeout_ns: 300_000_000, ..Wishes::default() });
    rig.broker.script(POST, Answer::Close);
    rig.submit(buy(1));
    rig.until("unknown", |rig| rig.has(|r| matches!(r, Report::Unknown(_))));
    rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "new", "0")));
    rig.cancel(1, BrokerOrderId::NONE);
    rig.until("canceled", |rig| rig.broker.count(DELETE) == 1);
    assert_eq!(rig.broker.count(LOOKUP), 1);
}

#[test]
fn a_cancel_that_is_too_late_is_told_and_the_order_is_looked_up() {
    let mut rig = working();
    let late = r#"{"code":42210000,"message":"order is already in \"filled\" state"}"#;
    rig.broker.script(DELETE, Answer::Reply(422, String::from(late)));
    rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "filled", "1")));
    rig.cancel(1, BROKER_ID);
    rig.until("found", |rig| rig.has(|r| matches!(r, Report::Snapshot(_))));
    let Report::CancelRejected(status) = rig.seen[0] else { panic!("{:?}", rig.seen) };
    assert_eq!((status.code, status.client_id), (42_210_000, buy(1).client_id));
    // The fill was missed, so the books are compared.
    rig.until("compared", |rig| rig.has(crate::rig::is_end));
}

#[test]
fn a_cancel_that_fails_is_tried_three_times_and_is_then_unknown() {
    let mut rig = working();
    for _ in 0..3 {
        rig.broker.script(DELETE, Answer::Reply(503, String::from("<html>")));
    }
    rig.cancel(1, BROKER_ID);
    rig.until("unknown", |rig| rig.has(|r| matches!(r, Report::Unknown(_))));
    assert_eq!(rig.broker.count(DELETE), 3);
    rig.until("looked up", |rig| rig.broker.count(LOOKUP) >= 1);
}

#[test]
fn an_order_that_still_waits_here_is_dropped_by_its_cancel() {
    let mut rig = Rig::new(Wishes::default());
    rig.submit(buy(1));
    rig.cancel(1, BrokerOrderId::NONE);
    rig.until("refused", |rig| rig.has(|r| matches!(r, Report::SendRefused { .. })));
    let no = OrderNo(1);
    assert!(rig.has(|r| matches!(r, Report::SendRefused { no: refused, .. } if *refused == no)));
    rig.linger(300_000_000);
    assert_eq!(rig.broker.count(POST) + rig.broker.count("DELETE"), 0);
}
