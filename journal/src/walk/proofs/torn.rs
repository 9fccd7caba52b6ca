//! A power cut at every byte of a tail of a mebibyte: exactly the whole records before it survive.

use super::{MEBIBYTE, Random, SEED, Tally, Tape, at_scale};
use crate::record::HEADER;
use crate::walk::{End, Step, Walk};
use std::os::unix::fs::FileExt;

/// How far behind the tear something stands. All the way to the end at every so many offsets.
const FILL: usize = 4096;
const FILL_ALL_EVERY: u64 = 4099;

/// What stands behind the tear.
#[derive(Debug, Clone, Copy)]
enum Fill {
    Nothing,
    Zeros,
    Garbage,
}

/// A bug that the proof must see.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plant {
    None,
    /// No record's checksum is ever wrong: what was torn gets one that fits.
    NoChecksum,
}

struct Tearing<'a> {
    tape: &'a Tape,
    walk: Walk,
    garbage: Vec<u8>,
    plant: Plant,
}

impl<'a> Tearing<'a> {
    fn new(tape: &'a Tape, plant: Plant) -> Self {
        let garbage = Random(SEED).bytes(tape.bytes.len());
        Self { tape, walk: tape.walk(), garbage, plant }
    }

    /// Tears at every `step`th byte behind the watermark.
    fn at_every(&mut self, step: u64) -> Tally {
        let (mut tally, end) = (Tally::default(), self.tape.bytes.len() as u64);
        let mut whole_to = self.tape.synced;
        for at in (self.tape.synced..=end).step_by(step as usize) {
            self.tape.restore(whole_to, at);
            whole_to = at;
            for fill in [Fill::Nothing, Fill::Zeros, Fill::Garbage] {
                let tail = self.tail(at, fill);
                tally.add(self.trial(at, &tail).map_err(|w| format!("{fill:?} at {at}: {w}")));
            }
        }
        tally
    }

    fn tail(&self, at: u64, fill: Fill) -> Vec<u8> {
        let left = self.tape.bytes.len() - at as usize;
        let len = if at.is_multiple_of(FILL_ALL_EVERY) { left } else { left.min(FILL) };
        match fill {
            Fill::Nothing => Vec::new(),
            Fill::Zeros => vec![0; len],
            Fill::Garbage => self.garbage[at as usize..][..len].to_vec(),
        }
    }

    /// The file ends with `tail` from `at` on: what does the walker make of it?
    fn trial(&mut self, at: u64, tail: &[u8]) -> Result<(), String> {
        let tape = self.tape;
        tape.file.set_len(at).unwrap();
        tape.file.write_all_at(tail, at).unwrap();
        let torn = tape.record_at(at);
        if self.plant == Plant::NoChecksum {
            self.reseal(torn);
        }
        // What happens to stand behind the tear may be what was there before.
        let same = tape.bytes[at as usize..].iter().zip(tail).take_while(|(a, b)| a == b).count();
        let whole = tape.record_at(at + same as u64);
        self.walk.back_to(tape.starts[torn]);
        let mut survived = torn;
        let reason = loop {
            match self.walk.step().map_err(|e| e.to_string())? {
                Step::Record => survived += 1,
                Step::Stop(reason) => break reason,
            }
        };
        if survived != whole {
            return Err(format!("{survived} records survive, not {whole}"));
        }
        let left = at.saturating_sub(tape.starts[whole].0) as usize;
        let skip = tape.starts[whole].0.saturating_sub(at) as usize;
        let before = &tape.bytes[at as usize - left..at as usize];
        let clean = before.iter().chain(&tail[skip..]).all(|&b| b == 0);
        match self.walk.judge(reason).map_err(|e| e.to_string())? {
            End::Clean if clean => Ok(()),
            End::Torn(_) if !clean => Ok(()),
            end => Err(format!("{end:?}")),
        }
    }

    /// Gives the torn record a checksum that fits, if its header is still there.
    fn reseal(&self, record: usize) {
        let Some((next, _)) = self.tape.starts.get(record + 1) else { return };
        let (start, _) = self.tape.starts[record];
        let mut bytes = vec![0; (next - start) as usize];
        if self.tape.file.read_exact_at(&mut bytes, start).is_ok() {
            bytes[HEADER - 4..HEADER].fill(0);
            let crc = crc32c::crc32c(&bytes);
            let at = start + HEADER as u64 - 4;
            self.tape.file.write_all_at(&crc.to_le_bytes(), at).unwrap();
        }
    }
}

#[test]
fn exactly_the_whole_records_before_a_tear_survive_at_every_byte_of_a_mebibyte() {
    let tape = Tape::cut_short(MEBIBYTE + 8192);
    assert!(tape.bytes.len() as u64 - tape.synced >= MEBIBYTE as u64);
    let tally = Tearing::new(&tape, Plant::None).at_every(at_scale(499, 1));
    tally.green("torn tails (nothing, zeros, garbage behind)");
}

#[test]
fn a_checksum_that_is_not_looked_at_is_seen_by_the_tearing() {
    let tape = Tape::cut_short(64 << 10);
    Tearing::new(&tape, Plant::NoChecksum).at_every(97).red("torn tails, checksums ignored");
}
