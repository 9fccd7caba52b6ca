//! After a crash: save the hot tail, cut what never became a whole group, say where to go on.
//!
//! Called by [`crate::Session::resume`], under the lock.
//!
//! Whatever the journal's length, it is ready in about a second: every segment's first page is checked
//! and that each continues the one before; records are read from the newest carry on, and before it
//! for as many bytes as [`crate::JournalConfig::read_back`] says.
//!
//! *Invariant:* a damaged journal is left exactly as it is. *Invariant:* nothing is cut before a copy
//! of it is on the disk. *Invariant:* it may itself be killed anywhere; the next one does the same
//! again. That is why it works from the last segment to the first, and lets go of the hot files last.

use crate::codec;
use crate::disk::MachineDisk;
use crate::durable::Durable;
use crate::error::{Damage, JournalError, Reason};
use crate::folder::{Folder, sync_dir, write_whole};
use crate::groups::Groups;
use crate::header::{RECORDS_AT, SegmentHeader, Tip, Watermark};
use crate::index::Index;
use crate::packer::unpack;
use crate::reader::{Reader, read_session_header};
use crate::record::Chain;
use crate::walk::{End, Step, Walk, newest_carry};
use crate::window::Window;
use st0ck_types::{Nanos, Seq};
use std::path::PathBuf;
use std::sync::Arc;

/// What a recovery found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Number of the next record.
    pub next_seq: Seq,
    /// When the last kept record was made; zero when there is none.
    pub last_at: Nanos,
    /// Whether the last process life ended in order.
    pub sealed: bool,
    /// What was cut, if anything was.
    pub cut: Option<Cut>,
    folder: Folder,
}

impl Recovered {
    /// Reads what was kept, from the first record on.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn reader(&self) -> Result<Reader, JournalError> {
        Reader::open(self.folder.path())
    }
}

/// What a recovery cut from the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Whole records of a group that was never closed.
    pub records: u64,
    /// Where the journal stopped being whole, if it did.
    pub torn: Option<Damage>,
    /// Copies of the bytes that were cut.
    pub copies: Vec<PathBuf>,
}

/// A place between two records.
#[derive(Debug, Clone, Copy)]
struct Place {
    segment: u32,
    offset: u64,
    chain: Chain,
    at: Nanos,
}

/// A segment as the walk left it.
#[derive(Debug)]
struct Visited {
    header: SegmentHeader,
    mark: Watermark,
    durable_len: Option<u64>,
    /// Where the hot file took over from the durable one.
    hot_from: Option<u64>,
    /// Where its whole records end, and the chain there.
    end: u64,
    chain: Chain,
    /// Of its records, if they were read.
    index: Option<Index>,
}

impl Visited {
    /// A sealed segment of which only the first page was read, if that says all there is to know.
    fn unread(walk: &Walk) -> Result<Option<Self>, JournalError> {
        let Some(segment) = walk.segment() else { return Ok(None) };
        let (header, mark, durable_len) = (segment.header, segment.mark(), segment.durable_len()?);
        // The first format's marks did not tell the last checksum.
        let known = mark.complete && mark.tip.crc != 0 && durable_len == Some(mark.synced);
        let chain = Chain { next_seq: mark.tip.seq + 1, last_crc: mark.tip.crc };
        let (hot_from, end, index) = (None, mark.synced, None);
        Ok(known.then_some(Self { header, mark, durable_len, hot_from, end, chain, index }))
    }
}

/// What is there and what is to be kept.
#[derive(Debug)]
pub(crate) struct Survey {
    segments: Vec<Visited>,
    keep: Place,
    open_records: u64,
    sealed: bool,
    torn: Option<Damage>,
    text: Vec<u8>,
    /// Groups are followed from this record on; it begins one.
    groups_from: u64,
}

/// The segments that need not be read, and the carry behind which groups are followed.
fn unread(folder: &Folder, read_back: u64) -> Result<Option<(Vec<Visited>, u64)>, JournalError> {
    let Some(carry) = newest_carry(folder)? else { return Ok(None) };
    let mut unread: Vec<Visited> = Vec::new();
    for number in 0..=carry.segment {
        let walk = Walk::begin_in(folder.clone(), number)?;
        let Some(header) = walk.segment().map(|segment| segment.header) else { return Ok(None) };
        let continues = unread.last().is_none_or(|before: &Visited| {
            before.chain == header.chain && before.header.may_precede(&header)
        });
        if !continues || header.segment != number {
            return Ok(None);
        }
        // The carry's own segment is read.
        if number < carry.segment {
            let Some(visited) = Visited::unread(&walk)? else { return Ok(None) };
            unread.push(visited);
        }
    }
    let mut bytes = 0;
    while let Some(last) = unread.last().filter(|last| bytes + last.end <= read_back) {
        bytes += last.end;
        unread.pop();
    }
    Ok(Some((unread, carry.entry.chain.next_seq)).filter(|(unread, _)| !unread.is_empty()))
}

impl Survey {
    /// Looks at every segment and reads the journal's newer part.
    pub(crate) fn of(folder: &Folder, read_back: u64) -> Result<Self, JournalError> {
        // Where anything is odd, the whole journal is read, and that decides.
        let (segments, groups_from) = unread(folder, read_back).ok().flatten().unwrap_or_default();
        let mut walk = match segments.last() {
            Some(last) => Walk::begin_behind(folder.clone(), last.header.segment, last.chain),
            None => Walk::begin(folder.clone()),
        };
        let mut survey = Self {
            segments,
            groups_from,
            keep: Place {
                segment: 0,
                offset: RECORDS_AT as u64,
                chain: Chain::START,
                at: Nanos::ZERO,
            },
            open_records: 0,
            sealed: false,
            torn: None,
            text: Vec::new(),
        };
        survey.read(&mut walk)?;
        survey.text = read_session_header(&walk)?;
        Ok(survey)
    }

    fn read(&mut self, walk: &mut Walk) -> Result<(), JournalError> {
        let (mut groups, mut before) = (Groups::default(), self.keep);
        loop {
            match walk.step()? {
                Step::Record => before = self.take(walk, &mut groups, before)?,
                Step::Stop(reason) => match walk.judge(reason)? {
                    End::NotYet => continue,
                    End::Clean => break,
                    End::Torn(damage) => {
                        self.torn = Some(damage);
                        break;
                    }
                },
            }
        }
        // The last segment may hold no record, and then no step told of it.
        self.visit(walk)?;
        self.open_records = groups.open_records();
        self.sealed = groups.is_sealed();
        Ok(())
    }

    /// Takes the record under the walker. Returns the place behind it.
    fn take(
        &mut self,
        walk: &Walk,
        groups: &mut Groups,
        before: Place,
    ) -> Result<Place, JournalError> {
        let (Some(record), Some(segment)) = (walk.record(), walk.segment()) else {
            return Ok(before);
        };
        let place = Place {
            segment: segment.header.segment,
            offset: segment.offset,
            chain: walk.chain(),
            at: record.at,
        };
        if record.seq.0 < self.groups_from {
            self.keep = place;
            self.visit(walk)?;
            return Ok(place);
        }
        // What nobody can read would stop the engine's own recovery, behind a segment newly begun.
        let fits = codec::decode(&record).map_err(|_| Reason::Payload);
        fits.and_then(|_| groups.take(&record))
            .map_err(|r| JournalError::Damaged(walk.record_damage(r)))?;
        match record.seq.0 - groups.closed_seq() {
            0 => self.keep = place,
            // This input closed the group before it.
            1 => self.keep = before,
            _ => {}
        }
        self.visit(walk)?;
        Ok(place)
    }

    /// Keeps track of the segment under the walker.
    fn visit(&mut self, walk: &Walk) -> Result<(), JournalError> {
        let Some(segment) = walk.segment() else { return Ok(()) };
        if self.segments.last().is_none_or(|v| v.header.segment != segment.header.segment) {
            self.segments.push(Visited {
                header: segment.header,
                mark: segment.mark(),
                durable_len: segment.durable_len()?,
                hot_from: None,
                end: 0,
                chain: walk.chain(),
                index: Some(Index::default()),
            });
        }
        if let Some(visited) = self.segments.last_mut() {
            visited.hot_from = segment.hot_from;
            visited.end = segment.offset;
            visited.chain = walk.chain();
            if let (Some(index), Some((offset, record))) = (&mut visited.index, walk.here()) {
                index.see(offset, record);
            }
        }
        Ok(())
    }

    /// The last segment's header, if there is a segment.
    pub(crate) fn last_header(&self) -> Option<&SegmentHeader> {
        self.segments.last().map(|s| &s.header)
    }

    /// `session.json`.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Number of the segment to go on with.
    pub(crate) fn next_segment(&self) -> u32 {
        match self.segments.last() {
            None => 0,
            Some(_) if self.open_records > 0 => self.keep.segment + 1,
            Some(last) => last.header.segment + 1,
        }
    }

    /// What the first record of that segment must continue.
    pub(crate) fn chain(&self) -> Chain {
        self.keep.chain
    }

    /// Makes the durable files hold what is to be kept, and nothing else.
    pub(crate) fn apply(self, folder: &Folder) -> Result<Recovered, JournalError> {
        let mut copies = Vec::new();
        if self.torn.as_ref().is_some_and(|damage| damage.reason == Reason::Header) {
            let last = self.segments.last().map_or(0, |s| s.header.segment + 1);
            set_aside(folder, last, &mut copies)?;
        }
        for visited in self.segments.iter().rev() {
            let number = visited.header.segment;
            if number >= self.next_segment() {
                save_torn(folder, visited, 0, &mut copies)?;
                remove_durable(folder, number)?;
            } else {
                self.settle(folder, visited, &mut copies)?;
            }
        }
        folder.forget_hot()?;
        // What is cut was written, so there are bytes of it.
        let (records, torn) = (self.open_records, self.torn);
        let cut = (!copies.is_empty()).then_some(Cut { records, torn, copies });
        let (next_seq, last_at) = (Seq(self.keep.chain.next_seq), self.keep.at);
        Ok(Recovered { next_seq, last_at, sealed: self.sealed, cut, folder: folder.clone() })
    }

    /// Brings one durable file to where its segment's kept records end.
    fn settle(
        &self,
        folder: &Folder,
        visited: &Visited,
        copies: &mut Vec<PathBuf>,
    ) -> Result<(), JournalError> {
        let cut_here = self.open_records > 0 && visited.header.segment == self.keep.segment;
        let (target, chain) = if cut_here {
            (self.keep.offset, self.keep.chain)
        } else {
            (visited.end, visited.chain)
        };
        save_torn(folder, visited, target, copies)?;
        if visited.mark.complete && visited.durable_len == Some(target) {
            write_index(folder, visited, target);
            return Ok(());
        }
        let from = visited.hot_from.unwrap_or(target).min(target);
        let mut durable = open_durable(folder, visited, from)?;
        durable.append(&hot_bytes(folder, visited, from, target)?)?;
        let any = chain.next_seq > visited.header.chain.next_seq;
        let tip = Tip { seq: chain.next_seq - 1, crc: chain.last_crc };
        durable.complete(if any { tip } else { Tip::default() })?;
        write_index(folder, visited, target);
        Ok(())
    }
}

/// The durable file of a segment, ready to go on at `from`.
fn open_durable(folder: &Folder, visited: &Visited, from: u64) -> Result<Durable, JournalError> {
    let header = &visited.header;
    if visited.durable_len.is_none() {
        let (disk, bytes) = (Arc::new(MachineDisk), u64::from(header.capacity));
        let mut new = Durable::reserve(disk, folder, header.segment, bytes)?;
        new.begin(folder, &header.to_page())?;
        return Ok(new);
    }
    if header.compressed {
        let (plain, mark) = unpack(folder, header, visited.mark)?;
        return Durable::reopen(folder, &plain, from, mark);
    }
    Durable::reopen(folder, header, from, visited.mark)
}

/// Writes the index of a segment that was read and has none, or another one. Nothing rests on it.
fn write_index(folder: &Folder, visited: &Visited, len: u64) {
    let Some(index) = visited.index.as_ref().map(|index| index.cut_at(len)) else { return };
    if Index::read(folder, &visited.header, len).as_ref() != Some(&index)
        && let Err(error) = index.write(folder, &visited.header, len)
    {
        log::warn!("journal: segment {:06} has no index: {error}", visited.header.segment);
    }
}

/// Bytes of a segment's hot file; none where the hot file was not needed.
fn hot_bytes(
    folder: &Folder,
    visited: &Visited,
    from: u64,
    to: u64,
) -> Result<Vec<u8>, JournalError> {
    let Some(dir) = visited.hot_from.and_then(|_| folder.hot_dir()) else { return Ok(Vec::new()) };
    match Window::open(Folder::hot_in(&dir, visited.header.segment))? {
        Some(window) => window.range(from, to),
        None => Ok(Vec::new()),
    }
}

/// Copies what stands from `target` on, before it is cut.
fn save_torn(
    folder: &Folder,
    visited: &Visited,
    target: u64,
    copies: &mut Vec<PathBuf>,
) -> Result<(), JournalError> {
    let number = visited.header.segment;
    let bytes = match (visited.hot_from, visited.durable_len) {
        (Some(_), _) => hot_bytes(folder, visited, target, visited.end)?,
        (None, Some(len)) => match Window::open(folder.durable(number))? {
            Some(window) => window.range(target, len)?,
            None => Vec::new(),
        },
        (None, None) => Vec::new(),
    };
    if bytes.iter().any(|&b| b != 0) {
        let copy = folder.torn(number, target);
        write_whole(&copy, &bytes)?;
        copies.push(copy);
    }
    Ok(())
}

/// Moves a file away whose first page never became whole.
fn set_aside(folder: &Folder, number: u32, copies: &mut Vec<PathBuf>) -> Result<(), JournalError> {
    let (path, copy) = (folder.durable(number), folder.torn(number, 0));
    std::fs::rename(&path, &copy).map_err(|e| JournalError::io("moving", &path, e))?;
    copies.push(copy);
    sync_dir(folder.path())
}

fn remove_durable(folder: &Folder, number: u32) -> Result<(), JournalError> {
    let path = folder.durable(number);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(JournalError::io("removing", &path, e))
        }
        _ => sync_dir(folder.path()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durable_file_that_is_not_there_is_removed_already_and_one_that_stays_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::of_session(dir.path());
        std::fs::create_dir_all(folder.path()).unwrap();
        assert!(remove_durable(&folder, 3).is_ok());
        std::fs::write(folder.durable(3), b"x").unwrap();
        assert!(remove_durable(&folder, 3).is_ok());
        assert!(!folder.durable(3).exists());
        std::fs::create_dir(folder.durable(3)).unwrap();
        let told = remove_durable(&folder, 3).unwrap_err().to_string();
        assert!(told.contains("removing") && told.contains("000003.seg"), "{told}");
    }
}
