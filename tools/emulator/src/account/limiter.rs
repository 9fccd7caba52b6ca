//! How many requests an account may make in a minute of session time (`alpaca.md` §1.4).
//!
//! *Invariant:* while session time stands still nothing is counted: there is no minute to count in.

use crate::api::route::Host;
use crate::house::AccountNo;
use st0ck_types::Nanos;
use st0ck_types::time::{MINUTE, SECOND};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a reply tells of its sender's quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    limit: u32,
    remaining: u32,
    /// When it is full again, in seconds of the epoch; session time.
    reset: i64,
    /// Whether the request is let through.
    pub(crate) allowed: bool,
}

impl Quota {
    /// As header fields.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("X-RateLimit-Limit", self.limit.to_string()),
            ("X-RateLimit-Remaining", self.remaining.to_string()),
            ("X-RateLimit-Reset", self.reset.to_string()),
        ]
    }

    /// How long from `now` on it is worth waiting, in session time.
    pub(crate) fn wait(&self, now: Nanos) -> Duration {
        Duration::from_nanos((self.reset * SECOND - now.0).max(0).unsigned_abs())
    }
}

/// One account's requests in one minute.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    minute: Nanos,
    used: u32,
}

impl Window {
    fn quota(self, limit: u32, allowed: bool) -> Quota {
        let reset = (self.minute.0 + MINUTE) / SECOND;
        Quota { limit, remaining: limit - self.used, reset, allowed }
    }
}

/// The counts at one host.
#[derive(Debug)]
struct Meter {
    per_minute: u32,
    windows: BTreeMap<AccountNo, Window>,
}

/// The counts of every account, for each of the two hosts.
#[derive(Debug)]
pub(crate) struct Limiter {
    trading: Option<Meter>,
    data: Option<Meter>,
}

impl Limiter {
    /// So many requests a minute at either host; `None` for any number.
    pub(crate) fn new(trading: Option<u32>, data: Option<u32>) -> Self {
        let meter = |limit: Option<u32>| {
            limit.map(|per_minute| Meter { per_minute, windows: BTreeMap::new() })
        };
        Self { trading: meter(trading), data: meter(data) }
    }

    /// What an account has left, without counting anything. `None` where no number is set.
    pub(crate) fn look(
        &mut self,
        host: impl FnOnce() -> Host,
        who: AccountNo,
        now: Nanos,
        frozen: bool,
    ) -> Option<Quota> {
        self.count(host, who, now, frozen, 0)
    }

    /// Counts a request, unless time stands still (`frozen`). `None` where no number is set.
    pub(crate) fn take(
        &mut self,
        host: impl FnOnce() -> Host,
        who: AccountNo,
        now: Nanos,
        frozen: bool,
    ) -> Option<Quota> {
        self.count(host, who, now, frozen, u32::from(!frozen))
    }

    fn count(
        &mut self,
        host: impl FnOnce() -> Host,
        who: AccountNo,
        now: Nanos,
        frozen: bool,
        requests: u32,
    ) -> Option<Quota> {
        let (window, limit) = self.window(host, who, now)?;
        let allowed = frozen || window.used < limit;
        window.used += requests * u32::from(allowed);
        Some(window.quota(limit, allowed))
    }

    fn window(
        &mut self,
        host: impl FnOnce() -> Host,
        who: AccountNo,
        now: Nanos,
    ) -> Option<(&mut Window, u32)> {
        if self.trading.is_none() && self.data.is_none() {
            return None;
        }
        let meter = match host() {
            Host::Trading => self.trading.as_mut()?,
            Host::Data => self.data.as_mut()?,
            Host::Own => return None,
        };
        let minute = now.floor_to(MINUTE);
        let window = meter.windows.entry(who).or_default();
        if window.minute != minute {
            *window = Window { minute, used: 0 };
        }
        Some((window, meter.per_minute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Nanos {
        Nanos(seconds * SECOND)
    }

    #[test]
    fn a_minute_has_so_many_requests_and_the_next_one_as_many_again() {
        let (mut limiter, who) = (Limiter::new(Some(2), None), AccountNo::at(0));
        let mut take = |seconds| {
            let quota = limiter.take(|| Host::Trading, who, at(seconds), false).unwrap();
            (quota.allowed, quota.remaining, quota.reset)
        };
        assert_eq!(take(61), (true, 1, 120));
        assert_eq!(take(90), (true, 0, 120));
        assert_eq!(take(119), (false, 0, 120));
        assert_eq!(take(120), (true, 1, 180));
        assert_eq!(limiter.take(|| Host::Data, who, at(121), false), None);
    }

    #[test]
    fn accounts_and_hosts_are_counted_apart() {
        let mut limiter = Limiter::new(Some(1), Some(1));
        let mut take = |host, account| {
            limiter.take(|| host, AccountNo::at(account), at(0), false).unwrap().allowed
        };
        assert!(take(Host::Trading, 0) && take(Host::Trading, 1) && take(Host::Data, 0));
        assert!(!take(Host::Trading, 0) && !take(Host::Data, 0));
    }

    #[test]
    fn while_time_stands_still_nothing_is_counted() {
        let (mut limiter, who) = (Limiter::new(Some(1), None), AccountNo::at(0));
        for _ in 0..9 {
            let quota = limiter.take(|| Host::Trading, who, at(7), true).unwrap();
            assert_eq!((quota.allowed, quota.remaining), (true, 1));
        }
        let quota = limiter.take(|| Host::Trading, who, at(7), false).unwrap();
        assert_eq!(quota.wait(at(7)), Duration::from_secs(53));
    }
}
