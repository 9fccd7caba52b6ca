//! A price per unit, exact to 1e-9 of the currency.

use crate::decimal::{self, DecimalError};
use crate::order::Side;
use crate::{Money, Qty};
use std::fmt;

/// Price per share or contract unit in 1e-9 of the instrument's currency.
/// Range ±9,223,372,036.854775807.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Price(pub i64);

impl Price {
    /// Nothing; on a quote "no side".
    pub const ZERO: Self = Self(0);
    /// One unit of currency.
    pub const ONE: Self = Self(1_000_000_000);
    /// One hundredth of the currency, the usual tick of US stocks.
    pub const CENT: Self = Self(10_000_000);

    /// Parses exact decimal text such as `590.025`.
    ///
    /// # Errors
    /// [`DecimalError`] when the text is no number, out of range, or finer than 1e-9.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse_i64(text.as_bytes()).map(Self)
    }

    /// Sum, or `None` when out of range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` when out of range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The exact product of price and quantity. Cannot overflow: |i64·i64| < 2^126.
    #[must_use]
    pub fn times(self, qty: Qty) -> Money {
        Money(i128::from(self.0) * i128::from(qty.0))
    }

    /// Whether the price is a whole number of ticks.
    #[must_use]
    pub fn is_on_tick(self, tick: Self) -> bool {
        tick.0 > 0 && self.0 % tick.0 == 0
    }

    /// The nearest multiple of `tick` that is not higher. `None` on overflow or a bad tick.
    #[must_use]
    pub fn floor_to(self, tick: Self) -> Option<Self> {
        if tick.0 <= 0 {
            return None;
        }
        self.0.checked_sub(self.0.rem_euclid(tick.0)).map(Self)
    }

    /// The nearest multiple of `tick` that is not lower. `None` on overflow or a bad tick.
    #[must_use]
    pub fn ceil_to(self, tick: Self) -> Option<Self> {
        let floor = self.floor_to(tick)?;
        if floor == self { Some(self) } else { floor.checked_add(tick) }
    }

    /// Rounds to the tick without giving away value: a buy rounds down, a sell rounds up.
    #[must_use]
    pub fn round_for(self, side: Side, tick: Self) -> Option<Self> {
        match side {
            Side::Buy => self.floor_to(tick),
            Side::Sell => self.ceil_to(tick),
        }
    }

    /// The middle of two prices, rounded down to 1e-9. Cannot overflow.
    #[must_use]
    pub fn midpoint(self, other: Self) -> Self {
        // Half the sum: what the bits share, and half of where they differ. `i64::midpoint` rounds a
        // negative sum towards zero.
        Self((self.0 & other.0) + ((self.0 ^ other.0) >> 1))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, i128::from(self.0), decimal::SCALE_9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn a_sell_rounds_up_and_a_buy_rounds_down() {
        assert_eq!(p("590.025").round_for(Side::Sell, Price::CENT), Some(p("590.03")));
        assert_eq!(p("590.025").round_for(Side::Buy, Price::CENT), Some(p("590.02")));
        assert_eq!(p("590.02").round_for(Side::Sell, Price::CENT), Some(p("590.02")));
    }

    #[test]
    fn rounding_at_the_range_end_is_none_not_a_wrap() {
        assert_eq!(Price(i64::MAX).ceil_to(Price::CENT), None);
        assert_eq!(Price(i64::MIN).floor_to(Price::CENT), None);
        assert_eq!(p("1").floor_to(Price::ZERO), None);
    }

    #[test]
    fn the_middle_rounds_down_below_zero_too() {
        for (a, b, middle) in [(1, 2, 1), (-1, 0, -1), (-3, 2, -1), (i64::MIN, i64::MAX, -1)] {
            assert_eq!(Price(a).midpoint(Price(b)), Price(middle));
        }
    }

    #[test]
    fn the_product_with_a_quantity_is_exact() {
        let product = p("367.415").times(Qty::parse("0.333333333").unwrap());
        assert_eq!(product.to_string(), "122.471666544195");
    }

    #[test]
    fn prints_what_it_parsed() {
        for text in ["0", "590.025", "-12.5", "0.000000001", "9223372036.854775807"] {
            assert_eq!(p(text).to_string(), text);
        }
    }
}
