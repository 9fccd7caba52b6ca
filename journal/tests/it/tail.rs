//! Following a journal while it is written.

use crate::child::command;
use crate::fixture::{Place, close, quote, split};
use st0ck_journal::{Body, JournalError, Tail, decode};
use st0ck_runtime::Agent;
use st0ck_types::record::RecordKind;
use st0ck_types::recorder::Room;
use st0ck_types::{Recorder, Seq};
use std::io::{BufRead, BufReader};

#[test]
fn a_follower_sees_every_record_once_while_segments_change_under_it() {
    const RECORDS: u64 = 300_000;
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    let dir = place.session();
    let follower = std::thread::spawn(move || {
        let mut tail = Tail::open(&dir, Seq(1)).unwrap();
        let mut next = 1;
        loop {
            let Some(record) = tail.poll().unwrap() else {
                std::thread::yield_now();
                continue;
            };
            assert_eq!(record.seq, Seq(next));
            if record.kind == RecordKind::Seal {
                return next;
            }
            assert_eq!(decode(&record), Ok(Body::Input(quote(next))));
            next += 1;
        }
    });
    let writer = std::thread::spawn(move || {
        for _ in 0..RECORDS {
            while core.writer.room() == Room::Full {
                std::thread::yield_now();
            }
            core.quote();
        }
        core.seal();
    });
    while !writer.is_finished() {
        keeper.do_work();
    }
    writer.join().unwrap();
    keeper.on_close();
    assert_eq!(follower.join().unwrap(), RECORDS + 1);
}

#[test]
fn a_follower_may_start_anywhere_and_waits_at_the_end() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(10);
    let mut tail = Tail::open(&place.session(), Seq(8)).unwrap();
    let mut poll = || tail.poll().unwrap().map(|r| r.seq.0);
    assert_eq!([poll(), poll(), poll(), poll(), poll()], [Some(8), Some(9), Some(10), None, None]);
    core.quote();
    assert_eq!([poll(), poll()], [Some(11), None]);
    close(core, keeper);
    assert_eq!([poll(), poll()], [Some(12), None]);
}

#[test]
fn a_follower_of_records_that_a_recovery_cut_is_told_from_where() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(5);
    let mut tail = Tail::open(&place.session(), Seq(1)).unwrap();
    while tail.poll().unwrap().is_some() {}
    drop((core, keeper));
    let _session = place.resume(2).unwrap();
    assert!(matches!(tail.poll(), Err(JournalError::Rewritten { from: 5 })));
}

#[test]
fn another_process_follows_across_segments_compression_and_a_restart() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    let mut follower = command("follow two lives", &place.session(), 1).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("follows")));
    for _ in 0..250 {
        core.quotes(500);
        keeper.do_work();
    }
    while keeper.do_work() > 0 {}
    close(core, keeper);
    let (session, _) = place.resume(2).unwrap();
    let (mut core, mut keeper) = split(session);
    core.quotes(10);
    while keeper.do_work() > 0 {}
    close(core, keeper);
    let saw = lines.find(|line| line.starts_with("saw"));
    assert_eq!(saw.as_deref(), Some("saw 125012"));
    assert!(follower.wait().unwrap().success());
}
