//! What stops the lane, what that cancels, and what lets it go on: kill, latches, links, faults.

use crate::breaker_rows::worth;
use crate::lane::{
    CALL, Call, Hand, Lane, Puppet, SPY, buy, config, money, nudge, price, sell, sell_market,
    session, shares,
};
use st0ck_engine::orders::Stage;
use st0ck_engine::risk::{Restraint, TradingState};
use st0ck_engine::{Engine, OrderChange, Strategy};
use st0ck_types::command::Reason;
use st0ck_types::report::{Account, Fill, Position, Reconcile, Snapshot, Status};
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{
    AccountSums, ClientOrderId, Command, Epoch, ExecutionId, MarketEvent, OrderNo, Output, Report,
    Seq, StrategyId, SystemEvent,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn why() -> Reason {
    Reason::new("test")
}

fn restraints(lane: &Lane) -> Vec<Restraint> {
    lane.engine.restraints().iter().collect()
}

fn canceled(outputs: &[Output]) -> Vec<u32> {
    let number = |output: &Output| match output {
        Output::Cancel(cancel) => cancel.no.0,
        other => panic!("only cancels were due, not {other:?}"),
    };
    outputs.iter().map(number).collect()
}

/// A lane that holds 5 SPY, offers 2 of them (order 2) and bids for 1 more (order 3).
fn busy() -> Lane {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    let offer = lane.place(sell(SPY, 2, "101"));
    lane.accept(offer);
    let bid = lane.place(buy(SPY, 1, "99.98"));
    lane.accept(bid);
    lane.hand.calls();
    lane
}

#[test]
fn a_lane_starts_halted_and_trades_once_armed() {
    let mut lane = Lane::unarmed(config());
    assert_eq!(
        (lane.engine.state(), restraints(&lane)),
        (TradingState::Halted, vec![Restraint::NotArmed])
    );
    lane.arm();
    assert_eq!((lane.engine.state(), restraints(&lane)), (TradingState::Active, vec![]));
    assert_eq!(lane.hand.calls(), [Call::Start, Call::State(TradingState::Active)]);
}

#[test]
fn the_kill_switch_cancels_what_opens_keeps_what_protects_and_latches() {
    let mut lane = busy();
    assert_eq!(canceled(&lane.command(Command::Kill(why()))), [3]);
    assert_eq!(restraints(&lane), [Restraint::Killed]);
    assert_eq!(lane.refused(sell_market(SPY, 1)).value, 0, "HALTED");
    assert_eq!(canceled(&lane.command(Command::Kill(why()))), [0; 0], "once is enough");
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Halted, "only arming lifts it");
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn an_opening_order_that_comes_to_life_after_the_kill_is_canceled_then() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 1, "99.99"));
    assert_eq!(canceled(&lane.command(Command::Kill(why()))), [1]);
    // The cancel reached nothing: the gateway had not sent the order yet.
    lane.report(Report::CancelRejected(lane.status(no)));
    assert_eq!(canceled(&lane.accept(no)), [1]);
    assert_eq!(canceled(&lane.accept(no)), [0; 0], "a cancel is under way");
}

#[test]
fn a_closing_order_that_comes_to_life_after_the_kill_lives_on() {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 1);
    let no = lane.place(sell(SPY, 1, "101"));
    lane.command(Command::Kill(why()));
    assert_eq!(canceled(&lane.accept(no)), [0; 0]);
    assert!(lane.engine.orders().get(no).unwrap().is_live());
}

#[test]
fn reducing_allows_closing_alone_and_arming_ends_it() {
    let mut lane = busy();
    assert_eq!(canceled(&lane.command(Command::Reduce(why()))), [0; 0]);
    assert_eq!(lane.hand.calls(), [Call::State(TradingState::Reducing)]);
    lane.refused(buy(SPY, 1, "100"));
    lane.place(sell_market(SPY, 3));
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn the_days_loss_latches_on_a_mark_and_survives_its_recovery() {
    let mut lane = Lane::with(|limits| limits.daily_loss_max = money("10"));
    lane.hold(SPY, 10);
    lane.place(buy(SPY, 1, "99.99"));
    lane.quote(SPY, "99.00", "99.02");
    assert_eq!(lane.engine.world().day_loss(), money("9.9"));
    assert_eq!(lane.engine.state(), TradingState::Active, "a dime is left");
    assert_eq!(canceled(&lane.quote(SPY, "98.99", "99.01")), [2], "at the limit");
    assert_eq!(restraints(&lane), [Restraint::DailyLoss]);
    lane.quote(SPY, "99.99", "100.01");
    assert_eq!(lane.engine.world().day_loss(), money("0"));
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Reducing, "arming does not forget a loss");
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn an_accounts_loss_latches_on_a_mark_cancels_what_opens_and_is_lifted_by_a_reset_alone() {
    let mut lane = Lane::with(|limits| limits.account_loss_ratio_max = 1_000_000);
    lane.report(worth("10000", "20000"));
    lane.hold(SPY, 10);
    lane.place(buy(SPY, 1, "99.99"));
    lane.quote(SPY, "99.00", "99.02");
    assert_eq!(lane.engine.state(), TradingState::Active, "a dime is left");
    assert_eq!(canceled(&lane.quote(SPY, "98.99", "99.01")), [2], "a thousandth is lost");
    assert_eq!(restraints(&lane), [Restraint::AccountLoss]);
    lane.quote(SPY, "99.99", "100.01");
    lane.system(SystemEvent::Restart { epoch: Epoch(8) });
    lane.arm();
    assert_eq!(
        restraints(&lane),
        [Restraint::AccountLoss],
        "neither a rise nor a restart lifts it"
    );
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.quote(SPY, "99.00", "99.02");
    assert_eq!(lane.engine.state(), TradingState::Active, "counted from the reset, at no loss");
    lane.report(worth("9990", "20000"));
    assert_eq!(restraints(&lane), [Restraint::AccountLoss], "the broker's word counts at once");
}

#[test]
fn what_other_accounts_lose_stops_this_one() {
    let mut lane = Lane::with(|_| {});
    lane.report(worth("10000", "20000"));
    lane.place(buy(SPY, 1, "99.99"));
    let sums = |equity| AccountSums { opening: money("40000"), equity: money(equity) };
    let told = lane.system(SystemEvent::OtherAccounts(sums("38500.01")));
    assert_eq!(canceled(&told), [0; 0], "a cent is left of three percent");
    let told = lane.system(SystemEvent::OtherAccounts(sums("38500")));
    assert_eq!(canceled(&told), [1]);
    assert_eq!(restraints(&lane), [Restraint::AccountsLoss]);
    lane.system(SystemEvent::OtherAccounts(sums("40000")));
    assert_eq!(lane.engine.state(), TradingState::Reducing, "until a person looks");
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn a_reset_counts_the_loss_from_there() {
    let mut lane = Lane::with(|limits| limits.daily_loss_max = money("50"));
    lane.round_trip(CALL, "1.50");
    assert_eq!(lane.engine.state(), TradingState::Reducing);
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.round_trip(CALL, "1.51");
    assert_eq!(lane.engine.state(), TradingState::Active, "49 since the reset");
    lane.round_trip(CALL, "1.99");
    assert_eq!(lane.engine.state(), TradingState::Reducing, "50 since the reset");
}

#[test]
fn fees_count_towards_the_days_loss() {
    let mut lane = Lane::new(config());
    lane.round_trip(SPY, "100");
    let (loss, fees) = (lane.engine.world().day_loss(), lane.engine.portfolio().fees());
    assert_eq!(lane.engine.portfolio().realised(), money("0"));
    // 22.10 per million of $100, and 0.000119 per share.
    assert_eq!((loss, fees), (money("0.002329"), money("0.002329")));
}

#[test]
fn three_losses_in_a_row_latch_and_a_gain_between_them_does_not() {
    let mut lane = Lane::new(config());
    for sold_at in ["99.9", "99.9", "100.1", "99.9", "99.9"] {
        lane.round_trip(SPY, sold_at);
    }
    assert_eq!(lane.engine.gate().losses_in_a_row(), 2);
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.round_trip(SPY, "99.9");
    assert_eq!(restraints(&lane), [Restraint::LosingStreak]);
    assert_eq!(lane.engine.state(), TradingState::Reducing);
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.gate().losses_in_a_row(), 0);
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn the_third_duplicate_within_a_minute_halts_until_a_person_resets_it() {
    let mut lane = Lane::new(config());
    lane.place(buy(SPY, 1, "100"));
    for duplicates in 1..=3 {
        assert_eq!(lane.engine.state(), TradingState::Active, "{duplicates} are to come");
        lane.refused(buy(SPY, 1, "100"));
    }
    assert_eq!(restraints(&lane), [Restraint::DuplicateStorm]);
    lane.hand.calls();
    lane.nudge();
    assert!(lane.hand.calls().contains(&Call::State(TradingState::Halted)), "told next time");
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Halted, "a start that arms takes nothing back");
    lane.command(Command::ResetLatches(why()));
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn three_duplicates_in_more_than_a_minute_are_only_refused() {
    let mut lane = Lane::new(config());
    for _ in 0..3 {
        lane.place(buy(SPY, 1, "100"));
        lane.refused(buy(SPY, 1, "100"));
        lane.pass(31 * SECOND);
        lane.quote_all();
    }
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn a_lane_without_every_limit_set_is_not_armed() {
    let mut config = config();
    config.limits.orders_per_second_max = 0;
    let mut lane = Lane::unarmed(config);
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Halted);
    assert_eq!(lane.engine.counters().arms_refused, 1);
}

#[test]
fn an_order_stream_that_stays_down_only_lets_reduce() {
    let mut lane = Lane::new(config());
    lane.report(Report::Link { up: false });
    assert_eq!(lane.engine.state(), TradingState::Active);
    let (due, _) = lane.engine.next_due().unwrap();
    assert_eq!(due, lane.now + 2 * SECOND);
    lane.pass(SECOND);
    lane.report(Report::Link { up: false });
    assert_eq!(lane.engine.next_due().unwrap().0, due, "down since then");
    lane.fire_due();
    assert_eq!(restraints(&lane), [Restraint::StreamDown]);
    lane.report(Report::Link { up: true });
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.report(Report::Link { up: false });
    lane.pass(SECOND);
    lane.report(Report::Link { up: true });
    assert_eq!(lane.engine.next_due(), None, "back in time");
    lane.report(Report::Link { up: false });
    lane.system(SystemEvent::Restart { epoch: Epoch(1_600_000_001) });
    assert_eq!(lane.engine.next_due(), None, "a new life has a new stream");
}

#[test]
fn a_market_feed_that_broke_must_prove_itself_live_again() {
    let mut lane = Lane::new(config());
    lane.system(SystemEvent::FeedLink { up: false, at: lane.now });
    assert_eq!(restraints(&lane), [Restraint::FeedDown]);
    lane.system(SystemEvent::FeedLink { up: true, at: lane.now });
    assert_eq!(lane.engine.state(), TradingState::Active);
    assert_eq!(lane.engine.world().market.book(SPY).unwrap().quotes_wanted(), 5);
}

#[test]
fn a_journal_that_runs_low_only_lets_reduce() {
    let mut lane = Lane::new(config());
    lane.system(SystemEvent::JournalLow { low: true });
    assert_eq!(restraints(&lane), [Restraint::JournalLow]);
    lane.system(SystemEvent::JournalLow { low: false });
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn a_new_process_life_does_not_inherit_a_low_journal() {
    let mut lane = Lane::new(config());
    lane.system(SystemEvent::JournalLow { low: true });
    lane.system(SystemEvent::Restart { epoch: Epoch(2) });
    assert!(!restraints(&lane).contains(&Restraint::JournalLow), "{:?}", restraints(&lane));
}

#[test]
fn a_wall_clock_that_stepped_far_needs_a_person() {
    let mut lane = Lane::new(config());
    lane.system(SystemEvent::ClockStep { by: -2 * SECOND });
    assert_eq!(lane.engine.state(), TradingState::Active);
    lane.system(SystemEvent::ClockStep { by: -2 * SECOND - 1 });
    assert_eq!(restraints(&lane), [Restraint::Reduced]);
    assert_eq!(lane.engine.counters().clock_steps, 2);
}

#[test]
fn an_account_that_the_broker_blocks_is_halted_until_it_is_not() {
    let mut lane = Lane::new(config());
    lane.report(Report::Account(Account {
        tradable: false,
        equity: money("10000"),
        ..Account::default()
    }));
    assert_eq!(restraints(&lane), [Restraint::AccountBlocked]);
    lane.report(Report::Account(Account {
        tradable: true,
        equity: money("10000"),
        ..Account::default()
    }));
    assert_eq!(lane.engine.state(), TradingState::Active);
}

#[test]
fn somebody_elses_trading_on_the_account_halts_it() {
    let theirs = ClientOrderId::from_text("not-ours").unwrap();
    let status = Status { client_id: theirs, ..Status::default() };
    let fill =
        Fill { client_id: theirs, execution: ExecutionId(9), qty: shares(1), ..Fill::default() };
    let order = Snapshot { client_id: theirs, ..Snapshot::default() };
    for report in [Report::Accepted(status), Report::Fill(fill), Report::Snapshot(order)] {
        let mut lane = Lane::new(config());
        lane.report(report);
        assert_eq!(restraints(&lane), [Restraint::NotArmed, Restraint::Foreign], "{report:?}");
        lane.arm();
        assert_eq!(lane.engine.state(), TradingState::Halted, "a person alone cannot explain it");
    }
    let mut lane = Lane::new(config());
    lane.report(Report::Canceled(status));
    assert_eq!(lane.engine.state(), TradingState::Active, "an end threatens nobody");
    assert_eq!(lane.engine.counters().foreign_reports, 1);
}

#[test]
fn an_order_filled_beyond_its_quantity_halts() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 1, "100"));
    lane.fill(no, "100", 1);
    lane.fill(no, "100", 1);
    assert_eq!(restraints(&lane), [Restraint::NotArmed, Restraint::OrderFault]);
    assert_eq!(lane.engine.portfolio().position(SPY).qty, shares(2), "a fill is a fact");
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Halted, "arming explains nothing");
    let held = Position { instrument: SPY, qty: shares(2), ..Position::default() };
    lane.reconcile(&[Report::Position(held)], true);
    lane.arm();
    lane.report(Report::Link { up: true });
    assert_eq!(lane.engine.state(), TradingState::Active, "the broker agrees, a person too");
}

#[test]
fn an_order_that_lives_after_its_end_is_canceled_and_halts() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 1, "100"));
    lane.accept(no);
    lane.report(Report::Canceled(lane.status(no)));
    let order = Snapshot {
        client_id: lane.status(no).client_id,
        instrument: SPY,
        qty: shares(1),
        limit: price("100"),
        ..Snapshot::default()
    };
    assert_eq!(canceled(&lane.report(Report::Snapshot(order))), [0; 0], "a list may be old");
    lane.pass(MILLISECOND);
    lane.report(Report::Reconcile(Reconcile { ended: false, ..Reconcile::default() }));
    lane.hand.calls();
    assert_eq!(canceled(&lane.report(Report::Snapshot(order))), [1]);
    assert!(restraints(&lane).contains(&Restraint::OrderFault));
    assert!(lane.hand.calls().contains(&Call::Order(no, OrderChange::Zombie)));
}

#[test]
fn a_new_process_life_knows_nothing_and_waits_for_a_person() {
    let mut lane = busy();
    let no = lane.place(buy(SPY, 2, "99.97"));
    lane.hand.calls();
    lane.system(SystemEvent::Restart { epoch: Epoch(1_600_000_001) });
    assert_eq!(restraints(&lane), [Restraint::NotArmed]);
    assert_eq!(lane.engine.orders().get(no).unwrap().stage, Stage::Unknown);
    let calls = lane.hand.calls();
    assert_eq!(
        calls,
        [Call::State(TradingState::Halted), Call::Order(no, OrderChange::Unknown)],
        "no second start"
    );
    lane.arm();
    lane.pass(SECOND);
    let next = lane.place(buy(SPY, 1, "99.96"));
    let id = lane.status(next).client_id.parts().unwrap();
    assert_eq!((id.epoch, id.order), (Epoch(1_600_000_001), OrderNo(5)), "ordinals go on");
}

#[test]
fn an_unknown_order_counts_fully_after_a_restart() {
    let mut lane = Lane::new(config());
    lane.place(buy(SPY, 20, "100"));
    lane.system(SystemEvent::Restart { epoch: Epoch(1_600_000_001) });
    lane.arm();
    lane.pass(SECOND);
    let reject = lane.refused(buy(SPY, 6, "100"));
    assert_eq!((reject.value, reject.limit), (2_600_000_000_000, 2_500_000_000_000));
    lane.place(buy(SPY, 5, "100"));
}

#[test]
fn a_strategy_that_panics_is_never_called_again() {
    let mut lane = busy();
    lane.hand.panic_on(13);
    let event = MarketEvent::Trade(nudge(lane.now, 13));
    assert!(catch_unwind(AssertUnwindSafe(|| lane.market(event))).is_err());
    let out = lane.system(SystemEvent::LaneFault { seq: Seq(0) });
    assert_eq!(canceled(&out), [3], "what opens goes, what protects stays");
    assert!(lane.engine.is_quarantined(StrategyId(0)));
    assert_eq!(restraints(&lane), [Restraint::Quarantine]);
    lane.hand.calls();
    lane.nudge();
    lane.fill(OrderNo(2), "101", 2);
    assert_eq!(lane.hand.calls(), [], "facts go on without it");
    assert_eq!(lane.engine.portfolio().position(SPY).qty, shares(3));
    lane.arm();
    assert_eq!(lane.engine.state(), TradingState::Halted);
}

#[test]
fn only_the_strategy_that_panicked_is_quarantined() {
    let hands = [Hand::default(), Hand::default()];
    let puppet = |id: u8| {
        let hand = hands[usize::from(id)].clone();
        (StrategyId(id), Box::new(Puppet { hand, seen: 0 }) as Box<dyn Strategy>)
    };
    let mut lane = Lane::new(config());
    lane.engine = Engine::new(config(), vec![puppet(0), puppet(1)]).unwrap();
    hands[1].panic_on(13);
    let event = MarketEvent::Trade(nudge(lane.now, 13));
    assert!(catch_unwind(AssertUnwindSafe(|| lane.market(event))).is_err());
    lane.system(SystemEvent::LaneFault { seq: Seq(u64::MAX) });
    let quarantined = [0, 1].map(|id| lane.engine.is_quarantined(StrategyId(id)));
    assert_eq!(quarantined, [false, true]);
    lane.engine = Engine::new(config(), vec![puppet(0), puppet(1)]).unwrap();
    lane.system(SystemEvent::LaneFault { seq: Seq(u64::MAX) });
    let quarantined = [0, 1].map(|id| lane.engine.is_quarantined(StrategyId(id)));
    assert_eq!(quarantined, [true, true], "a fault of nobody in particular");
}

#[test]
fn what_a_faulted_input_decided_never_left() {
    let mut lane = Lane::new(config());
    let kept = lane.place(buy(SPY, 1, "100"));
    let void = lane.place(buy(SPY, 1, "99.99"));
    let fault = lane.engine.orders().get(void).unwrap().request.cause;
    assert_eq!(canceled(&lane.system(SystemEvent::LaneFault { seq: fault })), [kept.0]);
    assert_eq!(lane.engine.orders().get(void).unwrap().stage, Stage::Refused);
    assert_eq!(lane.engine.orders().get(kept).unwrap().stage, Stage::Intent);
}

#[test]
fn after_the_close_nothing_is_sent_and_the_last_bars_are_complete() {
    let mut lane = Lane::new(config());
    lane.now = session().close - SECOND;
    lane.quote_all();
    lane.hand.calls();
    lane.now = session().close;
    lane.system(SystemEvent::SessionEnd);
    let lengths: Vec<u16> = lane
        .hand
        .calls()
        .iter()
        .filter_map(|call| match call {
            Call::Bar(bar) if bar.instrument == SPY => Some(bar.seconds),
            _ => None,
        })
        .collect();
    assert_eq!(lengths, [1, 60, 300]);
    assert!(!lane.engine.world().session.is_open());
}
