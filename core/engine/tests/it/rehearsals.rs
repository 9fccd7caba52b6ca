//! Rehearsals: what a strategy does in one is nobody's business, a panic included.

use crate::lane::{SPY, buy, config};
use st0ck_engine::core_agent::{CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::strategy::Blocker;
use st0ck_engine::{Ctx, Engine, OrderIntent, Strategy};
use st0ck_runtime::conflate::market_ring;
use st0ck_runtime::{Agent, InFlight, WallClock, ring};
use st0ck_types::state::StateError;
use st0ck_types::{Decision, Input, Nanos, Output, Recorder, Seq, StateReader, StateSink};
use st0ck_types::{StrategyId, SystemEvent, Text};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Would always like to enter; counts how often it is asked, and panics in the end.
#[derive(Debug)]
struct Asked {
    times: Arc<AtomicU32>,
    panics_at: u32,
}

impl Strategy for Asked {
    fn entry(
        &self,
        _: &Ctx<'_>,
        _: &mut dyn FnMut(Blocker),
        why: &mut Decision,
    ) -> Option<OrderIntent> {
        let times = self.times.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(times < self.panics_at, "asked once too often");
        why.begin(Text::new("asked"));
        Some(buy(SPY, 1, "100"))
    }
    fn save(&self, _: &mut dyn StateSink) {}
    fn resume(&mut self, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}

/// Counts what is kept and what is rehearsed.
#[derive(Debug, Clone, Default)]
struct Tally {
    kept: u32,
    rehearsed: u32,
}

impl Recorder for Tally {
    fn input(&mut self, _: Seq, _: Nanos, _: &Input) {
        self.kept += 1;
    }
    fn output(&mut self, _: Seq, _: Nanos, _: &Output, _: bool) {
        self.kept += 1;
    }
    fn rehearse(&mut self, _: &Output) {
        self.rehearsed += 1;
    }
    fn hash(&mut self, _: Seq, _: Nanos, _: u64) {
        self.kept += 1;
    }
    fn carry(&mut self, _: Seq, _: Nanos, _: &[u8]) {
        self.kept += 1;
    }
    fn seal(&mut self, _: Seq, _: Nanos) {
        self.kept += 1;
    }
}

/// A core whose strategy panics when it is asked for the `panics_at`th time.
fn core(panics_at: u32, in_flight: InFlight) -> (CoreAgent<Tally>, Arc<AtomicU32>) {
    let times = Arc::new(AtomicU32::new(0));
    let strategy = Asked { times: times.clone(), panics_at };
    let engine = Engine::new(config(), vec![(StrategyId(0), Box::new(strategy))]).unwrap();
    let ports = Ports {
        market: market_ring(8, 3).1,
        reports: ring(8, 0).1,
        control: ring(8, 0).1,
        gateway: ring(8, 2).0,
        status: ring(4, 1).0,
    };
    let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), Nanos(1));
    let core = CoreAgent::new(engine, Tally::default(), clock, ports, Seq(0));
    (core.with_rehearsals().with_in_flight(in_flight), times)
}

#[test]
fn an_idle_core_goes_through_an_order_again_and_again_and_keeps_nothing_of_it() {
    let (mut core, times) = core(u32::MAX, InFlight::off());
    let hash = core.engine().state_hash();
    assert_eq!((0..1_000).map(|_| core.do_work()).sum::<u32>(), 0, "it is no work");
    let asked = times.load(Ordering::Relaxed);
    assert!((10..100).contains(&asked), "{asked}");
    assert_eq!((core.recorder().kept, core.recorder().rehearsed), (0, 2 * asked));
    assert_eq!(core.engine().state_hash(), hash);
}

#[test]
fn a_strategy_that_panics_in_a_rehearsal_is_not_asked_again_and_trades_on() {
    let (mut core, times) = core(3, InFlight::off());
    for _ in 0..1_000 {
        core.do_work();
    }
    assert_eq!(times.load(Ordering::Relaxed), 3);
    assert!(!core.engine().is_quarantined(StrategyId(0)));
    core.step(Nanos(2), Nanos::ZERO, &Input::System(SystemEvent::SessionEnd));
    assert_eq!(core.recorder().kept, 1, "it goes on, and nothing of a fault is recorded");
}

#[test]
fn in_lock_step_nobody_rehearses() {
    let (mut core, times) = core(1, InFlight::lock_step());
    for _ in 0..1_000 {
        core.do_work();
    }
    assert_eq!(times.load(Ordering::Relaxed), 0);
}
