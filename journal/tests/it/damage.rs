//! Torn or damaged: every byte cut, every bit flipped, on both sides of the watermark.

use crate::fixture::{Place, Random, close, split};
use crate::wreck::{RECORDS_AT, Wreck, reseal};
use st0ck_journal::{Damage, JournalError, Reason, verify};
use st0ck_runtime::Agent;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

/// The tail cut at `at`: nothing, zeros or garbage behind it.
fn check_cut(wreck: &Wreck, at: u64, rng: &mut Random) {
    let len = wreck.bytes.len() - at as usize;
    for tail in [vec![], vec![0; len], rng.bytes(len)] {
        let verified = wreck.with_tail(at, &tail);
        let whole = wreck.whole_before(at, &tail);
        assert!(verified.is_ok(), "cut at {at}: {verified:?}");
        assert_eq!(verified.stat.records, whole, "cut at {at}: {verified:?}");
        let end = wreck.bounds[whole as usize];
        let torn = wreck.with_torn(at, end, &tail);
        assert_eq!(verified.torn.is_some(), torn, "cut at {at}: {verified:?}");
    }
}

impl Wreck {
    /// Whether anything but zeros stands behind `end`.
    fn with_torn(&self, at: u64, end: u64, tail: &[u8]) -> bool {
        let left = self.bytes[..at as usize].get(end as usize..).unwrap_or_default();
        let skip = end.saturating_sub(at) as usize;
        left.iter().chain(tail.get(skip..).unwrap_or_default()).any(|&b| b != 0)
    }
}

#[test]
fn exactly_the_whole_records_before_a_cut_survive_at_every_byte() {
    let wreck = Wreck::new(3, 40);
    let mut rng = Random(7);
    for at in wreck.synced..=wreck.bytes.len() as u64 {
        check_cut(&wreck, at, &mut rng);
    }
}

#[test]
fn exactly_the_whole_records_before_a_cut_survive_in_a_mebibyte() {
    let wreck = Wreck::new(3, 13_500);
    assert!(wreck.bytes.len() > 1 << 20);
    let mut rng = Random(7);
    for _ in 0..60 {
        let span = wreck.bytes.len() as u64 - wreck.synced;
        check_cut(&wreck, wreck.synced + rng.next() % span, &mut rng);
    }
}

#[test]
fn a_cut_below_the_watermark_is_damage() {
    let wreck = Wreck::new(20, 5);
    for at in (RECORDS_AT..wreck.synced).step_by(7) {
        let verified = wreck.with_tail(at, &[]);
        let damage = verified.damage.unwrap();
        let record = wreck.whole_before(at, &[]);
        let place = (damage.segment, damage.offset, damage.seq);
        assert_eq!(place, (0, wreck.bounds[record as usize], record + 1), "cut at {at}");
    }
}

#[test]
fn a_recovery_cuts_a_tear_keeps_a_copy_and_goes_on() {
    for at in [0, 1, 4, 31, 32, 50, 87] {
        let wreck = Wreck::new(3, 10);
        let (last, whole) = (wreck.bounds[12], 12);
        wreck.file.set_len(last + at).unwrap();
        let (session, recovered) = wreck.place.resume(2).unwrap();
        // The quote before the last one is now a lone last input, so it goes too.
        assert_eq!(recovered.next_seq.0, whole, "torn {at} bytes into the record");
        let cut = recovered.cut.unwrap();
        assert_eq!((cut.records, cut.torn.is_some()), (1, at > 0));
        let copy = std::fs::read(&cut.copies[0]).unwrap();
        assert_eq!(copy, wreck.bytes[wreck.bounds[11] as usize..(last + at) as usize]);
        let (core, keeper) = split(session);
        close(core, keeper);
        let verified = wreck.verify();
        assert!(verified.is_ok() && verified.torn.is_none() && verified.sealed, "{verified:?}");
    }
}

/// What a flip of this bit must be called.
fn check_flip(wreck: &Wreck, bit: u64, same_boot: bool) {
    let verified = wreck.with_flip(bit);
    let at = bit / 8;
    if at < RECORDS_AT {
        assert!(verified.damage.is_some(), "bit {bit} of the first page: {verified:?}");
        return;
    }
    let record = wreck.record_at(at);
    let (start, last) = (wreck.bounds[record], record + 2 == wreck.bounds.len());
    assert_eq!(verified.stat.records, record as u64, "bit {bit}: {verified:?}");
    let is_damage = start < wreck.synced || (same_boot && !last);
    let Damage { segment, offset, seq, .. } =
        if is_damage { verified.damage.clone() } else { verified.torn.clone() }
            .unwrap_or_else(|| panic!("bit {bit}: {verified:?}"));
    assert_eq!((segment, offset, seq), (0, start, record as u64 + 1), "bit {bit}");
    assert_eq!(verified.damage.is_some(), is_damage, "bit {bit}: {verified:?}");
}

#[test]
fn every_flipped_bit_is_noticed_and_called_by_its_name() {
    let wreck = Wreck::new(40, 20);
    for bit in 0..wreck.bytes.len() as u64 * 8 {
        check_flip(&wreck, bit, true);
    }
}

#[test]
fn after_an_orderly_end_every_flipped_bit_is_damage() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(10);
    core.carry(b"state");
    close(core, keeper);
    let bytes = std::fs::read(place.segment(0)).unwrap();
    let file = OpenOptions::new().write(true).open(place.segment(0)).unwrap();
    for bit in 0..bytes.len() * 8 {
        let (at, byte) = (bit as u64 / 8, bytes[bit / 8]);
        file.write_all_at(&[byte ^ 1 << (bit % 8)], at).unwrap();
        let verified = verify(&place.session());
        assert!(verified.is_ok_and(|v| v.damage.is_some()), "bit {bit}");
        file.write_all_at(&[byte], at).unwrap();
    }
    assert!(verify(&place.session()).unwrap().is_ok());
}

#[test]
fn flips_anywhere_in_a_mebibyte_are_noticed() {
    let wreck = Wreck::new(13_000, 500);
    let mut rng = Random(7);
    for _ in 0..300 {
        check_flip(&wreck, rng.next() % (wreck.bytes.len() as u64 * 8), true);
    }
}

#[test]
fn after_a_power_cut_blocks_past_the_watermark_may_be_missing_in_any_order() {
    let wreck = Wreck::new(40, 40).of_another_boot();
    let mut rng = Random(7);
    for _ in 0..5_000 {
        check_flip(&wreck, rng.next() % (wreck.bytes.len() as u64 * 8), false);
    }
}

#[test]
fn zeroed_swapped_and_repeated_pages_are_noticed() {
    let wreck = Wreck::new(2_000, 0);
    let pages = wreck.bytes.len() / 4096;
    let page = |n: usize| &wreck.bytes[n * 4096..(n + 1) * 4096];
    for at in 0..pages {
        let mut fakes = vec![vec![0; 4096]];
        fakes.extend((0..pages).filter(|n| *n != at).map(|n| page(n).to_vec()));
        for fake in fakes {
            wreck.file.write_all_at(&fake, at as u64 * 4096).unwrap();
            let verified = wreck.verify();
            assert!(!verified.is_ok(), "page {at}: {verified:?}");
            wreck.file.write_all_at(page(at), at as u64 * 4096).unwrap();
        }
    }
    assert!(wreck.verify().is_ok());
}

#[test]
fn bursts_are_noticed() {
    let wreck = Wreck::new(200, 0);
    let mut rng = Random(7);
    for _ in 0..5_000 {
        let bits = 2 + rng.next() % 63;
        let span = (wreck.bytes.len() as u64 - 9) * 8;
        let (from, mask) = (rng.next() % span, rng.next() | 1 | 1 << (bits - 1));
        let at = from / 8;
        let old = &wreck.bytes[at as usize..at as usize + 9];
        let wide = u128::from(mask & (u64::MAX >> (64 - bits))) << (from % 8);
        let new: Vec<u8> = old.iter().zip(wide.to_le_bytes()).map(|(a, b)| a ^ b).collect();
        wreck.file.write_all_at(&new, at).unwrap();
        let verified = wreck.verify();
        assert!(!verified.is_ok(), "{bits} bits at {from}: {verified:?}");
        wreck.file.write_all_at(old, at).unwrap();
    }
}

#[test]
fn a_damaged_journal_is_refused_and_left_as_it_is() {
    let wreck = Wreck::new(40, 5);
    let at = wreck.bounds[11] + 40;
    wreck.file.write_all_at(&[0xff], at).unwrap();
    let before = wreck.place.files();
    let error = wreck.place.resume(2).unwrap_err();
    let want = "journal damaged: segment 000000 offset 4920 (record 12): checksum does not match";
    assert_eq!(error.to_string(), want);
    assert_eq!(wreck.place.files(), before);
}

#[test]
fn a_missing_segment_is_damage_wherever_it_is() {
    for gone in [0, 1] {
        let place = Place::new();
        let (mut core, mut keeper) = place.create();
        for _ in 0..120_000 {
            core.quote();
            if core.next().0.0 % 512 == 0 {
                keeper.do_work();
            }
        }
        close(core, keeper);
        std::fs::remove_file(place.segment(gone)).unwrap();
        let damage = match verify(&place.session()) {
            Ok(verified) => verified.damage.unwrap(),
            Err(JournalError::NotFound(_)) if gone == 0 => continue,
            Err(error) => panic!("{error}"),
        };
        assert_eq!((damage.segment, damage.reason), (gone, Reason::SegmentMissing));
    }
}

#[test]
fn a_segment_of_another_journal_is_noticed() {
    let (ours, theirs) = (Place::new(), Place::new());
    for (place, quotes) in [(&ours, 10), (&theirs, 11)] {
        let (mut core, keeper) = place.create();
        core.quotes(quotes);
        close(core, keeper);
        let (core, keeper) = split(place.resume(2).unwrap().0);
        close(core, keeper);
    }
    std::fs::copy(theirs.segment(1), ours.segment(1)).unwrap();
    let damage = verify(&ours.session()).unwrap().damage.unwrap();
    assert_eq!((damage.segment, damage.reason), (0, Reason::Missing));
}

#[test]
fn a_first_page_that_never_became_whole_is_a_tear() {
    for len in [1, 100, 128, 600, 4096] {
        let place = Place::new();
        let (mut core, keeper) = place.create();
        core.quotes(5);
        close(core, keeper);
        let mut page = vec![0; len];
        page[..len.min(100)].fill(0x53);
        std::fs::write(place.segment(1), &page).unwrap();
        let verified = verify(&place.session()).unwrap();
        assert_eq!(verified.torn.map(|d| (d.segment, d.reason)), Some((1, Reason::Header)));
        let (session, recovered) = place.resume(2).unwrap();
        assert_eq!(recovered.next_seq.0, 7);
        assert_eq!(std::fs::read(&recovered.cut.unwrap().copies[0]).unwrap(), page);
        let (core, keeper) = split(session);
        close(core, keeper);
        assert!(verify(&place.session()).unwrap().is_ok());
    }
}

#[test]
fn memory_of_another_boot_is_worth_nothing() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    core.quotes(10);
    while keeper.status().copied_seq().0 < 10 {
        keeper.do_work();
    }
    core.quotes(10);
    drop((core, keeper));
    assert_eq!(verify(&place.session()).unwrap().stat.records, 20);
    let hot = OpenOptions::new().read(true).write(true).open(place.hot_segment(0)).unwrap();
    let mut block = [0; 128];
    hot.read_exact_at(&mut block, 0).unwrap();
    block[48..64].fill(0x42);
    reseal(&mut block);
    hot.write_all_at(&block, 0).unwrap();
    assert_eq!(verify(&place.session()).unwrap().stat.records, 10);
}

#[test]
fn a_bad_record_in_memory_with_whole_ones_behind_it_is_damage() {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(10);
    drop((core, keeper));
    let hot = OpenOptions::new().read(true).write(true).open(place.hot_segment(0)).unwrap();
    // The length word of the fourth record, as if it had never been written.
    hot.write_all_at(&[0; 4], RECORDS_AT + 3 * 88).unwrap();
    let damage = verify(&place.session()).unwrap().damage.unwrap();
    assert_eq!((damage.offset, damage.seq), (RECORDS_AT + 3 * 88, 4));
    assert!(matches!(place.resume(2), Err(JournalError::Damaged(_))));
}
