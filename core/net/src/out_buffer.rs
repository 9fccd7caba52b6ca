//! Bytes on their way out: what the kernel has not taken yet.
//!
//! Every connection owns one and hands it to [`TcpLink::flush`](crate::tcp::TcpLink::flush).
//!
//! *Invariant:* never grows beyond its limit; a push that would is refused whole, so no message is
//! ever half queued. Its memory is zeroed on drop, because requests carry credentials.

use zeroize::Zeroizing;

/// The buffer has no room for the whole message: the peer does not read, or reads too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer reads too slowly: {pending} bytes wait, {refused} more would pass the limit")]
pub struct Full {
    /// Bytes waiting.
    pub pending: usize,
    /// Bytes refused.
    pub refused: usize,
}

/// A bounded first-in first-out byte buffer.
pub struct OutBuffer {
    bytes: Zeroizing<Vec<u8>>,
    sent: usize,
    limit: usize,
}

impl OutBuffer {
    /// An empty buffer for at most `limit` bytes. Room is taken as it is needed and then kept.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::new()), sent: 0, limit }
    }

    /// Appends all of `bytes`, or none.
    ///
    /// # Errors
    /// [`Full`] when they do not fit.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() > self.room() {
            return Err(Full { pending: self.pending().len(), refused: bytes.len() });
        }
        self.compact();
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Empties the buffer and lends its memory for one message to be written in place. The limit
    /// does not bind here: a request is as large as its caller made it.
    pub fn start(&mut self) -> &mut Vec<u8> {
        self.clear();
        &mut self.bytes
    }

    /// What waits, oldest first.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// How many more bytes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.pending().len())
    }

    /// Bytes taken since the buffer was last empty or started.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Notes that the first `count` waiting bytes are gone.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        debug_assert!(self.sent <= self.bytes.len(), "more bytes went out than waited");
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
    }

    /// Moves the waiting bytes to the front, so that the memory stays within the limit.
    fn compact(&mut self) {
        if self.sent > 0 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}

impl std::fmt::Debug for OutBuffer {
    /// Sizes only: the bytes may hold a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutBuffer({} of {} bytes wait)", self.pending().len(), self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::{Full, OutBuffer};

    #[test]
    fn a_push_that_does_not_fit_is_refused_whole() {
        let mut out = OutBuffer::new(4);
        out.push(b"abc").unwrap();
        assert_eq!(out.push(b"de"), Err(Full { pending: 3, refused: 2 }));
        assert_eq!(out.pending(), b"abc");
        out.advance(2);
        out.push(b"def").unwrap();
        assert_eq!(out.pending(), b"cdef");
    }

    #[test]
    fn a_buffer_that_is_never_quite_empty_stays_within_its_limit() {
        let mut out = OutBuffer::new(16);
        out.push(b"x").unwrap();
        for _ in 0..1_000 {
            out.push(b"0123456789").unwrap();
            out.advance(10);
            assert!(out.bytes.len() <= 16 && out.pending().len() == 1);
        }
    }

    #[test]
    fn a_credential_in_the_buffer_is_not_printed() {
        let mut out = OutBuffer::new(64);
        out.push(b"canary").unwrap();
        assert_eq!(format!("{out:?}"), "OutBuffer(6 of 64 bytes wait)");
    }
}
