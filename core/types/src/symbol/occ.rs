//! OCC option symbols: root, expiry `YYMMDD`, `C` or `P`, strike × 1000 in eight digits.
//!
//! Source: OCC Options Symbology Initiative; brokers send the root without padding, so the last 15
//! characters are fixed and the root is what stands before them.

use crate::Price;
use crate::time::days_from_civil;
use std::fmt;

/// Right of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionRight {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// An option symbol taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccSymbol<'a> {
    /// Root, 1–6 characters; adjusted roots end in a digit (`AAPL1`).
    pub root: &'a str,
    /// Expiry year, 2000–2099.
    pub year: u16,
    /// Expiry month, 1–12.
    pub month: u8,
    /// Expiry day of month.
    pub day: u8,
    /// Call or put.
    pub right: OptionRight,
    /// Strike price, a multiple of 0.001 up to 99,999.999.
    pub strike: Price,
}

impl<'a> OccSymbol<'a> {
    /// Parses `AAPL250620C00100000`. `None` when any part is not as OCC defines it.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if !text.is_ascii() || !(16..=21).contains(&text.len()) {
            return None;
        }
        let (root, rest) = text.split_at(text.len() - 15);
        if !root.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return None;
        }
        let right = match rest.as_bytes()[6] {
            b'C' => OptionRight::Call,
            b'P' => OptionRight::Put,
            _ => return None,
        };
        let (year, month, day) = (digits(&rest[..2])?, digits(&rest[2..4])?, digits(&rest[4..6])?);
        let strike = Price(digits(&rest[7..])? * 1_000_000);
        let real = days_from_civil(2000 + year, month, day);
        if crate::time::civil_from_days(real) != (2000 + year, month, day) {
            return None;
        }
        Some(Self {
            root,
            year: 2000 + u16::try_from(year).ok()?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
            right,
            strike,
        })
    }
}

/// Decimal digits only, no sign.
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for OccSymbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = if self.right == OptionRight::Call { 'C' } else { 'P' };
        let (root, year, strike) = (self.root, self.year % 100, self.strike.0 / 1_000_000);
        write!(f, "{root}{year:02}{:02}{:02}{right}{strike:08}", self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_round_trip() {
        for text in [
            "AAPL250620C00100000",
            "SPY260918P00590500",
            "F271217C00012345",
            "AAPL1250620P00001000",
        ] {
            assert_eq!(OccSymbol::parse(text).map(|s| s.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn parts_are_read_from_the_right() {
        let s = OccSymbol::parse("SPXW251231P05900500").unwrap();
        assert_eq!((s.root, s.year, s.month, s.day), ("SPXW", 2025, 12, 31));
        assert_eq!((s.right, s.strike), (OptionRight::Put, Price::parse("5900.5").unwrap()));
    }

    #[test]
    fn what_is_not_an_option_is_none() {
        for text in [
            "SPY",
            "AAPL250231C00100000",
            "AAPL250620X00100000",
            "aapl250620C00100000",
            "TOOLONG250620C00100000",
        ] {
            assert_eq!(OccSymbol::parse(text), None, "{text}");
        }
    }
}
