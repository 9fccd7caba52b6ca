//! Full rings: orders that found no slot come back as refusals, cancels keep theirs, and a slow core
//! gets the newest quote with a notice of what it missed.

use crate::rig::{Crew, ROOMY, Rig, Setup};
use crate::strategies::Buyer;
use st0ck_engine::orders::Stage;
use st0ck_types::market::GapCause;
use st0ck_types::report::{SendRefusal, Status};
use st0ck_types::{Errand, Gap, Input, MarketEvent, OrderNo, Price, Report};

const BUYER: Crew = || vec![Box::<Buyer>::default()];
/// Two orders fit, and two cancels beside them.
const TIGHT: Setup = Setup { market: 8, gateway: 4, reserve: 2, ..ROOMY };

fn stage(rig: &Rig, no: u32) -> Stage {
    rig.core.engine().orders().get(OrderNo(no)).unwrap().stage
}

#[test]
fn orders_that_find_the_gateways_ring_full_come_back_as_refusals() {
    let mut rig = Rig::new(BUYER, TIGHT);
    rig.print(5);
    rig.crank();
    let refused: Vec<_> = rig
        .groups()
        .iter()
        .filter_map(|g| match g.input {
            Input::Report(Report::SendRefused { no, why }) => Some((no.0, why)),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [3, 4, 5].map(|no| (no, SendRefusal::RingFull)), "journaled as inputs");
    assert_eq!(
        [1, 2, 3, 4, 5].map(|no| stage(&rig, no)),
        [Stage::Intent, Stage::Intent, Stage::Refused, Stage::Refused, Stage::Refused,]
    );
    assert_eq!(rig.note(0, "refused"), 3, "the strategy is told of each");
    let sent: Vec<OrderNo> = rig
        .outgoing()
        .iter()
        .map(|o| match o.errand {
            Errand::Submit(order) => order.no,
            Errand::Cancel(cancel) => panic!("{cancel:?}"),
        })
        .collect();
    assert_eq!(sent, [OrderNo(1), OrderNo(2)]);
    rig.print(1);
    rig.crank();
    assert_eq!(rig.outgoing().len(), 1, "with room again the next one goes");
    rig.end();
}

#[test]
fn cancels_pass_a_ring_that_is_full_of_orders() {
    let mut rig = Rig::new(BUYER, TIGHT);
    rig.print(2);
    rig.crank();
    // Nobody takes the two orders from the ring; the broker's news of the first makes it unwanted.
    let client_id = rig.core.engine().orders().get(OrderNo(1)).unwrap().request.client_id;
    let at = rig.now;
    let accepted = Report::Accepted(Status { client_id, at, ..Status::default() });
    rig.reports.try_push(accepted).unwrap();
    rig.crank();
    let errands = rig.outgoing();
    assert!(matches!(errands[2].errand, Errand::Cancel(c) if c.no == OrderNo(1)), "{errands:?}");
    rig.end();
}

#[test]
fn a_core_that_was_slow_gets_the_newest_quote_and_is_told_what_it_missed() {
    let mut rig = Rig::new(BUYER, TIGHT);
    let seen = rig.note(0, "quotes");
    for cent in 0..30 {
        rig.quote(&format!("99.{:02}", 60 + cent), "100.01");
        if cent % 10 == 9 {
            rig.print(0);
        }
    }
    rig.crank();
    rig.market.flush();
    rig.crank();
    let book = rig.core.engine().world().market.book(st0ck_types::InstrumentId(0)).unwrap();
    assert_eq!(book.quote().bid, Price::parse("99.89").unwrap(), "the newest");
    assert!(rig.note(0, "quotes") - seen < 30, "not all of them");
    let gaps: Vec<Gap> = rig
        .groups()
        .iter()
        .filter_map(|g| match g.input {
            Input::Market(MarketEvent::Gap(gap)) => Some(gap),
            _ => None,
        })
        .collect();
    assert!(gaps.iter().all(|g| g.cause == GapCause::RingFull) && !gaps.is_empty(), "{gaps:?}");
    let conflated: u64 = gaps.iter().map(|g| g.quotes_conflated).sum();
    let consumed = (rig.note(0, "quotes") - seen) as u64;
    assert_eq!(consumed + conflated, 30, "each quote was seen or counted");
    assert_eq!(gaps.iter().map(|g| g.trades_lost).sum::<u64>(), 3);
    rig.end();
}

#[test]
fn a_roomy_ring_loses_nothing() {
    let mut rig = Rig::new(BUYER, ROOMY);
    let seen = rig.note(0, "quotes");
    for cent in 0..30 {
        rig.quote(&format!("99.{:02}", 60 + cent), "100.01");
    }
    rig.crank();
    assert_eq!(rig.note(0, "quotes"), seen + 30);
    assert!(!rig.groups().iter().any(|g| matches!(g.input, Input::Market(MarketEvent::Gap(_)))));
    rig.end();
}
