//! Walking over all records of a journal in order, and judging the place where it ends.
//!
//! The one way in which reader, follower, verifier and recovery see the bytes: durable segments
//! first, the hot tail of this boot behind them.
//!
//! *Invariant:* never writes. *Invariant:* total: any bytes lead to a record, an end, or damage.

use crate::error::{Damage, JournalError, Reason};
use crate::folder::Folder;
use crate::header::BootId;
use crate::record::{ALIGN, Chain, Found, HEADER, Record, RecordHeader, find_whole};
use crate::window::Window;
use st0ck_types::record::RecordKind;
use st0ck_types::{Nanos, Seq};

mod place;
#[cfg(test)]
mod proofs;
mod segment;

pub(crate) use place::newest_carry;
pub(crate) use segment::first_page;
use segment::{Opener, Segment};

/// Stands on one record after the other.
#[derive(Debug)]
pub(crate) struct Walk {
    opener: Opener,
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

impl Segment {
    /// Goes past a record. Where it stands, and what the next one must continue.
    #[inline]
    fn pass(
        &mut self,
        total: usize,
        header: RecordHeader,
        kind: RecordKind,
    ) -> (Option<Here>, Chain) {
        let here = Here { offset: self.offset, header, kind };
        self.offset += total as u64;
        (Some(here), Chain { next_seq: header.seq.saturating_add(1), last_crc: header.crc })
    }
}

impl Walk {
    /// Before the first record.
    pub(crate) fn begin(folder: Folder) -> Self {
        let opener = Opener { folder, boot: BootId::current() };
        Self { opener, segment: None, next_segment: 0, chain: Chain::START, here: None }
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.opener.folder
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
    #[inline]
    pub(crate) fn record(&self) -> Option<Record<'_>> {
        let (here, segment) = (self.here?, self.segment.as_ref()?);
        let at = here.offset + HEADER as u64;
        let payload = segment.source()?.bytes(at, here.header.len as usize);
        let RecordHeader { seq, at, flags, .. } = here.header;
        Some(Record { seq: Seq(seq), at: Nanos(at), kind: here.kind, flags, payload })
    }

    /// The record under the walker: where it stands, and its header.
    pub(crate) fn here(&self) -> Option<(u64, &RecordHeader)> {
        self.here.as_ref().map(|here| (here.offset, &here.header))
    }

    /// When the record under the walker was made.
    pub(crate) fn stamp(&self) -> Option<Nanos> {
        self.here.map(|here| Nanos(here.header.at))
    }

    /// Goes to the next record.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where the bytes prove it at once, [`JournalError::NewerFormat`],
    /// [`JournalError::Rewritten`], [`JournalError::Io`].
    #[inline]
    pub(crate) fn step(&mut self) -> Result<Step, JournalError> {
        if let Some(segment) = &mut self.segment
            && let Found::Whole { total, header, kind } = segment.glance(self.chain)
        {
            (self.here, self.chain) = segment.pass(total, header, kind);
            return Ok(Step::Record);
        }
        self.step_further()
    }

    /// [`Walk::step`] where the next record was not read yet, or stands in the next segment.
    #[cold]
    #[inline(never)]
    fn step_further(&mut self) -> Result<Step, JournalError> {
        self.here = None;
        loop {
            let stop = match &mut self.segment {
                None => Reason::Missing,
                Some(segment) => match segment.look(self.chain)? {
                    Found::Whole { total, header, kind } => {
                        (self.here, self.chain) = segment.pass(total, header, kind);
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
        let Some(next) = self.opener.open(self.next_segment)? else { return Ok(false) };
        let promised = next.header.chain;
        if promised != self.chain {
            return self.judge_sequel(&next, stop);
        }
        if let Some(segment) = &self.segment {
            if stop != Reason::Missing || !segment.ends_here()? {
                return Err(self.damaged(stop));
            }
            let same = segment.header.may_precede(&next.header);
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
    #[cold]
    pub(crate) fn judge(&mut self, reason: Reason) -> Result<End, JournalError> {
        let Some(segment) = &self.segment else { return self.judge_first(reason) };
        let begun_badly = self.begun_badly()?;
        if segment.offset < segment.newest_mark()?.synced {
            // A live keeper may have synced more since the last look.
            return self.judge_again(reason);
        }
        let Some(source) = segment.source() else { return Ok(End::Clean) };
        let rest = source.rest(segment.offset)?;
        let same_boot = segment.header.boot == self.opener.boot;
        let follows =
            rest.get(ALIGN..).and_then(|r| find_whole(r, self.chain.next_seq.saturating_add(1)));
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

    /// There ought to be a record here: damage, unless the writer is alive and it became whole while
    /// we looked on.
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
        let (next, segments) = (self.next_segment, self.opener.folder.segments()?);
        if segments > next + 1 {
            return Err(self.damaged_header(next, 0, Reason::Header));
        }
        match Window::open(self.opener.folder.durable(next))? {
            Some(window) => Ok(window.len()? > 0),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JournalConfig, Session, SessionHeader, SyncPolicy};
    use st0ck_runtime::Agent;
    use st0ck_types::{Epoch, Nonce, Recorder};

    const EPOCH: Epoch = Epoch(7);

    fn header() -> SessionHeader {
        let (nonce, epoch) = (Nonce(*b"7k"), EPOCH);
        SessionHeader { nonce, account_hash: 1, epoch, build_hash: 2, config_hash: 3 }
    }

    /// Goes on to where there is no further record.
    fn read_on(walk: &mut Walk) -> Result<Reason, JournalError> {
        loop {
            if let Step::Stop(reason) = walk.step()? {
                return Ok(reason);
            }
        }
    }

    #[test]
    fn records_synced_between_the_last_look_and_the_verdict_are_no_damage() {
        let (disk, hot) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let hot_dirs = vec![hot.path().to_owned()];
        let config =
            JournalConfig { hot_dirs, sync: SyncPolicy::EachBatch, ..JournalConfig::small() };
        let session = Session::create(disk.path(), header(), b"{}", &config).unwrap();
        let (mut writer, mut keeper) = (session.writer, session.keeper);
        let mut write = |seqs: std::ops::Range<u64>| {
            seqs.for_each(|seq| writer.hash(Seq(seq), Nanos(0), seq));
            while keeper.do_work() > 0 {}
        };
        write(1..4);
        let mut walk = Walk::begin(Folder::find(disk.path()).unwrap());
        let reason = read_on(&mut walk).unwrap();
        write(4..7);
        assert_eq!(walk.judge(reason).unwrap(), End::NotYet);
        assert_eq!(walk.record().map(|record| record.seq), None);
        let rest = std::iter::from_fn(|| (walk.step().unwrap() == Step::Record).then_some(()));
        assert_eq!(rest.count(), 3);
        assert_eq!(walk.judge(reason).unwrap(), End::Clean);
    }

    /// What follows a reader's segment, behind three records that it has read, when the next segment
    /// says that it continues `promised` and is of that process life.
    fn sequel(promised: impl Fn(Chain) -> Chain, epoch: Epoch) -> JournalError {
        let (disk, hot) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let config =
            JournalConfig { hot_dirs: vec![hot.path().to_owned()], ..JournalConfig::small() };
        let mut session = Session::create(disk.path(), header(), b"{}", &config).unwrap();
        (1..4).for_each(|seq| session.writer.hash(Seq(seq), Nanos(0), seq));
        session.keeper.do_work();
        let folder = Folder::find(disk.path()).unwrap();
        let mut walk = Walk::begin(folder.clone());
        read_on(&mut walk).unwrap();
        let mut next = walk.segment().unwrap().header;
        (next.segment, next.chain, next.session.epoch) = (1, promised(walk.chain()), epoch);
        std::fs::write(folder.durable(1), next.to_page()).unwrap();
        read_on(&mut walk).unwrap_err()
    }

    #[test]
    fn records_were_taken_back_only_if_a_later_life_goes_on_before_them() {
        let before = |chain: Chain| Chain { next_seq: chain.next_seq - 1, ..chain };
        let another = |chain: Chain| Chain { last_crc: !chain.last_crc, ..chain };
        let later = Epoch(EPOCH.0 + 1);
        let taken_back = sequel(before, later);
        assert!(matches!(taken_back, JournalError::Rewritten { from: 3 }), "{taken_back}");
        // By the same life; or in place of the last record, which no recovery does.
        for damaged in [sequel(before, EPOCH), sequel(another, later)] {
            assert!(matches!(damaged, JournalError::Damaged(_)), "{damaged}");
        }
    }
}
