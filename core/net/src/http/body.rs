//! The body of a message: how long it is (RFC 9112 §6.3), and its bytes.
//!
//! Both parsers own a [`BodyReader`] and feed it once the header block is whole.
//!
//! *Invariant:* never holds more than its limit; a declared length beyond it fails before a byte of
//! the body is read.

use super::HttpError;
use super::chunked::Chunked;
use super::head::Headers;

/// How the end of the body is known.
#[derive(Debug)]
pub(super) enum Framing {
    /// This many bytes are still to come; 0 for a body that is whole or absent.
    Length(u64),
    /// In chunks.
    Chunked(Chunked),
    /// When the peer stops sending.
    UntilEof,
}

/// A body under construction.
#[derive(Debug)]
pub(super) struct BodyReader {
    framing: Framing,
    bytes: Vec<u8>,
    limit: usize,
}

impl BodyReader {
    pub(super) fn new(limit: usize) -> Self {
        Self { framing: Framing::Length(0), bytes: Vec::new(), limit }
    }

    pub(super) fn start(&mut self, framing: Framing) -> Result<(), HttpError> {
        self.bytes.clear();
        if matches!(framing, Framing::Length(length) if length > self.limit as u64) {
            return Err(HttpError::BodyTooLarge { limit: self.limit });
        }
        self.framing = framing;
        Ok(())
    }

    pub(super) fn is_done(&self) -> bool {
        match &self.framing {
            Framing::Length(remaining) => *remaining == 0,
            Framing::Chunked(chunked) => chunked.is_done(),
            Framing::UntilEof => false,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes what belongs to the body and returns how many bytes that were.
    pub(super) fn feed(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        match &mut self.framing {
            Framing::Length(remaining) => {
                let count = usize::try_from(*remaining).unwrap_or(usize::MAX).min(input.len());
                self.bytes.extend_from_slice(&input[..count]);
                *remaining -= count as u64;
                Ok(count)
            }
            Framing::Chunked(chunked) => chunked.feed(input, &mut self.bytes, self.limit),
            Framing::UntilEof if input.len() > self.limit - self.bytes.len() => {
                Err(HttpError::BodyTooLarge { limit: self.limit })
            }
            Framing::UntilEof => {
                self.bytes.extend_from_slice(input);
                Ok(input.len())
            }
        }
    }

    /// The peer has stopped sending: an end for one kind of body, a break for the others.
    pub(super) fn eof(&mut self) -> Result<(), HttpError> {
        match self.framing {
            Framing::UntilEof => {
                self.framing = Framing::Length(0);
                Ok(())
            }
            _ if self.is_done() => Ok(()),
            _ => Err(HttpError::Truncated),
        }
    }
}

/// The framing that the fields declare, or nothing when they declare none.
pub(super) fn declared(headers: Headers<'_>) -> Result<Option<Framing>, HttpError> {
    let length = content_length(headers)?;
    let mut codings = headers.all("transfer-encoding");
    match (codings.next(), codings.next(), length) {
        (None, _, None) => Ok(None),
        (None, _, Some(length)) => Ok(Some(Framing::Length(length))),
        // Both together is the classic smuggling request: refuse rather than choose.
        (Some(_), _, Some(_)) => Err(HttpError::AmbiguousLength),
        (Some(coding), None, None) if coding.eq_ignore_ascii_case(b"chunked") => {
            Ok(Some(Framing::Chunked(Chunked::new())))
        }
        _ => Err(HttpError::UnknownCoding),
    }
}

fn content_length(headers: Headers<'_>) -> Result<Option<u64>, HttpError> {
    let mut length = None;
    for value in headers.all("content-length") {
        let parsed = digits(value).ok_or(HttpError::AmbiguousLength)?;
        if length.is_some_and(|earlier| earlier != parsed) {
            return Err(HttpError::AmbiguousLength);
        }
        length = Some(parsed);
    }
    Ok(length)
}

/// Digits only: `str::parse` would also take a leading `+`.
fn digits(value: &[u8]) -> Option<u64> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}
