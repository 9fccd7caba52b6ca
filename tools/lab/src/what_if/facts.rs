//! What a report says of an order, stripped of ids: the same in two runs that are the same.

use st0ck_types::{ClientOrderId, Nanos, OrderNo, Price, Qty, Report};
use std::collections::VecDeque;

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sent,
    Accepted,
    Filled(Price, Qty),
    Canceled,
    Expired,
    CancelRefused,
    /// Nothing that the simulated broker ever tells.
    Else,
}

/// One fact of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact(OrderNo, Kind, Nanos);

impl Fact {
    /// What a report says of an order of ours; `None` when it is about the account.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let fact = |id: &ClientOrderId, kind, at| {
            Some(Self(id.parts().map_or(OrderNo::NONE, |parts| parts.order), kind, at))
        };
        match report {
            Report::Sending { no } => Some(Self(*no, Kind::Sent, Nanos::ZERO)),
            Report::SendRefused { no, .. } => Some(Self(*no, Kind::Else, Nanos::ZERO)),
            Report::Accepted(s) => fact(&s.client_id, Kind::Accepted, s.at),
            Report::Canceled(s) => fact(&s.client_id, Kind::Canceled, s.at),
            Report::Expired(s) => fact(&s.client_id, Kind::Expired, s.at),
            Report::CancelRejected(s) => fact(&s.client_id, Kind::CancelRefused, s.at),
            Report::Rejected(s) | Report::Unknown(s) | Report::NotFound(s) => {
                fact(&s.client_id, Kind::Else, s.at)
            }
            Report::Fill(f) => fact(&f.client_id, Kind::Filled(f.price, f.qty), f.at),
            Report::Snapshot(_)
            | Report::Position(_)
            | Report::Account(_)
            | Report::Reconcile(_)
            | Report::Link { .. } => None,
        }
    }
}

/// Two tellings of one session, compared as they come.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    recorded: VecDeque<Fact>,
    simulated: VecDeque<Fact>,
    differs: bool,
}

impl Comparison {
    /// The record told something.
    pub(super) fn recorded(&mut self, fact: Fact) {
        self.recorded.push_back(fact);
        self.settle();
    }

    /// The simulated broker told something.
    pub(super) fn simulated(&mut self, fact: Fact) {
        self.simulated.push_back(fact);
        self.settle();
    }

    /// Whether they differ already.
    pub(super) fn differs(&self) -> bool {
        self.differs
    }

    /// Whether both told the same, all in all.
    pub(super) fn is_equal(&self) -> bool {
        !self.differs && self.recorded.is_empty() && self.simulated.is_empty()
    }

    fn settle(&mut self) {
        while let (Some(a), Some(b)) = (self.recorded.front(), self.simulated.front()) {
            self.differs |= a != b;
            self.recorded.pop_front();
            self.simulated.pop_front();
        }
    }
}
