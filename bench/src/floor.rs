//! The floor under the engine bench: the same work stripped to the bone.
//!
//! One structure is updated with the newest top of book or price, and one record of the very bytes
//! that the journal's writer makes is copied into memory with its checksum. No sequence checks, no
//! group, no order, no position, no limit, no bars, no strategy, nobody who reads along.

use st0ck_types::record::RecordKind;
use st0ck_types::{MarketEvent, Nanos, Price, Qty, Quote, Trade};

/// Bytes of the memory that records go round in: a hot segment's.
const MEMORY: usize = 32 << 20;
const HEADER: usize = 32;
const PAYLOAD: usize = 56;
const RECORD: usize = HEADER + PAYLOAD;

/// The newest prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Top {
    /// Best bid and its size.
    pub bid: (Price, Qty),
    /// Best ask and its size.
    pub ask: (Price, Qty),
    /// Newest trade.
    pub last: (Price, Qty),
    /// When.
    pub at: Nanos,
}

/// A top of book and a memory full of records.
#[derive(Debug)]
pub struct Floor {
    top: Top,
    memory: Vec<u8>,
    end: usize,
    seq: u64,
    last_crc: u32,
}

impl Default for Floor {
    fn default() -> Self {
        Self::new()
    }
}

impl Floor {
    /// With its memory touched.
    #[must_use]
    pub fn new() -> Self {
        // Not zeros: those would be pages that the system has yet to find.
        Self { top: Top::default(), memory: vec![1; MEMORY], end: 0, seq: 0, last_crc: 0 }
    }

    /// The newest prices.
    #[must_use]
    pub fn top(&self) -> &Top {
        &self.top
    }

    /// The records made so far, as long as there are few enough to have stayed.
    #[must_use]
    pub fn records(&self) -> &[u8] {
        &self.memory[..self.end]
    }

    /// Takes a quote or a print; other events are not its business.
    #[inline]
    pub fn on_event(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Quote(quote) => {
                self.top.bid = (quote.bid, quote.bid_size);
                self.top.ask = (quote.ask, quote.ask_size);
                self.top.at = quote.ts_event;
                self.append(RecordKind::Quote, quote.ts_event, &quote_words(quote));
            }
            MarketEvent::Trade(trade) => {
                self.top.last = (trade.price, trade.size);
                self.top.at = trade.ts_event;
                self.append(RecordKind::Print, trade.ts_event, &trade_words(trade));
            }
            _ => {}
        }
    }

    #[inline]
    fn append(&mut self, kind: RecordKind, at: Nanos, words: &[u64; PAYLOAD / 8]) {
        if self.end + RECORD > MEMORY {
            self.end = 0;
        }
        self.seq += 1;
        let word0 = (PAYLOAD as u64 + 1) | (kind as u64) << 32;
        let header = [word0, self.seq, at.0 as u64, u64::from(self.last_crc)];
        // In its place from the start, and on a word's boundary: the checksum then takes whole words.
        let record = &mut self.memory[self.end..self.end + RECORD];
        for (bytes, word) in record.chunks_exact_mut(8).zip(header.iter().chain(words)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        self.last_crc = crc32c::crc32c(record);
        record[HEADER - 4..HEADER].copy_from_slice(&self.last_crc.to_le_bytes());
        self.end += RECORD;
    }
}

#[inline]
fn quote_words(quote: &Quote) -> [u64; 7] {
    let marks = [quote.flags, quote.bid_venue, quote.ask_venue, quote.condition];
    let tail = u64::from(quote.instrument.0) | u64::from(u32::from_le_bytes(marks)) << 32;
    let prices = [quote.bid.0 as u64, quote.ask.0 as u64];
    let sizes = [quote.bid_size.0 as u64, quote.ask_size.0 as u64];
    let times = [quote.ts_event.0 as u64, quote.ts_recv.0 as u64];
    [times[0], times[1], prices[0], prices[1], sizes[0], sizes[1], tail]
}

#[inline]
fn trade_words(trade: &Trade) -> [u64; 7] {
    let [a, b, c, d] = trade.conditions;
    let marks = [trade.flags, trade.venue, trade.tape, a];
    let tail = u64::from(trade.instrument.0) | u64::from(u32::from_le_bytes(marks)) << 32;
    let times = [trade.ts_event.0 as u64, trade.ts_recv.0 as u64];
    let last = u64::from_le_bytes([b, c, d, 0, 0, 0, 0, 0]);
    [times[0], times[1], trade.price.0 as u64, trade.size.0 as u64, trade.id, tail, last]
}
