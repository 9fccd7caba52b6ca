//! The gateway's role on a duty cycle, and the last controls before the wire.
//!
//! * C29: an intent older than its time to live is not sent. A core that hung and woke up again
//!   must not act on what it saw before.
//! * C20: what goes out is what came in. Each order number passes once, in rising order, and the
//!   adapter's own count of what it wrote, refused and holds must equal what it was given.
//!
//! *Invariant:* cancels pass every control here.
//! *Invariant:* a count that does not match shuts the gate for all orders; nobody opens it again by
//! itself.

use st0ck_runtime::{Agent, Counter, Rx, StageRecorder, WallClock};
use st0ck_types::report::SendRefusal;
use st0ck_types::{Errand, Nanos, OrderNo, OrderRequest, Outgoing, Report};

use crate::adapter::{OrderAdapter, Stamps};
use crate::kill::{KillGate, Shut};
use crate::reports::ReportTx;

/// Errands taken in one cycle.
const ERRANDS: u32 = 32;

/// What the agent needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Nanoseconds that an intent may age between decision and gateway (C29); 250 ms unless told,
    /// 500 ms at most.
    pub intent_ttl_ns: i64,
    /// Whether an old intent is refused; if not it is only counted (lock-step, where the pace is
    /// the recording's).
    pub ttl_acts: bool,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self { intent_ttl_ns: 250_000_000, ttl_acts: true }
    }
}

impl GatewayConfig {
    /// Whether an intent of that age is beyond its time to live.
    fn is_too_old(&self, age_ns: i64) -> bool {
        age_ns > self.intent_ttl_ns
    }
}

/// What the gateway has done, readable from any thread.
#[derive(Debug, Clone, Default)]
pub struct GatewayCounters {
    /// Orders taken from the ring.
    pub orders: Counter,
    /// Cancels taken from the ring.
    pub cancels: Counter,
    /// Intents that were too old (C29), refused or only counted.
    pub stale: Counter,
    /// Violations of in = out (C20). Anything but 0 has shut the gate.
    pub mismatches: Counter,
}

/// Takes errands from the core to the broker, and reports from the broker to the core.
pub struct GatewayAgent<A> {
    errands: Rx<Outgoing>,
    way_out: WayOut<A>,
}

/// What an errand meets between the ring and the broker. Apart from the ring, so that an order is read
/// where it lies in it.
struct WayOut<A> {
    adapter: A,
    reports: ReportTx,
    gate: KillGate,
    config: GatewayConfig,
    clock: WallClock,
    core_to_gateway: StageRecorder,
    counters: GatewayCounters,
    newest: OrderNo,
    passed: u64,
}

impl<A: OrderAdapter> GatewayAgent<A> {
    /// An agent between these rings. `gate` must be the one that the adapter reads.
    #[must_use]
    pub fn new(
        adapter: A,
        errands: Rx<Outgoing>,
        reports: ReportTx,
        gate: KillGate,
        config: GatewayConfig,
        clock: WallClock,
    ) -> Self {
        let way_out = WayOut {
            adapter,
            reports,
            gate,
            config,
            clock,
            core_to_gateway: StageRecorder::default(),
            counters: GatewayCounters::default(),
            newest: OrderNo::NONE,
            passed: 0,
        };
        Self { errands, way_out }
    }

    /// Records the stage from decision to gateway there.
    #[must_use]
    pub fn with_stage(mut self, core_to_gateway: StageRecorder) -> Self {
        self.way_out.core_to_gateway = core_to_gateway;
        self
    }

    /// What the agent has done, for other threads.
    #[must_use]
    pub fn counters(&self) -> GatewayCounters {
        self.way_out.counters.clone()
    }
}

impl<A: OrderAdapter> WayOut<A> {
    fn take(&mut self, outgoing: &Outgoing) {
        let t_taken = self.clock.now();
        let age = t_taken.since(outgoing.t_decided);
        match &outgoing.errand {
            Errand::Cancel(cancel) => {
                self.counters.cancels.add(1);
                self.adapter.cancel(cancel, &mut self.reports);
            }
            Errand::Submit(order) => self.submit(order, outgoing.t_read, t_taken, age),
        }
        // The errand does not wait for what is noted of it.
        self.core_to_gateway.record(age);
    }

    fn submit(&mut self, order: &OrderRequest, t_read: Nanos, t_taken: Nanos, age: i64) {
        self.counters.orders.add(1);
        if order.no <= self.newest {
            self.mismatch(&format!("order {} came after order {}", order.no, self.newest));
            return self.refuse(order.no, SendRefusal::Killed);
        }
        self.newest = order.no;
        if self.config.is_too_old(age) {
            self.counters.stale.add(1);
            if self.config.ttl_acts {
                return self.refuse(order.no, SendRefusal::Stale);
            }
        }
        self.passed += 1;
        self.adapter.submit(order, Stamps { t_read, t_taken }, &mut self.reports);
        self.check_flow();
    }

    #[cold]
    fn refuse(&mut self, no: OrderNo, why: SendRefusal) {
        self.reports.push(Report::SendRefused { no, why });
        self.reports.in_flight().leave(1);
    }

    /// C20: written + refused + waiting = given.
    fn check_flow(&mut self) {
        let flow = self.adapter.flow();
        if flow.total() != self.passed {
            self.mismatch(&format!("{} orders were given, {flow:?}", self.passed));
            self.passed = flow.total();
        }
    }

    #[cold]
    fn mismatch(&mut self, words: &str) {
        self.counters.mismatches.add(1);
        self.gate.shut(Shut::All);
        log::error!("gateway: in and out do not match: {words}; no order will be sent");
    }
}

impl<A: OrderAdapter> Agent for GatewayAgent<A> {
    fn name(&self) -> &'static str {
        "gateway"
    }

    fn do_work(&mut self) -> u32 {
        let Self { errands, way_out } = self;
        let mut work = way_out.reports.flush();
        for _ in 0..ERRANDS {
            let Some(outgoing) = errands.peek() else { break };
            way_out.take(outgoing);
            errands.pop();
            work += 1;
        }
        work + way_out.adapter.poll(&mut way_out.reports)
    }

    fn on_close(&mut self) {
        self.way_out.adapter.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::OrderFlow;
    use st0ck_runtime::{InFlight, Tx, ring};
    use st0ck_types::{
        BrokerOrderId, CancelRequest, ClientOrderId, InstrumentId, OrderKind, PositionEffect, Qty,
        Seq, Side, StrategyId, TimeInForce,
    };

    /// Counts as it should, or forgets an order.
    #[derive(Default)]
    struct Broker {
        flow: OrderFlow,
        cancels: u32,
        forgets: bool,
    }

    impl OrderAdapter for Broker {
        fn submit(&mut self, order: &OrderRequest, _: Stamps, reports: &mut ReportTx) {
            self.flow.written += u64::from(!self.forgets);
            reports.push(Report::Sending { no: order.no });
            reports.in_flight().leave(1);
        }
        fn cancel(&mut self, _: &CancelRequest, reports: &mut ReportTx) {
            self.cancels += 1;
            reports.in_flight().leave(1);
        }
        fn poll(&mut self, _: &mut ReportTx) -> u32 {
            0
        }
        fn reconcile(&mut self) {}
        fn flow(&self) -> OrderFlow {
            self.flow
        }
        fn close(&mut self) {}
    }

    struct Rig {
        agent: GatewayAgent<Broker>,
        core: Tx<Outgoing>,
        reports: Rx<Report>,
        clock: WallClock,
        flight: InFlight,
    }

    fn rig(ttl_acts: bool, forgets: bool) -> Rig {
        let (core, errands) = ring(8, 0);
        let (tx, reports) = ring(8, 0);
        let (clock, flight) = (WallClock::new(), InFlight::lock_step());
        let broker = Broker { forgets, ..Broker::default() };
        let config = GatewayConfig { ttl_acts, ..GatewayConfig::default() };
        let tx = ReportTx::new(tx, flight.clone());
        let agent =
            GatewayAgent::new(broker, errands, tx, KillGate::default(), config, clock.clone());
        Rig { agent, core, reports, clock, flight }
    }

    impl Rig {
        fn send(&mut self, no: u32, age_ns: i64) -> Vec<Report> {
            let order = OrderRequest {
                no: OrderNo(no),
                client_id: ClientOrderId::default(),
                strategy: StrategyId(0),
                instrument: InstrumentId(0),
                side: Side::Buy,
                effect: PositionEffect::Open,
                tif: TimeInForce::Day,
                kind: OrderKind::Market,
                qty: Qty::ONE,
                decided_at: Nanos(0),
                cause: Seq(1),
                tag: 0,
            };
            self.push(Errand::Submit(order), age_ns)
        }

        fn push(&mut self, errand: Errand, age_ns: i64) -> Vec<Report> {
            let t_decided = self.clock.now() - age_ns;
            self.flight.enter(1);
            let outgoing = Outgoing { seq: Seq(2), t_read: t_decided, t_decided, errand };
            self.core.try_push(outgoing).unwrap();
            self.agent.do_work();
            let seen: Vec<Report> = std::iter::from_fn(|| self.reports.pop()).collect();
            self.flight.leave(seen.len() as u32);
            assert_eq!(self.flight.count(), 0, "tokens balance");
            seen
        }
    }

    fn refused(no: u32, why: SendRefusal) -> Vec<Report> {
        vec![Report::SendRefused { no: OrderNo(no), why }]
    }

    #[test]
    fn a_fresh_intent_goes_out_and_an_old_one_does_not() {
        let mut rig = rig(true, false);
        assert_eq!(rig.send(1, 0), [Report::Sending { no: OrderNo(1) }]);
        assert_eq!(rig.send(2, 300_000_000), refused(2, SendRefusal::Stale));
        assert_eq!(rig.agent.counters().stale.get(), 1);
    }

    #[test]
    fn an_intent_lives_250_ms_and_not_a_nanosecond_more() {
        let config = GatewayConfig::default();
        let old: Vec<bool> = [249_999_999, 250_000_000, 250_000_001]
            .into_iter()
            .map(|age| config.is_too_old(age))
            .collect();
        assert_eq!(old, [false, false, true]);
    }

    #[test]
    fn in_lock_step_an_old_intent_is_counted_and_goes_out() {
        let mut rig = rig(false, false);
        assert_eq!(rig.send(1, 300_000_000), [Report::Sending { no: OrderNo(1) }]);
        assert_eq!(rig.agent.counters().stale.get(), 1);
    }

    #[test]
    fn an_order_number_never_passes_twice() {
        let mut rig = rig(true, false);
        rig.send(7, 0);
        assert_eq!(rig.send(7, 0), refused(7, SendRefusal::Killed));
        assert_eq!(rig.agent.way_out.gate.state(), Shut::All);
        assert_eq!(rig.agent.counters().mismatches.get(), 1);
    }

    #[test]
    fn an_adapter_that_loses_count_shuts_the_gate() {
        let mut rig = rig(true, true);
        rig.send(1, 0);
        assert_eq!(rig.agent.way_out.gate.state(), Shut::All);
    }

    #[test]
    fn cancels_pass_however_old_and_however_shut() {
        let mut rig = rig(true, false);
        rig.agent.way_out.gate.shut(Shut::All);
        let cancel = CancelRequest {
            no: OrderNo(1),
            client_id: ClientOrderId::default(),
            broker_id: BrokerOrderId(1),
            cause: Seq(1),
        };
        rig.push(Errand::Cancel(cancel), 10_000_000_000);
        assert_eq!(rig.agent.way_out.adapter.cancels, 1);
    }
}
