//! One record as bytes: its header, its checksum, and whether what stands at a place is one.
//!
//! The writer seals records with it; everything that reads walks with it. `FORMAT.md` draws it.
//!
//! *Invariant:* total. Any bytes give an answer, never a panic.

use crate::codec::{EVENT, PAYLOAD_MAX};
use crate::error::Reason;
use crate::segment::checksum;
use st0ck_types::record::RecordKind;
use st0ck_types::{Nanos, Seq};

/// Bytes of a record's header.
pub const HEADER: usize = 32;
/// Every record begins at a multiple of this.
pub const ALIGN: usize = 8;
/// Record flag: closes its group.
pub const END: u16 = 1;
/// A length word that says: the writer went on to the next segment.
pub(crate) const END_MARK: u32 = u32::MAX;
/// Bytes that a segment keeps free behind its last record, for the end mark.
pub(crate) const END_MARK_ROOM: usize = ALIGN;

/// The most bytes that one record other than a carry takes.
pub(crate) const RECORD_MAX: usize = size(PAYLOAD_MAX);

/// Bytes of a whole record with a payload of this length.
#[must_use]
pub const fn size(payload: usize) -> usize {
    (HEADER + payload).next_multiple_of(ALIGN)
}

/// One record, borrowed from where it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number.
    pub seq: Seq,
    /// When the core consumed or decided it.
    pub at: Nanos,
    /// What it holds.
    pub kind: RecordKind,
    /// [`END`] or nothing.
    pub flags: u16,
    /// What is in it; see [`crate::codec`].
    pub payload: &'a [u8],
}

impl Record<'_> {
    /// Whether it closes its group.
    #[must_use]
    pub fn ends_group(&self) -> bool {
        self.flags & END != 0
    }
}

/// Where the chain stands: what the next record must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Number of the next record.
    pub(crate) next_seq: u64,
    /// Checksum of the last one.
    pub(crate) last_crc: u32,
}

impl Chain {
    /// Before the first record of a session.
    pub(crate) const START: Self = Self { next_seq: 1, last_crc: 0 };
}

/// The fixed part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) len: u32,
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) seq: u64,
    pub(crate) at: i64,
    pub(crate) prev_crc: u32,
    pub(crate) crc: u32,
}

impl RecordHeader {
    /// The header's bytes, the checksum as zero: what the checksum itself is over.
    #[inline]
    pub(crate) fn unsealed(&self) -> [u8; HEADER] {
        // Whole words: the checksum loads them back as words at once, and a word put together from
        // smaller stores would make that load wait until they have left the store buffer. It was
        // measured: half of an append.
        let (kind, flags) = (u64::from(self.kind), u64::from(self.flags));
        let first = u64::from(self.len + 1) | kind << 32 | flags << 48;
        let mut out = [0; HEADER];
        out[0..8].copy_from_slice(&first.to_le_bytes());
        out[8..16].copy_from_slice(&self.seq.to_le_bytes());
        out[16..24].copy_from_slice(&self.at.to_le_bytes());
        out[24..32].copy_from_slice(&u64::from(self.prev_crc).to_le_bytes());
        out
    }

    /// The checksum of a record whose payload and pad are `body`.
    #[inline]
    pub(crate) fn checksum(&self, body: &[u8]) -> u32 {
        match <&[u8; EVENT]>::try_from(body) {
            // Nearly all records have that size: a length that the compiler knows.
            Ok(event) => checksum([&self.unsealed(), event]),
            Err(_) => checksum([&self.unsealed(), body]),
        }
    }

    /// The header's bytes with the checksum of a record whose body stands in two parts, and it.
    pub(crate) fn seal(&self, payload: &[u8], pad: &[u8]) -> ([u8; HEADER], u32) {
        let crc = crc32c::crc32c_append(self.checksum(payload), pad);
        let mut bytes = self.unsealed();
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        (bytes, crc)
    }

    /// Reads a header back; `None` where none was written.
    #[inline]
    pub(crate) fn from_bytes(bytes: &[u8; HEADER]) -> Option<Self> {
        let u32_at =
            |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        let u64_at = |i: usize| u64::from(u32_at(i)) | u64::from(u32_at(i + 4)) << 32;
        Some(Self {
            len: u32_at(0).checked_sub(1)?,
            kind: u32_at(4) as u16,
            flags: (u32_at(4) >> 16) as u16,
            seq: u64_at(8),
            at: u64_at(16) as i64,
            prev_crc: u32_at(24),
            crc: u32_at(28),
        })
    }
}

/// What stands at a place where a record may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole record that continues the chain, of this many bytes.
    Whole { total: usize, header: RecordHeader, kind: RecordKind },
    /// Nothing was ever written here (a zero length, or the end of the file).
    Nothing,
    /// The end mark.
    EndMark,
    /// More bytes are needed to tell: this many in all.
    Needs(usize),
    /// Something else.
    Bad(Reason),
}

/// Judges the bytes at one place. `bytes` begins there and may be shorter than the record; `room`
/// is how many bytes the segment can hold from there on.
#[inline]
pub(crate) fn examine(bytes: &[u8], room: u64, chain: Chain) -> Found {
    match length_word(bytes) {
        None if bytes.is_empty() => return Found::Nothing,
        None => return Found::Needs(HEADER),
        Some(0) => return Found::Nothing,
        Some(END_MARK) => return Found::EndMark,
        Some(_) => {}
    }
    let Some(head) = bytes.first_chunk::<HEADER>() else { return Found::Needs(HEADER) };
    let Some(header) = RecordHeader::from_bytes(head) else { return Found::Nothing };
    let total = size(header.len as usize);
    if total as u64 > room {
        return Found::Bad(Reason::Length);
    }
    let Some(body) = bytes.get(HEADER..total) else { return Found::Needs(total) };
    judge(header, body, total, chain)
}

#[inline]
fn length_word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
}

#[inline]
fn judge(header: RecordHeader, body: &[u8], total: usize, chain: Chain) -> Found {
    if header.checksum(body) != header.crc {
        return Found::Bad(Reason::Crc);
    }
    if header.seq != chain.next_seq || header.prev_crc != chain.last_crc {
        return Found::Bad(Reason::Chain);
    }
    if header.flags & !END != 0 {
        return Found::Bad(Reason::Flags);
    }
    if body[header.len as usize..].iter().any(|&b| b != 0) {
        return Found::Bad(Reason::NotZero);
    }
    match RecordKind::from_u16(header.kind) {
        Some(kind) => Found::Whole { total, header, kind },
        None => Found::Bad(Reason::Kind),
    }
}

/// A record being put together, before it goes to the segment whole.
#[derive(Debug, Clone)]
// The checksum reads words: from a line's start none of them is split.
#[repr(align(64))]
pub(crate) struct Draft([u8; RECORD_MAX]);

impl Draft {
    pub(crate) const fn new() -> Self {
        Self([0; RECORD_MAX])
    }

    /// Puts a record together: `fill` writes the payload and gives its length, the header's `len`
    /// and `crc` are found here. Returns how many bytes the record has, and its checksum.
    #[inline]
    pub(crate) fn compose<F>(&mut self, mut header: RecordHeader, fill: F) -> (usize, u32)
    where
        F: FnOnce(&mut [u8; PAYLOAD_MAX]) -> usize,
    {
        let (head, body) = self.0.split_first_chunk_mut::<HEADER>().expect("it is longer");
        let payload = body.first_chunk_mut::<PAYLOAD_MAX>().expect("it is that long");
        let len = fill(payload);
        let total = size(len);
        body[len..total - HEADER].fill(0);
        header.len = len as u32;
        *head = header.unsealed();
        let crc = checksum([&self.0[..total]]);
        self.0[28..32].copy_from_slice(&crc.to_le_bytes());
        (total, crc)
    }

    /// The record that was composed last, of which [`Draft::compose`] said that it has so many bytes.
    #[inline]
    pub(crate) fn record(&self, total: usize) -> &[u8] {
        &self.0[..total]
    }
}

/// Looks for a whole record with a number of at least `from` anywhere in `bytes`, which begin at a
/// record boundary. Used to tell a tear from damage: the writer never writes past a gap.
pub(crate) fn find_whole(bytes: &[u8], from: u64) -> Option<usize> {
    let until = from.saturating_add((bytes.len() / HEADER) as u64);
    (0..bytes.len().saturating_sub(HEADER)).step_by(ALIGN).find(|&at| {
        let rest = &bytes[at..];
        let Some(header) = rest.first_chunk::<HEADER>().and_then(RecordHeader::from_bytes) else {
            return false;
        };
        // The number is looked at first: it rules out nearly every place without a checksum.
        (from..=until).contains(&header.seq)
            && rest
                .get(HEADER..size(header.len as usize))
                .is_some_and(|b| header.checksum(b) == header.crc)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, prev_crc: u32, payload: &[u8]) -> (Vec<u8>, u32) {
        let header = RecordHeader { len: 0, kind: 49, flags: END, seq, at: -5, prev_crc, crc: 0 };
        let mut draft = Draft::new();
        let (total, crc) = draft.compose(header, |out| {
            out[..payload.len()].copy_from_slice(payload);
            payload.len()
        });
        (draft.record(total).to_vec(), crc)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn a_record_has_the_bytes_that_the_format_says() {
        let (bytes, crc) = record(2, 0x0403_0201, &[0xaa, 0xbb, 0xcc]);
        let want = "04000000310001000200000000000000fbffffffffffffff01020304";
        assert_eq!(hex(&bytes[..28]), want);
        assert_eq!(hex(&bytes[32..]), "aabbcc0000000000");
        let covered = [&bytes[..28], &[0; 4], &bytes[32..]].concat();
        assert_eq!(crc, crc32c::crc32c(&covered));
        assert_eq!(bytes[28..32], crc.to_le_bytes());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let chain = Chain { next_seq: 2, last_crc: 7 };
        let (bytes, _) = record(2, 7, &[1, 2, 3, 4, 5]);
        assert!(matches!(examine(&bytes, 1 << 20, chain), Found::Whole { total: 40, .. }));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = examine(&flipped, 1 << 20, chain);
            assert!(!matches!(found, Found::Whole { .. }), "bit {bit}: {found:?}");
        }
    }

    #[test]
    fn every_flipped_bit_of_64_kib_of_records_is_noticed() {
        const SEGMENT: usize = 64 << 10;
        let (mut bytes, mut starts, mut chain) = (Vec::new(), Vec::new(), Chain::START);
        while bytes.len() < SEGMENT {
            let payload = vec![chain.next_seq as u8; chain.next_seq as usize * 7 % 120];
            let (record, crc) = record(chain.next_seq, chain.last_crc, &payload);
            starts.push((bytes.len(), record.len(), chain));
            bytes.extend_from_slice(&record);
            chain = Chain { next_seq: chain.next_seq + 1, last_crc: crc };
        }
        let room = (bytes.len() + 4096) as u64;
        for (start, len, chain) in starts {
            assert!(matches!(examine(&bytes[start..], room, chain), Found::Whole { .. }));
            for bit in start * 8..(start + len) * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let found = examine(&bytes[start..], room - start as u64, chain);
                assert!(!matches!(found, Found::Whole { .. }), "bit {bit}");
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    #[test]
    fn a_record_of_another_place_breaks_the_chain() {
        let (bytes, _) = record(2, 7, b"x");
        for chain in [Chain { next_seq: 3, last_crc: 7 }, Chain { next_seq: 2, last_crc: 8 }] {
            assert_eq!(examine(&bytes, 1 << 20, chain), Found::Bad(Reason::Chain));
        }
    }

    #[test]
    fn short_bytes_ask_for_more_and_impossible_lengths_do_not() {
        let (bytes, _) = record(1, 0, &[9; 20]);
        for n in 1..bytes.len() {
            assert!(
                matches!(examine(&bytes[..n], 1 << 20, Chain::START), Found::Needs(m) if m > n)
            );
        }
        assert_eq!(examine(&bytes, 40, Chain::START), Found::Bad(Reason::Length));
        assert_eq!(examine(&[0xfe; 64], u64::MAX, Chain::START), Found::Needs(size(0xfefe_fefd)));
        assert_eq!(examine(&[0xff; 64], 1 << 20, Chain::START), Found::EndMark);
        assert_eq!(examine(&[], 1 << 20, Chain::START), Found::Nothing);
        assert_eq!(examine(&[0; 64], 1 << 20, Chain::START), Found::Nothing);
    }

    #[test]
    fn a_whole_record_is_found_behind_garbage() {
        let (whole, _) = record(6, 1, b"later");
        let mut bytes = vec![0x5a; 48];
        bytes.extend_from_slice(&whole);
        assert_eq!(find_whole(&bytes, 5), Some(48));
        assert_eq!(find_whole(&bytes, 7), None);
        assert_eq!(find_whole(&bytes[..80], 5), None);
    }
}
