//! Beginning, ending, going on.

use crate::fixture::{Place, TEXT, close, header, quote, split};
use st0ck_journal::{
    Body, JournalConfig, JournalError, Placement, Reader, Reason, Recovered, Session, SyncPolicy,
    decode, session_header, stat, verify,
};
use st0ck_runtime::Agent;
use st0ck_types::recorder::Room;
use st0ck_types::{Recorder, Seq};
use std::os::unix::fs::FileExt;
use std::time::Duration;

#[test]
fn what_was_written_is_read_back_after_an_orderly_end() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(10);
    core.group();
    close(core, keeper);

    let mut reader = Reader::open(&place.session()).unwrap();
    for seq in 1..=10 {
        let record = reader.next().unwrap().unwrap();
        assert_eq!(record.seq, Seq(seq));
        assert_eq!(decode(&record), Ok(Body::Input(quote(seq))));
    }
    let rest: Vec<u64> = std::iter::from_fn(|| reader.next().unwrap().map(|r| r.seq.0)).collect();
    assert_eq!(rest, [11, 12, 13, 14]);

    let verified = verify(&place.journal()).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
    assert_eq!(verified.open_records, 0);
    let stat = stat(&place.session()).unwrap();
    assert_eq!((stat.segments, stat.records, stat.last_seq), (1, 14, Seq(14)));
    assert_eq!(stat.bytes, std::fs::metadata(place.segment(0)).unwrap().len());
    assert_eq!(session_header(&place.session()).unwrap(), TEXT);
    let left: Vec<_> = std::fs::read_dir(place.journal()).unwrap().flatten().collect();
    assert_eq!(left.len(), 3, "the segment, its index and the lock, nothing else: {left:?}");
}

#[test]
fn a_killed_session_goes_on_in_a_new_segment() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(5);
    core.group();
    drop((core, keeper));
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!(recovered.next_seq, Seq(9));
    assert_eq!((recovered.sealed, &recovered.cut), (false, &None));
    let kept = std::iter::successors(Some(recovered.reader().unwrap()), |_| None)
        .flat_map(|mut r| std::iter::from_fn(move || r.next().unwrap().map(|r| r.seq.0)));
    assert_eq!(kept.collect::<Vec<_>>(), (1..9).collect::<Vec<_>>());
    let (mut core, keeper) = split(session);
    core.quotes(3);
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.sealed, "{verified:?}");
    assert_eq!((verified.stat.records, verified.stat.segments), (12, 2));
    for (from, epoch) in [(7, 1), (11, 2)] {
        let mut reader = Reader::open_at(&place.session(), Seq(from)).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().seq, Seq(from));
        assert_eq!(reader.header().unwrap().epoch.0, epoch);
    }
}

#[test]
fn a_session_ended_in_order_can_be_continued_too() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(5);
    close(core, keeper);
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!((recovered.next_seq, recovered.sealed, recovered.cut), (Seq(7), true, None));
    let (core, keeper) = split(session);
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.sealed, "{verified:?}");
    assert_eq!(verified.stat.last_seq, Seq(7));
}

/// The watermark slot of a segment that was written last: the last record's number and checksum, and
/// whether nothing will follow. `FORMAT.md` draws it.
fn newest_slot(place: &Place, segment: u32) -> (u64, u32, bool) {
    let page = std::fs::read(place.segment(segment)).unwrap();
    let u64_at = |at: usize| u64::from_le_bytes(page[at..at + 8].try_into().unwrap());
    let u32_at = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
    let slot = [512, 1024].into_iter().max_by_key(|&at| u64_at(at)).unwrap();
    (u64_at(slot + 16), u32_at(slot + 32), u32_at(slot + 24) == 1)
}

#[test]
fn a_life_that_recorded_nothing_keeps_its_segment_and_says_that_it_is_empty() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.group();
    drop((core, keeper));
    drop(place.resume(2).unwrap());
    let (session, recovered) = place.resume(3).unwrap();
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(4), None));
    let (core, keeper) = split(session);
    close(core, keeper);
    let headers = [0, 1, 2].map(|n| std::fs::read(place.segment(n)).unwrap());
    assert_eq!([0, 1, 2].map(|n| headers[n][40]), [1, 2, 3], "each life has left its own");
    let crc = u32::from_le_bytes(headers[1][32..36].try_into().unwrap());
    assert_eq!(newest_slot(&place, 0), (3, crc, true), "the last record, which the next continues");
    assert_eq!(newest_slot(&place, 1), (0, 0, true));
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.stat.records == 4, "{verified:?}");
}

/// What a start finds, after a power cut, when this stands behind a segment's three records; and
/// the bytes that it leaves behind them.
fn start_with_tail(tail: &[u8]) -> (Recovered, usize) {
    let place = Place::new();
    let config = JournalConfig { sync: SyncPolicy::EachBatch, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    core.group();
    while keeper.do_work() > 0 {}
    drop((core, keeper));
    place.lose_memory();
    let bytes = std::fs::read(place.segment(0)).unwrap();
    std::fs::write(place.segment(0), [&bytes, tail].concat()).unwrap();
    let (session, recovered) = place.resume(2).unwrap();
    drop(session);
    assert_eq!(recovered.next_seq, Seq(4));
    (recovered, std::fs::read(place.segment(0)).unwrap().len() - bytes.len())
}

#[test]
fn zeros_behind_the_last_record_are_nothing_and_bytes_behind_zeros_are_a_tear() {
    let (recovered, left) = start_with_tail(&[0; 64]);
    assert_eq!((recovered.cut, left), (None, 0));
    let (recovered, left) = start_with_tail(&[[0; 32], [7; 32]].concat());
    let cut = recovered.cut.unwrap();
    let torn = cut.torn.map(|damage| (damage.seq, damage.reason));
    assert_eq!((torn, cut.records, cut.copies.len(), left), (Some((4, Reason::Missing)), 0, 1, 0));
}

#[test]
fn what_a_killed_writer_had_begun_is_no_tear_and_a_record_that_broke_in_memory_is() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(2);
    core.hash();
    drop((core, keeper));
    let hot = std::fs::OpenOptions::new().write(true).open(place.hot_segment(0)).unwrap();
    // Behind two quotes of 88 bytes and a mark of 40; a record's length is written last.
    let end = 4096 + 2 * 88 + 40;
    hot.write_all_at(&[7; 60], end + 4).unwrap();
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.torn.is_none(), "{verified:?}");
    hot.write_all_at(&9_u32.to_le_bytes(), end).unwrap();
    let verified = verify(&place.session()).unwrap();
    let torn = verified.torn.as_ref().map(|damage| (damage.offset, damage.seq));
    assert_eq!((verified.stat.records, torn), (3, Some((end, 4))), "{verified:?}");
}

#[test]
fn a_session_is_begun_once_and_continued_only_by_its_own() {
    let place = Place::new();
    let session = place.create();
    let create = || Session::create(&place.session(), header(2), TEXT, &place.config());
    assert!(matches!(create(), Err(JournalError::Locked { .. })));
    drop(session);
    assert!(matches!(create(), Err(JournalError::Exists(_))));
    let mut other = header(2);
    other.account_hash = 12;
    let foreign = Session::resume(&place.session(), other, &place.config());
    assert!(matches!(foreign, Err(JournalError::Foreign { what: "account", .. })), "{foreign:?}");
    let stale = place.resume(1).unwrap_err();
    assert!(stale.to_string().contains("not later than 1"), "{stale}");
    place.resume(2).unwrap();
}

#[test]
fn a_changed_session_header_is_damage() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(5);
    close(core, keeper);
    std::fs::write(place.session().join("session.json"), b"{\"bot\":\"st0ckb\"}").unwrap();
    let verified = verify(&place.session()).unwrap();
    assert!(!verified.is_ok(), "{verified:?}");
    let Err(JournalError::Damaged(damage)) = place.resume(2) else { panic!("it was damaged") };
    let named = (damage.segment, damage.offset, damage.seq, damage.reason);
    assert_eq!(named, (0, 92, 0, Reason::SessionHeader), "the field that promises another");
}

#[test]
fn without_a_tmpfs_the_journal_works_and_says_that_it_is_slower() {
    let place = Place::new();
    let nowhere = JournalConfig { hot_dirs: vec!["/proc".into()], ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &nowhere).unwrap();
    let said = session.placement.to_string();
    assert!(matches!(session.placement, Placement::File { .. }));
    assert!(said.contains("slower") && said.contains("/proc: not a tmpfs"), "{said}");
    let (mut core, keeper) = split(session);
    core.quotes(100);
    drop((core, keeper));
    assert_eq!(verify(&place.session()).unwrap().stat.records, 100);
    let (session, recovered) = Session::resume(&place.session(), header(2), &nowhere).unwrap();
    assert_eq!(recovered.next_seq, Seq(100), "the lone last input is cut");
    let (core, keeper) = split(session);
    close(core, keeper);
    assert!(verify(&place.session()).unwrap().is_ok());
    let hot = std::fs::read_dir(place.journal()).unwrap().flatten();
    assert_eq!(hot.filter(|e| e.path().extension().is_some_and(|x| x == "hot")).count(), 0);
}

#[test]
fn each_policy_syncs_when_it_says() {
    for sync in
        [SyncPolicy::None, SyncPolicy::EachBatch, SyncPolicy::Every(Duration::from_millis(1))]
    {
        let place = Place::new();
        let config = JournalConfig { sync, ..place.config() };
        let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
        let (mut core, mut keeper) = split(session);
        let status = keeper.status().clone();
        core.quotes(50);
        while status.copied_seq() < Seq(50) {
            keeper.do_work();
        }
        let durable = if sync == SyncPolicy::None { Seq(0) } else { Seq(50) };
        assert_eq!(status.durable_seq(), durable, "{sync}");
        close(core, keeper);
        assert_eq!(status.durable_seq(), Seq(51), "{sync}");
    }
}

#[test]
fn the_keeper_waits_as_long_as_its_policy_allows() {
    let place = Place::new();
    let sync = SyncPolicy::Every(Duration::from_secs(10));
    let config = JournalConfig { sync, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    core.quotes(50);
    assert_eq!((0..100).map(|_| keeper.do_work()).sum::<u32>(), 0);
    core.quotes(3000);
    assert_eq!(keeper.do_work(), 1, "more than 256 KiB do not wait");
    assert_eq!(keeper.status().durable_seq(), Seq(3050));
}

#[test]
fn the_same_journal_is_found_by_another_path() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(9);
    drop((core, keeper));
    let link = place.session().parent().unwrap().join("link");
    std::os::unix::fs::symlink(place.session(), &link).unwrap();
    assert_eq!(verify(&link).unwrap().stat.records, 9);
    let (_, recovered) = Session::resume(&link, header(2), &place.config()).unwrap();
    assert_eq!(recovered.next_seq, Seq(9));
}

#[test]
fn memory_that_somebody_overwrote_stops_the_keeper_and_is_told() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.quotes(3);
    let hot = std::fs::OpenOptions::new().write(true).open(place.hot_segment(0)).unwrap();
    hot.write_all_at(&[0xee; 4], 4096 + 3 * 88).unwrap();
    keeper.do_work();
    let failure = keeper.status().failure().unwrap();
    assert!(failure.contains("impossible length in memory"), "{failure}");
    assert_eq!(core.writer.room(), Room::Full);
    assert_eq!(keeper.do_work(), 0);
}

#[test]
fn a_journal_that_cannot_be_written_any_more_is_told_once_and_for_all() {
    let place = Place::new();
    let config = JournalConfig { sync: SyncPolicy::EachBatch, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    // The next durable segment cannot be made: a folder has its name.
    std::fs::create_dir(place.segment(1)).unwrap();
    core.quotes(30_000);
    keeper.do_work();
    let failure = keeper.status().failure().unwrap().to_owned();
    assert!(failure.starts_with("while creating") && failure.contains("000001.seg"), "{failure}");
    assert_eq!(core.writer.room(), Room::Full);
}
