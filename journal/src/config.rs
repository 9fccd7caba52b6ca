//! How a session keeps its journal: segment size, sync policy, where the hot segments live.

use crate::error::JournalError;
use crate::quota::Quota;
use rustix::fs::statfs;
use std::fmt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MIB: u64 = 1 << 20;
/// What a start reads of old segments unless told otherwise: some 0.2 seconds.
const READ_BACK: u64 = 256 * MIB;
/// The longest time between syncs under `durable_before_send`: the gateway refuses an intent that is
/// older than 250 ms (C29), and a sync itself takes tens of them on a bad day.
const SEND_PATIENCE: Duration = Duration::from_millis(100);
/// `f_type` of a tmpfs (linux/magic.h).
const TMPFS_MAGIC: i64 = 0x0102_1994;

/// When the durable file is synced to the disk. A killed process loses nothing under any of them; a
/// power cut loses what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPolicy {
    /// When a segment is complete and at the end only.
    None,
    /// At most this long after a record was written.
    Every(Duration),
    /// After every batch the keeper copies.
    EachBatch,
}

impl SyncPolicy {
    /// Reads `none`, `every 20 ms` or `every batch`.
    ///
    /// # Errors
    /// [`JournalError::Config`] for anything else.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let millis = |n: &str| n.parse().ok().filter(|n| (1..=10_000).contains(n));
        match words[..] {
            ["none"] => Some(Self::None),
            ["every", "batch"] => Some(Self::EachBatch),
            ["every", n, "ms"] => millis(n).map(|n| Self::Every(Duration::from_millis(n))),
            _ => None,
        }
        .ok_or_else(|| JournalError::Config {
            key: "sync",
            problem: format!("`{text}` is none of: none, every N ms (1 to 10000), every batch"),
        })
    }
}

impl fmt::Display for SyncPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Every(time) => write!(f, "every {} ms", time.as_millis()),
            Self::EachBatch => f.write_str("every batch"),
        }
    }
}

/// Settings of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// Bytes of one hot segment: 4 to 256 MiB, whole pages. Two are mapped at a time.
    pub segment_bytes: u32,
    /// When the durable file is synced.
    pub sync: SyncPolicy,
    /// Folders to try for the hot segments, best first; the first on a tmpfs with enough space wins.
    pub hot_dirs: Vec<PathBuf>,
    /// Whether sealed segments are compressed.
    pub compress: bool,
    /// How much the sessions of one bot may take together; `None` for no bound.
    pub quota: Option<Quota>,
    /// Of the sealed segments before the newest carry, a start reads so many bytes, newest first.
    /// The rest is for `journal verify` and for replay.
    pub read_back: u64,
    /// Whether an order waits until what it rests on is synced. Then a power cut can lose no order
    /// that left; each waits for up to one sync.
    pub durable_before_send: bool,
}

impl Default for JournalConfig {
    /// 32 MiB, every 20 ms, `/dev/shm` then `$XDG_RUNTIME_DIR`, compressed, no quota.
    fn default() -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self {
            segment_bytes: 32 << 20,
            sync: SyncPolicy::Every(Duration::from_millis(20)),
            hot_dirs: std::iter::once(PathBuf::from("/dev/shm")).chain(runtime).collect(),
            compress: true,
            quota: None,
            read_back: READ_BACK,
            durable_before_send: false,
        }
    }
}

impl JournalConfig {
    /// The default with the smallest segments: for demos and tests.
    #[must_use]
    pub fn small() -> Self {
        Self { segment_bytes: 4 << 20, ..Self::default() }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`JournalError::Config`] naming the key.
    pub fn check(&self) -> Result<(), JournalError> {
        let slow = match self.sync {
            SyncPolicy::EachBatch => None,
            SyncPolicy::Every(time) if time <= SEND_PATIENCE => None,
            slow => Some(slow),
        };
        if let Some(sync) = slow.filter(|_| self.durable_before_send) {
            let problem = format!(
                "orders would wait for a sync that comes `{sync}`; it must come at least every \
                 {} ms, or an order is too old to send",
                SEND_PATIENCE.as_millis()
            );
            return Err(JournalError::Config { key: "durable_before_send", problem });
        }
        let bytes = u64::from(self.segment_bytes);
        if (4 * MIB..=256 * MIB).contains(&bytes) && bytes.is_multiple_of(4096) {
            return Ok(());
        }
        let problem = format!("{bytes} bytes; it must be 4 to 256 MiB in whole pages of 4096");
        Err(JournalError::Config { key: "segment_bytes", problem })
    }

    /// Chooses and makes the folder of the hot segments of the journal in `journal`.
    pub(crate) fn place(&self, journal: &Path) -> Result<Placement, JournalError> {
        let mut why = Vec::new();
        for dir in &self.hot_dirs {
            match self.try_dir(dir, journal) {
                Ok(dir) => return Ok(Placement::Tmpfs { dir }),
                Err(problem) => why.push(format!("{}: {problem}", dir.display())),
            }
        }
        let why = if why.is_empty() { "no folder was named".to_owned() } else { why.join("; ") };
        Ok(Placement::File { dir: journal.to_owned(), why })
    }

    fn try_dir(&self, dir: &Path, journal: &Path) -> Result<PathBuf, String> {
        let fs = statfs(dir).map_err(|e| e.to_string())?;
        if fs.f_type != TMPFS_MAGIC {
            return Err("not a tmpfs".to_owned());
        }
        // Two segments are mapped at a time, and a third lives while its tail is being copied.
        let (free, need) = (fs.f_bavail * fs.f_bsize as u64, 3 * u64::from(self.segment_bytes));
        if free < need {
            return Err(format!("{} MiB free, {} MiB needed", free / MIB, need / MIB));
        }
        let place = dir.join(hot_name(journal).map_err(|e| e.to_string())?);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&place).map_err(|e| e.to_string())?;
        // Everyone may write into a tmpfs's top: whoever was first with our name owns what we write.
        let user = place.parent().and_then(|user| std::fs::symlink_metadata(user).ok());
        if !user.is_some_and(|u| u.is_dir() && u.uid() == rustix::process::getuid().as_raw()) {
            return Err(format!("the folder above {} is not ours", place.display()));
        }
        Ok(place)
    }
}

/// `st0ck-UID/DEVICE-INODE` of the journal folder: the same folder by whatever path it is reached,
/// and never another user's.
fn hot_name(journal: &Path) -> std::io::Result<PathBuf> {
    let meta = std::fs::metadata(journal)?;
    let user = format!("st0ck-{}", rustix::process::getuid().as_raw());
    Ok(Path::new(&user).join(format!("{:x}-{:x}", meta.dev(), meta.ino())))
}

/// Where the hot segments live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// In memory: no disk can make the core wait.
    Tmpfs {
        /// The folder.
        dir: PathBuf,
    },
    /// On the disk, beside the durable files: the kernel may make the core wait for a page.
    File {
        /// The folder.
        dir: PathBuf,
        /// Why no tmpfs would do.
        why: String,
    },
}

impl Placement {
    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        match self {
            Self::Tmpfs { dir } | Self::File { dir, .. } => dir,
        }
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tmpfs { dir } => write!(f, "tmpfs ({})", dir.display()),
            Self::File { dir, why } => {
                write!(f, "file mapping ({}), slower: no tmpfs would do ({why})", dir.display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_print_what_they_parsed() {
        for text in ["none", "every 20 ms", "every batch"] {
            assert_eq!(SyncPolicy::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "every", "every 0 ms", "every 20 s", "always", "every 20001 ms"] {
            let error = SyncPolicy::parse(text).unwrap_err().to_string();
            assert!(error.contains("every N ms"), "{error}");
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused_with_the_range() {
        for bytes in [0, 4 << 20 | 1, (4 << 20) - 4096, (256 << 20) + 4096] {
            let config = JournalConfig { segment_bytes: bytes, ..JournalConfig::default() };
            assert!(config.check().unwrap_err().to_string().contains("4 to 256 MiB"));
        }
        assert!(JournalConfig::small().check().is_ok() && JournalConfig::default().check().is_ok());
    }

    #[test]
    fn orders_do_not_wait_for_syncs_that_come_too_late() {
        let waits =
            |sync| JournalConfig { sync, durable_before_send: true, ..JournalConfig::small() };
        assert!(waits(SyncPolicy::EachBatch).check().is_ok());
        assert!(waits(SyncPolicy::Every(Duration::from_millis(20))).check().is_ok());
        for sync in [SyncPolicy::None, SyncPolicy::Every(Duration::from_millis(101))] {
            let error = waits(sync).check().unwrap_err().to_string();
            assert!(error.contains("durable_before_send") && error.contains("100 ms"), "{error}");
        }
    }

    #[test]
    fn without_a_tmpfs_the_journal_folder_serves_and_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let config =
            JournalConfig { hot_dirs: vec![dir.path().join("gone")], ..JournalConfig::small() };
        let placement = config.place(dir.path()).unwrap();
        assert!(matches!(placement, Placement::File { .. }));
        assert!(placement.to_string().contains("gone: No such file"), "{placement}");
    }
}
