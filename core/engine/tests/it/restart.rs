//! What a new process life still has to do for the one before it.

use crate::lane::{Lane, SPY, buy, config, price, sell, shares};
use st0ck_engine::risk::{Restraint, TradingState};
use st0ck_types::command::Reason;
use st0ck_types::report::{BrokerStage, Position, Snapshot};
use st0ck_types::{
    CancelRequest, Command, Epoch, Input, OrderNo, Output, Report, Seq, SystemEvent,
};

fn canceled(outputs: &[Output]) -> Vec<OrderNo> {
    let number = |output: &Output| match output {
        Output::Cancel(CancelRequest { no, .. }) => Some(*no),
        _ => None,
    };
    outputs.iter().filter_map(number).collect()
}

/// A lane that holds 5 SPY, offers 2 of them (order 2) and bids for 1 more (order 3).
fn busy() -> Lane {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    for intent in [sell(SPY, 2, "101"), buy(SPY, 1, "99.99")] {
        let no = lane.place(intent);
        lane.accept(no);
    }
    lane
}

/// What the broker lists: the position and the open bid.
fn books(lane: &Lane) -> [Report; 2] {
    let bid = Snapshot {
        client_id: lane.status(OrderNo(3)).client_id,
        instrument: SPY,
        stage: BrokerStage::Working,
        qty: shares(1),
        limit: price("99.99"),
        ..Snapshot::default()
    };
    let held = Position { instrument: SPY, qty: shares(5), ..Position::default() };
    [Report::Snapshot(bid), Report::Position(held)]
}

fn restart(lane: &mut Lane) {
    lane.system(SystemEvent::Restart { epoch: Epoch(1_600_000_001) });
}

#[test]
fn a_fault_whose_cancels_died_with_the_process_is_cleaned_up_once_the_broker_was_asked() {
    let mut lane = busy();
    // The journal ends with the fault; what it led to was never recorded.
    let fault = Input::System(SystemEvent::LaneFault { seq: Seq(u64::MAX) });
    let forgotten = lane.engine.recover_input(lane.now, Seq(1_000), &fault, &[]);
    assert_eq!(forgotten, 1, "the cancel of the bid");
    restart(&mut lane);
    assert_eq!(lane.engine.orders().live().count(), 2);
    let facts = books(&lane);
    assert_eq!(canceled(&lane.reconcile(&facts, true)), [OrderNo(3)], "the offer protects");
    assert!(lane.engine.restraints().has(Restraint::Quarantine));
    assert_eq!(lane.engine.state(), TradingState::Halted);
    assert_eq!(canceled(&lane.reconcile(&facts, true)), [], "that cancel is under way");
}

#[test]
fn a_kill_outlives_the_process_that_could_not_carry_it_out() {
    for stable in [true, false] {
        let mut lane = busy();
        let kill = Input::Command(Command::Kill(Reason::new("test")));
        lane.engine.recover_input(lane.now, Seq(1_000), &kill, &[]);
        restart(&mut lane);
        let facts = books(&lane);
        assert_eq!(canceled(&lane.reconcile(&facts, stable)), [OrderNo(3)], "stable: {stable}");
    }
}

#[test]
fn without_a_latch_a_restart_cancels_nothing() {
    let mut lane = busy();
    restart(&mut lane);
    let facts = books(&lane);
    assert_eq!(canceled(&lane.reconcile(&facts, true)), []);
}
