//! How many bytes the sessions of one bot may take together.
//!
//! Asked by the keeper before it reserves another segment.
//!
//! *Invariant:* nothing is ever deleted. What goes is for a person to say; until then a spent quota
//! is a full disk.

use crate::error::JournalError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// From this share on there is an alert.
const ALERT_PERCENT: u64 = 80;
/// How long a count of the folder holds; counting reads every session's folder.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// Folders inside folders: bot, session, journal and what a person may have put around them.
const DEPTH: u32 = 6;

/// A bound on what a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The folder that is counted, with everything in it.
    pub folder: PathBuf,
    /// How many bytes it may hold.
    pub bytes: u64,
}

/// A quota and what is known of its use.
#[derive(Debug)]
pub(crate) struct Watch {
    quota: Option<Quota>,
    used: u64,
    counted_at: Option<Instant>,
    alerted: bool,
}

impl Watch {
    pub(crate) fn new(quota: Option<Quota>) -> Self {
        Self { quota, used: 0, counted_at: None, alerted: false }
    }

    /// Whether so many bytes more may be taken. `now` says whether the last count still holds.
    ///
    /// # Errors
    /// [`JournalError::Io`] of kind [`io::ErrorKind::StorageFull`], saying what to do.
    pub(crate) fn take(&mut self, bytes: u64, now: Instant) -> Result<(), JournalError> {
        let Some(Quota { folder, bytes: allowed }) = &self.quota else { return Ok(()) };
        if self.counted_at.is_none_or(|at| now - at >= COUNT_EVERY) {
            self.used = used(folder, DEPTH).map_err(|e| JournalError::io("counting", folder, e))?;
            self.counted_at = Some(now);
        }
        let percent = u128::from(self.used) * 100 / u128::from((*allowed).max(1));
        let is_high = percent >= u128::from(ALERT_PERCENT);
        if is_high && !self.alerted {
            let (used, allowed, folder) = (mib(self.used), mib(*allowed), folder.display());
            log::warn!(
                "journal: {used} of the {allowed} MiB that journal.quota_gib allows are used in \
                 {folder}; remove old sessions or raise it before no order can be opened"
            );
        }
        self.alerted = is_high;
        if self.used + bytes > *allowed {
            return Err(spent(folder, *allowed));
        }
        self.used += bytes;
        Ok(())
    }

    /// Whether the alert stands.
    pub(crate) fn is_high(&self) -> bool {
        self.alerted
    }
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

fn spent(folder: &Path, allowed: u64) -> JournalError {
    let words = format!(
        "journal.quota_gib is spent: no other segment fits into {} MiB; remove old sessions or \
         raise it",
        mib(allowed)
    );
    JournalError::io("taking space in", folder, io::Error::new(io::ErrorKind::StorageFull, words))
}

/// Bytes of all files in a folder and the folders in it. What disappears meanwhile counts nothing.
fn used(folder: &Path, depth: u32) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)?.flatten() {
        // Links are not followed: what they name is counted where it is.
        let Ok(meta) = entry.metadata() else { continue };
        sum += match meta.is_dir() {
            true if depth > 0 => used(&entry.path(), depth - 1).unwrap_or(0),
            true => 0,
            false => meta.len(),
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_quota_is_a_full_disk_until_something_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let session = dir.path().join("a/journal");
        std::fs::create_dir_all(&session).unwrap();
        std::fs::write(session.join("000000.seg"), [0; 700]).unwrap();
        let quota = Quota { folder: dir.path().to_owned(), bytes: 1000 };
        let (mut watch, start) = (Watch::new(Some(quota)), Instant::now());
        assert!(watch.take(200, start).is_ok() && !watch.is_high());
        let error = watch.take(200, start).unwrap_err();
        assert!(error.to_string().contains("journal.quota_gib is spent"), "{error}");
        let JournalError::Io { source, .. } = error else { panic!("{error}") };
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        assert!(watch.is_high(), "900 of 1000");
        std::fs::remove_file(session.join("000000.seg")).unwrap();
        assert!(watch.take(200, start).is_err(), "the last count holds");
        assert!(watch.take(200, start + COUNT_EVERY).is_ok() && !watch.is_high());
    }

    #[test]
    fn without_a_quota_nothing_is_counted() {
        assert!(Watch::new(None).take(u64::MAX, Instant::now()).is_ok());
    }
}
