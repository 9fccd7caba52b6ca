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
