//! Size by volatility: many shares in a quiet market, few in a wild one.
//!
//! Linear between two thresholds: at `low_vol` or below the largest size, at `high_vol` or above the
//! smallest, whole shares in between. *Invariant:* exact in decimals; a half rounds down, so that
//! rounding never adds risk.

use st0ck_quant::Fx;

const E9: i128 = 1_000_000_000;

/// How many shares for which volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolSizing {
    /// Shares at `high_vol` and above.
    pub shares_min: i64,
    /// Shares at `low_vol` and below; not less than `shares_min`.
    pub shares_max: i64,
    /// Annualised volatility as a fraction; below `high_vol`.
    pub low_vol: Fx,
    /// Annualised volatility as a fraction.
    pub high_vol: Fx,
}

/// A size before and after rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// What the line says, in 1e-9 shares.
    pub raw_e9: i64,
    /// What is ordered.
    pub shares: i64,
}

impl VolSizing {
    /// The size at an annualised volatility.
    #[must_use]
    pub fn size(&self, volatility: Fx) -> Size {
        let (low, high) = (self.low_vol.to_e9(), self.high_vol.to_e9());
        let above_low = i128::from(volatility.to_e9().clamp(low, high) - low);
        let width = i128::from(high - low);
        let span = i128::from(self.shares_max - self.shares_min);
        // shares_max - span · above_low / width, kept as a fraction until the one rounding.
        let numerator = i128::from(self.shares_max) * width - span * above_low;
        Size {
            raw_e9: narrow(numerator * E9 / width),
            shares: narrow(round_half_down(numerator, width)),
        }
    }

    /// The size while the volatility is not known: the smallest.
    #[must_use]
    pub fn unknown(&self) -> Size {
        Size { raw_e9: narrow(i128::from(self.shares_min) * E9), shares: self.shares_min }
    }
}

/// The nearest whole number; exactly between two of them, the lower.
fn round_half_down(numerator: i128, denominator: i128) -> i128 {
    let floor = numerator.div_euclid(denominator);
    let rest = numerator.rem_euclid(denominator);
    floor + i128::from(2 * rest > denominator)
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).expect("a size between two checked parameters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing() -> VolSizing {
        VolSizing {
            shares_min: 1,
            shares_max: 3,
            low_vol: Fx::parse("0.10").unwrap(),
            high_vol: Fx::parse("0.25").unwrap(),
        }
    }

    #[test]
    fn shares_are_linear_in_volatility_and_a_half_rounds_down() {
        for (volatility, raw, shares) in [
            ("0.05", 3_000_000_000, 3),
            ("0.10", 3_000_000_000, 3),
            ("0.125", 2_666_666_666, 3),
            ("0.1374", 2_501_333_333, 3),
            ("0.1375", 2_500_000_000, 2),
            ("0.175", 2_000_000_000, 2),
            ("0.2125", 1_500_000_000, 1),
            ("0.2124", 1_501_333_333, 2),
            ("0.25", 1_000_000_000, 1),
            ("0.60", 1_000_000_000, 1),
        ] {
            let size = sizing().size(Fx::parse(volatility).unwrap());
            assert_eq!(size, Size { raw_e9: raw, shares }, "{volatility}");
        }
    }

    #[test]
    fn an_unknown_volatility_gets_the_smallest_size() {
        assert_eq!(sizing().unknown(), Size { raw_e9: 1_000_000_000, shares: 1 });
    }

    #[test]
    fn more_volatility_never_means_more_shares() {
        let mut last = i64::MAX;
        for e9 in (0..400_000_000).step_by(250_000) {
            let size = sizing().size(Fx::from_e9(e9).unwrap());
            assert!((1..=3).contains(&size.shares) && size.shares <= last);
            last = size.shares;
        }
    }

    #[test]
    fn equal_sizes_are_no_slope() {
        let flat = VolSizing { shares_max: 1, ..sizing() };
        assert_eq!(flat.size(Fx::parse("0.15").unwrap()).shares, 1);
    }
}
