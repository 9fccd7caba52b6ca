//! What the keeper does with sealed segments while nothing else is due: compresses them.
//!
//! *Invariant:* never the newest: a recovery may still have to append to it or cut it.
//! *Invariant:* a segment that cannot be compressed stays as it is; nothing rests on it.

use crate::error::JournalError;
use crate::folder::Folder;
use crate::packer::Packer;
use std::collections::VecDeque;
use std::fmt;

/// The segments that wait, and the one at hand.
pub(crate) struct Sealed {
    folder: Folder,
    waiting: VecDeque<u32>,
    packer: Option<(u32, Packer)>,
    is_on: bool,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl Sealed {
    /// Begins with what earlier process lives left; the last of them is told of when `current` has
    /// been begun.
    pub(crate) fn new(folder: Folder, current: u32, is_on: bool) -> Self {
        let left = if is_on { current.saturating_sub(1) } else { 0 };
        let waiting = (0..left).collect();
        Self { folder, waiting, packer: None, is_on }
    }

    /// One more segment is complete, and its successor has been begun.
    pub(crate) fn push(&mut self, segment: u32) {
        if self.is_on {
            self.waiting.push_back(segment);
        }
    }

    /// Compresses one more block. Returns how much was done.
    pub(crate) fn work(&mut self) -> u32 {
        let Some((segment, packer)) = &mut self.packer else { return self.begin() };
        let (segment, done) = (*segment, packer.step());
        match done {
            Ok(false) => {}
            Ok(true) => self.packer = None,
            Err(error) => self.leave(segment, &error),
        }
        1
    }

    fn begin(&mut self) -> u32 {
        let Some(segment) = self.waiting.pop_front() else { return 0 };
        match Packer::begin(&self.folder, segment) {
            Ok(packer) => self.packer = packer.map(|packer| (segment, packer)),
            Err(error) => self.leave(segment, &error),
        }
        1
    }

    fn leave(&mut self, segment: u32, error: &JournalError) {
        self.packer = None;
        log::warn!("journal: segment {segment:06} stays uncompressed: {error}");
    }
}
