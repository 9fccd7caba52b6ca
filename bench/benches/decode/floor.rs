//! The floor: the same numbers out of the same bytes, believing everything.
//!
//! It expects the `T` key first, no spaces, no escapes, no exponents, well-formed numbers and
//! times, and zeros behind the frame. It looks at no byte that it can do without, makes no events
//! and looks up no instrument. Safe Rust, so a step outside the frame would stop it: that one check
//! it cannot shed. (The same scanner over raw pointers takes about three quarters of its time: 42
//! ns beside 54 in one run on the machine of RESULTS.md, where ours took 65.)

use super::frames::Sum;
use st0ck_types::time::days_from_civil;

/// The date seen last, as bytes, and the nanoseconds at its midnight.
#[derive(Default)]
pub(crate) struct Floor {
    date: (u64, u16),
    midnight: i64,
}

impl Floor {
    /// The checksum of a frame with zeros behind it.
    #[inline(never)]
    pub(crate) fn decode(&mut self, frame: &[u8]) -> Sum {
        let mut sum = Sum::default();
        let mut at = 1;
        loop {
            // At `{"T":"q"`.
            let kind = frame[at + 6];
            at += 8;
            let (one, next) = self.message(frame, at, kind);
            sum = sum.and(one);
            if frame[next] != b',' {
                return sum;
            }
            at = next + 1;
        }
    }

    #[inline]
    fn message(&mut self, frame: &[u8], mut at: usize, kind: u8) -> (Sum, usize) {
        let (mut symbol, mut numbers, mut time) = (&frame[..0], [0; 4], 0);
        while frame[at] != b'}' {
            let (first, second) = (frame[at + 2], frame[at + 3]);
            at += if second == b'"' { 5 } else { 6 };
            match (first, second) {
                (b'S', b'"') => {
                    let start = at + 1;
                    at = start;
                    while frame[at] != b'"' {
                        at += 1;
                    }
                    symbol = &frame[start..at];
                    at += 1;
                }
                (b't', b'"') => (time, at) = self.time(frame, at + 1),
                (b'b', b'p') | (b'p' | b'o', b'"') => (numbers[0], at) = number(frame, at),
                (b'b', b's') | (b's' | b'h', b'"') => (numbers[1], at) = number(frame, at),
                (b'a', b'p') | (b'l', b'"') => (numbers[2], at) = number(frame, at),
                (b'a', b's') | (b'v', b'"') => (numbers[3], at) = number(frame, at),
                _ => at = skip(frame, at),
            }
        }
        (Sum::of(kind, symbol, numbers, time), at + 1)
    }

    #[inline]
    fn time(&mut self, frame: &[u8], at: usize) -> (i64, usize) {
        let text = frame[at..].first_chunk::<32>().expect("zeros stand behind the frame");
        let date = (word(&text[..8]), u16::from_le_bytes([text[8], text[9]]));
        if date != self.date {
            let year = two(text, 0) * 100 + two(text, 2);
            self.date = date;
            self.midnight = days_from_civil(year, two(text, 5), two(text, 8)) * 86_400_000_000_000;
        }
        let seconds = two(text, 11) * 3600 + two(text, 14) * 60 + two(text, 17);
        let base = self.midnight + seconds * 1_000_000_000;
        if text[19] == b'Z' {
            return (base, at + 21);
        }
        if text[29] == b'Z' {
            let nanos = eight(word(&text[20..28])) * 10 + u64::from(text[28] - b'0');
            return (base + nanos as i64, at + 31);
        }
        let (mut nanos, mut end) = (0, 20);
        while text[end] != b'Z' {
            nanos = nanos * 10 + i64::from(text[end] - b'0');
            end += 1;
        }
        (base + nanos * 10i64.pow(29 - end as u32), at + end + 2)
    }
}

/// A number in 1e-9.
#[inline]
fn number(frame: &[u8], mut at: usize) -> (i64, usize) {
    let mut value = 0;
    let mut digit = frame[at].wrapping_sub(b'0');
    while digit < 10 {
        value = value * 10 + i64::from(digit);
        at += 1;
        digit = frame[at].wrapping_sub(b'0');
    }
    value *= 1_000_000_000;
    if frame[at] == b'.' {
        let mut scale = 100_000_000;
        at += 1;
        digit = frame[at].wrapping_sub(b'0');
        while digit < 10 {
            value += i64::from(digit) * scale;
            scale /= 10;
            at += 1;
            digit = frame[at].wrapping_sub(b'0');
        }
    }
    (value, at)
}

#[inline]
fn skip(frame: &[u8], mut at: usize) -> usize {
    match frame[at] {
        b'"' => {
            at += 1;
            while frame[at] != b'"' {
                at += 1;
            }
            at + 1
        }
        b'[' => {
            while frame[at] != b']' {
                at += 1;
            }
            at + 1
        }
        _ => {
            while frame[at] != b',' && frame[at] != b'}' {
                at += 1;
            }
            at
        }
    }
}

#[inline]
fn two(text: &[u8; 32], at: usize) -> i64 {
    i64::from(text[at] - b'0') * 10 + i64::from(text[at + 1] - b'0')
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Eight digits at once: pairs, fours, eight (the method of Daniel Lemire and others).
#[inline]
fn eight(digits: u64) -> u64 {
    let pairs = (digits & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32
}
