//! A session walked by hand: forward, back, to a record, to a moment, until something holds.
//!
//! For `st0ck step`. The recorded outputs are facts, as in recovery, so the walk shows what happened
//! whatever today's program would decide, and sessions of an engine of another behaviour can be walked,
//! too; where decisions would differ is counted. Going back is going forward from the nearest state that
//! was kept on the way.
//! *Invariant:* the state at a place is the same however one came there.

mod condition;
mod moment;
mod snapshots;

pub use condition::{Condition, ConditionError};
pub use moment::Moment;

use crate::build;
use crate::groups::{Group, Item, Items, LabError};
use crate::header::SessionHeader;
use crate::recovery;
use crate::replay::ReplayError;
use snapshots::{Snapshot, Snapshots};
use st0ck_engine::engine::Engine;
use st0ck_types::{InstrumentId, Nanos, Seq};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Inputs before the cursor that are kept for showing.
pub const BEHIND: usize = 32;
/// Inputs behind the cursor that are read ahead for showing.
pub const AHEAD: usize = 32;

/// A session, standing between two inputs.
pub struct Stepper {
    session: PathBuf,
    header: SessionHeader,
    engine: Engine,
    items: Items,
    /// The newest inputs taken, oldest first; the last one is where the cursor stands.
    behind: VecDeque<Group>,
    /// The next inputs, not taken yet.
    ahead: VecDeque<Group>,
    /// Inputs taken.
    taken: u64,
    /// The newest input taken that led to something.
    decided: Option<Group>,
    /// Inputs taken at which today's program would have decided otherwise.
    divergences: u64,
    snapshots: Snapshots,
}

impl Stepper {
    /// Opens a session folder, before its first input.
    ///
    /// # Errors
    /// [`ReplayError`] when the session cannot be read or no engine can be made of its header.
    pub fn open(session: &Path) -> Result<Self, ReplayError> {
        let header = SessionHeader::vouched(session)?;
        let engine = build::engine_of_any_behaviour(&header)?;
        let items = Items::open(session, Seq(0))?;
        let mut stepper = Self {
            session: session.to_owned(),
            header,
            snapshots: Snapshots::new(),
            engine,
            items,
            behind: VecDeque::with_capacity(BEHIND),
            ahead: VecDeque::with_capacity(AHEAD),
            taken: 0,
            decided: None,
            divergences: 0,
        };
        stepper.look_ahead()?;
        Ok(stepper)
    }

    /// What the session is.
    #[must_use]
    pub fn header(&self) -> &SessionHeader {
        &self.header
    }

    /// The engine after the input at the cursor.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The input at the cursor; `None` before the first.
    #[must_use]
    pub fn here(&self) -> Option<&Group> {
        self.behind.back()
    }

    /// Inputs up to the cursor, oldest first, at most [`BEHIND`].
    pub fn behind(&self) -> impl DoubleEndedIterator<Item = &Group> + ExactSizeIterator {
        self.behind.iter()
    }

    /// The next inputs, at most [`AHEAD`].
    pub fn ahead(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.ahead.iter()
    }

    /// Inputs taken so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The newest input taken that led to something.
    #[must_use]
    pub fn decided(&self) -> Option<&Group> {
        self.decided.as_ref()
    }

    /// Inputs taken at which today's program would have decided otherwise.
    #[must_use]
    pub fn divergences(&self) -> u64 {
        self.divergences
    }

    /// What conditions look at.
    #[must_use]
    pub fn moment(&self, instrument: InstrumentId) -> Moment<'_> {
        Moment::new(self.here(), &self.engine, instrument)
    }

    /// Takes up to `n` inputs; returns how many there were.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn forward(&mut self, n: u64) -> Result<u64, ReplayError> {
        let before = self.taken;
        while self.taken - before < n && self.step()? {}
        Ok(self.taken - before)
    }

    /// Goes back up to `n` inputs; returns how many there were.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn back(&mut self, n: u64) -> Result<u64, ReplayError> {
        let before = self.taken;
        self.go_to(before.saturating_sub(n))?;
        Ok(before - self.taken)
    }

    /// To the last input up to record `seq`: the one that is it, or that led to it.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn to_seq(&mut self, seq: Seq) -> Result<(), ReplayError> {
        self.rewind(|snapshot| snapshot.seq <= seq)?;
        self.advance(|next| next.seq <= seq)
    }

    /// To the last input up to a moment of lane time.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn to_time(&mut self, at: Nanos) -> Result<(), ReplayError> {
        self.rewind(|snapshot| snapshot.at <= at)?;
        self.advance(|next| next.at <= at)
    }

    /// To the next place at which the condition begins to hold; an event counts each time. Returns
    /// whether there is one; without, the cursor stands at the end.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn until(
        &mut self,
        condition: &Condition,
        instrument: InstrumentId,
    ) -> Result<bool, ReplayError> {
        self.seek(condition, instrument, u64::MAX)
    }

    /// [`Self::until`], but not beyond the place after `limit` inputs.
    fn seek(
        &mut self,
        condition: &Condition,
        instrument: InstrumentId,
        limit: u64,
    ) -> Result<bool, ReplayError> {
        let mut held = condition.holds(&self.moment(instrument));
        while self.taken < limit && self.step()? {
            let holds = condition.holds(&self.moment(instrument));
            if holds && (condition.is_event() || !held) {
                return Ok(true);
            }
            held = holds;
        }
        Ok(false)
    }

    /// To the last place before the cursor at which the condition began to hold. Returns whether there
    /// is one; without, the cursor stays.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read.
    pub fn back_until(
        &mut self,
        condition: &Condition,
        instrument: InstrumentId,
    ) -> Result<bool, ReplayError> {
        let here = self.taken;
        // Stretch by stretch: the last place found in the newest one is the answer.
        let mut end = here.saturating_sub(1);
        while end > 0 {
            let start = self.snapshots.at_most(end - 1).taken;
            self.go_to(start)?;
            let mut found = None;
            while self.seek(condition, instrument, end)? {
                found = Some(self.taken);
            }
            if let Some(found) = found {
                self.go_to(found)?;
                return Ok(true);
            }
            end = start;
        }
        self.go_to(here)?;
        Ok(false)
    }

    /// To the place after `taken` inputs, or the end.
    fn go_to(&mut self, taken: u64) -> Result<(), ReplayError> {
        // From far enough before that the inputs leading here can be shown.
        let from = taken.saturating_sub(BEHIND as u64);
        if taken < self.taken {
            let snapshot = self.snapshots.at_most(from);
            self.restore(&snapshot)?;
        }
        while self.taken < taken && self.step()? {}
        Ok(())
    }

    /// Takes inputs while the next one is wanted.
    fn advance(&mut self, wanted: impl Fn(&Group) -> bool) -> Result<(), ReplayError> {
        while self.ahead.front().is_some_and(&wanted) && self.step()? {}
        Ok(())
    }

    /// Back to a state before what is sought, when the cursor is beyond it.
    fn rewind(&mut self, before: impl Fn(&Snapshot) -> bool) -> Result<(), ReplayError> {
        let Some(here) = self.here() else { return Ok(()) };
        let here = Snapshot { seq: here.seq, at: here.at, ..Snapshot::start() };
        if before(&here) {
            return Ok(());
        }
        // The one before the last that fits: the inputs that lead to the place are to be seen, too.
        let fits = self.snapshots.last_that(before).taken;
        let snapshot = self.snapshots.at_most(fits.saturating_sub(1));
        self.restore(&snapshot)
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), ReplayError> {
        let mut engine = build::engine_of_any_behaviour(&self.header)?;
        if !snapshot.state.is_empty() {
            engine.restore(&snapshot.state).map_err(|e| LabError::Payload {
                seq: snapshot.seq.0,
                words: format!("the state kept there: {e}"),
            })?;
        }
        self.engine = engine;
        (self.taken, self.divergences) = (snapshot.taken, snapshot.divergences);
        self.decided.clone_from(&snapshot.decided);
        self.behind.clear();
        self.behind.extend(snapshot.here.clone());
        self.ahead.clear();
        self.items = Items::open(&self.session, snapshot.seq.next())?;
        self.look_ahead()
    }

    /// Takes one input; `false` at the end.
    fn step(&mut self) -> Result<bool, ReplayError> {
        let Some(group) = self.ahead.pop_front() else { return Ok(false) };
        self.divergences +=
            u64::from(recovery::apply(&mut self.engine, &group, self.ahead.front()) > 0);
        self.taken += 1;
        if !group.outputs.is_empty() {
            self.decided = Some(group.clone());
        }
        if self.snapshots.wants(self.taken) {
            self.snapshots.keep(Snapshot::of(
                &group,
                &self.engine,
                (self.taken, self.divergences),
                self.decided.clone(),
            ));
        }
        if self.behind.len() == BEHIND {
            self.behind.pop_front();
        }
        self.behind.push_back(group);
        self.look_ahead()?;
        Ok(true)
    }

    fn look_ahead(&mut self) -> Result<(), ReplayError> {
        while self.ahead.len() < AHEAD {
            match self.items.next()? {
                Some(Item::Group(group)) => self.ahead.push_back(*group),
                Some(Item::Hash(..) | Item::Carry(..) | Item::Seal(_)) => {}
                None => break,
            }
        }
        Ok(())
    }
}
