//! Beginning a walk somewhere else than at the first record: at a number, at a moment, at a carry.
//!
//! Segments are found by halving, places in a sealed one by its index.
//!
//! *Invariant:* an index only proposes. Where the record that it points to is not there, the walk
//! begins at the segment's first record.

use super::segment::Segment;
use super::{Step, Walk};
use crate::error::JournalError;
use crate::folder::Folder;
use crate::header::RECORDS_AT;
use crate::index::{Entry, Index};
use crate::record::{Chain, Found};
use st0ck_types::record::RecordKind;

/// Where a carry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CarryPlace {
    pub(crate) segment: u32,
    pub(crate) entry: Entry,
}

impl Walk {
    /// Before the record `seq`, or before one a little earlier; before the last segment's first
    /// record when `seq` is not written yet.
    pub(crate) fn begin_near(folder: Folder, seq: u64) -> Result<Self, JournalError> {
        let mut walk = Self::begin(folder);
        let early = |segment: &Segment| segment.header.chain.next_seq <= seq;
        walk.enter_last(|segment| Ok(Some(segment).filter(early)))?;
        walk.skip(|index| index.before_seq(seq).copied())?;
        Ok(walk)
    }

    /// Before the first record made at or after the moment `at` (nanoseconds), or a little earlier.
    pub(crate) fn begin_near_time(folder: Folder, at: i64) -> Result<Self, JournalError> {
        let mut walk = Self::begin(folder);
        walk.enter_last(|mut segment| {
            let first = segment.first_at()?;
            Ok(first.is_some_and(|first| first < at).then_some(segment))
        })?;
        walk.skip(|index| index.before_time(at).copied())?;
        Ok(walk)
    }

    /// Before the first record of one segment.
    pub(crate) fn begin_in(folder: Folder, number: u32) -> Result<Self, JournalError> {
        let mut walk = Self::begin(folder);
        if let Some(segment) = walk.opener.open(number)? {
            walk.enter(segment);
        }
        Ok(walk)
    }

    /// Behind a sealed segment that ends at `chain`, before the first record of the next.
    pub(crate) fn begin_behind(folder: Folder, segment: u32, chain: Chain) -> Self {
        Self { next_segment: segment + 1, chain, ..Self::begin(folder) }
    }

    /// Enters the last segment that `early` gives back, the first one when it gives none back.
    /// Segments are early up to some point and late behind it.
    fn enter_last(
        &mut self,
        early: impl Fn(Segment) -> Result<Option<Segment>, JournalError>,
    ) -> Result<(), JournalError> {
        let (mut from, mut to) = (0, self.segments_begun()?);
        let mut found = self.opener.open(0)?;
        while from + 1 < to {
            let middle = from + (to - from) / 2;
            match self.opener.open(middle)?.map(&early).transpose()?.flatten() {
                Some(segment) => (from, found) = (middle, Some(segment)),
                // Late, or not begun yet.
                None => to = middle,
            }
        }
        found.into_iter().for_each(|segment| self.enter(segment));
        Ok(())
    }

    /// One more than the number of the last segment of which there is a file.
    fn segments_begun(&self) -> Result<u32, JournalError> {
        let durable = self.opener.folder.segments()?;
        // A segment may be in memory only; there are never two of those behind the durable ones.
        Ok(durable + 2)
    }

    fn enter(&mut self, segment: Segment) {
        self.next_segment = segment.header.segment + 1;
        self.chain = segment.header.chain;
        self.segment = Some(segment);
    }

    /// Skips what the index of the segment under the walker says may be skipped.
    fn skip(&mut self, choose: impl Fn(&Index) -> Option<Entry>) -> Result<(), JournalError> {
        let index = self.segment.as_ref().and_then(|segment| segment.index(&self.opener.folder));
        let entry = index.and_then(|index| choose(&index));
        entry.map_or(Ok(()), |entry| self.jump(entry))
    }

    /// Goes to an entry, unless the record that it points to is not there.
    fn jump(&mut self, entry: Entry) -> Result<(), JournalError> {
        let Some(segment) = &mut self.segment else { return Ok(()) };
        segment.offset = entry.offset;
        if matches!(segment.look(entry.chain)?, Found::Whole { .. }) {
            self.chain = entry.chain;
        } else {
            segment.rewind();
            self.chain = segment.header.chain;
        }
        Ok(())
    }
}

impl Segment {
    /// The index of a sealed segment.
    pub(crate) fn index(&self, folder: &Folder) -> Option<Index> {
        let mark = self.mark();
        mark.complete.then(|| Index::read(folder, &self.header, mark.synced)).flatten()
    }

    /// When its first record was made.
    fn first_at(&mut self) -> Result<Option<i64>, JournalError> {
        let chain = self.header.chain;
        let found = self.look(chain)?;
        self.rewind();
        Ok(match found {
            Found::Whole { header, .. } => Some(header.at),
            _ => None,
        })
    }

    /// Back to the first record.
    fn rewind(&mut self) {
        self.offset = RECORDS_AT as u64;
        self.hot_from = self.is_hot_only().then_some(RECORDS_AT as u64);
    }
}

/// Where the newest carry stands that was kept: told by the indexes, found by reading in segments
/// that have none. `None` when there is none, or where bytes stop making sense: then everything is
/// to be read from the front.
pub(crate) fn newest_carry(folder: &Folder) -> Result<Option<CarryPlace>, JournalError> {
    let mut number = folder.segments()? + 2;
    while let Some(before) = number.checked_sub(1) {
        number = before;
        let mut walk = Walk::begin_in(folder.clone(), number)?;
        let Some(segment) = walk.segment() else { continue };
        let entry = match segment.index(folder) {
            Some(index) => index.newest_carry().copied(),
            None => walk.last_carry_here(number)?,
        };
        if let Some(entry) = entry {
            return Ok(Some(CarryPlace { segment: number, entry }));
        }
    }
    Ok(None)
}

impl Walk {
    /// Reads on to the end of the segment under the walker. The last carry in it.
    fn last_carry_here(&mut self, number: u32) -> Result<Option<Entry>, JournalError> {
        let mut newest = None;
        loop {
            let chain: Chain = self.chain;
            if self.step()? != Step::Record {
                return Ok(newest);
            }
            let Some(here) = self.here.filter(|_| self.next_segment == number + 1) else {
                return Ok(newest);
            };
            if here.kind == RecordKind::Carry && here.header.len > 0 {
                let (at, offset) = (here.header.at, here.offset);
                newest = Some(Entry { chain, at, offset, is_carry: true });
            }
        }
    }
}
