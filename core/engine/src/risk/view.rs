//! What a control looks at, and what it answers.

use super::funds::Held;
use super::working::Working;
use super::{Restraint, RiskGate, RiskLimits};
use crate::market::table::Slot;
use crate::world::World;
use st0ck_types::RejectCode;
use st0ck_types::{AssetClass, Instrument, Money, Nanos, OrderRequest, PositionEffect, Price, Qty};

/// One control's answer, in 1e-9 of the code's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which control.
    pub code: RejectCode,
    /// What it met.
    pub value: i64,
    /// What it allows.
    pub limit: i64,
    /// Whether it lets the order pass.
    pub passed: bool,
}

/// A count as a [`Check`] tells it.
pub(super) fn count(n: usize) -> i64 {
    i64::try_from(n).ok().and_then(|n| n.checked_mul(1_000_000_000)).unwrap_or(i64::MAX)
}

impl Check {
    /// Passes while `value <= limit`.
    pub(super) fn at_most(code: RejectCode, value: i64, limit: i64) -> Self {
        Self { code, value, limit, passed: value <= limit }
    }

    /// Passes while `value <= limit`, compared in full precision.
    pub(super) fn money_at_most(code: RejectCode, value: Money, limit: Money) -> Self {
        Self { code, value: value.to_e9(), limit: limit.to_e9(), passed: value <= limit }
    }

    /// Passes when the statement holds: value 1 against limit 1.
    pub(super) fn holds(code: RejectCode, statement: bool) -> Self {
        Self { code, value: count(usize::from(statement)), limit: count(1), passed: statement }
    }

    /// Passes when the statement does not hold: value 0 against limit 0.
    pub(super) fn absent(code: RejectCode, statement: bool) -> Self {
        Self { code, value: count(usize::from(statement)), limit: 0, passed: !statement }
    }

    /// Passes while `value < limit`: for breakers, which break at their limit.
    pub(super) fn below(code: RejectCode, value: i64, limit: i64) -> Self {
        Self { code, value, limit, passed: value < limit }
    }

    /// As [`Self::below`], compared in full precision.
    pub(super) fn money_below(code: RejectCode, value: Money, limit: Money) -> Self {
        Self { code, value: value.to_e9(), limit: limit.to_e9(), passed: value < limit }
    }

    /// The same answer, and "no" while its latch lies on the lane.
    pub(super) fn unless_latched(self, view: &View<'_>, latch: Restraint) -> Self {
        Self { passed: self.passed && !view.world.restraints.has(latch), ..self }
    }

    /// The same answer, which an order that closes need not heed.
    pub(super) fn for_opening(self, view: &View<'_>) -> Self {
        Self { passed: self.passed || !view.opens(), ..self }
    }
}

/// An order before it is allowed, and all that the controls compare it with.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(super) world: &'a World,
    pub(super) gate: &'a RiskGate,
    pub(super) order: &'a OrderRequest,
    pub(super) slot: Option<&'a Slot>,
    /// What the order is expected to pay or get: its limit, else the touch it would meet, else the
    /// middle; zero when nothing is known.
    pub(super) price: Price,
    /// What it costs at that price, the contract multiplier included.
    pub(super) value: Money,
    pub(super) working: Working,
    pub(super) held: Held,
    /// Whether figures are wanted, or only the answer.
    tells: bool,
}

impl<'a> View<'a> {
    /// Looks at an order.
    #[must_use]
    pub fn new(world: &'a World, gate: &'a RiskGate, order: &'a OrderRequest) -> Self {
        Self { tells: true, ..Self::without_figures(world, gate, order) }
    }

    /// The view of somebody who only wants to know whether the order passes.
    #[inline]
    pub(super) fn without_figures(
        world: &'a World,
        gate: &'a RiskGate,
        order: &'a OrderRequest,
    ) -> Self {
        let price = world.expected_price(order.instrument, order.side, order.kind);
        Self {
            world,
            gate,
            order,
            slot: world.market.slot(order.instrument),
            price,
            value: world.value_of(order.instrument, price, order.qty),
            working: Working::seen_by(order, price, world),
            held: Held::of(&world.portfolio),
            tells: false,
        }
    }

    /// An answer for which there is a shorter way than its figures: they are worked out by `figures`
    /// when somebody wants them, and say the same.
    #[inline(always)]
    pub(super) fn answer(
        &self,
        code: RejectCode,
        passed: bool,
        figures: impl FnOnce() -> Check,
    ) -> Check {
        if !self.tells && !cfg!(debug_assertions) {
            return Check { code, value: 0, limit: 0, passed };
        }
        let check = figures();
        debug_assert_eq!((check.code, check.passed), (code, passed), "two ways, two answers");
        check
    }

    pub(super) fn limits(&self) -> &'a RiskLimits {
        self.gate.limits()
    }

    pub(super) fn now(&self) -> Nanos {
        self.world.session.now()
    }

    pub(super) fn opens(&self) -> bool {
        self.order.effect == PositionEffect::Open
    }

    /// The instrument as the feed defined it.
    pub(super) fn def(&self) -> Option<&'a Instrument> {
        self.slot.and_then(|slot| slot.def.as_ref())
    }

    /// Whether the order counts contracts rather than shares.
    pub(super) fn is_contract(&self) -> bool {
        self.def().is_some_and(|def| matches!(def.class, AssetClass::Option | AssetClass::Future))
    }

    /// The account's position; none in an instrument that the lane does not have.
    pub(super) fn position(&self) -> Qty {
        self.slot.map_or(Qty::ZERO, |_| self.world.portfolio.position(self.order.instrument).qty)
    }

    /// The position of the order's strategy; none for a strategy that the lane does not have.
    pub(super) fn own_position(&self) -> Qty {
        let OrderRequest { strategy, instrument, .. } = *self.order;
        if self.slot.is_none() || !self.gate.entries.knows(strategy) {
            return Qty::ZERO;
        }
        self.world.portfolio.position_of(strategy, instrument).qty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_may_be_reached_and_a_breaker_breaks_there() {
        let code = RejectCode::DailyLoss;
        for (value, at_most, below) in [(4, true, true), (5, true, false), (6, false, false)] {
            let money = (Money(value), Money(5));
            assert_eq!(Check::at_most(code, value as i64, 5).passed, at_most);
            assert_eq!(Check::money_at_most(code, money.0, money.1).passed, at_most);
            assert_eq!(Check::below(code, value as i64, 5).passed, below);
            assert_eq!(Check::money_below(code, money.0, money.1).passed, below);
        }
    }
}
