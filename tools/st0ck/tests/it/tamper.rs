//! One flipped bit anywhere in a journal is found and named; a torn tail is told from damage.

use crate::broker::Broker;
use crate::place::{Place, Ran};
use crate::tape;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a segment's header block, FORMAT.md.
const HEADER: usize = 4096;

/// A place with one short session in it, and the session's folder.
fn recorded() -> (Place, PathBuf) {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 300, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let session = place.session();
    (place, session)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Something done to a copy of the session.
fn with(place: &Place, session: &Path, change: impl FnOnce(&Path)) -> PathBuf {
    let copied = place.path("copy");
    let _ = fs::remove_dir_all(&copied);
    copy(session, &copied);
    change(&copied);
    copied
}

fn flip(file: &Path, byte: usize, bit: u8) {
    let mut bytes = fs::read(file).unwrap();
    bytes[byte] ^= 1 << bit;
    fs::write(file, bytes).unwrap();
}

fn segments(session: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(session.join("journal")).unwrap().flatten().map(|e| e.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|p| p.extension().is_some_and(|e| e == "seg")).collect();
    found.sort();
    found
}

fn verify(place: &Place, session: &Path) -> Ran {
    place.st0ck(&["journal", "verify", session.to_str().unwrap(), "--json"])
}

#[test]
fn a_flipped_bit_in_any_segment_is_found_and_its_place_named() {
    let (place, session) = recorded();
    for (number, segment) in segments(&session).iter().enumerate() {
        let bytes = fs::read(segment).unwrap();
        let name = segment.file_name().unwrap();
        // Every part of the file: 40 places from its first byte to its last.
        for step in 0..40 {
            let byte = step * (bytes.len() - 1) / 39;
            let bit = (step % 8) as u8;
            let copied =
                with(&place, &session, |dir| flip(&dir.join("journal").join(name), byte, bit));
            let told = verify(&place, &copied).exits(21).json();
            let damage = &told["damage"];
            assert_eq!(told["ok"], false);
            assert_eq!(damage["segment"], number, "byte {byte}: {told}");
            let offset = damage["offset"].as_u64().unwrap() as usize;
            assert!(offset <= byte.max(HEADER), "byte {byte}: {damage}");
            assert!(byte - offset.min(byte) <= HEADER, "byte {byte}: {damage}");
            assert!(damage["seq"].is_u64() && damage["reason"].is_string(), "{damage}");
        }
    }
}

#[test]
fn a_damaged_journal_is_refused_by_everything_that_reads_it() {
    let (place, session) = recorded();
    let segment = PathBuf::from("journal/000000.seg");
    let middle = fs::metadata(session.join(&segment)).unwrap().len() as usize / 2;
    let copied = with(&place, &session, |dir| flip(&dir.join(&segment), middle, 3));
    let dir = copied.to_str().unwrap();
    for args in [&["replay", dir][..], &["journal", "cat", dir], &["journal", "stat", dir]] {
        place.st0ck(args).exits(21).says(&["segment 0", "offset"]);
    }
    let words = place.st0ck(&["journal", "verify", dir]).exits(21).out;
    assert!(words.contains("damaged") && words.contains("segment 0"), "{words}");
}

#[test]
fn a_missing_or_swapped_segment_is_damage() {
    let place = Place::new();
    place.st0ck(&["demo", "--json"]).ok();
    let session = place.session();
    assert!(segments(&session).len() >= 2, "a whole day");
    let journal = |dir: &Path, n: u32| dir.join("journal").join(format!("{n:06}.seg"));
    let copied = with(&place, &session, |dir| fs::remove_file(journal(dir, 0)).unwrap());
    verify(&place, &copied).exits(21);
    let copied = with(&place, &session, |dir| {
        fs::copy(journal(&session, 1), journal(dir, 0)).unwrap();
        fs::copy(journal(&session, 0), journal(dir, 1)).unwrap();
    });
    verify(&place, &copied).exits(21);
}

#[test]
fn bytes_after_a_sealed_journal_are_damage() {
    let (place, session) = recorded();
    let last = segments(&session).pop().unwrap();
    let copied = with(&place, &session, |dir| {
        let file = dir.join("journal").join(last.file_name().unwrap());
        let mut bytes = fs::read(&file).unwrap();
        bytes.extend_from_slice(b"and more");
        fs::write(file, bytes).unwrap();
    });
    let ran = verify(&place, &copied);
    assert!(ran.code == Some(21) || ran.err.contains("torn"), "{ran:?}");
}

/// A session whose bot was killed and whose memory is lost: only the disk is left.
fn killed() -> (Place, PathBuf) {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(6);
    bot.kill();
    let copied = place.path("wreck");
    copy(&place.session(), &copied);
    let hot = fs::read_to_string(copied.join("journal/hot.path")).unwrap();
    fs::remove_file(copied.join("journal/hot.path")).unwrap();
    assert!(Path::new(&hot).is_dir(), "{hot}");
    (place, copied)
}

#[test]
fn a_tail_torn_by_a_power_cut_is_a_warning() {
    let (place, session) = killed();
    let whole = verify(&place, &session).ok().json();
    let file = segments(&session).pop().unwrap();
    let bytes = fs::read(&file).unwrap();
    // Half a record more: its length was written, the rest was not.
    let torn = [&bytes[..], &[57, 0, 0, 0, 1, 0]].concat();
    fs::write(&file, torn).unwrap();
    let ran = verify(&place, &session).ok().says(&["warning: torn tail"]);
    let told = ran.json();
    assert_eq!((&told["records"], &told["damage"]), (&whole["records"], &Value::Null));
    assert!(told["torn"]["offset"].is_u64(), "{told}");
    let replay = place.st0ck(&["replay", session.to_str().unwrap(), "--json"]).ok().json();
    assert_eq!(replay["equal"], true);
}

#[test]
fn a_changed_session_header_is_found() {
    let (place, session) = recorded();
    let copied = with(&place, &session, |dir| {
        let file = dir.join("session.json");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"10000\""));
        fs::write(file, text.replacen("\"10000\"", "\"10001\"", 1)).unwrap();
    });
    verify(&place, &copied).exits(21);
    place.st0ck(&["replay", copied.to_str().unwrap()]).exits(21);
}

#[test]
fn a_session_without_its_header_cannot_be_replayed() {
    let (place, session) = recorded();
    let copied = with(&place, &session, |dir| fs::remove_file(dir.join("session.json")).unwrap());
    place.st0ck(&["replay", copied.to_str().unwrap()]).exits(20).says(&["session.json"]);
}

#[test]
fn a_bot_does_not_go_on_with_a_damaged_journal() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let bot = broker.start_bot(&place, &[]);
    broker.wait_for_orders(4);
    bot.interrupt().ok();
    let count = broker.orders().len();
    let file = segments(&place.session()).remove(0);
    let size = fs::metadata(&file).unwrap().len() as usize;
    flip(&file, size / 2, 5);
    broker.start_bot(&place, &[]).end().exits(21).says(&["segment 0", "offset"]);
    assert_eq!(broker.orders().len(), count, "nothing was sent");
    let row = place.status();
    assert!(row["error"].as_str().is_some_and(|e| e.contains("offset")), "{row}");
}
