//! Wait until it is cheap: a price far enough below the session's volume-weighted average.

use st0ck_quant::Fx;
use st0ck_quant::indicator::vwap_deviation::vwap_deviation;
use st0ck_types::Price;

/// Asks for a price at least `below` under the session's average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VwapDiscount {
    /// As a fraction of the average, not negative: 0.005 is half a percent.
    pub below: Fx,
}

impl VwapDiscount {
    /// The deviation of `mid` from `vwap`, if it is low enough; `None` when it is not, or when there
    /// is no average yet.
    #[must_use]
    pub fn met(&self, mid: Price, vwap: Option<Price>) -> Option<Fx> {
        let vwap = vwap?;
        // Any price above the average is decided by one comparison, without a division.
        if mid > vwap {
            return None;
        }
        vwap_deviation(mid, vwap).filter(|deviation| deviation.to_e9() <= -self.below.to_e9())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(mid: &str, vwap: &str) -> Option<i64> {
        let rule = VwapDiscount { below: Fx::parse("0.005").unwrap() };
        let price = |text| Price::parse(text).unwrap();
        rule.met(price(mid), Some(price(vwap))).map(Fx::to_e9)
    }

    #[test]
    fn half_a_percent_below_is_cheap_and_a_cent_more_is_not() {
        assert_eq!(met("398.00", "400"), Some(-5_000_000));
        assert_eq!(met("390.00", "400"), Some(-25_000_000));
        assert_eq!(met("398.01", "400"), None);
        assert_eq!(met("402.00", "400"), None);
    }

    #[test]
    fn without_an_average_nothing_is_cheap() {
        let rule = VwapDiscount { below: Fx::ZERO };
        assert_eq!(rule.met(Price::ONE, None), None);
        assert_eq!(rule.met(Price::ONE, Some(Price::ZERO)), None);
        assert_eq!(rule.met(Price::ONE, Some(Price::ONE)), Some(Fx::ZERO));
    }
}
