//! Bits, bursts and pages that are not what was written: none goes unnoticed.
//!
//! Every trial asks the record check itself; a share of them, and all of the first page, asks the
//! walker, which must call it damage and name the record.

use super::{MEBIBYTE, Random, SEED, Shape, Tally, Tape, at_scale};
use crate::error::JournalError;
use crate::record::{Chain, Found, HEADER, examine};
use crate::walk::{Step, Walk};
use std::os::unix::fs::FileExt;

const PAGE: usize = 4096;

/// What judges a record: [`examine`], or one with a planted bug.
type Check = fn(&[u8], u64, Chain) -> Found;

/// A planted bug: every checksum fits.
fn without_checksum(bytes: &[u8], room: u64, chain: Chain) -> Found {
    let total = match examine(bytes, room, chain) {
        Found::Bad(_) => total_of(bytes),
        found => return found,
    };
    let Some(mut record) = bytes.get(..total).map(<[u8]>::to_vec) else { return Found::Nothing };
    record[HEADER - 4..HEADER].fill(0);
    let crc = crc32c::crc32c(&record);
    record[HEADER - 4..HEADER].copy_from_slice(&crc.to_le_bytes());
    examine(&record, room, chain)
}

/// A planted bug: nobody asks what a record continues.
fn without_chain(bytes: &[u8], room: u64, chain: Chain) -> Found {
    let Some(head) = bytes.first_chunk::<HEADER>() else { return examine(bytes, room, chain) };
    let next_seq = u64::from_le_bytes(*head[8..].first_chunk().unwrap());
    let last_crc = u32::from_le_bytes(*head[24..].first_chunk().unwrap());
    examine(bytes, room, Chain { next_seq, last_crc })
}

fn total_of(bytes: &[u8]) -> usize {
    let word = bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    (HEADER + word.saturating_sub(1) as usize).next_multiple_of(8)
}

/// Bytes that are put in the place of others.
struct Change {
    at: u64,
    bytes: Vec<u8>,
}

struct Changing {
    tape: Tape,
    rng: Random,
    bytes: Vec<u8>,
    room: u64,
}

impl Changing {
    fn new(shape: Shape) -> Self {
        let tape = Tape::ended(shape, MEBIBYTE);
        let bytes = tape.bytes.clone();
        Self { tape, rng: Random(SEED), bytes, room: 4 << 20 }
    }

    fn put(&mut self, changes: &[Change]) {
        for Change { at, bytes } in changes {
            self.bytes[*at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
    }

    fn take_back(&mut self, changes: &[Change]) {
        for Change { at, bytes } in changes {
            let range = *at as usize..*at as usize + bytes.len();
            self.bytes[range.clone()].copy_from_slice(&self.tape.bytes[range]);
        }
    }

    /// The first and the last byte that these changes make other than they were.
    fn touched(&self, changes: &[Change]) -> Option<(u64, u64)> {
        let places = changes.iter().flat_map(|Change { at, bytes }| {
            let old = &self.tape.bytes[*at as usize..];
            bytes.iter().zip(old).zip(*at..).filter(|((a, b), _)| a != b).map(|(_, at)| at)
        });
        places.fold(None, |seen, at| {
            let (first, last) = seen.unwrap_or((at, at));
            Some((first.min(at), last.max(at)))
        })
    }

    /// Goes over the records that were touched, as a walk would.
    fn is_noticed(&self, (first, last): (u64, u64), check: Check) -> bool {
        let (mut at, mut chain) = self.tape.starts[self.tape.record_at(first)];
        while at <= last {
            match check(&self.bytes[at as usize..], self.room - at, chain) {
                Found::Whole { total, header, .. } => {
                    at += total as u64;
                    chain = Chain { next_seq: header.seq + 1, last_crc: header.crc };
                }
                _ => return true,
            }
        }
        false
    }

    fn trial(&mut self, changes: &[Change], check: Check) -> Option<Result<(), String>> {
        let touched = self.touched(changes)?;
        self.put(changes);
        let noticed = self.is_noticed(touched, check);
        self.take_back(changes);
        Some(if noticed { Ok(()) } else { Err(format!("bytes {touched:?}")) })
    }

    fn count(&mut self, n: u64, kind: Kind, check: Check) -> Tally {
        let mut tally = Tally::default();
        while tally.trials < n {
            let changes = self.draw(kind);
            if let Some(result) = self.trial(&changes, check) {
                tally.add(result);
            }
        }
        tally
    }

    /// The same through the walker and the file.
    fn count_walking(&mut self, n: u64, kind: Kind) -> Tally {
        let (mut tally, mut walk) = (Tally::default(), self.tape.walk());
        while tally.trials < n {
            let changes = self.draw(kind);
            if let Some((first, _)) = self.touched(&changes) {
                tally.add(self.walk_over(&mut walk, first, &changes));
            }
        }
        tally
    }

    fn walk_over(&self, walk: &mut Walk, first: u64, changes: &[Change]) -> Result<(), String> {
        let (tape, record) = (&self.tape, self.tape.record_at(first));
        changes.iter().for_each(|c| tape.file.write_all_at(&c.bytes, c.at).unwrap());
        walk.back_to(tape.starts[record]);
        let verdict = match walk.step() {
            Ok(Step::Stop(reason)) => walk.judge(reason).map(|end| format!("{end:?}")),
            Ok(Step::Record) => Ok("a record".to_owned()),
            Err(error) => Err(error),
        };
        changes.iter().for_each(|c| tape.restore(c.at, c.at + c.bytes.len() as u64));
        let (offset, chain) = tape.starts[record];
        match verdict {
            Err(JournalError::Damaged(d)) if (d.offset, d.seq) == (offset, chain.next_seq) => {
                Ok(())
            }
            other => Err(format!("bytes from {first} on: {other:?}")),
        }
    }

    fn draw(&mut self, kind: Kind) -> Vec<Change> {
        match kind {
            Kind::Flip => vec![self.burst(1)],
            Kind::Burst => {
                let bits = 2 + self.rng.below(63) as u32;
                vec![self.burst(bits)]
            }
            Kind::Page(fate) => self.page(fate),
        }
    }

    /// So many bits from somewhere in the records on; the first and the last of them are flipped, and
    /// those between at random.
    fn burst(&mut self, bits: u32) -> Change {
        let end = self.tape.bytes.len() as u64 * 8 - u64::from(bits);
        let from = PAGE as u64 * 8 + self.rng.below(end - PAGE as u64 * 8);
        let mask = (self.rng.next() | 1 | 1 << (bits - 1)) & (u64::MAX >> (64 - bits));
        let (at, wide) = (from / 8, u128::from(mask) << (from % 8));
        let old = &self.tape.bytes[at as usize..];
        let bytes = old.iter().zip(wide.to_le_bytes()).map(|(a, b)| a ^ b).take(9).collect();
        Change { at, bytes }
    }

    /// Something that befalls whole pages of records.
    fn page(&mut self, fate: Fate) -> Vec<Change> {
        let pages = self.tape.bytes.len() / PAGE;
        let mut draw = || PAGE * (1 + self.rng.below(pages as u64 - 1) as usize);
        let (one, other) = (draw(), draw());
        let content = |at: usize| self.tape.bytes[at..at + PAGE].to_vec();
        let put = |at: usize, bytes| Change { at: at as u64, bytes };
        match fate {
            Fate::Zeroed => vec![put(one, vec![0; PAGE])],
            Fate::Swapped => vec![put(one, content(other)), put(other, content(one))],
            Fate::Duplicated => vec![put(other, content(one))],
            // Written to another place than its own, where nothing arrived.
            Fate::Misdirected if one != other => {
                vec![put(one, vec![0; PAGE]), put(other, content(one))]
            }
            Fate::Misdirected => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Flip,
    Burst,
    Page(Fate),
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Zeroed,
    Swapped,
    Duplicated,
    Misdirected,
}

const FATES: [Fate; 4] = [Fate::Zeroed, Fate::Swapped, Fate::Duplicated, Fate::Misdirected];

/// Flips every bit of every `step`th record, one at a time.
fn flip_every_bit(changing: &mut Changing, step: usize, check: Check) -> Tally {
    let (mut tally, room) = (Tally::default(), changing.room);
    let bounds: Vec<_> = changing.tape.starts.windows(2).map(|w| (w[0], w[1].0)).collect();
    for ((start, chain), end) in bounds.into_iter().step_by(step) {
        for bit in start * 8..end * 8 {
            let (byte, mask) = ((bit / 8) as usize, 1 << (bit % 8));
            changing.bytes[byte] ^= mask;
            let found = check(&changing.bytes[start as usize..], room - start, chain);
            changing.bytes[byte] ^= mask;
            let silent = matches!(found, Found::Whole { .. });
            tally.add(if silent { Err(format!("bit {bit}")) } else { Ok(()) });
        }
    }
    tally
}

#[test]
fn every_flipped_bit_of_a_mebibyte_is_noticed() {
    let mut changing = Changing::new(Shape::Mixed);
    let tally = flip_every_bit(&mut changing, at_scale(16, 1) as usize, examine);
    tally.green("single flipped bits");
    changing
        .count_walking(at_scale(1_000, 100_000), Kind::Flip)
        .green("single flipped bits, walked");
}

#[test]
fn every_flipped_bit_of_the_first_page_is_damage() {
    let tape = Tape::ended(Shape::Mixed, 64 << 10);
    let mut tally = Tally::default();
    for bit in (0..PAGE as u64 * 8).step_by(at_scale(17, 1) as usize) {
        let byte = tape.bytes[(bit / 8) as usize] ^ 1 << (bit % 8);
        tape.file.write_all_at(&[byte], bit / 8).unwrap();
        let step = Walk::begin(tape.folder.clone()).step();
        tape.restore(bit / 8, bit / 8 + 1);
        let damaged = matches!(step, Err(JournalError::Damaged(_)));
        tally.add(if damaged { Ok(()) } else { Err(format!("bit {bit}: {step:?}")) });
    }
    tally.green("single flipped bits of a first page, walked");
}

#[test]
fn every_burst_is_noticed() {
    let mut changing = Changing::new(Shape::Mixed);
    changing
        .count(at_scale(100_000, 1_000_000), Kind::Burst, examine)
        .green("bursts of 2 to 64 bits");
    changing.count_walking(at_scale(1_000, 100_000), Kind::Burst).green("bursts, walked");
}

#[test]
fn every_page_that_is_not_where_it_belongs_is_noticed() {
    for shape in [Shape::Mixed, Shape::Grid] {
        let mut changing = Changing::new(shape);
        for fate in FATES {
            let kind = Kind::Page(fate);
            let tally = changing.count(at_scale(1_000, 10_000), kind, examine);
            tally.green(&format!("pages {fate:?}"));
            let tally = changing.count_walking(at_scale(100, 10_000), kind);
            tally.green(&format!("pages {fate:?}, walked"));
        }
    }
}

#[test]
fn a_checksum_that_is_not_looked_at_is_seen_by_flips_and_bursts() {
    let mut changing = Changing::new(Shape::Mixed);
    flip_every_bit(&mut changing, 997, without_checksum).red("flipped bits, checksums ignored");
    changing.count(1_000, Kind::Burst, without_checksum).red("bursts, checksums ignored");
}

#[test]
fn a_chain_that_is_not_looked_at_is_seen_by_swapped_pages() {
    let mut changing = Changing::new(Shape::Grid);
    for fate in [Fate::Swapped, Fate::Duplicated] {
        let tally = changing.count(100, Kind::Page(fate), without_chain);
        tally.red(&format!("pages {fate:?}, chain ignored"));
    }
}
