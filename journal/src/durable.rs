//! The durable file of one segment: appended with `pwrite`, made to stay with `fdatasync`.
//!
//! Owned by the keeper; recovery uses it to append the tail it saved.
//!
//! *Invariant:* the watermark on the disk is never ahead of the data: a slot is written after the
//! sync that it tells of. *Invariant:* a failed sync is never tried again; the kernel may have
//! dropped the pages and a second call would lie.

use crate::disk::{Disk, MachineDisk};
use crate::error::JournalError;
use crate::folder::{Folder, sync_dir};
use crate::header::{SegmentHeader, Tip, Watermark};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// A durable file being written.
#[derive(Debug)]
pub(crate) struct Durable {
    file: File,
    path: PathBuf,
    disk: Arc<dyn Disk>,
    header_crc: u32,
    len: u64,
    mark: Watermark,
    failed: bool,
}

impl Durable {
    /// Makes the file of a segment and reserves its space, without a byte in it yet. An empty file
    /// counts as no segment.
    pub(crate) fn reserve(
        disk: Arc<dyn Disk>,
        folder: &Folder,
        segment: u32,
        bytes: u64,
    ) -> Result<Self, JournalError> {
        let path = folder.durable(segment);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|e| JournalError::io("creating", &path, e))?;
        match disk.reserve(&file, bytes) {
            Ok(()) => {}
            // A file system that cannot reserve will say later that it is full.
            Err(e) if e.kind() == ErrorKind::Unsupported => {}
            Err(e) => {
                let _ = std::fs::remove_file(&path);
                return Err(JournalError::io("reserving space for", &path, e));
            }
        }
        let mark = Watermark::default();
        Ok(Self { file, path, disk, header_crc: 0, len: 0, mark, failed: false })
    }

    /// From now on writes to another disk.
    pub(crate) fn set_disk(&mut self, disk: Arc<dyn Disk>) {
        self.disk = disk;
    }

    /// Opens the file of a segment that recovery found, with what it found.
    pub(crate) fn reopen(
        folder: &Folder,
        header: &SegmentHeader,
        len: u64,
        mark: Watermark,
    ) -> Result<Self, JournalError> {
        let path = folder.durable(header.segment);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| JournalError::io("opening", &path, e))?;
        let (disk, header_crc) = (Arc::new(MachineDisk), header.crc());
        Ok(Self { file, path, disk, header_crc, len, mark, failed: false })
    }

    /// Writes the first page and makes file and name durable: after this it may be referred to.
    pub(crate) fn begin(&mut self, folder: &Folder, page: &[u8]) -> Result<(), JournalError> {
        self.header_crc = SegmentHeader::from_bytes(page).map(|h| h.crc()).unwrap_or_default();
        self.append(page)?;
        self.sync_all()?;
        sync_dir(folder.path()).inspect_err(|_| self.failed = true)?;
        // Both slots, before there is a record: from then on an empty one is damage.
        self.mark_synced(Tip::default(), false)?;
        self.mark_synced(Tip::default(), false)
    }

    /// Removes a file that was reserved and never begun.
    pub(crate) fn discard(self) -> Result<(), JournalError> {
        std::fs::remove_file(&self.path).map_err(|e| JournalError::io("removing", &self.path, e))
    }

    /// Whether a sync failed: then no page of this file can be trusted to be where it should.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Bytes in the file.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that are not synced yet.
    pub(crate) fn unsynced(&self) -> u64 {
        self.len - self.mark.synced
    }

    /// Appends bytes. May be tried again after an error: nothing was counted.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.disk
            .write_at(&self.file, bytes, self.len)
            .map_err(|e| JournalError::io("appending to", &self.path, e))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Syncs what was appended and writes the watermark.
    pub(crate) fn sync(&mut self, tip: Tip) -> Result<(), JournalError> {
        let synced = self.disk.sync_data(&self.file);
        self.failed |= synced.is_err();
        synced.map_err(|e| JournalError::io("syncing", &self.path, e))?;
        self.mark_synced(tip, false)
    }

    /// Cuts the file to what it holds, syncs it and says in it that nothing will follow.
    pub(crate) fn complete(&mut self, tip: Tip) -> Result<(), JournalError> {
        let cut = self.file.set_len(self.len);
        cut.map_err(|e| JournalError::io("completing", &self.path, e))?;
        self.sync_all()?;
        self.mark_synced(tip, true)?;
        self.sync_all()
    }

    /// File, size and blocks.
    fn sync_all(&mut self) -> Result<(), JournalError> {
        let synced = self.disk.sync_all(&self.file);
        self.failed |= synced.is_err();
        synced.map_err(|e| JournalError::io("syncing", &self.path, e))
    }

    fn mark_synced(&mut self, tip: Tip, complete: bool) -> Result<(), JournalError> {
        let generation = self.mark.generation + 1;
        self.mark = Watermark { generation, synced: self.len, tip, complete };
        let (at, slot) = self.mark.to_slot(self.header_crc);
        let marked = self.disk.write_at(&self.file, &slot, at);
        marked.map_err(|e| JournalError::io("marking", &self.path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that takes every byte and cannot be synced.
    fn null() -> Durable {
        let path = PathBuf::from("/dev/null");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let (disk, mark) = (Arc::new(MachineDisk), Watermark::default());
        Durable { file, path, disk, header_crc: 0, len: 0, mark, failed: false }
    }

    #[test]
    fn a_failed_sync_is_remembered_and_moves_no_watermark() {
        let mut durable = null();
        durable.append(b"record").unwrap();
        let error = durable.sync(Tip { seq: 1, crc: 2 }).unwrap_err().to_string();
        assert!(error.contains("while syncing /dev/null"), "{error}");
        assert!(durable.has_failed());
        assert_eq!((durable.unsynced(), durable.len()), (6, 6));
    }

    #[test]
    fn bytes_that_were_refused_are_not_counted() {
        let mut durable = null();
        durable.file = File::open("/dev/null").unwrap();
        assert!(durable.append(b"record").is_err());
        assert_eq!((durable.len(), durable.has_failed()), (0, false));
    }
}
