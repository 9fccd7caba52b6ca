//! One segment as it lies on the disk and in memory: its durable file, its hot file, or both.

use crate::error::{Damage, JournalError, Reason};
use crate::folder::Folder;
use crate::header::{
    BLOCK, BootId, FORMAT_VERSION, HeaderError, PACKING_AT, RECORDS_AT, SegmentHeader, Watermark,
    stray_byte,
};
use crate::record::{Chain, Found};
use crate::window::Window;

/// The segment the walker is in.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) header: SegmentHeader,
    durable: Option<Window>,
    mark: Watermark,
    hot: Option<Window>,
    /// Where the next record should be.
    pub(crate) offset: u64,
    /// Where the durable file stopped and the hot one took over.
    pub(crate) hot_from: Option<u64>,
}

/// Opens segments; knows which memory is worth anything.
#[derive(Debug)]
pub(super) struct Opener {
    pub(super) folder: Folder,
    pub(super) boot: BootId,
}

impl Opener {
    /// Opens a segment if it was begun: its durable file, its hot file, or both.
    pub(super) fn open(&self, number: u32) -> Result<Option<Segment>, JournalError> {
        // The hot file first: it is removed only when the durable one is complete.
        let hot = self.open_hot(number)?;
        let mut begun = None;
        if let Some(durable) = Window::open(self.folder.durable(number))?
            && durable.len()? > 0
        {
            begun = match first_page(&durable, number)? {
                Some((header, mark)) if header.compressed => {
                    Some((header, mark, unpacked(durable, &header, mark)?))
                }
                page => page.map(|(header, mark)| (header, mark, durable)),
            };
        }
        Ok(match (begun, hot) {
            (Some((header, mark, durable)), hot) => {
                let hot = hot.filter(|(h, _)| *h == header).map(|(_, window)| window);
                Some(Segment::new(header, Some(durable), mark, hot))
            }
            // No durable file yet, or its first page never became whole.
            (None, hot) => {
                hot.map(|(header, hot)| Segment::new(header, None, Watermark::default(), Some(hot)))
            }
        })
    }

    fn open_hot(&self, number: u32) -> Result<Option<(SegmentHeader, Window)>, JournalError> {
        let Some(dir) = self.folder.hot_dir() else { return Ok(None) };
        let Some(window) = Window::open(Folder::hot_in(&dir, number))? else { return Ok(None) };
        let page = window.first_page()?;
        let header = SegmentHeader::from_bytes(page.as_slice()).ok();
        let ours = header.filter(|h| h.boot == self.boot && h.segment == number);
        Ok(ours.map(|header| (header, window)))
    }
}

/// Header and watermark of a durable file; `None` when its first page is torn.
pub(crate) fn first_page(
    window: &Window,
    number: u32,
) -> Result<Option<(SegmentHeader, Watermark)>, JournalError> {
    let page = window.first_page()?;
    let damage = |offset, reason| {
        Err(JournalError::Damaged(Damage { segment: number, offset, seq: 0, reason }))
    };
    let header = match SegmentHeader::from_bytes(page.as_slice()) {
        Ok(header) => header,
        Err(HeaderError::Newer(version)) => {
            let path = window.path().to_owned();
            return Err(JournalError::NewerFormat { path, version, known: FORMAT_VERSION });
        }
        // Records and slots are written after the first page was synced: with either of them
        // there, it was whole once.
        Err(HeaderError::Damaged) => {
            let begun = window.len()? > RECORDS_AT as u64 || page[BLOCK..].iter().any(|&b| b != 0);
            return if begun { damage(0, Reason::Header) } else { Ok(None) };
        }
    };
    // Without a record the chain says nothing of the number: the next life would begin behind it.
    if header.segment != number {
        return damage(16, Reason::Header);
    }
    if let Some(at) = stray_byte(&page, header.compressed) {
        return damage(at as u64, Reason::NotZero);
    }
    // A slot may be read while it is written: a second look is never torn in the same way.
    let mark = Watermark::read(&page, header.crc())
        .or_else(|_| Watermark::read(&window.first_page().unwrap_or(page), header.crc()));
    match mark {
        Ok(mark) => Ok(Some((header, mark))),
        Err((at, reason)) => damage(at as u64, reason),
    }
}

/// Makes a compressed segment readable. It was whole before it got its name.
fn unpacked(
    mut window: Window,
    header: &SegmentHeader,
    mark: Watermark,
) -> Result<Window, JournalError> {
    let page = window.first_page()?;
    let whole = window.unpack(&page, header)? && mark.complete && mark.synced == window.len()?;
    if whole {
        return Ok(window);
    }
    let (segment, offset, reason) = (header.segment, PACKING_AT as u64, Reason::Packing);
    Err(JournalError::Damaged(Damage { segment, offset, seq: 0, reason }))
}

impl Segment {
    fn new(
        header: SegmentHeader,
        durable: Option<Window>,
        mark: Watermark,
        hot: Option<Window>,
    ) -> Self {
        let hot_from = durable.is_none().then_some(RECORDS_AT as u64);
        Self { header, durable, mark, hot, offset: RECORDS_AT as u64, hot_from }
    }

    /// The file that the walk reads from at present.
    #[inline]
    pub(super) fn source(&self) -> Option<&Window> {
        if self.hot_from.is_some() { self.hot.as_ref() } else { self.durable.as_ref() }
    }

    /// What stands at the present offset, as far as it was read. That no whole record does says
    /// nothing: then [look](Segment::look).
    #[inline]
    pub(super) fn glance(&self, chain: Chain) -> Found {
        self.source().map_or(Found::Nothing, |w| w.glance(self.offset, self.room(), chain))
    }

    /// Bytes that it can hold from the present offset on.
    #[inline]
    fn room(&self) -> u64 {
        u64::from(self.header.capacity).saturating_sub(self.offset)
    }

    /// What stands at the present offset. Changes over to the hot file where the durable one ends,
    /// but never to paper over bytes that were synced.
    pub(super) fn look(&mut self, chain: Chain) -> Result<Found, JournalError> {
        let room = self.room();
        if self.hot_from.is_none()
            && let Some(durable) = &mut self.durable
        {
            let found = durable.examine(self.offset, room, chain)?;
            let done = matches!(found, Found::Whole { .. });
            if done || self.hot.is_none() || self.offset < self.mark.synced {
                return Ok(found);
            }
            self.hot_from = Some(self.offset);
        }
        match &mut self.hot {
            Some(hot) => hot.examine(self.offset, room, chain),
            None => Ok(Found::Nothing),
        }
    }

    /// Whether it has no durable file yet.
    pub(super) fn is_hot_only(&self) -> bool {
        self.durable.is_none()
    }

    /// The watermark as it was when the segment was entered.
    pub(crate) fn mark(&self) -> Watermark {
        self.mark
    }

    /// Bytes of its durable file, if it has one.
    pub(crate) fn durable_len(&self) -> Result<Option<u64>, JournalError> {
        self.durable.as_ref().map(Window::len).transpose()
    }

    /// Whether nothing at all stands behind the last record. In a hot file something may: the end
    /// mark, or what a killed writer had begun.
    pub(super) fn ends_here(&self) -> Result<bool, JournalError> {
        match &self.durable {
            Some(durable) if self.hot_from.is_none() => Ok(durable.len()? == self.offset),
            _ => Ok(true),
        }
    }

    /// The watermark as it is now.
    pub(super) fn newest_mark(&self) -> Result<Watermark, JournalError> {
        let Some(durable) = &self.durable else { return Ok(Watermark::default()) };
        let page = durable.first_page()?;
        Ok(Watermark::read(&page, self.header.crc()).unwrap_or(self.mark))
    }
}
