//! Clocks that step back: the lane's time never does, not even across process lives.

use crate::rig::{Crew, ROOMY, Rig, day};
use crate::strategies::Buyer;
use st0ck_engine::core_agent::Control;
use st0ck_engine::lane_clock::ClockKind;
use st0ck_engine::risk::Restraint;
use st0ck_runtime::WallClock;
use st0ck_types::command::Reason;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{Command, Input, MarketEvent, Nanos, SystemEvent};

const BUYER: Crew = || vec![Box::<Buyer>::default()];

fn stamps(rig: &Rig) -> Vec<Nanos> {
    rig.groups().iter().map(|g| g.at).collect()
}

#[test]
fn a_wall_clock_behind_the_last_record_repeats_the_last_stamp() {
    // As after a step back of an hour: the process before stamped with a clock that was ahead.
    let ahead = WallClock::new().now() + 60 * MINUTE;
    let mut rig = Rig::unarmed(BUYER, ROOMY, ClockKind::Wall, ahead);
    rig.quote("99.99", "100.01");
    rig.control(Control::Command(Command::Arm(Reason::new("test"))));
    let mut rig = rig.killed_and_restarted(ClockKind::Wall);
    rig.quote("99.98", "100.02");
    rig.crank();
    assert!(stamps(&rig).iter().all(|&at| at == ahead), "{:?}", stamps(&rig));
    rig.end();
}

#[test]
fn a_step_of_the_wall_clock_is_an_input_and_a_large_one_needs_a_person() {
    let mut rig = Rig::unarmed(BUYER, ROOMY, ClockKind::Wall, day().open);
    rig.control(Control::Command(Command::Arm(Reason::new("test"))));
    rig.control(Control::System(SystemEvent::ClockStep { by: -SECOND }));
    assert!(!rig.core.engine().restraints().has(Restraint::Reduced), "a second is told only");
    rig.control(Control::System(SystemEvent::ClockStep { by: -3600 * SECOND }));
    assert!(rig.core.engine().restraints().has(Restraint::Reduced));
    assert_eq!(rig.core.engine().counters().clock_steps, 2);
    // An input that nothing follows may be cut: nobody has acted on it.
    rig.quote("99.99", "100.01");
    rig.crank();
    let rig = rig.killed_and_restarted(ClockKind::Wall);
    assert!(rig.core.engine().restraints().has(Restraint::Reduced), "still so in the next life");
    assert!(stamps(&rig).is_sorted());
    rig.end();
}

#[test]
fn market_events_that_go_back_in_time_do_not_take_the_lane_with_them() {
    let mut rig = Rig::new(BUYER, ROOMY);
    rig.quote("99.98", "100.02");
    let newest = rig.now;
    rig.now = rig.now - 10 * MINUTE;
    rig.quote("99.97", "100.03");
    rig.crank();
    assert!(stamps(&rig).is_sorted());
    assert_eq!(stamps(&rig).last(), Some(&newest), "the late one is stamped with the latest time");
    let groups = rig.groups();
    let Input::Market(MarketEvent::Quote(late)) = groups.last().unwrap().input else {
        panic!("{groups:?}")
    };
    assert!(late.ts_event < newest, "and keeps its own");
    rig.end();
}
