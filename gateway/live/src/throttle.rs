//! The account's request quota: a token bucket whose last tokens are for cancels.
//!
//! Adapters ask before each request. Alpaca allows 200 requests a minute and account; we use at
//! most 150 in any minute (what comes in plus what had been saved up) and keep a fifth of what can
//! be saved for cancels (control C17, goals G17 and G18).
//!
//! *Invariant:* a cancel is never refused here, at worst it waits for the next token.

use st0ck_net::rate_limit::TokenBucket;

/// How fast requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleConfig {
    /// Requests a minute on average.
    pub per_minute: u64,
    /// Requests at once.
    pub burst: u64,
    /// How many of the burst are for cancels only.
    pub reserve: u64,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { per_minute: 120, burst: 30, reserve: 6 }
    }
}

/// Nanoseconds in a minute.
const MINUTE_NS: u64 = 60_000_000_000;
/// Pause after a 429 that does not say how long, doubled each time up to a minute.
const PAUSE_NS: u64 = 1_000_000_000;

/// The quota of one account. Time is monotonic nanoseconds.
#[derive(Debug, Clone)]
pub struct Throttle {
    bucket: Option<TokenBucket>,
    not_before_ns: u64,
    refusals: u32,
}

impl Throttle {
    /// A full bucket; without a configuration every request passes (a recorded session, where the
    /// emulator counts in session time).
    #[must_use]
    pub fn new(config: Option<ThrottleConfig>, now_ns: u64) -> Self {
        let bucket = config.map(|config| {
            TokenBucket::new(config.per_minute, MINUTE_NS, config.burst, config.reserve, now_ns)
        });
        Self { bucket, not_before_ns: 0, refusals: 0 }
    }

    /// Takes a token for anything but a cancel.
    pub fn try_take(&mut self, now_ns: u64) -> bool {
        now_ns >= self.not_before_ns
            && self.bucket.as_mut().is_none_or(|bucket| bucket.try_take(now_ns))
    }

    /// Takes a token for a cancel.
    pub fn try_take_for_cancel(&mut self, now_ns: u64) -> bool {
        now_ns >= self.not_before_ns
            && self.bucket.as_mut().is_none_or(|bucket| bucket.try_take_reserved(now_ns))
    }

    /// The broker said 429: nothing goes before `wait_ns` from now, or, when it did not say, before
    /// a pause that doubles.
    pub fn refused(&mut self, now_ns: u64, wait_ns: Option<u64>) {
        let pause = PAUSE_NS.saturating_mul(1 << self.refusals.min(6)).min(MINUTE_NS);
        self.refusals = self.refusals.saturating_add(1);
        let until = now_ns.saturating_add(wait_ns.unwrap_or(pause).min(2 * MINUTE_NS));
        self.not_before_ns = self.not_before_ns.max(until);
        if let Some(bucket) = &mut self.bucket {
            bucket.drain(now_ns);
        }
    }

    /// The broker took a request: pauses start short again.
    pub fn served(&mut self) {
        self.refusals = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn cancels_pass_when_orders_no_longer_do() {
        let config = ThrottleConfig { per_minute: 60, burst: 5, reserve: 2 };
        let mut throttle = Throttle::new(Some(config), 0);
        assert_eq!((0..5).filter(|_| throttle.try_take(0)).count(), 3);
        assert_eq!((0..5).filter(|_| throttle.try_take_for_cancel(0)).count(), 2);
        assert!(!throttle.try_take_for_cancel(S / 2) && throttle.try_take_for_cancel(S));
    }

    #[test]
    fn no_minute_holds_more_than_150_requests() {
        let mut throttle = Throttle::new(Some(ThrottleConfig::default()), 0);
        let taken = (0..600).filter(|tenth| throttle.try_take_for_cancel(tenth * S / 10)).count();
        assert!((140..=150).contains(&taken), "{taken}");
    }

    #[test]
    fn a_429_holds_everything_for_as_long_as_it_says() {
        let mut throttle = Throttle::new(Some(ThrottleConfig::default()), 0);
        throttle.refused(0, Some(7 * S));
        assert!(!throttle.try_take(7 * S - 1) && !throttle.try_take_for_cancel(7 * S - 1));
        assert!(throttle.try_take_for_cancel(7 * S));
    }

    #[test]
    fn a_429_that_says_nothing_pauses_longer_each_time() {
        let mut throttle = Throttle::new(None, 0);
        throttle.refused(0, None);
        assert!(!throttle.try_take(S - 1) && throttle.try_take(S));
        throttle.refused(S, None);
        assert!(!throttle.try_take(3 * S - 1) && throttle.try_take(3 * S));
        throttle.served();
        throttle.refused(3 * S, None);
        assert!(throttle.try_take(4 * S));
    }

    #[test]
    fn without_a_quota_everything_passes() {
        let mut throttle = Throttle::new(None, 0);
        assert!((0..10_000).all(|_| throttle.try_take(0)));
    }
}
