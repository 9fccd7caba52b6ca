//! The usual quote: all its keys, in the order in which Alpaca writes them.
//!
//! Nine messages in ten are one, so [`scan_frame`](super::scan::scan_frame) tries this first: what
//! stands between two values is compared as one piece, where any other message has each key looked
//! up and each field noted.
//!
//! *Invariant:* whatever it accepts gives the event that the fields one by one would give; it says
//! nothing of what it does not accept.

use st0ck_types::{Nanos, Price, Qty, Quote};

use super::scan::Scan;
use crate::symbols::SymbolTable;

impl Scan<'_, '_> {
    /// A quote of a listed symbol, from its `{` to its `}`. After `None` what has been read is
    /// anywhere in the message.
    #[inline]
    pub(super) fn usual_quote(&mut self, symbols: &SymbolTable, ts_recv: Nanos) -> Option<Quote> {
        self.literal(b"{\"T\":\"q\",\"S\":")?;
        let instrument = self.symbol(symbols)??;
        self.literal(b",\"bx\":")?;
        let bid_venue = self.letter()?;
        self.literal(b",\"bp\":")?;
        let bid = Price(self.decimal()?);
        self.literal(b",\"bs\":")?;
        let bid_size = Qty(self.decimal()?);
        self.literal(b",\"ax\":")?;
        let ask_venue = self.letter()?;
        self.literal(b",\"ap\":")?;
        let ask = Price(self.decimal()?);
        self.literal(b",\"as\":")?;
        let ask_size = Qty(self.decimal()?);
        self.literal(b",\"c\":[")?;
        let [condition, ..] = self.conditions()?;
        self.literal(b",\"z\":")?;
        self.letter()?;
        self.literal(b",\"t\":")?;
        let ts_event = Nanos(self.time()?);
        self.literal(b"}")?;
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
    #[inline]
    fn literal<const N: usize>(&mut self, bytes: &[u8; N]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }
}
