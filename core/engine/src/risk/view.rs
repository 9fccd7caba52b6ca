//! What a control looks at, and what it answers.

use super::{Restraint, RiskGate, RiskLimits};
use crate::market::table::Slot;
use crate::world::World;
use st0ck_types::{AssetClass, Money, Nanos, OrderRequest, PositionEffect, Price, Qty, RejectCode};

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
}

impl<'a> View<'a> {
    /// Looks at an order.
    #[must_use]
    pub fn new(world: &'a World, gate: &'a RiskGate, order: &'a OrderRequest) -> Self {
        Self { world, gate, order, slot: world.market.slot(order.instrument) }
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

    /// Whether the order counts contracts rather than shares.
    pub(super) fn is_contract(&self) -> bool {
        matches!(
            self.world.market.class(self.order.instrument),
            AssetClass::Option | AssetClass::Future
        )
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

    /// What the order is expected to pay or get: its limit, else the touch it would meet, else the
    /// middle; zero when nothing is known.
    pub(super) fn price(&self) -> Price {
        let OrderRequest { instrument, side, kind, .. } = *self.order;
        self.world.expected_price(instrument, side, kind)
    }

    /// What that many would cost at the order's price, the contract multiplier included.
    pub(super) fn value_of(&self, qty: Qty) -> Money {
        self.world.value_of(self.order.instrument, self.price(), qty)
    }
}
