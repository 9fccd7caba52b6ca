//! Compressed segments are no weaker than plain ones: whatever changes in one is damage.

use crate::fixture::{Place, Random, close, split};
use crate::proofs::{Tally, at_scale};
use st0ck_journal::{Reader, verify};
use st0ck_runtime::Agent;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

/// Two process lives; the first one's segment is compressed. Also gives its bytes.
fn compressed() -> (Place, Vec<u8>) {
    let place = Place::new();
    let (mut core, keeper) = place.create();
    core.quotes(500);
    core.carry(&Random(7).bytes(20_000));
    close(core, keeper);
    let plain = std::fs::read(place.segment(0)).unwrap();
    let (mut core, mut keeper) = split(place.resume(2).unwrap().0);
    core.quotes(10);
    while keeper.do_work() > 0 || std::fs::read(place.segment(0)).unwrap() == plain {}
    close(core, keeper);
    let packed = std::fs::read(place.segment(0)).unwrap();
    assert!(packed.len() < plain.len(), "{} of {}", packed.len(), plain.len());
    (place, packed)
}

fn records(place: &Place) -> u64 {
    let mut reader = Reader::open(&place.session()).unwrap();
    std::iter::from_fn(|| reader.next().unwrap().map(|record| record.seq.0)).count() as u64
}

/// Writes something else at one place, asks, and writes the old bytes back.
fn with_change(place: &Place, packed: &[u8], at: u64, bytes: &[u8]) -> Result<(), String> {
    let file = OpenOptions::new().write(true).open(place.segment(0)).unwrap();
    file.write_all_at(bytes, at).unwrap();
    let verified = verify(&place.session());
    file.write_all_at(&packed[at as usize..at as usize + bytes.len()], at).unwrap();
    match verified {
        Ok(verified) if verified.damage.as_ref().is_some_and(|d| d.segment == 0) => Ok(()),
        other => Err(format!("byte {at}: {other:?}")),
    }
}

#[test]
fn every_flipped_bit_of_a_compressed_segment_is_damage() {
    let (place, packed) = compressed();
    assert_eq!(records(&place), 513, "500 quotes, a carry, a seal, ten quotes and a seal");
    let mut tally = Tally::default();
    for bit in (0..packed.len() as u64 * 8).step_by(at_scale(499, 1) as usize) {
        let byte = packed[(bit / 8) as usize] ^ 1 << (bit % 8);
        tally.add(with_change(&place, &packed, bit / 8, &[byte]));
    }
    tally.green("single flipped bits of a compressed segment");
}

#[test]
fn every_burst_in_a_compressed_segment_is_damage() {
    let (place, packed) = compressed();
    let (mut rng, mut tally) = (Random(7), Tally::default());
    while tally.trials < at_scale(300, 100_000) {
        let at = rng.next() % (packed.len() as u64 - 8);
        let len = 1 + rng.next() as usize % 8;
        let bytes = rng.bytes(len);
        if bytes != packed[at as usize..at as usize + len] {
            tally.add(with_change(&place, &packed, at, &bytes));
        }
    }
    tally.green("bursts in a compressed segment");
}

/// The control: what a verification without checksums would say of every change, all is well.
#[test]
fn a_change_that_is_not_called_damage_is_counted_as_a_failure() {
    let (place, packed) = compressed();
    let mut tally = Tally::default();
    tally.add(with_change(&place, &packed, 5_000, &packed[5_000..5_001]));
    tally.red("a compressed segment, changes not noticed");
}
