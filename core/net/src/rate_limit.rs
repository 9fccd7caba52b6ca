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
