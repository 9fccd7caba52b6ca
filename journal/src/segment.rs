//! The hot segment: a file mapped into memory, one writer, one keeper that watches it grow.
//!
//! The only file with `unsafe` in it. [`create`] gives the two ends of one map: [`HotWriter`] goes
//! to the core thread, [`HotView`] stays with the keeper. Other processes read the file, not a map.
//! [`checksum`] is here too: what a record goes by on its way into the map, by an instruction that not
//! every processor has.
//!
//! *Invariant:* a record's bytes are written before its length word is stored (release) and never
//! again afterwards; the view hands out nothing but bytes below a length word it has loaded
//! (acquire). So the two ends never touch the same plain byte at the same time.
//! *Invariant:* the file is allocated whole before it is mapped and nobody truncates it, so no
//! access can fault for want of a page.

#![allow(unsafe_code)]

use crate::error::JournalError;
use crate::header::{BLOCK, RECORDS_AT};
use crate::record::{self, ALIGN, END_MARK, END_MARK_ROOM, HEADER, RECORD_MAX, RecordHeader};
use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const PAGE: usize = 4096;
/// How far ahead of the last record lines are fetched: what an order writes.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 512;
/// Bytes of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// The mapped file, alive as long as either end holds it.
#[derive(Debug)]
struct Map {
    raw: MmapRaw,
    path: PathBuf,
}

impl Map {
    fn len(&self) -> usize {
        self.raw.len()
    }

    /// The length word of the record at `at`.
    fn length_word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(ALIGN) && at + ALIGN <= self.len(), "no record can be at {at}");
        // SAFETY: in bounds and aligned (asserted; the map itself is page-aligned), and every access
        // to these four bytes, from either end, is atomic.
        unsafe { AtomicU32::from_ptr(self.raw.as_mut_ptr().add(at).cast()) }
    }
}

/// Creates a segment file of exactly `bytes`, maps it and touches every page.
///
/// # Errors
/// When the file is there already or its space cannot be had.
pub(crate) fn create(path: &Path, bytes: usize) -> Result<(HotWriter, HotView), JournalError> {
    assert!(bytes.is_multiple_of(PAGE) && bytes >= 2 * RECORDS_AT, "checked by the configuration");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| JournalError::io("creating", path, e))?;
    let mapped = fallocate(&file, FallocateFlags::empty(), 0, bytes as u64)
        .map_err(std::io::Error::from)
        .and_then(|()| MmapOptions::new().len(bytes).populate().map_raw(&file));
    let raw = mapped.map_err(|e| {
        // Half a segment is of no use to anyone; that it cannot be removed either is said already.
        let _ = std::fs::remove_file(path);
        JournalError::io("allocating", path, e)
    })?;
    let map = Arc::new(Map { raw, path: path.to_owned() });
    touch_every_page(&map);
    Ok((HotWriter { map: Arc::clone(&map), end: RECORDS_AT }, HotView::new(map)))
}

/// Faults every page in for writing, so that the core never does.
fn touch_every_page(map: &Map) {
    for page in (0..map.len()).step_by(PAGE) {
        // SAFETY: in bounds; nobody else has the map yet.
        unsafe { map.raw.as_mut_ptr().add(page).write_volatile(0) };
    }
}

/// The end that appends. One per segment: it is not `Clone`.
#[derive(Debug)]
pub(crate) struct HotWriter {
    map: Arc<Map>,
    end: usize,
}

impl HotWriter {
    /// Bytes of the whole segment.
    pub(crate) fn capacity(&self) -> usize {
        self.map.len()
    }

    /// Where the next record will stand.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Whether a record of full size still fits.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.end + RECORD_MAX + END_MARK_ROOM <= self.map.len()
    }

    /// Writes the header block. Once, before the first record.
    pub(crate) fn begin(&mut self, block: &[u8; BLOCK]) {
        let word = self.map.length_word(0);
        assert_eq!(word.load(Ordering::Relaxed), 0, "a segment begins once");
        let base = self.map.raw.as_mut_ptr();
        // SAFETY: in bounds; the view reads nothing before it has loaded the first word non-zero.
        unsafe { base.add(4).copy_from_nonoverlapping(block[4..].as_ptr(), BLOCK - 4) };
        let magic = u32::from_ne_bytes([block[0], block[1], block[2], block[3]]);
        word.store(magic, Ordering::Release);
    }

    /// Appends one record, given whole and sealed in parts that are copied one behind the other.
    /// `false`, and nothing done, when it does not fit.
    ///
    /// # Panics
    /// When the first part is shorter than a header, or the whole is no multiple of 8.
    // Inlined always: the length of a quote's record, which nearly all are, is then a constant.
    #[inline(always)]
    pub(crate) fn append<const N: usize>(&mut self, parts: [&[u8]; N]) -> bool {
        let (head, total) = (parts[0], parts.iter().map(|part| part.len()).sum::<usize>());
        assert!(head.len() >= HEADER && total.is_multiple_of(ALIGN), "a record of {total} bytes");
        if self.end + total + END_MARK_ROOM > self.map.len() {
            return false;
        }
        let word = self.map.length_word(self.end);
        // SAFETY: in bounds by the check above; these bytes lie beyond the last length word, so the
        // view hands none of them out, and `&mut self` keeps any other writer away. The length word
        // itself is left out.
        unsafe {
            let mut to = self.map.raw.as_mut_ptr().add(self.end + 4);
            for (n, part) in parts.iter().enumerate() {
                let part = if n == 0 { &part[4..] } else { part };
                to.copy_from_nonoverlapping(part.as_ptr(), part.len());
                to = to.add(part.len());
            }
        }
        let len = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
        word.store(len, Ordering::Release);
        self.end += total;
        self.fetch_ahead();
        true
    }

    /// Asks for the lines that records some way ahead will be written to. What is new comes from far
    /// away, and all that an order writes on its way waits behind a record whose line is not there yet.
    #[inline]
    fn fetch_ahead(&self) {
        #[cfg(target_arch = "x86_64")]
        for line in [AHEAD, AHEAD + LINE] {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let at = self.map.raw.as_mut_ptr().wrapping_add(self.end + line);
            // SAFETY: a hint. It loads nothing, and an address beyond the map is ignored.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
        }
    }

    /// Says that the next segment has begun. Nothing can be appended here any more.
    pub(crate) fn finish(self) {
        self.map.length_word(self.end).store(END_MARK.to_le(), Ordering::Release);
    }
}

/// CRC-32C of a record that stands in parts, each but the last a multiple of 8 bytes long. For some
/// hundred bytes: of pages, [`crc32c::crc32c`] takes three at a time.
#[inline]
pub(crate) fn checksum<const N: usize>(parts: [&[u8]; N]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sse4.2") {
        // SAFETY: all that it asks of its caller is a processor with SSE 4.2, and this is one.
        return unsafe { by_instruction(parts) };
    }
    parts.iter().fold(0, |crc, part| crc32c::crc32c_append(crc, part))
}

/// [`checksum`], word by word: a record is too short for more at once to pay.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse4.2")]
fn by_instruction<const N: usize>(parts: [&[u8]; N]) -> u32 {
    use std::arch::x86_64::{_mm_crc32_u8, _mm_crc32_u64};
    let mut crc = u64::from(u32::MAX);
    for part in parts {
        let (blocks, rest) = part.as_chunks::<32>();
        for block in blocks {
            for word in block.as_chunks::<8>().0 {
                crc = _mm_crc32_u64(crc, u64::from_le_bytes(*word));
            }
        }
        let (words, rest) = rest.as_chunks::<8>();
        for word in words {
            crc = _mm_crc32_u64(crc, u64::from_le_bytes(*word));
        }
        crc = rest.iter().fold(crc, |crc, &byte| u64::from(_mm_crc32_u8(crc as u32, byte)));
    }
    !(crc as u32)
}

/// What the view found when it looked for another record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advance {
    /// One more record.
    Record,
    /// Not yet.
    Nothing,
    /// The writer went on to the next segment.
    Ended,
    /// A length that cannot be: somebody wrote into our memory.
    Impossible,
}

/// The end that watches.
#[derive(Debug)]
pub(crate) struct HotView {
    map: Arc<Map>,
    published: usize,
    last: Option<usize>,
}

impl HotView {
    fn new(map: Arc<Map>) -> Self {
        Self { map, published: 0, last: None }
    }

    /// The file behind the map.
    pub(crate) fn path(&self) -> &Path {
        &self.map.path
    }

    /// End of the bytes that are final.
    pub(crate) fn published(&self) -> usize {
        self.published
    }

    /// Looks for one more record behind those already seen (first of all, for the header).
    pub(crate) fn advance(&mut self) -> Advance {
        if self.published == 0 {
            if self.map.length_word(0).load(Ordering::Acquire) == 0 {
                return Advance::Nothing;
            }
            self.published = RECORDS_AT;
        }
        let word = u32::from_le(self.map.length_word(self.published).load(Ordering::Acquire));
        match word {
            0 => Advance::Nothing,
            END_MARK => Advance::Ended,
            word => self.take(record::size(word as usize - 1)),
        }
    }

    fn take(&mut self, total: usize) -> Advance {
        // Always leave room for the next length word, so that the next look is in bounds.
        if total > self.map.len() - END_MARK_ROOM - self.published {
            return Advance::Impossible;
        }
        self.last = Some(self.published);
        self.published += total;
        Advance::Record
    }

    /// The final bytes of `from..to`.
    pub(crate) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        assert!(from <= to && to <= self.published, "{from}..{to} of {}", self.published);
        // SAFETY: every byte below `published` belongs to the header or to a record whose length
        // word was loaded with acquire order; the writer does not touch those again.
        unsafe { std::slice::from_raw_parts(self.map.raw.as_ptr().add(from), to - from) }
    }

    /// The last record seen: where it stands, and its header.
    pub(crate) fn last(&self) -> Option<(usize, RecordHeader)> {
        let at = self.last?;
        let header = self.bytes(at, at + HEADER).first_chunk().and_then(RecordHeader::from_bytes);
        header.map(|header| (at, header))
    }

    /// Whether the writer has let go of its end.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.map) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(dir: &Path) -> (HotWriter, HotView) {
        create(&dir.join("0.hot"), 4 * PAGE).unwrap()
    }

    /// A record of `total` bytes, all of them `byte` but the length word.
    fn record(byte: u8, total: usize) -> Vec<u8> {
        let mut record = vec![byte; total];
        record[..4].copy_from_slice(&((total - HEADER) as u32 + 1).to_le_bytes());
        record
    }

    fn append(writer: &mut HotWriter, byte: u8) -> bool {
        writer.append([&record(byte, 40)])
    }

    #[test]
    fn a_checksum_by_instruction_is_the_librarys_in_one_part_or_two() {
        let bytes: Vec<u8> = (0..RECORD_MAX as u32).map(|i| (i * i / 7) as u8).collect();
        for len in 0..bytes.len() {
            let (whole, slow) = (&bytes[..len], crc32c::crc32c(&bytes[..len]));
            assert_eq!(checksum([whole]), slow, "{len} bytes");
            for cut in (0..len).step_by(8) {
                assert_eq!(checksum([&whole[..cut], &whole[cut..]]), slow, "{len} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_view_sees_records_only_after_the_header_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut view) = segment(dir.path());
        assert_eq!(view.advance(), Advance::Nothing);
        writer.begin(&[7; BLOCK]);
        assert_eq!((view.advance(), view.published()), (Advance::Nothing, RECORDS_AT));
        assert!(append(&mut writer, 1) && append(&mut writer, 2));
        assert_eq!([view.advance(), view.advance()], [Advance::Record; 2]);
        assert_eq!(
            view.bytes(RECORDS_AT, RECORDS_AT + 80),
            [record(1, 40), record(2, 40)].concat()
        );
        let (at, last) = view.last().unwrap();
        assert_eq!(
            (at, last.seq, last.kind),
            (RECORDS_AT + 40, u64::from_le_bytes([2; 8]), 0x0202)
        );
        assert!(!view.is_alone());
        writer.finish();
        assert_eq!(view.advance(), Advance::Ended);
        assert!(view.is_alone());
    }

    #[test]
    fn a_full_segment_refuses_and_still_has_room_for_its_end_mark() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut view) = segment(dir.path());
        writer.begin(&[7; BLOCK]);
        let mut n = 0;
        while writer.append([&record(3, 48)]) {
            n += 1;
        }
        let rest = writer.capacity() - END_MARK_ROOM - writer.end();
        assert!(!writer.append([&record(4, rest + 8)]));
        let last = record(4, rest);
        assert!(writer.append([&last[..rest - 3], &[], &last[rest - 3..]]));
        writer.finish();
        let seen = std::iter::from_fn(|| (view.advance() == Advance::Record).then_some(())).count();
        assert_eq!((seen, view.advance()), (n + 1, Advance::Ended));
    }

    #[test]
    fn a_length_that_cannot_be_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut view) = segment(dir.path());
        writer.begin(&[7; BLOCK]);
        assert!(append(&mut writer, 1));
        writer.map.length_word(RECORDS_AT).store(0xeeee_eeee, Ordering::Relaxed);
        assert_eq!(view.advance(), Advance::Impossible);
    }

    #[test]
    fn a_length_that_reaches_into_the_end_marks_room_is_told_and_none_before() {
        for (beyond, seen) in [(0, Advance::Record), (ALIGN, Advance::Impossible)] {
            let dir = tempfile::tempdir().unwrap();
            let (mut writer, mut view) = segment(dir.path());
            writer.begin(&[7; BLOCK]);
            let total = writer.capacity() - END_MARK_ROOM - writer.end() + beyond;
            let word = (total - HEADER) as u32 + 1;
            writer.map.length_word(RECORDS_AT).store(word.to_le(), Ordering::Relaxed);
            assert_eq!(view.advance(), seen, "{beyond} bytes beyond");
        }
    }

    #[test]
    fn there_is_room_while_a_record_of_full_size_fits_and_no_longer() {
        for (beyond, has_room) in [(0, true), (ALIGN, false)] {
            let dir = tempfile::tempdir().unwrap();
            let (mut writer, _view) = segment(dir.path());
            writer.begin(&[7; BLOCK]);
            let spare = writer.capacity() - writer.end() - RECORD_MAX - END_MARK_ROOM;
            assert!(writer.append([&record(1, spare + beyond)]));
            assert_eq!(writer.has_room(), has_room, "{beyond} bytes beyond");
        }
    }
}
