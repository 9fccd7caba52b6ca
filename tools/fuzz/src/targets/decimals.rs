//! Decimal text and money: the one parser of amounts against a reader that works on digits alone, and
//! the arithmetic against plain 128-bit integers.

use crate::mutate::Words;
use crate::target::{Shape, Target, no_seeds};
use st0ck_types::decimal::{self, SCALE_9, SCALE_18};
use st0ck_types::{Money, Price, Qty, Side};

const WORDS: &[&str] = &[".", "-", "+", "e", "E", "e-9", "e9", "e40", "000000000", "999999999"];

/// Decimal text.
pub(super) static DECIMAL: Target = Target {
    name: "decimal",
    about: "decimal text against long-hand digits; what prints reads back",
    run: decimal_text,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 4 << 10,
    longest: 256,
    patience: 1,
};

fn decimal_text(input: &[u8]) -> Shape {
    let fast = [SCALE_9, SCALE_18].map(|scale| decimal::parse(input, scale));
    for (read, scale) in fast.iter().zip([SCALE_9, SCALE_18]) {
        assert_eq!(read.ok(), long_hand(input, scale), "scale {scale}");
    }
    let narrow = decimal::parse_i64(input).ok();
    assert_eq!(narrow, fast[0].ok().and_then(|wide| i64::try_from(wide).ok()));
    if let Some(value) = narrow {
        assert_eq!(Price::parse(&Price(value).to_string()), Ok(Price(value)));
        assert_eq!(Qty::parse(&Qty(value).to_string()), Ok(Qty(value)));
    }
    if let Ok(value) = fast[1] {
        assert_eq!(Money::parse(&Money(value).to_string()), Ok(Money(value)));
    }
    let kinds = fast.map(|read| read.map_err(|e| std::mem::discriminant(&e)).map(i128::signum));
    Shape::of(&(kinds, narrow.is_some()))
}

/// `[+-]digits[.digits][e[+-]digits]` by its digits: zeros are moved, nothing is multiplied.
pub(crate) fn long_hand(text: &[u8], scale: u32) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{places}");
    let sound = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !sound || !(-40..=40).contains(&exponent) {
        return None;
    }
    let shift = scale as i32 + exponent - places.len() as i32;
    let digits = digits.trim_start_matches('0');
    let kept = match usize::try_from(shift) {
        Ok(zeros) if !digits.is_empty() => format!("{digits}{}", "0".repeat(zeros)),
        Ok(_) => String::new(),
        Err(_) => {
            let cut = digits.len().saturating_sub(shift.unsigned_abs() as usize);
            let (kept, lost) = digits.split_at(cut);
            if lost.bytes().any(|digit| digit != b'0') {
                return None;
            }
            kept.to_owned()
        }
    };
    let magnitude = if kept.is_empty() { 0 } else { kept.parse::<i128>().ok()? };
    Some(if negative { -magnitude } else { magnitude })
}

/// Money, prices and quantities.
pub(super) static MONEY: Target = Target {
    name: "money",
    about: "sums, products, ticks and shares of money against 128-bit integers",
    run: money,
    seeds: money_seeds,
    words: Words::Binary,
    mend: None,
    room: 4 << 10,
    longest: 64,
    patience: 1,
};

fn money_seeds() -> Vec<Vec<u8>> {
    let rows = [[590_025_000_000, 3_000_000_000, 10_000_000, 7], [i64::MIN, i64::MAX, -1, 0]];
    rows.iter().map(|row: &[i64; 4]| row.iter().flat_map(|n| n.to_le_bytes()).collect()).collect()
}

fn money(input: &[u8]) -> Shape {
    let word = |at: usize| -> i64 {
        let bytes = input.get(8 * at..8 * at + 8).and_then(|b| b.try_into().ok());
        i64::from_le_bytes(bytes.unwrap_or_default())
    };
    let (a, b, tick, share) = (word(0), word(1), word(2), word(3));
    let (price, other) = (Price(a), Price(b));
    let (wide_a, wide_b) = (i128::from(a), i128::from(b));
    let narrow = |wide: i128| i64::try_from(wide).ok();
    assert_eq!(price.checked_add(other).map(|p| p.0), narrow(wide_a + wide_b));
    assert_eq!(price.checked_sub(other).map(|p| p.0), narrow(wide_a - wide_b));
    assert_eq!(i128::from(price.midpoint(other).0), (wide_a + wide_b).div_euclid(2));
    let product = price.times(Qty(b));
    assert_eq!(product.0, wide_a * wide_b);
    assert_eq!(product.to_e9(), clamp((wide_a * wide_b) / 1_000_000_000));
    assert_eq!(product.per(Qty(b)).map(|p| p.0), (b != 0).then_some(a), "exact both ways");
    let ticks = ticks(price, Price(tick));
    let shared = shares(product, b, share);
    Shape::of(&(ticks, shared, a.signum(), b.signum(), share.signum()))
}

fn clamp(wide: i128) -> i64 {
    wide.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// Rounding to a tick never gives value away, and never by a whole tick.
fn ticks(price: Price, tick: Price) -> [bool; 2] {
    [Side::Buy, Side::Sell].map(|side| {
        let Some(rounded) = price.round_for(side, tick) else {
            assert!(tick.0 <= 0 || is_at_the_end(price, tick), "{price:?} {tick:?} {side:?}");
            return false;
        };
        let moved = i128::from(rounded.0) - i128::from(price.0);
        assert!(rounded.is_on_tick(tick) && moved.abs() < i128::from(tick.0));
        assert!(if side == Side::Buy { moved <= 0 } else { moved >= 0 });
        true
    })
}

/// Whether the multiples around a price are not both in range.
fn is_at_the_end(price: Price, tick: Price) -> bool {
    let (price, tick) = (i128::from(price.0), i128::from(tick.0));
    let below = price - price.rem_euclid(tick);
    i64::try_from(below).is_err() || i64::try_from(below + tick).is_err()
}

/// A share of money against long division, where 128 bits hold the product.
fn shares(amount: Money, numerator: i64, denominator: i64) -> bool {
    let (n, d) = (i128::from(numerator), i128::from(denominator));
    let got = amount.scale(n, d);
    match amount.0.checked_mul(n) {
        Some(product) => assert_eq!(got.map(|m| m.0), product.checked_div(d)),
        None => assert!(got.is_none() || d != 0),
    }
    got.is_some()
}

#[cfg(test)]
mod tests {
    use super::long_hand;

    #[test]
    fn the_long_hand_reader_is_right_by_hand() {
        for (text, want) in [
            ("590.025", Some(590_025_000_000)),
            ("-.5", Some(-500_000_000)),
            ("1.2500000000000", Some(1_250_000_000)),
            ("2.5e-3", Some(2_500_000)),
            ("0.0000000001", None),
            ("0e7", Some(0)),
            (".", None),
            ("1.2.3", None),
            ("--1", None),
        ] {
            assert_eq!(long_hand(text.as_bytes(), 9), want, "{text}");
        }
    }
}
