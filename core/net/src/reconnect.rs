//! When to try again: exponential back-off with full jitter, and a budget.
//!
//! Everything that keeps a connection owns one [`Reconnect`] and asks it before each attempt.
//!
//! The delay after the n-th failure in a row is drawn evenly from 0 to `min(30 s, 0.25 s · 2ⁿ⁻¹)`
//! ("full jitter", which spreads a crowd of clients best) and raised to 250 ms where it is below.
//!
//! *Invariant:* never two attempts within 250 ms, and never more than 8 within 60 s, however the
//! peer behaves; a connection that is made and lost at once counts as a failure.

/// The least time between two attempts.
pub const MIN_GAP_NS: u64 = 250_000_000;
/// The ceiling of the delay before jitter.
pub const MAX_DELAY_NS: u64 = 30_000_000_000;
/// No more than [`WINDOW_ATTEMPTS`] attempts in this span.
pub const WINDOW_NS: u64 = 60_000_000_000;
/// See [`WINDOW_NS`].
pub const WINDOW_ATTEMPTS: usize = 8;
/// A connection that held this long has proven itself: its loss starts a new series.
pub const STABLE_NS: u64 = 60_000_000_000;

/// The pace of one connection's attempts. Pure: time comes as monotonic nanoseconds, chance from a
/// seed.
#[derive(Debug, Clone)]
pub struct Reconnect {
    rng: u64,
    failures: u32,
    not_before_ns: u64,
    connected_ns: Option<u64>,
    /// When the last attempts began: a ring.
    begun_ns: [u64; WINDOW_ATTEMPTS],
    /// Attempts since the ring was last emptied.
    count: usize,
}

impl Reconnect {
    /// Ready to try at once. Different seeds give different jitter.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: seed,
            failures: 0,
            not_before_ns: 0,
            connected_ns: None,
            begun_ns: [0; WINDOW_ATTEMPTS],
            count: 0,
        }
    }

    /// The earliest moment of the next attempt.
    #[must_use]
    pub fn next_attempt_ns(&self) -> u64 {
        if self.count < WINDOW_ATTEMPTS {
            return self.not_before_ns;
        }
        let oldest = self.begun_ns[self.count % WINDOW_ATTEMPTS];
        self.not_before_ns.max(oldest.saturating_add(WINDOW_NS))
    }

    /// Whether an attempt may begin now; if so it is counted as begun.
    pub fn try_begin(&mut self, now_ns: u64) -> bool {
        if now_ns < self.next_attempt_ns() {
            return false;
        }
        self.begun_ns[self.count % WINDOW_ATTEMPTS] = now_ns;
        self.count += 1;
        self.not_before_ns = now_ns.saturating_add(MIN_GAP_NS);
        self.connected_ns = None;
        true
    }

    /// The attempt has succeeded.
    pub fn connected(&mut self, now_ns: u64) {
        self.connected_ns = Some(now_ns);
    }

    /// The attempt has failed, or the connection was lost: draws the delay.
    pub fn lost(&mut self, now_ns: u64) {
        let held = self.connected_ns.take().map_or(0, |since| now_ns.saturating_sub(since));
        if held >= STABLE_NS {
            self.failures = 0;
        }
        let ceiling = MIN_GAP_NS.saturating_mul(1 << self.failures.min(20)).min(MAX_DELAY_NS);
        self.failures = self.failures.saturating_add(1);
        let delay = self.draw(ceiling).max(MIN_GAP_NS);
        self.not_before_ns = self.not_before_ns.max(now_ns.saturating_add(delay));
    }

    /// The connection did its work (an answer came): the series and its budget start anew, and only
    /// the least gap stays.
    pub fn served(&mut self) {
        self.failures = 0;
        self.count = 0;
    }

    /// The peer has said when to come back (`Retry-After`, a rate limit's reset): not before then.
    pub fn hold_until(&mut self, at_ns: u64) {
        self.not_before_ns = self.not_before_ns.max(at_ns);
    }

    /// Evenly from 0 to `ceiling`, by SplitMix64 (Steele, Lea, Flood 2014) and a wide multiply.
    fn draw(&mut self, ceiling: u64) -> u64 {
        self.rng = self.rng.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.rng;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let wide = u128::from(mixed) * (u128::from(ceiling) + 1);
        u64::try_from(wide >> 64).expect("a 64-bit draw of 64 bits stays within 64 bits")
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DELAY_NS, MIN_GAP_NS, Reconnect, STABLE_NS, WINDOW_ATTEMPTS, WINDOW_NS};

    const SECOND: u64 = 1_000_000_000;

    /// The moments of the first attempts against a peer that refuses each one after `takes_ns`, or
    /// accepts and drops it.
    fn attempts(seed: u64, count: usize, takes_ns: u64, accepts: bool) -> Vec<u64> {
        let mut reconnect = Reconnect::new(seed);
        let (mut now, mut begun) = (5 * SECOND, Vec::new());
        while begun.len() < count {
            now = now.max(reconnect.next_attempt_ns());
            assert!(reconnect.try_begin(now));
            begun.push(now);
            now += takes_ns;
            if accepts {
                reconnect.connected(now);
            }
            reconnect.lost(now);
        }
        begun
    }

    #[test]
    fn no_seed_and_no_peer_can_make_a_storm() {
        for seed in 0..10_000 {
            for (takes_ns, accepts) in [(0, false), (0, true), (3 * SECOND, false)] {
                let begun = attempts(seed, 24, takes_ns, accepts);
                for pair in begun.windows(2) {
                    assert!(pair[1] - pair[0] >= MIN_GAP_NS, "seed {seed}: too close");
                    let latest = pair[0] + takes_ns + MAX_DELAY_NS.max(WINDOW_NS);
                    assert!(pair[1] <= latest, "seed {seed}: given up");
                }
                for span in begun.windows(WINDOW_ATTEMPTS + 1) {
                    assert!(span[WINDOW_ATTEMPTS] - span[0] >= WINDOW_NS, "seed {seed}: too many");
                }
            }
        }
    }

    #[test]
    fn jitter_spreads_a_crowd() {
        let mut second: Vec<u64> = (0..1_000).map(|seed| attempts(seed, 6, 0, false)[5]).collect();
        second.sort_unstable();
        second.dedup();
        assert!(
            second.len() > 990,
            "{} of 1000 clients come back at different moments",
            second.len()
        );
    }

    #[test]
    fn the_delay_grows_until_its_ceiling() {
        let mean = |nth: usize| {
            let total: u64 = (0..2_000)
                .map(|seed| {
                    let begun = attempts(seed, nth + 1, 0, false);
                    begun[nth] - begun[nth - 1]
                })
                .sum();
            total / 2_000
        };
        // Full jitter: on average half the ceiling, which is 1 s after the third failure.
        assert!((450_000_000..600_000_000).contains(&mean(3)), "{}", mean(3));
        assert!(mean(6) > 3 * SECOND, "{}", mean(6));
    }

    #[test]
    fn a_connection_that_held_starts_a_new_series() {
        let mut reconnect = Reconnect::new(7);
        let mut now = 0;
        for _ in 0..7 {
            now = now.max(reconnect.next_attempt_ns());
            assert!(reconnect.try_begin(now));
            reconnect.lost(now);
        }
        now = reconnect.next_attempt_ns();
        assert!(reconnect.try_begin(now));
        reconnect.connected(now);
        reconnect.lost(now + STABLE_NS);
        assert_eq!(reconnect.next_attempt_ns(), now + STABLE_NS + MIN_GAP_NS);
    }

    #[test]
    fn a_served_request_restores_the_budget_but_not_the_gap() {
        let mut reconnect = Reconnect::new(7);
        for round in 0..100 {
            let now = round * MIN_GAP_NS;
            assert!(reconnect.try_begin(now), "round {round}");
            assert!(!reconnect.try_begin(now + MIN_GAP_NS - 1));
            reconnect.connected(now);
            reconnect.served();
            reconnect.lost(now);
        }
    }

    #[test]
    fn the_peers_own_word_is_honoured() {
        let mut reconnect = Reconnect::new(7);
        reconnect.hold_until(90 * SECOND);
        assert!(!reconnect.try_begin(90 * SECOND - 1));
        assert!(reconnect.try_begin(90 * SECOND));
    }
}
