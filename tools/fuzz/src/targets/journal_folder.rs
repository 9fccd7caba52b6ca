//! A whole journal folder: verify, read, count and recover whatever stands in a segment's file.

use super::scratch;
use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude};
use st0ck_journal::{
    JournalConfig, JournalError, Keeper, Reader, Reason, Session, SessionHeader, Verified, Writer,
    stat, verify,
};
use st0ck_runtime::Agent;
use st0ck_types::{Decision, Epoch, Input, MarketEvent, Nanos, Nonce, Output, Quote, Recorder};
use std::path::{Path, PathBuf};

/// One segment.
pub(super) static SEGMENT: Target = Target {
    name: "journal_segment",
    about: "a segment of any bytes: verify, reader and statistics agree, damage is told by its place",
    run: read,
    seeds: segments,
    words: Words::Binary,
    mend: Some(reseal),
    // The reader's window is 256 KiB and its first page 4.
    room: 1 << 20,
    longest: 16 << 10,
    patience: 1,
};

/// One segment, recovered.
pub(super) static RECOVER: Target = Target {
    name: "journal_recover",
    about: "recovery of any segment: refused untouched, or nothing whole is lost and the rest verifies",
    run: recover,
    seeds: segments,
    words: Words::Binary,
    mend: Some(reseal),
    room: 16 << 20,
    longest: 16 << 10,
    // It makes, maps and syncs the next segment.
    patience: 100,
};

const TEXT: &[u8] = br#"{"bot":"st0cka"}"#;
const RECORDS_AT: usize = 4096;

fn place(input: &[u8]) -> PathBuf {
    let session = scratch::folder().join("session");
    let _ = std::fs::remove_dir_all(&session);
    scratch::write("session/session.json", TEXT);
    scratch::write("session/journal/000000.seg", input);
    session
}

fn read(input: &[u8]) -> Shape {
    judge(&place(input))
}

/// Every way to read a journal, held against each other.
fn judge(session: &Path) -> Shape {
    let verified = match verify(session) {
        Ok(verified) => verified,
        Err(error) => {
            assert!(!matches!(error, JournalError::Damaged(_)), "damage is a result");
            return Shape::of(&std::mem::discriminant(&error));
        }
    };
    let (records, failed) = read_through(session);
    assert!(records >= verified.stat.records, "{records} {verified:?}");
    match (&verified.damage, failed) {
        (None, true) => panic!("read fails where verify does not: {verified:?}"),
        (None, false) => {
            assert_eq!(records, verified.stat.records);
            assert_eq!(stat(session).ok().as_ref(), Some(&verified.stat));
        }
        (Some(_), _) => {}
    }
    shape(&verified)
}

fn read_through(session: &Path) -> (u64, bool) {
    let Ok(mut reader) = Reader::open(session) else { return (0, true) };
    let mut records = 0;
    loop {
        match reader.next() {
            Ok(Some(_)) => records += 1,
            Ok(None) => return (records, false),
            Err(_) => return (records, true),
        }
    }
}

fn shape(verified: &Verified) -> Shape {
    let told =
        |damage: &Option<st0ck_journal::Damage>| damage.as_ref().map(|d| d.reason.to_string());
    let kinds = verified.stat.kinds.len();
    let records = magnitude(verified.stat.records as usize);
    let end = (verified.open_records.min(3), verified.sealed);
    Shape::of(&(told(&verified.damage), told(&verified.torn), kinds, records, end))
}

fn recover(input: &[u8]) -> Shape {
    let session = place(input);
    let segment = session.join("journal/000000.seg");
    let before = verify(&session);
    let resumed = Session::resume(&session, header(9), &config());
    let shape = match (&before, resumed) {
        (Ok(before), Ok((next, recovered))) => {
            // What stands before the newest carry is checked by its bytes, not by its meaning.
            let meaning = [Reason::Payload, Reason::Group];
            if let Some(damage) = &before.damage {
                assert!(meaning.contains(&damage.reason), "it was damaged: {before:?}");
                return Shape(1);
            }
            assert_eq!(recovered.next_seq.0, before.stat.last_seq.0 - before.open_records + 1);
            close(next.writer, next.keeper);
            let after = verify(&session).expect("it was just written");
            assert!(after.is_ok() && after.torn.is_none(), "{after:?}");
            assert_eq!(
                after.stat.records,
                before.stat.records - before.open_records + 1,
                "and a seal"
            );
            Shape::of(&(recovered.sealed, recovered.cut.map(|cut| cut.records.min(3))))
        }
        (_, Ok(_)) => panic!("recovered what cannot be verified: {before:?}"),
        (before, Err(error)) => {
            let refused_before = before.as_ref().map_or(true, |before| !before.is_ok());
            let identity =
                matches!(error, JournalError::Foreign { .. } | JournalError::Config { .. });
            assert!(refused_before || identity, "{error} {before:?}");
            assert_eq!(std::fs::read(&segment).ok().as_deref(), Some(input), "it was touched");
            Shape::of(&std::mem::discriminant(&error))
        }
    };
    let _ = std::fs::remove_dir_all(&session);
    shape
}

fn close(mut writer: Writer, mut keeper: Keeper) {
    let seq = writer.next_seq();
    writer.seal(seq, Nanos(1));
    drop(writer);
    keeper.on_close();
}

fn config() -> JournalConfig {
    JournalConfig { hot_dirs: vec![scratch::folder()], ..JournalConfig::small() }
}

fn header(epoch: u64) -> SessionHeader {
    let nonce = Nonce(*b"7k");
    SessionHeader { nonce, account_hash: 11, epoch: Epoch(epoch), build_hash: 22, config_hash: 33 }
}

/// Segments that a writer wrote: sealed, cut behind a whole group, inside one, and with no record.
fn segments() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let session = folder.path().join("session");
    let hot = JournalConfig { hot_dirs: vec![folder.path().to_owned()], ..JournalConfig::small() };
    let made = Session::create(&session, header(1), TEXT, &hot).expect("a journal can be begun");
    let (mut writer, keeper) = (made.writer, made.keeper);
    for n in 0..4 {
        let quote = Quote { ts_event: Nanos(n), ..Quote::default() };
        let at = Nanos(1_608_042_600_000_000_000 + n);
        let seq = writer.next_seq();
        writer.input(seq, at, &Input::Market(MarketEvent::Quote(quote)));
        let decision = Output::Decision(Decision::new("entry").with("volatility", n));
        writer.output(seq.next(), at, &decision, false);
        writer.output(seq.next().next(), at, &decision, true);
        writer.hash(seq.next().next().next(), at, 7);
    }
    writer.carry(writer.next_seq(), Nanos(5), b"state");
    close(writer, keeper);
    let whole = std::fs::read(session.join("journal/000000.seg")).expect("the keeper wrote it");
    let cuts = [whole.len(), whole.len() - 32, RECORDS_AT + 100, RECORDS_AT + 300, RECORDS_AT];
    let mut seeds: Vec<Vec<u8>> = cuts.iter().map(|&len| whole[..len].to_vec()).collect();
    // Without a watermark nothing is promised, so that tears are tears and not damage.
    for seed in seeds.clone() {
        let mut unmarked = seed;
        unmarked[128..RECORDS_AT].fill(0);
        seeds.push(unmarked);
    }
    seeds
}

/// Seals a mutated segment anew, as `journal/FORMAT.md` draws it: the header block, the watermark
/// slots, and the chain of records as far as their lengths make sense.
#[expect(clippy::ptr_arg, reason = "the type that every mender has")]
fn reseal(segment: &mut Vec<u8>) {
    if segment.len() < RECORDS_AT {
        return;
    }
    seal(segment, 0, 124);
    let crc: [u8; 4] = segment[124..128].try_into().expect("four bytes");
    for slot in [512, 1024] {
        if segment[slot..slot + 40].iter().any(|&b| b != 0) {
            segment[slot + 28..slot + 32].copy_from_slice(&crc);
            seal(segment, slot, 36);
        }
    }
    let mut at = RECORDS_AT;
    let mut previous = crc_at(segment, 32);
    while let Some(head) = segment.get(at..at + 32) {
        let len = u32::from_le_bytes(head[..4].try_into().expect("four bytes"));
        let Some(payload) = len.checked_sub(1) else { return };
        let total = (32 + payload as usize).next_multiple_of(8);
        if total > segment.len() - at {
            return;
        }
        segment[at + 24..at + 28].copy_from_slice(&previous);
        segment[at + 28..at + 32].fill(0);
        previous = crc32c::crc32c(&segment[at..at + total]).to_le_bytes();
        segment[at + 28..at + 32].copy_from_slice(&previous);
        at += total;
    }
}

fn crc_at(segment: &[u8], at: usize) -> [u8; 4] {
    segment[at..at + 4].try_into().expect("four bytes")
}

/// Writes the checksum of `len` bytes from `at` behind them.
fn seal(segment: &mut [u8], at: usize, len: usize) {
    let crc = crc32c::crc32c(&segment[at..at + len]).to_le_bytes();
    segment[at + len..at + len + 4].copy_from_slice(&crc);
}
