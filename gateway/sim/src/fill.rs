//! Taking liquidity: how much of a displayed size an order that crosses the spread gets.
//!
//! A market order and a limit order that is marketable on arrival pay the displayed price, for at
//! most the displayed size. What is left of them waits for the next quote and tries again there.
//! *Invariant:* all takes from one side of one quote together never exceed what it displayed.

use crate::tape::Tape;
use st0ck_quant::rng::Rng;
use st0ck_types::{OrderKind, Price, Qty, Side};

/// One side of the best quote, and what of it is still to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Level {
    /// Its price; zero when there is no such side.
    pub(crate) price: Price,
    /// Shares displayed.
    pub(crate) size: Qty,
}

impl Level {
    /// Whether there is such a side.
    pub(crate) fn is_there(&self) -> bool {
        self.price > Price::ZERO
    }
}

/// Whether an order of that side and kind can trade at `price`, the best of the other side.
pub(crate) fn is_marketable(side: Side, kind: OrderKind, price: Price) -> bool {
    price > Price::ZERO
        && match (kind, side) {
            (OrderKind::Market, _) => true,
            (OrderKind::Limit(limit), Side::Buy) => price <= limit,
            (OrderKind::Limit(limit), Side::Sell) => price >= limit,
        }
}

/// What is left of an order at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Working {
    /// The caller's name for the order.
    pub(crate) key: u64,
    /// Which way.
    pub(crate) side: Side,
    /// How the price is bound.
    pub(crate) kind: OrderKind,
    /// Shares still to be filled, positive.
    pub(crate) leaves: Qty,
    /// Fills are whole multiples of this, so that a share is not split by rounding.
    pub(crate) step: Qty,
}

impl Working {
    /// The greatest whole number of steps that is not above `qty` nor above what is left.
    pub(crate) fn at_most(&self, qty: Qty) -> Qty {
        self.leaves.min(qty).max(Qty::ZERO).floor_to(self.step).unwrap_or(Qty::ZERO)
    }

    /// Books a fill of `qty` at `price`; nothing happens for a quantity of zero.
    pub(crate) fn fill(&mut self, price: Price, qty: Qty, tape: &mut Tape) {
        if qty > Qty::ZERO {
            self.leaves = Qty(self.leaves.0 - qty.0);
            tape.filled(self.key, price, qty, self.is_done());
        }
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.leaves.is_zero()
    }
}

/// Draws how much of what it could have a taking order gets.
#[derive(Debug)]
pub(crate) struct Taker {
    rng: Rng,
    partial_per_mille: u32,
}

impl Taker {
    pub(crate) fn new(rng: Rng, partial_per_mille: u32) -> Self {
        Self { rng, partial_per_mille }
    }

    /// Lets `order` take from `level`, which shrinks by what it got.
    pub(crate) fn take(&mut self, order: &mut Working, level: &mut Level, tape: &mut Tape) {
        if !is_marketable(order.side, order.kind, level.price) {
            return;
        }
        let possible = order.at_most(level.size);
        let qty = self.part_of(possible, order.step);
        // A part only means that others were faster: they had the rest of the level.
        level.size = if qty == possible { Qty(level.size.0 - qty.0) } else { Qty::ZERO };
        order.fill(level.price, qty, tape);
    }

    /// All of `qty`, or by chance a part of one step to all but one.
    fn part_of(&mut self, qty: Qty, step: Qty) -> Qty {
        let steps = qty.0 / step.0;
        if steps < 2 || !self.rng.chance(self.partial_per_mille) {
            return qty;
        }
        Qty(self.rng.between(1, steps - 1) * step.0)
    }
}
