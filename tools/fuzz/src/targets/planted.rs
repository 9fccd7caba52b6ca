//! Bugs on purpose, one of each kind that the guard knows: the runner is trusted because it finds them.
//!
//! They are not in the table of targets.

use crate::mutate::Words;
use crate::target::{Shape, Target, no_seeds};
use st0ck_types::decimal;

/// A broken reader of each kind.
pub static PLANTED: [&Target; 4] = [&WRONG, &PANIC, &MEMORY, &SLOW];

const fn planted(name: &'static str, about: &'static str, run: fn(&[u8]) -> Shape) -> Target {
    Target {
        name,
        about,
        run,
        seeds: no_seeds,
        words: Words::Text(&[".", "-", "e"]),
        mend: None,
        room: 4 << 10,
        longest: 4 << 10,
        patience: 1,
    }
}

static WRONG: Target = planted("planted_wrong", "reads 1.-5 as a number", |input| {
    let fast = decimal::parse_i64(input).ok();
    assert_eq!(forgiving(input), fast);
    Shape::of(&fast.is_some())
});

static PANIC: Target = planted("planted_panic", "multiplies without looking", |input| {
    let digits = input.iter().filter(|b| b.is_ascii_digit());
    let value = digits.fold(0i64, |value, digit| {
        value.checked_mul(10).expect("nobody sends twenty digits") + i64::from(digit - b'0')
    });
    Shape::of(&value.checked_ilog10())
});

static MEMORY: Target = planted("planted_memory", "believes a length that it is told", |input| {
    let told = std::str::from_utf8(input).ok().and_then(|text| text.parse::<usize>().ok());
    let room = Vec::<u8>::with_capacity(told.unwrap_or(0).min(1 << 24));
    Shape::of(&room.capacity().checked_ilog2())
});

static SLOW: Target =
    planted("planted_slow", "looks at all that went before for each byte", |input| {
        let mut same = 0u64;
        for (at, byte) in input.iter().enumerate() {
            for _ in 0..100 {
                let before = std::hint::black_box(&input[..at]);
                same += before.iter().filter(|other| *other == byte).count() as u64;
            }
        }
        Shape::of(&(same.checked_ilog2(), input.len().checked_ilog2()))
    });

/// Digits with a point, written by somebody in a hurry: the sign is looked for in both halves.
fn forgiving(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let Some((whole, places)) = text.split_once('.') else {
        return decimal::parse_i64(text.as_bytes()).ok();
    };
    let repaired = format!("{whole}.{}", places.trim_start_matches('-'));
    decimal::parse_i64(repaired.as_bytes()).ok()
}
