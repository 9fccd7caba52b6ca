//! Journals that earlier programs wrote: read by every later one. This version's is written the same.

use crate::fixture::{Place, close, header, quote};
use crate::words;
use st0ck_journal::{Body, JournalError, Reader, decode, verify};
use st0ck_runtime::Agent;
use st0ck_types::Seq;
use st0ck_types::record::RecordKind;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Writes a little of everything that has a place of its own in a segment.
fn write(place: &Place) {
    let (mut core, keeper) = place.create();
    core.quotes(3);
    core.group();
    core.hash();
    core.carry(b"state");
    core.quote();
    core.fault(9);
    close(core, keeper);
}

#[test]
fn a_journal_of_format_1_is_still_read() {
    let golden = folder("v1");
    let verified = verify(&golden).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
    let mut reader = Reader::open(&golden).unwrap();
    let mut names = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        if let Ok(Body::Input(input)) = decode(&record)
            && record.kind.as_str() == "quote"
        {
            assert_eq!(input, quote(record.seq.0));
        }
        names.push(record.kind.as_str());
    }
    let want = "quote quote quote quote decision decision hash carry quote fault seal";
    assert_eq!(names.join(" "), want);
    assert_eq!(reader.header(), Some(&header(1)));
}

/// A session of the demo on made-up quotes, as the last program that wrote format 1 left it. Its words
/// were written by that program too: they are never blessed anew.
#[test]
fn a_session_of_format_1_still_says_the_same() {
    let dir = folder("v1-demo");
    let verified = verify(&dir).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
    let (words, path) = (words::of(&dir), dir.join("words.txt"));
    if std::env::var_os("ST0CK_BLESS").is_some() && !path.exists() {
        std::fs::write(&path, &words).unwrap();
    }
    assert_eq!(words, std::fs::read_to_string(&path).unwrap());
}

/// `ST0CK_BLESS=1` writes the golden journal anew; only a new format version may need that.
#[test]
fn this_version_writes_format_2_byte_for_byte() {
    let place = Place::new();
    write(&place);
    let mut written = std::fs::read(place.segment(0)).unwrap();
    let golden = folder("v2");
    let path = golden.join("journal/000000.seg");
    if std::env::var_os("ST0CK_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(place.session().join("session.json"), golden.join("session.json")).unwrap();
        std::fs::write(&path, &written).unwrap();
    }
    let mut golden = std::fs::read(&path).unwrap();
    for bytes in [&mut written, &mut golden] {
        // The boot, and the checksums over it; the header's own test covers the rest of these.
        for range in [48..64, 124..128, 540..552, 1052..1064] {
            bytes[range].fill(0);
        }
    }
    let differs = written.iter().zip(&golden).position(|(written, golden)| written != golden);
    assert_eq!((written.len(), differs), (golden.len(), None), "the first byte that differs");
}

/// Two segments, the first of them compressed, as the first program that compressed left them.
/// `ST0CK_BLESS=1` writes it where it is not there.
#[test]
fn a_compressed_journal_of_format_2_still_says_the_same() {
    let dir = folder("v2-compressed");
    if std::env::var_os("ST0CK_BLESS").is_some() && !dir.exists() {
        write_compressed(&dir);
    }
    assert_eq!(std::fs::read(dir.join("journal/000000.seg")).unwrap()[10], 1);
    let verified = verify(&dir).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
    assert_eq!(words::of(&dir), std::fs::read_to_string(dir.join("words.txt")).unwrap());
    let mut reader = Reader::open_at(&dir, Seq(65)).unwrap();
    assert_eq!(reader.next().unwrap().map(|record| record.kind), Some(RecordKind::Carry));
}

fn write_compressed(to: &Path) {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.quotes(61);
    core.group();
    core.carry(&[7; 3_900_000]);
    keeper.do_work();
    core.carry(&[8; 40_000]);
    core.quotes(5);
    while std::fs::read(place.segment(0)).unwrap()[10] == 0 {
        keeper.do_work();
    }
    close(core, keeper);
    std::fs::create_dir_all(to.join("journal")).unwrap();
    std::fs::copy(place.session().join("session.json"), to.join("session.json")).unwrap();
    for name in ["000000.seg", "000000.idx", "000001.seg", "000001.idx"] {
        std::fs::copy(place.journal().join(name), to.join("journal").join(name)).unwrap();
    }
    std::fs::write(to.join("words.txt"), words::of(to)).unwrap();
}

#[test]
fn a_journal_from_a_newer_format_is_refused_by_version() {
    let place = Place::new();
    write(&place);
    let mut bytes = std::fs::read(place.segment(0)).unwrap();
    bytes[8] = 3;
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(place.segment(0), &bytes).unwrap();
    for error in [verify(&place.session()).unwrap_err(), place.resume(2).unwrap_err()] {
        assert!(matches!(error, JournalError::NewerFormat { version: 3, known: 2, .. }), "{error}");
    }
}
