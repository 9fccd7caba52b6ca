//! The usual quote: all its keys, in the order in which Alpaca writes them, with one condition.
//!
//! Nine messages in ten are one, so [`scan_frame`](super::scan::scan_frame) tries this first: what
//! stands between two values is compared as one piece, where any other message has each key looked
//! up and each field noted.
//!
//! *Invariant:* whatever it accepts gives the event that the fields one by one would give; it says
//! nothing of what it does not accept.

use st0ck_types::{InstrumentId, Nanos, Price, Qty, Quote};

use super::digits8;
use super::scan::Scan;
use crate::symbols::SymbolTable;

impl Scan<'_, '_> {
    /// A quote of a listed symbol, from its `{` to its `}`. After `None` what has been read is
    /// anywhere in the message.
    #[inline(always)]
    pub(super) fn usual_quote(&mut self, symbols: &SymbolTable, ts_recv: Nanos) -> Option<Quote> {
        let instrument = self.symbol_behind(b"{\"T\":\"q\",\"S\":\"", symbols)?;
        let bid_venue = self.letter_between(b",\"bx\":\"", b"\",\"bp\":")?;
        let bid = Price(self.amount()?);
        let bid_size = Qty(self.amount_behind(b",\"bs\":")?);
        let ask_venue = self.letter_between(b",\"ax\":\"", b"\",\"ap\":")?;
        let ask = Price(self.amount()?);
        let ask_size = Qty(self.amount_behind(b",\"as\":")?);
        let condition = self.letter_between(b",\"c\":[\"", b"\"],\"z\":")?;
        self.letter_between(b"\"", b"\",\"t\":\"")?;
        let ts_event = Nanos(self.open_time()?);
        self.literal(b"\"}")?;
        Some(Quote {
            ts_event,
            ts_recv,
            bid,
            ask,
            bid_size,
            ask_size,
            instrument,
            flags: 0,
            bid_venue,
            ask_venue,
            condition,
        })
    }

    /// Exactly these bytes.
    #[inline(always)]
    fn literal<const N: usize>(&mut self, bytes: &[u8; N]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }

    /// A listed symbol of at most seven letters behind these bytes, and its closing quote.
    #[inline(always)]
    fn symbol_behind<const N: usize>(
        &mut self,
        before: &[u8; N],
        symbols: &SymbolTable,
    ) -> Option<InstrumentId> {
        self.literal(before)?;
        let word = u64::from_le_bytes(*self.rest.first_chunk()?);
        let len = digits8::first_equal(word, b'"');
        if len == 8 {
            return None;
        }
        self.rest = &self.rest[len + 1..];
        symbols.find_packed(digits8::keep(word, len))
    }

    /// A capital letter between these bytes.
    #[inline(always)]
    fn letter_between<const N: usize, const M: usize>(
        &mut self,
        before: &[u8; N],
        behind: &[u8; M],
    ) -> Option<u8> {
        self.literal(before)?;
        let (&letter, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.literal(behind)?;
        letter.is_ascii_uppercase().then_some(letter)
    }

    /// A price or a size; what is behind it, the caller has to see: the next literal begins with a comma.
    #[inline(always)]
    fn amount(&mut self) -> Option<i64> {
        let word = u64::from_le_bytes(*self.rest.first_chunk()?);
        match digits8::decimal(word) {
            Some(short) => Some(self.past(short)),
            None => self.long_decimal(),
        }
    }

    /// [`Scan::number`] behind these bytes.
    #[inline(always)]
    fn amount_behind<const N: usize>(&mut self, before: &[u8; N]) -> Option<i64> {
        self.literal(before)?;
        self.amount()
    }
}
