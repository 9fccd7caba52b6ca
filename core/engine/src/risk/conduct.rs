//! How brokers answer: reports of orders that were never sent (C20), and refusals (C26).
//!
//! The engine shows every report that matters here; what is beyond its limit halts the lane until a
//! named person resets it. That each order leaves once, and that the gateway hands on as many as it
//! was given, is the gateway's half of C20; that no order trades more than it asked for is the order
//! table's.

use super::times::Times;
use super::view::{Check, View, count};
use super::{Restraint, RiskLimits};
use st0ck_types::state::StateError;
use st0ck_types::time::MINUTE;
use st0ck_types::{Nanos, RejectCode, StateReader, StateSink};

/// What is remembered of the broker's answers.
#[derive(Debug)]
pub(super) struct Conduct {
    /// Reports that name an order of ours which we never sent.
    unsent: u32,
    rejects_in_a_row: u32,
    rejects: Times,
}

impl Conduct {
    pub(super) fn new(limits: &RiskLimits) -> Self {
        let rejects = Times::new(limits.broker_rejects_per_minute_max);
        Self { unsent: 0, rejects_in_a_row: 0, rejects }
    }

    /// Something was told of an order that was never sent. The tolerance is zero.
    pub(super) fn on_unsent(&mut self) {
        self.unsent = self.unsent.saturating_add(1);
    }

    /// The broker took an order. A streak that has reached its limit stays.
    pub(super) fn on_taken(&mut self, limits: &RiskLimits) {
        if self.rejects_in_a_row < limits.broker_rejects_in_a_row_max {
            self.rejects_in_a_row = 0;
        }
    }

    /// The broker refused an order. `true` when that was one too many.
    pub(super) fn on_reject(&mut self, at: Nanos, limits: &RiskLimits) -> bool {
        self.rejects_in_a_row = self.rejects_in_a_row.saturating_add(1);
        self.rejects.note(at);
        self.rejects_in_a_row >= limits.broker_rejects_in_a_row_max
            || self.in_the_last_minute(at) >= limits.broker_rejects_per_minute_max as usize
    }

    fn in_the_last_minute(&self, at: Nanos) -> usize {
        self.rejects.within(at, MINUTE)
    }

    pub(super) fn reset(&mut self) {
        self.unsent = 0;
        self.rejects_in_a_row = 0;
        self.rejects.clear();
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.u32(self.unsent);
        sink.u32(self.rejects_in_a_row);
        self.rejects.save(sink);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.unsent = from.u32("unsent")?;
        self.rejects_in_a_row = from.u32("broker rejects in a row")?;
        self.rejects.load(from)
    }
}

/// Reports of orders never sent, since the session's start or the last reset.
#[inline(always)]
pub(super) fn c20_in_out(view: &View<'_>) -> Check {
    Check::at_most(RejectCode::InOut, count(view.gate.conduct.unsent as usize), 0)
}

/// Refusals since the last order that the broker took. Reaching the limit refuses.
#[inline(always)]
pub(super) fn c26_rejects_in_a_row(view: &View<'_>) -> Check {
    let rejects = view.gate.conduct.rejects_in_a_row;
    let limit = view.limits().broker_rejects_in_a_row_max;
    Check::below(RejectCode::BrokerRejects, count(rejects as usize), count(limit as usize))
}

/// Refusals of the last minute. Reaching the limit refuses, and so does the latch afterwards.
#[inline(always)]
pub(super) fn c26_rejects_per_minute(view: &View<'_>) -> Check {
    let (code, conduct) = (RejectCode::BrokerRejects, &view.gate.conduct);
    let limit = view.limits().broker_rejects_per_minute_max as usize;
    view.answer(code, conduct.rejects.holds_fewer(limit, view.now(), MINUTE), || {
        Check::below(code, count(conduct.in_the_last_minute(view.now())), count(limit))
    })
    .unless_latched(view, Restraint::BrokerRejects)
}
