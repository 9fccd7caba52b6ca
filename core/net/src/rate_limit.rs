//! How often to ask: a token bucket that keeps some tokens for cancels.
//!
//! The gateway's throttle asks it before each request; feeds ask it before subscribing.
//!
//! *Invariant:* exact integers. No sequence of calls lets more through than the budget allows, and
//! none loses a token to rounding.

/// A token bucket. Time is monotonic nanoseconds, passed in.
///
/// The level is kept in tokens × `period_ns`, so a nanosecond adds exactly `tokens` to it and a
/// token costs exactly `period_ns`.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    tokens: u64,
    period_ns: u64,
    burst: u64,
    reserve: u64,
    level: u128,
    updated_ns: u64,
}

impl TokenBucket {
    /// `tokens` per `period_ns` on average, at most `burst` at once, of which the last `reserve`
    /// are for cancels. Starts full at `now_ns`.
    #[must_use]
    pub fn new(tokens: u64, period_ns: u64, burst: u64, reserve: u64, now_ns: u64) -> Self {
        let level = u128::from(burst) * u128::from(period_ns);
        Self { tokens, period_ns, burst, reserve, level, updated_ns: now_ns }
    }

    /// Takes a token for anything but a cancel: leaves the reserve alone.
    pub fn try_take(&mut self, now_ns: u64) -> bool {
        self.take_above(now_ns, self.reserve)
    }

    /// Takes a token for a cancel.
    pub fn try_take_reserved(&mut self, now_ns: u64) -> bool {
        self.take_above(now_ns, 0)
    }

    /// Whole tokens in the bucket now, the reserve included.
    #[must_use]
    pub fn available(&self, now_ns: u64) -> u64 {
        let whole = self.level_at(now_ns).checked_div(u128::from(self.period_ns));
        whole.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(self.burst)
    }

    /// Empties the bucket: the peer has said that the budget is spent (429).
    pub fn drain(&mut self, now_ns: u64) {
        self.updated_ns = self.updated_ns.max(now_ns);
        self.level = 0;
    }

    fn take_above(&mut self, now_ns: u64, keep: u64) -> bool {
        self.level = self.level_at(now_ns);
        self.updated_ns = self.updated_ns.max(now_ns);
        let cost = u128::from(self.period_ns);
        if self.level < cost * (u128::from(keep) + 1) {
            return false;
        }
        self.level -= cost;
        true
    }

    /// A clock that steps back adds nothing.
    fn level_at(&self, now_ns: u64) -> u128 {
        let elapsed = now_ns.saturating_sub(self.updated_ns);
        let full = u128::from(self.burst) * u128::from(self.period_ns);
        (self.level + u128::from(elapsed) * u128::from(self.tokens)).min(full)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TokenBucket;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn the_reserve_is_for_cancels() {
        let mut bucket = TokenBucket::new(3, SECOND, 4, 2, 0);
        assert!(bucket.try_take(0) && bucket.try_take(0));
        assert!(!bucket.try_take(0), "two tokens are left, both reserved");
        assert!(bucket.try_take_reserved(0) && bucket.try_take_reserved(0));
        assert!(!bucket.try_take_reserved(0));
        assert!(
            !bucket.try_take(SECOND / 3 * 3),
            "refilled to the reserve and a little less than 1"
        );
        assert!(bucket.try_take(SECOND));
    }

    #[test]
    fn no_fraction_of_a_token_is_lost() {
        // A third of a token per step is no whole number of anything, yet none goes missing.
        let mut bucket = TokenBucket::new(1, 3, 1, 0, 0);
        assert!(bucket.try_take(0));
        let taken = (1..=3_000).filter(|now| bucket.try_take(*now)).count();
        assert_eq!(taken, 1_000);
    }

    #[test]
    fn a_drained_bucket_refills_from_nothing() {
        let mut bucket = TokenBucket::new(1, SECOND, 5, 0, 0);
        bucket.drain(10 * SECOND);
        assert_eq!(bucket.available(10 * SECOND), 0);
        assert!(!bucket.try_take_reserved(11 * SECOND - 1));
        assert!(bucket.try_take_reserved(11 * SECOND));
        assert_eq!(bucket.available(1_000 * SECOND), 5, "and never beyond the burst");
    }

    proptest! {
        #[test]
        fn no_span_lets_more_through_than_the_budget(
            tokens in 1_u64..20, period in 1_u64..50, burst in 1_u64..30, reserve in 0_u64..5,
            steps in proptest::collection::vec((0_i64..40, any::<bool>()), 1..200),
        ) {
            let mut bucket = TokenBucket::new(tokens, period, burst, reserve, 1_000);
            let (mut now, mut latest, mut taken) = (1_000_i64, 1_000_i64, 0_u64);
            for (step, cancel) in steps {
                // Now and then the clock steps back.
                now += if step == 39 { -60 } else { step };
                latest = latest.max(now);
                let now_ns = now.unsigned_abs();
                taken += u64::from(
                    if cancel { bucket.try_take_reserved(now_ns) } else { bucket.try_take(now_ns) },
                );
                let budget = burst + (latest - 1_000).unsigned_abs() * tokens / period;
                prop_assert!(taken <= budget, "{taken} of {budget}");
            }
        }
    }
}
