//! How measurements are summed up: percentiles of single ones, medians of bursts.

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Longest latency told apart: 2^40 ns, about 18 minutes. Longer ones count as that.
const LONGEST: u64 = 1 << 40;

/// Single measurements in nanoseconds, to three digits.
#[derive(Debug, Clone)]
pub struct Spread {
    histogram: Histogram<u64>,
    max: u64,
}

impl Default for Spread {
    fn default() -> Self {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST, 3)
            .expect("1 ns to 2^40 ns at three digits is a legal range");
        // Writes every count, so that no measuring thread faults in a page of it later.
        histogram.reset();
        Self { histogram, max: 0 }
    }
}

impl Spread {
    /// Takes one in.
    pub fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns);
        self.max = self.max.max(ns);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The longest, exact.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The latency that the share `quantile` of all did not exceed; 0 when there is none.
    #[must_use]
    pub fn at(&self, quantile: f64) -> u64 {
        if self.histogram.is_empty() { 0 } else { self.histogram.value_at_quantile(quantile) }
            .min(self.max)
    }

    /// `count p50 p99 p999 max`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "count": self.count(),
            "p50": self.at(0.50),
            "p99": self.at(0.99),
            "p999": self.at(0.999),
            "max": self.max,
        })
    }
}

/// Average nanoseconds of one thing in each of many bursts. Their median is finer than the clock's
/// tick, and a burst that the machine interrupted does not move it.
#[derive(Debug, Clone, Default)]
pub struct Bursts(Vec<f64>);

impl Bursts {
    /// Takes in a burst of `count` things that took `ns` together.
    pub fn record(&mut self, ns: u64, count: usize) {
        if count > 0 {
            self.0.push(ns as f64 / count as f64);
        }
    }

    /// Takes in an average, or a ratio of two, that was formed elsewhere.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The median, to a tenth of a nanosecond; 0 when there was no burst.
    #[must_use]
    pub fn median(&self) -> f64 {
        (self.middle() * 10.0).round() / 10.0
    }

    /// The median as it is: for ratios.
    #[must_use]
    pub fn middle(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}

/// `a / b` to the hundredth; JSON null where there is nothing to divide by.
#[must_use]
pub fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| (a / b * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_follow_what_was_recorded() {
        let mut spread = Spread::default();
        assert_eq!((spread.at(0.5), spread.max()), (0, 0));
        (1..=1000).for_each(|ns| spread.record(ns));
        spread.record(u64::MAX);
        assert_eq!((spread.count(), spread.max()), (1001, u64::MAX));
        assert_eq!(spread.at(0.50), 501);
        assert!(spread.at(0.99).abs_diff(991) <= 1, "{}", spread.at(0.99));
    }

    #[test]
    fn one_interrupted_burst_does_not_move_the_median() {
        let mut bursts = Bursts::default();
        assert_eq!(bursts.median(), 0.0);
        for ns in [1_000, 1_010, 9_000_000, 1_020, 990] {
            bursts.record(ns, 100);
        }
        bursts.record(77, 0);
        assert_eq!(bursts.median(), 10.1);
    }

    #[test]
    fn a_ratio_to_nothing_is_none() {
        assert_eq!(ratio(3.0, 2.0), Some(1.5));
        assert_eq!(ratio(3.0, 0.0), None);
    }
}
