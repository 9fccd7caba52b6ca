//! The order state machine against everything a broker's streams and replies can do.
//!
//! The model is a set: of the execution ids told so far. Whatever the order of arrival, the table
//! must have booked exactly those, once each.

use proptest::prelude::*;
use st0ck_engine::orders::{AnomalyKind, Applied, Identity, Order, OrderManager, Pending, Stage};
use st0ck_types::report::{BrokerStage, Fill, Reconcile, SendRefusal, Snapshot, Status};
use st0ck_types::state::StateHasher;
use st0ck_types::time::SECOND;
use st0ck_types::{
    BotCode, BrokerOrderId, Epoch, ExecutionId, InstrumentId, Nanos, Nonce, OrderKind, OrderNo,
    OrderRequest, PositionEffect, Price, Qty, Report, Seq, Side, StrategyId, TimeInForce,
};
use std::collections::BTreeMap;

pub(crate) const IDS: Identity =
    Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"ska"), epoch: Epoch(1_700_000_000) };
pub(crate) const NO: OrderNo = OrderNo(1);
pub(crate) const BROKER: BrokerOrderId = BrokerOrderId(0xb0b);

pub(crate) fn units(n: i64) -> Qty {
    Qty::units(n).unwrap()
}

pub(crate) fn buy(no: u32, shares: i64) -> OrderRequest {
    OrderRequest {
        no: OrderNo(no),
        client_id: IDS.mint(OrderNo(no)),
        strategy: StrategyId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        effect: PositionEffect::Open,
        tif: TimeInForce::Day,
        kind: OrderKind::Limit(Price::ONE),
        qty: units(shares),
        decided_at: Nanos(0),
        cause: Seq(1),
        tag: 0,
    }
}

/// A table with one order of ten shares.
fn ten() -> OrderManager {
    let mut orders = OrderManager::new(2, IDS);
    orders.adopt(buy(1, 10)).unwrap();
    orders
}

pub(crate) fn status() -> Status {
    Status { client_id: IDS.mint(NO), broker_id: BROKER, ..Status::default() }
}

/// A status that names no broker order: a definite refusal, or a look-up.
pub(crate) fn nameless() -> Status {
    Status { broker_id: BrokerOrderId::NONE, ..status() }
}

/// Execution `id` of `qty` shares, which makes `cum` of the order; 0 when that is not told.
pub(crate) fn fill(id: u128, qty: i64, cum: i64) -> Report {
    Report::Fill(Fill {
        client_id: IDS.mint(NO),
        broker_id: BROKER,
        execution: ExecutionId(id),
        price: Price::ONE,
        qty: units(qty),
        cum_qty: units(cum),
        complete: cum == 10,
        ..Fill::default()
    })
}

pub(crate) fn snapshot(stage: BrokerStage, filled: i64) -> Report {
    Report::Snapshot(Snapshot {
        client_id: IDS.mint(NO),
        broker_id: BROKER,
        stage,
        qty: units(10),
        filled: units(filled),
        limit: Price::ONE,
        ..Snapshot::default()
    })
}

pub(crate) fn sending() -> Report {
    Report::Sending { no: NO }
}

pub(crate) fn reconcile(ended: bool) -> Report {
    Report::Reconcile(Reconcile { ended, stable: ended, foreign_orders: 0 })
}

fn feed(orders: &mut OrderManager, at: i64, reports: &[Report]) -> Applied {
    let mut last = Applied::Nothing;
    for report in reports {
        last = orders.on_report(Nanos(at), report);
    }
    last
}

fn order(orders: &OrderManager) -> &Order {
    orders.get(NO).unwrap()
}

fn stage(orders: &OrderManager) -> Stage {
    order(orders).stage
}

fn fault(orders: &OrderManager) -> Option<AnomalyKind> {
    orders.halted().map(|fault| fault.kind)
}

/// What must hold after every report, given the executions told so far and what was booked.
fn check(orders: &OrderManager, told: &BTreeMap<u128, i64>, booked: i64, before: Qty) {
    let order = order(orders);
    let sum: i64 = told.values().sum();
    assert_eq!(order.cum, units(sum), "cum is the sum of the distinct executions");
    assert_eq!(booked, sum, "the portfolio was told of each execution once");
    assert_eq!(order.cost, Price::ONE.times(order.cum));
    assert!(order.cum >= before, "cum is monotone");
    assert!(order.cum <= order.request.qty || orders.halted().is_some(), "overfilled and silent");
    assert!(order.leaves() >= Qty::ZERO && order.leaves() <= order.request.qty);
    assert_eq!(orders.live().count(), usize::from(order.is_live()));
    assert_eq!(orders.unsettled().count(), usize::from(!order.is_settled()));
    assert_eq!(orders.working_qty(InstrumentId(0), Side::Buy), order.leaves());
}

/// Plays the reports in the order given, checking after each.
fn play(reports: &[Report]) -> OrderManager {
    let mut orders = ten();
    let (mut told, mut booked) = (BTreeMap::new(), 0);
    for (i, report) in reports.iter().enumerate() {
        let before = order(&orders).cum;
        if let Report::Fill(fill) = report {
            told.insert(fill.execution.0, fill.qty.0 / Qty::ONE.0);
        }
        if let Applied::Filled { fill, .. } = orders.on_report(Nanos(i as i64), report) {
            booked += fill.qty.0 / Qty::ONE.0;
        }
        check(&orders, &told, booked, before);
    }
    orders
}

/// Calls `visit` with every ordered choice of `depth` of the items.
fn arrangements(items: &[Report], depth: usize, visit: &mut impl FnMut(&[Report])) {
    fn descend(
        items: &[Report],
        used: &mut [bool],
        chosen: &mut Vec<Report>,
        depth: usize,
        visit: &mut impl FnMut(&[Report]),
    ) {
        if chosen.len() == depth {
            return visit(chosen);
        }
        for i in 0..items.len() {
            if !std::mem::replace(&mut used[i], true) {
                chosen.push(items[i]);
                descend(items, used, chosen, depth, visit);
                chosen.pop();
                used[i] = false;
            }
        }
    }
    descend(items, &mut vec![false; items.len()], &mut Vec::new(), depth, visit);
}

#[test]
fn every_arrangement_of_seven_reports_keeps_the_books() {
    let reports = [
        sending(),
        Report::Accepted(status()),
        fill(1, 3, 3),
        fill(2, 7, 10),
        fill(1, 3, 3),
        Report::Canceled(status()),
        Report::Rejected(nameless()),
        Report::Unknown(nameless()),
        Report::NotFound(nameless()),
        snapshot(BrokerStage::Working, 3),
    ];
    let mut count = 0u32;
    arrangements(&reports, 7, &mut |chosen| {
        play(chosen);
        count += 1;
    });
    assert_eq!(count, 604_800);
}

#[test]
fn every_arrangement_with_too_many_fills_halts() {
    let reports = [
        sending(),
        Report::Accepted(status()),
        fill(1, 6, 0),
        fill(2, 6, 0),
        fill(2, 6, 0),
        Report::Expired(status()),
        Report::CancelRejected(status()),
    ];
    arrangements(&reports, 7, &mut |chosen| {
        let orders = play(chosen);
        assert_eq!(fault(&orders), Some(AnomalyKind::Overfilled), "{chosen:?}");
        assert_eq!(order(&orders).leaves(), Qty::ZERO);
    });
}

#[test]
fn a_true_story_ends_the_same_in_every_order_of_arrival() {
    let filled = [
        sending(),
        Report::Accepted(status()),
        fill(1, 3, 3),
        fill(2, 4, 7),
        fill(3, 3, 10),
        Report::Unknown(nameless()),
        fill(2, 4, 7),
    ];
    let canceled = [
        sending(),
        Report::Accepted(status()),
        fill(1, 3, 3),
        fill(2, 4, 7),
        Report::Canceled(status()),
        Report::Unknown(nameless()),
        Report::CancelRejected(status()),
    ];
    for (story, end, cum) in [(filled, Stage::Filled, 10), (canceled, Stage::Canceled, 7)] {
        arrangements(&story, 7, &mut |chosen| {
            let orders = play(chosen);
            assert_eq!(stage(&orders), end, "{chosen:?}");
            assert_eq!(order(&orders).cum, units(cum));
            assert!(order(&orders).is_settled(), "{chosen:?}");
            assert_eq!(orders.halted(), None, "{chosen:?}");
        });
    }
}

#[test]
fn late_fill_after_cancel_still_books() {
    let mut orders = ten();
    feed(&mut orders, 1, &[sending(), Report::Accepted(status()), Report::Canceled(status())]);
    let applied = feed(&mut orders, 2, &[fill(1, 4, 4)]);
    let (was, now) = (Stage::Canceled, Stage::Canceled);
    assert!(
        matches!(applied, Applied::Filled { no: NO, was: w, now: n, .. } if (w, n) == (was, now))
    );
    assert_eq!((order(&orders).cum, order(&orders).leaves()), (units(4), Qty::ZERO));
    assert_eq!(orders.halted(), None, "the race of a fill and a cancel is nobody's fault");
}

#[test]
fn fills_before_the_ack_make_the_order_work() {
    let mut orders = ten();
    feed(&mut orders, 1, &[sending(), fill(1, 4, 4)]);
    assert_eq!(stage(&orders), Stage::Working);
    assert_eq!(feed(&mut orders, 2, &[Report::Accepted(status())]), Applied::Nothing);
    feed(&mut orders, 3, &[fill(2, 6, 10)]);
    assert_eq!(stage(&orders), Stage::Filled);
    assert_eq!(feed(&mut orders, 4, &[Report::Accepted(status())]), Applied::Nothing);
    assert_eq!(orders.anomalies(), 0);
}

#[test]
fn a_last_fill_before_an_earlier_one_leaves_that_one_missing() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status()), fill(2, 6, 10)]);
    assert_eq!(stage(&orders), Stage::Filled);
    assert_eq!((order(&orders).missing(), order(&orders).leaves()), (units(4), units(4)));
    assert_eq!((orders.live().count(), orders.unsettled().count()), (0, 1));
    feed(&mut orders, 2, &[fill(1, 4, 4)]);
    assert!(order(&orders).is_settled());
    assert_eq!(orders.unsettled().count(), 0);
}

#[test]
fn executions_that_sum_to_the_quantity_fill_the_order_though_nobody_says_so() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status()), fill(1, 4, 0), fill(2, 6, 0)]);
    assert_eq!(stage(&orders), Stage::Filled);
    assert!(order(&orders).is_settled());
}

#[test]
fn a_list_that_shows_more_filled_than_ordered_halts() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status()), snapshot(BrokerStage::Filled, 11)]);
    assert_eq!(fault(&orders), Some(AnomalyKind::Overfilled));
    assert_eq!(order(&orders).leaves(), units(11), "all of it is to be fetched");
}

#[test]
fn an_order_that_filled_while_it_was_canceled_is_filled() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status()), Report::Canceled(status())]);
    feed(&mut orders, 2, &[snapshot(BrokerStage::Filled, 10)]);
    assert_eq!((stage(&orders), order(&orders).leaves()), (Stage::Filled, units(10)));
    assert_eq!((orders.anomalies(), orders.halted()), (1, None));
    feed(&mut orders, 3, &[fill(1, 10, 10)]);
    let applied = feed(&mut orders, 4, &[reconcile(false), snapshot(BrokerStage::Working, 10)]);
    let kind = AnomalyKind::StaleSnapshot;
    assert_eq!(applied, Applied::Anomaly { no: NO, kind }, "what is all filled cannot rise");
}

#[test]
fn only_what_the_gateway_or_the_broker_says_ends_an_order() {
    let ends: [(Report, Stage); 4] = [
        (Report::Rejected(nameless()), Stage::Rejected),
        (Report::Canceled(status()), Stage::Canceled),
        (Report::Expired(status()), Stage::Expired),
        (snapshot(BrokerStage::Replaced, 0), Stage::Replaced),
    ];
    for (report, end) in ends {
        for start in [vec![], vec![sending()], vec![Report::Unknown(nameless())]] {
            let mut orders = ten();
            feed(&mut orders, 1, &start);
            let was = stage(&orders);
            let applied = feed(&mut orders, 2, &[report]);
            assert_eq!(applied, Applied::Changed { no: NO, was, now: end });
            assert_eq!(order(&orders).leaves(), Qty::ZERO);
        }
    }
    let mut orders = ten();
    let refused = Report::SendRefused { no: NO, why: SendRefusal::Stale };
    feed(&mut orders, 1, &[refused]);
    assert_eq!(stage(&orders), Stage::Refused);
}

#[test]
fn a_refusal_after_the_bytes_left_ends_nothing() {
    let mut orders = ten();
    let refused = Report::SendRefused { no: NO, why: SendRefusal::Throttled };
    let applied = feed(&mut orders, 1, &[sending(), refused]);
    assert_eq!(applied, Applied::Anomaly { no: NO, kind: AnomalyKind::OutOfPlace });
    assert_eq!((stage(&orders), order(&orders).leaves()), (Stage::Sending, units(10)));
}

#[test]
fn a_cancel_that_was_not_sent_or_not_answered_may_be_asked_again() {
    let refused = Report::SendRefused { no: NO, why: SendRefusal::Throttled };
    for report in [refused, Report::Unknown(status()), Report::CancelRejected(status())] {
        let mut orders = ten();
        feed(&mut orders, 1, &[sending(), Report::Accepted(status())]);
        orders.note_cancel(NO, Nanos(2));
        assert_eq!(order(&orders).pending, Pending::Cancel { since: Nanos(2) });
        let (was, now) = (Stage::Working, Stage::Working);
        assert_eq!(feed(&mut orders, 3, &[report]), Applied::Changed { no: NO, was, now });
        assert_eq!(order(&orders).pending, Pending::None);
        assert!(order(&orders).is_cancelable());
        assert_eq!(orders.anomalies(), 0);
    }
}

/// Reports that bring an order of ours to where the broker has nothing of it.
fn never_there() -> Vec<(Stage, Vec<(i64, Report)>)> {
    let refused = Report::SendRefused { no: NO, why: SendRefusal::Killed };
    vec![
        (Stage::Refused, vec![(0, refused)]),
        (Stage::Rejected, vec![(0, sending()), (1, Report::Rejected(nameless()))]),
        (Stage::Lost, lost()),
    ]
}

/// The whole fence.
fn lost() -> Vec<(i64, Report)> {
    vec![
        (0, sending()),
        (1, Report::Unknown(nameless())),
        (31, Report::NotFound(nameless())),
        (32, reconcile(false)),
        (33, reconcile(true)),
        (37, Report::NotFound(nameless())),
    ]
}

fn feed_timed(orders: &mut OrderManager, reports: &[(i64, Report)]) {
    for (seconds, report) in reports {
        orders.on_report(Nanos(seconds * SECOND), report);
    }
}

#[test]
fn life_after_an_order_that_never_was_halts_and_counts() {
    for (end, reports) in never_there() {
        let signs = [Report::Accepted(status()), fill(1, 3, 3), snapshot(BrokerStage::Working, 0)];
        for sign in signs {
            let mut orders = ten();
            feed_timed(&mut orders, &reports);
            assert_eq!((stage(&orders), orders.halted()), (end, None));
            assert_eq!(orders.live().count(), 0);
            orders.on_report(Nanos(40 * SECOND), &sign);
            assert_eq!(stage(&orders), Stage::Zombie, "{end:?}, then {sign:?}");
            assert_eq!(fault(&orders), Some(AnomalyKind::LifeAfterEnd));
            assert_eq!(order(&orders).leaves(), units(10 - order(&orders).cum.0 / Qty::ONE.0));
            assert!(order(&orders).is_cancelable());
            orders.note_cancel(NO, Nanos(41 * SECOND));
            orders.on_report(Nanos(42 * SECOND), &Report::Canceled(status()));
            assert_eq!((stage(&orders), orders.live().count()), (Stage::Canceled, 0));
            assert!(orders.halted().is_some(), "the fault stays until it is cleared");
            orders.clear_fault();
            assert_eq!(orders.halted(), None);
        }
    }
}

#[test]
fn what_never_was_cannot_end_at_the_broker_but_by_rejection() {
    for (end, reports) in never_there() {
        for (report, halts) in
            [(Report::Canceled(status()), true), (Report::Rejected(status()), false)]
        {
            let mut orders = ten();
            feed_timed(&mut orders, &reports);
            orders.on_report(Nanos(40 * SECOND), &report);
            assert_eq!(orders.halted().is_some(), halts, "{end:?}, then {report:?}");
            assert_eq!(order(&orders).leaves(), Qty::ZERO);
        }
    }
}

#[test]
fn bytes_on_the_wire_after_a_refusal_make_a_zombie() {
    let mut orders = ten();
    let refused = Report::SendRefused { no: NO, why: SendRefusal::RingFull };
    feed(&mut orders, 1, &[refused, sending()]);
    assert_eq!((stage(&orders), order(&orders).leaves()), (Stage::Zombie, units(10)));
    assert_eq!(fault(&orders), Some(AnomalyKind::LifeAfterEnd));
}

#[test]
fn a_lost_order_that_filled_whole_is_filled_and_halts() {
    let mut orders = ten();
    feed_timed(&mut orders, &lost());
    orders.on_report(Nanos(90 * SECOND), &fill(1, 10, 10));
    assert_eq!((stage(&orders), order(&orders).cum), (Stage::Filled, units(10)));
    assert_eq!(fault(&orders), Some(AnomalyKind::LifeAfterEnd));
}

#[test]
fn an_unknown_order_is_lost_only_behind_the_whole_fence() {
    let fence = lost();
    let mut orders = ten();
    feed_timed(&mut orders, &fence);
    assert_eq!(stage(&orders), Stage::Lost);
    for skipped in 2..fence.len() {
        let mut orders = ten();
        let most: Vec<_> =
            fence.iter().enumerate().filter(|(i, _)| *i != skipped).map(|(_, r)| *r).collect();
        feed_timed(&mut orders, &most);
        assert_eq!(stage(&orders), Stage::Unknown, "without step {skipped}");
        assert_eq!(order(&orders).leaves(), units(10));
    }
}

#[test]
fn look_ups_too_early_or_too_close_prove_nothing() {
    let mut early = lost();
    early[2].0 = 30; // 29 s after the outcome was given up at 1 s
    let mut close = lost();
    close[5].0 = 35;
    for reports in [early, close] {
        let mut orders = ten();
        feed_timed(&mut orders, &reports);
        assert_eq!(stage(&orders), Stage::Unknown);
    }
}

#[test]
fn a_list_that_holds_the_order_or_was_not_stable_proves_nothing() {
    let unstable = Report::Reconcile(Reconcile { ended: true, stable: false, foreign_orders: 0 });
    let mut reports = lost();
    reports[4].1 = unstable;
    let mut orders = ten();
    feed_timed(&mut orders, &reports);
    assert_eq!(stage(&orders), Stage::Unknown);

    let mut reports = lost();
    reports.insert(4, (33, snapshot(BrokerStage::Working, 0)));
    let mut orders = ten();
    feed_timed(&mut orders, &reports);
    assert_eq!(stage(&orders), Stage::Working);
    assert_eq!(orders.anomalies(), 1, "a look-up missed what the list had");
}

#[test]
fn not_finding_a_working_order_ends_nothing() {
    let mut orders = ten();
    let applied = feed(&mut orders, 1, &[Report::Accepted(status()), Report::NotFound(nameless())]);
    assert_eq!(applied, Applied::Anomaly { no: NO, kind: AnomalyKind::OutOfPlace });
    assert_eq!(stage(&orders), Stage::Working);
}

#[test]
fn a_restart_makes_unreported_orders_unknown_and_leaves_the_rest() {
    let mut orders = OrderManager::new(4, IDS);
    for no in 1..=4 {
        orders.adopt(buy(no, 10)).unwrap();
    }
    let named = |no| Status { client_id: IDS.mint(OrderNo(no)), ..status() };
    orders.on_report(Nanos(1), &Report::Sending { no: OrderNo(2) });
    orders.on_report(Nanos(1), &Report::Accepted(named(3)));
    orders.note_cancel(OrderNo(3), Nanos(2));
    orders.on_report(Nanos(1), &Report::Rejected(named(4)));
    orders.on_restart();
    let stages: Vec<_> = orders.all().iter().map(|order| order.stage).collect();
    assert_eq!(stages, [Stage::Unknown, Stage::Unknown, Stage::Working, Stage::Rejected]);
    let working = orders.get(OrderNo(3)).unwrap();
    assert_eq!(working.pending, Pending::None, "the cancel may not have left");
    assert_eq!(orders.working_qty(InstrumentId(0), Side::Buy), units(30));
    orders.set_epoch(Epoch(1_700_000_001));
    assert_eq!(orders.next_no(), OrderNo(5));
    assert_ne!(orders.mint_id(OrderNo(5)), IDS.mint(OrderNo(5)));
    assert!(orders.find(&IDS.mint(OrderNo(1))).is_some(), "ids of the earlier life are ours");
}

#[test]
fn a_snapshot_settles_an_unknown_order_and_tells_of_missing_fills() {
    let mut orders = ten();
    feed(&mut orders, 1, &[sending(), Report::Unknown(nameless())]);
    feed(&mut orders, 2, &[snapshot(BrokerStage::Canceled, 4)]);
    let canceled = order(&orders);
    assert_eq!(canceled.stage, Stage::Canceled);
    assert_eq!(canceled.cum, Qty::ZERO, "a fill is never derived from a list");
    assert_eq!((canceled.missing(), canceled.leaves()), (units(4), units(4)));
    feed(&mut orders, 3, &[fill(1, 4, 4)]);
    assert!(order(&orders).is_settled());
    assert_eq!(orders.anomalies(), 0);
}

#[test]
fn a_list_older_than_the_stream_raises_no_zombie() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status())]);
    feed(&mut orders, 2, &[reconcile(false)]);
    feed(&mut orders, 3, &[Report::Canceled(status())]);
    let applied = feed(&mut orders, 4, &[snapshot(BrokerStage::Working, 0)]);
    assert_eq!(applied, Applied::Anomaly { no: NO, kind: AnomalyKind::StaleSnapshot });
    assert_eq!((stage(&orders), orders.halted()), (Stage::Canceled, None));
    feed(&mut orders, 5, &[reconcile(true), reconcile(false)]);
    feed(&mut orders, 6, &[snapshot(BrokerStage::Working, 0)]);
    assert_eq!(stage(&orders), Stage::Zombie, "a list begun after the end shows it alive");
    assert_eq!(fault(&orders), Some(AnomalyKind::LifeAfterEnd));
}

#[test]
fn what_the_broker_has_must_be_what_we_ordered() {
    let Report::Snapshot(true_one) = snapshot(BrokerStage::Working, 0) else { unreachable!() };
    let lies = [
        Snapshot { qty: units(11), ..true_one },
        Snapshot { side: Side::Sell, ..true_one },
        Snapshot { limit: Price::CENT, ..true_one },
        Snapshot { instrument: InstrumentId::ALL, ..true_one },
    ];
    for lie in lies {
        let mut orders = ten();
        feed(&mut orders, 1, &[Report::Unknown(nameless()), Report::Snapshot(lie)]);
        assert_eq!(fault(&orders), Some(AnomalyKind::Mismatch));
        assert_eq!(stage(&orders), Stage::Unknown, "nothing is believed of it");
    }
    let Report::Fill(true_fill) = fill(1, 4, 4) else { unreachable!() };
    for lie in
        [Fill { side: Side::Sell, ..true_fill }, Fill { instrument: InstrumentId(1), ..true_fill }]
    {
        let mut orders = ten();
        feed(&mut orders, 1, &[Report::Fill(lie)]);
        assert_eq!((fault(&orders), order(&orders).cum), (Some(AnomalyKind::Mismatch), Qty::ZERO));
    }
}

#[test]
fn two_broker_orders_under_one_id_halt() {
    let other = Status { broker_id: BrokerOrderId(0xbad), ..status() };
    for report in [Report::Accepted(other), Report::Canceled(other), Report::CancelRejected(other)]
    {
        let mut orders = ten();
        feed(&mut orders, 1, &[Report::Accepted(status()), report]);
        assert_eq!(fault(&orders), Some(AnomalyKind::TwoBrokerOrders));
        assert_eq!((stage(&orders), order(&orders).broker_id), (Stage::Working, BROKER));
    }
}

#[test]
fn an_impossible_execution_halts_and_is_not_booked() {
    let Report::Fill(good) = fill(1, 4, 4) else { unreachable!() };
    let bad = [
        Fill { qty: Qty::ZERO, ..good },
        Fill { qty: Qty(i64::MIN), ..good },
        Fill { price: Price(-1), ..good },
        Fill { execution: ExecutionId(0), cum_qty: Qty::ZERO, ..good },
    ];
    for fill in bad {
        let mut orders = ten();
        feed(&mut orders, 1, &[Report::Fill(fill)]);
        assert_eq!((fault(&orders), order(&orders).cum), (Some(AnomalyKind::BadFill), Qty::ZERO));
    }
}

#[test]
fn sums_at_the_range_end_do_not_wrap() {
    let largest = |id| Fill {
        client_id: IDS.mint(NO),
        execution: ExecutionId(id),
        price: Price(i64::MAX),
        qty: Qty(i64::MAX),
        ..Fill::default()
    };
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Fill(largest(1)), Report::Fill(largest(2))]);
    let order = order(&orders);
    assert_eq!(order.cum, Qty(i64::MAX));
    assert_eq!(order.cost, Price(i64::MAX).times(Qty(i64::MAX)));
    assert_eq!(orders.halted().map(|fault| fault.kind), Some(AnomalyKind::Overfilled));
    assert_eq!(orders.anomalies(), 2, "overfilled, then one that no longer fits");
}

#[test]
fn an_execution_listed_by_the_brokers_own_order_id_finds_its_order() {
    let mut orders = ten();
    feed(&mut orders, 1, &[Report::Accepted(status())]);
    let Report::Fill(listed) = fill(1, 4, 4) else { unreachable!() };
    let listed = Fill { client_id: Default::default(), ..listed };
    let applied = feed(&mut orders, 2, &[Report::Fill(listed)]);
    assert!(matches!(applied, Applied::Filled { no: NO, .. }));
    assert_eq!(feed(&mut orders, 3, &[fill(99, 4, 4)]), Applied::Duplicate { no: NO });
}

#[test]
fn a_report_about_an_order_never_opened_is_counted() {
    let mut orders = ten();
    let applied = orders.on_report(Nanos(1), &Report::Sending { no: OrderNo(7) });
    let kind = AnomalyKind::NoSuchOrder;
    assert_eq!(applied, Applied::Anomaly { no: OrderNo::NONE, kind });
    assert_eq!((orders.anomalies(), orders.halted()), (1, None));
}

#[test]
fn after_the_start_a_whole_life_of_orders_allocates_nothing() {
    let mut orders = OrderManager::new(50, IDS);
    let mut hashed = StateHasher::default();
    let counted = allocation_counter::measure(|| {
        for no in 1..=50 {
            orders.adopt(buy(no, 10)).unwrap();
            let status = Status { client_id: IDS.mint(OrderNo(no)), ..Status::default() };
            let Report::Fill(model) = fill(u128::from(no), 4, 4) else { unreachable!() };
            let client_id = status.client_id;
            let fill = Fill { client_id, broker_id: BrokerOrderId::NONE, ..model };
            orders.on_report(Nanos(1), &Report::Accepted(status));
            orders.on_report(Nanos(2), &Report::Fill(fill));
            orders.note_cancel(OrderNo(no), Nanos(3));
            if no % 2 == 0 {
                orders.on_report(Nanos(4), &Report::Canceled(status));
            }
        }
        orders.on_report(Nanos(5), &reconcile(false));
        orders.on_restart();
        orders.save(&mut hashed);
    });
    assert_eq!(counted.count_total, 0);
    assert_eq!((orders.live().count(), orders.has_room()), (25, false));
}

/// One of many reports about one of three orders, true or not.
fn any_report() -> impl Strategy<Value = Report> {
    let name = (1u32..=4, 0u128..3).prop_map(|(no, broker)| Status {
        client_id: IDS.mint(OrderNo(no)),
        broker_id: BrokerOrderId(broker * u128::from(no)),
        ..Status::default()
    });
    (name, 0u32..14, 1u128..12, 0i64..6, 0i64..14).prop_map(|(status, kind, id, qty, cum)| {
        let no = status.client_id.parts().unwrap().order;
        match kind {
            0 => Report::Sending { no },
            1 => Report::SendRefused { no, why: SendRefusal::Stale },
            2 => Report::Accepted(status),
            3 => Report::Rejected(status),
            4 => Report::Canceled(status),
            5 => Report::Expired(status),
            6 => Report::CancelRejected(status),
            7 => Report::Unknown(status),
            8 => Report::NotFound(status),
            9 => Report::Reconcile(Reconcile { ended: qty > 2, stable: true, foreign_orders: 0 }),
            10 => Report::Snapshot(Snapshot {
                client_id: status.client_id,
                broker_id: status.broker_id,
                stage: [
                    BrokerStage::Working,
                    BrokerStage::Filled,
                    BrokerStage::Canceled,
                    BrokerStage::Replaced,
                ][id as usize % 4],
                qty: units(10),
                filled: units(cum),
                limit: Price::ONE,
                ..Snapshot::default()
            }),
            _ => Report::Fill(Fill {
                client_id: status.client_id,
                broker_id: status.broker_id,
                execution: ExecutionId(id),
                price: Price::ONE,
                qty: units(qty),
                complete: cum == 10,
                ..Fill::default()
            }),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The model: per order, the set of execution ids told.
    #[test]
    fn whatever_is_reported_each_execution_counts_once(
        reports in prop::collection::vec((any_report(), 0i64..20), 1..60),
    ) {
        let mut orders = OrderManager::new(3, IDS);
        for no in 1..=3 {
            orders.adopt(buy(no, 10)).unwrap();
        }
        let mut model: BTreeMap<(u32, u128), i64> = BTreeMap::new();
        let (mut booked, mut at) = (0, 0);
        for (report, seconds) in reports {
            at += seconds * SECOND;
            if let Report::Fill(fill) = &report {
                let no = fill.client_id.parts().unwrap().order.0;
                if no <= 3 && fill.qty > Qty::ZERO {
                    model.entry((no, fill.execution.0)).or_insert(fill.qty.0);
                }
            }
            let applied = orders.on_report(Nanos(at), &report);
            if let Applied::Filled { fill, .. } = applied {
                booked += fill.qty.0;
            }
            prop_assert_eq!(booked, model.values().sum::<i64>());
            for order in orders.all() {
                let of_order = model.iter().filter(|((no, _), _)| *no == order.no().0);
                prop_assert_eq!(order.cum.0, of_order.map(|(_, qty)| qty).sum::<i64>());
                prop_assert!(order.cum <= order.request.qty || orders.halted().is_some());
                prop_assert!(order.leaves() >= Qty::ZERO);
            }
            let open = orders.all().iter().filter(|order| !order.is_settled());
            prop_assert!(open.map(Order::no).eq(orders.unsettled().map(Order::no)));
        }
    }

    /// Executions told one to five times each, in any order: each counts once (the model is a set).
    #[test]
    fn duplicates_in_any_order_count_once(
        told in prop::collection::vec((1u128..9, 1usize..=5), 1..9)
            .prop_flat_map(|ids| {
                let all: Vec<u128> =
                    ids.iter().flat_map(|&(id, times)| std::iter::repeat_n(id, times)).collect();
                Just(all).prop_shuffle()
            }),
    ) {
        let mut orders = ten();
        let mut distinct = std::collections::BTreeSet::new();
        for id in told {
            let new = distinct.insert(id);
            let applied = orders.on_report(Nanos(1), &fill(id, 1, 0));
            prop_assert_eq!(new, matches!(applied, Applied::Filled { .. }));
            prop_assert_eq!(!new, applied == Applied::Duplicate { no: NO });
        }
        prop_assert_eq!(order(&orders).cum, units(distinct.len() as i64));
    }
}
