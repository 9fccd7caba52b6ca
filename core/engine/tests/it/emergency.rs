//! A journal that runs out of room, and one whose records must be synced before an order leaves.

use crate::lane::{Lane, SPY, buy, config, nudge};
use st0ck_engine::Intent;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::risk::TradingState;
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::{Agent, InFlight, Rx, Tx, WallClock, ring};
use st0ck_types::command::Reason;
use st0ck_types::recorder::Room;
use st0ck_types::report::Status;
use st0ck_types::{ClientOrderId, Seq, SystemEvent};
use st0ck_types::{Command, Errand, Input, MarketEvent, Nanos, Outgoing, Output, Recorder, Report};
use std::sync::{Arc, Mutex};

/// What the journal of these tests says of itself, and what it was given.
#[derive(Debug, Clone)]
struct Journal(Arc<Mutex<Said>>);

#[derive(Debug)]
struct Said {
    room: Room,
    sendable: Seq,
    inputs: Vec<Input>,
    last: Seq,
}

impl Recorder for Journal {
    fn input(&mut self, seq: Seq, _: Nanos, input: &Input) {
        let mut said = self.0.lock().unwrap();
        said.inputs.push(*input);
        said.last = seq;
    }
    fn output(&mut self, seq: Seq, _: Nanos, _: &Output, _: bool) {
        self.0.lock().unwrap().last = seq;
    }
    fn hash(&mut self, _: Seq, _: Nanos, _: u64) {}
    fn carry(&mut self, _: Seq, _: Nanos, _: &[u8]) {}
    fn seal(&mut self, _: Seq, _: Nanos) {}
    fn room(&self) -> Room {
        self.0.lock().unwrap().room
    }
    fn sendable(&self) -> Seq {
        self.0.lock().unwrap().sendable
    }
}

/// An armed lane under the test's crank.
struct Bench {
    core: CoreAgent<Journal>,
    hand: crate::lane::Hand,
    now: Nanos,
    journal: Journal,
    market: MarketTx,
    reports: Tx<Report>,
    control: Tx<Control>,
    gateway: Rx<Outgoing>,
    in_flight: InFlight,
}

impl Bench {
    fn new(in_flight: InFlight) -> Self {
        let said =
            Said { room: Room::Plenty, sendable: Seq(u64::MAX), inputs: Vec::new(), last: Seq(0) };
        let journal = Journal(Arc::new(Mutex::new(said)));
        let (market, market_rx) = market_ring(64, 3);
        let (reports, report_rx) = ring(64, 0);
        let (control, control_rx) = ring(16, 0);
        let (gateway_tx, gateway) = ring(64, 16);
        let (status, _) = ring(4, 1);
        let lane = Lane::new(config());
        let ports = Ports {
            market: market_rx,
            reports: report_rx,
            control: control_rx,
            gateway: gateway_tx,
            status,
        };
        let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), lane.now);
        let core = CoreAgent::new(lane.engine, journal.clone(), clock, ports, Seq(100))
            .with_in_flight(in_flight.clone());
        Self {
            core,
            hand: lane.hand,
            now: lane.now,
            journal,
            market,
            reports,
            control,
            gateway,
            in_flight,
        }
    }

    fn set_room(&self, room: Room) {
        self.journal.0.lock().unwrap().room = room;
    }

    fn set_sendable(&self, seq: Seq) {
        self.journal.0.lock().unwrap().sendable = seq;
    }

    fn last(&self) -> Seq {
        self.journal.0.lock().unwrap().last
    }

    fn inputs(&self) -> Vec<Input> {
        std::mem::take(&mut self.journal.0.lock().unwrap().inputs)
    }

    fn print(&mut self, id: u64) {
        self.in_flight.enter(1);
        self.market.push(MarketEvent::Trade(nudge(self.now, id)));
    }

    /// Lets the puppet buy.
    fn buy(&mut self) {
        self.buy_at("99.50");
    }

    fn buy_at(&mut self, limit: &str) {
        self.hand.want(Intent::Order(buy(SPY, 1, limit)));
        self.print(1);
        self.core.do_work();
    }
}

fn is_cancel(outgoing: Option<Outgoing>) -> bool {
    matches!(outgoing, Some(Outgoing { errand: Errand::Cancel(_), .. }))
}

fn submitted(outgoing: Option<Outgoing>) -> ClientOrderId {
    match outgoing {
        Some(Outgoing { errand: Errand::Submit(order), .. }) => order.client_id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_journal_with_only_its_reserve_left_halts_the_lane_and_cancels_what_opens() {
    let mut bench = Bench::new(InFlight::off());
    bench.buy();
    let client_id = submitted(bench.gateway.pop());
    bench.inputs();
    bench.set_room(Room::Full);
    bench.print(2);
    bench.core.do_work();
    let low = Input::System(SystemEvent::JournalLow { low: true });
    assert_eq!(bench.inputs(), [low, Input::System(SystemEvent::JournalFull)]);
    assert!(is_cancel(bench.gateway.pop()));
    assert_eq!(bench.core.engine().world().trading, TradingState::Halted);

    // Reports and people are still heard, the market is not.
    let status = Status { client_id, ..Status::default() };
    bench.reports.try_push(Report::Canceled(status)).unwrap();
    let kill = Command::Kill(Reason::new("test"));
    bench.control.try_push(Control::Command(kill)).unwrap();
    bench.core.do_work();
    assert_eq!(bench.inputs(), [Input::Command(kill), Input::Report(Report::Canceled(status))]);
}

#[test]
fn a_journal_without_any_room_is_given_nothing() {
    let mut bench = Bench::new(InFlight::off());
    bench.set_room(Room::Exhausted);
    bench.control.try_push(Control::Command(Command::Kill(Reason::new("test")))).unwrap();
    bench.print(2);
    assert_eq!((bench.core.do_work(), bench.inputs().len()), (0, 0));
}

#[test]
fn space_that_returns_lifts_the_restraint_and_a_person_the_halt() {
    let mut bench = Bench::new(InFlight::off());
    bench.set_room(Room::Full);
    bench.core.do_work();
    bench.set_room(Room::Plenty);
    bench.core.do_work();
    let last = bench.inputs().pop();
    assert_eq!(last, Some(Input::System(SystemEvent::JournalLow { low: false })));
    assert_eq!(bench.core.engine().world().trading, TradingState::Halted);
    let arm = Control::Command(Command::Arm(Reason::new("space again")));
    bench.control.try_push(arm).unwrap();
    bench.core.do_work();
    assert_eq!(bench.core.engine().world().trading, TradingState::Active);
}

#[test]
fn an_order_leaves_when_the_end_of_its_group_is_synced_and_counts_as_in_flight_until_then() {
    let in_flight = InFlight::lock_step();
    let mut bench = Bench::new(in_flight.clone());
    bench.set_sendable(Seq(100));
    bench.buy();
    assert_eq!(bench.gateway.pop(), None, "not synced");
    assert!(in_flight.count() != 0, "lock-step waits for it");
    let end = bench.last();
    bench.set_sendable(Seq(end.0 - 1));
    assert_eq!((bench.core.do_work(), bench.gateway.pop()), (0, None), "its group is not");
    bench.set_sendable(end);
    assert_eq!(bench.core.do_work(), 1);
    submitted(bench.gateway.pop());
}

#[test]
fn when_nothing_is_synced_any_more_orders_come_back_and_cancels_leave() {
    let mut bench = Bench::new(InFlight::off());
    bench.buy();
    submitted(bench.gateway.pop());
    bench.set_sendable(bench.last());
    bench.buy_at("99.60");
    assert_eq!(bench.gateway.pop(), None);
    bench.set_room(Room::Full);
    bench.inputs();
    for _ in 0..3 {
        bench.core.do_work();
    }
    assert!(is_cancel(bench.gateway.pop()), "of the order that is out");
    let refused = |input: &Input| matches!(input, Input::Report(Report::SendRefused { .. }));
    assert!(bench.inputs().iter().any(refused), "the other never left");
    let after: Vec<bool> =
        std::iter::from_fn(|| bench.gateway.pop()).map(|out| is_cancel(Some(out))).collect();
    assert!(after.iter().all(|cancel| *cancel), "nothing opens any more: {after:?}");
}

#[test]
fn what_was_never_synced_never_leaves() {
    let in_flight = InFlight::lock_step();
    let mut bench = Bench::new(in_flight.clone());
    bench.set_sendable(Seq(100));
    bench.buy();
    bench.core.on_close();
    assert_eq!(bench.gateway.pop(), None);
    assert!(in_flight.count() == 0, "and nobody waits for it");
}
