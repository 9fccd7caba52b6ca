//! A journal of one segment as a power cut leaves it, for whoever damages it further.

use crate::fixture::Place;
use st0ck_journal::{Verified, verify};
use st0ck_runtime::Agent;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

pub(crate) const RECORDS_AT: u64 = 4096;

/// All bytes reached the disk, the watermark of `synced` records did, later ones did not, and the
/// memory is gone.
pub(crate) struct Wreck {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
    /// Where each record begins, and where the last one ends.
    pub(crate) bounds: Vec<u64>,
    pub(crate) synced: u64,
    pub(crate) file: File,
}

impl Wreck {
    pub(crate) fn new(synced: u64, unsynced: u64) -> Self {
        let place = Place::new();
        let (mut core, mut keeper) = place.create();
        for n in 0..synced {
            if n % 5 == 0 { core.hash() } else { core.quote() }
        }
        while keeper.status().durable_seq().0 < synced {
            keeper.do_work();
        }
        let page = std::fs::read(place.segment(0)).unwrap()[..4096].to_vec();
        for n in 0..unsynced {
            if n % 5 == 0 { core.hash() } else { core.quote() }
        }
        while keeper.status().copied_seq().0 < synced + unsynced {
            keeper.do_work();
        }
        drop((core, keeper));
        place.lose_memory();
        let mut bytes = std::fs::read(place.segment(0)).unwrap();
        bytes[..4096].copy_from_slice(&page);
        let bounds = bounds(&bytes);
        let file = OpenOptions::new().read(true).write(true).open(place.segment(0)).unwrap();
        let wreck = Self { synced: bounds[synced as usize], place, bytes, bounds, file };
        wreck.restore();
        wreck
    }

    pub(crate) fn restore(&self) {
        self.file.set_len(self.bytes.len() as u64).unwrap();
        self.file.write_all_at(&self.bytes, 0).unwrap();
    }

    pub(crate) fn verify(&self) -> Verified {
        verify(&self.place.session()).unwrap()
    }

    /// Verifies with the bytes from `at` on replaced, the file's length included.
    pub(crate) fn with_tail(&self, at: u64, tail: &[u8]) -> Verified {
        self.file.set_len(at).unwrap();
        self.file.write_all_at(tail, at).unwrap();
        let verified = self.verify();
        self.file.write_all_at(&self.bytes[at as usize..], at).unwrap();
        self.file.set_len(self.bytes.len() as u64).unwrap();
        verified
    }

    /// Verifies with one bit flipped.
    pub(crate) fn with_flip(&self, bit: u64) -> Verified {
        let (at, byte) = (bit / 8, self.bytes[(bit / 8) as usize]);
        self.file.write_all_at(&[byte ^ 1 << (bit % 8)], at).unwrap();
        let verified = self.verify();
        self.file.write_all_at(&[byte], at).unwrap();
        verified
    }

    /// How many records end at or before `at`, or are made whole again by what follows it.
    pub(crate) fn whole_before(&self, at: u64, tail: &[u8]) -> u64 {
        let rest = &self.bytes[at as usize..];
        let same = rest.iter().zip(tail).take_while(|(a, b)| a == b).count() as u64;
        self.bounds[1..].iter().take_while(|&&end| end <= at + same).count() as u64
    }

    /// Makes it a journal of an earlier boot.
    pub(crate) fn of_another_boot(mut self) -> Self {
        self.bytes[48..64].fill(0x42);
        reseal(&mut self.bytes[..128]);
        let header_crc: [u8; 4] = self.bytes[124..128].try_into().unwrap();
        for slot in [512, 1024] {
            if self.bytes[slot..slot + 40].iter().any(|&b| b != 0) {
                self.bytes[slot + 28..slot + 32].copy_from_slice(&header_crc);
                reseal(&mut self.bytes[slot..slot + 40]);
            }
        }
        self.restore();
        self
    }

    pub(crate) fn record_at(&self, at: u64) -> usize {
        self.bounds.partition_point(|&b| b <= at) - 1
    }
}

pub(crate) fn reseal(bytes: &mut [u8]) {
    let end = bytes.len() - 4;
    let crc = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
}

/// Where the records of a segment begin, by their lengths, and where the last one ends.
fn bounds(bytes: &[u8]) -> Vec<u64> {
    let mut bounds = vec![RECORDS_AT];
    while let Some(word) = bytes.get(bounds[bounds.len() - 1] as usize..).and_then(|b| b.get(..4)) {
        let len = u64::from(u32::from_le_bytes(word.try_into().unwrap())) - 1;
        bounds.push(bounds[bounds.len() - 1] + (32 + len).next_multiple_of(8));
    }
    bounds
}
