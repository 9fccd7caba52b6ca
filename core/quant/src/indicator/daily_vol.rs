//! How much the market moved of late: annualised close-to-close volatility of daily closes. Called
//! by strategies once per session, with the history of the configuration.
//!
//! `sqrt(252 × sample variance of the log returns)`; the windows of 20 days equal the reference
//! column `rv_close_to_close_20_ann` of TA-style tables. Nights and weekends are in it.

use super::{DAYS_PER_YEAR, annualised};
use crate::fx::Fx;
use crate::stats::log_return::log_return_variance;
use st0ck_types::Price;

/// Daily returns that the estimate stands on by convention.
pub const DAYS: usize = 20;

/// Annualised volatility of the last `days` daily returns of `closes`, oldest first, as a fraction.
///
/// `None` with fewer than `days` returns (that is `days + 1` closes), or when a close is not
/// positive.
#[must_use]
pub fn daily_vol(closes: &[Price], days: usize) -> Option<Fx> {
    let oldest = closes.len().checked_sub(days.checked_add(1)?)?;
    let variance = log_return_variance(closes[oldest..].iter().copied())?.sample()?;
    annualised(variance, DAYS_PER_YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fx::price_from_f64;

    #[test]
    fn alternating_closes_done_by_hand() {
        // Twenty returns of ±ln 1.01 about a mean of zero: variance 20/19 · ln²1.01.
        let up = [Price::parse("100").unwrap(), Price::parse("101").unwrap()];
        let closes: Vec<Price> = (0..=DAYS).map(|day| up[day % 2]).collect();
        let want = libm::log(1.01) * libm::sqrt(252.0 * 20.0 / 19.0);
        assert!((daily_vol(&closes, DAYS).unwrap().to_f64() - want).abs() < 1e-12);
    }

    #[test]
    fn one_day_too_few_is_no_estimate() {
        let closes = [Price::ONE; DAYS];
        assert_eq!(daily_vol(&closes, DAYS), None);
        assert_eq!(daily_vol(&[], 0), None);
        assert_eq!(daily_vol(&[], usize::MAX), None);
    }

    #[test]
    fn equals_the_reference_on_real_and_flat_series() {
        for (file, rows) in
            [("indicators_real_AAPL_daily.csv", 100), ("indicators_synthetic_gaps_flat.csv", 10)]
        {
            let path = format!("{}/../../../shared/reference/{file}", env!("CARGO_MANIFEST_DIR"));
            let Ok(text) = std::fs::read_to_string(&path) else {
                eprintln!("skipped: {path} not here");
                continue;
            };
            assert!(compare_with(&text) > rows, "{file}");
        }
    }

    /// Compares every row that has an expected value; returns how many those were.
    fn compare_with(text: &str) -> usize {
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let column = |name| header.iter().position(|c| *c == name).unwrap();
        let (close, want) = (column("close"), column("rv_close_to_close_20_ann"));
        let (mut closes, mut compared) = (Vec::new(), 0);
        for row in lines {
            closes.push(price_from_f64(row[close].parse().unwrap()).unwrap());
            let got = daily_vol(&closes, DAYS).map(Fx::to_f64);
            match row[want].parse::<f64>() {
                Ok(want) => {
                    let got = got.unwrap();
                    assert!((got - want).abs() <= 1e-9 * want.max(1.0), "{row:?}: {got}");
                    compared += 1;
                }
                Err(_) => assert_eq!(got, None, "{row:?}"),
            }
        }
        compared
    }
}
