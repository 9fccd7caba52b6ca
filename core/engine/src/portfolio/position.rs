//! One instrument's position in one book: quantity and total cost, and what came of it.
//!
//! *Invariant:* a reduction takes its share of the total cost with it, so the average does not
//! move; going flat takes all that is left. A fill through flat closes at the old average and opens
//! the rest at its own price.

use super::lot::{LotQueue, share, unit_cost};
use st0ck_types::{Money, Price, Qty};

/// From flat to flat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoundTrip {
    /// Profit at average cost, gross of fees.
    pub pnl: Money,
    /// Fees of its executions.
    pub fees: Money,
}

impl RoundTrip {
    /// Profit after fees.
    #[must_use]
    pub fn net(&self) -> Money {
        self.pnl - self.fees
    }
}

/// A position and its history this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Quantity held; negative when short.
    pub qty: Qty,
    /// Total cost of it at average cost, contract multiplier included; negative when short.
    pub cost: Money,
    /// Units of the underlying per contract; 0 before the first fill.
    pub multiplier: u16,
    /// Price it is valued at; `None` before the first fill.
    pub mark: Option<Price>,
    /// Profit realised at average cost, gross of fees.
    pub realised_average: Money,
    /// Profit realised first-in-first-out, gross of fees.
    pub realised_fifo: Money,
    /// Fees paid.
    pub fees: Money,
    /// The round trip under way.
    pub trip: RoundTrip,
    pub(super) lots: LotQueue,
}

impl Position {
    /// Average price per unit, truncated to 1e-9; `None` when flat.
    #[must_use]
    pub fn average(&self) -> Option<Price> {
        let units = i128::from(self.qty.0) * i128::from(self.multiplier);
        self.cost.0.checked_div(units).and_then(|p| i64::try_from(p).ok()).map(Price)
    }

    /// Average price per unit, truncated to 1e-18; `None` when flat.
    #[must_use]
    pub fn average_exact(&self) -> Option<Money> {
        unit_cost(self.cost, self.qty, self.multiplier)
    }

    /// What it is worth at its mark; negative when short.
    #[must_use]
    pub fn market_value(&self) -> Money {
        self.mark.map_or(self.cost, |mark| notional(mark, self.qty, self.multiplier))
    }

    /// Profit not realised, against average cost.
    #[must_use]
    pub fn unrealised(&self) -> Money {
        self.market_value() - self.cost
    }

    /// Profit not realised, against the cost of the lots that FIFO left open.
    #[must_use]
    pub fn unrealised_fifo(&self) -> Money {
        self.unrealised() + self.realised_average - self.realised_fifo
    }

    /// Values it at `price`; returns by how much that moved the profit not realised.
    pub(super) fn revalue(&mut self, price: Price) -> Money {
        match self.mark.replace(price) {
            // One exact product instead of two and their difference: this runs on every quote.
            Some(before) => notional(Price(price.0 - before.0), self.qty, self.multiplier),
            None => self.unrealised(),
        }
    }

    /// How much of a signed quantity would close rather than open.
    pub(super) fn closable(&self, signed: Qty) -> Qty {
        let opposite = self.qty.0.signum() * signed.0.signum() < 0;
        if opposite { self.qty.abs().min(signed.abs()) } else { Qty::ZERO }
    }

    /// Moves the quantity, and takes or adds the cost: `value` is that of the signed quantity.
    pub(super) fn open(&mut self, signed: Qty, value: Money) {
        self.qty = self.qty.checked_add(signed).expect("positions stay inside ±9.2e9 units");
        self.cost += value;
    }

    /// Closes `closed` units (positive) for `value` received; returns the profit.
    pub(super) fn close(&mut self, closed: Qty, received: Money) -> Money {
        let relieved = share(self.cost, closed, self.qty);
        self.cost -= relieved;
        self.qty = Qty(self.qty.0 - self.qty.0.signum() * closed.0);
        received - relieved
    }
}

/// Price × quantity × multiplier, with the quantity's sign.
///
/// # Panics
/// Beyond ±1.7e20: the ledger would be broken.
pub(super) fn notional(price: Price, qty: Qty, multiplier: u16) -> Money {
    let of_one = price.times(qty);
    if multiplier == 1 {
        // Shares: a product of 64-bit numbers always fits, and the wide one costs as much as the rest.
        return of_one;
    }
    let value = of_one.0.checked_mul(i128::from(multiplier));
    Money(value.expect("money stays inside ±1.7e20; beyond that the ledger is broken"))
}
