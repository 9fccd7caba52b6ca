//! The sequencer: the one place where everything that can happen to a lane is put in order.
//!
//! Market events, order reports and commands reach it by separate rings; the order in which it
//! *consumed* them is the truth. It stamps them, records each input before the engine sees it and
//! each output before the gateway may. Runs as an agent on a pinned thread, or under a test's crank.
//!
//! *Invariant:* no order enters the gateway's ring before its journal group is closed, and, where the
//! bot asks for that, synced.
//! *Invariant:* allocates nothing after it was made, makes no system call, waits for nobody.

mod sending;

use crate::checkpoint::{CARRY_EVERY, Checkpoint};
use crate::departures::Departures;
use crate::engine::Engine;
use crate::guard;
use crate::lane_clock::LaneClock;
use crate::outbox::Outbox;
use crate::rehearsal::Rehearsal;
use crate::status::LaneStatus;
use st0ck_runtime::latency::{Stage, Stages};
use st0ck_runtime::{Agent, InFlight, Rx, Tx};
use st0ck_types::recorder::Room;
use st0ck_types::{Command, Errand, Input, MarketEvent, Nanos, Outgoing, Output, Recorder, Report};
use st0ck_types::{OrderNo, Seq, SystemEvent};

/// Market events taken in one cycle; the report ring is polled between them.
const MARKET_BATCH: u32 = 32;
/// A state hash is kept after so many inputs.
const HASH_EVERY: u64 = 1024;
/// Orders that found the gateway's ring full and are reported back in the next cycle.
const BOUNCED_MAX: usize = 256;

/// What the shell may tell the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Somebody asked for something.
    Command(Command),
    /// The process learned something about itself.
    System(SystemEvent),
}

/// The core's ends of its rings.
#[derive(Debug)]
pub struct Ports {
    /// From the feed.
    pub market: Rx<MarketEvent>,
    /// From the gateway.
    pub reports: Rx<Report>,
    /// From the shell.
    pub control: Rx<Control>,
    /// To the gateway; its reserved slots are for cancels.
    pub gateway: Tx<Outgoing>,
    /// To the shell; a full ring only means that nobody looked lately.
    pub status: Tx<LaneStatus>,
}

/// The core of one lane.
pub struct CoreAgent<R: Recorder> {
    engine: Engine,
    recorder: R,
    clock: LaneClock,
    ports: Ports,
    in_flight: InFlight,
    stages: Stages,
    outbox: Outbox,
    /// The last record given to the recorder.
    seq: Seq,
    inputs_since_hash: u64,
    checkpoint: Checkpoint,
    bounced: Vec<OrderNo>,
    departures: Departures,
    /// `None` where nobody rehearses.
    rehearsal: Option<Rehearsal>,
    journal_low: bool,
    journal_full: bool,
    session_ending: bool,
    session_ended: bool,
    status_due: bool,
}

impl<R: Recorder> CoreAgent<R> {
    /// A core that goes on after record `last` (zero in a fresh session).
    pub fn new(engine: Engine, recorder: R, clock: LaneClock, ports: Ports, last: Seq) -> Self {
        Self {
            engine,
            recorder,
            clock,
            ports,
            in_flight: InFlight::off(),
            stages: Stages::default(),
            outbox: Outbox::new(),
            seq: last,
            inputs_since_hash: 0,
            checkpoint: Checkpoint::new(CARRY_EVERY),
            bounced: Vec::with_capacity(BOUNCED_MAX),
            departures: Departures::new(),
            rehearsal: None,
            journal_low: false,
            journal_full: false,
            session_ending: false,
            session_ended: false,
            status_due: true,
        }
    }

    /// Counts its messages for lock-step.
    #[must_use]
    pub fn with_in_flight(mut self, in_flight: InFlight) -> Self {
        self.in_flight = in_flight;
        self
    }

    /// Records its latencies there.
    #[must_use]
    pub fn with_stages(mut self, stages: Stages) -> Self {
        self.stages = stages;
        self
    }

    /// Goes through an order that is never sent when nothing waits, so that the next one finds its way
    /// warm. Not in lock-step, which waits for nobody.
    #[must_use]
    pub fn with_rehearsals(mut self) -> Self {
        self.rehearsal = Some(Rehearsal::new());
        self
    }

    /// Keeps its whole state at an idle moment once `inputs` were consumed since the last time, and
    /// after four times as many without one; never for 0. In lock-step, where idle moments are an
    /// accident of threads, always after `inputs`, rounded up to the next state hash.
    #[must_use]
    pub fn with_carry_every(mut self, inputs: u64) -> Self {
        self.checkpoint = Checkpoint::new(inputs);
        self
    }

    /// The engine, for tests and for the shell after the thread ended.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The recorder, for tests.
    #[must_use]
    pub fn recorder(&self) -> &R {
        &self.recorder
    }

    /// Takes the first input of this process life, before the agent runs.
    pub fn begin(&mut self, event: SystemEvent) {
        self.step_now(&Input::System(event));
    }

    /// Keeps the engine's whole state, so that recovery may start here; between two inputs. One that
    /// is larger than the room made for it is not kept.
    pub fn carry(&mut self) {
        let (engine, seq) = (&self.engine, self.seq.next());
        if let Some(state) = self.checkpoint.take(|sink| engine.carry(sink)) {
            self.recorder.carry(seq, self.clock.last(), state);
            self.seq = seq;
        }
    }

    /// Consumes one input: record, decide, record, send.
    pub fn step(&mut self, at: Nanos, t_read: Nanos, input: &Input) {
        let consumed = self.clock.wall_now();
        self.step_from(consumed, at, t_read, input);
    }

    /// [`CoreAgent::step`] by a caller who has just looked at the wall clock.
    fn step_from(&mut self, consumed: Nanos, at: Nanos, t_read: Nanos, input: &Input) {
        let cause = self.take_seq();
        self.recorder.input(cause, at, input);
        if guard::on_input(&mut self.engine, at, cause, input, &mut self.outbox).is_err() {
            self.fault(at, cause);
        }
        let decided = self.emit(at, t_read).unwrap_or_else(|| self.clock.wall_now());
        self.stages.of(Stage::Decide).record(decided.since(consumed));
        self.inputs_since_hash += 1;
        if self.inputs_since_hash >= HASH_EVERY {
            self.mark_hash();
            self.carry_if_overdue();
        }
        self.status_due = true;
    }

    /// The engine panicked on record `seq`: what it decided there is void, and so is the strategy.
    fn fault(&mut self, at: Nanos, seq: Seq) {
        let fault = Input::System(SystemEvent::LaneFault { seq });
        let cause = self.take_seq();
        self.recorder.input(cause, at, &fault);
        self.engine.on_input(at, cause, &fault, &mut self.outbox);
    }

    /// Records the outbox, closes the group, then lets its orders go. Tells when all was recorded, if
    /// there was anything.
    fn emit(&mut self, at: Nanos, t_read: Nanos) -> Option<Nanos> {
        let count = self.outbox.outputs().len();
        if count == 0 {
            return None;
        }
        let first = self.seq;
        for index in 0..count {
            let seq = self.take_seq();
            let output = &self.outbox.outputs()[index];
            self.recorder.output(seq, at, output, index + 1 == count);
        }
        let t_decided = self.clock.wall_now();
        for index in 0..count {
            let seq = Seq(first.0 + 1 + index as u64);
            let errand = match self.outbox.outputs()[index] {
                Output::Order(order) => Errand::Submit(order),
                Output::Cancel(cancel) => Errand::Cancel(cancel),
                Output::Decision(_) | Output::Reject(_) => continue,
            };
            self.send(Outgoing { seq, t_read, t_decided, errand });
        }
        Some(t_decided)
    }

    fn take_seq(&mut self) -> Seq {
        self.seq = self.seq.next();
        self.seq
    }

    fn mark_hash(&mut self) {
        self.checkpoint.count(self.inputs_since_hash);
        self.inputs_since_hash = 0;
        let (seq, hash) = (self.take_seq(), self.engine.state_hash());
        self.recorder.hash(seq, self.clock.last(), hash);
    }

    /// Between two groups, after a hash: a busy lane must not outrun its last kept state for ever.
    fn carry_if_overdue(&mut self) {
        if self.in_flight.is_on() {
            // How much room there is depends on another thread; what is recorded must not.
            if self.checkpoint.is_due() {
                self.carry();
            }
        } else if self.checkpoint.is_overdue() && self.recorder.room() == Room::Plenty {
            self.carry();
        }
    }

    /// Nothing is waiting, so the time it takes is nobody's.
    fn carry_if_idle(&mut self) {
        let idle = self.checkpoint.is_due() && !self.in_flight.is_on() && self.bounced.is_empty();
        if idle && self.recorder.room() == Room::Plenty {
            self.carry();
        }
    }

    /// A strategy that panics where nothing depends on it is not called there again.
    fn rehearse(&mut self, idle: bool) {
        let due = self.rehearsal.as_mut().filter(|_| !self.in_flight.is_on());
        let Some(rehearsal) = due.and_then(|rehearsal| rehearsal.is_due(idle).then_some(rehearsal))
        else {
            return;
        };
        match guard::rehearse(&self.engine, rehearsal) {
            Ok(()) => rehearsal.outputs().iter().for_each(|output| self.recorder.rehearse(output)),
            Err(_) => self.rehearsal = None,
        }
    }

    fn step_now(&mut self, input: &Input) {
        let consumed = self.clock.wall_now();
        let at = self.clock.now(consumed);
        self.step_from(consumed, at, Nanos::ZERO, input);
    }

    fn take_control(&mut self) -> u32 {
        let mut work = 0;
        // Nearly always nothing waits, and nothing else need be asked.
        while self.ports.control.waiting() > 0 && self.may_take() {
            let Some(control) = self.ports.control.pop() else { break };
            work += 1;
            match control {
                Control::System(SystemEvent::SessionEnd) => self.session_ending = true,
                Control::System(event) => self.step_now(&Input::System(event)),
                Control::Command(command) => self.step_now(&Input::Command(command)),
            }
        }
        work
    }

    fn take_reports(&mut self) -> u32 {
        let mut work = 0;
        while self.ports.reports.waiting() > 0 && self.may_take() {
            let Some(report) = self.ports.reports.pop() else { break };
            work += 1;
            self.step_now(&Input::Report(report));
            self.in_flight.leave(1);
        }
        work
    }

    /// Fires every timer due at or before `until`, each at its own time under the feed's clock.
    fn take_timers(&mut self, until: Nanos) -> u32 {
        let mut work = 0;
        while let Some((due, fired)) = self.engine.next_due() {
            if due > until || self.recorder.room() == Room::Exhausted {
                break;
            }
            work += 1;
            let consumed = self.clock.wall_now();
            let at = self.clock.at_timer(consumed, due);
            self.step_from(consumed, at, Nanos::ZERO, &Input::Timer(fired));
        }
        work
    }

    fn take_market(&mut self) -> u32 {
        let mut work = 0;
        while work < MARKET_BATCH && self.may_take_market() {
            let Some(event) = self.ports.market.pop() else { break };
            work += 1;
            // One look at the clock serves the latency, the stamp and the start of deciding.
            let (read, consumed) = (event.ts_recv(), self.clock.wall_now());
            if read != Nanos::ZERO {
                self.stages.of(Stage::FeedToCore).record(consumed.since(read));
            }
            // A due timer fires before the event that passed it.
            work += self.take_timers(self.clock.peek(consumed, event.ts_event()));
            let at = self.clock.at_market(consumed, event.ts_event());
            self.step_from(consumed, at, read, &Input::Market(event));
            self.in_flight.leave(1);
            work += self.take_reports();
        }
        work
    }

    /// The session ends only after everything that was in the rings has been consumed.
    fn take_session_end(&mut self) -> u32 {
        // What the journal has no room for is not waited for.
        let market = self.ports.market.waiting() > 0 && self.recorder.room() > Room::Full;
        let busy = market || self.ports.reports.waiting() > 0;
        if !self.session_ending || self.session_ended || busy {
            return 0;
        }
        self.session_ended = true;
        let close = self.engine.session_close();
        let work = self.take_timers(self.clock.peek(self.clock.wall_now(), close));
        let consumed = self.clock.wall_now();
        let at = self.clock.at_market(consumed, close);
        self.step_from(consumed, at, Nanos::ZERO, &Input::System(SystemEvent::SessionEnd));
        work + 1
    }

    /// Whether one more input may be consumed within this cycle: no order waits to be reported back,
    /// and journal and departures can take the most that one input can cause.
    fn may_take(&self) -> bool {
        self.may_take_in(Room::Full)
    }

    /// The same for market data: what the journal keeps for an emergency is not for them.
    fn may_take_market(&self) -> bool {
        self.may_take_in(Room::Low)
    }

    fn may_take_in(&self, least: Room) -> bool {
        self.bounced.is_empty() && self.departures.has_room() && self.recorder.room() >= least
    }

    /// Whether there is room to consume anything; tells the engine when it runs low.
    fn has_room(&mut self) -> bool {
        let room = self.recorder.room();
        self.in_flight.set_ready(room == Room::Plenty);
        // In lock-step the emulator waits for the next segment: nothing needs to be reduced.
        if self.in_flight.is_on() {
            return room > Room::Full;
        }
        if room == Room::Exhausted {
            return false;
        }
        let (low, full) = (room <= Room::Low, room == Room::Full);
        if low != self.journal_low {
            self.journal_low = low;
            self.step_now(&Input::System(SystemEvent::JournalLow { low }));
        }
        if full && !self.journal_full {
            self.step_now(&Input::System(SystemEvent::JournalFull));
        }
        self.journal_full = full;
        true
    }

    fn status(&self) -> LaneStatus {
        let status = LaneStatus::of(&self.engine, self.seq, self.clock.last());
        LaneStatus { ended: self.session_ended, ..status }
    }

    fn publish_status(&mut self) {
        if self.status_due && self.ports.status.free() > 0 {
            self.status_due = false;
            let status = self.status();
            // Nobody looked lately: the next one will tell.
            let _ = self.ports.status.try_push(status);
        }
    }
}

impl<R: Recorder + Send> Agent for CoreAgent<R> {
    fn name(&self) -> &'static str {
        "core"
    }

    fn do_work(&mut self) -> u32 {
        let mut work = self.take_departures();
        if !self.has_room() {
            return work;
        }
        work += self.take_bounced();
        work += self.take_control();
        work += self.take_reports();
        if self.clock.is_wall() {
            let now = self.clock.now(self.clock.wall_now());
            work += self.take_timers(now);
        }
        work += self.take_market();
        work += self.take_session_end();
        if work == 0 {
            self.carry_if_idle();
        }
        // By now what was decided has gone.
        self.engine.catch_up();
        self.publish_status();
        self.rehearse(work == 0);
        work
    }

    fn on_close(&mut self) {
        self.take_control();
        self.take_reports();
        self.end_departures();
        self.mark_hash();
        let mut status = self.status();
        status.state_hash = Some(self.engine.state_hash());
        let seq = self.take_seq();
        self.recorder.seal(seq, self.clock.last());
        let _ = self.ports.status.push_reserved(status);
    }
}
