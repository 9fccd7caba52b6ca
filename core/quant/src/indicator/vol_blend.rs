//! One volatility out of two: what the market does now and what it did over the last twenty days.
//! Called by strategies whose size and targets follow volatility.
//!
//! The weighted mean of the two estimates. Where the history is too short for the second, the first
//! stands alone and the result says so.

use crate::fx::{Fx, divide};

/// What a [`Volatility`] rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum VolSource {
    /// Minutes of this session alone: the daily history was too short.
    #[default]
    Intraday = 0,
    /// Minutes of this session and twenty days before it.
    Blend = 1,
}

impl VolSource {
    /// `intraday` or `blend`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if self == Self::Blend { "blend" } else { "intraday" }
    }
}

/// An annualised volatility as a fraction (0.25 is 25 %), with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volatility {
    /// The estimate.
    pub value: Fx,
    /// What it rests on.
    pub source: VolSource,
}

/// `(1 - daily_weight) × intraday + daily_weight × daily`, rounded once; `intraday` alone without a
/// daily estimate. A `daily_weight` outside 0…1 counts as the nearer end.
#[must_use]
pub fn vol_blend(intraday: Fx, daily: Option<Fx>, daily_weight: Fx) -> Volatility {
    let Some(daily) = daily else {
        return Volatility { value: intraday, source: VolSource::Intraday };
    };
    let one = i128::from(Fx::ONE.to_bits());
    let weight = i128::from(daily_weight.clamp(Fx::ZERO, Fx::ONE).to_bits());
    let sum =
        i128::from(intraday.to_bits()) * (one - weight) + i128::from(daily.to_bits()) * weight;
    let mean = i64::try_from(divide(sum, one)).expect("a mean lies between its two parts");
    Volatility { value: Fx::from_bits(mean), source: VolSource::Blend }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fx(text: &str) -> Fx {
        Fx::parse(text).unwrap()
    }

    fn blended(intraday: &str, daily: &str, weight: &str) -> i64 {
        let blend = vol_blend(fx(intraday), Some(fx(daily)), fx(weight));
        assert_eq!(blend.source, VolSource::Blend);
        blend.value.to_e9()
    }

    #[test]
    fn the_mean_is_weighted() {
        assert_eq!(blended("0.10", "0.20", "0.5"), 150_000_000);
        assert_eq!(blended("0.10", "0.20", "0.25"), 125_000_000);
        assert_eq!(blended("0.10", "0.20", "0"), 100_000_000);
        assert_eq!(blended("0.10", "0.20", "1"), 200_000_000);
        assert_eq!(blended("0.10", "0.20", "7"), 200_000_000, "the nearer end");
    }

    #[test]
    fn without_history_the_intraday_estimate_stands_alone_and_says_so() {
        let alone = vol_blend(fx("0.10"), None, fx("0.5"));
        assert_eq!(alone, Volatility { value: fx("0.10"), source: VolSource::Intraday });
        assert_eq!(alone.source.as_str(), "intraday");
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        assert_eq!(vol_blend(Fx::MAX, Some(Fx::MAX), fx("0.5")).value, Fx::MAX);
        assert_eq!(vol_blend(Fx::MIN, Some(Fx::MIN), fx("0.5")).value, Fx::MIN);
    }
}
