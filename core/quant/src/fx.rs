//! The only door between binary fixed point, floats and prices.
//!
//! [`Fx`] carries ratios, weights, volatilities and factors; `f64` lives behind this door, inside
//! the formulas of this crate. Called by indicators on their way out, by strategies, and by whoever
//! reads a parameter that is no price.
//!
//! Why 24 integer and 40 fraction bits: the journal keeps factors in 1e-9, and 2^-40 is 1,100 times
//! finer, so that a chain of a thousand roundings stays below one kept unit and every decimal of nine
//! digits survives the way in and out. The range of ±8,388,607 holds any ratio, and any price of a
//! share or an index, with room. (32.32 would leave 4 steps per kept unit.)
//!
//! *Invariant:* nothing that is not a finite number passes, in either direction.
//! *Invariant:* every conversion and operation rounds once, to nearest, ties to even; the result is
//! the same bits on every machine.

use fixed::types::I24F40;
use st0ck_types::Price;
use st0ck_types::decimal::{self, DecimalError};
use std::fmt;
use std::ops::Neg;

const FRACTION_BITS: u32 = I24F40::FRAC_NBITS;
const ONE_BITS: i128 = 1 << FRACTION_BITS;
const E9: i128 = 1_000_000_000;

/// Why a number did not pass the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FxError {
    /// NaN or an infinity.
    NotFinite,
    /// Outside the range of the type it should become.
    OutOfRange,
    /// Division by zero.
    ZeroDivisor,
    /// The text is no decimal number.
    Text(DecimalError),
}

impl fmt::Display for FxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite => write!(f, "not a finite number"),
            Self::OutOfRange => write!(f, "outside ±8,388,607, the range of a ratio"),
            Self::ZeroDivisor => write!(f, "division by zero"),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FxError {}

/// A ratio, weight, indicator or factor: 24 integer bits with sign, 40 fraction bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Fx(I24F40);

impl Fx {
    /// Nothing.
    pub const ZERO: Self = Self(I24F40::ZERO);
    /// One whole.
    pub const ONE: Self = Self(I24F40::ONE);
    /// The largest, about 8,388,608.
    pub const MAX: Self = Self(I24F40::MAX);
    /// The smallest, -8,388,608.
    pub const MIN: Self = Self(I24F40::MIN);

    /// The number whose raw form (in 2^-40) is `bits`; how a kept state is read back.
    #[must_use]
    pub const fn from_bits(bits: i64) -> Self {
        Self(I24F40::from_bits(bits))
    }

    /// The raw form, in 2^-40; what state keeps and hashes.
    #[must_use]
    pub const fn to_bits(self) -> i64 {
        self.0.to_bits()
    }

    /// Reads decimal text of at most nine fraction digits, such as `0.10`.
    ///
    /// # Errors
    /// [`FxError::Text`] for what is no such number, [`FxError::OutOfRange`] beyond ±8,388,607.
    pub fn parse(text: &str) -> Result<Self, FxError> {
        Self::from_e9(decimal::parse_i64(text.as_bytes()).map_err(FxError::Text)?)
    }

    /// From units of 1e-9. [`Fx::to_e9`] gives the same units back.
    ///
    /// # Errors
    /// [`FxError::OutOfRange`] beyond ±8,388,607.
    pub fn from_e9(units: i64) -> Result<Self, FxError> {
        from_wide(divide(i128::from(units) << FRACTION_BITS, E9))
    }

    /// In units of 1e-9, as decisions and the journal keep it.
    #[must_use]
    pub fn to_e9(self) -> i64 {
        i64::try_from(divide(i128::from(self.to_bits()) * E9, ONE_BITS))
            .expect("2^23 · 1e9 is below 2^53")
    }

    /// From a float: the way out of a formula.
    ///
    /// # Errors
    /// [`FxError::NotFinite`] for NaN and infinities, [`FxError::OutOfRange`] beyond ±8,388,607.
    pub fn from_f64(value: f64) -> Result<Self, FxError> {
        if !value.is_finite() {
            return Err(FxError::NotFinite);
        }
        I24F40::checked_from_num(value).map(Self).ok_or(FxError::OutOfRange)
    }

    /// As a float: the way into a formula. Exact below 2^13 in magnitude, nearest above.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0.to_num()
    }

    /// `numerator / denominator`, for example of two prices or two quantities in the same unit.
    ///
    /// # Errors
    /// [`FxError::ZeroDivisor`], or [`FxError::OutOfRange`] for a quotient beyond ±8,388,607.
    pub fn ratio(numerator: i64, denominator: i64) -> Result<Self, FxError> {
        if denominator == 0 {
            return Err(FxError::ZeroDivisor);
        }
        from_wide(divide(i128::from(numerator) << FRACTION_BITS, i128::from(denominator)))
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

    /// Product, or `None` when out of range.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let product = i128::from(self.to_bits()) * i128::from(other.to_bits());
        from_wide(divide(product, ONE_BITS)).ok()
    }

    /// Quotient, or `None` when out of range or by zero.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        Self::ratio(self.to_bits(), other.to_bits()).ok()
    }

    /// `price × self` to the nearest 1e-9, or `None` when out of range.
    #[must_use]
    pub fn scale(self, price: Price) -> Option<Price> {
        let product = i128::from(price.0) * i128::from(self.to_bits());
        i64::try_from(divide(product, ONE_BITS)).ok().map(Price)
    }
}

impl Neg for Fx {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

/// Decimal, rounded to nine fraction digits, without trailing zeros.
impl fmt::Display for Fx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, i128::from(self.to_e9()), decimal::SCALE_9)
    }
}

/// `price × numerator / denominator` to the nearest 1e-9, ties to even: for factors that are
/// quotients of decimals and would lose their exactness in binary.
///
/// # Errors
/// [`FxError::ZeroDivisor`], or [`FxError::OutOfRange`] for a result beyond ±9.2e9.
pub fn scale_price(price: Price, numerator: i64, denominator: i64) -> Result<Price, FxError> {
    if denominator == 0 {
        return Err(FxError::ZeroDivisor);
    }
    let product = i128::from(price.0) * i128::from(numerator);
    let scaled = divide(product, i128::from(denominator));
    i64::try_from(scaled).map(Price).map_err(|_| FxError::OutOfRange)
}

/// A price as a float, for formulas. Exact to half a unit in the last place of the quotient.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a named door to floats; it says how exact it is")]
pub fn price_to_f64(price: Price) -> f64 {
    price.0 as f64 / E9 as f64
}

/// A float as a price, to the nearest 1e-9, ties to even.
///
/// # Errors
/// [`FxError::NotFinite`] for NaN and infinities, [`FxError::OutOfRange`] beyond ±9.2e9.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a named door from floats; what does not fit was refused before"
)]
pub fn price_from_f64(value: f64) -> Result<Price, FxError> {
    if !value.is_finite() {
        return Err(FxError::NotFinite);
    }
    let units = (value * E9 as f64).round_ties_even();
    // 2^63 itself is a float and no i64; -2^63 is both.
    let limit = i64::MAX as f64;
    if units >= limit || units < -limit {
        return Err(FxError::OutOfRange);
    }
    Ok(Price(units as i64))
}

fn from_wide(bits: i128) -> Result<Fx, FxError> {
    i64::try_from(bits).map(Fx::from_bits).map_err(|_| FxError::OutOfRange)
}

/// Integer division to nearest, ties to even. `denominator` is not zero.
pub(crate) fn divide(numerator: i128, denominator: i128) -> i128 {
    let (n, d) =
        if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
    let (floor, rest) = (n.div_euclid(d), n.rem_euclid(d));
    let up = match (2 * rest).cmp(&d) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => floor & 1 == 1,
    };
    floor + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fx(text: &str) -> Fx {
        Fx::parse(text).unwrap()
    }

    #[test]
    fn what_is_not_finite_does_not_pass() {
        for value in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Fx::from_f64(value), Err(FxError::NotFinite));
            assert_eq!(price_from_f64(value), Err(FxError::NotFinite));
        }
    }

    #[test]
    fn what_is_too_large_is_an_error_and_not_a_wrap() {
        assert_eq!(Fx::from_f64(8_388_608.0), Err(FxError::OutOfRange));
        assert_eq!(Fx::from_f64(-8_388_608.0), Ok(Fx::MIN));
        assert_eq!(Fx::parse("8388608"), Err(FxError::OutOfRange));
        assert_eq!(Fx::MAX.checked_add(Fx::ONE), None);
        assert_eq!(Fx::MAX.checked_mul(fx("1.5")), None);
        assert_eq!(Fx::ratio(i64::MAX, 1), Err(FxError::OutOfRange));
        assert_eq!(fx("1000").scale(Price(i64::MAX)), None);
        assert_eq!(price_from_f64(9.3e9), Err(FxError::OutOfRange));
        assert_eq!(price_from_f64(-9.3e9), Err(FxError::OutOfRange));
    }

    #[test]
    fn nine_digits_survive_the_way_in_and_out() {
        for units in [0, 1, -1, 7, 100_000_000, 333_333_333, 250_000_001, 8_388_607_999_999_999] {
            assert_eq!(Fx::from_e9(units).unwrap().to_e9(), units);
            assert_eq!(Fx::from_e9(-units).unwrap().to_e9(), -units);
        }
        let mut units = 1i64;
        while units < 8_000_000_000_000_000 {
            assert_eq!(Fx::from_e9(units).unwrap().to_e9(), units);
            units = units * 3 + 1;
        }
    }

    #[test]
    fn every_operation_rounds_to_nearest_and_ties_to_even() {
        for (n, d, want) in [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (7, -2, -4)]
        {
            assert_eq!(divide(n, d), want, "{n}/{d}");
        }
        for (n, d, want) in [(2, 3, 1), (1, 3, 0), (-2, 3, -1), (-1, 3, 0)] {
            assert_eq!(divide(n, d), want, "{n}/{d}");
        }
        let step = Fx::from_bits(1);
        let half_step = 0.5 * step.to_f64();
        assert_eq!(Fx::from_f64(half_step), Ok(Fx::ZERO), "tie, to even");
        assert_eq!(Fx::from_f64(3.0 * half_step), Ok(Fx::from_bits(2)), "tie, to even");
        assert_eq!(step.checked_mul(fx("0.5")), Some(Fx::ZERO));
        assert_eq!(price_from_f64(0.5e-9), Ok(Price(0)));
    }

    #[test]
    fn ratios_of_prices_are_what_a_pencil_says() {
        let (mid, vwap) = (Price::parse("367.5").unwrap(), Price::parse("350").unwrap());
        assert_eq!(Fx::ratio(mid.0, vwap.0).unwrap().to_e9(), 1_050_000_000);
        assert_eq!(Fx::ratio(1, 0), Err(FxError::ZeroDivisor));
        assert_eq!(fx("0.25").checked_div(fx("0.1")).unwrap().to_e9(), 2_500_000_000);
        assert_eq!(fx("1").checked_div(Fx::ZERO), None);
        assert_eq!(fx("2.5").scale(Price::CENT), Price::parse("0.025").ok());
        assert_eq!((-fx("2.5")).scale(Price::CENT), Price::parse("-0.025").ok());
    }

    #[test]
    fn a_price_times_a_quotient_of_decimals_is_exact() {
        let price = |text| Price::parse(text).unwrap();
        assert_eq!(scale_price(price("0.01"), 25, 10), Ok(price("0.025")));
        assert_eq!(scale_price(price("1"), 1, 3), Ok(price("0.333333333")));
        assert_eq!(scale_price(Price(3), 1, 2), Ok(Price(2)), "a tie, to even");
        assert_eq!(scale_price(Price(1), 1, 0), Err(FxError::ZeroDivisor));
        assert_eq!(scale_price(Price(i64::MAX), 2, 1), Err(FxError::OutOfRange));
    }

    #[test]
    fn floats_and_prices_agree_at_ordinary_prices() {
        let price = Price::parse("590.025").unwrap();
        assert_eq!(price_from_f64(price_to_f64(price)), Ok(price));
    }

    #[test]
    fn prints_as_decimal_and_names_bad_text() {
        assert_eq!(fx("0.10").to_string(), "0.1");
        assert_eq!(fx("-0.000000001").to_string(), "-0.000000001");
        assert_eq!(Fx::parse("NaN"), Err(FxError::Text(DecimalError::Invalid(0))));
    }
}
