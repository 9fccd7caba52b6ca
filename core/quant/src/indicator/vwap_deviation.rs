//! How far a price is from the session's volume-weighted average price. Called by strategies that
//! wait for a price to be cheap.

use crate::fx::Fx;
use st0ck_types::Price;

/// `(price - vwap) / vwap`: negative below the average; -0.005 is half a percent below.
///
/// `None` when the average is not positive or the deviation is beyond what [`Fx`] holds.
#[must_use]
pub fn vwap_deviation(price: Price, vwap: Price) -> Option<Fx> {
    if vwap.0 <= 0 {
        return None;
    }
    Fx::ratio(price.checked_sub(vwap)?.0, vwap.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(price: &str, vwap: &str) -> Option<Fx> {
        vwap_deviation(Price::parse(price).unwrap(), Price::parse(vwap).unwrap())
    }

    #[test]
    fn below_the_average_is_negative() {
        assert_eq!(deviation("398", "400").map(Fx::to_e9), Some(-5_000_000));
        assert_eq!(deviation("402", "400").map(Fx::to_e9), Some(5_000_000));
        assert_eq!(deviation("400", "400"), Some(Fx::ZERO));
    }

    #[test]
    fn without_an_average_there_is_no_deviation() {
        assert_eq!(deviation("398", "0"), None);
        assert_eq!(deviation("9000000000", "0.000000001"), None, "beyond the range");
    }
}
