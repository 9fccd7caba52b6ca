//! How large a price and a position may be, so that no sum of the ledger can leave its type.
//!
//! Asked at the two doors through which numbers come in: a quote or print beyond the range is not
//! taken, an execution beyond it is not booked and halts. A panic in the ledger would lose the very
//! fact that caused it; a refusal leaves the books as they were, and a person looks.
//!
//! The proof: an execution moves a position within ±2^53 units of the underlying in 1e-9, so by at
//! most 2^54, at a price of at most 2^54; it is worth at most 2^108. A sum of such values leaves the
//! 2^127 of `Money` after half a million executions, which is more than an order table remembers.

use super::Portfolio;
use st0ck_types::{InstrumentId, Price, Qty};

/// The highest price that is believed, some 18 million: the dearest US share costs under one.
pub(crate) const PRICE_MAX: Price = Price(1 << 54);
/// The largest position in units of the underlying, either way: some nine million shares.
const POSITION_MAX: i128 = 1 << 53;

impl Portfolio {
    /// Whether an execution of `qty` at `price` can be booked, whoever it is for and whichever way
    /// it goes. One in an instrument that there is no room for cannot.
    #[must_use]
    pub fn can_book(
        &self,
        instrument: InstrumentId,
        price: Price,
        qty: Qty,
        multiplier: u16,
    ) -> bool {
        let mut books = std::iter::once(&self.account).chain(&self.strategies);
        price <= PRICE_MAX
            && books.all(|book| {
                let Some(held) = book.positions.get(instrument.index()) else { return false };
                // A position keeps the multiplier of its first execution.
                let multiplier = i128::from(held.multiplier.max(multiplier));
                let moved = i128::from(held.qty.0).abs() + i128::from(qty.0).abs();
                moved * multiplier <= POSITION_MAX
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portfolio::Execution;
    use st0ck_types::{Money, Side, StrategyId};

    const SPY: InstrumentId = InstrumentId(0);

    #[test]
    fn the_range_ends_where_it_says() {
        let portfolio = Portfolio::new(1, 1, 4, Money::ZERO);
        let can = |price: i64, qty: i64, multiplier| {
            portfolio.can_book(SPY, Price(price), Qty(qty), multiplier)
        };
        let (price, qty) = (1 << 54, 1 << 53);
        assert!(can(price, qty, 1) && can(price, -qty, 1) && can(price, qty / 128, 128));
        assert!(!can(price + 1, 1, 1) && !can(1, qty + 1, 1) && !can(1, -qty - 1, 1));
        assert!(!can(1, qty / 128 + 1, 128));
        assert!(!can(i64::MAX, i64::MAX, u16::MAX) && !can(0, i64::MIN, u16::MAX));
        assert!(!portfolio.can_book(InstrumentId::ALL, Price::ONE, Qty::ONE, 1));
    }

    #[test]
    fn what_is_held_counts_in_every_book() {
        let mut portfolio = Portfolio::new(1, 2, 4, Money::ZERO);
        for (strategy, side) in [(StrategyId(0), Side::Buy), (StrategyId(1), Side::Sell)] {
            portfolio.on_fill(&Execution {
                strategy,
                instrument: SPY,
                side,
                price: PRICE_MAX,
                qty: Qty(1 << 53),
                fees: Money::ZERO,
                multiplier: 1,
            });
        }
        assert_eq!(portfolio.position(SPY).qty, Qty::ZERO);
        assert!(
            !portfolio.can_book(SPY, Price::ONE, Qty::ONE, 1),
            "the strategies' books are full"
        );
    }

    #[test]
    fn the_largest_executions_there_can_be_never_leave_the_range() {
        let mut portfolio = Portfolio::new(1, 1, 4, Money::ZERO);
        // Bought dear and sold for nothing, from end to end of the range: the worst for every sum.
        let mut book = |side, price, qty: i64| {
            let (price, qty) = (Price(price), Qty(qty));
            let (strategy, fees, multiplier) = (StrategyId(0), Money::ZERO, 1);
            let instrument = SPY;
            portfolio.on_fill(&Execution {
                strategy,
                instrument,
                side,
                price,
                qty,
                fees,
                multiplier,
            });
        };
        book(Side::Sell, 0, 1 << 53);
        for _ in 0..1 << 16 {
            book(Side::Buy, PRICE_MAX.0, 1 << 54);
            book(Side::Sell, 0, 1 << 54);
        }
        assert!(portfolio.cash().0 < -(1 << 123));
    }
}
