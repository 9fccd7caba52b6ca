//! Making the next input out of those there are: by bytes, by tokens, by splicing two.
//!
//! Called by the runner. Plain bytes find what a damaged line does; tokens keep brackets and commas
//! in their places, and so reach what stands behind the grammar.
//! *Invariant:* the same pool and the same stream of random numbers give the same inputs.

mod bytes;
mod tokens;

use st0ck_quant::rng::Rng;

/// What inputs are made of.
#[derive(Debug, Clone, Copy)]
pub enum Words {
    /// Text: tokens are exchanged, and these words thrown in.
    Text(&'static [&'static str]),
    /// Fields of one, two, four and eight bytes, little endian.
    Binary,
}

/// Makes one input: a parent out of the pool, and one to eight changes. `pool` is not empty.
#[must_use]
pub fn mutant(pool: &[Vec<u8>], words: Words, longest: usize, rng: &mut Rng) -> Vec<u8> {
    let pick = |rng: &mut Rng| &pool[rng.below(pool.len() as u64) as usize];
    let mut input = pick(rng).clone();
    for _ in 0..=rng.below(4) + rng.below(5) {
        let by_tokens = rng.chance(600);
        match words {
            _ if rng.chance(60) => splice(&mut input, pick(rng), rng),
            Words::Text(dictionary) if by_tokens => {
                tokens::change(&mut input, pick(rng), dictionary, rng);
            }
            Words::Binary if by_tokens => bytes::change_field(&mut input, rng),
            _ => bytes::change(&mut input, rng),
        }
        // Doubling doubles: without this a few changes in a row would fill the memory.
        input.truncate(longest);
    }
    input
}

/// The beginning of one and the end of another.
fn splice(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let keep = rng.below(input.len() as u64 + 1) as usize;
    let from = rng.below(other.len() as u64 + 1) as usize;
    input.truncate(keep);
    input.extend_from_slice(&other[from..]);
}

/// A place in `len` bytes and a length from there, short ones more often.
fn span(len: usize, rng: &mut Rng) -> (usize, usize) {
    let at = rng.below(len as u64 + 1) as usize;
    let most = [4, 4, 16, 64, 1024][rng.below(5) as usize];
    (at, (rng.below(most) as usize).min(len - at))
}
