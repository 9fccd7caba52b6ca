//! The one seeded generator: everything random in st0ck (modelled quotes, latency jitter, storms)
//! draws from it, so that a seed names a run.
//!
//! Xoshiro256++ 1.0 seeded through SplitMix64, both by Blackman and Vigna, public domain
//! (<https://prng.di.unimi.it/xoshiro256plusplus.c>, <https://prng.di.unimi.it/splitmix64.c>).
//! Fast and well mixed; not for secrets.
//!
//! *Invariant:* pure integers. The same seed and the same calls give the same numbers on every
//! machine and in every version; a change of any stream is a breaking change.

/// A stream of random numbers; cloning it forks time, see [`Rng::fork`] for another stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The stream that belongs to a seed. Any seed is good, 0 too.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut mixer = SplitMix64(seed);
        Self { state: std::array::from_fn(|_| mixer.next()) }
    }

    /// An independent stream named by `label`, which does not advance this one.
    ///
    /// Parts that draw from forks do not disturb each other: adding a draw to one leaves the
    /// numbers of the others as they were.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let [a, b, c, d] = self.state;
        let position = a ^ b.rotate_left(16) ^ c.rotate_left(32) ^ d.rotate_left(48);
        Self::new(SplitMix64(position).next() ^ fnv1a(label.as_bytes()))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number from 0 to `n - 1`, each equally likely; 0 when `n` is 0.
    ///
    /// Lemire, "Fast Random Integer Generation in an Interval" (2019): the high half of a 128-bit
    /// product, redrawn in the rare case that would favour some numbers.
    #[expect(clippy::cast_possible_truncation, reason = "both halves of the product are wanted")]
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let biased = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= biased {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number from `low` to `high`, both included; `low` when `high` is not above it.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = high.wrapping_sub(low).cast_unsigned();
        let step = if width == u64::MAX { self.next_u64() } else { self.below(width + 1) };
        low.wrapping_add(step.cast_signed())
    }

    /// True `per_mille` times in a thousand: never for 0, always from 1000 on.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }
}

/// Turns one word into as many well-mixed ones as are wanted.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_equal_those_of_the_reference_code() {
        // xoshiro256plusplus.c from the state 1, 2, 3, 4.
        let mut rng = Rng { state: [1, 2, 3, 4] };
        for expected in [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386,
            9_228_616_714_210_784_205,
        ] {
            assert_eq!(rng.next_u64(), expected);
        }
        // splitmix64.c from 1477776061723855037.
        let mut mixer = SplitMix64(1_477_776_061_723_855_037);
        for expected in
            [1_985_237_415_132_408_290, 2_979_275_885_539_914_483, 13_511_426_838_097_143_398]
        {
            assert_eq!(mixer.next(), expected);
        }
    }

    #[test]
    fn a_seed_names_a_stream() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            (0..8).map(|_| rng.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn forks_are_apart_and_leave_their_parent_alone() {
        let mut parent = Rng::new(1);
        let untouched = parent.clone();
        let (mut quotes, mut sizes) = (parent.fork("quotes"), parent.fork("sizes"));
        assert_eq!(parent, untouched);
        assert_ne!(quotes.next_u64(), sizes.next_u64());
        assert_ne!(parent.next_u64(), parent.fork("quotes").next_u64());
        assert_ne!(parent.fork("quotes"), untouched.fork("quotes"), "the position counts");
    }

    #[test]
    fn below_hits_every_number_equally_often() {
        let mut rng = Rng::new(3);
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[rng.below(7) as usize] += 1;
        }
        // Standard deviation is about 93; six of them.
        assert!(seen.iter().all(|&n| n.abs_diff(10_000) < 560), "{seen:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn between_includes_both_ends_of_any_range() {
        let mut rng = Rng::new(4);
        let drawn: Vec<i64> = (0..200).map(|_| rng.between(-1, 1)).collect();
        assert!([-1, 0, 1].iter().all(|n| drawn.contains(n)));
        assert!(drawn.iter().all(|n| (-1..=1).contains(n)));
        assert_eq!(rng.between(5, 5), 5);
        assert_eq!(rng.between(5, 4), 5);
        let (mut negative, mut positive) = (false, false);
        for _ in 0..100 {
            let any = rng.between(i64::MIN, i64::MAX);
            (negative, positive) = (negative || any < 0, positive || any > 0);
        }
        assert!(negative && positive);
    }

    #[test]
    fn chance_is_never_at_zero_and_always_at_a_thousand() {
        let mut rng = Rng::new(5);
        assert!((0..500).all(|_| !rng.chance(0)));
        assert!((0..500).all(|_| rng.chance(1000)));
        let hits = (0..20_000).filter(|_| rng.chance(100)).count();
        assert!((1_800..2_200).contains(&hits), "{hits}");
    }
}
