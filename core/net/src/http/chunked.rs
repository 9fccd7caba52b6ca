//! The chunked transfer coding (RFC 9112 §7.1), taken off byte by byte.
//!
//! [`BodyReader`](super::body::BodyReader) owns a [`Chunked`] while a body comes in chunks.
//!
//! *Invariant:* size lines, extensions and trailers are bounded together, so that a peer that sends
//! nothing else cannot keep the decoder busy for ever.

use super::HttpError;

/// Bytes allowed for everything that is not content: extensions and trailers are nobody's need.
const MAX_OVERHEAD: usize = 64 << 10;

/// What the next byte should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A hexadecimal digit of the size; the flag says whether one has been seen.
    Size { any: bool },
    /// The rest of a size line that is of no interest.
    Extension,
    /// The LF that ends a size line.
    SizeLf,
    /// Content.
    Data,
    /// The CR or LF after content.
    DataCr,
    /// The LF after content.
    DataLf,
    /// A trailer line's first byte, or the CR or LF of the blank line that ends the body.
    Trailer,
    /// The rest of a trailer line.
    TrailerLine,
    /// The LF of the blank line.
    LastLf,
    /// Nothing: the body is whole.
    Done,
}

/// A decoder for one body.
#[derive(Debug)]
pub(super) struct Chunked {
    expect: Expect,
    remaining: u64,
    overhead: usize,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self { expect: Expect::Size { any: false }, remaining: 0, overhead: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.expect == Expect::Done
    }

    /// Decodes from `input` onto `body` until the input or the body ends; returns bytes consumed.
    pub(super) fn feed(
        &mut self,
        input: &[u8],
        body: &mut Vec<u8>,
        limit: usize,
    ) -> Result<usize, HttpError> {
        let mut at = 0;
        while at < input.len() && self.expect != Expect::Done {
            if self.expect == Expect::Data {
                at += self.take_content(&input[at..], body);
                continue;
            }
            self.step(input[at])?;
            self.overhead += 1;
            if self.overhead > MAX_OVERHEAD {
                return Err(HttpError::BadChunk);
            }
            if self.remaining > (limit - body.len()) as u64 {
                return Err(HttpError::BodyTooLarge { limit });
            }
            at += 1;
        }
        Ok(at)
    }

    fn take_content(&mut self, input: &[u8], body: &mut Vec<u8>) -> usize {
        let count = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(input.len());
        body.extend_from_slice(&input[..count]);
        self.remaining -= count as u64;
        if self.remaining == 0 {
            self.expect = Expect::DataCr;
        }
        count
    }

    fn step(&mut self, byte: u8) -> Result<(), HttpError> {
        self.expect = match (self.expect, byte) {
            (Expect::Size { any }, _) => self.step_size(any, byte)?,
            (Expect::Extension, b'\n') | (Expect::SizeLf, b'\n') => self.after_size(),
            (Expect::Extension, b'\r') => Expect::SizeLf,
            (Expect::Extension, _) => Expect::Extension,
            (Expect::DataCr, b'\r') => Expect::DataLf,
            (Expect::DataLf, b'\n') => Expect::Size { any: false },
            (Expect::Trailer, b'\r') => Expect::LastLf,
            (Expect::LastLf, b'\n') => Expect::Done,
            (Expect::TrailerLine, b'\n') => Expect::Trailer,
            (Expect::Trailer | Expect::TrailerLine, _) => Expect::TrailerLine,
            _ => return Err(HttpError::BadChunk),
        };
        Ok(())
    }

    fn step_size(&mut self, any: bool, byte: u8) -> Result<Expect, HttpError> {
        if let Some(digit) = (byte as char).to_digit(16) {
            let grown =
                self.remaining.checked_mul(16).and_then(|size| size.checked_add(digit.into()));
            self.remaining = grown.ok_or(HttpError::BadChunk)?;
            return Ok(Expect::Size { any: true });
        }
        match byte {
            b'\r' if any => Ok(Expect::SizeLf),
            b';' | b' ' | b'\t' if any => Ok(Expect::Extension),
            _ => Err(HttpError::BadChunk),
        }
    }

    fn after_size(&self) -> Expect {
        if self.remaining == 0 { Expect::Trailer } else { Expect::Data }
    }
}
