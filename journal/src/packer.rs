//! Compressing a sealed segment: a new file beside it, block by block, that then takes its name.
//!
//! Driven by the keeper between other things, one block at a time, so that copying and syncing never
//! wait for more than a few milliseconds. Recovery turns a compressed segment back when it must cut
//! it.
//!
//! *Invariant:* the plain file is replaced only by a copy that was read back and is on the disk: at
//! every moment there is exactly one whole file under the segment's name.
//! *Invariant:* what is packed was checked record by record before. Damage is never packed away.

use crate::error::{Damage, JournalError, Reason};
use crate::folder::{Folder, sync_dir};
use crate::header::{
    FORMAT_VERSION, PACKING_AT, Packing, RECORDS_AT, SegmentHeader, Tip, Watermark,
};
use crate::packed::{Packed, ROW};
use crate::record::{Chain, Found};
use crate::walk::first_page;
use crate::window::Window;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes of records in one block; a record is never cut, so one may be longer.
const BLOCK: usize = 256 << 10;
/// The zstd level: three packs a recorded day to a third, plain quotes to a quarter.
const LEVEL: i32 = 3;

/// A segment being compressed.
pub(crate) struct Packer {
    folder: Folder,
    header: SegmentHeader,
    mark: Watermark,
    source: Window,
    /// Where the next record stands, and what it must continue.
    at: u64,
    chain: Chain,
    raw: Vec<u8>,
    table: Vec<u8>,
    out: Part,
    compressor: zstd::bulk::Compressor<'static>,
}

impl Packer {
    /// Begins with a segment's durable file; `None` when it is not one to compress: not complete,
    /// compressed already, or of a format that knew no compression.
    pub(crate) fn begin(folder: &Folder, segment: u32) -> Result<Option<Self>, JournalError> {
        let path = folder.durable(segment);
        let Some(source) = Window::open(path.clone())? else { return Ok(None) };
        let Some((header, mark)) = first_page(&source, segment)? else { return Ok(None) };
        let plain = header.version == FORMAT_VERSION && !header.compressed;
        if !plain || !mark.complete || mark.synced != source.len()? {
            return Ok(None);
        }
        let header = SegmentHeader { compressed: true, ..header };
        let io = |e| JournalError::io("compressing", &path, e);
        Ok(Some(Self {
            out: Part::create(folder.packing(segment)).map_err(io)?,
            compressor: zstd::bulk::Compressor::new(LEVEL).map_err(io)?,
            folder: folder.clone(),
            header,
            mark,
            source,
            at: RECORDS_AT as u64,
            chain: header.chain,
            raw: Vec::with_capacity(2 * BLOCK),
            table: Vec::new(),
        }))
    }

    /// Compresses one more block. `true` when that was all and the segment has been replaced.
    pub(crate) fn step(&mut self) -> Result<bool, JournalError> {
        self.read_block()?;
        let done = self.raw.is_empty();
        let result = if done { self.replace() } else { self.write_block() };
        result.map_err(|e| JournalError::io("compressing", self.source.path(), e))?;
        if done {
            sync_dir(self.folder.path())?;
        }
        Ok(done)
    }

    fn read_block(&mut self) -> Result<(), JournalError> {
        self.raw.clear();
        while self.raw.len() < BLOCK && self.at < self.mark.synced {
            let room = self.mark.synced - self.at;
            let Found::Whole { total, header, .. } =
                self.source.examine(self.at, room, self.chain)?
            else {
                return Err(self.damaged());
            };
            self.raw.extend_from_slice(self.source.bytes(self.at, total));
            self.at += total as u64;
            self.chain = Chain { next_seq: header.seq + 1, last_crc: header.crc };
        }
        Ok(())
    }

    fn damaged(&self) -> JournalError {
        let (segment, offset, seq) = (self.header.segment, self.at, self.chain.next_seq);
        JournalError::Damaged(Damage { segment, offset, seq, reason: Reason::Crc })
    }

    fn write_block(&mut self) -> io::Result<()> {
        let packed = self.compressor.compress(&self.raw)?;
        if zstd::bulk::decompress(&packed, self.raw.len())? != self.raw {
            return Err(io::Error::other("a block does not unpack to what was packed"));
        }
        self.out.file.write_all(&packed)?;
        let crc = crc32c::crc32c(&packed);
        for word in [self.raw.len() as u32, packed.len() as u32, crc] {
            self.table.extend_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    /// Writes table and first page, makes the file durable and gives it the segment's name.
    fn replace(&mut self) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        let table_at = io::Seek::stream_position(&mut self.out.file)?;
        self.out.file.write_all(&self.table)?;
        let packing = Packing {
            raw_len: self.mark.synced,
            table_at,
            blocks: (self.table.len() / ROW) as u32,
            table_crc: crc32c::crc32c(&self.table),
        };
        let crc = self.header.crc();
        let mut page = self.header.to_page();
        let packing_bytes = packing.to_bytes(crc);
        page[PACKING_AT..PACKING_AT + packing_bytes.len()].copy_from_slice(&packing_bytes);
        let tip = Tip { seq: self.mark.tip.seq, crc: self.chain.last_crc };
        let (at, slot) = Watermark { generation: 1, tip, ..self.mark }.to_slot(crc);
        page[at as usize..at as usize + slot.len()].copy_from_slice(&slot);
        self.out.file.write_all_at(&page, 0)?;
        self.out.file.sync_all()?;
        self.out.rename(self.source.path())
    }
}

/// A file in the making, removed unless it was renamed.
#[derive(Debug)]
struct Part {
    file: File,
    path: PathBuf,
    renamed: bool,
}

impl Part {
    /// With room for a first page, and standing behind it.
    fn create(path: PathBuf) -> io::Result<Self> {
        let mut file = File::create(&path)?;
        file.write_all(&[0; RECORDS_AT])?;
        Ok(Self { file, path, renamed: false })
    }

    fn rename(&mut self, to: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, to)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.renamed {
            // What is left is removed at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Turns a compressed segment back into a plain one, for a recovery that must cut it.
pub(crate) fn unpack(
    folder: &Folder,
    header: &SegmentHeader,
    mark: Watermark,
) -> Result<(SegmentHeader, Watermark), JournalError> {
    let path = folder.durable(header.segment);
    let io = |e| JournalError::io("unpacking", &path, e);
    let file = File::open(&path).map_err(io)?;
    let page = Window::open(path.clone())?.map(|w| w.first_page()).transpose()?;
    let packed = page.map(|page| Packed::open(&file, &page, header)).transpose().map_err(io)?;
    let Some(packed) = packed.flatten() else {
        let (segment, offset, reason) = (header.segment, PACKING_AT as u64, Reason::Packing);
        return Err(JournalError::Damaged(Damage { segment, offset, seq: 0, reason }));
    };
    let plain = SegmentHeader { compressed: false, ..*header };
    let mark = Watermark { generation: 1, ..mark };
    let mut bytes = plain.to_page().to_vec();
    let (at, slot) = mark.to_slot(plain.crc());
    bytes[at as usize..at as usize + slot.len()].copy_from_slice(&slot);
    bytes.resize(packed.len() as usize, 0);
    packed.fill(&file, RECORDS_AT as u64, &mut bytes[RECORDS_AT..]).map_err(io)?;
    let mut part = Part::create(folder.packing(header.segment)).map_err(io)?;
    io::Seek::rewind(&mut part.file)
        .and_then(|()| part.file.write_all(&bytes))
        .and_then(|()| part.file.sync_all())
        .and_then(|()| part.rename(&path))
        .map_err(io)?;
    sync_dir(folder.path())?;
    Ok((plain, mark))
}
