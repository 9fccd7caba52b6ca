//! The floor: the same bytes and nothing else. Each byte of the frame is looked at once, the bytes
//! that such an order leaves in the journal are copied with their crc32c, the request is copied.

use std::hint::black_box;

/// Bytes of the three records that an order leaves behind: the quote, the decision, the order.
const RECORDS: usize = 88 + 288 + 144;
/// Bytes of the memory that records go round in: a hot segment's.
const MEMORY: usize = 32 << 20;

/// Memory that was touched before.
#[derive(Debug)]
pub(crate) struct Floor {
    memory: Vec<u8>,
    end: usize,
    source: Vec<u8>,
    request: Vec<u8>,
}

impl Floor {
    pub(crate) fn new() -> Self {
        // Not zeros: those would be pages that the system has yet to find.
        let (memory, source) = (vec![1; MEMORY], vec![1; RECORDS.max(2_048)]);
        Self { memory, end: 0, source, request: vec![1; 2_048] }
    }

    /// From a frame to a request of so many bytes.
    #[inline]
    pub(crate) fn take(&mut self, frame: &[u8], request: usize) {
        let sum = frame.iter().fold(0u64, |sum, &byte| sum.rotate_left(5) ^ u64::from(byte));
        if self.end + RECORDS > MEMORY {
            self.end = 0;
        }
        let records = &mut self.memory[self.end..self.end + RECORDS];
        records.copy_from_slice(&self.source[..RECORDS]);
        records[..8].copy_from_slice(&sum.to_le_bytes());
        self.source[0] = crc32c::crc32c(records) as u8;
        self.end += RECORDS;
        self.request[..request].copy_from_slice(&self.source[..request]);
        black_box(&self.request[..request]);
    }
}
