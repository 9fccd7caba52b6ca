//! The core under a test's crank keeps its whole state now and then: when, between what, and at what
//! price.

use crate::gambler::{Step, Table, engine};
use crate::lane::session;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::status::LaneStatus;
use st0ck_engine::{Engine, Outbox};
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::{Agent, InFlight, Rx, Tx, WallClock, ring};
use st0ck_types::recorder::Room;
use st0ck_types::{Epoch, Input, Nanos, Outgoing, Output, Recorder, Report, Seq, SystemEvent};

/// What a memory keeps of one record.
#[derive(Debug, Clone, PartialEq)]
enum Kept {
    Input(Nanos, Box<Input>),
    Output { last: bool },
    Hash(u64),
    Carry(Vec<u8>),
    Seal,
}

/// A journal in memory.
#[derive(Debug)]
struct Memory {
    records: Vec<(Seq, Kept)>,
    room: Room,
}

impl Memory {
    fn new() -> Self {
        Self { records: Vec::new(), room: Room::Plenty }
    }

    /// How many inputs came before each kept state.
    fn carries(&self) -> Vec<usize> {
        let (mut inputs, mut carries) = (0, Vec::new());
        for (_, record) in &self.records {
            match record {
                Kept::Input(..) => inputs += 1,
                Kept::Carry(_) => carries.push(inputs),
                _ => {}
            }
        }
        carries
    }
}

impl Recorder for Memory {
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input) {
        self.records.push((seq, Kept::Input(at, Box::new(*input))));
    }
    fn output(&mut self, seq: Seq, _: Nanos, _: &Output, last: bool) {
        self.records.push((seq, Kept::Output { last }));
    }
    fn hash(&mut self, seq: Seq, _: Nanos, hash: u64) {
        self.records.push((seq, Kept::Hash(hash)));
    }
    fn carry(&mut self, seq: Seq, _: Nanos, state: &[u8]) {
        self.records.push((seq, Kept::Carry(state.to_vec())));
    }
    fn seal(&mut self, seq: Seq, _: Nanos) {
        self.records.push((seq, Kept::Seal));
    }
    fn room(&self) -> Room {
        self.room
    }
}

/// Counts kept states, and nothing else.
#[derive(Debug, Default)]
struct Tally {
    carries: u64,
    bytes: usize,
}

impl Recorder for Tally {
    fn input(&mut self, _: Seq, _: Nanos, _: &Input) {}
    fn output(&mut self, _: Seq, _: Nanos, _: &Output, _: bool) {}
    fn hash(&mut self, _: Seq, _: Nanos, _: u64) {}
    fn carry(&mut self, _: Seq, _: Nanos, state: &[u8]) {
        self.carries += 1;
        self.bytes = state.len();
    }
    fn seal(&mut self, _: Seq, _: Nanos) {}
}

/// A core and the test's ends of its rings.
struct Bench<R: Recorder> {
    core: CoreAgent<R>,
    market: MarketTx,
    reports: Tx<Report>,
    control: Tx<Control>,
    gateway: Rx<Outgoing>,
    status: Rx<LaneStatus>,
    in_flight: InFlight,
}

impl<R: Recorder + Send> Bench<R> {
    fn new(recorder: R, every: u64) -> Self {
        Self::in_step(recorder, every, InFlight::off())
    }

    fn in_step(recorder: R, every: u64, in_flight: InFlight) -> Self {
        let (market_tx, market_rx) = market_ring(8_192, 2);
        let (report_tx, report_rx) = ring::<Report>(256, 0);
        let (gateway_tx, gateway_rx) = ring::<Outgoing>(256, 64);
        let (control_tx, control_rx) = ring::<Control>(16, 0);
        let (status_tx, status_rx) = ring::<LaneStatus>(4, 1);
        let ports = Ports {
            market: market_rx,
            reports: report_rx,
            control: control_rx,
            gateway: gateway_tx,
            status: status_tx,
        };
        let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), session().open);
        let core = CoreAgent::new(engine(), recorder, clock, ports, Seq(0));
        let mut core = core.with_carry_every(every).with_in_flight(in_flight.clone());
        core.begin(SystemEvent::SessionStart { epoch: Epoch(1_600_000_000), first_order: 1 });
        Self {
            core,
            market: market_tx,
            reports: report_tx,
            control: control_tx,
            gateway: gateway_rx,
            status: status_rx,
            in_flight,
        }
    }

    /// Hands over what a seeded session consists of; the core fires its own timers.
    fn hand_over(&mut self, step: &Step) {
        match step.input {
            Input::Market(event) => {
                self.in_flight.enter(1);
                self.market.push(event);
            }
            Input::Report(report) => {
                self.in_flight.enter(1);
                self.reports.try_push(report).unwrap();
            }
            Input::Command(command) => self.tell(Control::Command(command)),
            Input::System(SystemEvent::SessionStart { .. } | SystemEvent::SessionEnd) => {}
            Input::System(event) => self.tell(Control::System(event)),
            Input::Timer(_) => {}
        }
    }

    fn tell(&mut self, control: Control) {
        self.control.try_push(control).unwrap();
    }

    /// Cycles until one finds nothing to do.
    fn rest(&mut self) {
        while self.cycle() > 0 {}
    }

    /// One cycle of the core, and of a gateway that keeps nothing.
    fn cycle(&mut self) -> u32 {
        let work = self.core.do_work();
        while self.gateway.pop().is_some() {
            self.in_flight.leave(1);
        }
        while self.status.pop().is_some() {}
        work
    }
}

fn steps(seed: u64, inputs: usize) -> Vec<Step> {
    Table::new(seed).play(inputs)
}

/// Lets a core live a session, resting after each input.
fn lived(seed: u64, every: u64) -> Bench<Memory> {
    let mut bench = Bench::new(Memory::new(), every);
    for step in steps(seed, 6_000) {
        bench.hand_over(&step);
        bench.rest();
    }
    bench
}

#[test]
fn an_idle_core_keeps_its_state_after_so_many_inputs() {
    let carries = lived(1, 1_024).core.recorder().carries();
    assert!(carries.len() >= 4, "{carries:?}");
    for (nth, inputs) in (1..).zip(&carries) {
        // A cycle that takes more than one input, as one with a timer does, may end beyond the count.
        let beyond = inputs - nth * 1_024;
        assert!(beyond < 4, "counted by state hashes: {carries:?}");
    }
    assert_eq!(lived(1, 0).core.recorder().carries(), [0; 0], "never for 0");
}

#[test]
fn a_core_that_never_rests_keeps_its_state_at_four_times_as_many() {
    let mut bench = Bench::new(Memory::new(), 1_024);
    let market = steps(2, 12_000).into_iter().filter(|s| matches!(s.input, Input::Market(_)));
    for (index, step) in market.enumerate() {
        bench.hand_over(&step);
        if index >= 4_000 {
            assert!(bench.cycle() > 0, "there is always something to do");
        }
    }
    let carries = bench.core.recorder().carries();
    assert_eq!(carries, [4_096, 8_192], "none between, though a thousand were due");
}

#[test]
fn in_lock_step_states_stand_at_the_same_places_whatever_rests() {
    let places = |rests: bool| {
        let mut bench = Bench::in_step(Memory::new(), 1_500, InFlight::lock_step());
        for step in steps(3, 7_000).iter().filter(|step| matches!(step.input, Input::Market(_))) {
            bench.hand_over(step);
            if rests {
                bench.rest();
            } else if bench.market.tx().waiting() > 50 {
                bench.cycle();
            }
        }
        bench.rest();
        let records = &bench.core.recorder().records;
        let carry = |(seq, kept): &(Seq, Kept)| matches!(kept, Kept::Carry(_)).then_some(*seq);
        records.iter().filter_map(carry).collect::<Vec<_>>()
    };
    let (rested, hurried) = (places(true), places(false));
    assert!(rested.len() >= 2);
    assert_eq!(rested, hurried);
}

#[test]
fn a_journal_that_runs_low_is_not_filled_with_states() {
    let mut bench = Bench::new(Memory { room: Room::Low, ..Memory::new() }, 512);
    for step in steps(4, 6_000) {
        bench.hand_over(&step);
        bench.rest();
    }
    assert_eq!(bench.core.recorder().carries(), [0; 0]);
}

/// Whether a kept state stands only where no group is open, and goes on as the run went on.
fn check_records(records: &[(Seq, Kept)]) -> usize {
    let (mut live, mut out, mut carries, mut open) = (engine(), Outbox::new(), 0, false);
    let mut restored: Option<Engine> = None;
    for (seq, record) in records {
        match record {
            Kept::Input(at, input) => {
                live.on_input(*at, *seq, input, &mut out);
                if let Some(engine) = restored.as_mut() {
                    let was = out.outputs().to_vec();
                    engine.on_input(*at, *seq, input, &mut out);
                    assert_eq!(out.outputs(), was);
                }
                open = !out.is_empty();
            }
            Kept::Output { last } => open = !last,
            Kept::Hash(hash) => {
                assert_eq!(live.state_hash(), *hash);
                assert!(restored.as_ref().is_none_or(|engine| engine.state_hash() == *hash));
            }
            Kept::Carry(state) => {
                assert!(!open, "at {seq}, within a group");
                let mut engine = engine();
                engine.restore(state).unwrap();
                assert_eq!(engine.state_hash(), live.state_hash());
                (restored, carries) = (Some(engine), carries + 1);
            }
            Kept::Seal => {}
        }
    }
    carries
}

#[test]
fn whoever_starts_from_a_kept_state_goes_on_as_the_run_did() {
    for seed in 0..4 {
        let bench = lived(seed, 1_024);
        assert!(check_records(&bench.core.recorder().records) >= 4);
    }
}

#[test]
#[should_panic(expected = "within a group")]
fn a_state_kept_within_a_group_would_be_noticed() {
    let mut records = lived(0, 1_024).core.recorder().records.clone();
    let carry = records.iter().position(|(_, kept)| matches!(kept, Kept::Carry(_))).unwrap();
    let (seq, state) = records.remove(carry);
    let last = |kept: &Kept| matches!(kept, Kept::Output { last: true });
    let end = records[..carry].iter().rposition(|(_, kept)| last(kept)).unwrap();
    records.insert(end, (seq, state));
    check_records(&records);
}

#[test]
fn a_day_with_states_kept_allocates_nothing() {
    let (mut carries, mut inputs) = (0, 0);
    for seed in 0..10 {
        let steps = steps(seed, 6_000);
        let mut bench = Bench::new(Tally::default(), 1_024);
        let allocated = allocation_counter::measure(|| {
            for step in &steps {
                bench.hand_over(step);
                bench.rest();
            }
        });
        assert_eq!((allocated.count_total, allocated.bytes_total), (0, 0), "seed {seed}");
        carries += bench.core.recorder().carries;
        inputs += steps.len();
    }
    assert!(carries >= 40 && inputs >= 60_000, "{carries} states in {inputs} inputs");
}

/// `cargo test --release -p st0ck-engine --test it -- --ignored --nocapture what_a_kept_state_costs`
#[test]
#[ignore = "a measurement: run it alone, in release"]
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a measurement tells")]
#[expect(clippy::disallowed_methods, reason = "a measurement has a clock")]
fn what_a_kept_state_costs() {
    for inputs in [6_000, 60_000, 300_000] {
        let mut bench = Bench::new(Tally::default(), 0);
        for step in steps(5, inputs) {
            bench.hand_over(&step);
            bench.rest();
        }
        let mut pauses: Vec<_> = (0..200)
            .map(|_| {
                let begun = std::time::Instant::now();
                bench.core.carry();
                begun.elapsed()
            })
            .collect();
        pauses.sort_unstable();
        let (orders, bytes) =
            (bench.core.engine().orders().all().len(), bench.core.recorder().bytes);
        let [p50, max] = [pauses[100], pauses[199]];
        eprintln!("{orders} orders, {bytes} bytes: p50 {p50:?}, max {max:?}");
    }
}
