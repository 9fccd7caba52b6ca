//! The loss limits of the day (C13, C14, C15): what latches the lane to REDUCING.
//!
//! Of C13 here is the bot's own day; [`accounts`](super::accounts) has those of accounts. The engine
//! shows every fill and mark; a latch is a restraint that only a named person lifts.
//! *Invariant:* nothing here resets by itself within a session.

use super::accounts::Accounts;
use super::funds::{less, plus};
use super::view::{Check, View, count};
use super::{Restraint, RiskLimits};
use st0ck_types::state::StateError;
use st0ck_types::{AccountSums, Money, RejectCode, StateReader, StateSink};

/// What the loss limits remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breakers {
    losses_in_a_row: u32,
    /// The loss at which a person last reset the latches: counted from there.
    forgiven: Money,
    /// The day's best result since the session's start or the last reset; it starts at zero.
    best: Money,
    pub(super) accounts: Accounts,
    /// The least loss of the day that reaches any of the limits: follows from all of these.
    alarm: Money,
}

/// Whether a loss of the day reaches a limit.
type Reached = fn(&Breakers, Money, &RiskLimits) -> bool;

/// The loss limits that a change of the day's loss can reach.
const WATCHED: [(Restraint, Reached); 4] = [
    (Restraint::DailyLoss, Breakers::is_day_lost),
    (Restraint::AccountLoss, |breakers, loss, _| breakers.accounts.is_account_lost(loss)),
    (Restraint::AccountsLoss, |breakers, loss, _| breakers.accounts.are_all_lost(loss)),
    (Restraint::Drawdown, Breakers::is_drawn_down),
];

impl Breakers {
    /// At the session's start.
    pub(super) fn new(limits: &RiskLimits) -> Self {
        let mut breakers = Self {
            losses_in_a_row: 0,
            forgiven: Money::ZERO,
            best: Money::ZERO,
            accounts: Accounts::default(),
            alarm: Money::ZERO,
        };
        breakers.settle(limits);
        breakers
    }

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
    fn is_day_lost(&self, day_loss: Money, limits: &RiskLimits) -> bool {
        self.counted(day_loss) >= limits.daily_loss_max
    }

    /// How far the day's result has fallen from its best.
    fn drawdown(&self, day_loss: Money) -> Money {
        self.best + day_loss
    }

    fn is_drawn_down(&self, day_loss: Money, limits: &RiskLimits) -> bool {
        self.drawdown(day_loss) >= limits.drawdown_max
    }

    /// The day's loss changed. `true` when that may be news to a limit.
    #[inline]
    pub(super) fn on_result(&mut self, day_loss: Money, limits: &RiskLimits) -> bool {
        if -day_loss > self.best {
            self.best = -day_loss;
            self.settle(limits);
        }
        day_loss >= self.alarm
    }

    /// What a loss of the day lays on the lane.
    pub(super) fn lost(
        &self,
        day_loss: Money,
        limits: &RiskLimits,
    ) -> impl Iterator<Item = Restraint> + use<> {
        let reached = WATCHED.map(|(latch, is)| is(self, day_loss, limits).then_some(latch));
        reached.into_iter().flatten()
    }

    /// The broker told the account's equity.
    pub(super) fn on_equity(&mut self, equity: Money, day_loss: Money, limits: &RiskLimits) {
        self.accounts.on_equity(equity, day_loss, limits);
        self.settle(limits);
    }

    /// What the other accounts have was told.
    pub(super) fn on_others(&mut self, others: AccountSums, limits: &RiskLimits) {
        self.accounts.on_others(others, limits);
        self.settle(limits);
    }

    /// Works out anew when the first limit is reached.
    fn settle(&mut self, limits: &RiskLimits) {
        let day = plus(limits.daily_loss_max, self.forgiven);
        let fall = less(limits.drawdown_max, self.best);
        self.alarm = day.min(fall).min(self.accounts.nearest());
    }

    /// A position came back to flat. `true` when that was one loss too many in a row.
    pub(super) fn on_round_trip(&mut self, pnl: Money, limits: &RiskLimits) -> bool {
        self.losses_in_a_row =
            if pnl < Money::ZERO { self.losses_in_a_row.saturating_add(1) } else { 0 };
        self.losses_in_a_row >= limits.losses_in_a_row_max
    }

    pub(super) fn reset(&mut self, day_loss: Money, limits: &RiskLimits) {
        self.losses_in_a_row = 0;
        self.forgiven = day_loss.max(Money::ZERO);
        self.best = -day_loss;
        self.accounts.reset(day_loss, limits);
        self.settle(limits);
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.u32(self.losses_in_a_row);
        sink.i128(self.forgiven.0);
        sink.i128(self.best.0);
        self.accounts.save(sink);
    }

    pub(super) fn load(
        &mut self,
        from: &mut StateReader<'_>,
        limits: &RiskLimits,
    ) -> Result<(), StateError> {
        self.losses_in_a_row = from.u32("losses in a row")?;
        self.forgiven = Money(from.i128("loss forgiven")?);
        self.best = Money(from.i128("best result")?);
        self.accounts.load(from, limits)?;
        self.settle(limits);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(units: i128) -> Money {
        Money(units * Money::ONE.0)
    }

    #[test]
    fn the_fall_from_the_best_latches_while_the_day_is_still_a_gain() {
        let limits = RiskLimits::for_capital(usd(10_000));
        let mut breakers = Breakers::new(&limits);
        assert!(!breakers.on_result(usd(-300), &limits), "a gain of 300");
        assert!(!breakers.on_result(Money(usd(-100).0 - 1), &limits), "not quite 200 below it");
        assert!(breakers.on_result(usd(-100), &limits));
        let lost: Vec<Restraint> = breakers.lost(usd(-100), &limits).collect();
        assert_eq!(lost, [Restraint::Drawdown]);
    }

    #[test]
    fn a_quiet_day_is_news_to_no_limit() {
        let limits = RiskLimits::for_capital(usd(10_000));
        let mut breakers = Breakers::new(&limits);
        breakers.on_equity(usd(10_000), usd(0), &limits);
        for loss in [0, 10, -50, 120, 149] {
            assert!(!breakers.on_result(usd(loss), &limits), "{loss}");
        }
        assert!(breakers.on_result(usd(150), &limits), "200 below the best");
    }
}
