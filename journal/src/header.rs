//! The first 4,096 bytes of a segment: who wrote it, what it continues, how far it is on the disk.
//!
//! `FORMAT.md` draws it. The writer begins a hot segment with it, the keeper copies it to the
//! durable file and keeps the watermark slots, everything that reads starts here.
//!
//! *Invariant:* total. Any bytes give a header or a reason, never a panic.

use crate::error::Reason;
use crate::record::Chain;
use st0ck_types::{Epoch, Nonce};

/// Version of everything that `FORMAT.md` describes. Version 1 is read, never written.
pub const FORMAT_VERSION: u16 = 2;
/// Where the first record stands.
pub const RECORDS_AT: usize = 4096;
/// Flag of a sealed segment: its records are kept as zstd frames. Not in version 1.
const COMPRESSED: u16 = 1;
/// Bytes of the header block.
pub(crate) const BLOCK: usize = 128;

const MAGIC: [u8; 8] = *b"ST0CKJNL";
const BYTE_ORDER_PROBE: u32 = 0x0A0B_0C0D;
const SLOT: usize = 40;
const SLOT_AT: [usize; 2] = [1024, 512];
/// Where a compressed segment says how: a sector of its own, as the slots have.
pub(crate) const PACKING_AT: usize = 1536;
const COMPLETE: u32 = 1;

/// Which machine start wrote a segment: hot bytes of another boot are worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BootId(pub [u8; 16]);

impl BootId {
    /// The running kernel's. All zero where it does not tell; then every boot looks the same.
    #[must_use]
    pub fn current() -> Self {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        st0ck_types::ids::parse_uuid(text.trim())
            .map_or_else(Self::default, |id| Self(id.to_be_bytes()))
    }
}

/// Who writes: told by the caller when a session begins or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionHeader {
    /// The installation. Never changes within a session.
    pub nonce: Nonce,
    /// Hash of the broker account. Never changes within a session.
    pub account_hash: u64,
    /// The process life; grows with every start.
    pub epoch: Epoch,
    /// Hash of the program.
    pub build_hash: u64,
    /// Hash of the configuration as resolved.
    pub config_hash: u64,
}

/// Length and checksum of `session.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextMark {
    pub(crate) len: u32,
    pub(crate) crc: u32,
}

impl TextMark {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self { len: text.len() as u32, crc: crc32c::crc32c(text) }
    }
}

/// A segment's header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Of the format it was written in.
    pub(crate) version: u16,
    pub(crate) compressed: bool,
    pub(crate) segment: u32,
    pub(crate) capacity: u32,
    pub(crate) chain: Chain,
    pub(crate) session: SessionHeader,
    pub(crate) boot: BootId,
    pub(crate) text: TextMark,
}

impl SegmentHeader {
    pub(crate) fn to_bytes(self) -> [u8; BLOCK] {
        let mut out = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(8, &self.version.to_le_bytes());
        put(10, &if self.compressed { COMPRESSED } else { 0 }.to_le_bytes());
        put(12, &BYTE_ORDER_PROBE.to_le_bytes());
        put(16, &self.segment.to_le_bytes());
        put(20, &self.capacity.to_le_bytes());
        put(24, &self.chain.next_seq.to_le_bytes());
        put(32, &self.chain.last_crc.to_le_bytes());
        put(40, &self.session.epoch.0.to_le_bytes());
        put(48, &self.boot.0);
        put(64, &self.session.account_hash.to_le_bytes());
        put(72, &self.session.build_hash.to_le_bytes());
        put(80, &self.session.config_hash.to_le_bytes());
        put(88, &self.session.nonce.0);
        put(92, &self.text.len.to_le_bytes());
        put(96, &self.text.crc.to_le_bytes());
        seal(&mut out);
        out
    }

    /// The segment's whole first page, without a watermark yet.
    pub(crate) fn to_page(self) -> [u8; RECORDS_AT] {
        let mut page = [0; RECORDS_AT];
        page[..BLOCK].copy_from_slice(&self.to_bytes());
        page
    }

    /// Reads a block back.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, HeaderError> {
        let block = bytes.first_chunk::<BLOCK>().ok_or(HeaderError::Damaged)?;
        let (version, flags) =
            (u16::from_le_bytes(array(block, 8)), u16::from_le_bytes(array(block, 10)));
        if array::<8>(block, 0) != MAGIC {
            return Err(HeaderError::Damaged);
        }
        if !is_sealed(block) {
            return Err(HeaderError::Damaged);
        }
        if version > FORMAT_VERSION || flags & !COMPRESSED != 0 || (flags != 0 && version == 1) {
            return Err(HeaderError::Newer(version));
        }
        if u32_at(block, 12) != BYTE_ORDER_PROBE || version == 0 {
            return Err(HeaderError::Damaged);
        }
        Ok(Self {
            version,
            compressed: flags & COMPRESSED != 0,
            segment: u32_at(block, 16),
            capacity: u32_at(block, 20),
            chain: Chain { next_seq: u64_at(block, 24), last_crc: u32_at(block, 32) },
            session: SessionHeader {
                nonce: Nonce(array(block, 88)),
                account_hash: u64_at(block, 64),
                epoch: Epoch(u64_at(block, 40)),
                build_hash: u64_at(block, 72),
                config_hash: u64_at(block, 80),
            },
            boot: BootId(array(block, 48)),
            text: TextMark { len: u32_at(block, 92), crc: u32_at(block, 96) },
        })
    }

    /// Whether another segment of the same session, of this process life or a later one, is `next`.
    pub(crate) fn may_precede(&self, next: &Self) -> bool {
        self.session.nonce == next.session.nonce
            && self.session.account_hash == next.session.account_hash
            && self.text == next.text
            && self.session.epoch <= next.session.epoch
    }

    /// The block's own checksum, which ties watermark slots to their file.
    pub(crate) fn crc(&self) -> u32 {
        u32_at(&self.to_bytes(), BLOCK - 4)
    }
}

/// Why a header block is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// Not what was written, or nothing was written.
    Damaged,
    /// Whole, but of a version (or with a flag) that this build does not know.
    Newer(u16),
}

/// How much of a durable file is on the disk for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Watermark {
    pub(crate) generation: u64,
    pub(crate) synced: u64,
    pub(crate) tip: Tip,
    pub(crate) complete: bool,
}

/// The last record before a watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tip {
    /// Its number; 0 when there is none in the file.
    pub(crate) seq: u64,
    /// Its checksum; version 1 did not tell it and wrote 0.
    pub(crate) crc: u32,
}

impl Watermark {
    /// Where it is written and what.
    pub(crate) fn to_slot(self, header_crc: u32) -> (u64, [u8; SLOT]) {
        let mut out = [0; SLOT];
        out[0..8].copy_from_slice(&self.generation.to_le_bytes());
        out[8..16].copy_from_slice(&self.synced.to_le_bytes());
        out[16..24].copy_from_slice(&self.tip.seq.to_le_bytes());
        let flags = if self.complete { COMPLETE } else { 0 };
        out[24..28].copy_from_slice(&flags.to_le_bytes());
        out[28..32].copy_from_slice(&header_crc.to_le_bytes());
        out[32..36].copy_from_slice(&self.tip.crc.to_le_bytes());
        seal(&mut out);
        (SLOT_AT[(self.generation % 2) as usize] as u64, out)
    }

    /// The newest watermark of a file's first page; all zero when none was ever written.
    ///
    /// Both slots are written before the first record. So an empty one stands only beside the very
    /// first generation; beside a later one it was wiped.
    pub(crate) fn read(page: &[u8; RECORDS_AT], header_crc: u32) -> Result<Self, (usize, Reason)> {
        let (mut newest, mut empty) = (Self::default(), None);
        for at in SLOT_AT {
            let slot = array::<SLOT>(page, at);
            if slot == [0; SLOT] {
                empty = Some(at);
                continue;
            }
            let mark = Self {
                generation: u64_at(&slot, 0),
                synced: u64_at(&slot, 8),
                tip: Tip { seq: u64_at(&slot, 16), crc: u32_at(&slot, 32) },
                complete: u32_at(&slot, 24) == COMPLETE,
            };
            if mark.to_slot(header_crc) != (at as u64, slot) {
                return Err((at, Reason::Watermark));
            }
            if mark.generation > newest.generation {
                newest = mark;
            }
        }
        match empty {
            Some(at) if newest.generation > 1 => Err((at, Reason::Watermark)),
            _ => Ok(newest),
        }
    }
}

/// How the records of a compressed segment are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packing {
    /// Bytes of the segment as it was, its first page included.
    pub(crate) raw_len: u64,
    /// Where the table of blocks stands in the file.
    pub(crate) table_at: u64,
    pub(crate) blocks: u32,
    pub(crate) table_crc: u32,
}

impl Packing {
    /// What is written at [`PACKING_AT`].
    pub(crate) fn to_bytes(self, header_crc: u32) -> [u8; SLOT] {
        let mut out = [0; SLOT];
        out[0..8].copy_from_slice(&self.raw_len.to_le_bytes());
        out[8..16].copy_from_slice(&self.table_at.to_le_bytes());
        out[16..20].copy_from_slice(&self.blocks.to_le_bytes());
        out[20..24].copy_from_slice(&self.table_crc.to_le_bytes());
        out[24..28].copy_from_slice(&header_crc.to_le_bytes());
        seal(&mut out);
        out
    }

    /// Reads it back; `None` when it is not what was written.
    pub(crate) fn read(page: &[u8; RECORDS_AT], header_crc: u32) -> Option<Self> {
        let bytes = array::<SLOT>(page, PACKING_AT);
        let packing = Self {
            raw_len: u64_at(&bytes, 0),
            table_at: u64_at(&bytes, 8),
            blocks: u32_at(&bytes, 16),
            table_crc: u32_at(&bytes, 20),
        };
        (packing.to_bytes(header_crc) == bytes).then_some(packing)
    }
}

/// The first byte of a page that should be zero and is not.
pub(crate) fn stray_byte(page: &[u8; RECORDS_AT], compressed: bool) -> Option<usize> {
    let packing = compressed.then_some(PACKING_AT);
    let marks = || SLOT_AT.into_iter().chain(packing);
    let used = |at: usize| at < BLOCK || marks().any(|mark| (mark..mark + SLOT).contains(&at));
    (0..RECORDS_AT).find(|&at| page[at] != 0 && !used(at))
}

/// Puts the checksum of everything before them into the last four bytes.
fn seal(bytes: &mut [u8]) {
    let end = bytes.len() - 4;
    let crc = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
}

fn is_sealed(bytes: &[u8]) -> bool {
    let end = bytes.len() - 4;
    crc32c::crc32c(&bytes[..end]) == u32_at(bytes, end)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            version: FORMAT_VERSION,
            compressed: false,
            segment: 3,
            capacity: 4 << 20,
            chain: Chain { next_seq: 41, last_crc: 0xdead_beef },
            session: SessionHeader {
                nonce: Nonce(*b"7k"),
                account_hash: 1,
                epoch: Epoch(1_795_000_000),
                build_hash: 2,
                config_hash: 3,
            },
            boot: BootId([0x11; 16]),
            text: TextMark { len: 4, crc: 5 },
        }
    }

    #[test]
    fn the_block_has_the_bytes_that_the_format_says() {
        let hex: String = header().to_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let want = concat!(
            "535430434b4a4e4c",
            "0200",
            "0000",
            "0d0c0b0a",
            "03000000",
            "00004000",
            "2900000000000000",
            "efbeadde",
            "00000000",
            "c086fd6a00000000",
            "11111111111111111111111111111111",
            "0100000000000000",
            "0200000000000000",
            "0300000000000000",
            "376b",
            "0000",
            "04000000",
            "05000000",
            "000000000000000000000000000000000000000000000000",
        );
        assert_eq!(&hex[..248], want);
        assert_eq!(SegmentHeader::from_bytes(&header().to_bytes()), Ok(header()));
    }

    #[test]
    fn every_flipped_bit_of_the_first_page_is_noticed() {
        let mut page = [0; RECORDS_AT];
        let header = SegmentHeader { compressed: true, ..header() };
        page[..BLOCK].copy_from_slice(&header.to_bytes());
        let packing = Packing { raw_len: 9000, table_at: 5000, blocks: 1, table_crc: 7 };
        page[PACKING_AT..][..SLOT].copy_from_slice(&packing.to_bytes(header.crc()));
        for generation in [1, 2] {
            let mark = Watermark { generation, synced: 4096 * generation, ..Watermark::default() };
            let (at, slot) = mark.to_slot(header.crc());
            page[at as usize..][..SLOT].copy_from_slice(&slot);
        }
        let judge = |page: &[u8; RECORDS_AT]| {
            let header = SegmentHeader::from_bytes(page).ok()?;
            if stray_byte(page, header.compressed).is_some() {
                return None;
            }
            Packing::read(page, header.crc()).filter(|_| header.compressed)?;
            Watermark::read(page, header.crc()).ok()
        };
        assert_eq!(judge(&page).map(|m| (m.generation, m.synced)), Some((2, 8192)));
        for bit in 0..RECORDS_AT * 8 {
            page[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(judge(&page), None, "bit {bit}");
            page[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = header().to_bytes();
        bytes[8] = 3;
        assert_eq!(SegmentHeader::from_bytes(&bytes), Err(HeaderError::Damaged));
        seal(&mut bytes);
        assert_eq!(SegmentHeader::from_bytes(&bytes), Err(HeaderError::Newer(3)));
    }

    #[test]
    fn version_1_is_read_back_as_it_was_and_knew_no_compression() {
        let old = SegmentHeader { version: 1, ..header() };
        assert_eq!(SegmentHeader::from_bytes(&old.to_bytes()), Ok(old));
        let packed = SegmentHeader { compressed: true, ..old };
        assert_eq!(SegmentHeader::from_bytes(&packed.to_bytes()), Err(HeaderError::Newer(1)));
    }

    #[test]
    fn an_empty_slot_stands_only_beside_the_first_generation() {
        for (generation, read) in [(1, Ok(1)), (2, Err((512, Reason::Watermark)))] {
            let mut page = [0; RECORDS_AT];
            let (at, slot) = Watermark { generation, ..Watermark::default() }.to_slot(7);
            page[at as usize..][..SLOT].copy_from_slice(&slot);
            assert_eq!(Watermark::read(&page, 7).map(|mark| mark.generation), read);
        }
    }

    #[test]
    fn a_slot_of_another_file_is_refused() {
        let mut page = [0; RECORDS_AT];
        let (at, slot) = Watermark { generation: 1, ..Watermark::default() }.to_slot(1);
        page[at as usize..][..SLOT].copy_from_slice(&slot);
        assert_eq!(Watermark::read(&page, 2), Err((512, Reason::Watermark)));
    }
}
