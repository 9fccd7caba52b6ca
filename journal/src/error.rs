//! What can be wrong with a journal, said so that a person knows which file and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("while {doing} {}: {source}", path.display())]
    Io {
        /// What was being done, for example `creating`.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Another process writes here.
    #[error("{} is held by {holder}; stop that process first", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What the holder wrote into it.
        holder: Holder,
    },
    /// Bytes that were safely on the disk are no longer what was written.
    #[error("journal damaged: {0}")]
    Damaged(Damage),
    /// A session is there already.
    #[error("{} holds a journal already; resume it or choose another folder", .0.display())]
    Exists(PathBuf),
    /// There is no journal.
    #[error("{} holds no journal (no 000000.seg in it or in its journal folder)", .0.display())]
    NotFound(PathBuf),
    /// Written by a later version of this program.
    #[error("{} has format version {version}; this build reads up to {known}", path.display())]
    NewerFormat {
        /// The segment.
        path: PathBuf,
        /// Its version.
        version: u16,
        /// Ours.
        known: u16,
    },
    /// The journal belongs to another installation, account or process life.
    #[error("{} has another {what} than this start; it is not ours to continue", path.display())]
    Foreign {
        /// The segment or header.
        path: PathBuf,
        /// Which fact differs.
        what: &'static str,
    },
    /// A setting that cannot be.
    #[error("journal setting {key}: {problem}")]
    Config {
        /// Which one.
        key: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A follower read records that a recovery then cut, because their group was never closed.
    #[error("records from {from} on were cut by a recovery; drop them and read again from there")]
    Rewritten {
        /// The first cut record.
        from: u64,
    },
}

impl JournalError {
    pub(crate) fn io(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, path: path.to_owned(), source: source.into() }
    }
}

/// Who holds a lock, as far as the lock file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holder {
    /// Process id; `None` when the holder has not written it yet.
    pub pid: Option<u32>,
    /// The process life it trades under.
    pub epoch: Option<u64>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, self.epoch) {
            (Some(pid), Some(epoch)) => write!(f, "process {pid} (epoch {epoch})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            _ => f.write_str("a process that has just started"),
        }
    }
}

/// Where a journal stops being what was written, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Number of the segment.
    pub segment: u32,
    /// Where in it, in bytes.
    pub offset: u64,
    /// The record that should be there.
    pub seq: u64,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, seq, reason } = self;
        write!(f, "segment {segment:06} offset {offset} (record {seq}): {reason}")
    }
}

/// What is wrong at one place of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No record where one was promised.
    Missing,
    /// The file ends inside a record.
    CutShort,
    /// The length cannot be.
    Length,
    /// The checksum does not match.
    Crc,
    /// The record is whole, but not the one that comes next.
    Chain,
    /// The record's kind is unknown to this version.
    Kind,
    /// A flag that this version does not know.
    Flags,
    /// The segment's header block is not what was written.
    Header,
    /// The segment does not continue the one before it.
    Sequel,
    /// A watermark slot is neither empty nor whole.
    Watermark,
    /// A compressed segment's table of blocks is not what was written.
    Packing,
    /// A block of a compressed segment is not what was written.
    Block,
    /// Bytes that must be zero are not.
    NotZero,
    /// A whole segment is gone.
    SegmentMissing,
    /// An output without its group's end is followed by something else.
    Group,
    /// The payload is not what its kind says.
    Payload,
    /// `session.json` is not what the segments promise.
    SessionHeader,
}

impl Reason {
    /// A sentence for people and for `verify --json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "no record where one was synced",
            Self::CutShort => "the file ends inside a record",
            Self::Length => "impossible record length",
            Self::Crc => "checksum does not match",
            Self::Chain => "record does not continue the chain",
            Self::Kind => "unknown record kind",
            Self::Flags => "unknown record flag",
            Self::Header => "segment header is not what was written",
            Self::Sequel => "segment does not continue the one before it",
            Self::Watermark => "watermark slot is neither empty nor whole",
            Self::Packing => "table of compressed blocks is not what was written",
            Self::Block => "compressed block is not what was written",
            Self::NotZero => "bytes that must be zero are not",
            Self::SegmentMissing => "a segment is missing",
            Self::Group => "an unclosed group is followed by something else",
            Self::Payload => "payload does not fit its kind",
            Self::SessionHeader => "session.json is not the one this journal was begun with",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
