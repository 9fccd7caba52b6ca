//! What the writer and the keeper tell each other and everyone else, without locks.

use st0ck_types::Seq;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A live view of the journal's health: for the shell, the gateway's lock-step and the counters.
#[derive(Debug, Clone, Default)]
pub struct JournalStatus(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    hand_over: HandOver,
    progress: Progress,
    failure: OnceLock<String>,
}

/// Flags that the core reads each cycle: on a cache line that is seldom written.
#[derive(Debug, Default)]
#[repr(align(128))]
struct HandOver {
    next_wanted: AtomicBool,
    next_ready: AtomicBool,
    past_half: AtomicBool,
    disk_full: AtomicBool,
    quota_high: AtomicBool,
    failed: AtomicBool,
    writer_gone: AtomicBool,
}

/// Numbers that the keeper writes often: on a line that the core never reads.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Progress {
    copied_seq: AtomicU64,
    durable_seq: AtomicU64,
    bytes: AtomicU64,
    syncs: AtomicU64,
}

impl JournalStatus {
    /// Whether another half segment can be written without waiting: the next hot segment is there,
    /// or not yet needed. Lock-step releases nothing while it is not.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.0.hand_over.past_half.load(Ordering::Acquire) || self.is_next_ready()
    }

    /// Whether there was no space for the durable file: the disk is full, or the quota is spent.
    /// Cleared when there is again.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.0.hand_over.disk_full.load(Ordering::Relaxed)
    }

    /// Whether four fifths of the quota are used.
    #[must_use]
    pub fn is_quota_high(&self) -> bool {
        self.0.hand_over.quota_high.load(Ordering::Relaxed)
    }

    /// Why the journal can no longer be trusted to reach the disk: a failed fsync or write. Final:
    /// the lane must halt and the process end (exit code 20).
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    /// The last record that is in the durable file: it survives this process.
    #[must_use]
    pub fn copied_seq(&self) -> Seq {
        Seq(self.0.progress.copied_seq.load(Ordering::Acquire))
    }

    /// The last record that is synced: it survives a power cut.
    #[must_use]
    pub fn durable_seq(&self) -> Seq {
        Seq(self.0.progress.durable_seq.load(Ordering::Acquire))
    }

    /// Bytes in the durable files of this process life.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.progress.bytes.load(Ordering::Relaxed)
    }

    /// How often the durable file was synced.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.0.progress.syncs.load(Ordering::Relaxed)
    }

    pub(crate) fn is_next_ready(&self) -> bool {
        self.0.hand_over.next_ready.load(Ordering::Acquire)
    }

    pub(crate) fn set_next_ready(&self, ready: bool) {
        self.0.hand_over.next_ready.store(ready, Ordering::Release);
    }

    /// Whether the writer has used enough of its segment to need another one some day.
    pub(crate) fn is_next_wanted(&self) -> bool {
        self.0.hand_over.next_wanted.load(Ordering::Acquire)
    }

    pub(crate) fn set_next_wanted(&self, wanted: bool) {
        self.0.hand_over.next_wanted.store(wanted, Ordering::Release);
    }

    pub(crate) fn set_past_half(&self, past: bool) {
        self.0.hand_over.past_half.store(past, Ordering::Release);
    }

    pub(crate) fn set_disk_full(&self, full: bool) {
        self.0.hand_over.disk_full.store(full, Ordering::Relaxed);
    }

    pub(crate) fn set_quota_high(&self, high: bool) {
        self.0.hand_over.quota_high.store(high, Ordering::Relaxed);
    }

    /// The first failure is kept: what follows it is its consequence.
    pub(crate) fn fail(&self, why: String) {
        log::error!("journal: {why}");
        let _ = self.0.failure.set(why);
        self.0.hand_over.failed.store(true, Ordering::Release);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.0.hand_over.failed.load(Ordering::Acquire)
    }

    pub(crate) fn copied(&self, seq: u64, bytes: u64) {
        self.0.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.0.progress.copied_seq.store(seq, Ordering::Release);
    }

    /// Where an earlier process life left off: all of that is durable.
    pub(crate) fn starts_after(&self, seq: u64) {
        self.0.progress.copied_seq.store(seq, Ordering::Release);
        self.0.progress.durable_seq.store(seq, Ordering::Release);
    }

    pub(crate) fn synced(&self) {
        let seq = self.0.progress.copied_seq.load(Ordering::Relaxed);
        self.0.progress.durable_seq.store(seq, Ordering::Release);
        self.0.progress.syncs.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn writer_left(&self) {
        self.0.hand_over.writer_gone.store(true, Ordering::Release);
    }

    pub(crate) fn has_writer_left(&self) -> bool {
        self.0.hand_over.writer_gone.load(Ordering::Acquire)
    }
}
