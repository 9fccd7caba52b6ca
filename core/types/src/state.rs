//! One description of state, two uses: hashing it (replay) and keeping it (carry).
//!
//! A component writes its state once, field by field, to a [`StateSink`]. The hasher leaves out what
//! [`StateSink::private`] marks: epochs, broker ids and other things that differ between two equal
//! runs. The carry writer keeps everything, and [`StateReader`] reads it back in the same order.

/// Takes the fields of a state, in a fixed order.
pub trait StateSink {
    /// Bytes that belong to the state.
    fn bytes(&mut self, bytes: &[u8]);
    /// Bytes needed to go on, that two equal runs need not share.
    fn private(&mut self, bytes: &[u8]);

    /// Whether private bytes are kept at all. A hasher says no, so that long private tables need
    /// not be walked for it.
    fn keeps_private(&self) -> bool {
        true
    }

    /// A number.
    fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }
    /// A signed number.
    fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }
    /// A wide signed number.
    fn i128(&mut self, value: i128) {
        self.bytes(&value.to_le_bytes());
    }
    /// A small number.
    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }
    /// A byte.
    fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }
    /// Yes or no.
    fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }
}

/// A hash of state: 64 bits, fast, the same on every machine. Not for secrets.
///
/// Eight bytes at a time: xor, multiply by an odd constant, fold the high half down.
#[derive(Debug, Clone)]
pub struct StateHasher(u64);

impl Default for StateHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl StateHasher {
    fn mix(&mut self, word: u64) {
        let x = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(23);
    }

    /// The hash of all that was written.
    #[must_use]
    pub fn finish(&self) -> u64 {
        let x = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        x ^ (x >> 32)
    }
}

impl StateSink for StateHasher {
    fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            // Not copied into a word: a copy of unknown length is a call.
            self.mix(rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        self.mix(bytes.len() as u64);
    }

    fn private(&mut self, _: &[u8]) {}

    fn keeps_private(&self) -> bool {
        false
    }

    fn u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn i64(&mut self, value: i64) {
        self.mix(value.cast_unsigned());
    }

    // As their bytes would be hashed, in one go.
    fn u32(&mut self, value: u32) {
        self.mix(u64::from(value));
        self.mix(4);
    }

    fn u8(&mut self, value: u8) {
        self.mix(u64::from(value));
        self.mix(1);
    }
}

/// Collects a state's bytes.
#[derive(Debug, Clone, Default)]
pub struct StateBytes(pub Vec<u8>);

impl StateSink for StateBytes {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn private(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The state ended early or held what it cannot hold: it was written by another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateError {
    /// Bytes read before the trouble.
    pub offset: usize,
    /// What was being read.
    pub field: &'static str,
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kept state does not fit at byte {} ({})", self.offset, self.field)
    }
}

impl std::error::Error for StateError {}

/// Reads a state back, in the order in which it was written.
#[derive(Debug, Clone)]
pub struct StateReader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> StateReader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`StateError`] when fewer are left.
    pub fn take(&mut self, n: usize, field: &'static str) -> Result<&'a [u8], StateError> {
        let end = self.offset.checked_add(n).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or(StateError { offset: self.offset, field })?;
        let taken = &self.bytes[self.offset..end];
        self.offset = end;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`StateError`] when fewer are left.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], StateError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N, field)?);
        Ok(out)
    }

    /// A number.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, StateError> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// A signed number.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn i64(&mut self, field: &'static str) -> Result<i64, StateError> {
        self.array(field).map(i64::from_le_bytes)
    }

    /// A wide signed number.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn i128(&mut self, field: &'static str) -> Result<i128, StateError> {
        self.array(field).map(i128::from_le_bytes)
    }

    /// A small number.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, StateError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// A byte.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, StateError> {
        self.array::<1>(field).map(|[b]| b)
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early or the byte is neither 0 nor 1.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, StateError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StateError { offset: self.offset - 1, field }),
        }
    }

    /// The error for a value that was read but cannot be.
    #[must_use]
    pub fn invalid(&self, field: &'static str) -> StateError {
        StateError { offset: self.offset, field }
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.offset == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(sink: &mut dyn StateSink, epoch: u64, n: u64) {
        sink.private(&epoch.to_le_bytes());
        sink.u64(n);
        sink.bool(true);
        sink.i128(-5);
    }

    #[test]
    fn private_fields_are_carried_but_not_hashed() {
        let hash = |epoch, n| {
            let mut hasher = StateHasher::default();
            write(&mut hasher, epoch, n);
            hasher.finish()
        };
        assert_eq!(hash(1, 7), hash(2, 7));
        assert_ne!(hash(1, 7), hash(1, 8));
        let mut bytes = StateBytes::default();
        write(&mut bytes, 9, 7);
        let mut reader = StateReader::new(&bytes.0);
        assert_eq!(reader.u64("epoch"), Ok(9));
        assert_eq!(reader.u64("n"), Ok(7));
        assert_eq!(reader.bool("flag"), Ok(true));
        assert_eq!(reader.i128("money"), Ok(-5));
        assert!(reader.is_at_end());
        assert_eq!(reader.u8("more"), Err(StateError { offset: 33, field: "more" }));
    }

    #[test]
    fn numbers_are_hashed_as_their_bytes_and_bytes_as_padded_words() {
        fn padded(hasher: &mut StateHasher, bytes: &[u8]) {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                hasher.mix(u64::from_le_bytes(word));
            }
            hasher.mix(bytes.len() as u64);
        }
        let same = |fast: &dyn Fn(&mut StateHasher), bytes: &[u8]| {
            let (mut ours, mut slow) = (StateHasher::default(), StateHasher::default());
            fast(&mut ours);
            padded(&mut slow, bytes);
            assert_eq!(ours.finish(), slow.finish(), "{bytes:?}");
        };
        let all: Vec<u8> = (1..=40).map(|n| n * 6).collect();
        for len in 0..=all.len() {
            same(&|hasher| hasher.bytes(&all[..len]), &all[..len]);
        }
        same(&|hasher| hasher.u8(0x81), &[0x81]);
        same(&|hasher| hasher.bool(true), &[1]);
        same(&|hasher| hasher.u32(0x8102_0304), &0x8102_0304_u32.to_le_bytes());
    }

    #[test]
    fn every_single_bit_matters_to_the_hash() {
        let base = [0u8; 40];
        let hash = |bytes: &[u8]| {
            let mut hasher = StateHasher::default();
            hasher.bytes(bytes);
            hasher.finish()
        };
        for bit in 0..320 {
            let mut changed = base;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(hash(&base), hash(&changed), "bit {bit}");
        }
    }
}
