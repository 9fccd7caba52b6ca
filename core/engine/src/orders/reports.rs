//! The broker's reports, fed to the orders they are about.
//!
//! *Invariant:* total. Whatever a report says and whenever it comes there is an answer, and every
//! execution is booked once.

use super::apply::{AnomalyKind, Verdict, graver};
use super::executions::Booking;
use super::manager::{OrderFault, OrderManager};
use super::order::{Order, Stage};
use st0ck_types::report::{Fill, Reconcile, Snapshot, Status};
use st0ck_types::{Nanos, OrderNo, Price, Qty, Report};

/// What a report did to our orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Nothing: already known, or not about an order.
    Nothing,
    /// An order's stage, pending request or told quantity changed.
    Changed {
        /// Which order.
        no: OrderNo,
        /// Its stage before.
        was: Stage,
        /// Its stage now; equal to `was` when another of its facts changed.
        now: Stage,
    },
    /// An execution was booked on the order: book it in the portfolio.
    Filled {
        /// Which order.
        no: OrderNo,
        /// The execution.
        fill: Fill,
        /// Its stage before.
        was: Stage,
        /// Its stage now.
        now: Stage,
    },
    /// An execution that was booked before.
    Duplicate {
        /// Which order.
        no: OrderNo,
    },
    /// The report fits no story, and no order changed by it.
    Anomaly {
        /// Which order; [`OrderNo::NONE`] when it names none of ours.
        no: OrderNo,
        /// What is wrong with it.
        kind: AnomalyKind,
    },
    /// It is about an order that is not of this session's table.
    Foreign,
}

impl OrderManager {
    /// Takes in one report. Total: never panics, whatever the report says and whenever it comes.
    pub fn on_report(&mut self, at: Nanos, report: &Report) -> Applied {
        match report {
            Report::Sending { no } => self.numbered(at, *no, |order| order.on_sending(at)),
            Report::SendRefused { no, .. } => self.numbered(at, *no, Order::on_send_refused),
            Report::Accepted(s) => self.named(at, s, |order| order.on_accepted(s.broker_id)),
            Report::Rejected(s) => self.closed(at, s, Stage::Rejected),
            Report::Canceled(s) => self.closed(at, s, Stage::Canceled),
            Report::Expired(s) => self.closed(at, s, Stage::Expired),
            Report::CancelRejected(s) => {
                self.named(at, s, |order| order.on_cancel_rejected(s.broker_id))
            }
            Report::Unknown(s) => self.named(at, s, |order| order.on_unknown(at)),
            Report::NotFound(s) => self.named(at, s, |order| order.on_not_found(at)),
            Report::Fill(fill) => self.on_fill(at, fill),
            Report::Snapshot(snapshot) => self.on_snapshot(at, snapshot),
            Report::Reconcile(reconcile) => self.on_pass(at, reconcile),
            Report::Position(_) | Report::Account(_) | Report::Link { .. } => Applied::Nothing,
        }
    }

    /// About an order by its ordinal, from our own gateway.
    fn numbered(
        &mut self,
        at: Nanos,
        no: OrderNo,
        apply: impl FnOnce(&mut Order) -> Verdict,
    ) -> Applied {
        match self.place(no) {
            Some(place) => self.apply(at, place, apply),
            None => self.refuse(OrderNo::NONE, AnomalyKind::NoSuchOrder),
        }
    }

    /// About an order by its name, from the broker.
    fn named(
        &mut self,
        at: Nanos,
        status: &Status,
        apply: impl FnOnce(&mut Order) -> Verdict,
    ) -> Applied {
        match self.place_of(&status.client_id, status.broker_id) {
            Some(place) => self.apply(at, place, apply),
            None => Applied::Foreign,
        }
    }

    fn closed(&mut self, at: Nanos, status: &Status, to: Stage) -> Applied {
        self.named(at, status, |order| order.on_closed(to, status.broker_id))
    }

    fn on_snapshot(&mut self, at: Nanos, snapshot: &Snapshot) -> Applied {
        let pass = self.pass;
        match self.place_of(&snapshot.client_id, snapshot.broker_id) {
            Some(place) => self.apply(at, place, |order| order.on_snapshot(snapshot, pass)),
            None => Applied::Foreign,
        }
    }

    /// An execution is booked unless it was before, cannot be, or is not of what we ordered.
    fn on_fill(&mut self, at: Nanos, fill: &Fill) -> Applied {
        let Some(place) = self.place_of(&fill.client_id, fill.broker_id) else {
            return Applied::Foreign;
        };
        let order = &self.orders[place];
        let (no, was) = (order.no(), order.stage);
        if fill.instrument != order.request.instrument || fill.side != order.request.side {
            return self.refuse(no, AnomalyKind::Mismatch);
        }
        let fits = order.cum.checked_add(fill.qty).is_some();
        if fill.qty <= Qty::ZERO || fill.price < Price::ZERO || !fits {
            return self.refuse(no, AnomalyKind::BadFill);
        }
        let full = match self.seen.book(no, fill) {
            Booking::New => None,
            Booking::NewButFull => Some(AnomalyKind::ExecutionTableFull),
            Booking::Duplicate => return Applied::Duplicate { no },
            Booking::Unkeyed => return self.refuse(no, AnomalyKind::BadFill),
        };
        self.apply(at, place, |order| graver(order.on_fill(fill), full));
        Applied::Filled { no, fill: *fill, was, now: self.orders[place].stage }
    }

    /// An execution that the ledger cannot hold: it is not booked, and trading halts.
    pub fn refuse_fill(&mut self, fill: &Fill) -> Applied {
        let place = self.place_of(&fill.client_id, fill.broker_id);
        match place.map(|place| self.orders[place].no()) {
            Some(no) => self.refuse(no, AnomalyKind::BadFill),
            None => Applied::Foreign,
        }
    }

    /// A reconciliation begins or ends: UNKNOWN orders that a whole list lacks are nearer to lost.
    fn on_pass(&mut self, at: Nanos, reconcile: &Reconcile) -> Applied {
        self.pass = (!reconcile.ended).then_some(at);
        self.catch_up();
        for &place in &self.open {
            let absence = &mut self.orders[place as usize].absence;
            absence.unlisted |= reconcile.ended && reconcile.stable && absence.listing;
            absence.listing = !reconcile.ended && absence.first.is_some();
        }
        Applied::Nothing
    }

    /// Runs one transition and keeps the books about it.
    fn apply(
        &mut self,
        at: Nanos,
        place: usize,
        transition: impl FnOnce(&mut Order) -> Verdict,
    ) -> Applied {
        self.catch_up();
        let order = &mut self.orders[place];
        let before = *order;
        let verdict = transition(order);
        let (no, was, now) = (order.no(), before.stage, order.stage);
        let changed = was != now
            || before.pending != order.pending
            || before.cum != order.cum
            || before.told != order.told;
        if changed {
            self.touch(place, at);
        }
        match verdict {
            Some(kind) => {
                let anomaly = self.refuse(no, kind);
                if changed { Applied::Changed { no, was, now } } else { anomaly }
            }
            None if changed => Applied::Changed { no, was, now },
            None => Applied::Nothing,
        }
    }

    /// Counts an anomaly, and keeps the first that halts.
    fn refuse(&mut self, no: OrderNo, kind: AnomalyKind) -> Applied {
        self.anomalies += 1;
        if kind.halts() && self.fault.is_none() {
            self.fault = Some(OrderFault { no, kind });
        }
        Applied::Anomaly { no, kind }
    }
}
