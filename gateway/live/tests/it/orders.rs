//! Orders on their way out, and every way in which their fate may be told or not told.

use std::io::{Read, Write};
use std::net::TcpListener;

use st0ck_gateway::adapter::LinkState;
use st0ck_gateway::throttle::ThrottleConfig;
use st0ck_gateway::{OrderAdapter, Shut};
use st0ck_net::endpoint::Endpoint;
use st0ck_net::tls::Trust;
use st0ck_types::report::{BrokerStage, SendRefusal};
use st0ck_types::{OrderNo, OrderRequest, PositionEffect, Report};

use crate::broker::{Answer, Broker, accepted};
use crate::rig::{BROKER_ID, Rig, Wishes, buy, shown, update};

const POST: &str = "POST /v2/orders";
const LOOKUP: &str = "GET /v2/orders:by_client_order_id";

fn quick() -> Wishes {
    Wishes { request_timeout_ns: 300_000_000, ..Wishes::default() }
}

#[test]
fn an_order_goes_out_once_and_is_told_as_sending_then_accepted() {
    let mut rig = Rig::ready(Wishes::default());
    rig.submit(buy(1));
    assert_eq!(rig.orders.flow().written, 1);
    rig.until("accepted", |rig| rig.seen.len() >= 2);
    assert_eq!(rig.seen[0], Report::Sending { no: OrderNo(1) });
    let Report::Accepted(status) = rig.seen[1] else { panic!("{:?}", rig.seen) };
    assert_eq!((status.client_id, status.broker_id), (buy(1).client_id, BROKER_ID));
    let body: serde_json::Value = serde_json::from_str(&rig.broker.asked[0].body).unwrap();
    assert_eq!((&body["qty"], &body["limit_price"]), (&"1".into(), &"367.5".into()));
    rig.linger(50_000_000);
    assert_eq!((rig.broker.count(POST), rig.seen.len()), (1, 2));
}

#[test]
fn alpacas_refusals_end_an_order() {
    for (status, body, code) in [
        (403, r#"{"code":40310000,"message":"insufficient buying power"}"#, 40_310_000),
        (422, r#"{"code":42210000,"message":"asset \"SPY\" not found"}"#, 42_210_000),
        (401, r#"{"message":"unauthorized."}"#, 40_100_000),
    ] {
        let mut rig = Rig::ready(Wishes::default());
        rig.broker.script(POST, Answer::Reply(status, String::from(body)));
        rig.submit(buy(1));
        rig.until("rejected", |rig| rig.has(|r| matches!(r, Report::Rejected(_))));
        let Report::Rejected(status) = rig.seen[1] else { panic!("{:?}", rig.seen) };
        assert_eq!((status.code, status.client_id), (code, buy(1).client_id));
        assert_eq!(rig.broker.count(POST), 1);
    }
}

/// Whatever happens on the wire: one POST, then questions until the broker shows the order.
fn unknown_then_found(answer: Answer) {
    let mut rig = Rig::ready(quick());
    let words = format!("{answer:?}");
    rig.broker.script(POST, answer);
    rig.submit(buy(1));
    rig.until("unknown", |rig| rig.has(|r| matches!(r, Report::Unknown(_))));
    assert_eq!(rig.seen[0], Report::Sending { no: OrderNo(1) }, "{words}");
    rig.broker.script(LOOKUP, Answer::Reply(500, String::new()));
    rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "new", "0")));
    rig.until("found", |rig| rig.has(|r| matches!(r, Report::Snapshot(_))));
    assert!(!rig.has(|r| matches!(r, Report::NotFound(_))), "a failed question is not a no");
    assert_eq!((rig.broker.count(POST), rig.broker.count(LOOKUP)), (1, 2), "{words}");
    assert!(
        rig.broker.asked.iter().all(|asked| {
            asked.what != LOOKUP || asked.query.ends_with(buy(1).client_id.as_str())
        })
    );
}

#[test]
fn a_server_error_leaves_the_order_unknown_until_it_is_found() {
    unknown_then_found(Answer::Reply(
        504,
        String::from(r#"{"code":50410000,"message":"request timed out"}"#),
    ));
}

#[test]
fn a_page_of_html_leaves_the_order_unknown_until_it_is_found() {
    unknown_then_found(Answer::Reply(401, String::from("<html>401 Authorization Required</html>")));
}

#[test]
fn no_answer_leaves_the_order_unknown_until_it_is_found() {
    unknown_then_found(Answer::Silence);
}

#[test]
fn a_closed_connection_leaves_the_order_unknown_until_it_is_found() {
    unknown_then_found(Answer::Close);
}

#[test]
fn an_answer_about_another_order_leaves_this_one_unknown() {
    unknown_then_found(Answer::Reply(200, shown(2, "new", "0")));
}

#[test]
fn half_an_answer_leaves_the_order_unknown() {
    // This broker answers by hand, so that the answer can end early.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let half = std::thread::spawn(move || {
        let mut served = 0;
        while served == 0 {
            let (mut peer, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = peer.read(&mut chunk) {
                request.extend_from_slice(&chunk[..count]);
                if request.ends_with(b"\"}") {
                    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":\"61e6";
                    peer.write_all(half).unwrap();
                    served += 1;
                    break;
                }
            }
        }
        served
    });
    let mut rig = Rig::with_rest(
        Endpoint::parse(&format!("http://{addr}")).unwrap().resolve(&Trust::nobody()).unwrap(),
    );
    rig.linger(100_000_000);
    rig.submit(buy(1));
    rig.until("unknown", |rig| rig.has(|r| matches!(r, Report::Unknown(_))));
    assert_eq!(rig.seen.iter().filter(|r| matches!(r, Report::Sending { .. })).count(), 1);
    assert_eq!(half.join().unwrap(), 1);
}

#[test]
fn an_order_that_is_not_there_is_told_so_again_and_again() {
    let mut rig = Rig::ready(quick());
    rig.broker.script(POST, Answer::Close);
    rig.submit(buy(1));
    let nothing = |r: &&Report| matches!(r, Report::NotFound(_));
    rig.until("not found twice", |rig| rig.seen.iter().filter(nothing).count() >= 2);
    assert_eq!(rig.broker.count(POST), 1);
}

#[test]
fn a_used_id_is_believed_of_the_very_same_order() {
    let used = r#"{"code":40010001,"message":"client_order_id must be unique"}"#;
    let mut rig = Rig::ready(Wishes::default());
    rig.broker.script(POST, Answer::Reply(422, String::from(used)));
    rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "new", "0")));
    rig.submit(buy(1));
    rig.until("found", |rig| rig.has(|r| matches!(r, Report::Snapshot(_))));
    assert_eq!(rig.gate.state(), Shut::Open);
    assert!(!rig.has(|r| matches!(r, Report::Rejected(_))));
}

#[test]
fn a_used_id_of_another_order_stops_everything() {
    let used = r#"{"code":40010001,"message":"client_order_id must be unique"}"#;
    for (was, is) in
        [("\"qty\":\"1\"", "\"qty\":\"2\""), ("buy", "sell"), ("367.50", "1.00"), ("2030", "2020")]
    {
        let mut rig = Rig::ready(Wishes::default());
        rig.broker.script(POST, Answer::Reply(422, String::from(used)));
        rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "new", "0").replace(was, is)));
        rig.submit(buy(1));
        rig.until("stopped", |rig| rig.orders.status().state() == LinkState::Failed);
        assert_eq!(rig.gate.state(), Shut::All, "{is}");
        assert!(rig.orders.status().failure().unwrap().contains("another instance"), "{is}");
        assert!(!rig.has(|r| matches!(r, Report::Snapshot(_) | Report::Accepted(_))), "{is}");
    }
}

#[test]
fn a_fill_before_the_answer_is_a_fact_and_voids_the_doubt() {
    let mut rig = Rig::ready(quick());
    rig.broker.script(POST, Answer::Silence);
    rig.submit(buy(1));
    rig.until("asked", |rig| rig.broker.count(POST) == 1);
    rig.broker.tell(&update("new", 1, "new", "0"), true);
    rig.broker.tell(&update("fill", 1, "filled", "1"), false);
    rig.until("filled", |rig| rig.has(|r| matches!(r, Report::Fill(_))));
    rig.linger(600_000_000);
    assert!(
        matches!(
            rig.seen[..],
            [Report::Sending { .. }, Report::Accepted(_), Report::Fill(f)] if f.complete
        ),
        "{:?}",
        rig.seen
    );
    assert_eq!((rig.broker.count(POST), rig.broker.count(LOOKUP)), (1, 0));
}

#[test]
fn what_the_kill_gate_holds_is_never_written() {
    let mut rig = Rig::ready(Wishes::default());
    rig.gate.shut(Shut::Opening);
    rig.submit(buy(1));
    rig.submit(OrderRequest { effect: PositionEffect::Close, ..buy(2) });
    rig.gate.shut(Shut::All);
    rig.submit(OrderRequest { effect: PositionEffect::Close, ..buy(3) });
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    let refused = |no| Report::SendRefused { no: OrderNo(no), why: SendRefusal::Killed };
    assert_eq!(rig.seen[..3], [refused(1), Report::Sending { no: OrderNo(2) }, refused(3)]);
    assert_eq!(rig.broker.count(POST), 1);
    assert_eq!(rig.orders.flow().total(), 3);
}

#[test]
fn without_a_connection_an_order_is_refused_after_a_moment() {
    let mut rig = Rig::new(Wishes::default());
    rig.submit(buy(1));
    rig.until("refused", |rig| {
        rig.has(|r| matches!(r, Report::SendRefused { .. })) || rig.orders.flow().written == 1
    });
    // The connections came up within the moment, or they did not.
    if rig.orders.flow().refused == 1 {
        let why = SendRefusal::Disconnected;
        assert!(rig.seen.contains(&Report::SendRefused { no: OrderNo(1), why }));
    }
    assert_eq!(rig.orders.flow().total(), 1);
}

#[test]
fn an_unreachable_broker_refuses_nothing_but_loses_nothing_either() {
    let mut rig = Rig::with_rest(
        Endpoint::parse("http://127.0.0.1:1").unwrap().resolve(&Trust::nobody()).unwrap(),
    );
    rig.submit(buy(1));
    rig.until("refused", |rig| rig.has(|r| matches!(r, Report::SendRefused { .. })));
    let why = SendRefusal::Disconnected;
    assert!(rig.seen.contains(&Report::SendRefused { no: OrderNo(1), why }));
    assert!(!rig.has(|r| matches!(r, Report::Sending { .. })));
}

#[test]
fn a_429_rejects_its_order_and_holds_the_next_ones() {
    let mut rig = Rig::ready(Wishes::default());
    rig.broker
        .script(POST, Answer::Reply(429, String::from(r#"{"message":"too many requests."}"#)));
    rig.submit(buy(1));
    rig.until("rejected", |rig| rig.has(|r| matches!(r, Report::Rejected(_))));
    rig.submit(buy(2));
    rig.until("refused", |rig| rig.has(|r| matches!(r, Report::SendRefused { .. })));
    assert_eq!(rig.broker.count(POST), 1);
    assert_eq!(rig.orders.counters().throttled.get(), 1);
}

#[test]
fn the_quota_holds_orders_back_and_lets_cancels_pass() {
    let throttle = Some(ThrottleConfig { per_minute: 1, burst: 12, reserve: 4 });
    let mut rig = Rig::ready(Wishes { throttle, ..Wishes::default() });
    rig.submit(buy(1));
    rig.until("accepted", |rig| rig.has(|r| matches!(r, Report::Accepted(_))));
    (2..=9).for_each(|no| rig.submit(buy(no)));
    rig.until("settled", |rig| rig.orders.flow().waiting == 0);
    let flow = rig.orders.flow();
    assert!(flow.refused > 0, "{flow:?}");
    rig.cancel(1, BROKER_ID);
    rig.until("canceled", |rig| rig.broker.count("DELETE") == 1);
}

#[test]
fn a_rejected_key_is_final_and_says_what_to_do() {
    let mut broker = Broker::new();
    broker.accepts_keys = false;
    let mut rig = Rig::with_broker(broker, Wishes::default());
    rig.until("failed", |rig| rig.orders.status().state() == LinkState::Failed);
    let status = rig.orders.status();
    let why = status.failure().unwrap();
    assert!(why.contains("did not accept the key") && !why.contains("secret"), "{why}");
    rig.linger(600_000_000);
    assert_eq!(rig.broker.said.len(), 1, "one attempt, no more");
}

#[test]
fn an_order_answered_as_rejected_is_rejected() {
    let mut rig = Rig::ready(Wishes::default());
    let body = shown(1, "rejected", "0");
    rig.broker.script(POST, Answer::Reply(200, body));
    rig.submit(buy(1));
    rig.until("rejected", |rig| rig.has(|r| matches!(r, Report::Rejected(_))));
}

#[test]
fn what_a_look_up_finds_over_is_over() {
    let mut rig = Rig::ready(quick());
    rig.broker.script(POST, Answer::Close);
    rig.broker.script(LOOKUP, Answer::Reply(200, shown(1, "canceled", "0")));
    rig.submit(buy(1));
    rig.until("found", |rig| rig.has(|r| matches!(r, Report::Snapshot(_))));
    assert!(rig.has(|r| matches!(r, Report::Snapshot(s) if s.stage == BrokerStage::Canceled)));
    rig.linger(1_200_000_000);
    assert_eq!(rig.broker.count(LOOKUP), 1, "nobody asks about what is over");
}

#[test]
fn the_broker_shows_what_was_asked_for() {
    let body =
        r#"{"symbol":"SPY","qty":"1","side":"buy","time_in_force":"day","client_order_id":"x"}"#;
    assert!(accepted(body, "i").contains(r#""client_order_id":"x""#));
}
