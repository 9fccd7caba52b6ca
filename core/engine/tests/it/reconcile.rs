//! Reconciliation: agreement arms, any difference halts.

use crate::lane::{CALL, Lane, QQQ, SPY, buy, config, price, sell_market, shares};
use st0ck_engine::risk::{Restraint, TradingState};
use st0ck_engine::{EngineConfig, ReconcileBreak, ReconcileOutcome};
use st0ck_types::report::{BrokerStage, Fill, Position, Reconcile, Snapshot, Status};
use st0ck_types::time::SECOND;
use st0ck_types::{ClientOrderId, Epoch, ExecutionId, InstrumentId, Report, Symbol, SystemEvent};

fn reconciled() -> EngineConfig {
    EngineConfig { require_reconcile: true, ..config() }
}

fn position(instrument: InstrumentId, qty: i64) -> Report {
    Report::Position(Position {
        instrument,
        symbol: Symbol::new("X"),
        qty: shares(qty),
        average_price: price("100"),
    })
}

fn foreign(stage: BrokerStage) -> Report {
    let client_id = ClientOrderId::from_text("someone-else").unwrap();
    Report::Snapshot(Snapshot { client_id, stage, qty: shares(1), ..Snapshot::default() })
}

fn broken(lane: &Lane) -> ReconcileBreak {
    assert_eq!(lane.engine.state(), TradingState::Halted);
    match lane.engine.reconcile_outcome() {
        Some(ReconcileOutcome::Break(found)) => found,
        other => panic!("a break was due, not {other:?}"),
    }
}

/// A lane that found the broker's books clean, and trades.
fn trading() -> Lane {
    let mut lane = Lane::new(reconciled());
    lane.reconcile(&[], true);
    lane.arm();
    lane
}

#[test]
fn a_lane_is_armed_only_after_a_clean_reconciliation() {
    let mut lane = Lane::new(reconciled());
    assert_eq!(lane.engine.state(), TradingState::Halted, "armed too early");
    assert_eq!(lane.engine.counters().arms_refused, 1);
    assert_eq!(lane.engine.reconcile_outcome(), None);
    lane.reconcile(&[], true);
    assert_eq!(lane.engine.reconcile_outcome(), Some(ReconcileOutcome::Clean));
    assert_eq!(lane.engine.state(), TradingState::Halted, "clean is not armed");
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn positions_must_agree_exactly_in_every_instrument() {
    let mut lane = trading();
    lane.hold(SPY, 5);
    lane.reconcile(&[position(SPY, 5)], true);
    assert_eq!(lane.engine.state(), TradingState::Active, "a clean pass changes nothing");
    for (facts, broker) in [(vec![], 0), (vec![position(SPY, 4)], 4), (vec![position(SPY, 6)], 6)] {
        lane.reconcile(&facts, true);
        let (ours, broker) = (shares(5), shares(broker));
        assert_eq!(broken(&lane), ReconcileBreak::Position { instrument: SPY, ours, broker });
        lane.arm();
        assert_eq!(lane.engine.state(), TradingState::Halted, "a person cannot arm over a break");
        lane.reconcile(&[position(SPY, 5)], true);
        assert_eq!(lane.engine.state(), TradingState::Halted, "mended, and waiting for a person");
        lane.arm();
        assert_eq!(lane.engine.state(), TradingState::Active);
    }
}

#[test]
fn a_first_start_on_an_account_that_holds_something_is_a_break() {
    let mut lane = Lane::new(reconciled());
    lane.reconcile(&[position(QQQ, 1)], true);
    let (ours, broker) = (shares(0), shares(1));
    assert_eq!(broken(&lane), ReconcileBreak::Position { instrument: QQQ, ours, broker });
    lane.reconcile(&[position(InstrumentId::ALL, 3), position(InstrumentId(3), 1)], true);
    assert_eq!(broken(&lane), ReconcileBreak::UnknownPositions(2));
    lane.reconcile(&[position(InstrumentId::ALL, 0)], true);
    assert_eq!(lane.engine.reconcile_outcome(), Some(ReconcileOutcome::Clean), "none is none");
}

#[test]
fn open_orders_of_others_are_a_break_and_their_history_is_not() {
    let mut lane = Lane::new(reconciled());
    lane.reconcile(&[foreign(BrokerStage::Filled), foreign(BrokerStage::Canceled)], true);
    assert_eq!(lane.engine.reconcile_outcome(), Some(ReconcileOutcome::Clean));
    lane.reconcile(&[foreign(BrokerStage::Working)], true);
    assert_eq!(broken(&lane), ReconcileBreak::ForeignOrders(1));
    lane.report(Report::Reconcile(Reconcile { ended: false, ..Reconcile::default() }));
    let end = Reconcile { ended: true, stable: true, foreign_orders: 2 };
    lane.report(Report::Reconcile(end));
    assert_eq!(broken(&lane), ReconcileBreak::ForeignOrders(2), "the gateway counted them");
}

#[test]
fn books_that_do_not_hold_still_are_a_break() {
    let mut lane = Lane::new(reconciled());
    lane.reconcile(&[], false);
    assert_eq!(broken(&lane), ReconcileBreak::Unstable);
}

#[test]
fn only_reducing_is_allowed_while_the_books_are_read() {
    let mut lane = trading();
    lane.report(Report::Reconcile(Reconcile { ended: false, ..Reconcile::default() }));
    assert_eq!(lane.engine.state(), TradingState::Reducing);
    assert!(lane.engine.restraints().has(Restraint::Reconciling));
    let end = Reconcile { ended: true, stable: true, foreign_orders: 0 };
    lane.report(Report::Reconcile(end));
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn fills_and_ends_missed_while_away_are_settled_within_the_pass() {
    let mut lane = trading();
    let (filled, gone) = (lane.place(buy(SPY, 2, "100")), lane.place(buy(SPY, 3, "99.99")));
    lane.system(SystemEvent::Restart { epoch: Epoch(1_700_000_000) });
    assert_eq!(lane.engine.reconcile_outcome(), None, "of this life");
    let ids = [filled, gone].map(|no| lane.status(no).client_id);
    let listed = |client_id, stage, qty, done, limit| {
        let (instrument, qty, filled) = (SPY, shares(qty), shares(done));
        let limit = price(limit);
        Report::Snapshot(Snapshot {
            client_id,
            instrument,
            stage,
            qty,
            filled,
            limit,
            ..Snapshot::default()
        })
    };
    let execution = Report::Fill(Fill {
        client_id: ids[0],
        execution: ExecutionId(77),
        instrument: SPY,
        price: price("99.98"),
        qty: shares(2),
        ..Fill::default()
    });
    let facts = [
        listed(ids[0], BrokerStage::Filled, 2, 2, "100"),
        listed(ids[1], BrokerStage::Canceled, 3, 0, "99.99"),
        position(SPY, 2),
    ];
    lane.reconcile(&facts, true);
    assert_eq!(broken(&lane), ReconcileBreak::MissingFills(filled));
    lane.reconcile(&[facts[0], execution, facts[1], facts[2]], true);
    assert_eq!(lane.engine.reconcile_outcome(), Some(ReconcileOutcome::Clean));
    assert_eq!(lane.engine.orders().live().count(), 0);
    lane.arm();
    lane.pass(SECOND);
    lane.place(sell_market(SPY, 2));
}

#[test]
fn an_unknown_order_that_nobody_finds_stays_counted_and_breaks_nothing() {
    let mut lane = trading();
    let no = lane.place(buy(SPY, 25, "100"));
    lane.system(SystemEvent::Restart { epoch: Epoch(1_700_000_000) });
    lane.reconcile(&[Report::NotFound(lane.status(no))], true);
    assert_eq!(lane.engine.reconcile_outcome(), Some(ReconcileOutcome::Clean));
    lane.arm();
    lane.pass(SECOND);
    lane.refused(buy(SPY, 1, "100"));
    lane.place(buy(CALL, 1, "2"));
}

#[test]
fn a_stream_that_was_down_needs_a_clean_pass_and_a_halt_needs_a_person() {
    let mut lane = trading();
    lane.report(Report::Link { up: false });
    lane.fire_due();
    lane.report(Report::Link { up: true });
    assert_eq!(lane.engine.state(), TradingState::Reducing, "what it missed was not read yet");
    lane.reconcile(&[], true);
    assert_eq!(lane.engine.state(), TradingState::Active);
    let theirs = Status { client_id: ClientOrderId::from_text("x").unwrap(), ..Status::default() };
    lane.report(Report::Accepted(theirs));
    assert_eq!(lane.engine.state(), TradingState::Halted);
    lane.reconcile(&[], true);
    assert_eq!(lane.engine.state(), TradingState::Halted);
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn breaks_are_told_in_words() {
    let (instrument, ours, broker) = (SPY, shares(5), shares(-1));
    let words = [
        ReconcileBreak::Unstable,
        ReconcileBreak::ForeignOrders(2),
        ReconcileBreak::UnknownPositions(1),
        ReconcileBreak::MissingFills(st0ck_types::OrderNo(3)),
        ReconcileBreak::Position { instrument, ours, broker },
    ]
    .map(|found| found.to_string());
    assert_eq!(
        words,
        [
            "the broker's books kept changing while they were read",
            "2 open order(s) at the broker that this bot did not place",
            "1 position(s) at the broker in symbols this bot does not trade",
            "the broker reports more filled on order 3 than executions tell",
            "position in instrument 0: 5 by our fills, -1 at the broker",
        ]
    );
}
