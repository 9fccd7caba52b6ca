//! Where every identifier of the emulator comes from: one seeded stream.
//!
//! *Invariant:* the same seed gives the same ids in the same order, so that two lock-step runs are
//! equal to the byte. Without a seed the stream starts from the process's own entropy.

use st0ck_quant::rng::Rng;
use st0ck_types::ids::uuid_text;
use std::hash::{BuildHasher, RandomState};

/// A source of UUIDs, keys and account numbers.
#[derive(Debug)]
pub(crate) struct IdSource {
    rng: Rng,
}

const UPPER_ALNUM: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ALNUM: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A seed nobody chose: differs from process to process.
pub(crate) fn seed_of_chance() -> u64 {
    // The standard library keys each `RandomState` from the system's entropy.
    RandomState::new().hash_one(std::process::id())
}

impl IdSource {
    /// The stream of ids that belongs to `rng`.
    pub(crate) fn new(rng: Rng) -> Self {
        Self { rng }
    }

    /// A random UUID (version 4, RFC 9562 §5.4).
    pub(crate) fn uuid(&mut self) -> u128 {
        let random = u128::from(self.rng.next_u64()) << 64 | u128::from(self.rng.next_u64());
        random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62
    }

    /// [`IdSource::uuid`] as text.
    pub(crate) fn uuid_string(&mut self) -> String {
        uuid_text(self.uuid()).to_string()
    }

    /// A key id as paper accounts have it: `PK` and 18 letters and digits.
    pub(crate) fn paper_key(&mut self) -> String {
        format!("PK{}", self.letters(UPPER_ALNUM, 18))
    }

    /// A secret of 40 letters and digits.
    pub(crate) fn secret(&mut self) -> String {
        self.letters(ALNUM, 40)
    }

    /// An account number as paper accounts have it: `PA3` and nine letters and digits.
    pub(crate) fn account_number(&mut self) -> String {
        format!("PA3{}", self.letters(UPPER_ALNUM, 9))
    }

    fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        let draw = |_| {
            let at = self.rng.below(alphabet.len() as u64) as usize;
            char::from(alphabet[at])
        };
        (0..count).map(draw).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_version_four_and_follow_the_seed() {
        let mut ids = IdSource::new(Rng::new(1));
        let text = ids.uuid_string();
        assert_eq!(text.as_bytes()[14], b'4', "{text}");
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{text}");
        assert_eq!(IdSource::new(Rng::new(1)).uuid_string(), text);
        assert_ne!(ids.uuid_string(), text);
    }

    #[test]
    fn keys_look_like_those_of_paper_accounts() {
        let mut ids = IdSource::new(Rng::new(2));
        let key = ids.paper_key();
        assert!(key.starts_with("PK") && key.len() == 20, "{key}");
        assert_eq!(ids.secret().len(), 40);
    }
}
