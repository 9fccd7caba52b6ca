//! Many segments, and the end of one without the next.

use crate::fixture::{Core, Place, close, split};
use st0ck_journal::{Body, Keeper, Reader, Tail, decode, stat, verify};
use st0ck_runtime::Agent;
use st0ck_types::record::RecordKind;
use st0ck_types::recorder::Room;
use st0ck_types::{Recorder, Seq};

/// Writes `n` quotes, with the keeper turned as often as it takes.
fn write(core: &mut Core, keeper: &mut Keeper, n: u64) {
    for i in 0..n {
        core.quote();
        if i % 512 == 0 {
            keeper.do_work();
        }
    }
}

#[test]
fn ten_segments_are_one_journal() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    write(&mut core, &mut keeper, 450_000);
    assert_eq!(core.writer.room(), Room::Plenty);
    close(core, keeper);
    let stat = stat(&place.session()).unwrap();
    assert_eq!((stat.records, stat.segments), (450_001, 11));
    assert_eq!(stat.kinds, [(RecordKind::Quote, 450_000), (RecordKind::Seal, 1)]);
    assert!(verify(&place.session()).unwrap().is_ok());
    for from in [1, 2, 45_000, 100_000, 300_001, 450_001] {
        let mut reader = Reader::open_at(&place.session(), Seq(from)).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().seq, Seq(from));
    }
    assert!(!place.segment(11).exists(), "the segment that was reserved is gone");
}

#[test]
fn a_group_cut_by_a_kill_may_span_segments() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.quotes(30_000);
    keeper.do_work();
    keeper.do_work();
    core.quote();
    // A group that fills the rest of segment 0 and goes on in segment 1.
    for _ in 0..40_000 {
        core.output(false);
    }
    drop((core, keeper));
    let verified = verify(&place.session()).unwrap();
    assert_eq!((verified.stat.segments, verified.open_records), (2, 40_001));
    let (session, recovered) = place.resume(2).unwrap();
    let cut = recovered.cut.unwrap();
    assert_eq!((recovered.next_seq, cut.records, cut.copies.len()), (Seq(30_001), 40_001, 2));
    let (core, keeper) = split(session);
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!((verified.stat.segments, verified.stat.records), (2, 30_001));
}

#[test]
fn a_group_cut_from_the_second_segment_leaves_the_first_as_it_is() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    write(&mut core, &mut keeper, 60_000);
    core.quote();
    core.output(false);
    while keeper.do_work() > 0 {}
    drop((core, keeper));
    let first = std::fs::read(place.segment(0)).unwrap();
    let (session, recovered) = place.resume(2).unwrap();
    let cut = recovered.cut.unwrap();
    assert_eq!((recovered.next_seq, cut.records, cut.copies.len()), (Seq(60_001), 2, 1));
    assert!(std::fs::read(place.segment(0)).unwrap() == first);
    drop(session);
}

#[test]
fn both_tails_of_a_killed_rotation_are_saved() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.quotes(30_000);
    keeper.do_work();
    keeper.do_work();
    core.quotes(30_000);
    core.hash();
    drop((core, keeper));
    let before = verify(&place.session()).unwrap();
    assert_eq!((before.stat.segments, before.stat.records), (2, 60_001));
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(60_002), None));
    let (core, keeper) = split(session);
    close(core, keeper);
    assert_eq!(verify(&place.session()).unwrap().stat.segments, 3);
}

#[test]
fn room_shrinks_while_no_next_segment_comes_and_returns_when_it_does() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    let status = keeper.status().clone();
    let mut seen = vec![(core.writer.room(), status.is_ready())];
    while core.writer.room() != Room::Full {
        core.quote();
        let now = (core.writer.room(), status.is_ready());
        if *seen.last().unwrap() != now {
            seen.push(now);
        }
    }
    let want =
        [(Room::Plenty, true), (Room::Plenty, false), (Room::Low, false), (Room::Full, false)];
    assert_eq!(seen, want);
    // The reserve still takes a kill's cancels and their marks.
    core.quote();
    for _ in 0..1000 {
        core.output(false);
    }
    core.output(true);
    keeper.do_work();
    assert_eq!((core.writer.room(), status.is_ready()), (Room::Plenty, true));
    core.quotes(10);
    assert!(status.is_ready());
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.stat.segments == 2, "{verified:?}");
}

#[test]
#[should_panic(expected = "segment full, no next one")]
fn a_core_that_goes_on_without_room_stops_there() {
    let place = Place::new();
    let (mut core, _keeper) = place.create();
    core.quotes(60_000);
}

#[test]
fn a_carry_goes_where_it_fits_or_is_kept_empty() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.carry(&[1; 1 << 20]);
    core.carry(&[2; 2 << 20]);
    keeper.do_work();
    // Does not fit behind the first two, so it opens the next segment.
    core.carry(&[3; 3 << 20]);
    keeper.do_work();
    // Fits into no segment at all.
    core.carry(&[4; 5 << 20]);
    core.carry(&[]);
    close(core, keeper);
    let mut reader = Reader::open(&place.session()).unwrap();
    let mut sizes = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        if let Ok(Body::Carry(state)) = decode(&record) {
            assert!(state.iter().all(|&b| u64::from(b) == record.seq.0));
            sizes.push(state.len() >> 20);
        }
    }
    assert_eq!(sizes, [1, 2, 3, 0, 0]);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.stat.segments == 2, "{verified:?}");
}

#[test]
fn a_follower_reads_across_segments_that_are_gone_from_memory() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    let mut tail = Tail::open(&place.session(), Seq(1)).unwrap();
    write(&mut core, &mut keeper, 120_000);
    close(core, keeper);
    let seen = std::iter::from_fn(|| tail.poll().unwrap().map(|r| r.seq.0));
    assert!(seen.eq(1..=120_001));
}
