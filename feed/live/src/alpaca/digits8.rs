//! Eight bytes of text at a time, as one little-endian word: counting digits and reading them
//! without a branch on each.
//!
//! Numbers of a feed have random lengths, so a loop over their digits is mispredicted about once
//! per number; these take the same few instructions for every length. The scanner is the only
//! caller; everything here is inlined into it, always, so that it keeps its masks in registers.
//!
//! Sources: the carry-free comparisons of "Bit Twiddling Hacks" (S. E. Anderson), the three
//! multiplications for eight digits as in simdjson and fast_float (D. Lemire).

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A byte in all eight places.
const fn all(byte: u8) -> u64 {
    ONES * byte as u64
}

/// The high bit of each byte that is no digit: by its low seven bits, or by its own.
#[inline(always)]
fn others(word: u64) -> u64 {
    let values = word ^ all(b'0');
    (((values & LOW) + all(0x7f - 9)) | values) & HIGH
}

/// How many digits the word begins with, 0 to 8.
#[inline(always)]
pub(super) fn count(word: u64) -> usize {
    (others(word).trailing_zeros() / 8) as usize
}

/// The value of the `len` digits that the word begins with; `len` as [`count`] gives it.
#[inline(always)]
pub(super) fn value(word: u64, len: usize) -> u64 {
    if len == 0 {
        return 0;
    }
    // Zeros in front, so that the digits end where eight would.
    let digits = (word ^ all(b'0')).wrapping_shl(8 * (8 - len as u32));
    let pairs = digits.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(1 + (10_000 << 32)) >> 32
}

/// A decimal number that ends within eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    /// Its digits, the point left out.
    pub(super) digits: u64,
    /// How many of them stand behind the point.
    pub(super) places: usize,
    /// Its bytes, 7 at most: what stands behind it is in the word too.
    pub(super) len: usize,
}

/// The JSON number that the word begins with, if it has neither sign nor exponent and ends before the
/// word does. Whether a number may end there is for the caller to see.
#[inline(always)]
pub(super) fn decimal(word: u64) -> Option<Short> {
    let others = others(word);
    let whole = (others.trailing_zeros() / 8) as usize;
    let has_digits = whole == 1 || (whole != 0 && word as u8 != b'0');
    if !has_digits || whole == 8 {
        return None;
    }
    if byte(word, whole) != b'.' {
        return Some(Short { digits: value(word, whole), places: 0, len: whole });
    }
    let len = ((others & (others - 1)).trailing_zeros() / 8) as usize;
    if len == 8 || len == whole + 1 {
        return None;
    }
    // The point is taken out: what stands behind it moves up to what stands before it.
    let before = 1u64.wrapping_shl(8 * whole as u32).wrapping_sub(1);
    let digits = (word & before) | ((word >> 8) & !before);
    Some(Short { digits: value(digits, len - 1), places: len - 1 - whole, len })
}

/// The byte at this place of the word, which has one.
#[inline(always)]
pub(super) fn byte(word: u64, at: usize) -> u8 {
    word.wrapping_shr(8 * at as u32) as u8
}

/// Seconds since midnight of `HH:MM:SS`; nothing for anything else, second 60 included.
#[inline(always)]
pub(super) fn clock(word: u64) -> Option<i64> {
    const LIMITS: u64 = u64::from_le_bytes([2, 9, 0, 5, 9, 0, 5, 9]);
    let values = word ^ u64::from_le_bytes(*b"00:00:00");
    let beyond = ((values & LOW) + (LOW - LIMITS)) | values;
    if beyond & HIGH != 0 {
        return None;
    }
    // At bytes 0, 3 and 6 hours, minutes and seconds; then at byte 6 minutes and seconds together.
    let pairs = values.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_0000_ff00_00ff;
    let hours = (pairs & 0xff) as i64;
    let seconds = (pairs.wrapping_mul(1 + (60 << 24)) >> 48) as i64;
    (hours < 24).then_some(hours * 3600 + seconds)
}

/// Where `byte` first stands in the word; 8 when nowhere.
#[inline(always)]
pub(super) fn first_equal(word: u64, byte: u8) -> usize {
    let differences = word ^ all(byte);
    // Borrows run upwards, so the lowest match is exact, and no other is asked for.
    let zeros = differences.wrapping_sub(ONES) & !differences & HIGH;
    (zeros.trailing_zeros() / 8) as usize
}

/// The first `len` bytes of the word, zeros behind; `len` at most 7.
#[inline(always)]
pub(super) fn keep(word: u64, len: usize) -> u64 {
    word & ((1 << (8 * len as u32)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &[u8; 8]) -> u64 {
        u64::from_le_bytes(*text)
    }

    proptest! {
        #[test]
        fn digits_are_counted_and_read_as_a_loop_would(mut text: [u8; 8], len in 0usize..=8) {
            text[..len].iter_mut().for_each(|byte| *byte = b'0' + *byte % 10);
            let expected = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(count(word(&text)), expected);
            let by_hand = text[..expected].iter().fold(0, |v, b| v * 10 + u64::from(b - b'0'));
            prop_assert_eq!(value(word(&text), expected), by_hand);
        }

        #[test]
        fn a_byte_is_found_where_it_first_stands(text: [u8; 8], byte: u8) {
            let expected = text.iter().position(|&other| other == byte).unwrap_or(8);
            prop_assert_eq!(first_equal(word(&text), byte), expected);
            let kept = keep(word(&text), expected.min(7)).to_le_bytes();
            prop_assert_eq!(&kept[..expected.min(7)], &text[..expected.min(7)]);
            prop_assert!(kept[expected.min(7)..].iter().all(|&byte| byte == 0));
        }

        #[test]
        fn a_short_number_is_read_as_its_text_says(
            choices: [prop::sample::Index; 8],
            dot in 0usize..8,
        ) {
            // Mostly digits, with what may stand behind or between them.
            let letters = b"0123456789012345,}.e-";
            let mut text = choices.map(|choice| *choice.get(letters));
            text[dot] = b'.';
            prop_assert_eq!(decimal(word(&text)), by_hand(&text), "{:?}", text);
        }

        #[test]
        fn what_is_no_clock_time_is_refused(text: [u8; 8]) {
            let valid = std::str::from_utf8(&text).is_ok_and(|text| {
                rfc3339_says(text).is_some()
            });
            prop_assert_eq!(clock(word(&text)).is_some(), valid);
        }
    }

    /// The slow twin of [`decimal`].
    fn by_hand(text: &[u8; 8]) -> Option<Short> {
        let point = text.iter().position(|&byte| byte == b'.').unwrap_or(8);
        let ends = |(at, byte): (usize, &u8)| !byte.is_ascii_digit() && at != point;
        let len = text.iter().enumerate().position(|(at, byte)| ends((at, byte)))?;
        let number = std::str::from_utf8(&text[..len]).ok()?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_padded = whole.len() > 1 && whole.starts_with('0');
        if !is_digits(whole) || !is_digits(fraction) || is_padded {
            return None;
        }
        let places = if number.contains('.') { fraction.len() } else { 0 };
        Some(Short { digits: number.replace('.', "").parse().ok()?, places, len })
    }

    #[test]
    fn the_usual_numbers_are_short_ones() {
        for (text, digits, places, len) in
            [(b"590.02,\"", 59_002, 2, 6), (b"1234.56,", 123_456, 2, 7), (b"0.5}],  ", 5, 1, 3)]
        {
            assert_eq!(decimal(word(text)), Some(Short { digits, places, len }));
        }
        let hundred = Short { digits: 100, places: 0, len: 3 };
        assert_eq!(decimal(word(b"100,\"ax\"")), Some(hundred));
        for text in [b"00.5,   ", b".5,     ", b"5.,     ", b"e5,     ", b"12345678", b"590.0201"] {
            assert_eq!(decimal(word(text)), None);
        }
    }

    fn rfc3339_says(clock: &str) -> Option<i64> {
        let text = format!("1970-01-01T{clock}Z");
        let nanos = st0ck_types::rfc3339::parse(text.as_bytes())?.0;
        (!clock.ends_with("60")).then_some(nanos / 1_000_000_000)
    }

    #[test]
    fn every_second_of_a_day_is_read() {
        for second in 0..86_400 {
            let text = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            let bytes = *text.as_bytes().first_chunk().unwrap();
            assert_eq!(clock(word(&bytes)), Some(second));
            assert_eq!(rfc3339_says(&text), Some(second));
        }
        for text in
            [b"24:00:00", b"23:60:00", b"23:59:60", b"2a:00:00", b"23-59-59", b"\xb20:00:00"]
        {
            assert_eq!(clock(word(text)), None);
        }
    }
}
