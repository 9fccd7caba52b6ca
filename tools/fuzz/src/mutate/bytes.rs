//! Changes that know nothing of what the bytes mean.

use super::span;
use st0ck_quant::rng::Rng;

/// Bytes at the ends of ranges, and those that texts are held together by.
const EDGES: &[u8] = b"\0\x01\x7f\x80\xff \t\r\n\"'\\,:;=.+-eE09[]{}#%/";

/// One change.
pub(super) fn change(input: &mut Vec<u8>, rng: &mut Rng) {
    let (at, len) = span(input.len(), rng);
    match rng.below(8) {
        0 if at < input.len() => input[at] ^= 1 << rng.below(8),
        1 if at < input.len() => input[at] = rng.next_u64() as u8,
        2 if at < input.len() => input[at] = edge(rng),
        3 => input.insert(at, edge(rng)),
        4 => drop(input.drain(at..at + len)),
        5 => {
            let copy = input[at..at + len].to_vec();
            let to = rng.below(input.len() as u64 + 1) as usize;
            input.splice(to..to, copy);
        }
        6 => {
            let run = vec![edge(rng); 1 << rng.below(10)];
            input.splice(at..at, run);
        }
        7 => input.truncate(at),
        _ => input.push(edge(rng)),
    }
}

fn edge(rng: &mut Rng) -> u8 {
    EDGES[rng.below(EDGES.len() as u64) as usize]
}

/// Sets a field of one to eight bytes to a number that is likely to hurt, or moves it a little.
pub(super) fn change_field(input: &mut [u8], rng: &mut Rng) {
    let width = 1 << rng.below(4);
    let places = input.len() / width;
    if places == 0 {
        return;
    }
    let at = rng.below(places as u64) as usize * width;
    let mut word = [0; 8];
    word[..width].copy_from_slice(&input[at..at + width]);
    let old = u64::from_le_bytes(word);
    let sign = 1u64 << (8 * width as u32 - 1);
    let new = match rng.below(8) {
        0 => 0,
        1 => u64::MAX,
        2 => sign,
        3 => sign - 1,
        4 => old.wrapping_add(rng.below(16)),
        5 => old.wrapping_sub(rng.below(16)),
        6 => 1 << rng.below(8 * width as u64),
        _ => rng.next_u64(),
    };
    input[at..at + width].copy_from_slice(&new.to_le_bytes()[..width]);
}
