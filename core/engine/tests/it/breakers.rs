//! What trips a breaker, what it holds down, and that a named person alone takes it back.

use crate::controls::{after_orders, explain, holding, lane, request, with_open};
use crate::lane::{
    CALL, Hand, Lane, Puppet, QQQ, SPY, buy, buy_market, config, money, sell, shares,
};
use st0ck_engine::risk::{Restraint, TradingState};
use st0ck_engine::{Engine, Intent, Strategy};
use st0ck_types::command::Reason;
use st0ck_types::report::{Fill, Position, Snapshot, Status};
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{
    ClientOrderId, Command, ExecutionId, Input, OrderNo, Output, Reject, RejectCode,
};
use st0ck_types::{Report, Seq, Side, StrategyId};

fn restraints(lane: &Lane) -> Vec<Restraint> {
    lane.engine.restraints().iter().collect()
}

/// Arming does not take the restraint back; a named person does, and the lane trades.
fn only_a_reset_lifts(lane: &mut Lane, restraint: Restraint) {
    assert_eq!(restraints(lane), [restraint]);
    lane.arm();
    assert_eq!(restraints(lane), [restraint], "arming is not enough");
    lane.pass(SECOND);
    lane.quote_all();
    lane.refused(buy(SPY, 1, "100"));
    lane.command(Command::ResetLatches(Reason::new("Ada: looked at it")));
    assert_eq!(restraints(lane), []);
    lane.place(buy(SPY, 1, "100"));
}

#[test]
fn a_fall_from_the_best_cancels_what_opens_and_counts_gains_that_were_lost() {
    let mut lane = Lane::with(|limits| limits.drawdown_max = money("50"));
    lane.round_trip(CALL, "2.30");
    let bid = lane.place(buy(QQQ, 1, "99.90"));
    lane.hold(CALL, 1);
    let out = lane.quote(CALL, "1.50", "1.51");
    assert_eq!((lane.engine.state(), out), (TradingState::Active, vec![]), "49.50 of 50");
    let out = lane.quote(CALL, "1.49", "1.51");
    assert!(matches!(out[..], [Output::Cancel(cancel)] if cancel.no == bid), "{out:?}");
    assert_eq!(restraints(&lane), [Restraint::Drawdown]);
    lane.report(Report::Canceled(lane.status(bid)));
    lane.quote(CALL, "1.99", "2.01");
    only_a_reset_lifts(&mut lane, Restraint::Drawdown);
}

#[test]
fn a_fall_counts_from_the_result_at_the_last_reset() {
    let mut lane = Lane::with(|limits| limits.drawdown_max = money("50"));
    lane.round_trip(CALL, "1.50");
    only_a_reset_lifts(&mut lane, Restraint::Drawdown);
    lane.pass(MINUTE);
    lane.quote_all();
    lane.round_trip(CALL, "1.51");
    assert_eq!(lane.engine.state(), TradingState::Active, "49 since the reset");
    lane.round_trip(CALL, "1.99");
    assert_eq!(lane.engine.state(), TradingState::Reducing, "50 since the reset");
}

#[test]
fn the_third_refusal_in_a_row_halts_and_an_order_taken_between_them_does_not() {
    let mut lane = with_open(5, |_| {});
    for (no, taken) in [(1, false), (2, false), (3, true), (4, false), (5, false)] {
        let status = lane.status(OrderNo(no));
        lane.report(if taken { Report::Accepted(status) } else { Report::Rejected(status) });
    }
    assert_eq!(lane.engine.state(), TradingState::Active);
    let no = lane.place(buy(QQQ, 1, "100"));
    lane.report(Report::Rejected(lane.status(no)));
    lane.report(Report::Canceled(lane.status(OrderNo(3))));
    only_a_reset_lifts(&mut lane, Restraint::BrokerRejects);
}

#[test]
fn an_order_taken_after_the_limit_was_reached_does_not_take_it_back() {
    let mut lane = with_open(4, |_| {});
    for no in [1, 2, 3] {
        lane.report(Report::Rejected(lane.status(OrderNo(no))));
    }
    lane.accept(OrderNo(4));
    let met = lane.refused(buy(SPY, 1, "100"));
    let three = 3_000_000_000;
    assert_eq!((met.code, met.value, met.limit), (RejectCode::BrokerRejects, three, three));
}

#[test]
fn five_refusals_in_a_minute_halt_and_stay_when_the_minute_is_over() {
    let mut lane = with_open(2, |limits| limits.broker_rejects_per_minute_max = 2);
    for no in [1, 2] {
        lane.report(Report::Rejected(lane.status(OrderNo(no))));
    }
    lane.pass(MINUTE);
    lane.quote_all();
    let met = lane.refused(buy(SPY, 1, "100"));
    assert_eq!((met.code, met.value, met.limit), (RejectCode::BrokerRejects, 0, 2_000_000_000));
    only_a_reset_lifts(&mut lane, Restraint::BrokerRejects);
}

#[test]
fn what_was_refused_twice_by_one_report_counts_once() {
    let mut lane = with_open(2, |_| {});
    for no in [1, 1, 2] {
        lane.report(Report::Rejected(lane.status(OrderNo(no))));
    }
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn too_many_messages_for_each_execution_halt_and_a_reset_counts_anew() {
    let mut lane = with_open(3, |limits| {
        limits.order_to_trade_max = 3;
        limits.order_to_trade_messages_min = 1;
    });
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.refused(buy(SPY, 1, "100"));
    assert_eq!(lane.engine.state(), TradingState::Halted);
    only_a_reset_lifts(&mut lane, Restraint::OrderToTrade);
}

#[test]
fn cancels_count_as_messages_and_an_hour_later_nothing_does() {
    let mut lane = with_open(1, |limits| {
        limits.order_to_trade_max = 2;
        limits.order_to_trade_messages_min = 1;
    });
    lane.want(Intent::Cancel { no: OrderNo(1) });
    let met = explain(&lane, &request(&lane, &buy(SPY, 1, "100")));
    let met = met.iter().find(|check| check.code == RejectCode::OrderToTrade).unwrap();
    assert_eq!((met.value, met.passed), (3_000_000_000, false));
    lane.report(Report::Canceled(lane.status(OrderNo(1))));
    lane.pass(60 * MINUTE);
    lane.quote_all();
    lane.place(buy(SPY, 1, "100"));
}

#[test]
fn the_soft_limit_only_counts() {
    let mut lane = with_open(3, |limits| {
        limits.order_to_trade_alert = 2;
        limits.order_to_trade_messages_min = 1;
    });
    assert_eq!(lane.engine.counters().order_to_trade_alerts, 1, "the third of two");
    lane.want(Intent::Cancel { no: OrderNo(1) });
    assert_eq!(lane.engine.counters().order_to_trade_alerts, 1, "told once");
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn an_order_the_gateway_was_never_given_halts() {
    let mut lane = lane();
    let bid = lane.place(buy(SPY, 1, "99.99"));
    let out = lane.report(Report::Sending { no: OrderNo(9) });
    assert!(matches!(out[..], [Output::Cancel(cancel)] if cancel.no == bid), "{out:?}");
    lane.report(Report::Canceled(lane.status(bid)));
    only_a_reset_lifts(&mut lane, Restraint::InOut);
}

#[test]
fn news_of_an_order_under_a_name_that_only_we_could_have_given_halts_for_good() {
    let id = {
        let mut other = lane();
        let no = other.place(buy(SPY, 1, "100"));
        other.status(no).client_id
    };
    let status = Status { client_id: id, ..Status::default() };
    let fill = Fill { client_id: id, execution: ExecutionId(9), qty: shares(1), ..Fill::default() };
    let listed = Snapshot { client_id: id, ..Snapshot::default() };
    for report in [
        Report::Accepted(status),
        Report::Canceled(status),
        Report::Expired(status),
        Report::Fill(fill),
        Report::Snapshot(listed),
    ] {
        let mut lane = lane();
        lane.report(report);
        assert!(lane.engine.restraints().has(Restraint::InOut), "{report:?}");
        lane.reconcile(&[], true);
        lane.arm();
        assert_eq!(restraints(&lane), [Restraint::InOut], "{report:?}");
    }
    for harmless in [Report::Rejected(status), Report::NotFound(status), Report::Unknown(status)] {
        let mut lane = lane();
        lane.report(harmless);
        assert_eq!(restraints(&lane), [], "{harmless:?}");
    }
    let theirs = ClientOrderId::from_text("not-ours").unwrap();
    let mut lane = lane();
    lane.report(Report::Canceled(Status { client_id: theirs, ..Status::default() }));
    assert_eq!(restraints(&lane), [], "somebody else's is not C20");
}

#[test]
fn a_strategy_refused_for_entering_too_often_enters_no_more_and_may_still_leave() {
    let mut lane = Lane::with(|limits| limits.entries_per_day_max = 1);
    lane.hold(SPY, 1);
    assert_eq!(lane.refused(buy(QQQ, 1, "100")).code, RejectCode::EntriesPerDay);
    lane.command(Command::ResetLatches(Reason::new("Ada: new limits")));
    lane.pass(SECOND);
    lane.quote_all();
    lane.place(buy(QQQ, 1, "100"));
    lane.place(sell(SPY, 1, "100"));
}

#[test]
fn entries_count_when_they_begin_to_trade_and_once() {
    let mut lane = Lane::with(|limits| limits.entries_per_10_min_max = 3);
    for _ in 0..4 {
        let no = lane.place(buy(SPY, 2, "99.99"));
        lane.report(Report::Canceled(lane.status(no)));
        lane.pass(SECOND);
        lane.quote_all();
    }
    let no = lane.place(buy(SPY, 2, "99.99"));
    lane.fill(no, "99.99", 1);
    lane.fill(no, "99.99", 1);
    let entries = |lane: &Lane, code| {
        let checks = explain(lane, &request(lane, &buy(SPY, 1, "100")));
        checks.iter().find(|check| check.code == code).unwrap().value / 1_000_000_000
    };
    assert_eq!(entries(&lane, RejectCode::EntriesPer10Min), 2, "one, and this one");
    assert_eq!(entries(&lane, RejectCode::EntriesPerDay), 2);
    lane.pass(10 * MINUTE);
    lane.quote_all();
    assert_eq!(entries(&lane, RejectCode::EntriesPer10Min), 1, "ten minutes later");
    assert_eq!(entries(&lane, RejectCode::EntriesPerDay), 2, "the same day");
}

#[test]
fn a_strategy_is_not_disabled_by_anothers_entries() {
    let hands = [Hand::default(), Hand::default()];
    let puppet = |id: u8| {
        let hand = hands[usize::from(id)].clone();
        (StrategyId(id), Box::new(Puppet { hand, seen: 0 }) as Box<dyn Strategy>)
    };
    let mut config = config();
    config.limits.entries_per_day_max = 1;
    let mut lane = Lane::new(config.clone());
    lane.engine = Engine::new(config, vec![puppet(0), puppet(1)]).unwrap();
    lane.define(SPY, "SPY", st0ck_types::AssetClass::Equity, 1);
    lane.quote_all();
    lane.arm();
    let order = |lane: &mut Lane, who: usize, limit: &str| {
        lane.pass(SECOND);
        lane.quote_all();
        hands[who].want(Intent::Order(buy(SPY, 1, limit)));
        lane.nudge().into_iter().any(|output| matches!(output, Output::Order(_)))
    };
    assert!(order(&mut lane, 0, "100"));
    assert!(!order(&mut lane, 0, "100"), "its second");
    assert!(order(&mut lane, 1, "100"), "the other's first");
    // C21 looks at all of them: the first strategy's bid is the second one's obstacle.
    hands[1].want(Intent::Order(sell(SPY, 1, "100")));
    let out = lane.nudge();
    assert!(
        matches!(&out[..], [_, Output::Reject(reject)] if reject.code == RejectCode::SellMoreThanHeld),
        "{out:?}"
    );
    lane.fill(OrderNo(2), "100", 1);
    hands[1].want(Intent::Order(sell(SPY, 1, "100")));
    let out = lane.nudge();
    assert!(
        matches!(&out[..], [_, Output::Reject(reject)] if reject.code == RejectCode::SelfTrade),
        "{out:?}"
    );
}

#[test]
fn a_market_order_meets_an_own_order_at_the_touch_and_not_behind_it() {
    for (limit, refused) in [("100.01", true), ("100.02", false)] {
        let mut lane = holding(5);
        lane.place(sell(SPY, 1, limit));
        let out = lane.order(buy_market(SPY, 1));
        let is = matches!(out[..], [_, Output::Reject(r)] if r.code == RejectCode::SelfTrade);
        assert_eq!(is, refused, "{limit}: {out:?}");
    }
    let mut lane = holding(5);
    lane.place(buy_market(SPY, 1));
    assert_eq!(lane.refused(sell(SPY, 1, "110")).code, RejectCode::SelfTrade, "it meets any price");
}

#[test]
fn an_order_that_a_journal_says_was_misbound_halts() {
    let mut lane = lane();
    let order = request(&lane, &buy(SPY, 1, "100"));
    let reject = Reject {
        strategy: order.strategy,
        instrument: order.instrument,
        side: Side::Buy,
        qty: order.qty,
        code: RejectCode::AccountBinding,
        value: 0,
        limit: 1_000_000_000,
    };
    let input = Input::System(st0ck_types::SystemEvent::JournalLow { low: false });
    lane.engine.recover_input(lane.now, Seq(1_000), &input, &[Output::Reject(reject)]);
    only_a_reset_lifts(&mut lane, Restraint::Misbound);
}

#[test]
fn a_short_position_counts_as_much_as_a_long_one_and_leans_the_other_way() {
    let mut lane = after_orders(0, 0, |limits| limits.gross_value_max = money("1500"));
    lane.hold(QQQ, 1);
    let no = lane.place(sell(QQQ, 1, "100"));
    // The broker sold ten more than it was asked to: a fact, and short.
    lane.fill(no, "100", 11);
    let held = Position { instrument: QQQ, qty: shares(-10), ..Position::default() };
    lane.reconcile(&[Report::Position(held)], true);
    lane.arm();
    lane.pass(MINUTE);
    lane.quote_all();
    let met = lane.refused(buy(SPY, 6, "100"));
    assert_eq!((met.code, met.value), (RejectCode::GrossValue, 1_600_000_000_000));
    let checks = explain(&lane, &request(&lane, &buy(SPY, 6, "100")));
    let net = checks.iter().find(|check| check.code == RejectCode::NetValue).unwrap();
    assert_eq!(net.value, 1_000_000_000_000, "short by 1,000 as long as the buy has not traded");
}
