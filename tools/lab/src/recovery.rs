//! Recovery is facts: an engine brought to where a dead process left it, deciding nothing anew.
//!
//! It starts from the newest carry, applies recorded outputs and reports as facts, lets strategies see
//! the inputs with their new wants discarded, and counts where today's program would have decided
//! otherwise.

use crate::groups::{Group, Items, LabError, Sight};
use st0ck_engine::engine::Engine;
use st0ck_types::{Nanos, Seq};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What a recovery went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    /// The carry it started from; zero when from the session's beginning.
    pub from: Seq,
    /// Inputs applied.
    pub inputs: u64,
    /// Inputs at which today's program would have decided otherwise.
    pub divergences: u64,
    /// Stamp of the last input; zero when there was none.
    pub last_at: Nanos,
}

/// Applies the journal of a session folder, already cut by the journal's own recovery, to an engine
/// fresh from its header.
///
/// # Errors
/// [`LabError`] when the journal cannot be read, or when its carry is of another version.
pub fn recover(session: &Path, engine: &mut Engine) -> Result<RecoveryReport, LabError> {
    let mut report = RecoveryReport { from: newest_carry(session)?, ..RecoveryReport::default() };
    let mut items = Items::open_cut(session, report.from)?;
    while let Some((sight, _)) = items.lend()? {
        match sight {
            Sight::Carry(seq, state) if seq == report.from => engine
                .restore(state)
                .map_err(|e| LabError::Payload { seq: seq.0, words: e.to_string() })?,
            Sight::Group(group) => {
                report.inputs += 1;
                report.last_at = group.at;
                report.divergences += u64::from(apply(engine, group) > 0);
            }
            Sight::Carry(..) | Sight::Hash(..) | Sight::Seal(_) => {}
        }
    }
    Ok(report)
}

/// Lets one group happen to an engine, as facts. Returns how many of its outputs would come out
/// otherwise today.
///
/// An input that panicked a strategy does so again, and is stopped here; its `LaneFault` is the next
/// input.
pub fn apply(engine: &mut Engine, group: &Group) -> usize {
    let applied = catch_unwind(AssertUnwindSafe(|| {
        engine.recover_input(group.at, group.seq, &group.input, &group.outputs)
    }));
    applied.unwrap_or(0)
}

/// The last carry that was kept, zero when there is none: found by the journal's indexes.
fn newest_carry(session: &Path) -> Result<Seq, LabError> {
    Ok(st0ck_journal::newest_carry(session)?.unwrap_or_default())
}
