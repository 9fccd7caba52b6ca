//! The files of one journal: what they are called, which are there, how they are made to stay.

use crate::error::{Damage, JournalError, Reason};
use rustix::fs::fsync;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

const HOT_PATH: &str = "hot.path";
const SESSION_HEADER: &str = "session.json";

/// The journal folder of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The journal folder inside a session folder, whether it is there or not.
    pub(crate) fn of_session(session: &Path) -> Self {
        Self { path: session.join("journal") }
    }

    /// Finds the journal in `dir`: a session folder or the journal folder itself.
    pub(crate) fn find(dir: &Path) -> Result<Self, JournalError> {
        [dir.join("journal"), dir.to_owned()]
            .into_iter()
            .map(|path| Self { path })
            .find(|folder| {
                folder.numbers().is_ok_and(|n| !n.is_empty()) || folder.hot_files().next().is_some()
            })
            .ok_or_else(|| JournalError::NotFound(dir.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The durable file of a segment.
    pub(crate) fn durable(&self, segment: u32) -> PathBuf {
        self.path.join(format!("{segment:06}.seg"))
    }

    /// The hot file of a segment inside the folder of hot segments.
    pub(crate) fn hot_in(dir: &Path, segment: u32) -> PathBuf {
        dir.join(format!("{segment:06}.hot"))
    }

    /// The lock file.
    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// `session.json`, beside the journal folder.
    pub(crate) fn session_header(&self) -> PathBuf {
        self.path.parent().unwrap_or(&self.path).join(SESSION_HEADER)
    }

    /// Where a recovery keeps what it cut.
    pub(crate) fn torn(&self, segment: u32, offset: u64) -> PathBuf {
        self.path.join(format!("{segment:06}.{offset}.torn"))
    }

    /// A segment's index: derived, may be missing.
    pub(crate) fn index(&self, segment: u32) -> PathBuf {
        self.path.join(format!("{segment:06}.idx"))
    }

    /// The same while it is written.
    pub(crate) fn index_part(&self, segment: u32) -> PathBuf {
        self.path.join(format!("{segment:06}.idx.part"))
    }

    /// A segment's other form while it is written, before it takes the segment's name.
    pub(crate) fn packing(&self, segment: u32) -> PathBuf {
        self.path.join(format!("{segment:06}.packing"))
    }

    /// Removes what a killed process was writing beside the segments.
    pub(crate) fn remove_parts(&self) -> Result<(), JournalError> {
        let listed = std::fs::read_dir(&self.path);
        let entries = listed.map_err(|e| JournalError::io("listing", &self.path, e))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|e| e == "part" || e == "packing") {
                std::fs::remove_file(&path).map_err(|e| JournalError::io("removing", &path, e))?;
            }
        }
        Ok(())
    }

    /// Remembers where the hot segments are, for whoever reads.
    pub(crate) fn remember_hot(&self, dir: &Path) -> Result<(), JournalError> {
        let path = self.path.join(HOT_PATH);
        std::fs::write(&path, dir.as_os_str().as_encoded_bytes())
            .map_err(|e| JournalError::io("writing", &path, e))
    }

    /// Where the hot segments are, if any are.
    pub(crate) fn hot_dir(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        let bytes = std::fs::read(self.path.join(HOT_PATH)).ok()?;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }

    fn hot_files(&self) -> impl Iterator<Item = PathBuf> {
        let entries = self.hot_dir().and_then(|dir| std::fs::read_dir(dir).ok());
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|e| e == "hot"))
    }

    /// Removes all hot segments.
    pub(crate) fn remove_hot_files(&self) -> Result<(), JournalError> {
        for path in self.hot_files().collect::<Vec<_>>() {
            std::fs::remove_file(&path).map_err(|e| JournalError::io("removing", &path, e))?;
        }
        Ok(())
    }

    /// Removes all hot segments and the folder that held them, once nothing needs them any more.
    pub(crate) fn forget_hot(&self) -> Result<(), JournalError> {
        self.remove_hot_files()?;
        if let Some(dir) = self.hot_dir().filter(|dir| *dir != self.path) {
            // Fails when somebody put something else there; that is theirs to remove.
            let _ = std::fs::remove_dir(dir);
        }
        match std::fs::remove_file(self.path.join(HOT_PATH)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(JournalError::io("removing", &self.path.join(HOT_PATH), e))
            }
            _ => Ok(()),
        }
    }

    /// The numbers of the durable segments, ascending.
    fn numbers(&self) -> std::io::Result<Vec<u32>> {
        let number = |entry: std::fs::DirEntry| -> Option<u32> {
            entry.file_name().to_str()?.strip_suffix(".seg")?.parse().ok()
        };
        let mut numbers: Vec<u32> =
            std::fs::read_dir(&self.path)?.flatten().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// How many durable segments there are: numbered from 0 without a gap.
    pub(crate) fn segments(&self) -> Result<u32, JournalError> {
        let numbers = self.numbers().map_err(|e| JournalError::io("listing", &self.path, e))?;
        match numbers.iter().zip(0..).find(|(is, want)| **is != *want) {
            None => Ok(numbers.len() as u32),
            Some((_, segment)) => Err(JournalError::Damaged(Damage {
                segment,
                offset: 0,
                seq: 0,
                reason: Reason::SegmentMissing,
            })),
        }
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    File::open(dir)
        .and_then(|file| fsync(&file).map_err(Into::into))
        .map_err(|e| JournalError::io("syncing", dir, e))
}

/// Writes a small file so that after a crash it is either not there or whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    let part = path.with_extension("part");
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    });
    written.map_err(|e| JournalError::io("writing", path, e))?;
    path.parent().map_or(Ok(()), sync_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_and_its_journal_folder_are_the_same_journal() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Folder::find(dir.path()), Err(JournalError::NotFound(_))));
        let folder = Folder::of_session(dir.path());
        std::fs::create_dir(folder.path()).unwrap();
        std::fs::write(folder.durable(0), b"").unwrap();
        assert_eq!(Folder::find(dir.path()).unwrap(), folder);
        assert_eq!(Folder::find(folder.path()).unwrap(), folder);
        assert_eq!(folder.session_header(), dir.path().join("session.json"));
    }

    #[test]
    fn a_missing_segment_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder { path: dir.path().to_owned() };
        for n in [0, 1, 3] {
            std::fs::write(folder.durable(n), b"").unwrap();
        }
        let error = folder.segments().unwrap_err().to_string();
        assert_eq!(
            error,
            "journal damaged: segment 000002 offset 0 (record 0): a segment is missing"
        );
        std::fs::write(folder.durable(2), b"").unwrap();
        assert_eq!(folder.segments().unwrap(), 4);
    }
}
