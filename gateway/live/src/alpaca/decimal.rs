//! Prices and quantities as an order's JSON has them: the shortest exact decimal.
//!
//! [`encode`](super::encode) is the only caller. Nearly every price is whole cents below ten thousand
//! and every quantity whole shares: their digits are made at once, with the same few instructions for
//! each length, for a loop over digits is mispredicted about once per number.
//!
//! *Invariant:* no floating point, no rounding: the text reads back as the same value.

/// Room for any value: a sign, nineteen digits, a point, and what is written beyond the text.
pub(super) const ROOM: usize = 24;

/// One, and a hundredth, in 1e-9.
const E9: u64 = 1_000_000_000;
const E7: u64 = 10_000_000;

/// Writes a value in 1e-9 at the front of `slot` and gives the length of its text.
#[inline]
pub(super) fn write_e9(slot: &mut [u8; ROOM], value: i64) -> usize {
    // What is negative is beyond ten thousand too.
    let (whole, fraction) = (value as u64 / E9, value as u64 % E9);
    let cents = (fraction / E7) as u8;
    if whole >= 10_000 || u64::from(cents) * E7 != fraction {
        return write_any(slot, value);
    }
    let (digits, len) = four_digits(whole as u32);
    slot[..4].copy_from_slice(&digits.to_le_bytes());
    slot[len..len + 3].copy_from_slice(&[b'.', b'0' + cents / 10, b'0' + cents % 10]);
    match cents {
        0 => len,
        _ if cents.is_multiple_of(10) => len + 2,
        _ => len + 3,
    }
}

/// The digits of a number below ten thousand without zeros in front, as a little-endian word, and how
/// many they are. The number is halved twice, both parts in one multiplication (as in P. Khuong, "How
/// to print integers faster", 2017).
#[inline]
fn four_digits(value: u32) -> (u32, usize) {
    let pairs = (value / 100) | ((value % 100) << 16);
    // A tenth of each, exact for two digits.
    let tens = (pairs * 103) >> 10 & 0x000f_000f;
    let digits = tens | (pairs - 10 * tens) << 8;
    // A zero has one digit.
    let zeros = (digits.trailing_zeros() / 8).min(3);
    ((digits | 0x3030_3030) >> (8 * zeros), 4 - zeros as usize)
}

/// Any value, from its last digit to its first.
#[cold]
fn write_any(slot: &mut [u8; ROOM], value: i64) -> usize {
    let mut text = [0; ROOM];
    let mut start = text.len();
    let mut put = |byte| {
        start -= 1;
        text[start] = byte;
    };
    let (mut whole, mut fraction) = (value.unsigned_abs() / E9, value.unsigned_abs() % E9);
    if fraction > 0 {
        let mut places = 9;
        while fraction.is_multiple_of(10) {
            (fraction, places) = (fraction / 10, places - 1);
        }
        for _ in 0..places {
            put(b'0' + (fraction % 10) as u8);
            fraction /= 10;
        }
        put(b'.');
    }
    loop {
        put(b'0' + (whole % 10) as u8);
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    if value < 0 {
        put(b'-');
    }
    let len = text.len() - start;
    slot[..len].copy_from_slice(&text[start..]);
    len
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use st0ck_types::Price;

    fn written(value: i64) -> String {
        let mut slot = [b'?'; ROOM];
        let len = write_e9(&mut slot, value);
        String::from_utf8(slot[..len].to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_written_as_they_print() {
        for value in
            [0, 1, -1, 10, 1_000_000_000, 367_505_000_000, 590_020_000_000, i64::MAX, i64::MIN]
                .into_iter()
                .chain((0..20_000).map(|n| n * 2_500_000))
                .chain((0..20_000).map(|n| n * 10_000_000 - 3))
                .chain((0..19).flat_map(|n| [-1, 0, 1].map(|off| 10_i64.pow(n) + off)))
                .chain((0..12).map(|n| 10_i64.pow(n) * 10_000_000))
        {
            assert_eq!(written(value), Price(value).to_string());
        }
    }

    proptest! {
        #[test]
        fn whole_cents_and_all_others_are_written_as_they_print(
            any: i64,
            cents in 0..i64::MAX / 10_000_000,
        ) {
            for value in [any, cents * 10_000_000, cents % 2_000_000 * 10_000_000] {
                prop_assert_eq!(written(value), Price(value).to_string());
            }
        }
    }

    #[test]
    fn four_digits_are_those_that_print() {
        for value in 0..10_000 {
            let (digits, len) = four_digits(value);
            assert_eq!(&digits.to_le_bytes()[..len], value.to_string().as_bytes());
        }
    }
}
