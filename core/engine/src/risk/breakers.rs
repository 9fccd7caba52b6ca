//! The loss limits of the day (C13, C14, C15): what latches the lane to REDUCING.
//!
//! The engine shows every fill and mark; a latch is a restraint that only a named person lifts.
//! *Invariant:* nothing here resets by itself within a session.

use super::view::{Check, View, count};
use super::{Restraint, RiskLimits};
use st0ck_types::state::StateError;
use st0ck_types::{Money, RejectCode, StateReader, StateSink};

/// What the loss limits remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breakers {
    losses_in_a_row: u32,
    /// The loss at which a person last reset the latches: counted from there.
    forgiven: Money,
    /// The day's best result since the session's start or the last reset; it starts at zero.
    best: Money,
}

impl Breakers {
    /// Losing round trips since the last one that was not.
    #[must_use]
    pub fn losses_in_a_row(&self) -> u32 {
        self.losses_in_a_row
    }

    /// The day's loss as the limit counts it: since the session's start or the last reset.
    #[must_use]
    pub fn counted(&self, day_loss: Money) -> Money {
        day_loss - self.forgiven
    }

    /// Whether the day's loss has reached its limit.
    pub(super) fn is_day_lost(&self, day_loss: Money, limits: &RiskLimits) -> bool {
        self.counted(day_loss) >= limits.daily_loss_max
    }

    /// How far the day's result has fallen from its best.
    fn drawdown(&self, day_loss: Money) -> Money {
        self.best + day_loss
    }

    /// The day's loss changed. `true` when the result has fallen too far from its best.
    pub(super) fn on_result(&mut self, day_loss: Money, limits: &RiskLimits) -> bool {
        self.best = self.best.max(-day_loss);
        self.drawdown(day_loss) >= limits.drawdown_max
    }

    /// A position came back to flat. `true` when that was one loss too many in a row.
    pub(super) fn on_round_trip(&mut self, pnl: Money, limits: &RiskLimits) -> bool {
        self.losses_in_a_row =
            if pnl < Money::ZERO { self.losses_in_a_row.saturating_add(1) } else { 0 };
        self.losses_in_a_row >= limits.losses_in_a_row_max
    }

    pub(super) fn reset(&mut self, day_loss: Money) {
        self.losses_in_a_row = 0;
        self.forgiven = day_loss.max(Money::ZERO);
        self.best = -day_loss;
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.u32(self.losses_in_a_row);
        sink.i128(self.forgiven.0);
        sink.i128(self.best.0);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.losses_in_a_row = from.u32("losses in a row")?;
        self.forgiven = Money(from.i128("loss forgiven")?);
        self.best = Money(from.i128("best result")?);
        Ok(())
    }
}

/// Reaching the limit refuses, and so does the latch after the loss was won back.
#[inline(always)]
pub(super) fn c13_daily_loss(view: &View<'_>) -> Check {
    let loss = view.gate.breakers.counted(view.world.day_loss());
    Check::money_below(RejectCode::DailyLoss, loss, view.limits().daily_loss_max)
        .unless_latched(view, Restraint::DailyLoss)
        .for_opening(view)
}

#[inline(always)]
pub(super) fn c14_consecutive_losses(view: &View<'_>) -> Check {
    let losses = view.gate.breakers.losses_in_a_row as usize;
    let limit = view.limits().losses_in_a_row_max as usize;
    Check::below(RejectCode::ConsecutiveLosses, count(losses), count(limit))
        .unless_latched(view, Restraint::LosingStreak)
        .for_opening(view)
}

/// Reaching the limit refuses, and so does the latch after the result has recovered.
#[inline(always)]
pub(super) fn c15_drawdown(view: &View<'_>) -> Check {
    let drawdown = view.gate.breakers.drawdown(view.world.day_loss());
    Check::money_below(RejectCode::Drawdown, drawdown, view.limits().drawdown_max)
        .unless_latched(view, Restraint::Drawdown)
        .for_opening(view)
}
