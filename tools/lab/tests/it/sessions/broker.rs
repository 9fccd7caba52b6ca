//! A broker that does whatever a broker may do: late, twice, in the wrong order, or not at all.

use st0ck_engine::Engine;
use st0ck_quant::rng::Rng;
use st0ck_types::report::{
    Account, BrokerStage, Fill, Position, Reconcile, SendRefusal, Snapshot, Status,
};
use st0ck_types::{
    BrokerOrderId, Errand, ExecutionId, InstrumentId, Nanos, OrderRequest, Outgoing,
};
use st0ck_types::{Money, Price, Qty, Report};
use std::collections::VecDeque;

const REFUSALS: [SendRefusal; 5] = [
    SendRefusal::Stale,
    SendRefusal::Killed,
    SendRefusal::Throttled,
    SendRefusal::Disconnected,
    SendRefusal::RingFull,
];

/// An order as the broker has it.
#[derive(Debug, Clone, Copy)]
struct Resting {
    order: OrderRequest,
    left: i64,
}

pub(super) struct Broker {
    rng: Rng,
    /// How odd it is, in thousandths of all it does.
    oddity: u32,
    resting: Vec<Resting>,
    last_fill: Option<Fill>,
    reports: VecDeque<Report>,
    executions: u128,
}

impl Broker {
    pub(super) fn new(mut rng: Rng) -> Self {
        let oddity = [0, 10, 50, 200][rng.below(4) as usize];
        let (resting, reports) = (Vec::new(), VecDeque::new());
        Self { rng, oddity, resting, last_fill: None, reports, executions: 0 }
    }

    fn odd(&mut self) -> bool {
        self.rng.chance(self.oddity)
    }

    /// What it makes of an order or a cancel; it tells later.
    pub(super) fn serve(&mut self, outgoing: &Outgoing, now: Nanos) {
        match outgoing.errand {
            Errand::Submit(order) => self.serve_order(&order, now),
            Errand::Cancel(cancel) => {
                let status = Status { client_id: cancel.client_id, at: now, ..Status::default() };
                let place = self.resting.iter().position(|r| r.order.no == cancel.no);
                let unlucky = self.odd();
                let report = match place.filter(|_| !unlucky) {
                    Some(place) => {
                        self.resting.swap_remove(place);
                        Report::Canceled(status)
                    }
                    None if self.odd() => Report::Unknown(status),
                    None => Report::CancelRejected(status),
                };
                self.reports.push_back(report);
            }
        }
    }

    fn serve_order(&mut self, order: &OrderRequest, now: Nanos) {
        let broker_id = BrokerOrderId(u128::from(order.no.0) + 1000);
        let status = Status { client_id: order.client_id, broker_id, at: now, ..Status::default() };
        let no = order.no;
        if self.odd() {
            let why = REFUSALS[self.rng.below(5) as usize];
            return self.reports.push_back(Report::SendRefused { no, why });
        }
        self.reports.push_back(Report::Sending { no });
        match self.odd().then(|| self.rng.below(4)) {
            Some(0) => return self.reports.push_back(Report::Rejected(status)),
            Some(1) => {
                self.reports.push_back(Report::Unknown(status));
                self.reports.push_back(Report::NotFound(status));
                return;
            }
            // It has the order and does not say so.
            Some(2) => self.reports.push_back(Report::Unknown(status)),
            // It trades before it is acknowledged.
            Some(_) => {
                self.resting.push(Resting { order: *order, left: order.qty.0 });
                self.fill(self.resting.len() - 1, [10_000, 5_000], now);
                return self.reports.push_back(Report::Accepted(status));
            }
            None => self.reports.push_back(Report::Accepted(status)),
        }
        self.resting.push(Resting { order: *order, left: order.qty.0 });
    }

    /// Something trades, expires, or is told once more.
    pub(super) fn trade(&mut self, cents: [i64; 2], now: Nanos) {
        if self.odd() {
            // Told twice.
            self.reports.extend(self.last_fill.map(Report::Fill));
        }
        if self.resting.is_empty() {
            return;
        }
        let place = self.rng.below(self.resting.len() as u64) as usize;
        if self.odd() {
            let gone = self.resting.swap_remove(place);
            let client_id = gone.order.client_id;
            let status = Status { client_id, at: now, ..Status::default() };
            return self.reports.push_back(Report::Expired(status));
        }
        self.fill(place, cents, now);
    }

    fn fill(&mut self, place: usize, cents: [i64; 2], now: Nanos) {
        let resting = &mut self.resting[place];
        let whole = resting.left / Qty::ONE.0;
        let qty = if whole > 1 { self.rng.between(1, whole) } else { 1 } * Qty::ONE.0;
        resting.left -= qty;
        self.executions += 1;
        let (order, left) = (resting.order, resting.left);
        let fill = Fill {
            client_id: order.client_id,
            broker_id: BrokerOrderId(u128::from(order.no.0) + 1000),
            execution: ExecutionId(self.executions),
            instrument: order.instrument,
            side: order.side,
            complete: left <= 0,
            price: Price(cents[order.instrument.index()] * Price::CENT.0),
            qty: Qty(qty),
            cum_qty: Qty(order.qty.0 - left),
            at: now,
        };
        if left <= 0 {
            self.resting.swap_remove(place);
        }
        self.last_fill = Some(fill);
        self.reports.push_back(Report::Fill(fill));
    }

    /// The next thing it tells: in order, or not.
    pub(super) fn tell(&mut self) -> Option<Report> {
        if self.reports.len() > 1 && self.odd() {
            self.reports.swap(0, 1);
        }
        self.reports.pop_front()
    }

    fn account(&mut self) -> Account {
        let money = Money(if self.odd() { 300 } else { 20_000 } * Money::ONE.0);
        let equity = Money(if self.odd() { 19_600 } else { 20_000 } * Money::ONE.0);
        let tradable = !self.odd();
        Account { cash: money, equity, buying_power: money, tradable, shorting: false }
    }

    /// Its books, as two reads of them that agreed. Sometimes they are not what ours are.
    pub(super) fn books(&mut self, engine: &Engine, instruments: usize) -> Vec<Report> {
        let pass = |ended, foreign_orders| {
            Report::Reconcile(Reconcile { ended, stable: true, foreign_orders })
        };
        let mut told = vec![pass(false, 0)];
        told.push(Report::Account(self.account()));
        for id in 0..instruments as u32 {
            let instrument = InstrumentId(id);
            let off = if self.odd() { Qty::ONE.0 } else { 0 };
            let qty = Qty(engine.portfolio().position(instrument).qty.0 + off);
            told.push(Report::Position(Position { instrument, qty, ..Position::default() }));
        }
        for order in engine.orders().unsettled() {
            let request = order.request;
            let here = self.resting.iter().find(|r| r.order.no == request.no);
            told.push(match here {
                Some(resting) => Report::Snapshot(Snapshot {
                    client_id: request.client_id,
                    broker_id: BrokerOrderId(u128::from(request.no.0) + 1000),
                    instrument: request.instrument,
                    side: request.side,
                    stage: BrokerStage::Working,
                    qty: request.qty,
                    filled: Qty(request.qty.0 - resting.left),
                    ..Snapshot::default()
                }),
                None => {
                    let client_id = request.client_id;
                    Report::NotFound(Status { client_id, ..Status::default() })
                }
            });
        }
        let foreign = u32::from(self.odd());
        told.push(pass(true, foreign));
        told
    }
}
