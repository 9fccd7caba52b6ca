//! An amount of money, exact to 1e-18: the product of a price and a quantity, never rounded.

use crate::decimal::{self, DecimalError};
use crate::{Price, Qty};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Money in 1e-18 of the currency. Range about ±1.7e20 units; sums of any real account fit a
/// billion times over. `+` and `-` panic on overflow rather than wrap: a ledger that overflowed is
/// broken, and the lane must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Money(pub i128);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// One unit of currency.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// Parses exact decimal text such as `-500.00`.
    ///
    /// # Errors
    /// [`DecimalError`] when the text is no number, out of range, or finer than 1e-18.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse(text.as_bytes(), decimal::SCALE_18).map(Self)
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

    /// `self × numerator / denominator`, truncated towards zero at 1e-18; `None` on overflow or a
    /// zero denominator. The one door through which money is divided.
    #[must_use]
    pub fn scale(self, numerator: i128, denominator: i128) -> Option<Self> {
        let (negative, n, d) = (
            (self.0 < 0) ^ (numerator < 0) ^ (denominator < 0),
            numerator.unsigned_abs(),
            denominator.unsigned_abs(),
        );
        if d == 0 {
            return None;
        }
        let magnitude = self.0.unsigned_abs();
        // whole·n + rest·n/d keeps the intermediate product small without losing a digit.
        let (whole, rest) = (magnitude / d, magnitude % d);
        let value = whole.checked_mul(n)?.checked_add(rest.checked_mul(n)? / d)?;
        let value = i128::try_from(value).ok()?;
        Some(Self(if negative { -value } else { value }))
    }

    /// Money per unit, truncated towards zero to 1e-9; `None` for no quantity or out of range.
    #[must_use]
    pub fn per(self, qty: Qty) -> Option<Price> {
        let price = self.0.checked_div(i128::from(qty.0))?;
        i64::try_from(price).ok().map(Price)
    }

    /// The amount in 1e-9 units, truncated towards zero and saturated: for reports and reject values.
    #[must_use]
    pub fn to_e9(self) -> i64 {
        let e9 = self.0 / 1_000_000_000;
        i64::try_from(e9).unwrap_or(if e9 < 0 { i64::MIN } else { i64::MAX })
    }

    /// The magnitude.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other)
            .expect("money sums stay inside ±1.7e20; beyond that the ledger is broken")
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.checked_sub(other)
            .expect("money sums stay inside ±1.7e20; beyond that the ledger is broken")
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, decimal::SCALE_18)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_every_digit_it_can() {
        let third = Money::ONE.scale(1, 3).unwrap();
        assert_eq!(third.to_string(), "0.333333333333333333");
        assert_eq!(Money::parse("-10").unwrap().scale(1, 4), Money::parse("-2.5").ok());
        assert_eq!(Money::ONE.scale(1, 0), None);
        let large = Money::parse("100000000000").unwrap();
        assert_eq!(large.scale(7_000_000_000, 7_000_000_000), Some(large));
    }

    #[test]
    fn money_per_quantity_is_a_price() {
        let total = Money::parse("1770.09").unwrap();
        assert_eq!(total.per(Qty::units(3).unwrap()), Price::parse("590.03").ok());
        assert_eq!(total.per(Qty::ZERO), None);
    }

    #[test]
    #[should_panic(expected = "the ledger is broken")]
    fn overflow_stops_the_lane() {
        let _ = Money(i128::MAX) + Money(1);
    }
}
