//! The disk under the durable files: four calls, so that tests can put one that fails in its place.

use rustix::fs::{FallocateFlags, fallocate, fdatasync};
use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What the keeper asks of a disk. Each call is a system call by itself, beside which a call through
/// a table costs nothing; the core makes none of them.
pub trait Disk: Debug + Send + Sync {
    /// Writes all of `bytes` at an offset.
    ///
    /// # Errors
    /// Of kind [`io::ErrorKind::StorageFull`] when it may be tried again later; others are final.
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    /// Makes what was written stay.
    ///
    /// # Errors
    /// Final: the kernel may have dropped the pages, and a second call would lie.
    fn sync_data(&self, file: &File) -> io::Result<()> {
        fdatasync(file).map_err(Into::into)
    }

    /// The same with size and blocks.
    ///
    /// # Errors
    /// As [`Disk::sync_data`].
    fn sync_all(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Reserves space for a file without a byte in it.
    ///
    /// # Errors
    /// When there is not that much space.
    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        fallocate(file, FallocateFlags::KEEP_SIZE, 0, bytes).map_err(Into::into)
    }
}

/// The machine's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineDisk;

impl Disk for MachineDisk {}
