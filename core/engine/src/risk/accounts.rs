//! What accounts may lose in a day (C13): the bot's own, and all accounts together.
//!
//! The broker tells the account's equity at every reading of its books; from one reading to the next
//! the equity moves with the lane's own result. What the other accounts began the day with and are
//! worth now is told in sums, as an input.
//! *Invariant:* the first equity that is told in a session is what the account began the day with; a
//! later one never takes its place, so that a loss is not forgotten by reading it again.

use super::RiskLimits;
use super::funds::{less, plus};
use super::view::{Check, View};
use super::{Breakers, Restraint};
use st0ck_types::state::StateError;
use st0ck_types::{AccountSums, Money, RejectCode, StateReader, StateSink};

/// No loss reaches it: what is not known cannot be lost.
const NEVER: Money = Money(i128::MAX);

/// The own account, as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// The first equity of the session.
    opening: Money,
    /// The newest one.
    equity: Money,
    /// The lane's loss of the day when the newest one was told.
    day_loss: Money,
}

/// A loss and the limit at which it latches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    limit: Money,
    /// The lane's loss of the day at which the limit is reached, when nothing else is told.
    reached_at: Money,
}

impl Bound {
    const NONE: Self = Self { limit: Money::ZERO, reached_at: NEVER };

    /// `loss` was lost when the lane's own loss of the day was `day_loss`.
    fn new(limit: Money, loss: Money, day_loss: Money) -> Self {
        Self { limit, reached_at: plus(less(limit, loss), day_loss) }
    }

    fn is_reached(self, day_loss: Money) -> bool {
        day_loss >= self.reached_at
    }

    /// What is lost, as the limit counts it.
    fn loss(self, day_loss: Money) -> Money {
        if self == Self::NONE {
            return Money::ZERO;
        }
        less(self.limit, less(self.reached_at, day_loss))
    }
}

/// What the accounts began the day with and are worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accounts {
    own: Option<Told>,
    others: AccountSums,
    /// The losses at which a person last reset the latches: counted from there.
    forgiven: Money,
    all_forgiven: Money,
    /// What follows from all of these.
    account: Bound,
    all: Bound,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            own: None,
            others: AccountSums::default(),
            forgiven: Money::ZERO,
            all_forgiven: Money::ZERO,
            account: Bound::NONE,
            all: Bound::NONE,
        }
    }
}

impl Accounts {
    /// The broker told the own account's equity.
    pub(super) fn on_equity(&mut self, equity: Money, day_loss: Money, limits: &RiskLimits) {
        let opening = self.own.map_or(equity, |told| told.opening);
        self.own = Some(Told { opening, equity, day_loss });
        self.settle(limits);
    }

    /// The sums of the other accounts were told.
    pub(super) fn on_others(&mut self, others: AccountSums, limits: &RiskLimits) {
        self.others = others;
        self.settle(limits);
    }

    /// The own account: its first equity of the day, and what it is worth at this loss of the day.
    pub(super) fn own(&self, day_loss: Money) -> Option<AccountSums> {
        self.own.map(|told| AccountSums {
            opening: told.opening,
            equity: less(told.equity, less(day_loss, told.day_loss)),
        })
    }

    pub(super) fn is_account_lost(&self, day_loss: Money) -> bool {
        self.account.is_reached(day_loss)
    }

    pub(super) fn are_all_lost(&self, day_loss: Money) -> bool {
        self.all.is_reached(day_loss)
    }

    /// The least loss of the day that reaches a limit.
    pub(super) fn nearest(&self) -> Money {
        self.account.reached_at.min(self.all.reached_at)
    }

    pub(super) fn reset(&mut self, day_loss: Money, limits: &RiskLimits) {
        (self.forgiven, self.all_forgiven) = (Money::ZERO, Money::ZERO);
        self.settle(limits);
        self.forgiven = self.account.loss(day_loss).max(Money::ZERO);
        self.all_forgiven = self.all.loss(day_loss).max(Money::ZERO);
        self.settle(limits);
    }

    /// Works out anew when the limits are reached.
    fn settle(&mut self, limits: &RiskLimits) {
        let Some(own) = self.own else {
            return;
        };
        let loss = less(own.opening, own.equity);
        let others = less(self.others.opening, self.others.equity);
        let all_opening = plus(own.opening, self.others.opening);
        self.account = Bound::new(
            part(own.opening, limits.account_loss_ratio_max),
            less(loss, self.forgiven),
            own.day_loss,
        );
        self.all = Bound::new(
            part(all_opening, limits.accounts_loss_ratio_max),
            less(plus(loss, others), self.all_forgiven),
            own.day_loss,
        );
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.bool(self.own.is_some());
        if let Some(told) = self.own {
            for money in [told.opening, told.equity, told.day_loss] {
                sink.i128(money.0);
            }
        }
        let AccountSums { opening, equity } = self.others;
        for money in [opening, equity, self.forgiven, self.all_forgiven] {
            sink.i128(money.0);
        }
    }

    pub(super) fn load(
        &mut self,
        from: &mut StateReader<'_>,
        limits: &RiskLimits,
    ) -> Result<(), StateError> {
        *self = Self::default();
        if from.bool("equity told")? {
            let opening = Money(from.i128("opening equity")?);
            let equity = Money(from.i128("equity")?);
            let day_loss = Money(from.i128("day's loss at the equity")?);
            self.own = Some(Told { opening, equity, day_loss });
        }
        self.others.opening = Money(from.i128("opening equity of others")?);
        self.others.equity = Money(from.i128("equity of others")?);
        self.forgiven = Money(from.i128("account's loss forgiven")?);
        self.all_forgiven = Money(from.i128("all accounts' loss forgiven")?);
        self.settle(limits);
        Ok(())
    }
}

/// A part of an equity, in 1e-9; nothing of a debt.
fn part(equity: Money, ratio: i64) -> Money {
    let equity = equity.max(Money::ZERO);
    // An equity too large to be scaled has no limit below itself.
    equity.scale(i128::from(ratio), 1_000_000_000).unwrap_or(equity)
}

/// What the account lost since the session's first reading; nothing while none was told.
#[inline(always)]
pub(super) fn c13_account_loss(view: &View<'_>) -> Check {
    let pick = |breakers: &Breakers| breakers.accounts.account;
    bounded(view, RejectCode::AccountLoss, Restraint::AccountLoss, pick)
}

/// What all accounts lost together.
#[inline(always)]
pub(super) fn c13_accounts_loss(view: &View<'_>) -> Check {
    let pick = |breakers: &Breakers| breakers.accounts.all;
    bounded(view, RejectCode::AccountsLoss, Restraint::AccountsLoss, pick)
}

/// Reaching the limit refuses, and so does the latch after the loss was won back.
#[inline(always)]
fn bounded(
    view: &View<'_>,
    code: RejectCode,
    latch: Restraint,
    pick: impl Fn(&Breakers) -> Bound,
) -> Check {
    let bound = pick(&view.gate.breakers);
    let lost = bound.is_reached(view.world.day_loss()) || view.world.restraints.has(latch);
    let passed = !lost || !view.opens();
    view.answer(code, passed, || {
        let loss = bound.loss(view.world.day_loss());
        Check { code, value: loss.to_e9(), limit: bound.limit.to_e9(), passed }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::{StateBytes, StateHasher};

    fn usd(units: i128) -> Money {
        Money(units * Money::ONE.0)
    }

    fn limits() -> RiskLimits {
        RiskLimits::for_capital(usd(10_000))
    }

    fn hash(accounts: &Accounts) -> u64 {
        let mut hasher = StateHasher::default();
        accounts.save(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn an_account_that_nobody_told_of_loses_nothing() {
        let mut accounts = Accounts::default();
        assert!(!accounts.is_account_lost(usd(1_000_000)) && !accounts.are_all_lost(usd(1)));
        assert_eq!((accounts.account.loss(usd(5)), accounts.own(usd(5))), (Money::ZERO, None));
        accounts.on_others(AccountSums { opening: usd(100), equity: usd(1) }, &limits());
        assert!(!accounts.are_all_lost(usd(1)), "the own account is told before anything trades");
        accounts.reset(usd(7), &limits());
        assert_eq!(accounts.nearest(), NEVER);
    }

    #[test]
    fn equity_moves_with_the_lane_between_two_readings() {
        let mut accounts = Accounts::default();
        accounts.on_equity(usd(10_000), usd(30), &limits());
        assert_eq!(accounts.account.limit, usd(200));
        assert_eq!(accounts.account.loss(usd(35)), usd(5), "5 since it was told");
        let sums =
            |opening, equity| Some(AccountSums { opening: usd(opening), equity: usd(equity) });
        assert_eq!(accounts.own(usd(35)), sums(10_000, 9_995));
        assert!(!accounts.is_account_lost(Money(usd(230).0 - 1)));
        assert!(accounts.is_account_lost(usd(230)));
        // Somebody else lost 150 on the account.
        accounts.on_equity(usd(9_850), usd(30), &limits());
        assert_eq!(accounts.account.loss(usd(30)), usd(150), "of what the day began with");
        assert!(accounts.is_account_lost(usd(80)) && !accounts.is_account_lost(usd(79)));
    }

    #[test]
    fn all_accounts_are_looked_at_together() {
        let mut accounts = Accounts::default();
        accounts.on_others(AccountSums { opening: usd(90_000), equity: usd(87_050) }, &limits());
        accounts.on_equity(usd(10_000), usd(0), &limits());
        assert_eq!(accounts.all.limit, usd(3_000));
        assert_eq!(accounts.all.loss(usd(20)), usd(2_970));
        assert!(!accounts.are_all_lost(usd(49)) && accounts.are_all_lost(usd(50)));
        assert_eq!(accounts.nearest(), usd(50));
        accounts.on_others(AccountSums { opening: usd(90_000), equity: usd(95_000) }, &limits());
        assert_eq!(accounts.nearest(), usd(200), "the own account comes first now");
    }

    #[test]
    fn a_reset_counts_from_there_and_a_gain_is_no_credit() {
        let mut accounts = Accounts::default();
        accounts.on_equity(usd(10_000), usd(0), &limits());
        accounts.reset(usd(250), &limits());
        assert_eq!(accounts.account.loss(usd(250)), usd(0));
        assert!(accounts.is_account_lost(usd(450)) && !accounts.is_account_lost(usd(449)));
        assert!(accounts.are_all_lost(usd(550)) && !accounts.are_all_lost(usd(549)));
        accounts.reset(usd(-80), &limits());
        assert_eq!(
            accounts.account.loss(usd(0)),
            usd(0),
            "as before there was anything to forgive"
        );
    }

    #[test]
    fn an_account_without_equity_has_nothing_to_lose_and_opens_nothing() {
        let mut accounts = Accounts::default();
        accounts.on_equity(usd(-5), usd(0), &limits());
        assert!(accounts.is_account_lost(usd(0)));
        assert_eq!(accounts.account.limit, Money::ZERO);
    }

    #[test]
    fn figures_beyond_all_money_break_nothing() {
        let (most, least) = (Money(i128::MAX), Money(i128::MIN));
        for (opening, equity, others) in
            [(most, least, least), (least, most, most), (most, most, least)]
        {
            let mut accounts = Accounts::default();
            accounts.on_others(AccountSums { opening: others, equity: opening }, &limits());
            accounts.on_equity(opening, most, &limits());
            accounts.on_equity(equity, least, &limits());
            accounts.reset(least, &limits());
            let _ = (accounts.nearest(), accounts.all.loss(most), accounts.account.loss(least));
        }
    }

    #[test]
    fn what_was_kept_decides_alike() {
        let mut accounts = Accounts::default();
        accounts.on_equity(usd(10_000), usd(30), &limits());
        accounts.on_others(AccountSums { opening: usd(7), equity: usd(6) }, &limits());
        accounts.reset(usd(40), &limits());
        accounts.on_equity(usd(9_000), usd(50), &limits());
        let mut bytes = StateBytes::default();
        accounts.save(&mut bytes);
        let mut again = Accounts::default();
        again.load(&mut StateReader::new(&bytes.0), &limits()).unwrap();
        assert_eq!((again, hash(&again)), (accounts, hash(&accounts)));
        for part in 0..4 {
            let mut other = accounts;
            match part {
                0 => other.own.as_mut().unwrap().opening = usd(1),
                1 => other.own.as_mut().unwrap().day_loss = usd(1),
                2 => other.others.equity = usd(1),
                _ => other.all_forgiven = usd(1),
            }
            assert_ne!(hash(&other), hash(&accounts), "part {part} decides, so it is hashed");
        }
    }
}
