//! Replay is equality: the recorded inputs through a fresh engine, everything it decides compared.

use crate::build::{self, BuildError};
use crate::groups::{Group, Items, LabError, Sight};
use crate::header::{HeaderError, SessionHeader};
use st0ck_engine::engine::Engine;
use st0ck_engine::guard;
use st0ck_engine::outbox::Outbox;
use st0ck_types::state::StateBytes;
use st0ck_types::{Input, Nanos, Seq, SystemEvent};
use std::path::Path;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Whether everything was equal.
    pub equal: bool,
    /// Records gone through.
    pub records: u64,
    /// Inputs among them.
    pub inputs: u64,
    /// Outputs among them.
    pub outputs: u64,
    /// The state hash at the end.
    pub state_hash: u64,
    /// Stamp of the last input.
    pub last_at: Nanos,
    /// Records of a group that was never closed, left out.
    pub unclosed: u64,
    /// Where it first differed.
    pub first_difference: Option<Difference>,
}

/// The first place at which replay and record differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which record.
    pub seq: Seq,
    /// What was recorded.
    pub recorded: String,
    /// What the replay did.
    pub replayed: String,
}

/// Why a session cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Its journal.
    #[error(transparent)]
    Journal(#[from] LabError),
    /// Its header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The engine of that header.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Replays a session folder up to record `to` (all of it when `None`), and gives the engine as it
/// then stands.
///
/// # Errors
/// [`ReplayError`] when the session cannot be read; a difference is a result, not an error.
pub fn replay(session: &Path, to: Option<Seq>) -> Result<(Replay, Engine), ReplayError> {
    replay_watched(session, to, &mut |_, _| {})
}

/// [`replay`] that shows each group, and the engine after it, to `watch`.
///
/// # Errors
/// As [`replay`].
pub fn replay_watched(
    session: &Path,
    to: Option<Seq>,
    watch: &mut dyn FnMut(&Group, &Engine),
) -> Result<(Replay, Engine), ReplayError> {
    let engine = build::engine(&SessionHeader::vouched(session)?)?;
    Ok(replay_with(engine, session, to, watch)?)
}

/// [`replay_watched`] with an engine that the caller built, fresh from the session's settings.
///
/// # Errors
/// [`LabError`] when the journal cannot be read.
pub fn replay_with(
    engine: Engine,
    session: &Path,
    to: Option<Seq>,
    watch: &mut dyn FnMut(&Group, &Engine),
) -> Result<(Replay, Engine), LabError> {
    let mut replayer = Replayer::new(engine);
    let mut items = Items::open(session, Seq(0))?;
    while let Some((sight, broken_off)) = items.lend()? {
        if to.is_some_and(|to| sight.seq() > to) || !replayer.take(&sight, broken_off) {
            break;
        }
        if let Sight::Group(group) = sight {
            watch(group, &replayer.engine);
        }
    }
    let (records, unclosed) = (items.records(), items.unclosed());
    Ok(replayer.finish(records, unclosed))
}

/// An engine being fed, and what was found so far.
struct Replayer {
    engine: Engine,
    outbox: Outbox,
    /// The input that panicked the engine: a `LaneFault` naming it must follow.
    panicked: Option<Seq>,
    inputs: u64,
    outputs: u64,
    last_at: Nanos,
    difference: Option<Difference>,
}

impl Replayer {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            outbox: Outbox::new(),
            panicked: None,
            inputs: 0,
            outputs: 0,
            last_at: Nanos::ZERO,
            difference: None,
        }
    }

    /// Takes the next item. `false` at the first difference.
    fn take(&mut self, sight: &Sight<'_>, broken_off: bool) -> bool {
        match *sight {
            Sight::Group(group) => self.group(group, broken_off),
            Sight::Hash(seq, recorded) => {
                let replayed = self.engine.state_hash();
                self.compare(seq, &Hex(recorded), &Hex(replayed), recorded == replayed);
            }
            Sight::Carry(seq, recorded) => {
                let mut replayed = StateBytes::default();
                self.engine.carry(&mut replayed);
                let equal = recorded.is_empty() || recorded == replayed.0;
                self.compare(seq, &recorded.len(), &replayed.0.len(), equal);
            }
            Sight::Seal(_) => {}
        }
        self.difference.is_none()
    }

    fn group(&mut self, group: &Group, broken_off: bool) {
        if let Some(seq) = self.panicked.take() {
            let expected = Input::System(SystemEvent::LaneFault { seq });
            let equal = group.input == expected;
            self.compare(group.seq, &group.input, &expected, equal);
        }
        self.inputs += 1;
        self.outputs += group.outputs.len() as u64;
        self.last_at = group.at;
        if broken_off {
            // The next life began from these facts, too.
            self.engine.recover_input(group.at, group.seq, &group.input, &group.outputs);
            return;
        }
        let fed =
            guard::on_input(&mut self.engine, group.at, group.seq, &group.input, &mut self.outbox);
        if fed.is_err() {
            self.panicked = Some(group.seq);
            self.outbox = Outbox::new();
        }
        self.compare_outputs(group);
    }

    fn compare_outputs(&mut self, group: &Group) {
        let replayed = self.outbox.outputs();
        if replayed == group.outputs.as_slice() {
            return;
        }
        let at = replayed.iter().zip(&group.outputs).take_while(|(a, b)| a == b).count();
        let words = |output: Option<&st0ck_types::Output>| {
            output.map_or_else(|| "nothing".to_owned(), |o| format!("{o:?}"))
        };
        self.difference.get_or_insert(Difference {
            seq: Seq(group.seq.0 + 1 + at as u64),
            recorded: words(group.outputs.get(at)),
            replayed: words(replayed.get(at)),
        });
    }

    fn compare(
        &mut self,
        seq: Seq,
        recorded: &dyn std::fmt::Debug,
        replayed: &dyn std::fmt::Debug,
        equal: bool,
    ) {
        if !equal {
            self.difference.get_or_insert_with(|| Difference {
                seq,
                recorded: format!("{recorded:?}"),
                replayed: format!("{replayed:?}"),
            });
        }
    }

    fn finish(self, records: u64, unclosed: u64) -> (Replay, Engine) {
        let replay = Replay {
            equal: self.difference.is_none(),
            records,
            inputs: self.inputs,
            outputs: self.outputs,
            state_hash: self.engine.state_hash(),
            last_at: self.last_at,
            unclosed,
            first_difference: self.difference,
        };
        (replay, self.engine)
    }
}

/// A hash as people compare it.
struct Hex(u64);

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "state_hash {:016x}", self.0)
    }
}
