//! The natural logarithm of a change in price: returns that add up over time. Called by the
//! volatility indicators.

use crate::stats::variance::Variance;
use st0ck_types::Price;

/// `ln(to / from)`; `None` when either price is not positive.
///
/// The scale of 1e-9 cancels in the quotient, so that the only roundings are those of the division
/// and of `libm::log` (pinned: the platform's own logarithm differs between machines).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "53 bits of each price are enough for a return")]
pub fn log_return(from: Price, to: Price) -> Option<f64> {
    (from.0 > 0 && to.0 > 0).then(|| libm::log(to.0 as f64 / from.0 as f64))
}

/// Mean and variance of the returns between neighbouring prices, in the order of time; `None` when
/// any price is not positive. `n` prices make `n - 1` returns.
#[must_use]
pub fn log_return_variance(prices: impl IntoIterator<Item = Price>) -> Option<Variance> {
    let mut prices = prices.into_iter();
    let mut returns = Variance::default();
    let Some(mut last) = prices.next() else { return Some(returns) };
    for price in prices {
        returns.push(log_return(last, price)?);
        last = price;
    }
    Some(returns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_add_up_over_time() {
        let [a, b, c] = ["100", "110", "99"].map(|p| Price::parse(p).unwrap());
        let (up, down) = (log_return(a, b).unwrap(), log_return(b, c).unwrap());
        assert!((up - 0.095_310_179_804_324_87).abs() < 1e-16, "ln 1.1");
        assert!((up + down - log_return(a, c).unwrap()).abs() < 1e-15);
    }

    #[test]
    fn a_price_of_zero_has_no_return() {
        assert_eq!(log_return(Price::ZERO, Price::ONE), None);
        assert_eq!(log_return(Price::ONE, Price(-1)), None);
        assert_eq!(log_return_variance([Price::ONE, Price::ZERO, Price::ONE]), None);
    }

    #[test]
    fn n_prices_make_one_return_less() {
        let count = |n: usize| log_return_variance(vec![Price::ONE; n]).unwrap().count();
        assert_eq!([count(0), count(1), count(2), count(5)], [0, 0, 1, 4]);
    }
}
