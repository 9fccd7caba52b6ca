//! A journal as the core lived it: one input with what it led to, and the marks between.
//!
//! *Invariant:* a group that was never closed is not given: nothing was sent for it.

use st0ck_journal::{Body, JournalError, Reader, decode};
use st0ck_types::{Input, Nanos, Output, Seq, SystemEvent};
use std::path::Path;

/// One input and the outputs recorded with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The input's number.
    pub seq: Seq,
    /// Its stamp.
    pub at: Nanos,
    /// What happened.
    pub input: Input,
    /// What the core decided, in order.
    pub outputs: Vec<Output>,
}

impl Group {
    /// Whether the input says that the engine panicked.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self.input, Input::System(SystemEvent::LaneFault { .. }))
    }

    fn is_restart(&self) -> bool {
        matches!(self.input, Input::System(SystemEvent::Restart { .. }))
    }
}

impl Item {
    /// Whether this is a fault of which nothing more was recorded before its process life ended: what
    /// it led to is not known, and never left.
    #[must_use]
    pub fn is_broken_off(&self, next: Option<&Self>) -> bool {
        let Self::Group(group) = self else { return false };
        let life_ends = match next {
            Some(Self::Group(next)) => next.is_restart(),
            other => other.is_none(),
        };
        group.is_fault() && group.outputs.is_empty() && life_ends
    }
}

/// What follows next in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An input and its outputs.
    Group(Box<Group>),
    /// The state hash after everything before it.
    Hash(Seq, u64),
    /// The state after everything before it; empty when it was too large to keep.
    Carry(Seq, Vec<u8>),
    /// A process life ended in order.
    Seal(Seq),
}

/// Why a journal cannot be gone through.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// It cannot be read, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A payload is not what this version writes.
    #[error("record {seq}: {words}")]
    Payload {
        /// Which record.
        seq: u64,
        /// What does not fit.
        words: String,
    },
}

/// Reads items from front to back.
pub struct Items {
    reader: Reader,
    open: Option<(Group, bool)>,
    ready: Option<Item>,
    records: u64,
    unclosed: u64,
    /// What was never closed is gone already, so the last input counts even if nothing follows it.
    cut: bool,
}

impl Items {
    /// Opens the journal of a session folder at record `from` (0 for all of it).
    ///
    /// # Errors
    /// [`LabError`] when it cannot be read.
    pub fn open(dir: &Path, from: Seq) -> Result<Self, LabError> {
        let reader = Reader::open_at(dir, from)?;
        Ok(Self { reader, open: None, ready: None, records: 0, unclosed: 0, cut: false })
    }

    /// The same for a journal that recovery has just cut: its last input may have led to nothing and
    /// be the very last record, since what followed it, and so closed it, was cut.
    ///
    /// # Errors
    /// [`LabError`] when it cannot be read.
    pub fn open_cut(dir: &Path, from: Seq) -> Result<Self, LabError> {
        Ok(Self { cut: true, ..Self::open(dir, from)? })
    }

    /// Records read so far, those of an unclosed group left out.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records - self.unclosed
    }

    /// After the end: records of a group that was never closed.
    #[must_use]
    pub fn unclosed(&self) -> u64 {
        self.unclosed
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// [`LabError`] where the journal is not what was written.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not say why it stopped")]
    pub fn next(&mut self) -> Result<Option<Item>, LabError> {
        if let Some(item) = self.ready.take() {
            return Ok(Some(item));
        }
        loop {
            let Some(record) = self.reader.next()? else {
                return Ok(self.finish());
            };
            self.records += 1;
            let (seq, at, ends) = (record.seq, record.at, record.ends_group());
            let body = decode(&record)
                .map_err(|e| LabError::Payload { seq: seq.0, words: e.to_string() })?;
            let mark = match body {
                Body::Output(output) => {
                    if let Some((group, closed)) = self.open.as_mut() {
                        group.outputs.push(output);
                        *closed = ends;
                    }
                    continue;
                }
                Body::Input(input) => {
                    let group = Group { seq, at, input, outputs: Vec::new() };
                    match self.open.replace((group, ends)) {
                        Some((earlier, _)) => return Ok(Some(Item::Group(Box::new(earlier)))),
                        None => continue,
                    }
                }
                Body::Hash(hash) => Item::Hash(seq, hash),
                Body::Carry(state) => Item::Carry(seq, state.to_vec()),
                Body::Seal => Item::Seal(seq),
            };
            let Some((earlier, _)) = self.open.take() else { return Ok(Some(mark)) };
            self.ready = Some(mark);
            return Ok(Some(Item::Group(Box::new(earlier))));
        }
    }

    /// At the end: the last group counts only if its last output closed it, or the cut left it. A
    /// fault is never cut, whatever is missing of what it led to.
    fn finish(&mut self) -> Option<Item> {
        let (mut group, closed) = self.open.take()?;
        if !closed && !self.cut {
            self.unclosed = group.outputs.len() as u64;
            group.outputs.clear();
            if !group.is_fault() {
                self.unclosed += 1;
                return None;
            }
        }
        Some(Item::Group(Box::new(group)))
    }
}
