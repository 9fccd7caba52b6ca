//! Reading a journal from front to back, or from a record on: for replay, `journal cat` and tests.

use crate::error::{Damage, JournalError};
use crate::folder::Folder;
use crate::header::{SessionHeader, TextMark};
use crate::record::Record;
use crate::walk::newest_carry as find_carry;
use crate::walk::{End, Step, Walk};
use st0ck_types::{Nanos, Seq};
use std::path::Path;

/// Gives one record after the other, the hot tail included.
#[derive(Debug)]
pub struct Reader {
    walk: Walk,
    /// Records before either of them are passed over.
    from: Seq,
    from_at: Nanos,
    torn: Option<Damage>,
}

impl Reader {
    /// Opens the journal in a session folder or a journal folder.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Io`].
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        Ok(Self::new(Walk::begin(Folder::find(dir)?)))
    }

    fn new(walk: Walk) -> Self {
        Self { walk, from: Seq(0), from_at: Nanos(i64::MIN), torn: None }
    }

    /// Opens it at the record `from`. Of what stands before it, at most some 64 KiB are read where
    /// the segment is sealed, and the segment where it is not.
    ///
    /// # Errors
    /// As [`Reader::open`], and [`JournalError::Damaged`] when a segment header is.
    pub fn open_at(dir: &Path, from: Seq) -> Result<Self, JournalError> {
        let walk = Walk::begin_near(Folder::find(dir)?, from.0)?;
        Ok(Self { from, ..Self::new(walk) })
    }

    /// Opens it at the first record made at `from` or later; as fast as [`Reader::open_at`].
    ///
    /// # Errors
    /// As [`Reader::open_at`].
    pub fn open_at_time(dir: &Path, from: Nanos) -> Result<Self, JournalError> {
        let walk = Walk::begin_near_time(Folder::find(dir)?, from.0)?;
        Ok(Self { from_at: from, ..Self::new(walk) })
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where the bytes are not what was written.
    #[allow(clippy::should_implement_trait, reason = "the record borrows from the reader")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        loop {
            match self.walk.step()? {
                Step::Record if self.is_wanted() => break,
                Step::Record => {}
                Step::Stop(reason) => match self.walk.judge(reason)? {
                    End::NotYet => {}
                    End::Clean => return Ok(None),
                    End::Torn(damage) => {
                        self.torn = Some(damage);
                        return Ok(None);
                    }
                },
            }
        }
        // Whatever follows is wanted, whatever its stamp.
        self.from_at = Nanos(i64::MIN);
        Ok(self.walk.record())
    }

    #[inline]
    fn is_wanted(&self) -> bool {
        self.walk.chain().next_seq > self.from.0 && self.walk.stamp() >= Some(self.from_at)
    }

    /// After the end: the tear at which it ended, if it did. What is behind it was never safe.
    #[must_use]
    pub fn torn(&self) -> Option<&Damage> {
        self.torn.as_ref()
    }

    /// Who wrote the record that was read last.
    #[must_use]
    pub fn header(&self) -> Option<&SessionHeader> {
        self.walk.segment().map(|segment| &segment.header.session)
    }

    pub(crate) fn walk(&self) -> &Walk {
        &self.walk
    }
}

/// The newest carry that was kept, found without reading the journal: recovery goes on from there.
/// `None` when there is none.
///
/// # Errors
/// As [`Reader::open_at`].
pub fn newest_carry(dir: &Path) -> Result<Option<Seq>, JournalError> {
    let found = find_carry(&Folder::find(dir)?)?;
    Ok(found.map(|place| Seq(place.entry.chain.next_seq)))
}

/// The bytes of `session.json`, as they were when the session began.
///
/// # Errors
/// [`JournalError::Damaged`] when it is another text than the segments promise.
pub fn session_header(dir: &Path) -> Result<Vec<u8>, JournalError> {
    let mut walk = Walk::begin(Folder::find(dir)?);
    walk.step()?;
    read_session_header(&walk)
}

/// Reads the text and compares it with the checksum in the segment under the walker.
pub(crate) fn read_session_header(walk: &Walk) -> Result<Vec<u8>, JournalError> {
    let path = walk.folder().session_header();
    let text = std::fs::read(&path).map_err(|e| JournalError::io("reading", &path, e))?;
    let promised = walk.segment().map(|segment| segment.header.text);
    match promised {
        Some(mark) if mark != TextMark::of(&text) => {
            Err(JournalError::Damaged(walk.session_header_damage()))
        }
        _ => Ok(text),
    }
}
