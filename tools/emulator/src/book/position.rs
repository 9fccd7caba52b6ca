//! What the account holds of one asset: quantity and cost, by average.
//!
//! *Invariant:* cost is kept as a total and a quantity, so an average never feeds back into sums.

use st0ck_types::{Money, Price, Qty, Side};

/// What an order does to the position, in Alpaca's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Opens or adds to a long position.
    BuyToOpen,
    /// Reduces a short position.
    BuyToClose,
    /// Opens or adds to a short position.
    SellToOpen,
    /// Reduces a long position.
    SellToClose,
}

impl Intent {
    /// What an order of that side does to a position of that quantity.
    pub(crate) fn infer(side: Side, position: Qty) -> Self {
        match side {
            Side::Buy if position.0 < 0 => Self::BuyToClose,
            Side::Buy => Self::BuyToOpen,
            Side::Sell if position.0 > 0 => Self::SellToClose,
            Side::Sell => Self::SellToOpen,
        }
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BuyToOpen => "buy_to_open",
            Self::BuyToClose => "buy_to_close",
            Self::SellToOpen => "sell_to_open",
            Self::SellToClose => "sell_to_close",
        }
    }

    /// What undoes it.
    pub(crate) fn closing(self) -> Self {
        match self {
            Self::BuyToOpen | Self::BuyToClose => Self::SellToClose,
            Self::SellToOpen | Self::SellToClose => Self::BuyToClose,
        }
    }

    /// Whether it adds risk.
    pub(crate) fn opens(self) -> bool {
        matches!(self, Self::BuyToOpen | Self::SellToOpen)
    }
}

/// A holding: `qty` is negative when short, and `cost` has its sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Signed shares.
    pub(crate) qty: Qty,
    /// What the open shares cost: positive when long, negative (proceeds) when short.
    pub(crate) cost: Money,
}

impl Position {
    /// Average price of the open shares, truncated to 1e-9; `None` when flat.
    pub(crate) fn average(&self) -> Option<Price> {
        self.cost.per(self.qty)
    }

    /// Books an execution. Shares beyond flat open a position the other way at this price.
    pub(crate) fn fill(&mut self, side: Side, price: Price, qty: Qty) {
        let change = side.signed(qty);
        let opposite = self.qty.0.signum() * change.0.signum() < 0;
        let closing = if opposite { Qty(qty.0.min(self.qty.0.abs())) } else { Qty::ZERO };
        if closing == self.qty.abs() {
            self.cost = Money::ZERO;
        } else if !closing.is_zero() {
            let released = self.cost.scale(i128::from(closing.0), i128::from(self.qty.0.abs()));
            self.cost -= released.expect("a part of a cost is smaller than the cost");
        }
        let opening = Qty(qty.0 - closing.0);
        self.cost += price.times(side.signed(opening));
        self.qty = Qty(self.qty.0 + change.0);
    }

    /// Value at a price: negative when short.
    pub(crate) fn value_at(&self, price: Price) -> Money {
        price.times(self.qty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(fills: &[(Side, &str, i64)]) -> Position {
        let mut position = Position::default();
        for &(side, price, qty) in fills {
            position.fill(side, Price::parse(price).unwrap(), Qty::units(qty).unwrap());
        }
        position
    }

    #[test]
    fn a_partial_sale_keeps_the_average() {
        let position = held(&[(Side::Buy, "10", 3), (Side::Buy, "13", 3), (Side::Sell, "20", 2)]);
        assert_eq!(position.qty, Qty::units(4).unwrap());
        assert_eq!(position.average(), Price::parse("11.5").ok());
    }

    #[test]
    fn flat_has_no_cost_left_over() {
        let position =
            held(&[(Side::Buy, "10.01", 3), (Side::Sell, "10.02", 1), (Side::Sell, "9", 2)]);
        assert_eq!(position, Position::default());
    }

    #[test]
    fn a_short_position_has_negative_quantity_and_cost() {
        let position = held(&[(Side::Sell, "10", 2), (Side::Buy, "9", 1)]);
        assert_eq!(position.qty, Qty::units(-1).unwrap());
        assert_eq!(position.average(), Price::parse("10").ok());
        assert_eq!(position.value_at(Price::parse("9").unwrap()), Money::parse("-9").unwrap());
    }

    #[test]
    fn crossing_zero_opens_the_other_way_at_the_new_price() {
        let position = held(&[(Side::Buy, "10", 1), (Side::Sell, "12", 3)]);
        assert_eq!(
            (position.qty, position.average()),
            (Qty::units(-2).unwrap(), Price::parse("12").ok())
        );
    }
}
