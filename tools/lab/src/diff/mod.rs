//! Two sessions held against each other, record by record: for `st0ck journal diff`.
//!
//! A [`Mask`] takes out what two equal runs need not share; what is left must be the same. Records are
//! compared in their order, and the first that differs is told. Behind it nothing lines up any more, so
//! the rest is told by counts of kinds and by [`Orders`]: those in one session only, and those changed.
//!
//! *Invariant:* reads, and decides nothing: no engine is built.

mod mask;
mod orders;

pub use mask::Mask;
pub use orders::{Changed, Matching, Orders};

use crate::groups::LabError;
use crate::header::{HeaderError, SessionHeader};
use st0ck_journal::{Body, Reader, decode};
use st0ck_types::record::RecordKind;
use st0ck_types::{OrderRequest, Output, Seq};
use std::path::Path;

/// Records between two calls of the progress watcher.
const STRIDE: u64 = 4096;

/// Why two sessions cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// One of the journals.
    #[error("{path}: {error}")]
    Journal {
        /// Which session folder.
        path: String,
        /// Why.
        error: LabError,
    },
    /// One of the headers.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// What comparing two sessions found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Records of each.
    pub records: [u64; 2],
    /// The first record that differs, or that one of them does not have.
    pub first: Option<Seq>,
    /// Kinds that either has, with the records of each.
    pub kinds: Vec<(RecordKind, [u64; 2])>,
    /// Orders that are not the same.
    pub orders: Orders,
}

impl Diff {
    /// Whether every record is the same, as far as the mask lets see.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.first.is_none()
    }
}

/// One side while it is read.
struct Side {
    path: String,
    reader: Reader,
    records: u64,
    kinds: Vec<u64>,
    orders: Vec<OrderRequest>,
}

/// What is compared of a record: all of it, in an owned and masked form.
#[derive(PartialEq)]
struct Sight {
    at: i64,
    kind: RecordKind,
    body: mask::Masked,
}

impl Side {
    fn open(dir: &Path) -> Result<Self, DiffError> {
        let path = dir.display().to_string();
        let kinds = vec![0; RecordKind::ALL.len()];
        match Reader::open(dir) {
            Ok(reader) => Ok(Self { path, reader, records: 0, kinds, orders: Vec::new() }),
            Err(error) => Err(DiffError::Journal { path, error: error.into() }),
        }
    }

    fn next(&mut self, mask: Mask) -> Result<Option<Sight>, DiffError> {
        let path = &self.path;
        let fail = |error: LabError| DiffError::Journal { path: path.clone(), error };
        let Some(record) = self.reader.next().map_err(|e| fail(e.into()))? else {
            return Ok(None);
        };
        self.records += 1;
        if let Some(place) = RecordKind::ALL.iter().position(|&kind| kind == record.kind) {
            self.kinds[place] += 1;
        }
        let words = |e: st0ck_journal::DecodeError| e.to_string();
        let body = decode(&record)
            .map_err(|e| fail(LabError::Payload { seq: record.seq.0, words: words(e) }))?;
        if let Body::Output(Output::Order(order)) = &body {
            self.orders.push(*order);
        }
        let at = if mask.stamps { 0 } else { record.at.0 };
        Ok(Some(Sight { at, kind: record.kind, body: mask.apply(&body) }))
    }
}

/// Compares two session folders. `progress` is told now and then how many records of the first were
/// read.
///
/// # Errors
/// [`DiffError`] names the folder that cannot be read; a difference is a result, not an error.
pub fn diff(
    a: &Path,
    b: &Path,
    mask: Mask,
    progress: &mut dyn FnMut(u64),
) -> Result<Diff, DiffError> {
    let matching = matching(a, b)?;
    let (mut left, mut right) = (Side::open(a)?, Side::open(b)?);
    let mut first = None;
    loop {
        let pair = (left.next(mask)?, right.next(mask)?);
        if pair == (None, None) {
            break;
        }
        let seq = left.records.max(right.records);
        if pair.0 != pair.1 {
            first.get_or_insert(Seq(seq));
        }
        if seq % STRIDE == 0 {
            progress(left.records);
        }
    }
    let counts = left.kinds.iter().zip(&right.kinds).map(|(&l, &r)| [l, r]);
    let kinds = RecordKind::ALL.iter().copied().zip(counts).filter(|(_, n)| n[0] + n[1] > 0);
    Ok(Diff {
        records: [left.records, right.records],
        first,
        kinds: kinds.collect(),
        orders: orders::compare(&left.orders, &right.orders, matching, mask),
    })
}

/// Orders of two recorded days are the same order when they were decided at the same moment of that
/// day; where the wall clock stamped them no two moments are the same, and their ordinal has to do.
fn matching(a: &Path, b: &Path) -> Result<Matching, DiffError> {
    let (a, b) = (SessionHeader::vouched(a)?, SessionHeader::vouched(b)?);
    let recorded = a.clock == "feed" && b.clock == "feed" && a.date == b.date;
    Ok(if recorded { Matching::Moment } else { Matching::Ordinal })
}
