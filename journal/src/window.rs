//! A sliding view of a file, read in large pieces.
//!
//! Plain reads, not a map: a file that another process cuts then ends early instead of killing us.

use crate::error::{JournalError, Reason};
use crate::header::{RECORDS_AT, SegmentHeader};
use crate::packed::Packed;
use crate::record::{Chain, Found, examine};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PIECE: usize = 256 << 10;

/// A file and the piece of it that was read last.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    path: PathBuf,
    base: u64,
    piece: Vec<u8>,
    /// How to read it when it is compressed: every place is then one in the plain segment.
    packed: Option<Packed>,
}

impl Window {
    /// Opens a file; `None` when it is not there.
    pub(crate) fn open(path: PathBuf) -> Result<Option<Self>, JournalError> {
        match File::open(&path) {
            Ok(file) => Ok(Some(Self { file, path, base: 0, piece: Vec::new(), packed: None })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(JournalError::io("opening", &path, e)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on, reads the compressed segment behind this first page. `false` when it is not what
    /// was written.
    pub(crate) fn unpack(
        &mut self,
        page: &[u8; RECORDS_AT],
        header: &SegmentHeader,
    ) -> Result<bool, JournalError> {
        self.packed =
            Packed::open(&self.file, page, header).map_err(|e| self.error("reading", e))?;
        Ok(self.packed.is_some())
    }

    fn error(&self, doing: &'static str, error: std::io::Error) -> JournalError {
        JournalError::io(doing, &self.path, error)
    }

    /// Bytes in the file now; of the plain segment when it is compressed.
    pub(crate) fn len(&self) -> Result<u64, JournalError> {
        if let Some(packed) = &self.packed {
            return Ok(packed.len());
        }
        let meta = self.file.metadata();
        meta.map(|m| m.len()).map_err(|e| self.error("asking about", e))
    }

    /// The first page, zero where the file is shorter.
    pub(crate) fn first_page(&self) -> Result<Box<[u8; RECORDS_AT]>, JournalError> {
        let mut page = Box::new([0; RECORDS_AT]);
        self.fill_plain(0, page.as_mut_slice())?;
        Ok(page)
    }

    /// What stands at `at` in the piece that was read last. That no whole record does says nothing:
    /// then ask [`Window::examine`].
    #[inline]
    pub(crate) fn glance(&self, at: u64, room: u64, chain: Chain) -> Found {
        examine(self.piece_at(at), room, chain)
    }

    /// What stands at `at`. Looks at the file again before it says that no whole record does: the
    /// piece may be older than the record.
    pub(crate) fn examine(
        &mut self,
        at: u64,
        room: u64,
        chain: Chain,
    ) -> Result<Found, JournalError> {
        let found = self.glance(at, room, chain);
        if matches!(found, Found::Whole { .. }) {
            return Ok(found);
        }
        let mut want = self.packed.as_ref().map_or(PIECE, |packed| packed.rest_of_block(at));
        loop {
            self.load(at, want)?;
            match examine(&self.piece, room, chain) {
                Found::Needs(more) if more > want && self.piece.len() == want => want = more,
                found @ Found::Whole { .. } => return Ok(found),
                found => return self.explain(at, found),
            }
        }
    }

    /// Why no whole record is at `at`: where a block is bad, its records cannot be told of.
    fn explain(&self, at: u64, found: Found) -> Result<Found, JournalError> {
        let Some(packed) = &self.packed else { return Ok(found) };
        let whole = packed.is_whole_at(&self.file, at).map_err(|e| self.error("reading", e))?;
        Ok(if whole { found } else { Found::Bad(Reason::Block) })
    }

    /// Bytes that [`Window::examine`] has just judged to be there.
    #[inline]
    pub(crate) fn bytes(&self, at: u64, len: usize) -> &[u8] {
        &self.piece_at(at)[..len]
    }

    /// Everything from `at` to the end of the file.
    pub(crate) fn rest(&self, at: u64) -> Result<Vec<u8>, JournalError> {
        self.range(at, self.len()?)
    }

    /// The bytes of `from..to`, fewer where the file ends before.
    pub(crate) fn range(&self, from: u64, to: u64) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; to.saturating_sub(from) as usize];
        let filled = self.fill(from, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    #[inline]
    fn piece_at(&self, at: u64) -> &[u8] {
        let skip = at.checked_sub(self.base).and_then(|n| usize::try_from(n).ok());
        skip.and_then(|n| self.piece.get(n..)).unwrap_or_default()
    }

    fn load(&mut self, at: u64, want: usize) -> Result<(), JournalError> {
        let mut piece = std::mem::take(&mut self.piece);
        piece.resize(want, 0);
        let filled = self.fill(at, &mut piece)?;
        piece.truncate(filled);
        (self.base, self.piece) = (at, piece);
        Ok(())
    }

    /// Reads until `out` is full or the segment ends.
    fn fill(&self, at: u64, out: &mut [u8]) -> Result<usize, JournalError> {
        match &self.packed {
            Some(packed) => packed.fill(&self.file, at, out).map_err(|e| self.error("reading", e)),
            None => self.fill_plain(at, out),
        }
    }

    /// Reads the file as it is.
    fn fill_plain(&self, at: u64, out: &mut [u8]) -> Result<usize, JournalError> {
        let mut filled = 0;
        while filled < out.len() {
            match self.file.read_at(&mut out[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.error("reading", e)),
            }
        }
        Ok(filled)
    }
}
