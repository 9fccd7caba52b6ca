//! What a start makes of damage before and behind the durable watermark: refused with every file as
//! it is, or cut with a copy kept. Each trial is a whole recovery.

use crate::fixture::{Random, split};
use crate::proofs::{Tally, at_scale};
use crate::wreck::{RECORDS_AT, Wreck};
use st0ck_journal::{JournalError, Reader, Recovered, verify};
use std::os::unix::fs::FileExt;
use std::path::Path;

const SYNCED: u64 = 150;
const UNSYNCED: u64 = 30;

/// What happens to a file.
struct Blow {
    at: u64,
    bytes: Vec<u8>,
    /// The file ends there.
    len: u64,
}

impl Blow {
    /// Somewhere, of some kind; often near the watermark, and mostly before it: a refusal costs
    /// microseconds, a cut milliseconds.
    fn draw(wreck: &Wreck, rng: &mut Random) -> Self {
        let len = wreck.bytes.len() as u64;
        let at = match rng.next() % 8 {
            0 => rng.next() % RECORDS_AT,
            1..4 => wreck.synced - 300 + rng.next() % 400,
            _ => RECORDS_AT + rng.next() % (len - RECORDS_AT),
        };
        let most = (len - at).min(256);
        let span = 1 + rng.next() % most;
        let old = &wreck.bytes[at as usize..(at + span) as usize];
        match rng.next() % 4 {
            0 => Self { at, bytes: vec![old[0] ^ 1 << (rng.next() % 8)], len },
            1 => Self { at, bytes: vec![0; span as usize], len },
            2 => Self { at, bytes: rng.bytes(span as usize), len },
            _ => Self { at, bytes: Vec::new(), len: at.max(RECORDS_AT) },
        }
    }

    /// The file as it is then, and the first and last byte that are not what they were.
    fn strike(&self, bytes: &[u8]) -> Option<(Vec<u8>, u64, u64)> {
        let mut struck = bytes[..self.len as usize].to_vec();
        struck[self.at as usize..][..self.bytes.len()].copy_from_slice(&self.bytes);
        let mut changed = (0..bytes.len()).filter(|&n| struck.get(n) != bytes.get(n));
        let first = changed.next()? as u64;
        let last = changed.next_back().map_or(first, |n| n as u64);
        Some((struck, first, last))
    }
}

/// What a recovery has to do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Refuse,
    /// Keep so many whole records, those of a group that was never closed among the others.
    Cut(u64),
}

/// By the table of `FORMAT.md`.
fn verdict(wreck: &Wreck, same_boot: bool, struck: &[u8], first: u64, last: u64) -> Verdict {
    let bad = wreck.record_at(first.max(RECORDS_AT));
    let bounds = &wreck.bounds;
    let another_follows = last < bounds[bounds.len() - 2] && struck.len() == wreck.bytes.len();
    if first < RECORDS_AT || bounds[bad] < wreck.synced || same_boot && another_follows {
        return Verdict::Refuse;
    }
    // A quote that nothing follows is a group of which nobody knows whether it was closed.
    let lone = !(bad as u64 - 1).is_multiple_of(5);
    Verdict::Cut(bad as u64 - u64::from(lone))
}

struct Trials {
    wreck: Wreck,
    same_boot: bool,
    rng: Random,
}

impl Trials {
    fn new(same_boot: bool) -> Self {
        let wreck = Wreck::new(SYNCED, UNSYNCED);
        let wreck = if same_boot { wreck } else { wreck.of_another_boot() };
        Self { wreck, same_boot, rng: Random(7) }
    }

    fn run(&mut self, n: u64) -> Tally {
        let mut tally = Tally::default();
        while tally.trials < n {
            let blow = Blow::draw(&self.wreck, &mut self.rng);
            let Some((struck, first, last)) = blow.strike(&self.wreck.bytes) else { continue };
            let want = verdict(&self.wreck, self.same_boot, &struck, first, last);
            self.lay_out(&struck);
            let told = self.recover(&struck, want);
            tally.add(told.map_err(|words| format!("bytes {first}..={last}, {want:?}: {words}")));
        }
        tally
    }

    /// The journal folder with this one file in it.
    fn lay_out(&self, bytes: &[u8]) {
        let journal = self.wreck.place.journal();
        if let Ok(hot) = std::fs::read_to_string(journal.join("hot.path")) {
            std::fs::remove_dir_all(hot).unwrap();
        }
        std::fs::remove_dir_all(&journal).unwrap();
        std::fs::create_dir(&journal).unwrap();
        std::fs::write(self.wreck.place.segment(0), bytes).unwrap();
    }

    fn recover(&self, struck: &[u8], want: Verdict) -> Result<(), String> {
        let place = &self.wreck.place;
        match (place.resume(2), want) {
            (Err(JournalError::Damaged(_)), Verdict::Refuse) => {
                let is_as_it_was =
                    std::fs::read(place.segment(0)).unwrap() == struck && place.files().len() == 2;
                if is_as_it_was { Ok(()) } else { Err("refused, but not untouched".to_owned()) }
            }
            (Ok((session, recovered)), Verdict::Cut(records)) => {
                drop(split(session));
                self.check_cut(struck, records, &recovered)
            }
            (Ok((_, recovered)), Verdict::Refuse) => Err(format!("accepted: {recovered:?}")),
            (Err(error), _) => Err(error.to_string()),
        }
    }

    fn check_cut(&self, struck: &[u8], want: u64, recovered: &Recovered) -> Result<(), String> {
        let kept = recovered.next_seq.0 - 1;
        if kept != want {
            return Err(format!("{kept} records kept"));
        }
        let offset = self.wreck.bounds[kept as usize];
        let gone = &struck[offset as usize..];
        let copies = recovered.cut.as_ref().map_or(&[][..], |cut| &cut.copies);
        let copy = copies.first().map_or(Vec::new(), |path| std::fs::read(path).unwrap());
        let copied = copy == gone || copies.is_empty() && gone.iter().all(|&b| b == 0);
        let records = records(&self.wreck.place.session());
        let verified = verify(&self.wreck.place.session()).unwrap();
        match copied && verified.is_ok() && verified.torn.is_none() {
            true if records == self.originals(kept) => Ok(()),
            true => Err("the records that were kept are not those that were written".to_owned()),
            false => Err(format!("copies {copies:?}, {verified:?}")),
        }
    }

    /// Payloads of the first records as they were written.
    fn originals(&self, records: u64) -> Vec<Vec<u8>> {
        let bounds = self.wreck.bounds.windows(2).take(records as usize);
        bounds
            .map(|b| {
                let bytes = &self.wreck.bytes[b[0] as usize..b[1] as usize];
                let len = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize - 1;
                bytes[32..32 + len].to_vec()
            })
            .collect()
    }
}

fn records(session: &Path) -> Vec<Vec<u8>> {
    let mut reader = Reader::open(session).unwrap();
    std::iter::from_fn(|| reader.next().unwrap().map(|record| record.payload.to_vec())).collect()
}

#[test]
fn damage_before_the_watermark_is_refused_and_behind_it_is_cut() {
    let tally = Trials::new(false).run(at_scale(300, 80_000));
    tally.green("damage around the watermark, after a power cut");
    let tally = Trials::new(true).run(at_scale(100, 20_000));
    tally.green("damage around the watermark, in the same boot");
}

#[test]
fn a_watermark_that_nobody_wrote_is_seen() {
    let mut trials = Trials::new(false);
    for slot in [512, 1024] {
        trials.wreck.bytes[slot..slot + 40].fill(0);
        trials.wreck.file.write_all_at(&[0; 40], slot as u64).unwrap();
    }
    trials.run(100).red("damage around the watermark, no watermark");
}
