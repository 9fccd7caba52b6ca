//! Recovery is facts: an engine brought to where a dead process left it, deciding nothing anew.
//!
//! It starts from the newest carry, applies recorded outputs and reports as facts, lets strategies see
//! the inputs with their new wants discarded, and counts where today's program would have decided
//! otherwise.

use crate::groups::{Group, Items, LabError, Sight};
use st0ck_engine::engine::Engine;
use st0ck_engine::guard;
use st0ck_engine::outbox::Outbox;
use st0ck_types::{Input, Nanos, Seq, SystemEvent};
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
    let mut facts = Facts::default();
    while let Some((sight, _)) = items.lend()? {
        match sight {
            Sight::Carry(seq, state) if seq == report.from => engine
                .restore(state)
                .map_err(|e| LabError::Payload { seq: seq.0, words: e.to_string() })?,
            Sight::Group(group) => {
                report.inputs += 1;
                report.last_at = group.at;
                facts.take(engine, group);
            }
            Sight::Carry(..) | Sight::Hash(..) | Sight::Seal(_) => {}
        }
    }
    report.divergences = facts.finish(engine);
    Ok(report)
}

/// Groups that happen to an engine one after the other, as facts.
///
/// One that led to nothing waits until the next one tells whether it panicked the engine.
#[derive(Debug, Default)]
pub struct Facts {
    waiting: Option<(Nanos, Seq, Input)>,
    divergences: u64,
}

impl Facts {
    /// Lets the group happen, now or with the next one.
    pub fn take(&mut self, engine: &mut Engine, group: &Group) {
        self.settle(engine, Some(group));
        if group.outputs.is_empty() {
            self.waiting = Some((group.at, group.seq, group.input));
        } else {
            self.divergences += u64::from(apply(engine, group, None) > 0);
        }
    }

    /// Lets what still waits happen. Gives the number of inputs at which today's program would have
    /// decided otherwise.
    pub fn finish(mut self, engine: &mut Engine) -> u64 {
        self.settle(engine, None);
        self.divergences
    }

    fn settle(&mut self, engine: &mut Engine, next: Option<&Group>) {
        if let Some((at, seq, input)) = self.waiting.take() {
            let group = Group { seq, at, input, outputs: Vec::new() };
            self.divergences += u64::from(apply(engine, &group, next) > 0);
        }
    }
}

/// Lets one group happen to an engine, as facts. Returns how many of its outputs would come out
/// otherwise today.
///
/// When the `next` group says that this one panicked the engine, the engine decides it once more and
/// panics at the very same place: what it had done until then is part of the state, and no output
/// tells of it. None of it left the process.
pub fn apply(engine: &mut Engine, group: &Group, next: Option<&Group>) -> usize {
    let fault = Input::System(SystemEvent::LaneFault { seq: group.seq });
    if next.is_some_and(|next| next.input == fault) {
        let mut void = Outbox::new();
        let decided = guard::on_input(engine, group.at, group.seq, &group.input, &mut void);
        return usize::from(decided.is_ok());
    }
    let applied = catch_unwind(AssertUnwindSafe(|| {
        engine.recover_input(group.at, group.seq, &group.input, &group.outputs)
    }));
    applied.unwrap_or(0)
}

/// The last carry that was kept, zero when there is none: found by the journal's indexes.
fn newest_carry(session: &Path) -> Result<Seq, LabError> {
    Ok(st0ck_journal::newest_carry(session)?.unwrap_or_default())
}
