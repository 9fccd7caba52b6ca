//! Walking over all records of a journal in order, and judging the place where it ends.
//!
//! The one way in which reader, follower, verifier and recovery see the bytes: durable segments
//! first, the hot tail of this boot behind them.
//!
//! *Invariant:* never writes. *Invariant:* total: any bytes lead to a record, an end, or damage.

use crate::error::{Damage, JournalError, Reason};
use crate::folder::Folder;
use crate::header::{
    BLOCK, BootId, FORMAT_VERSION, HeaderError, RECORDS_AT, SegmentHeader, Watermark, stray_byte,
};
use crate::record::{ALIGN, Chain, Found, HEADER, Record, RecordHeader, find_whole};
use crate::window::Window;
use st0ck_types::record::RecordKind;
use st0ck_types::{Nanos, Seq};

/// Stands on one record after the other.
#[derive(Debug)]
pub(crate) struct Walk {
    folder: Folder,
    boot: BootId,
    segment: Option<Segment>,
    next_segment: u32,
    chain: Chain,
    here: Option<Here>,
}

/// The record under the walker.
#[derive(Debug, Clone, Copy)]
struct Here {
    offset: u64,
    header: RecordHeader,
    kind: RecordKind,
}

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

/// One step of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is a record: see [`Walk::record`].
    Record,
    /// There is none (yet), for this reason.
    Stop(Reason),
}

/// What is known about the place where a walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Behind a whole record; nothing more was written.
    Clean,
    /// In something that never became whole.
    Torn(Damage),
    /// Not the end after all: more was written meanwhile.
    NotYet,
}

impl Walk {
    /// Before the first record.
    pub(crate) fn begin(folder: Folder) -> Self {
        let boot = BootId::current();
        Self { folder, boot, segment: None, next_segment: 0, chain: Chain::START, here: None }
    }

    /// Before the first record of the segment that holds `seq`, or of the last segment before it.
    pub(crate) fn begin_near(folder: Folder, seq: u64) -> Result<Self, JournalError> {
        let mut walk = Self::begin(folder);
        let mut near = None;
        while let Some(next) = walk.open_segment(walk.next_segment)? {
            if near.is_some() && next.header.chain.next_seq > seq {
                break;
            }
            walk.next_segment += 1;
            walk.chain = next.header.chain;
            near = Some(next);
        }
        walk.segment = near;
        Ok(walk)
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The segment walked in, once there is one.
    pub(crate) fn segment(&self) -> Option<&Segment> {
        self.segment.as_ref()
    }

    /// What the next record must continue.
    pub(crate) fn chain(&self) -> Chain {
        self.chain
    }

    /// The record under the walker.
    pub(crate) fn record(&self) -> Option<Record<'_>> {
        let (here, segment) = (self.here?, self.segment.as_ref()?);
        let at = here.offset + HEADER as u64;
        let payload = segment.source()?.bytes(at, here.header.len as usize);
        let RecordHeader { seq, at, flags, .. } = here.header;
        Some(Record { seq: Seq(seq), at: Nanos(at), kind: here.kind, flags, payload })
    }

    /// Goes to the next record.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where the bytes prove it at once, [`JournalError::NewerFormat`],
    /// [`JournalError::Rewritten`], [`JournalError::Io`].
    pub(crate) fn step(&mut self) -> Result<Step, JournalError> {
        self.here = None;
        loop {
            let stop = match &mut self.segment {
                None => Reason::Missing,
                Some(segment) => match segment.look(self.chain)? {
                    Found::Whole { total, header, kind } => {
                        self.here = Some(Here { offset: segment.offset, header, kind });
                        segment.offset += total as u64;
                        self.chain = Chain { next_seq: header.seq + 1, last_crc: header.crc };
                        return Ok(Step::Record);
                    }
                    Found::Nothing | Found::EndMark => Reason::Missing,
                    Found::Needs(_) => Reason::CutShort,
                    Found::Bad(reason) => reason,
                },
            };
            if !self.enter_next(stop)? {
                return Ok(Step::Stop(stop));
            }
        }
    }

    /// Enters the segment behind this one, if it was begun.
    fn enter_next(&mut self, stop: Reason) -> Result<bool, JournalError> {
        let Some(next) = self.open_segment(self.next_segment)? else { return Ok(false) };
        let promised = next.header.chain;
        if promised != self.chain {
            return self.judge_sequel(&next, stop);
        }
        if let Some(segment) = &self.segment {
            if stop != Reason::Missing || !segment.ends_here()? {
                return Err(self.damaged(stop));
            }
            let (old, new) = (&segment.header, &next.header);
            let same = old.session.nonce == new.session.nonce
                && old.session.account_hash == new.session.account_hash
                && old.text == new.text
                && old.session.epoch <= new.session.epoch;
            if !same || next.header.segment != self.next_segment {
                return Err(self.damaged_header(self.next_segment, 0, Reason::Sequel));
            }
        }
        self.segment = Some(next);
        self.next_segment += 1;
        Ok(true)
    }

    /// The next segment does not continue from here. Either this one goes on after all, or its end
    /// was cut by a recovery since we read it, or bytes are gone.
    fn judge_sequel(&mut self, next: &Segment, stop: Reason) -> Result<bool, JournalError> {
        let (promised, chain) = (next.header.chain, self.chain);
        let Some(segment) = &mut self.segment else {
            return Err(self.damaged_header(self.next_segment, 24, Reason::Sequel));
        };
        if matches!(segment.look(chain)?, Found::Whole { .. }) {
            return Ok(true);
        }
        if promised.next_seq < chain.next_seq
            && next.header.session.epoch > segment.header.session.epoch
        {
            return Err(JournalError::Rewritten { from: promised.next_seq });
        }
        Err(self.damaged(stop))
    }

    /// Opens a segment if it was begun: its durable file, its hot file, or both.
    fn open_segment(&self, number: u32) -> Result<Option<Segment>, JournalError> {
        // The hot file first: it is removed only when the durable one is complete.
        let hot = self.open_hot(number)?;
        let mut begun = None;
        if let Some(durable) = Window::open(self.folder.durable(number))?
            && durable.len()? > 0
        {
            let page = self.read_first_page(&durable, number)?;
            begun = page.map(|(header, mark)| (header, mark, durable));
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

    /// Header and watermark of a durable file; `None` when its first page is torn.
    fn read_first_page(
        &self,
        window: &Window,
        number: u32,
    ) -> Result<Option<(SegmentHeader, Watermark)>, JournalError> {
        let page = window.first_page()?;
        let damage = |offset, reason| Err(self.damaged_header(number, offset, reason));
        let header = match SegmentHeader::from_bytes(page.as_slice()) {
            Ok(header) => header,
            Err(HeaderError::Newer(version)) => {
                let path = window.path().to_owned();
                return Err(JournalError::NewerFormat { path, version, known: FORMAT_VERSION });
            }
            // Records and slots are written after the first page was synced: with either of them
            // there, it was whole once.
            Err(HeaderError::Damaged) => {
                let begun =
                    window.len()? > RECORDS_AT as u64 || page[BLOCK..].iter().any(|&b| b != 0);
                return if begun { damage(0, Reason::Header) } else { Ok(None) };
            }
        };
        if let Some(at) = stray_byte(&page) {
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

    fn damaged_header(&self, segment: u32, offset: u64, reason: Reason) -> JournalError {
        JournalError::Damaged(Damage { segment, offset, seq: self.chain.next_seq, reason })
    }

    fn damaged(&self, reason: Reason) -> JournalError {
        JournalError::Damaged(self.place(reason))
    }

    /// Damage in the record under the walker.
    pub(crate) fn record_damage(&self, reason: Reason) -> Damage {
        match self.here {
            Some(here) => {
                Damage { offset: here.offset, seq: here.header.seq, ..self.place(reason) }
            }
            None => self.place(reason),
        }
    }

    /// `session.json` is not the one that the header block (its field at 92) promises.
    pub(crate) fn session_header_damage(&self) -> Damage {
        Damage { offset: 92, seq: 0, ..self.place(Reason::SessionHeader) }
    }

    fn place(&self, reason: Reason) -> Damage {
        let segment = self.segment.as_ref();
        Damage {
            segment: segment.map_or(self.next_segment, |s| s.header.segment),
            offset: segment.map_or(0, |s| s.offset),
            seq: self.chain.next_seq,
            reason,
        }
    }

    /// Judges the place where the walk stopped for `reason`.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when something that was whole is not any more.
    pub(crate) fn judge(&mut self, reason: Reason) -> Result<End, JournalError> {
        let Some(segment) = &self.segment else { return self.judge_first(reason) };
        let begun_badly = self.begun_badly()?;
        if segment.offset < segment.newest_mark()?.synced {
            return Err(self.damaged(reason));
        }
        let Some(source) = segment.source() else { return Ok(End::Clean) };
        let rest = source.rest(segment.offset)?;
        let same_boot = segment.header.boot == self.boot;
        let follows = rest.get(ALIGN..).and_then(|r| find_whole(r, self.chain.next_seq + 1));
        if same_boot && follows.is_some() {
            return self.judge_again(reason);
        }
        if begun_badly {
            let (segment, seq) = (self.next_segment, self.chain.next_seq);
            return Ok(End::Torn(Damage { segment, offset: 0, seq, reason: Reason::Header }));
        }
        let unwritten = segment.hot_from.is_some() && reason == Reason::Missing;
        if unwritten || rest.iter().all(|&b| b == 0) {
            return Ok(End::Clean);
        }
        Ok(End::Torn(self.place(reason)))
    }

    /// A whole record stands behind a bad one: damage, unless the writer is alive and the bad one
    /// became whole while we looked on.
    fn judge_again(&mut self, reason: Reason) -> Result<End, JournalError> {
        let chain = self.chain;
        if let Some(segment) = &mut self.segment
            && matches!(segment.look(chain)?, Found::Whole { .. })
        {
            return Ok(End::NotYet);
        }
        Err(self.damaged(reason))
    }

    /// There is no first segment.
    fn judge_first(&self, reason: Reason) -> Result<End, JournalError> {
        Ok(if self.begun_badly()? { End::Torn(self.place(reason)) } else { End::Clean })
    }

    /// Whether the next segment's file has bytes that never became a first page.
    fn begun_badly(&self) -> Result<bool, JournalError> {
        let (next, segments) = (self.next_segment, self.folder.segments()?);
        if segments > next + 1 {
            return Err(self.damaged_header(next, 0, Reason::Header));
        }
        match Window::open(self.folder.durable(next))? {
            Some(window) => Ok(window.len()? > 0),
            None => Ok(false),
        }
    }
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
    pub(crate) fn source(&self) -> Option<&Window> {
        if self.hot_from.is_some() { self.hot.as_ref() } else { self.durable.as_ref() }
    }

    /// What stands at the present offset. Changes over to the hot file where the durable one ends,
    /// but never to paper over bytes that were synced.
    fn look(&mut self, chain: Chain) -> Result<Found, JournalError> {
        let room = u64::from(self.header.capacity).saturating_sub(self.offset);
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
    fn ends_here(&self) -> Result<bool, JournalError> {
        match &self.durable {
            Some(durable) if self.hot_from.is_none() => Ok(durable.len()? == self.offset),
            _ => Ok(true),
        }
    }

    /// The watermark as it is now.
    fn newest_mark(&self) -> Result<Watermark, JournalError> {
        let Some(durable) = &self.durable else { return Ok(Watermark::default()) };
        let page = durable.first_page()?;
        Ok(Watermark::read(&page, self.header.crc()).unwrap_or(self.mark))
    }
}
