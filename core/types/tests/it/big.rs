//! Whole numbers without end, as slow and obvious as can be: what money is held against.

use std::cmp::Ordering;

/// A sign and binary digits, the lowest first; zero has no digits and no sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Big {
    negative: bool,
    bits: Vec<bool>,
}

impl From<i128> for Big {
    fn from(value: i128) -> Self {
        let magnitude = value.unsigned_abs();
        Self::of(value < 0, (0..128).map(|bit| magnitude >> bit & 1 == 1).collect())
    }
}

impl From<i64> for Big {
    fn from(value: i64) -> Self {
        Self::from(i128::from(value))
    }
}

impl Big {
    fn of(negative: bool, mut bits: Vec<bool>) -> Self {
        while bits.last() == Some(&false) {
            bits.pop();
        }
        Self { negative: negative && !bits.is_empty(), bits }
    }

    /// The number, if an `i128` holds it.
    pub(crate) fn to_i128(&self) -> Option<i128> {
        if self.bits.len() > 128 {
            return None;
        }
        let magnitude = self.bits.iter().rev().fold(0u128, |sum, &bit| sum << 1 | u128::from(bit));
        if self.negative {
            0i128.checked_sub_unsigned(magnitude)
        } else {
            magnitude.try_into().ok()
        }
    }

    /// The number, if an `i64` holds it.
    pub(crate) fn to_i64(&self) -> Option<i64> {
        self.to_i128()?.try_into().ok()
    }

    fn magnitude_cmp(&self, other: &Self) -> Ordering {
        let longer = self.bits.len().cmp(&other.bits.len());
        longer.then_with(|| self.bits.iter().rev().cmp(other.bits.iter().rev()))
    }

    pub(crate) fn minus(&self) -> Self {
        Self::of(!self.negative, self.bits.clone())
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        if self.negative == other.negative {
            return Self::of(self.negative, add(&self.bits, &other.bits));
        }
        match self.magnitude_cmp(other) {
            Ordering::Less => Self::of(other.negative, subtract(&other.bits, &self.bits)),
            _ => Self::of(self.negative, subtract(&self.bits, &other.bits)),
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut sum = Vec::new();
        for (shift, _) in other.bits.iter().enumerate().filter(|(_, bit)| **bit) {
            let mut shifted = vec![false; shift];
            shifted.extend(&self.bits);
            sum = add(&sum, &shifted);
        }
        Self::of(self.negative != other.negative, sum)
    }

    /// The quotient towards zero, and what is left, with the sign of `self`; by anything but zero.
    pub(crate) fn divided_by(&self, other: &Self) -> (Self, Self) {
        let divisor = Self::of(false, other.bits.clone());
        let (mut quotient, mut left) = (vec![false; self.bits.len()], Self::from(0i64));
        for place in (0..self.bits.len()).rev() {
            left.bits.insert(0, self.bits[place]);
            left = Self::of(false, left.bits);
            if left.magnitude_cmp(&divisor) != Ordering::Less {
                left = Self::of(false, subtract(&left.bits, &divisor.bits));
                quotient[place] = true;
            }
        }
        let sign = self.negative != other.negative;
        (Self::of(sign, quotient), Self::of(self.negative, left.bits))
    }

    /// The quotient towards minus infinity.
    pub(crate) fn floored_by(&self, other: &Self) -> Self {
        let (quotient, left) = self.divided_by(other);
        let below = !left.bits.is_empty() && self.negative != other.negative;
        if below { quotient.plus(&Self::from(-1i64)) } else { quotient }
    }
}

fn add(a: &[bool], b: &[bool]) -> Vec<bool> {
    let bit = |bits: &[bool], place: usize| bits.get(place).copied().unwrap_or(false);
    let (mut sum, mut carry) = (Vec::new(), false);
    for place in 0..a.len().max(b.len()) {
        let ones = u8::from(bit(a, place)) + u8::from(bit(b, place)) + u8::from(carry);
        sum.push(ones & 1 == 1);
        carry = ones > 1;
    }
    sum.push(carry);
    sum
}

/// `a - b`, for `a` not below `b`.
fn subtract(a: &[bool], b: &[bool]) -> Vec<bool> {
    let (mut rest, mut borrow) = (Vec::new(), 0i8);
    for (place, &bit) in a.iter().enumerate() {
        let here = i8::from(bit) - i8::from(b.get(place).copied().unwrap_or(false)) - borrow;
        rest.push(here & 1 == 1);
        borrow = i8::from(here < 0);
    }
    rest
}

#[test]
fn big_numbers_agree_with_small_ones() {
    let numbers =
        [-1_000_003i128, -97, -2, -1, 0, 1, 2, 3, 96, 97, 98, 1 << 40, i128::from(i64::MIN)];
    for a in numbers {
        for b in numbers {
            let (x, y) = (Big::from(a), Big::from(b));
            assert_eq!(x.plus(&y).to_i128(), Some(a + b));
            assert_eq!(x.times(&y).to_i128(), Some(a * b));
            if b != 0 {
                let (quotient, left) = x.divided_by(&y);
                assert_eq!((quotient.to_i128(), left.to_i128()), (Some(a / b), Some(a % b)));
                let floor = if a % b != 0 && (a < 0) != (b < 0) { a / b - 1 } else { a / b };
                assert_eq!(x.floored_by(&y).to_i128(), Some(floor));
            }
        }
    }
    assert_eq!(Big::from(i128::MIN).to_i128(), Some(i128::MIN));
    assert_eq!(Big::from(i128::MIN).minus().to_i128(), None);
    assert_eq!(Big::from(i64::MAX).plus(&Big::from(1i64)).to_i64(), None);
}
