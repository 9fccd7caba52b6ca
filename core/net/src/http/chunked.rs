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

#[cfg(test)]
mod tests {
    use super::{Chunked, MAX_OVERHEAD};
    use crate::http::HttpError;

    /// Feeds everything at once; the bytes consumed, the body, and whether it is whole.
    fn decode(input: &[u8], limit: usize) -> Result<(usize, Vec<u8>, bool), HttpError> {
        let (mut chunked, mut body) = (Chunked::new(), Vec::new());
        let taken = chunked.feed(input, &mut body, limit)?;
        Ok((taken, body, chunked.is_done()))
    }

    #[test]
    fn chunks_extensions_and_trailers_are_taken_off() {
        let wire = b"4;name=value\r\nWiki\r\n00A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nnext";
        let (taken, body, done) = decode(wire, 64).unwrap();
        assert_eq!(body, b"Wiki0123456789");
        assert_eq!(&wire[taken..], b"next");
        assert!(done);
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for wire in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b"+1\r\n",
            b";x\r\n",
            b"1\n",
            b"1\rx",
            b"1\r\nab",
            b"1\r\na\nb",
            b"1\r\na\r1",
            b"0\r\n\rx",
            b"10000000000000000\r\n",
        ] {
            let error = decode(wire, usize::MAX).unwrap_err();
            assert_eq!(error, HttpError::BadChunk, "{}", wire.escape_ascii());
        }
    }

    #[test]
    fn a_size_beyond_the_limit_fails_before_its_content() {
        let limit = HttpError::BodyTooLarge { limit: 8 };
        assert_eq!(decode(b"9", 8).unwrap_err(), limit);
        assert_eq!(decode(b"8\r\n01234567\r\n1", 8).unwrap_err(), limit);
        assert_eq!(decode(b"ffffffffffffffff", 8).unwrap_err(), limit);
        assert!(decode(b"8\r\n01234567\r\n0\r\n\r\n", 8).unwrap().2);
    }

    #[test]
    fn endless_extensions_and_trailers_are_cut_off() {
        let endless = vec![b'x'; MAX_OVERHEAD];
        let extension = [b"1;", endless.as_slice()].concat();
        assert_eq!(decode(&extension, 8).unwrap_err(), HttpError::BadChunk);
        let trailer = [b"0\r\n", endless.as_slice()].concat();
        assert_eq!(decode(&trailer, 8).unwrap_err(), HttpError::BadChunk);
    }
}
