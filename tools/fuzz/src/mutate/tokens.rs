//! Changes that keep a text's grammar: words, numbers and marks are exchanged whole.

use st0ck_quant::rng::Rng;
use std::ops::Range;

/// Numbers at the ends of what somebody can hold: of 64 bits, of 1e-9 fixed point, of floats, of days.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "00",
    "0.1",
    "1e9",
    "1E-9",
    "1e400",
    "-1e-400",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036",
    "9223372036.854775807",
    "9223372036.854775808",
    "-9223372036.854775808",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "170141183460469231731687303715884105727",
    "340282366920938463463374607431768211456",
    "0.000000001",
    "0.0000000005",
    "0.30000000000000004",
    "123456789012345678901234567890.123456789",
];

/// Where the text's tokens stand: words, numbers, runs of blanks, and each other byte by itself.
fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let class = class(text[at]);
        let mut end = at + 1;
        while class != Class::Mark && end < text.len() && self::class(text[end]) == class {
            end += 1;
        }
        found.push(at..end);
        at = end;
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Number,
    Blank,
    Mark,
}

fn class(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' | b'.' => Class::Number,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => Class::Word,
        b' ' | b'\t' | b'\r' | b'\n' => Class::Blank,
        _ => Class::Mark,
    }
}

/// One change. `other` lends its tokens.
pub(super) fn change(input: &mut Vec<u8>, other: &[u8], words: &[&str], rng: &mut Rng) {
    let mine = tokens(input);
    if mine.is_empty() {
        input.extend_from_slice(pick(words, rng).as_bytes());
        return;
    }
    let at = mine[rng.below(mine.len() as u64) as usize].clone();
    match rng.below(9) {
        0 => drop(input.drain(at)),
        1 | 2 => drop(input.splice(at, pick(words, rng).bytes())),
        3 => drop(input.splice(at.start..at.start, pick(words, rng).bytes())),
        4 | 5 => replace_number(input, &mine, rng),
        6 => {
            let theirs = tokens(other);
            if !theirs.is_empty() {
                let from = theirs[rng.below(theirs.len() as u64) as usize].clone();
                input.splice(at, other[from].iter().copied());
            }
        }
        7 => swap(input, at, &mine, rng),
        _ => {
            let end = mine[rng.below(mine.len() as u64) as usize].end.max(at.end);
            let again = input[at.start..end].repeat(1 << rng.below(4));
            input.splice(end..end, again);
        }
    }
}

fn pick<'a>(words: &[&'a str], rng: &mut Rng) -> &'a str {
    if words.is_empty() { "" } else { words[rng.below(words.len() as u64) as usize] }
}

fn replace_number(input: &mut Vec<u8>, mine: &[Range<usize>], rng: &mut Rng) {
    let numbers: Vec<_> = mine.iter().filter(|t| input[t.start].is_ascii_digit()).collect();
    if let Some(&at) = numbers.get(rng.below(numbers.len() as u64) as usize) {
        input.splice(at.clone(), pick(NUMBERS, rng).bytes());
    }
}

fn swap(input: &mut Vec<u8>, one: Range<usize>, mine: &[Range<usize>], rng: &mut Rng) {
    let two = mine[rng.below(mine.len() as u64) as usize].clone();
    let (first, second) = if one.start <= two.start { (one, two) } else { (two, one) };
    if first.end <= second.start {
        let (a, b) = (input[first.clone()].to_vec(), input[second.clone()].to_vec());
        input.splice(second, a);
        input.splice(first, b);
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_cover_the_text_without_a_gap() {
        let text = b"[{\"bp\":590.01, \"t\":\"2025-06-20T14:30:00Z\"}]\r\n\xc3\xa9";
        let found = tokens(text);
        assert_eq!(found.first().map(|t| t.start), Some(0));
        assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(found.last().map(|t| t.end), Some(text.len()));
        assert!(found.iter().any(|t| &text[t.clone()] == b"590.01"));
    }
}
