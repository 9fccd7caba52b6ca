//! Following a journal while it is written, from another thread or process: dashboards, projectors.
//!
//! *Invariant:* only reads files; the writer does not know of it.

use crate::error::{JournalError, Reason};
use crate::folder::Folder;
use crate::record::Record;
use crate::walk::{End, Step, Walk};
use st0ck_types::Seq;
use std::path::Path;

/// Gives each record once, as it is written.
#[derive(Debug)]
pub struct Tail {
    walk: Walk,
    from: Seq,
}

impl Tail {
    /// Follows the journal in `dir` from the record `from` on (1 is the first).
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Io`], [`JournalError::Damaged`].
    pub fn open(dir: &Path, from: Seq) -> Result<Self, JournalError> {
        Ok(Self { walk: Walk::begin_near(Folder::find(dir)?, from.0)?, from })
    }

    /// The next record, or `None` when there is none yet: ask again later. Ends with a record of
    /// kind `seal`, unless the process died.
    ///
    /// A record is given as soon as it is whole. Its group may still be open, and is cut if the
    /// process dies now: [`crate::groups::Groups`] tells what is closed.
    ///
    /// # Errors
    /// [`JournalError::Rewritten`] when a recovery cut records that were given already,
    /// [`JournalError::Damaged`].
    pub fn poll(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        loop {
            match self.walk.step()? {
                Step::Record if self.walk.chain().next_seq > self.from.0 => break,
                Step::Record => {}
                Step::Stop(Reason::Missing) => return Ok(None),
                Step::Stop(reason) => match self.walk.judge(reason)? {
                    End::NotYet => {}
                    End::Clean | End::Torn(_) => return Ok(None),
                },
            }
        }
        Ok(self.walk.record())
    }
}
