//! Fields one after the other: putting them into a payload and taking them out again.

use st0ck_types::record::RecordKind;
use st0ck_types::{Side, Text};
use std::fmt;

/// Room for the longest payload but a carry's: a decision with all of its factors has 310 bytes.
pub(crate) const PAYLOAD_MAX: usize = 320;

/// Puts fields into a payload, front to back.
#[derive(Debug)]
pub(crate) struct Put<'a> {
    // A reference to an array, not a slice, and always inlined: for a kind of fixed layout every
    // position is then a constant, and the compiler drops each bounds check and knows the length.
    out: &'a mut [u8; PAYLOAD_MAX],
    len: usize,
}

impl<'a> Put<'a> {
    #[inline(always)]
    pub(crate) fn new(out: &'a mut [u8; PAYLOAD_MAX]) -> Self {
        Self { out, len: 0 }
    }

    /// Bytes put so far.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(crate) fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
    }

    #[inline(always)]
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes([value]);
    }

    #[inline(always)]
    pub(crate) fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    #[inline(always)]
    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn u128(&mut self, value: u128) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn i128(&mut self, value: i128) {
        self.bytes(value.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn text<const N: usize>(&mut self, text: &Text<N>) {
        self.u8(text.len() as u8);
        self.bytes(*text.padded());
    }
}

/// A payload that is not what its kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// The record's kind.
    pub kind: RecordKind,
    /// The field that does not fit.
    pub field: &'static str,
    /// How.
    pub fault: Fault,
}

/// How a field does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The payload ends before it.
    Short,
    /// Its number means nothing.
    Unknown(u64),
    /// It is no text of its length.
    Text,
    /// This many bytes follow the last field.
    TooLong(usize),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, field) = (self.kind.as_str(), self.field);
        match self.fault {
            Fault::Short => write!(f, "{kind} record ends before its field {field}"),
            Fault::Unknown(n) => write!(f, "{kind} record: {field} cannot be {n}"),
            Fault::Text => write!(f, "{kind} record: {field} is not text"),
            Fault::TooLong(n) => write!(f, "{kind} record has {n} bytes after its last field"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Takes fields out of a payload, front to back.
#[derive(Debug)]
pub(crate) struct Take<'a> {
    kind: RecordKind,
    rest: &'a [u8],
}

impl<'a> Take<'a> {
    #[inline(always)]
    pub(crate) fn new(kind: RecordKind, payload: &'a [u8]) -> Self {
        Self { kind, rest: payload }
    }

    fn error(&self, field: &'static str, fault: Fault) -> DecodeError {
        DecodeError { kind: self.kind, field, fault }
    }

    /// The error of a number that means nothing.
    pub(crate) fn unknown(&self, field: &'static str, number: u64) -> DecodeError {
        self.error(field, Fault::Unknown(number))
    }

    /// Checks that nothing is left.
    #[inline(always)]
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(self.error("end", Fault::TooLong(n))),
        }
    }

    #[inline]
    pub(crate) fn bytes<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.error(field, Fault::Short)),
        }
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.bytes::<1>(field).map(|[b]| b)
    }

    #[inline]
    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            n => Err(self.unknown(field, u64::from(n))),
        }
    }

    #[inline]
    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.bytes(field).map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.bytes(field).map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.bytes(field).map(u64::from_le_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.bytes(field).map(i64::from_le_bytes)
    }

    pub(crate) fn u128(&mut self, field: &'static str) -> Result<u128, DecodeError> {
        self.bytes(field).map(u128::from_le_bytes)
    }

    pub(crate) fn i128(&mut self, field: &'static str) -> Result<i128, DecodeError> {
        self.bytes(field).map(i128::from_le_bytes)
    }

    pub(crate) fn text<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<Text<N>, DecodeError> {
        let len = usize::from(self.u8(field)?);
        let bytes = self.bytes::<N>(field)?;
        let (text, pad) = bytes.split_at_checked(len).ok_or(self.error(field, Fault::Text))?;
        match std::str::from_utf8(text) {
            Ok(text) if pad.iter().all(|&b| b == 0) => Ok(Text::new(text)),
            _ => Err(self.error(field, Fault::Text)),
        }
    }

    /// A number that stands for one of `values`, by its place in the list.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        field: &'static str,
        values: &[T],
    ) -> Result<T, DecodeError> {
        let number = self.u8(field)?;
        let value = values.get(usize::from(number)).copied();
        value.ok_or(self.unknown(field, u64::from(number)))
    }

    pub(crate) fn side(&mut self) -> Result<Side, DecodeError> {
        self.one_of("side", &[Side::Buy, Side::Sell])
    }
}
