//! Latency by stage: recorded on the hot thread in about two nanoseconds, read from any other.
//!
//! Each stage is an array of atomic buckets with one writer; a reader folds it into an
//! `hdrhistogram` whenever it likes. No lock, no allocation, no hand-over.

use hdrhistogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The stages of a quote's way to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Bytes of a frame read → its events decoded.
    Decode,
    /// Bytes read → the core consumes the event.
    FeedToCore,
    /// Event consumed → outputs decided and recorded.
    Decide,
    /// Decided → the gateway takes it from the ring.
    CoreToGateway,
    /// Taken → the request's bytes are ready.
    Encode,
    /// Bytes of the causing quote read → last byte of the order written.
    WireToWire,
}

impl Stage {
    /// All stages, in the order of the way.
    pub const ALL: [Self; 6] = [
        Self::Decode,
        Self::FeedToCore,
        Self::Decide,
        Self::CoreToGateway,
        Self::Encode,
        Self::WireToWire,
    ];

    /// The key used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::FeedToCore => "feed_to_core",
            Self::Decide => "decide",
            Self::CoreToGateway => "core_to_gateway",
            Self::Encode => "encode",
            Self::WireToWire => "wire_to_wire",
        }
    }
}

/// Values below this have a bucket of their own; above, 64 buckets per doubling (1.6 % wide).
const LINEAR: u64 = 128;
/// Longest latency told apart: 2^40 ns, about 18 minutes. Longer ones count as that.
const MAX_BITS: u32 = 40;
const BUCKETS: usize = LINEAR as usize + (MAX_BITS as usize - 7) * 64;

#[derive(Debug)]
struct Shared {
    buckets: Box<[AtomicU64]>,
    max: AtomicU64,
}

/// Records one stage. Clones share the buckets; only one of them may record.
#[derive(Debug, Clone)]
pub struct StageRecorder(Arc<Shared>);

impl Default for StageRecorder {
    fn default() -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Shared { buckets, max: AtomicU64::new(0) }))
    }
}

impl StageRecorder {
    /// Records a latency in nanoseconds; negative ones (two clocks disagreeing) count as zero.
    pub fn record(&self, ns: i64) {
        let ns = ns.max(0) as u64;
        let slot = &self.0.buckets[bucket(ns)];
        slot.store(slot.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if ns > self.0.max.load(Ordering::Relaxed) {
            self.0.max.store(ns, Ordering::Relaxed);
        }
    }

    /// What was recorded so far.
    #[must_use]
    pub fn snapshot(&self) -> StageSnapshot {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 1 << MAX_BITS, 3)
            .expect("1 ns to 2^40 ns at three digits is a legal range");
        for (index, count) in self.0.buckets.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                histogram.saturating_record_n(middle(index), count);
            }
        }
        let max = self.0.max.load(Ordering::Relaxed);
        let at = |q| histogram.value_at_quantile(q).min(max);
        StageSnapshot { count: histogram.len(), p50: at(0.50), p99: at(0.99), p999: at(0.999), max }
    }
}

/// Percentiles of a stage, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageSnapshot {
    /// How many were recorded.
    pub count: u64,
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
    /// The longest, exact.
    pub max: u64,
}

/// One recorder for each stage.
#[derive(Debug, Clone, Default)]
pub struct Stages([StageRecorder; 6]);

impl Stages {
    /// The recorder of a stage.
    #[must_use]
    pub fn of(&self, stage: Stage) -> &StageRecorder {
        &self.0[stage as usize]
    }
}

fn bucket(ns: u64) -> usize {
    if ns < LINEAR {
        return ns as usize;
    }
    let bits = 63 - ns.leading_zeros();
    if bits >= MAX_BITS {
        return BUCKETS - 1;
    }
    let within = (ns >> (bits - 6)) & 63;
    LINEAR as usize + (bits as usize - 7) * 64 + within as usize
}

fn middle(bucket: usize) -> u64 {
    if bucket < LINEAR as usize {
        return bucket as u64;
    }
    let above = bucket - LINEAR as usize;
    let (bits, within) = (above / 64 + 7, (above % 64) as u64);
    let width = 1u64 << (bits - 6);
    (64 + within) * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lands_in_a_bucket_whose_middle_is_near() {
        for exponent in 0..40 {
            for value in [1u64 << exponent, (1 << exponent) + (1 << exponent) / 3] {
                let middle = middle(bucket(value));
                assert!(middle.abs_diff(value) * 64 <= value.max(64), "{value} → {middle}");
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_follow_what_was_recorded() {
        let recorder = StageRecorder::default();
        (1..=1000).for_each(|n| recorder.record(n));
        recorder.record(-5);
        let seen = recorder.clone().snapshot();
        assert_eq!((seen.count, seen.max), (1001, 1000));
        assert!(seen.p50.abs_diff(500) < 10 && seen.p99.abs_diff(990) < 16, "{seen:?}");
    }
}
