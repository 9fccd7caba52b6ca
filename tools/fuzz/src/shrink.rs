//! Making a finding short: whatever can be left out without losing the fault is left out.
//!
//! Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), without its
//! second half: complements only, halves of the chunk size each round.

use crate::guard::watch;
use crate::target::Target;
use std::time::{Duration, Instant};

/// Time spent on one finding: one that is slow must not cost the campaign.
const TIME_MAX: Duration = Duration::from_secs(2);

/// The shortest input found that still has a fault of this kind.
#[must_use]
pub fn shrink(target: &Target, input: &[u8], kind: &str) -> Vec<u8> {
    let mut best = input.to_vec();
    let begun = Instant::now();
    let mut chunk = best.len().div_ceil(2);
    while chunk > 0 && begun.elapsed() < TIME_MAX {
        let mut at = 0;
        while at < best.len() && begun.elapsed() < TIME_MAX {
            let end = (at + chunk).min(best.len());
            let shorter = [&best[..at], &best[end..]].concat();
            if watch(target, &shorter).is_err_and(|fault| fault.kind() == kind) {
                best = shorter;
            } else {
                at = end;
            }
        }
        chunk /= 2;
    }
    best
}
