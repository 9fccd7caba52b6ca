//! What strategies measure of the market.

pub mod daily_vol;
pub mod realised_vol;
pub mod vol_blend;
pub mod vwap_deviation;

use crate::fx::Fx;

/// Trading days of a year, the convention by which variances per day become yearly ones.
pub const DAYS_PER_YEAR: f64 = 252.0;
/// Minutes of a full New York session.
pub const MINUTES_PER_DAY: f64 = 390.0;

/// The yearly volatility of a variance per period; `None` when it is no number that [`Fx`] holds.
fn annualised(variance: f64, periods_per_year: f64) -> Option<Fx> {
    Fx::from_f64(libm::sqrt(variance * periods_per_year)).ok()
}
