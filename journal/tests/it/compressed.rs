//! Segments that the keeper compressed: read like plain ones, never half there, never silently wrong.

use crate::fixture::{Core, Place, close, quote, split};
use st0ck_journal::{Body, JournalError, Keeper, Reader, Reason, decode, stat, verify};
use st0ck_runtime::Agent;
use st0ck_types::Seq;

const COMPRESSED: u8 = 1;

fn is_compressed(place: &Place, segment: u32) -> bool {
    std::fs::read(place.segment(segment)).unwrap()[10] == COMPRESSED
}

/// Writes `n` quotes and lets the keeper do all it finds to do.
fn write(core: &mut Core, keeper: &mut Keeper, n: u64) {
    for i in 0..n {
        core.quote();
        if i % 512 == 0 {
            keeper.do_work();
        }
    }
    // What waits for the sync policy is not work yet; compressing is.
    while keeper.do_work() > 0 {}
}

/// A first segment of few bytes once compressed, and a second one.
fn small(place: &Place) {
    let (mut core, mut keeper) = place.create();
    write(&mut core, &mut keeper, 300);
    core.carry(&[0; 3 << 20]);
    keeper.do_work();
    core.carry(&[1; 1 << 20]);
    write(&mut core, &mut keeper, 50);
    close(core, keeper);
    assert!(is_compressed(place, 0) && !is_compressed(place, 1));
}

#[test]
fn a_compressed_journal_reads_like_the_plain_one() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    write(&mut core, &mut keeper, 130_000);
    assert!((0..2).all(|segment| is_compressed(&place, segment)));
    close(core, keeper);
    assert!(!is_compressed(&place, 2), "never the newest");
    let on_disk = std::fs::metadata(place.segment(0)).unwrap().len();
    assert!(on_disk < 1 << 20, "{on_disk} bytes of 4 MiB of quotes");
    assert!(verify(&place.session()).unwrap().is_ok());
    assert_eq!(stat(&place.session()).unwrap().records, 130_001);
    let mut reader = Reader::open(&place.session()).unwrap();
    for seq in 1..=130_000 {
        let record = reader.next().unwrap().unwrap();
        assert_eq!(decode(&record), Ok(Body::Input(quote(seq))));
    }
    for seq in [2, 30_000, 47_661, 47_662, 90_000, 129_999] {
        let mut reader = Reader::open_at(&place.session(), Seq(seq)).unwrap();
        assert_eq!(reader.next().unwrap().map(|record| record.seq), Some(Seq(seq)));
    }
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!((recovered.next_seq, recovered.cut), (Seq(130_002), None));
    drop(session);
}

#[test]
fn the_setting_leaves_segments_plain_and_a_later_life_compresses_what_was_left() {
    let place = Place::new();
    let config = st0ck_journal::JournalConfig { compress: false, ..place.config() };
    let header = crate::fixture::header;
    let text = crate::fixture::TEXT;
    let session =
        st0ck_journal::Session::create(&place.session(), header(1), text, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    write(&mut core, &mut keeper, 50_000);
    close(core, keeper);
    assert!(!is_compressed(&place, 0) && !is_compressed(&place, 1));
    let (session, _) = place.resume(2).unwrap();
    let (core, mut keeper) = split(session);
    while keeper.do_work() > 0 {}
    assert!(is_compressed(&place, 0) && is_compressed(&place, 1));
    close(core, keeper);
    assert!(verify(&place.session()).unwrap().is_ok());
}

/// One bit in every so many bytes of the file, all of it first page, blocks and table.
#[test]
fn a_bit_that_flips_in_a_compressed_segment_is_damage_and_nothing_is_touched() {
    let place = Place::new();
    small(&place);
    let whole = std::fs::read(place.segment(0)).unwrap();
    let pages = (0..4096).step_by(61).chain([10, 130, 512, 551, 1536, 1575]);
    let rest = (4096..whole.len()).step_by(97).chain(whole.len() - 12..whole.len());
    for (n, at) in pages.chain(rest).enumerate() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (n % 8);
        std::fs::write(place.segment(0), &bytes).unwrap();
        match verify(&place.session()) {
            Ok(verified) => assert!(!verified.is_ok(), "byte {at}: {verified:?}"),
            Err(error) => assert!(matches!(error, JournalError::NewerFormat { .. }), "{error}"),
        }
    }
    for len in [whole.len() - 1, whole.len() / 2, 4096, 100] {
        std::fs::write(place.segment(0), &whole[..len]).unwrap();
        assert!(!verify(&place.session()).unwrap().is_ok(), "cut to {len}");
    }
    let mut bytes = whole.clone();
    bytes[5000] ^= 1;
    std::fs::write(place.segment(0), &bytes).unwrap();
    let before = place.files();
    let Err(JournalError::Damaged(damage)) = place.resume(2) else { panic!("it was damaged") };
    assert_eq!((damage.segment, damage.reason), (0, Reason::Block));
    assert_eq!(place.files(), before);
}

#[test]
fn a_kill_while_compressing_leaves_the_plain_segment() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    for i in 0..60_000 {
        core.quote();
        if i % 8192 == 0 {
            keeper.do_work();
        }
    }
    // Until the new file is there, and no further.
    while !place.journal().join("000000.packing").exists() {
        keeper.do_work();
    }
    std::mem::forget(keeper);
    drop(core);
    assert!(!is_compressed(&place, 0) && verify(&place.session()).unwrap().is_ok());
}

#[test]
fn what_a_killed_process_was_writing_is_removed_by_the_next() {
    let place = Place::new();
    small(&place);
    for name in ["000000.packing", "000001.idx.part"] {
        std::fs::write(place.journal().join(name), b"half").unwrap();
    }
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!(recovered.cut, None);
    let (core, keeper) = split(session);
    assert!(!place.journal().join("000000.packing").exists());
    assert!(!place.journal().join("000001.idx.part").exists());
    close(core, keeper);
    assert!(verify(&place.session()).unwrap().is_ok());
}

#[test]
fn a_group_cut_out_of_a_compressed_segment_turns_it_plain() {
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
    while !is_compressed(&place, 0) {
        keeper.do_work();
    }
    drop((core, keeper));
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!((recovered.next_seq, recovered.cut.unwrap().records), (Seq(30_001), 40_001));
    assert!(!is_compressed(&place, 0));
    let (core, keeper) = split(session);
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.stat.records == 30_001, "{verified:?}");
}
