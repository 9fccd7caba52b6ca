//! One frame of the stock stream to market events.
//!
//! [`AlpacaFeed`](super::session::AlpacaFeed) calls [`Decoder::decode_frame`] for every message
//! that the websocket brings. A frame is a JSON array of objects; nearly all of them are quotes,
//! trades and bars in the compact form that Alpaca writes, and those go through the scanner.
//! Whatever the scanner does not recognise (a space, an escape, an exponent, a control message)
//! sends the whole frame to simd-json, and both give the same result.
//!
//! What a number means: the nearest `f64`, as JSON readers agree, printed in its shortest form and
//! rounded half away from zero to 1e-9. The scanner takes up to 15 significant digits, where that
//! is the text itself.
//!
//! *Invariant:* all or nothing: a frame with one bad message gives no event at all.
//! *Invariant:* no bytes, however malformed, make it panic.

use st0ck_types::{MarketEvent, Nanos, Text};

use super::fallback;
use super::message::Target;
use super::scan::{DayCache, scan_frame};
use crate::symbols::SymbolTable;

/// Why a frame could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not JSON.
    #[error("the frame is not JSON: {reason} at byte {at}")]
    Syntax {
        /// Offset of the first byte that cannot be, as far as the parser tells.
        at: usize,
        /// The parser's words.
        reason: String,
    },
    /// A frame is an array of messages.
    #[error("the frame is JSON, but not an array of messages")]
    NotAnArray,
    /// A message is an object.
    #[error("message {message} of the frame is not an object")]
    NotAnObject {
        /// Which one, from 0.
        message: usize,
    },
    /// A field is missing, of a wrong type or out of range.
    #[error("message {message} of the frame: \"{key}\" {problem}")]
    Field {
        /// Which message, from 0.
        message: usize,
        /// Which field.
        key: &'static str,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// Not there, or null.
    #[error("is missing")]
    Missing,
    /// Of another JSON type than it should be.
    #[error("has the wrong type")]
    WrongType,
    /// Beyond ±9,223,372,036.854775807, or (an id) beyond 64 bits.
    #[error("is out of range")]
    OutOfRange,
    /// Not an RFC 3339 time.
    #[error("is not an RFC 3339 time")]
    NotATime,
}

/// A control message: what the venue says about the connection rather than about the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// `success`, `connected`: the venue expects us to sign in.
    Connected,
    /// `success`, `authenticated`.
    Authenticated,
    /// `subscription`: how many of our symbols are subscribed by now, by channel.
    Subscribed(Subscribed),
    /// `error` with its code and words.
    Error {
        /// The venue's code, such as 406.
        code: u32,
        /// The venue's words, cut to 63 bytes.
        words: Text<63>,
    },
}

/// How many of our symbols each list of a subscription acknowledgement names; `*` names them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Subscribed {
    /// Symbols whose trades come.
    pub trades: u32,
    /// Symbols whose quotes come.
    pub quotes: u32,
    /// Symbols whose minute bars come.
    pub bars: u32,
    /// Symbols whose trading statuses come.
    pub statuses: u32,
}

/// What a frame held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// Market events, in the order of their messages.
    pub events: Vec<MarketEvent>,
    /// Control messages, in order.
    pub notices: Vec<Notice>,
    /// Messages about symbols that are not in the table.
    pub unknown_symbols: u32,
    /// Messages of kinds that nothing here needs, and statuses that neither halt nor resume.
    pub ignored: u32,
}

impl Decoded {
    fn clear(&mut self) {
        self.events.clear();
        self.notices.clear();
        (self.unknown_symbols, self.ignored) = (0, 0);
    }
}

/// How frames were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecoderCounts {
    /// Frames that the scanner read by itself.
    pub scanned: u64,
    /// Frames that went to simd-json.
    pub fell_back: u64,
}

/// Decodes frames one after another, reusing its buffers.
pub struct Decoder {
    symbols: SymbolTable,
    day: DayCache,
    fallback: fallback::Buffers,
    decoded: Decoded,
    counts: DecoderCounts,
}

impl Decoder {
    /// A decoder for the instruments of this table.
    #[must_use]
    pub fn new(symbols: SymbolTable) -> Self {
        let decoded = Decoded { events: Vec::with_capacity(1024), ..Decoded::default() };
        Self {
            symbols,
            day: DayCache::default(),
            fallback: fallback::Buffers::default(),
            decoded,
            counts: DecoderCounts::default(),
        }
    }

    /// Reads one frame. `t_recv` is when its bytes were read; it goes into every event.
    ///
    /// # Errors
    /// [`DecodeError`] when the frame is not what the protocol allows; then it gave no event.
    pub fn decode_frame(&mut self, bytes: &[u8], t_recv: Nanos) -> Result<&Decoded, DecodeError> {
        self.decoded.clear();
        let target = Target { symbols: &self.symbols, t_recv, out: &mut self.decoded };
        if scan_frame(bytes, &mut self.day, target).is_some() {
            self.counts.scanned += 1;
            return Ok(&self.decoded);
        }
        self.decoded.clear();
        self.counts.fell_back += 1;
        let target = Target { symbols: &self.symbols, t_recv, out: &mut self.decoded };
        match fallback::read_frame(bytes, &mut self.fallback, target) {
            Ok(()) => Ok(&self.decoded),
            Err(error) => {
                self.decoded.clear();
                Err(error)
            }
        }
    }

    /// What the last frame held; nothing when it could not be read.
    #[must_use]
    pub fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// The table in use.
    #[must_use]
    pub fn symbols(&self) -> &SymbolTable {
        &self.symbols
    }

    /// How frames were read so far.
    #[must_use]
    pub fn counts(&self) -> DecoderCounts {
        self.counts
    }
}
