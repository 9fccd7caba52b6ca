//! Is the journal what was written? And what is in it? Both read every byte, and bytes only.

use crate::codec;
use crate::error::{Damage, JournalError, Reason};
use crate::groups::Groups;
use crate::header::RECORDS_AT;
use crate::reader::{Reader, read_session_header};
use crate::record::{Record, size};
use st0ck_types::record::RecordKind;
use st0ck_types::{Nanos, Seq};
use std::path::Path;

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stat {
    /// Segments begun.
    pub segments: u32,
    /// Records, of every kind.
    pub records: u64,
    /// Bytes of segments, first pages included.
    pub bytes: u64,
    /// The first record; 0 when there is none.
    pub first_seq: Seq,
    /// The last record; 0 when there is none.
    pub last_seq: Seq,
    /// When the first record was made.
    pub first_at: Nanos,
    /// When the last record was made.
    pub last_at: Nanos,
    /// How many of each kind that occurs, in the order of their numbers.
    pub kinds: Vec<(RecordKind, u64)>,
}

impl Stat {
    fn count(&mut self, record: &Record<'_>) {
        if self.records == 0 {
            (self.first_seq, self.first_at) = (record.seq, record.at);
        }
        (self.last_seq, self.last_at) = (record.seq, record.at);
        self.records += 1;
        self.bytes += size(record.payload.len()) as u64;
        match self.kinds.binary_search_by_key(&record.kind, |(kind, _)| *kind) {
            Ok(at) => self.kinds[at].1 += 1,
            Err(at) => self.kinds.insert(at, (record.kind, 1)),
        }
    }

    fn count_segments(&mut self, reader: &Reader) {
        self.segments = reader.walk().segment().map_or(0, |s| s.header.segment + 1);
        self.bytes += u64::from(self.segments) * RECORDS_AT as u64;
    }
}

/// What a check of every byte found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What was read up to the end, the tear or the damage.
    pub stat: Stat,
    /// Bytes that are not what was written: the journal must not be used (exit code 21).
    pub damage: Option<Damage>,
    /// A tail that never became whole, behind everything that was safe: a warning. A recovery cuts
    /// it.
    pub torn: Option<Damage>,
    /// Records at the end whose group was never closed; replay leaves them out and a recovery cuts
    /// them.
    pub open_records: u64,
    /// Whether the last record says that the process ended in order.
    pub sealed: bool,
}

impl Verified {
    /// Whether the journal may be used.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.damage.is_none()
    }
}

/// Checks every byte of the journal in `dir`: headers, watermarks, checksums, the chain, groups,
/// payloads, `session.json`. Damage is a result, not an error.
///
/// # Errors
/// [`JournalError::NotFound`], [`JournalError::NewerFormat`], [`JournalError::Io`].
pub fn verify(dir: &Path) -> Result<Verified, JournalError> {
    let mut reader = Reader::open(dir)?;
    let (mut stat, mut groups) = (Stat::default(), Groups::default());
    let mut result = read_all(&mut reader, &mut stat, &mut groups);
    if result.is_ok() {
        result = read_session_header(reader.walk()).map(drop);
    }
    let damage = match result {
        Ok(()) => None,
        Err(JournalError::Damaged(damage)) => Some(damage),
        Err(error) => return Err(error),
    };
    stat.count_segments(&reader);
    let torn = reader.torn().cloned();
    let sealed = groups.is_sealed();
    Ok(Verified { stat, damage, torn, open_records: groups.open_records(), sealed })
}

fn read_all(reader: &mut Reader, stat: &mut Stat, groups: &mut Groups) -> Result<(), JournalError> {
    loop {
        let Some(record) = reader.next()? else { return Ok(()) };
        stat.count(&record);
        let fits = codec::decode(&record).map_err(|_| Reason::Payload);
        if let Err(reason) = fits.and_then(|_| groups.take(&record)) {
            return Err(JournalError::Damaged(reader.walk().record_damage(reason)));
        }
    }
}

/// Counts what is in the journal in `dir`.
///
/// # Errors
/// As [`Reader::open`] and [`Reader::next`]: a damaged journal has no statistics.
pub fn stat(dir: &Path) -> Result<Stat, JournalError> {
    let (mut reader, mut stat) = (Reader::open(dir)?, Stat::default());
    while let Some(record) = reader.next()? {
        stat.count(&record);
    }
    stat.count_segments(&reader);
    Ok(stat)
}
