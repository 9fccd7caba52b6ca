//! Taking liquidity: how much of a displayed size an order that crosses the spread gets.
//!
//! A market order and a limit order that is marketable on arrival pay the displayed price, for at
//! most the displayed size. What is left of them waits for the next quote and tries again there.
//! *Invariant:* all takes from one side of one quote together never exceed what it displayed.

use crate::bands::Bands;
use crate::tape::Tape;
use crate::working::Working;
use st0ck_quant::rng::Rng;
use st0ck_types::{Price, Qty};

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
    pub(crate) fn take(
        &mut self,
        order: &mut Working,
        level: &mut Level,
        bands: Bands,
        tape: &mut Tape,
    ) {
        if !order.can_trade_at(level.price, bands) {
            return;
        }
        let possible = order.at_most(level.size, level.price);
        let qty = if order.may_part { self.part_of(possible, order.step) } else { possible };
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

/// Lets `order` take from `level` all that it wants, or nothing.
pub(crate) fn take_all(order: &mut Working, level: &mut Level, bands: Bands, tape: &mut Tape) {
    let wanted = order.wants(level.price);
    if order.can_trade_at(level.price, bands) && wanted <= level.size {
        level.size = Qty(level.size.0 - wanted.0);
        order.fill(level.price, wanted, tape);
    }
}
