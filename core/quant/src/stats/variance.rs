//! Mean and variance of a sample in one pass. Called by the volatility indicators.
//!
//! Welford's method ("Note on a method for calculating corrected sums of squares and products",
//! Technometrics 4, 1962): it subtracts the running mean before it squares, so that returns of 1e-4
//! around a mean of 1e-6 lose no digits.

/// Running count, mean and sum of squared deviations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Variance {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Variance {
    /// Takes one observation.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / f64::from(self.count);
        self.squares += delta * (value - self.mean);
    }

    /// How many were taken.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The mean; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The unbiased sample variance (divided by n - 1); `None` of fewer than two.
    #[must_use]
    pub fn sample(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / f64::from(self.count - 1))
    }
}

impl Extend<f64> for Variance {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_done_by_hand() {
        let mut variance = Variance::default();
        variance.extend([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(variance.count(), 8);
        assert_eq!(variance.mean(), Some(5.0));
        assert!((variance.sample().unwrap() - 32.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn a_small_spread_on_a_large_mean_keeps_its_digits() {
        let mut variance = Variance::default();
        variance.extend([1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert!((variance.sample().unwrap() - 30.0).abs() < 1e-9);
    }

    #[test]
    fn one_value_has_no_variance_and_none_has_no_mean() {
        let mut variance = Variance::default();
        assert_eq!((variance.mean(), variance.sample()), (None, None));
        variance.push(3.0);
        assert_eq!((variance.mean(), variance.sample()), (Some(3.0), None));
    }
}
