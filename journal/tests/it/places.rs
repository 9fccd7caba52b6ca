//! Finding a record by its number or its moment, the newest carry, and where a start begins to read.

use crate::fixture::{Core, Place, TEXT, close, header, quote, split};
use st0ck_journal::{JournalConfig, JournalError, Keeper, Reader, Recovered, Session};
use st0ck_journal::{SessionHeader, newest_carry, verify};
use st0ck_runtime::Agent;
use st0ck_types::{Nanos, Nonce, Recorder, Seq};

/// What [`Core`] stamps the record `seq` with.
fn stamp(seq: u64) -> Nanos {
    Nanos(1_608_042_600_000_000_000 + seq as i64)
}

fn write(core: &mut Core, keeper: &mut Keeper, n: u64) {
    for i in 0..n {
        core.quote();
        if i % 512 == 0 {
            keeper.do_work();
        }
    }
    while keeper.do_work() > 0 {}
}

/// Four segments, a carry in the first and in the third, and an empty one in the last.
fn four_segments(place: &Place) {
    write_four(place, header(1), b"first");
}

/// The same, by whom and with which state in its first carry.
fn write_four(place: &Place, who: SessionHeader, first: &[u8]) {
    write_four_as(place, who, first, &place.config());
}

fn write_four_as(place: &Place, who: SessionHeader, first: &[u8], config: &JournalConfig) {
    let session = Session::create(&place.session(), who, TEXT, config).unwrap();
    let (mut core, mut keeper) = split(session);
    write(&mut core, &mut keeper, 999);
    core.carry(first);
    write(&mut core, &mut keeper, 99_000);
    core.carry(b"second");
    write(&mut core, &mut keeper, 49_999);
    core.carry(b"");
    close(core, keeper);
    assert_eq!(verify(&place.session()).unwrap().stat.segments, 4);
}

fn seq_at(place: &Place, at: Nanos) -> Option<u64> {
    let mut reader = Reader::open_at_time(&place.session(), at).unwrap();
    reader.next().unwrap().map(|record| record.seq.0)
}

#[test]
fn a_moment_is_found_whatever_became_of_the_indexes() {
    let place = Place::new();
    four_segments(&place);
    let looks_right = || {
        for seq in [1, 2, 900, 1000, 1001, 44_000, 100_000, 123_456, 150_001] {
            assert_eq!(seq_at(&place, stamp(seq)), Some(seq));
            let mut reader = Reader::open_at(&place.session(), Seq(seq)).unwrap();
            assert_eq!(reader.next().unwrap().map(|r| r.seq.0), Some(seq));
        }
        assert_eq!(seq_at(&place, Nanos(0)), Some(1), "before everything");
        assert_eq!(seq_at(&place, stamp(150_003)), None, "behind everything");
        assert_eq!(newest_carry(&place.session()).unwrap(), Some(Seq(100_001)));
    };
    let index = |n: u32| place.journal().join(format!("{n:06}.idx"));
    looks_right();
    // Of another segment, with a flipped bit, gone.
    std::fs::copy(index(0), index(1)).unwrap();
    looks_right();
    let mut bytes = std::fs::read(index(2)).unwrap();
    bytes[60] ^= 4;
    std::fs::write(index(2), &bytes).unwrap();
    looks_right();
    (0..4).for_each(|n| std::fs::remove_file(index(n)).unwrap());
    looks_right();
    // The next start writes them anew.
    let (session, _) = place.resume(2).unwrap();
    drop(session);
    assert!((0..4).all(|n| index(n).exists()));
    looks_right();
}

#[test]
fn of_many_records_of_one_moment_the_first_is_found_in_whatever_segment() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    for n in 1..=60_000 {
        core.writer.input(Seq(n), Nanos(7), &quote(n));
        if n % 512 == 0 {
            keeper.do_work();
        }
    }
    close(core, keeper);
    assert_eq!(verify(&place.session()).unwrap().stat.segments, 2);
    assert_eq!(seq_at(&place, Nanos(7)), Some(1));
}

#[test]
fn a_journal_without_a_carry_says_so() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(10);
    assert_eq!(newest_carry(&place.session()).unwrap(), None);
    core.carry(b"state");
    core.quotes(10);
    assert_eq!(newest_carry(&place.session()).unwrap(), Some(Seq(11)), "in memory");
    drop((core, keeper));
}

fn resume_reading(place: &Place, read_back: u64) -> Result<Session, JournalError> {
    recover_reading(place, read_back).map(|(session, _)| session)
}

fn recover_reading(place: &Place, read_back: u64) -> Result<(Session, Recovered), JournalError> {
    let config = JournalConfig { read_back, ..place.config() };
    Session::resume(&place.session(), header(2), &config)
}

fn flip(place: &Place, segment: u32, at: usize) {
    let mut bytes = std::fs::read(place.segment(segment)).unwrap();
    bytes[at] ^= 1;
    std::fs::write(place.segment(segment), &bytes).unwrap();
}

#[test]
fn a_start_reads_from_the_newest_carry_on_and_before_it_what_it_is_told_to() {
    let place = Place::new();
    four_segments(&place);
    flip(&place, 0, 8000);
    let refused = resume_reading(&place, 256 << 20).unwrap_err();
    assert!(matches!(&refused, JournalError::Damaged(damage) if damage.segment == 0), "{refused}");
    let (core, keeper) = split(resume_reading(&place, 0).unwrap());
    assert_eq!(core.writer.next_seq(), Seq(150_003));
    close(core, keeper);
    assert!(!verify(&place.session()).unwrap().is_ok(), "verify reads everything");
}

#[test]
fn a_start_that_reads_little_still_checks_every_first_page_and_the_chain_between() {
    let place = Place::new();
    four_segments(&place);
    for (segment, at) in [(0, 20), (0, 520), (1, 40), (1, 2000), (2, 8000), (3, 5000)] {
        flip(&place, segment, at);
        let refused = resume_reading(&place, 0).unwrap_err();
        assert!(
            matches!(&refused, JournalError::Damaged(damage) if damage.segment == segment),
            "segment {segment} byte {at}: {refused}"
        );
        flip(&place, segment, at);
    }
    let gone = place.journal().join("gone");
    std::fs::rename(place.segment(1), &gone).unwrap();
    assert!(matches!(resume_reading(&place, 0), Err(JournalError::Damaged(_))));
    std::fs::rename(gone, place.segment(1)).unwrap();
    drop(resume_reading(&place, 0).unwrap());
}

#[test]
fn a_segment_of_another_journal_is_found_among_those_that_are_not_read() {
    let (ours, foreign, longer) = (Place::new(), Place::new(), Place::new());
    four_segments(&ours);
    // The same records, by another installation; and other records, by this one.
    write_four(&foreign, SessionHeader { nonce: Nonce(*b"8k"), ..header(1) }, b"first");
    write_four(&longer, header(1), &[0; 4096]);
    let own: Vec<_> = (0..3).map(|n| std::fs::read(ours.segment(n)).unwrap()).collect();
    for (other, taken) in
        [(&foreign, 0..1), (&foreign, 1..2), (&foreign, 0..2), (&foreign, 2..3), (&longer, 1..2)]
    {
        for n in taken.clone() {
            std::fs::copy(other.segment(n), ours.segment(n)).unwrap();
        }
        let started = resume_reading(&ours, 0);
        assert!(matches!(started, Err(JournalError::Damaged(_))), "{taken:?}: {started:?}");
        for n in taken {
            std::fs::write(ours.segment(n), &own[n as usize]).unwrap();
        }
    }
    drop(resume_reading(&ours, 0).unwrap());
}

#[test]
fn a_segment_that_is_longer_or_shorter_than_it_says_is_found_without_reading_it() {
    let place = Place::new();
    let plain = JournalConfig { compress: false, ..place.config() };
    write_four_as(&place, header(1), b"first", &plain);
    let whole = std::fs::read(place.segment(1)).unwrap();
    for wrong in [[&whole[..], &[0; 8]].concat(), whole[..whole.len() - 8].to_vec()] {
        std::fs::write(place.segment(1), &wrong).unwrap();
        let started = resume_reading(&place, 0);
        assert!(matches!(started, Err(JournalError::Damaged(_))), "{}: {started:?}", wrong.len());
    }
    std::fs::write(place.segment(1), whole).unwrap();
    drop(resume_reading(&place, 0).unwrap());
}

#[test]
fn groups_are_followed_from_the_carry_on_whatever_the_segment_begins_with() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    write(&mut core, &mut keeper, 30_000);
    core.quote();
    // The second segment begins within this group.
    (0..40_000).for_each(|_| core.output(false));
    core.output(true);
    core.carry(b"state");
    while keeper.do_work() > 0 {}
    // What nothing followed was never closed.
    core.quote();
    drop((core, keeper));
    assert_eq!(verify(&place.session()).unwrap().stat.segments, 2);
    let (session, recovered) = recover_reading(&place, 0).unwrap();
    let cut = recovered.cut.unwrap();
    assert_eq!((recovered.next_seq, cut.records, cut.copies.len()), (Seq(70_004), 1, 1));
    drop(session);
}
