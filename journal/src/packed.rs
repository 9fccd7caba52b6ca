//! Reading a compressed segment as if it were the plain one that it was made of.
//!
//! Behind the first page stand blocks, each a zstd frame that holds whole records, and behind them a
//! table that says how long each is and what its checksum is. Whoever reads gives places in the
//! plain segment; only the block that holds one is unpacked.
//!
//! *Invariant:* total. A table or block that is not what was written gives nothing, never a panic.

use crate::header::{Packing, RECORDS_AT, SegmentHeader};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes of one row of the table: length, length packed, checksum of the packed bytes.
pub(crate) const ROW: usize = 12;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    raw_at: u64,
    raw_len: u32,
    file_at: u64,
    packed_len: u32,
    crc: u32,
}

impl Block {
    /// Its records, unpacked; `None` when its bytes are not what was written.
    fn unpack(&self, file: &File) -> io::Result<Option<Vec<u8>>> {
        let mut packed = vec![0; self.packed_len as usize];
        match file.read_exact_at(&mut packed, self.file_at) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        if crc32c::crc32c(&packed) != self.crc {
            return Ok(None);
        }
        let raw = zstd::bulk::decompress(&packed, self.raw_len as usize).ok();
        Ok(raw.filter(|raw| raw.len() == self.raw_len as usize))
    }
}

/// The table of a compressed segment.
#[derive(Debug)]
pub(crate) struct Packed {
    blocks: Vec<Block>,
    raw_len: u64,
}

impl Packed {
    /// Reads the table; `None` when the file is not what was written.
    pub(crate) fn open(
        file: &File,
        page: &[u8; RECORDS_AT],
        header: &SegmentHeader,
    ) -> io::Result<Option<Self>> {
        let Some(packing) = Packing::read(page, header.crc()) else { return Ok(None) };
        let rows = u64::from(packing.blocks) * ROW as u64;
        let ends = packing.table_at.checked_add(rows);
        // Asked before anything is reserved for it: no length in a file is believed.
        if ends != Some(file.metadata()?.len()) || packing.raw_len > u64::from(header.capacity) {
            return Ok(None);
        }
        let mut table = vec![0; rows as usize];
        file.read_exact_at(&mut table, packing.table_at)?;
        if crc32c::crc32c(&table) != packing.table_crc {
            return Ok(None);
        }
        Ok(Self::from_table(&table, packing))
    }

    fn from_table(table: &[u8], packing: Packing) -> Option<Self> {
        let (mut raw_at, mut file_at) = (RECORDS_AT as u64, RECORDS_AT as u64);
        let mut blocks = Vec::with_capacity(table.len() / ROW);
        for row in table.chunks_exact(ROW) {
            let word = |at: usize| row[at..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
            let (raw_len, packed_len, crc) = (word(0), word(4), word(8));
            blocks.push(Block { raw_at, raw_len, file_at, packed_len, crc });
            (raw_at, file_at) = (raw_at + u64::from(raw_len), file_at + u64::from(packed_len));
        }
        let adds_up = raw_at == packing.raw_len && file_at == packing.table_at;
        adds_up.then_some(Self { blocks, raw_len: packing.raw_len })
    }

    /// Bytes of the plain segment.
    pub(crate) fn len(&self) -> u64 {
        self.raw_len
    }

    /// Bytes from `at` to the end of the block that holds it; 0 behind the last one.
    pub(crate) fn rest_of_block(&self, at: u64) -> usize {
        self.block_at(at).map_or(0, |b| (b.raw_at + u64::from(b.raw_len) - at) as usize)
    }

    /// Whether the block that holds `at` is what was written.
    pub(crate) fn is_whole_at(&self, file: &File, at: u64) -> io::Result<bool> {
        self.block_at(at).map_or(Ok(true), |block| Ok(block.unpack(file)?.is_some()))
    }

    /// Reads records from `at` on until `out` is full, or a block is bad, or the segment ends.
    pub(crate) fn fill(&self, file: &File, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            let here = at + filled as u64;
            let Some(block) = self.block_at(here) else { break };
            let Some(raw) = block.unpack(file)? else { break };
            let raw = &raw[(here - block.raw_at) as usize..];
            let n = raw.len().min(out.len() - filled);
            out[filled..filled + n].copy_from_slice(&raw[..n]);
            filled += n;
        }
        Ok(filled)
    }

    fn block_at(&self, at: u64) -> Option<&Block> {
        let behind = self.blocks.partition_point(|b| b.raw_at <= at);
        let block = self.blocks.get(behind.checked_sub(1)?)?;
        (at < block.raw_at + u64::from(block.raw_len)).then_some(block)
    }
}
