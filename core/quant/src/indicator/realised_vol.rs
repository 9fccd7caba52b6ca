//! How much the market moves now: annualised volatility of one-minute log returns. Called by
//! strategies once per completed minute, never per quote.
//!
//! Per-minute sample variance (divided by n - 1) × 390 × 252, then the square root. It knows the
//! core session only: nights and weekends are in [`super::daily_vol`].

use super::{DAYS_PER_YEAR, MINUTES_PER_DAY, annualised};
use crate::fx::Fx;
use crate::stats::log_return::log_return_variance;
use st0ck_types::Price;

/// Annualised volatility of the newest `window` of the closes given, oldest first, as a fraction
/// (0.25 is 25 %).
///
/// `None` with fewer than `closes_min` closes (at least three: two returns make the first
/// variance), or when a close is not positive. A minute without a close is bridged: its move counts
/// as one return.
#[must_use]
pub fn realised_vol<I>(closes: I, window: usize, closes_min: usize) -> Option<Fx>
where
    I: ExactSizeIterator<Item = Price>,
{
    let count = closes.len().min(window);
    if count < closes_min {
        return None;
    }
    let oldest = closes.len() - count;
    let variance = log_return_variance(closes.skip(oldest))?.sample()?;
    annualised(variance, MINUTES_PER_DAY * DAYS_PER_YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vol(closes: &[&str], window: usize, closes_min: usize) -> Option<f64> {
        let closes = closes.iter().map(|text| Price::parse(text).unwrap());
        realised_vol(closes, window, closes_min).map(Fx::to_f64)
    }

    #[test]
    fn five_closes_done_by_hand() {
        let closes = ["590", "590.10", "589.90", "590.05", "590"];
        // Returns in 1e-4: 1.694771633579958, -3.389830540935673, 2.542480626281497,
        // -0.847421719924962; squared deviations from their mean 2.053e-17 sum to
        // 2.154553329774981e-7; a third of it, times 98,280, and the root.
        let want = 0.084_013_788_798_880;
        assert!((vol(&closes, 60, 5).unwrap() - want).abs() < 1e-12);
    }

    #[test]
    fn a_constant_price_has_no_volatility() {
        assert_eq!(vol(&["590"; 8], 60, 5), Some(0.0));
    }

    #[test]
    fn too_few_closes_have_no_volatility() {
        assert_eq!(vol(&["590", "591", "590", "591"], 60, 5), None);
        assert!(vol(&["590", "591", "590", "591", "590"], 60, 5).is_some());
        assert_eq!(vol(&["590", "591"], 60, 0), None, "one return has no variance");
    }

    #[test]
    fn only_the_newest_of_the_window_count() {
        let all = ["1", "900", "590", "590.10", "589.90", "590.05", "590"];
        assert_eq!(vol(&all, 5, 5), vol(&all[2..], 60, 5));
        assert_ne!(vol(&all, 6, 5), vol(&all[2..], 60, 5));
    }

    #[test]
    fn a_price_that_is_not_positive_is_no_volatility() {
        assert_eq!(vol(&["590", "0", "590", "591", "590"], 60, 5), None);
    }
}
