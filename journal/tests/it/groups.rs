//! What a recovery keeps and what it cuts.

use crate::fixture::{Core, Place, close, split};
use st0ck_journal::{JournalError, Reason, Recovered, verify};
use st0ck_types::Seq;

/// Writes, is killed, recovers; the journal then verifies, and goes on.
fn recovered_after(write: impl FnOnce(&mut Core)) -> (Recovered, Place) {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    write(&mut core);
    drop((core, keeper));
    let (session, recovered) = place.resume(2).unwrap();
    let (mut core, keeper) = split(session);
    core.group();
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.torn.is_none(), "{verified:?}");
    assert_eq!(verified.stat.last_seq.0, recovered.next_seq.0 + 3);
    (recovered, place)
}

#[test]
fn a_lone_last_input_is_cut_and_kept_aside() {
    let (recovered, place) = recovered_after(|core| core.quotes(4));
    assert_eq!(recovered.next_seq, Seq(4));
    let cut = recovered.cut.unwrap();
    assert_eq!((cut.records, cut.torn, cut.copies.len()), (1, None, 1));
    assert_eq!(std::fs::read(&cut.copies[0]).unwrap().len(), 88);
    assert_eq!(cut.copies[0], place.journal().join("000000.4360.torn"));
}

#[test]
fn a_group_without_end_is_cut_whole() {
    let (recovered, _) = recovered_after(|core| {
        core.group();
        core.quote();
        core.output(false);
        core.output(false);
    });
    assert_eq!(recovered.next_seq, Seq(4));
    assert_eq!(recovered.cut.unwrap().records, 3);
}

#[test]
fn a_fault_keeps_the_group_that_it_broke_off() {
    let (recovered, _) = recovered_after(|core| {
        core.quote();
        core.output(false);
        core.fault(1);
    });
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(4), None));
}

#[test]
fn a_mark_closes_a_lone_input() {
    let (recovered, _) = recovered_after(|core| {
        core.quote();
        core.hash();
    });
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(3), None));
}

#[test]
fn a_record_that_may_not_stand_there_is_named_by_its_own_place() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(2);
    core.hash();
    // An output that answers no input, behind two quotes of 88 bytes and a mark of 40.
    core.output(true);
    core.group();
    drop((core, keeper));
    let Err(JournalError::Damaged(refused)) = place.resume(2) else { panic!("it was damaged") };
    let damage = verify(&place.session()).unwrap().damage;
    assert_eq!(damage.as_ref(), Some(&refused), "verify and a start say the same");
    let named = (refused.segment, refused.offset, refused.seq, refused.reason);
    assert_eq!(named, (0, 4096 + 2 * 88 + 40, 4, Reason::Group));
}

#[test]
fn a_journal_of_nothing_but_an_open_group_starts_over() {
    let (recovered, _) = recovered_after(|core| {
        core.quote();
        core.output(false);
    });
    assert_eq!(recovered.next_seq, Seq(1));
    assert_eq!(recovered.cut.unwrap().records, 2);
}

#[test]
fn an_empty_journal_goes_on() {
    let (recovered, _) = recovered_after(|_| {});
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(1), None));
}

#[test]
fn recovering_twice_after_being_killed_in_between_gives_the_same() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(7);
    core.quote();
    core.output(false);
    drop((core, keeper));
    // What the recovery removes last is put back, as if it had been killed just before.
    let (hot_path, hot) = (place.journal().join("hot.path"), place.hot_segment(0));
    let saved = [&hot_path, &hot].map(|path| (path.clone(), std::fs::read(path).unwrap()));
    let (session, first) = place.resume(2).unwrap();
    std::fs::remove_file(place.hot_segment(1)).unwrap();
    std::fs::remove_file(place.segment(1)).unwrap();
    drop(session);
    std::fs::create_dir_all(hot.parent().unwrap()).unwrap();
    for (path, bytes) in saved {
        std::fs::write(path, bytes).unwrap();
    }
    let (_, second) = place.resume(3).unwrap();
    assert_eq!((first.next_seq, first.cut), (second.next_seq, second.cut));
}
