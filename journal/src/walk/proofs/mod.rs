//! Proofs by counting: a segment of a mebibyte torn at every byte and changed in every bit.
//!
//! The walker goes over the segment once; from then on each trial puts it back to the record before
//! the damage and lets it judge from there, so a trial costs microseconds and is still the walker's
//! own judgement of real files. Each proof has its negative control: the same count over a program
//! with a planted bug, which must come out red.
//!
//! `cargo test` runs a seeded share; `ST0CK_PROOFS=full` runs all of it and says how many.

#![allow(clippy::disallowed_macros, reason = "proofs say what they counted")]

mod changed;
mod torn;

use super::{Step, Walk};
use crate::folder::Folder;
use crate::record::Chain;
use crate::{JournalConfig, Session, SessionHeader, SyncPolicy};
use st0ck_runtime::Agent;
use st0ck_types::market::Quote;
use st0ck_types::{Epoch, Input, InstrumentId, MarketEvent, Nanos, Nonce, Price, Qty, Recorder};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use tempfile::TempDir;

const SEED: u64 = 7;
const MEBIBYTE: usize = 1 << 20;

/// How many trials, or every which: `share` in `cargo test`, `full` where the whole count is asked for.
fn at_scale(share: u64, full: u64) -> u64 {
    if std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full") { full } else { share }
}

/// Seeded numbers. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
/// (2014), SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next() as u8).take(len).collect()
    }
}

/// What a proof counted.
#[derive(Debug, Default)]
struct Tally {
    trials: u64,
    failures: u64,
    first: Option<String>,
}

impl Tally {
    fn add(&mut self, trial: Result<(), String>) {
        self.trials += 1;
        if let Err(words) = trial {
            self.failures += 1;
            self.first.get_or_insert(words);
        }
    }

    /// All of it held.
    #[track_caller]
    fn green(&self, what: &str) {
        println!("{what}: seed {SEED}, n {}, failures {}", self.trials, self.failures);
        assert_eq!(self.failures, 0, "{what}, for one: {:?}", self.first);
        assert_ne!(self.trials, 0, "{what}: nothing was tried");
    }

    /// The planted bug was seen.
    #[track_caller]
    fn red(&self, what: &str) {
        println!("{what}: control, n {}, failures {}", self.trials, self.failures);
        assert_ne!(self.failures, 0, "{what}: a planted bug that nobody sees");
    }
}

/// One segment on a tmpfs, its memory gone, with everything known about where its records stand.
struct Tape {
    _disk: TempDir,
    folder: Folder,
    file: File,
    bytes: Vec<u8>,
    /// Where each record begins and the chain there; the last entry is the end.
    starts: Vec<(u64, Chain)>,
    /// Where the watermark stands.
    synced: u64,
}

/// What records a tape has.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Quotes, hashes, carries of any length.
    Mixed,
    /// Records of 64 bytes: whole ones in every page, so that only the chain knows their order.
    Grid,
}

impl Tape {
    /// All of it synced and complete.
    fn ended(shape: Shape, bytes: usize) -> Self {
        Self::write(shape, bytes, None)
    }

    /// Three records synced, the rest of the bytes written behind the watermark, then a power cut.
    fn cut_short(bytes: usize) -> Self {
        Self::write(Shape::Mixed, bytes, Some(3))
    }

    fn write(shape: Shape, bytes: usize, synced: Option<u64>) -> Self {
        let shm = Path::new("/dev/shm");
        let disk = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
        let (disk, hot) = (disk.unwrap(), tempfile::tempdir().unwrap());
        let hot_dirs = vec![hot.path().to_owned()];
        let sync = SyncPolicy::EachBatch;
        let config = JournalConfig { hot_dirs, sync, ..JournalConfig::small() };
        let session = Session::create(disk.path(), header(), b"{}", &config).unwrap();
        let (mut writer, mut keeper) = (session.writer, session.keeper);
        let mut rng = Random(SEED);
        let folder = Folder::find(disk.path()).unwrap();
        let path = folder.durable(0);
        let mut page = None;
        while keeper.status().bytes() < bytes as u64 {
            append(&mut writer, shape, &mut rng);
            if synced == Some(writer.next_seq().0 - 1) {
                while keeper.do_work() > 0 {}
                page = Some(std::fs::read(&path).unwrap()[..4096].to_vec());
            }
            if writer.next_seq().0.is_multiple_of(64) {
                while keeper.do_work() > 0 {}
            }
        }
        if page.is_none() {
            writer.seal(writer.next_seq(), Nanos(0));
            drop(writer);
            keeper.on_close();
        }
        drop(keeper);
        // The memory is lost; without this note nobody looks for it.
        let _ = std::fs::remove_file(folder.path().join("hot.path"));
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        if let Some(page) = page {
            file.write_all_at(&page, 0).unwrap();
        }
        let bytes = std::fs::read(&path).unwrap();
        let mut tape = Self { _disk: disk, folder, file, bytes, starts: Vec::new(), synced: 0 };
        tape.survey();
        tape
    }

    /// Goes over the whole segment once, as any reader does.
    fn survey(&mut self) {
        let mut walk = Walk::begin(self.folder.clone());
        loop {
            let before = walk.segment.as_ref().map_or(4096, |s| s.offset);
            self.starts.push((before, walk.chain));
            if walk.step().unwrap() != Step::Record {
                break;
            }
        }
        let segment = walk.segment.unwrap();
        assert_eq!(segment.offset, self.bytes.len() as u64, "all of it is whole");
        self.synced = segment.mark().synced;
    }

    /// A walker in the segment.
    fn walk(&self) -> Walk {
        let mut walk = Walk::begin(self.folder.clone());
        assert_eq!(walk.step().unwrap(), Step::Record);
        walk
    }

    /// Which record the byte `at` belongs to; the end counts as one more.
    fn record_at(&self, at: u64) -> usize {
        self.starts.partition_point(|(start, _)| *start <= at) - 1
    }

    /// Writes the true bytes of `from..to` back.
    fn restore(&self, from: u64, to: u64) {
        self.file.write_all_at(&self.bytes[from as usize..to as usize], from).unwrap();
    }
}

impl Walk {
    /// Stands where it stood after reading everything before a record of the first segment; the file
    /// is opened anew, so nothing of what changed in it is remembered.
    fn back_to(&mut self, (offset, chain): (u64, Chain)) {
        let mut segment = self.opener.open(0).unwrap().unwrap();
        segment.offset = offset;
        (self.segment, self.next_segment) = (Some(segment), 1);
        (self.chain, self.here) = (chain, None);
    }
}

fn header() -> SessionHeader {
    let (nonce, epoch) = (Nonce(*b"7k"), Epoch(1));
    SessionHeader { nonce, account_hash: 1, epoch, build_hash: 2, config_hash: 3 }
}

fn append(writer: &mut crate::Writer, shape: Shape, rng: &mut Random) {
    let (seq, at) = (writer.next_seq(), Nanos(rng.next() as i64));
    match (shape, rng.below(8)) {
        (Shape::Grid, _) => writer.carry(seq, at, &rng.bytes(32)),
        (_, 0) => writer.hash(seq, at, rng.next()),
        (_, 1) => {
            let len = rng.below(300) as usize;
            writer.carry(seq, at, &rng.bytes(len));
        }
        _ => writer.input(seq, at, &quote(rng)),
    }
}

fn quote(rng: &mut Random) -> Input {
    let bid = Price(367_000_000_000 + rng.below(1000) as i64 * 10_000_000);
    Input::Market(MarketEvent::Quote(Quote {
        ts_event: Nanos(rng.next() as i64),
        bid,
        ask: Price(bid.0 + 10_000_000),
        bid_size: Qty::ONE,
        ask_size: Qty::ONE,
        instrument: InstrumentId(rng.below(7) as u32),
        ..Quote::default()
    }))
}
