//! A strategy that panics: its lane halts, nothing it wanted leaves, everybody else trades on, and
//! replay and recovery know of it.

use crate::rig::{Crew, ROOMY, Rig, Setup};
use crate::strategies::{Bomb, Buyer};
use st0ck_engine::core_agent::Control;
use st0ck_engine::lane_clock::ClockKind;
use st0ck_engine::risk::{Restraint, TradingState};
use st0ck_types::command::Reason;
use st0ck_types::{Command, Errand, Input, MarketEvent, Outgoing, Output, StrategyId, SystemEvent};

const BOMB_AND_BUYER: Crew = || vec![Box::<Bomb>::default(), Box::<Buyer>::default()];
const BUYER: Crew = || vec![Box::<Buyer>::default()];

fn submitted(outgoing: &[Outgoing]) -> usize {
    outgoing.iter().filter(|o| matches!(o.errand, Errand::Submit(_))).count()
}

/// One order of each strategy, then the panic.
fn faulted() -> (Rig, Vec<Outgoing>) {
    faulted_in(ROOMY)
}

fn faulted_in(setup: Setup) -> (Rig, Vec<Outgoing>) {
    let mut rig = Rig::new(BOMB_AND_BUYER, setup);
    rig.print(1);
    rig.crank();
    assert_eq!(submitted(&rig.outgoing()), 2);
    rig.print(13);
    rig.crank();
    let after = rig.outgoing();
    (rig, after)
}

#[test]
fn a_panic_halts_the_lane_and_nothing_wanted_in_that_input_leaves() {
    let (mut rig, after) = faulted();
    assert_eq!(submitted(&after), 0, "13 wishes of the one, one of the other: none left");
    assert_eq!(after.len(), 2, "opening orders are canceled: {after:?}");
    let engine = rig.core.engine();
    assert_eq!(engine.state(), TradingState::Halted);
    assert!(engine.restraints().has(Restraint::Quarantine));
    assert!(engine.is_quarantined(StrategyId(0)) && !engine.is_quarantined(StrategyId(1)));
    assert_eq!(rig.told().state, TradingState::Halted, "the shell is told");
}

#[test]
fn the_journal_names_the_input_that_did_it() {
    let (rig, _) = faulted();
    let groups = rig.groups();
    let at =
        groups.iter().position(|g| matches!(g.input, Input::System(SystemEvent::LaneFault { .. })));
    let fault = &groups[at.unwrap()];
    let culprit = &groups[at.unwrap() - 1];
    assert_eq!(fault.input, Input::System(SystemEvent::LaneFault { seq: culprit.seq }));
    assert!(matches!(culprit.input, Input::Market(MarketEvent::Trade(_))), "{culprit:?}");
    assert_eq!(culprit.outputs, [], "what it decided is void");
    assert!(fault.outputs.iter().all(|o| matches!(o, Output::Cancel(_))), "{fault:?}");
}

#[test]
fn the_replay_panics_at_the_same_place_and_is_equal() {
    let (mut rig, _) = faulted();
    for n in 1..5 {
        rig.quote("99.98", "100.02");
        rig.print(n);
    }
    rig.crank();
    assert_eq!(submitted(&rig.outgoing()), 0, "HALTED");
    rig.end();
}

#[test]
fn the_strategy_that_did_nothing_still_sees_the_market() {
    let (mut rig, _) = faulted();
    let before = rig.note(1, "quotes");
    rig.quote("99.98", "100.02");
    rig.crank();
    assert_eq!(rig.note(1, "quotes"), before + 1);
}

#[test]
fn another_lane_trades_on() {
    let mut other = Rig::new(BUYER, ROOMY);
    let (mut rig, _) = faulted();
    other.print(2);
    other.crank();
    assert_eq!(submitted(&other.outgoing()), 2);
    assert_eq!(other.core.engine().state(), TradingState::Active);
    rig.crank();
    other.end();
    rig.end();
}

#[test]
fn the_next_life_knows_of_the_fault_and_arming_does_not_forgive_it() {
    let (rig, _) = faulted();
    let mut rig = rig.killed_and_restarted(ClockKind::Feed);
    let engine = rig.core.engine();
    assert!(engine.is_quarantined(StrategyId(0)) && !engine.is_quarantined(StrategyId(1)));
    assert!(engine.restraints().has(Restraint::Quarantine));
    rig.control(Control::Command(Command::Arm(Reason::new("hope"))));
    assert_eq!(rig.core.engine().state(), TradingState::Halted);
    rig.print(3);
    rig.crank();
    assert_eq!(submitted(&rig.outgoing()), 0);
    rig.end();
}

#[test]
fn a_process_that_died_behind_the_fault_is_taken_over_and_replays_equal() {
    let (rig, _) = faulted_in(Setup { dies_at_fault: true, ..ROOMY });
    let fault = rig.groups().pop().unwrap();
    assert!(fault.is_fault() && fault.outputs.is_empty(), "{fault:?}");
    let mut rig = rig.killed_and_restarted(ClockKind::Feed);
    assert!(rig.core.engine().is_quarantined(StrategyId(0)));
    assert_eq!(rig.core.engine().state(), TradingState::Halted);
    rig.quote("99.98", "100.02");
    rig.crank();
    rig.end();
}
