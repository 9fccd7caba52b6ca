//! The journal's other thread: carries what the core wrote from memory to the disk.
//!
//! Each cycle it looks for new records, appends them to the durable file, syncs when the policy says
//! so, and prepares the next hot segment before the core needs it. When a segment is complete it
//! writes its index, and when nothing is due it compresses what is sealed.
//!
//! *Invariant:* the core never waits for it. When the disk is full it keeps trying and says so; when
//! a sync fails it stops for good and says so.
//! *Invariant:* a durable segment is begun only after the one before it is complete and synced.

use crate::config::{JournalConfig, SyncPolicy};
use crate::disk::{Disk, MachineDisk};
use crate::durable::Durable;
use crate::error::JournalError;
use crate::folder::Folder;
use crate::header::{RECORDS_AT, SegmentHeader, Tip};
use crate::index::Index;
use crate::lock::Lock;
use crate::quota::Watch;
use crate::sealed::Sealed;
use crate::segment::{self, Advance, HotView, HotWriter};
use crate::status::JournalStatus;
use st0ck_runtime::{Agent, Tx};
use st0ck_types::record::RecordKind;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Under `every N ms` and `none`, records wait for one another this long before they are copied.
const COPY_EVERY: Duration = Duration::from_millis(20);
/// … or until there are this many bytes of them.
const COPY_BYTES: usize = 256 << 10;
/// How long a full disk is left alone before it is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(250);

/// A hot segment and its durable file.
#[derive(Debug)]
struct Pair {
    view: HotView,
    durable: Durable,
    tip: Tip,
    index: Index,
}

/// Copies, syncs, prepares. Run it as an agent on a thread of its own.
#[derive(Debug)]
pub struct Keeper {
    folder: Folder,
    config: JournalConfig,
    hot_dir: PathBuf,
    segment: u32,
    current: Pair,
    next: Option<(HotView, Durable)>,
    disk: Arc<dyn Disk>,
    quota: Watch,
    sealed: Sealed,
    hand_over: Tx<HotWriter>,
    /// Segments that the writer left. Their maps are ours to unmap, not the core's.
    retired: Vec<HotView>,
    status: JournalStatus,
    copied_at: Instant,
    /// When the disk was full: not before this.
    copy_again_at: Option<Instant>,
    prepare_again_at: Option<Instant>,
    closed: bool,
    _lock: Arc<Lock>,
}

/// What a keeper is made of; see [`crate::session`].
pub(crate) struct KeeperParts {
    pub(crate) folder: Folder,
    pub(crate) config: JournalConfig,
    pub(crate) hot_dir: PathBuf,
    pub(crate) segment: u32,
    pub(crate) view: HotView,
    pub(crate) durable: Durable,
    pub(crate) hand_over: Tx<HotWriter>,
    pub(crate) status: JournalStatus,
    pub(crate) lock: Arc<Lock>,
}

impl Keeper {
    /// The first segment's header must have been written already.
    pub(crate) fn begin(parts: KeeperParts) -> Result<Self, JournalError> {
        let KeeperParts {
            folder,
            config,
            hot_dir,
            segment,
            view,
            durable,
            hand_over,
            status,
            lock,
        } = parts;
        let (tip, index) = (Tip::default(), Index::for_capacity(config.segment_bytes));
        let sealed = Sealed::new(folder.clone(), segment, config.compress);
        let quota = Watch::new(config.quota.clone());
        let mut keeper = Self {
            folder,
            config,
            hot_dir,
            segment,
            current: Pair { view, durable, tip, index },
            next: None,
            disk: Arc::new(MachineDisk),
            quota,
            sealed,
            hand_over,
            retired: Vec::new(),
            status,
            copied_at: Instant::now(),
            copy_again_at: None,
            prepare_again_at: None,
            closed: false,
            _lock: lock,
        };
        keeper.copy()?;
        Ok(keeper)
    }

    /// Writes to another disk from now on: for tests of disks that fail.
    pub fn set_disk(&mut self, disk: Arc<dyn Disk>) {
        self.current.durable.set_disk(Arc::clone(&disk));
        if let Some((_, durable)) = &mut self.next {
            durable.set_disk(Arc::clone(&disk));
        }
        self.disk = disk;
    }

    /// The journal's health.
    #[must_use]
    pub fn status(&self) -> &JournalStatus {
        &self.status
    }

    /// Copies and syncs everything, and ends the durable file when the writer is gone. Idempotent.
    ///
    /// # Errors
    /// When the disk refused; the hot segments are then left for a recovery.
    pub fn close(&mut self) -> Result<(), JournalError> {
        if self.closed {
            return Ok(());
        }
        // Asked before the last look: a record published afterwards would be missed otherwise.
        let writer_left = self.status.has_writer_left();
        while self.copy()? || self.change_segment()? {}
        let last = self.current.view.last();
        if !writer_left && last.is_none_or(|(_, last)| last.kind != RecordKind::Seal as u16) {
            return self.sync();
        }
        self.complete_current()?;
        if let Some((_, spare)) = self.next.take() {
            spare.discard()?;
        }
        self.folder.forget_hot()?;
        self.closed = true;
        Ok(())
    }

    /// Copies and syncs what is due, and follows the writer into the next segment.
    fn carry(&mut self, now: Instant) -> Result<u32, JournalError> {
        let ended = self.look();
        if !ended && !self.is_copy_due(now) {
            return Ok(0);
        }
        let copied = self.copy()?;
        self.copied_at = now;
        if self.config.sync != SyncPolicy::None && self.current.durable.unsynced() > 0 {
            self.sync()?;
        }
        Ok(u32::from(copied) + u32::from(ended && self.change_segment()?))
    }

    /// Walks over new records. `true` when the writer went on to the next segment.
    fn look(&mut self) -> bool {
        loop {
            let Pair { view, index, .. } = &mut self.current;
            match view.advance() {
                Advance::Record => {
                    if let Some((at, record)) = view.last() {
                        index.see(at as u64, &record);
                    }
                }
                Advance::Nothing => return false,
                Advance::Ended => return true,
                Advance::Impossible => {
                    self.status.fail(format!(
                        "{}: a record with an impossible length in memory; something in this \
                         process wrote where it must not",
                        self.current.view.path().display()
                    ));
                    return false;
                }
            }
        }
    }

    fn is_copy_due(&self, now: Instant) -> bool {
        let waiting = self.current.view.published() - self.current.durable.len() as usize;
        let patience = match self.config.sync {
            SyncPolicy::EachBatch => Duration::ZERO,
            SyncPolicy::Every(time) => time,
            SyncPolicy::None => COPY_EVERY,
        };
        waiting > 0 && (waiting >= COPY_BYTES || now - self.copied_at >= patience)
    }

    /// Appends what is new to the durable file. `true` when there was something.
    fn copy(&mut self) -> Result<bool, JournalError> {
        self.look();
        if self.current.durable.len() == 0 {
            self.begin_durable()?;
        }
        let Pair { view, durable, tip, .. } = &mut self.current;
        let (from, to) = (durable.len() as usize, view.published());
        if from == to {
            return Ok(false);
        }
        durable.append(view.bytes(from, to))?;
        if let Some((_, last)) = view.last() {
            *tip = Tip { seq: last.seq, crc: last.crc };
            self.status.copied(tip.seq, (to - from) as u64);
        }
        Ok(true)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.current.durable.sync(self.current.tip)?;
        self.status.synced();
        Ok(())
    }

    fn complete_current(&mut self) -> Result<(), JournalError> {
        self.current.durable.complete(self.current.tip)?;
        self.status.synced();
        self.write_index();
        Ok(())
    }

    /// Beside the complete segment. Without it reading takes longer, and no more than that.
    fn write_index(&self) {
        let Pair { view, durable, index, .. } = &self.current;
        let written = match SegmentHeader::from_bytes(view.bytes(0, RECORDS_AT)) {
            Ok(header) => index.write(&self.folder, &header, durable.len()),
            Err(_) => Ok(()),
        };
        if let Err(error) = written {
            log::warn!("journal: segment {:06} has no index: {error}", self.segment);
        }
    }

    /// Makes the next hot segment and reserves its durable file, once a quarter of this one is used:
    /// so it is there at half even when a sync keeps us for seconds, as a busy disk can.
    fn prepare(&mut self, now: Instant) -> Result<u32, JournalError> {
        if self.next.is_some() || !self.status.is_next_wanted() {
            return Ok(0);
        }
        let bytes = self.config.segment_bytes;
        // What the segment at hand will still grow by is taken already.
        let grows = u64::from(bytes).saturating_sub(self.current.durable.len());
        let taken = self.quota.take(u64::from(bytes) + grows, now);
        self.status.set_quota_high(self.quota.is_high());
        taken?;
        let (disk, number) = (Arc::clone(&self.disk), self.segment + 1);
        let durable = Durable::reserve(disk, &self.folder, number, u64::from(bytes))?;
        let path = Folder::hot_in(&self.hot_dir, self.segment + 1);
        let (writer, view) = segment::create(&path, bytes as usize)?;
        self.next = Some((view, durable));
        // Said before it is handed over: the writer takes the word back when it takes the segment.
        self.status.set_next_ready(true);
        let pushed = self.hand_over.try_push(writer);
        assert!(pushed.is_ok(), "the slot is free: there is one next segment at a time");
        Ok(1)
    }

    /// Completes a segment that the writer has left, and goes on with the next one.
    fn change_segment(&mut self) -> Result<bool, JournalError> {
        if self.next.is_none() || self.current.view.advance() != Advance::Ended {
            return Ok(false);
        }
        self.complete_current()?;
        let Some((view, durable)) = self.next.take() else { return Ok(false) };
        let (tip, index) = (Tip::default(), Index::for_capacity(self.config.segment_bytes));
        let old = std::mem::replace(&mut self.current, Pair { view, durable, tip, index });
        self.segment += 1;
        self.retired.push(old.view);
        Ok(true)
    }

    /// Writes the durable file's first page, as the writer made it in memory. Only now is the hot
    /// file of the segment before it of no more use to a recovery.
    fn begin_durable(&mut self) -> Result<(), JournalError> {
        let Pair { view, durable, .. } = &mut self.current;
        durable.begin(&self.folder, view.bytes(0, RECORDS_AT))?;
        for path in self.retired.iter().map(HotView::path).filter(|path| path.exists()) {
            std::fs::remove_file(path).map_err(|e| JournalError::io("removing", path, e))?;
        }
        // The one before it is not the newest any more.
        self.segment.checked_sub(1).into_iter().for_each(|before| self.sealed.push(before));
        Ok(())
    }

    /// A full disk is waited for; anything else is final.
    fn judge(&mut self, error: &JournalError, now: Instant) -> Option<Instant> {
        if let JournalError::Io { source, .. } = error
            && source.kind() == ErrorKind::StorageFull
            && !self.current.durable.has_failed()
        {
            // Said once, not with each try.
            if !self.waits_for_space() {
                log::warn!("journal: {error}; trying again until there is space");
            }
            return Some(now + RETRY_EVERY);
        }
        self.status.fail(error.to_string());
        None
    }

    fn waits_for_space(&self) -> bool {
        self.copy_again_at.is_some() || self.prepare_again_at.is_some()
    }

    fn try_carry(&mut self, now: Instant) -> u32 {
        if self.copy_again_at.is_some_and(|at| now < at) {
            return 0;
        }
        let result = self.carry(now);
        self.copy_again_at = result.as_ref().err().and_then(|error| self.judge(error, now));
        result.unwrap_or(0)
    }

    fn try_prepare(&mut self, now: Instant) -> u32 {
        if self.prepare_again_at.is_some_and(|at| now < at) {
            return 0;
        }
        let result = self.prepare(now);
        self.prepare_again_at = result.as_ref().err().and_then(|error| self.judge(error, now));
        result.unwrap_or(0)
    }
}

impl Agent for Keeper {
    fn name(&self) -> &'static str {
        "keeper"
    }

    fn do_work(&mut self) -> u32 {
        if self.closed || self.status.has_failed() {
            return 0;
        }
        let (now, waited) = (Instant::now(), self.waits_for_space());
        self.retired.retain(|view| !view.is_alone());
        // The next segment first: the core may need it soon, the disk never does.
        let mut items = self.try_prepare(now) + self.try_carry(now);
        if items == 0 && !self.status.has_failed() {
            items = self.sealed.work();
        }
        let waits = self.waits_for_space();
        if waited && !waits && !self.status.has_failed() {
            log::warn!("journal: there is space again");
        }
        self.status.set_disk_full(waits);
        items
    }

    fn on_close(&mut self) {
        if self.status.has_failed() {
            return;
        }
        if let Err(error) = self.close() {
            self.status.fail(error.to_string());
        }
    }
}
