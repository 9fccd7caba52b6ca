//! States along the way, kept so that going back need not begin at the beginning.
//!
//! One each so many inputs. When there are too many, every other one goes and the distance doubles: the
//! memory has a bound, and going back stays a matter of one distance, whatever the session's length.

use crate::groups::Group;
use st0ck_engine::engine::Engine;
use st0ck_types::state::StateBytes;
use st0ck_types::{Nanos, Seq};

/// Inputs between two states at first: about a millisecond of replay.
const STRIDE: u64 = 1024;
/// Most states that are kept.
const KEPT: usize = 256;

/// The state after an input.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) seq: Seq,
    pub(super) at: Nanos,
    pub(super) taken: u64,
    pub(super) divergences: u64,
    /// As [`Engine::carry`] writes it; empty before the first input.
    pub(super) state: Vec<u8>,
    pub(super) here: Option<Group>,
    pub(super) decided: Option<Group>,
}

impl Snapshot {
    /// Before the first input.
    pub(super) fn start() -> Self {
        Self {
            seq: Seq(0),
            at: Nanos(i64::MIN),
            taken: 0,
            divergences: 0,
            state: Vec::new(),
            here: None,
            decided: None,
        }
    }

    /// After this input, with what was counted.
    pub(super) fn of(
        here: &Group,
        engine: &Engine,
        (taken, divergences): (u64, u64),
        decided: Option<Group>,
    ) -> Self {
        let mut state = StateBytes::default();
        engine.carry(&mut state);
        // Its outputs belong to the group: reading on behind the input would meet them first.
        let seq = Seq(here.seq.0 + here.outputs.len() as u64);
        let (at, state, here) = (here.at, state.0, Some(here.clone()));
        Self { seq, at, taken, divergences, state, here, decided }
    }
}

/// The states kept, oldest first; the start is always there.
#[derive(Debug)]
pub(super) struct Snapshots {
    kept: Vec<Snapshot>,
    stride: u64,
}

impl Snapshots {
    pub(super) fn new() -> Self {
        Self { kept: vec![Snapshot::start()], stride: STRIDE }
    }

    /// Whether the state after so many inputs is to be kept, and is not yet.
    pub(super) fn wants(&self, taken: u64) -> bool {
        let newest = self.kept.last().map_or(0, |snapshot| snapshot.taken);
        taken.is_multiple_of(self.stride) && taken > newest
    }

    pub(super) fn keep(&mut self, snapshot: Snapshot) {
        self.kept.push(snapshot);
        if self.kept.len() > KEPT {
            self.stride *= 2;
            let stride = self.stride;
            self.kept.retain(|snapshot| snapshot.taken.is_multiple_of(stride));
        }
    }

    /// The newest one for which this holds; the start when it holds for none.
    pub(super) fn last_that(&self, fits: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let found = self.kept.iter().rfind(|snapshot| fits(snapshot));
        found.cloned().unwrap_or_else(Snapshot::start)
    }

    /// The newest one after at most so many inputs.
    pub(super) fn at_most(&self, taken: u64) -> Snapshot {
        self.last_that(|snapshot| snapshot.taken <= taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(taken: u64) -> Snapshot {
        Snapshot { taken, ..Snapshot::start() }
    }

    #[test]
    fn their_number_has_a_bound_and_the_start_stays() {
        let mut snapshots = Snapshots::new();
        for taken in 1..=STRIDE * 5_000 {
            if snapshots.wants(taken) {
                snapshots.keep(after(taken));
            }
        }
        assert!(snapshots.kept.len() <= KEPT && snapshots.kept[0].taken == 0);
        let gaps = snapshots.kept.windows(2).map(|pair| pair[1].taken - pair[0].taken);
        assert!(gaps.clone().all(|gap| gap == snapshots.stride), "{:?}", gaps.collect::<Vec<_>>());
    }

    #[test]
    fn the_newest_that_fits_is_found() {
        let mut snapshots = Snapshots::new();
        snapshots.keep(after(STRIDE));
        snapshots.keep(after(2 * STRIDE));
        assert_eq!(snapshots.at_most(2 * STRIDE - 1).taken, STRIDE);
        assert_eq!(snapshots.at_most(STRIDE - 1).taken, 0);
        assert!(!snapshots.wants(2 * STRIDE) && snapshots.wants(3 * STRIDE));
    }
}
