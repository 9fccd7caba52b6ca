//! C17 holds an order back for a moment before it refuses one: for how long, which, and what becomes
//! of it.

use crate::controls::after_orders;
use crate::lane::{CALL, Lane, QQQ, SPY, buy, config, sell};
use st0ck_engine::{Engine, Intent, Strategy};
use st0ck_types::command::Reason;
use st0ck_types::state::StateBytes;
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{Command, Epoch, OrderNo, Output, RejectCode, StrategyId, SystemEvent};

const E9: i64 = 1_000_000_000;

/// A lane that sent three orders at once, so long ago.
fn after_three(ago: i64) -> Lane {
    let mut lane = after_orders(3, 0, |_| {});
    lane.pass(ago);
    lane.quote_all();
    lane
}

fn refusal(outputs: &[Output]) -> Option<(RejectCode, i64, i64)> {
    match outputs {
        [Output::Decision(_), Output::Reject(no)] => Some((no.code, no.value, no.limit)),
        _ => None,
    }
}

/// Lets the next timer fire and gives what came of it.
fn turn(lane: &mut Lane) -> Vec<Output> {
    let (due, fired) = lane.engine.next_due().unwrap();
    lane.now = due;
    lane.input(&st0ck_types::Input::Timer(fired))
}

#[test]
fn an_order_whose_turn_comes_within_200_ms_waits_for_it() {
    for (ago, waits) in [(799, false), (800, true), (999, true)] {
        let mut lane = after_three(ago * MILLISECOND);
        let out = lane.order(buy(SPY, 2, "100"));
        let wanted = if waits { None } else { Some((RejectCode::MessageRate, 4 * E9, 3 * E9)) };
        assert_eq!((refusal(&out), out.is_empty()), (wanted, waits), "after {ago} ms");
        assert_eq!(lane.engine.counters().orders_held, u64::from(waits));
        assert_eq!(lane.engine.next_due().is_some(), waits);
    }
}

#[test]
fn at_its_turn_it_leaves_and_tells_how_long_it_waited() {
    let mut lane = after_three(850 * MILLISECOND);
    let decided = lane.now;
    assert_eq!(lane.order(buy(SPY, 2, "100")), []);
    let out = turn(&mut lane);
    let [Output::Decision(why), Output::Order(order)] = out[..] else { panic!("{out:?}") };
    assert_eq!((order.no, order.decided_at), (OrderNo(4), decided + 150 * MILLISECOND));
    let held = why.factors().last().unwrap();
    assert_eq!((held.name.as_str(), held.value), ("held_s", 150 * MILLISECOND));
    assert_eq!(why.factors().len(), 2, "beside what the strategy weighed");
    assert_eq!(lane.engine.next_due(), None);
}

#[test]
fn at_its_turn_every_control_is_asked_again() {
    let mut lane = after_three(850 * MILLISECOND);
    lane.order(buy(SPY, 2, "100"));
    lane.command(Command::Kill(Reason::new("test")));
    let out = turn(&mut lane);
    assert_eq!(refusal(&out), Some((RejectCode::TradingState, 0, 2 * E9)));
}

#[test]
fn one_of_a_kind_waits_at_a_time() {
    let mut lane = after_three(850 * MILLISECOND);
    lane.order(buy(SPY, 2, "100"));
    let again = lane.order(buy(SPY, 3, "100"));
    assert_eq!(refusal(&again), Some((RejectCode::MessageRate, 4 * E9, 3 * E9)));
    assert_eq!(lane.order(buy(QQQ, 1, "100")), [], "of another kind");
    let out = turn(&mut lane);
    let sent = out.iter().filter(|output| matches!(output, Output::Order(_))).count();
    assert_eq!(sent, 2, "three left the second at once");
}

#[test]
fn who_finds_the_turn_taken_is_refused_when_the_next_is_too_far() {
    let mut lane = Lane::with(|limits| limits.orders_per_second_max = 1);
    lane.place(buy(SPY, 1, "100"));
    lane.pass(850 * MILLISECOND);
    lane.quote_all();
    assert_eq!(lane.order(buy(SPY, 2, "100")), []);
    assert_eq!(lane.order(buy(QQQ, 1, "100")), []);
    let out = turn(&mut lane);
    assert!(matches!(out[1], Output::Order(order) if order.instrument == SPY), "{out:?}");
    assert_eq!(refusal(&out[2..]), Some((RejectCode::MessageRate, 2 * E9, E9)));
    assert_eq!(lane.engine.next_due(), None);
}

#[test]
fn who_finds_the_turn_taken_waits_on_when_the_next_is_near() {
    let mut lane = Lane::with(|limits| limits.orders_per_second_max = 2);
    lane.place(buy(SPY, 1, "100"));
    lane.pass(50 * MILLISECOND);
    lane.place(buy(SPY, 1, "99.99"));
    lane.pass(850 * MILLISECOND);
    lane.quote_all();
    lane.order(buy(SPY, 2, "100"));
    lane.order(buy(QQQ, 1, "100"));
    assert_eq!(turn(&mut lane).len(), 2, "the first alone");
    let out = turn(&mut lane);
    assert!(matches!(out[1], Output::Order(order) if order.instrument == QQQ), "{out:?}");
    assert_eq!(lane.engine.counters().orders_held, 3, "the second one twice");
}

#[test]
fn no_more_wait_than_there_is_room_for() {
    let mut lane = Lane::with(|limits| {
        limits.orders_per_second_max = 3;
        limits.positions_max = 9;
    });
    lane.hold(SPY, 3);
    lane.hold(QQQ, 3);
    lane.hold(CALL, 1);
    for (n, limit) in ["99.90", "99.89", "99.88"].into_iter().enumerate() {
        assert_eq!(lane.place(buy(SPY, 1, limit)), OrderNo(4 + n as u32));
    }
    lane.pass(900 * MILLISECOND);
    lane.quote_all();
    let kinds = [
        buy(SPY, 1, "99.80"),
        buy(QQQ, 1, "99.80"),
        buy(CALL, 1, "1.90"),
        sell(SPY, 1, "100.20"),
        sell(QQQ, 1, "100.20"),
        sell(CALL, 1, "2.10"),
    ];
    for order in kinds {
        assert_eq!(lane.order(order), [], "{order:?}");
    }
    assert_eq!(lane.engine.counters().orders_held, 6);
}

#[test]
fn cancels_are_never_held() {
    let mut lane = after_three(850 * MILLISECOND);
    lane.order(buy(SPY, 2, "100"));
    for no in (1..=3).map(OrderNo) {
        let out = lane.want(Intent::Cancel { no });
        assert!(matches!(out[..], [Output::Cancel(cancel)] if cancel.no == no));
    }
}

#[test]
fn a_restart_refuses_what_waited() {
    let mut lane = after_three(850 * MILLISECOND);
    lane.order(buy(SPY, 2, "100"));
    let out = lane.system(SystemEvent::Restart { epoch: Epoch(1_600_000_001) });
    assert_eq!(refusal(&out), Some((RejectCode::TradingState, 0, 2 * E9)));
    assert_eq!(lane.engine.next_due(), None);
    lane.arm();
    lane.pass(SECOND);
    lane.quote_all();
    assert_eq!(lane.nudge(), [], "nothing waits any more");
}

#[test]
fn what_waits_is_kept_and_hashed() {
    let mut lane = after_three(850 * MILLISECOND);
    let before = lane.engine.state_hash();
    lane.order(buy(SPY, 2, "100"));
    assert_ne!(lane.engine.state_hash(), before);
    let mut kept = StateBytes::default();
    lane.engine.carry(&mut kept);
    let puppet = crate::lane::Puppet { hand: lane.hand.clone(), seen: 0 };
    let strategies: Vec<(StrategyId, Box<dyn Strategy>)> = vec![(StrategyId(0), Box::new(puppet))];
    let mut other = Engine::new(config(), strategies).unwrap();
    other.restore(&kept.0).unwrap();
    assert_eq!(other.state_hash(), lane.engine.state_hash());
    lane.engine = other;
    let out = turn(&mut lane);
    assert!(matches!(out[..], [_, Output::Order(order)] if order.tag == 7), "{out:?}");
}
