//! Where records stand in a sealed segment: a record each 64 KiB, and every carry.
//!
//! Made by the keeper while it watches a segment grow, written beside it (`NNNNNN.idx`) when it is
//! sealed. Reading from a record or a moment on, and finding the newest carry, ask it for a place to
//! begin at.
//!
//! *Invariant:* nothing rests on it. A reader checks the record that an entry points to like any
//! other, and begins at the segment's first one when it is not there; a file that is missing or wrong
//! only costs time and is written anew by the next recovery.

use crate::folder::Folder;
use crate::header::{RECORDS_AT, SegmentHeader};
use crate::record::{Chain, RecordHeader};
use st0ck_types::record::RecordKind;
use std::io;

const MAGIC: [u8; 8] = *b"ST0CKIDX";
const VERSION: u32 = 2;
const HEAD: usize = 48;
const ROW: usize = 32;
const CARRY: u32 = 1;
/// Bytes between two entries, unless a carry stands there.
const EVERY: u64 = 64 << 10;

/// One record and what it must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) chain: Chain,
    /// Its stamp in nanoseconds.
    pub(crate) at: i64,
    /// Where it stands in the plain segment.
    pub(crate) offset: u64,
    /// Whether it is a carry that was kept.
    pub(crate) is_carry: bool,
}

/// The entries of one segment, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
}

impl Index {
    /// For a segment of this many bytes: room for its entries, so that the keeper seldom allocates.
    pub(crate) fn for_capacity(bytes: u32) -> Self {
        Self { entries: Vec::with_capacity(bytes as usize / EVERY as usize + 2) }
    }

    /// Takes the next record of the segment.
    pub(crate) fn see(&mut self, offset: u64, record: &RecordHeader) {
        let is_carry = record.kind == RecordKind::Carry as u16 && record.len > 0;
        let due = self.entries.last().is_none_or(|last| offset >= last.offset + EVERY);
        if is_carry || due {
            let chain = Chain { next_seq: record.seq, last_crc: record.prev_crc };
            self.entries.push(Entry { chain, at: record.at, offset, is_carry });
        }
    }

    /// The same without what stands at `len` or behind.
    pub(crate) fn cut_at(&self, len: u64) -> Self {
        Self { entries: self.entries.iter().filter(|e| e.offset < len).copied().collect() }
    }

    /// The last entry at or before the record `seq`.
    pub(crate) fn before_seq(&self, seq: u64) -> Option<&Entry> {
        let behind = self.entries.partition_point(|e| e.chain.next_seq <= seq);
        self.entries[..behind].last()
    }

    /// The last entry made before the moment `at`.
    pub(crate) fn before_time(&self, at: i64) -> Option<&Entry> {
        let behind = self.entries.partition_point(|e| e.at < at);
        self.entries[..behind].last()
    }

    /// The last carry.
    pub(crate) fn newest_carry(&self) -> Option<&Entry> {
        self.entries.iter().rfind(|e| e.is_carry)
    }

    /// Writes the file. Not synced: what a power cut makes of it is found out when it is read.
    pub(crate) fn write(
        &self,
        folder: &Folder,
        header: &SegmentHeader,
        len: u64,
    ) -> io::Result<()> {
        let (path, part) = (folder.index(header.segment), folder.index_part(header.segment));
        std::fs::write(&part, self.to_bytes(header, len))?;
        std::fs::rename(part, path)
    }

    /// Reads the file of a sealed segment of `len` bytes; `None` when it is not there or not of
    /// this very segment.
    pub(crate) fn read(folder: &Folder, header: &SegmentHeader, len: u64) -> Option<Self> {
        let bytes = std::fs::read(folder.index(header.segment)).ok()?;
        Self::from_bytes(&bytes, header, len)
    }

    fn head(&self, header: &SegmentHeader, len: u64) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&header.segment.to_le_bytes());
        out[16..24].copy_from_slice(&header.chain.next_seq.to_le_bytes());
        out[24..28].copy_from_slice(&header.chain.last_crc.to_le_bytes());
        out[28..32].copy_from_slice(&(self.entries.len() as u32).to_le_bytes());
        out[32..40].copy_from_slice(&len.to_le_bytes());
        out
    }

    fn to_bytes(&self, header: &SegmentHeader, len: u64) -> Vec<u8> {
        let mut out = self.head(header, len).to_vec();
        for entry in &self.entries {
            out.extend_from_slice(&entry.chain.next_seq.to_le_bytes());
            out.extend_from_slice(&entry.at.to_le_bytes());
            out.extend_from_slice(&entry.offset.to_le_bytes());
            out.extend_from_slice(&entry.chain.last_crc.to_le_bytes());
            out.extend_from_slice(&if entry.is_carry { CARRY } else { 0 }.to_le_bytes());
        }
        let crc = crc32c::crc32c(&out);
        out[40..44].copy_from_slice(&crc.to_le_bytes());
        out
    }

    fn from_bytes(bytes: &[u8], header: &SegmentHeader, len: u64) -> Option<Self> {
        let rows = bytes.get(HEAD..).filter(|rows| rows.len().is_multiple_of(ROW))?;
        let u32_at = |b: &[u8], at: usize| b[at..].first_chunk().map(|b| u32::from_le_bytes(*b));
        let u64_at = |b: &[u8], at: usize| b[at..].first_chunk().map(|b| u64::from_le_bytes(*b));
        let mut entries = Vec::with_capacity(rows.len() / ROW);
        for row in rows.chunks_exact(ROW) {
            entries.push(Entry {
                chain: Chain { next_seq: u64_at(row, 0)?, last_crc: u32_at(row, 24)? },
                at: u64_at(row, 8)? as i64,
                offset: u64_at(row, 16)?,
                is_carry: u32_at(row, 28)? == CARRY,
            });
        }
        let index = Self { entries };
        let inside = |e: &Entry| (RECORDS_AT as u64..len).contains(&e.offset);
        // Written again it must be the same bytes: checksum, segment and counts at once.
        let same = index.entries.iter().all(inside) && index.to_bytes(header, len) == bytes;
        same.then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{BootId, FORMAT_VERSION, SessionHeader, TextMark};
    use st0ck_types::{Epoch, Nonce};

    fn header() -> SegmentHeader {
        SegmentHeader {
            version: FORMAT_VERSION,
            compressed: false,
            segment: 3,
            capacity: 4 << 20,
            chain: Chain { next_seq: 100, last_crc: 7 },
            session: SessionHeader {
                nonce: Nonce(*b"7k"),
                account_hash: 1,
                epoch: Epoch(1),
                build_hash: 2,
                config_hash: 3,
            },
            boot: BootId([1; 16]),
            text: TextMark { len: 4, crc: 5 },
        }
    }

    /// A thousand records of 256 bytes, the 500th a carry.
    fn index() -> Index {
        let mut index = Index::for_capacity(4 << 20);
        for n in 0..1000 {
            let kind = if n == 500 { RecordKind::Carry } else { RecordKind::Quote } as u16;
            let (seq, at, prev_crc) = (100 + n, n as i64 / 2, n as u32);
            let record = RecordHeader { len: 200, kind, flags: 0, seq, at, prev_crc, crc: 0 };
            index.see(4096 + n * 256, &record);
        }
        index
    }

    #[test]
    fn it_points_at_a_record_each_64_kib_and_at_every_carry() {
        let index = index();
        let seqs: Vec<u64> = index.entries.iter().map(|e| e.chain.next_seq).collect();
        assert_eq!(seqs, [100, 356, 600, 856]);
        assert_eq!(index.newest_carry().map(|e| e.chain.next_seq), Some(600));
        assert_eq!(index.before_seq(99), None);
        assert_eq!(index.before_seq(356).map(|e| e.offset), Some(4096 + 256 * 256));
        assert_eq!(index.before_time(0), None, "records of that moment may stand before it");
        assert_eq!(index.before_time(129).map(|e| e.chain.next_seq), Some(356));
    }

    #[test]
    fn an_index_that_is_not_of_this_very_segment_is_not_used() {
        let (index, header) = (index(), header());
        let bytes = index.to_bytes(&header, 1 << 20);
        assert_eq!(Index::from_bytes(&bytes, &header, 1 << 20), Some(index));
        assert_eq!(Index::from_bytes(&bytes, &header, 1 << 19), None);
        let other = SegmentHeader { segment: 4, ..header };
        assert_eq!(Index::from_bytes(&bytes, &other, 1 << 20), None);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Index::from_bytes(&flipped, &header, 1 << 20), None, "bit {bit}");
        }
        for short in 0..bytes.len() {
            assert_eq!(Index::from_bytes(&bytes[..short], &header, 1 << 20), None);
        }
    }
}
