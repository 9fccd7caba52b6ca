//! A quantity of shares, contracts or coins, exact to 1e-9 (brokers accept nine decimals).

use crate::decimal::{self, DecimalError};
use std::fmt;
use std::ops::Neg;

/// A quantity in 1e-9 units; signed where it is a position. Range ±9,223,372,036.854775807.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Qty(pub i64);

impl Qty {
    /// None at all.
    pub const ZERO: Self = Self(0);
    /// One share or contract.
    pub const ONE: Self = Self(1_000_000_000);

    /// Parses exact decimal text such as `0.5`.
    ///
    /// # Errors
    /// [`DecimalError`] when the text is no number, out of range, or finer than 1e-9.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse_i64(text.as_bytes()).map(Self)
    }

    /// A whole number of units. `None` beyond ±9,223,372,036.
    #[must_use]
    pub fn units(whole: i64) -> Option<Self> {
        whole.checked_mul(Self::ONE.0).map(Self)
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

    /// The magnitude. Saturates at the range end.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// The largest multiple of `lot` not above it in magnitude; `None` for a bad lot.
    #[must_use]
    pub fn floor_to(self, lot: Self) -> Option<Self> {
        (lot.0 > 0).then(|| Self(self.0 - self.0 % lot.0))
    }

    /// Whether it is a whole number of lots.
    #[must_use]
    pub fn is_on_lot(self, lot: Self) -> bool {
        lot.0 > 0 && self.0 % lot.0 == 0
    }

    /// Whether it is neither long nor short.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Neg for Qty {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, i128::from(self.0), decimal::SCALE_9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_floor_towards_zero() {
        let lot = Qty::units(100).unwrap();
        assert_eq!(Qty::units(250).unwrap().floor_to(lot), Qty::units(200));
        assert_eq!(Qty::units(-250).unwrap().floor_to(lot), Qty::units(-200));
        assert!(!Qty::units(250).unwrap().is_on_lot(lot));
    }

    #[test]
    fn too_many_units_is_none() {
        assert_eq!(Qty::units(9_223_372_037), None);
    }
}
