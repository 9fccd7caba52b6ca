//! Short text of fixed size, so that records stay `Copy` and nothing allocates.

use std::fmt;

/// Up to `N` bytes of UTF-8; longer text is cut at a character boundary.
// The bytes first: a text at an even place is then read in the pieces in which it is copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Text<N> {
    /// No text.
    pub const EMPTY: Self = Self { len: 0, bytes: [0; N] };

    /// Takes as much of `text` as fits.
    // Inlined: of a literal only the finished bytes remain. In a constant they do for certain: the
    // compiler may also put them together on the stack, in pieces that the next load then waits for.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "there is room for 255 at most")]
    pub const fn new(text: &str) -> Self {
        let room = if N < 255 { N } else { 255 };
        let mut end = if text.len() < room { text.len() } else { room };
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [0; N];
        let (kept, _) = text.as_bytes().split_at(end);
        bytes.split_at_mut(end).0.copy_from_slice(kept);
        Self { len: end as u8, bytes }
    }

    /// Takes ASCII without a zero, all bytes at once; `None` when there is anything else among them.
    #[inline]
    #[must_use]
    pub fn from_ascii<const M: usize>(text: &[u8; M]) -> Option<Self> {
        const { assert!(M <= N && M <= 255, "the text has room") }
        // The highest bit shows in what is no ASCII, and in one less than zero.
        let high = text.iter().fold(0, |all, &byte| all | byte | byte.wrapping_sub(1));
        let mut bytes = [0; N];
        bytes[..M].copy_from_slice(text);
        (high < 0x80).then_some(Self { len: u8::try_from(M).unwrap_or(u8::MAX), bytes })
    }

    /// Writes these over as many of its bytes, from `at` on: ASCII without a zero, over ASCII.
    #[inline]
    pub(crate) fn overwrite<const M: usize>(&mut self, at: usize, ascii: [u8; M]) {
        debug_assert!(self.as_bytes().is_ascii() && Self::from_ascii(&ascii).is_some());
        self.bytes[at..at + M].copy_from_slice(&ascii);
    }

    /// Reads back what [`Text::padded`] wrote: zero-padded bytes, possibly damaged.
    #[must_use]
    pub fn from_padded(bytes: &[u8]) -> Self {
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len()).min(N);
        if let (Ok(len), true) = (u8::try_from(end), bytes[..end].is_ascii()) {
            let mut padded = [0; N];
            padded[..end].copy_from_slice(&bytes[..end]);
            return Self { len, bytes: padded };
        }
        match std::str::from_utf8(&bytes[..end]) {
            Ok(text) => Self::new(text),
            Err(e) => Self::new(std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default()),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }

    /// The text's bytes. Unlike [`Text::as_str`] it need not look at them.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Bytes of the text.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// All `N` bytes, zero after the text.
    #[must_use]
    pub fn padded(&self) -> &[u8; N] {
        &self.bytes
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(Text::<4>::new("abé…").as_str(), "abé");
        assert_eq!(Text::<3>::new("abé").as_str(), "ab");
    }

    #[test]
    fn padded_bytes_round_trip() {
        let text = Text::<8>::new("SPY");
        assert_eq!(Text::<8>::from_padded(text.padded()), text);
        assert_eq!((text.as_bytes(), text.len()), (&b"SPY"[..], 3));
        assert_eq!(Text::<8>::from_ascii(b"SPY"), Some(text));
        assert_eq!(Text::<8>::from_ascii(b"S\0Y").or(Text::from_ascii(b"S\x80Y")), None);
        assert_eq!(Text::<8>::from_padded("é".as_bytes()), Text::new("é"));
        assert_eq!(Text::<2>::from_padded(b"SPY"), Text::new("SP"));
        assert_eq!(Text::<8>::from_padded(&[0xff; 8]), Text::EMPTY);
    }
}
