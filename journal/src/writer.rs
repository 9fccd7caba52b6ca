//! The core's end: appends every input and output to the hot segment, inline.
//!
//! Lives on the core thread as its [`Recorder`]. One append is a bounds check, a copy, a checksum
//! and a store.
//!
//! *Invariant:* no syscall, no allocation, no page fault, no waiting. The next segment is made by
//! the keeper and waits in a one-slot ring.

use crate::codec::{self, PAYLOAD_MAX, Put};
use crate::header::SegmentHeader;
use crate::lock::Lock;
use crate::record::{ALIGN, Chain, Draft, END, HEADER, RECORD_MAX, RecordHeader, size};
use crate::segment::HotWriter;
use crate::status::JournalStatus;
use st0ck_runtime::Rx;
use st0ck_types::record::RecordKind;
use st0ck_types::recorder::Room;
use st0ck_types::{Input, MarketEvent, Nanos, Output, Recorder, Seq};
use std::sync::Arc;

/// Appends to the journal of one session. One per session.
#[derive(Debug)]
pub struct Writer {
    draft: Draft,
    hot: HotWriter,
    chain: Chain,
    /// Where the next look at segment use is due: a quarter, half, where the reserve begins.
    watch: usize,
    header: SegmentHeader,
    next: Rx<HotWriter>,
    status: JournalStatus,
    /// Whether what leaves must be synced first.
    durable_first: bool,
    _lock: Arc<Lock>,
}

/// The most bytes that one input can cause, itself included: each of 128 wants leads to at most two
/// outputs, and a panic among them to a fault and the cancels of all that is open, at two again; then
/// a hash, and a seal.
const GROUP_MAX: usize = 272 * RECORD_MAX;

/// Where the last part of a segment begins: kept for cancels, reports and their marks while no next
/// segment is there, and the place to change segments when one is.
fn reserve_at(capacity: usize) -> usize {
    capacity - (capacity / 16).min(1 << 20)
}

impl Writer {
    /// Begins the first segment of a process life.
    pub(crate) fn begin(
        mut hot: HotWriter,
        header: SegmentHeader,
        next: Rx<HotWriter>,
        status: JournalStatus,
        lock: Arc<Lock>,
    ) -> Self {
        hot.begin(&header.to_bytes());
        let watch = hot.capacity() / 4;
        Self {
            draft: Draft::new(),
            hot,
            chain: header.chain,
            watch,
            header,
            next,
            status,
            durable_first: false,
            _lock: lock,
        }
    }

    /// From now on, what leaves must be synced first.
    pub(crate) fn send_only_what_is_durable(&mut self) {
        self.durable_first = true;
    }

    /// The number that the next record must have.
    #[must_use]
    pub fn next_seq(&self) -> Seq {
        Seq(self.chain.next_seq)
    }

    /// The journal's health.
    #[must_use]
    pub fn status(&self) -> &JournalStatus {
        &self.status
    }

    #[inline]
    fn append<F>(&mut self, kind: RecordKind, flags: u16, seq: Seq, at: Nanos, encode: F)
    where
        F: FnOnce(&mut Put<'_>),
    {
        if self.hot.end() >= self.watch {
            self.watch_use(kind);
        }
        self.continues(seq);
        let header = header_of(self.chain, kind, flags, at);
        let (total, crc) = self.draft.compose(header, |payload: &mut [u8; PAYLOAD_MAX]| {
            let mut put = Put::new(payload);
            encode(&mut put);
            put.len()
        });
        self.append_draft(total, crc);
    }

    #[inline]
    fn continues(&self, seq: Seq) {
        assert_eq!(seq.0, self.chain.next_seq, "journal: records are numbered without a gap");
    }

    /// Appends the composed record.
    #[inline(always)]
    fn append_draft(&mut self, total: usize, crc: u32) {
        let fits = self.hot.append([self.draft.record(total)]);
        assert!(fits, "journal: segment full, no next one, and the core went on");
        self.chain = Chain { next_seq: self.chain.next_seq + 1, last_crc: crc };
    }

    /// A quarter of the segment is used: asks for the next. Half: it should be there. The reserve is
    /// reached: changes over, at the start of a group if it can wait for one.
    #[cold]
    fn watch_use(&mut self, kind: RecordKind) {
        if self.hot.end() < reserve_at(self.hot.capacity()) {
            self.ask_for_next();
        } else if !kind.is_output() || !self.hot.has_room() {
            self.change_segment();
        }
    }

    fn ask_for_next(&mut self) {
        let half = self.hot.capacity() / 2;
        let past_half = self.hot.end() >= half;
        self.status.set_past_half(past_half);
        self.status.set_next_wanted(true);
        self.watch = if past_half { reserve_at(self.hot.capacity()) } else { half };
    }

    /// Goes on in the next segment, if there is one.
    fn change_segment(&mut self) -> bool {
        let Some(mut next) = self.next.pop() else { return false };
        self.status.set_next_ready(false);
        self.header.segment += 1;
        self.header.chain = self.chain;
        next.begin(&self.header.to_bytes());
        self.watch = next.capacity() / 4;
        self.status.set_next_wanted(false);
        self.status.set_past_half(false);
        // Begun before the old one ends: whoever sees the end mark finds the next segment.
        std::mem::replace(&mut self.hot, next).finish();
        true
    }

    /// Appends a carry, in the next segment if it does not fit here, empty if it fits nowhere: it
    /// only makes recovery shorter, and its number is taken.
    fn append_carry(&mut self, seq: Seq, at: Nanos, state: &[u8]) {
        let fits = |hot: &HotWriter| hot.end() + size(state.len()) <= reserve_at(hot.capacity());
        if !(fits(&self.hot) || self.change_segment() && fits(&self.hot)) {
            return self.append(RecordKind::Carry, END, seq, at, |_| {});
        }
        self.continues(seq);
        let mut header = header_of(self.chain, RecordKind::Carry, END, at);
        header.len = state.len() as u32;
        let pad = &[0; ALIGN][..size(state.len()) - HEADER - state.len()];
        let (head, crc) = header.seal(state, pad);
        assert!(self.hot.append([&head, state, pad]), "it fits below the reserve");
        self.chain = Chain { next_seq: seq.0 + 1, last_crc: crc };
        // A carry may be large: what comes next should find the next segment ready.
        if self.hot.end() >= self.watch {
            self.ask_for_next();
        }
    }
}

/// The header of the record that continues the chain, without its length and checksum.
#[inline]
fn header_of(chain: Chain, kind: RecordKind, flags: u16, at: Nanos) -> RecordHeader {
    let Chain { next_seq: seq, last_crc: prev_crc } = chain;
    RecordHeader { len: 0, kind: kind as u16, flags, seq, at: at.0, prev_crc, crc: 0 }
}

/// Composes an output's record. Not inlined: a rehearsal warms what is used in earnest. What it takes
/// and gives fits the registers: a header handed over in memory is loaded in other pieces than it was
/// stored in, and that load waits until all stores before it have left, an order's among them.
#[inline(never)]
fn draft_output(
    draft: &mut Draft,
    chain: Chain,
    flags: u16,
    at: Nanos,
    output: &Output,
) -> (usize, u32) {
    let header = header_of(chain, RecordKind::of_output(output), flags, at);
    draft.compose(header, |payload: &mut [u8; PAYLOAD_MAX]| {
        let mut put = Put::new(payload);
        codec::encode_output(&mut put, output);
        put.len()
    })
}

impl Recorder for Writer {
    #[inline]
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input) {
        // Nearly all of a day is quotes: theirs is a straight line without a second look at the kind.
        if let Input::Market(MarketEvent::Quote(quote)) = input {
            return self
                .append(RecordKind::Quote, 0, seq, at, |put| codec::encode_quote(put, quote));
        }
        let kind = RecordKind::of_input(input);
        // A fault is closed by itself: it may follow the group that it broke off, and is never cut.
        let flags = if kind == RecordKind::Fault { END } else { 0 };
        self.append(kind, flags, seq, at, |put| codec::encode_input(put, input));
    }

    #[inline]
    fn output(&mut self, seq: Seq, at: Nanos, output: &Output, last: bool) {
        let flags = if last { END } else { 0 };
        if self.hot.end() >= self.watch {
            self.watch_use(RecordKind::of_output(output));
        }
        self.continues(seq);
        let (total, crc) = draft_output(&mut self.draft, self.chain, flags, at, output);
        self.append_draft(total, crc);
    }

    fn rehearse(&mut self, output: &Output) {
        let drafted = draft_output(&mut self.draft, self.chain, 0, Nanos::ZERO, output);
        std::hint::black_box(drafted);
    }

    fn hash(&mut self, seq: Seq, at: Nanos, hash: u64) {
        self.append(RecordKind::Hash, END, seq, at, |put| put.u64(hash));
    }

    fn carry(&mut self, seq: Seq, at: Nanos, state: &[u8]) {
        self.append_carry(seq, at, state);
    }

    fn seal(&mut self, seq: Seq, at: Nanos) {
        self.append(RecordKind::Seal, END, seq, at, |_| {});
    }

    /// `Low` from 75 % on while no next segment is there, or while the disk is full; `Full` when only
    /// the reserve for cancels is left, or when nothing reaches the disk any more; `Exhausted` when
    /// the reserve is used up too.
    fn room(&self) -> Room {
        let (end, capacity) = (self.hot.end(), self.hot.capacity());
        if end >= capacity / 4 * 3 && !self.status.is_next_ready() {
            return match capacity - end {
                left if left < GROUP_MAX => Room::Exhausted,
                _ if end >= reserve_at(capacity) => Room::Full,
                _ => Room::Low,
            };
        }
        if self.status.has_failed() {
            return Room::Full;
        }
        if self.status.is_disk_full() { Room::Low } else { Room::Plenty }
    }

    fn sendable(&self) -> Seq {
        if self.durable_first { self.status.durable_seq() } else { Seq(u64::MAX) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.status.writer_left();
    }
}
