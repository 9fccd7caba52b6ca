//! A journal as the core lived it: one input with what it led to, and the marks between.
//!
//! *Invariant:* a group that was never closed is not given: nothing was sent for it.

use st0ck_journal::{Body, DecodeError, JournalError, Reader, decode, decode_market};
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

    /// Becomes the group of the input that was put here, of which nothing came yet.
    #[inline]
    fn begin(&mut self, seq: Seq, at: Nanos) {
        (self.seq, self.at) = (seq, at);
        self.outputs.clear();
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
        let life_ends = match next {
            Some(Self::Group(next)) => next.is_restart(),
            other => other.is_none(),
        };
        life_ends && self.sight().may_be_broken_off()
    }

    /// The same, borrowed.
    #[must_use]
    pub fn sight(&self) -> Sight<'_> {
        match self {
            Self::Group(group) => Sight::Group(group),
            Self::Hash(seq, hash) => Sight::Hash(*seq, *hash),
            Self::Carry(seq, state) => Sight::Carry(*seq, state),
            Self::Seal(seq) => Sight::Seal(*seq),
        }
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

/// What follows next in a journal, as it stands in the reader's memory until the next one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// An input and its outputs.
    Group(&'a Group),
    /// The state hash after everything before it.
    Hash(Seq, u64),
    /// The state after everything before it; empty when it was too large to keep.
    Carry(Seq, &'a [u8]),
    /// A process life ended in order.
    Seal(Seq),
}

impl Sight<'_> {
    /// Its number; an input's, for a group.
    #[must_use]
    pub fn seq(&self) -> Seq {
        match self {
            Self::Group(group) => group.seq,
            Self::Hash(seq, _) | Self::Carry(seq, _) | Self::Seal(seq) => *seq,
        }
    }

    /// A copy that stays.
    #[must_use]
    pub fn to_item(&self) -> Item {
        match self {
            Self::Group(group) => Item::Group(Box::new((*group).clone())),
            Self::Hash(seq, hash) => Item::Hash(*seq, *hash),
            Self::Carry(seq, state) => Item::Carry(*seq, state.to_vec()),
            Self::Seal(seq) => Item::Seal(*seq),
        }
    }

    /// Whether what follows tells if it was broken off.
    fn may_be_broken_off(&self) -> bool {
        matches!(self, Self::Group(group) if group.is_fault() && group.outputs.is_empty())
    }
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

/// What was found: a group by its place, or a mark.
#[derive(Debug, Clone, Copy)]
enum Found {
    Group(usize),
    Hash(Seq, u64),
    /// Its bytes are in [`Items::carry`].
    Carry(Seq),
    Seal(Seq),
}

/// Reads items from front to back.
///
/// Groups are put together in one of two places while the other one is looked at, so nothing is
/// allocated for each of them.
pub struct Items {
    reader: Reader,
    groups: [Group; 2],
    /// The place of the group under way.
    place: usize,
    /// Whether there is one, and whether its last record so far closes it.
    under_way: Option<bool>,
    carry: Vec<u8>,
    /// The mark behind the group that was found last.
    mark: Option<Found>,
    /// Read already, to tell whether the item before it was broken off.
    ahead: Option<Item>,
    /// Given last, where it had to be kept.
    kept: Option<Item>,
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
        let none = Group {
            seq: Seq(0),
            at: Nanos::ZERO,
            input: Input::System(SystemEvent::SessionEnd),
            outputs: Vec::new(),
        };
        Ok(Self {
            reader: Reader::open_at(dir, from)?,
            groups: [none.clone(), none],
            place: 0,
            under_way: None,
            carry: Vec::new(),
            mark: None,
            ahead: None,
            kept: None,
            records: 0,
            unclosed: 0,
            cut: false,
        })
    }

    /// The same for a journal that recovery has just cut: its last input may have led to nothing and
    /// be the very last record, since what followed it, and so closed it, was cut.
    ///
    /// # Errors
    /// [`LabError`] when it cannot be read.
    pub fn open_cut(dir: &Path, from: Seq) -> Result<Self, LabError> {
        Ok(Self { cut: true, ..Self::open(dir, from)? })
    }

    /// Records found so far, those of a group that is under way or was never closed left out.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
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
        if let Some(item) = self.ahead.take() {
            return Ok(Some(item));
        }
        Ok(self.find()?.map(|found| self.sight(found).to_item()))
    }

    /// The next item where it stands, and whether it [was broken off](Item::is_broken_off); `None` at
    /// the end. What costs a copy is only what must be read beyond, and that is rare.
    ///
    /// # Errors
    /// [`LabError`] where the journal is not what was written.
    pub fn lend(&mut self) -> Result<Option<(Sight<'_>, bool)>, LabError> {
        let item = match self.ahead.take() {
            Some(item) => item,
            None => {
                let Some(found) = self.find()? else { return Ok(None) };
                if !self.sight(found).may_be_broken_off() {
                    return Ok(Some((self.sight(found), false)));
                }
                self.sight(found).to_item()
            }
        };
        if item.sight().may_be_broken_off() {
            self.ahead = self.next()?;
        }
        let broken_off = item.is_broken_off(self.ahead.as_ref());
        Ok(Some((self.kept.insert(item).sight(), broken_off)))
    }

    fn sight(&self, found: Found) -> Sight<'_> {
        match found {
            Found::Group(place) => Sight::Group(&self.groups[place]),
            Found::Hash(seq, hash) => Sight::Hash(seq, hash),
            Found::Carry(seq) => Sight::Carry(seq, &self.carry),
            Found::Seal(seq) => Sight::Seal(seq),
        }
    }

    /// Reads until something is whole.
    fn find(&mut self) -> Result<Option<Found>, LabError> {
        if let Some(mark) = self.mark.take() {
            self.records += 1;
            return Ok(Some(mark));
        }
        loop {
            let Some(record) = self.reader.next()? else { return Ok(self.finish()) };
            let (seq, at, ends) = (record.seq, record.at, record.ends_group());
            let refused = |e: DecodeError| LabError::Payload { seq: seq.0, words: e.to_string() };
            // An input is put where no group is under way.
            let free = if self.under_way.is_some() { 1 - self.place } else { self.place };
            let found = if record.kind.is_market() {
                decode_market(&record, &mut self.groups[free].input).map_err(refused)?;
                self.begin(free, seq, at, ends)
            } else {
                match decode(&record).map_err(refused)? {
                    Body::Input(input) => {
                        self.groups[free].input = input;
                        self.begin(free, seq, at, ends)
                    }
                    Body::Output(output) => {
                        self.add(output, ends);
                        None
                    }
                    Body::Hash(hash) => Some(self.close(Found::Hash(seq, hash))),
                    Body::Carry(state) => {
                        self.carry.clear();
                        self.carry.extend_from_slice(state);
                        Some(self.close(Found::Carry(seq)))
                    }
                    Body::Seal => Some(self.close(Found::Seal(seq))),
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The input in this place begins a group. The one that it ends is whole.
    #[inline]
    fn begin(&mut self, place: usize, seq: Seq, at: Nanos, ends: bool) -> Option<Found> {
        self.groups[place].begin(seq, at);
        let before = std::mem::replace(&mut self.place, place);
        let follows = self.under_way.replace(ends).is_some();
        follows.then(|| self.give(before))
    }

    /// An output belongs to the group under way. Before the first input there is none.
    fn add(&mut self, output: Output, ends: bool) {
        match &mut self.under_way {
            Some(closed) => {
                *closed = ends;
                self.groups[self.place].outputs.push(output);
            }
            None => self.records += 1,
        }
    }

    /// A mark ends the group under way, which is given first.
    fn close(&mut self, mark: Found) -> Found {
        if self.under_way.take().is_some() {
            self.mark = Some(mark);
            return self.give(self.place);
        }
        self.records += 1;
        mark
    }

    fn give(&mut self, place: usize) -> Found {
        self.records += 1 + self.groups[place].outputs.len() as u64;
        Found::Group(place)
    }

    /// At the end: the last group counts only if its last output closed it, or the cut left it. A
    /// fault is never cut, whatever is missing of what it led to.
    fn finish(&mut self) -> Option<Found> {
        let closed = self.under_way.take()?;
        let group = &mut self.groups[self.place];
        if !closed && !self.cut {
            self.unclosed = group.outputs.len() as u64;
            group.outputs.clear();
            if !group.is_fault() {
                self.unclosed += 1;
                return None;
            }
        }
        Some(self.give(self.place))
    }
}
