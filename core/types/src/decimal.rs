//! Exact decimal text to scaled integers and back: the one parser and the one printer of money.
//!
//! Called by `Price`, `Qty` and `Money`, by wire decoders and by data files.
//! *Invariant:* never rounds. Text with more fraction digits than the scale holds is an error,
//! unless the surplus digits are zeros.

use std::fmt;

/// Fraction digits of [`crate::Price`] and [`crate::Qty`].
pub const SCALE_9: u32 = 9;
/// Fraction digits of [`crate::Money`]: the exact product of a price and a quantity.
pub const SCALE_18: u32 = 18;

/// Why a text is not a decimal of the wanted scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// No digits at all.
    Empty,
    /// A byte that is not a digit, sign or point, at this offset.
    Invalid(usize),
    /// More non-zero fraction digits than the scale keeps.
    TooPrecise,
    /// Outside the range of the integer type.
    Overflow,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "no digits"),
            Self::Invalid(at) => write!(f, "not a decimal number at character {}", at + 1),
            Self::TooPrecise => write!(f, "more decimals than can be kept exactly"),
            Self::Overflow => write!(f, "number out of range"),
        }
    }
}

impl std::error::Error for DecimalError {}

/// Parses `[+-]digits[.digits][e[+-]digits]` into an integer of `scale` fraction digits, exactly. The
/// exponent is from -40 to 40.
///
/// # Errors
/// [`DecimalError`] when the text is not a number, does not fit, or would have to be rounded.
pub fn parse(text: &[u8], scale: u32) -> Result<i128, DecimalError> {
    let (negative, start) = match text.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        Some(_) => (false, 0),
        None => return Err(DecimalError::Empty),
    };
    let (end, exponent) = split_exponent(text, start)?;
    let (value, places) =
        significand(&text[start..end], negative).map_err(|error| match error {
            DecimalError::Invalid(at) => DecimalError::Invalid(start + at),
            other => other,
        })?;
    rescale(value, i64::from(scale) - places + i64::from(exponent))
}

/// The digits of `digits[.digits]` up to the last that is not zero, as a number, and how many of them
/// stand behind the point (fewer than none when zeros before the point were left out). Zeros at the end
/// are never multiplied in: however many there are, they do not make a number too large to keep. The
/// number has its sign from the start, for the range reaches one further down than up.
fn significand(text: &[u8], negative: bool) -> Result<(i128, i64), DecimalError> {
    let mut value: i128 = 0;
    let (mut digits, mut last, mut zeros) = (0i64, 0i64, 0u32);
    let mut whole: Option<i64> = None;
    for (i, &byte) in text.iter().enumerate() {
        match byte {
            b'0' => zeros += 1,
            b'1'..=b'9' => {
                for _ in 0..if value == 0 { 0 } else { zeros + 1 } {
                    value = value.checked_mul(10).ok_or(DecimalError::Overflow)?;
                }
                let digit = i128::from(byte - b'0');
                let digit = if negative { -digit } else { digit };
                value = value.checked_add(digit).ok_or(DecimalError::Overflow)?;
                (zeros, last) = (0, digits + 1);
            }
            b'.' if whole.is_none() => {
                whole = Some(digits);
                continue;
            }
            _ => return Err(DecimalError::Invalid(i)),
        }
        digits += 1;
    }
    if digits == 0 {
        return Err(DecimalError::Empty);
    }
    Ok((value, last - whole.unwrap_or(digits)))
}

/// Finds where the mantissa ends and what the exponent says.
fn split_exponent(text: &[u8], start: usize) -> Result<(usize, i32), DecimalError> {
    let Some(at) = text.iter().position(|b| matches!(b, b'e' | b'E')) else {
        return Ok((text.len(), 0));
    };
    if at < start {
        return Err(DecimalError::Invalid(at));
    }
    std::str::from_utf8(&text[at + 1..])
        .ok()
        .and_then(|t| t.parse::<i32>().ok())
        .filter(|e| (-40..=40).contains(e))
        .map(|e| (at, e))
        .ok_or(DecimalError::Invalid(at))
}

/// Multiplies by ten to the power `by`; division must leave no remainder.
fn rescale(value: i128, by: i64) -> Result<i128, DecimalError> {
    if value == 0 {
        return Ok(0);
    }
    let power = u32::try_from(by.unsigned_abs()).unwrap_or(u32::MAX);
    let factor = 10i128.checked_pow(power);
    if by >= 0 {
        let factor = factor.ok_or(DecimalError::Overflow)?;
        return value.checked_mul(factor).ok_or(DecimalError::Overflow);
    }
    let factor = factor.ok_or(DecimalError::TooPrecise)?;
    if value % factor != 0 {
        return Err(DecimalError::TooPrecise);
    }
    Ok(value / factor)
}

/// [`parse`] narrowed to the `i64` of prices and quantities (scale 9).
///
/// # Errors
/// As [`parse`], and [`DecimalError::Overflow`] beyond ±9,223,372,036.854775807.
pub fn parse_i64(text: &[u8]) -> Result<i64, DecimalError> {
    i64::try_from(parse(text, SCALE_9)?).map_err(|_| DecimalError::Overflow)
}

/// Prints exactly, without trailing zeros and without an exponent: `590.025`, `-0.01`, `3`.
///
/// # Errors
/// Only those of the formatter.
pub fn write(f: &mut fmt::Formatter<'_>, value: i128, scale: u32) -> fmt::Result {
    let unit = 10u128.pow(scale);
    let magnitude = value.unsigned_abs();
    let (whole, mut fraction) = (magnitude / unit, magnitude % unit);
    if value < 0 {
        f.write_str("-")?;
    }
    write!(f, "{whole}")?;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = scale as usize;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    write!(f, ".{fraction:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_text_parses() {
        let cases: [(&str, i128); 9] = [
            ("1", 1_000_000_000),
            ("590.025", 590_025_000_000),
            ("-0.01", -10_000_000),
            (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("+7", 7_000_000_000),
            ("0.000000001", 1),
            ("1.2500000000000", 1_250_000_000),
            ("2.5e-3", 2_500_000),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text.as_bytes(), 9), Ok(want), "{text}");
        }
    }

    #[test]
    fn zeros_at_the_end_are_no_digits_to_keep() {
        let zeros = "0".repeat(60);
        assert_eq!(parse(format!("1.5{zeros}").as_bytes(), 9), Ok(1_500_000_000));
        assert_eq!(parse(format!("0.{zeros}").as_bytes(), 9), Ok(0));
        assert_eq!(parse(format!("2{}e-40", &zeros[..40]).as_bytes(), 9), Ok(2_000_000_000));
        assert_eq!(parse(format!("1{zeros}").as_bytes(), 9), Err(DecimalError::Overflow));
    }

    #[test]
    fn what_would_need_rounding_is_refused() {
        assert_eq!(parse(b"0.0000000001", 9), Err(DecimalError::TooPrecise));
        assert_eq!(parse(b"1e-10", 9), Err(DecimalError::TooPrecise));
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        for (text, want) in [
            ("", DecimalError::Empty),
            ("-", DecimalError::Empty),
            (".", DecimalError::Empty),
            ("1x", DecimalError::Invalid(1)),
            ("1.2.3", DecimalError::Invalid(3)),
            ("NaN", DecimalError::Invalid(0)),
            ("1e", DecimalError::Invalid(1)),
            ("1e+-5", DecimalError::Invalid(1)),
            ("1e-2147483648", DecimalError::Invalid(1)),
            ("-1.2.3", DecimalError::Invalid(4)),
        ] {
            assert_eq!(parse(text.as_bytes(), 9), Err(want), "{text}");
        }
    }

    #[test]
    fn range_ends_are_exact() {
        assert_eq!(parse_i64(b"9223372036.854775807"), Ok(i64::MAX));
        assert_eq!(parse_i64(b"9223372036.854775808"), Err(DecimalError::Overflow));
        assert_eq!(parse_i64(b"-9223372036.854775808"), Ok(i64::MIN));
        assert_eq!(parse(i128::MIN.to_string().as_bytes(), 0), Ok(i128::MIN));
        assert_eq!(
            parse(b"99999999999999999999999999999999999999999", 9),
            Err(DecimalError::Overflow)
        );
    }
}
