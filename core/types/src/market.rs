//! The market as it flows: one 64-byte event per ring slot.
//!
//! Made by feeds, carried by rings, consumed by the core, journaled as it is.
//! *Invariant:* every variant is 56 bytes, so that an event with its tag is one cache line.

use crate::{AssetClass, InstrumentId, Nanos, Price, Qty, Symbol};

/// Set on the last event of a batch (one wire frame): the moment to flush or decide.
pub const LAST: u8 = 1;
/// The event was modelled (bar-to-quote bridge, synthetic market), not recorded.
pub const MODELLED: u8 = 2;
/// A print that must not update the last price: off-exchange, late or out of sequence.
pub const IRREGULAR: u8 = 4;

/// One normalized market message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MarketEvent {
    /// Best bid and ask.
    Quote(Quote) = 1,
    /// A trade of the market (a print).
    Trade(Trade) = 2,
    /// A bar made by the venue.
    Bar(Bar) = 3,
    /// Trading halted or resumed.
    Halt(Halt) = 4,
    /// An instrument, before its first use.
    InstrumentDef(InstrumentDef) = 5,
    /// Events were lost here.
    Gap(Gap) = 6,
}

/// Best bid and ask. A price of zero means that there is no such side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Quote {
    /// Exchange time.
    pub ts_event: Nanos,
    /// When the bytes were read here (lane's wall clock), or `ts_event` for recorded data.
    pub ts_recv: Nanos,
    /// Best bid price.
    pub bid: Price,
    /// Best ask price.
    pub ask: Price,
    /// Shares bid.
    pub bid_size: Qty,
    /// Shares asked.
    pub ask_size: Qty,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// [`LAST`], [`MODELLED`].
    pub flags: u8,
    /// Venue letter of the bid, 0 when unknown.
    pub bid_venue: u8,
    /// Venue letter of the ask, 0 when unknown.
    pub ask_venue: u8,
    /// First condition letter, 0 when none.
    pub condition: u8,
}

/// A trade of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Trade {
    /// Exchange time.
    pub ts_event: Nanos,
    /// When the bytes were read here, or `ts_event` for recorded data.
    pub ts_recv: Nanos,
    /// Price per share.
    pub price: Price,
    /// Shares traded.
    pub size: Qty,
    /// The venue's trade id.
    pub id: u64,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// [`LAST`], [`MODELLED`], [`IRREGULAR`].
    pub flags: u8,
    /// Venue letter, 0 when unknown.
    pub venue: u8,
    /// Tape letter `A B C N O`, 0 when unknown.
    pub tape: u8,
    /// Up to four condition letters, zero-padded.
    pub conditions: [u8; 4],
    /// Zero.
    pub reserved: [u8; 5],
}

/// Open, high, low, close and volume of an interval; stamped with the interval's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Bar {
    /// Start of the interval.
    pub start: Nanos,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Shares traded.
    pub volume: Qty,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// [`LAST`], [`MODELLED`].
    pub flags: u8,
    /// Zero.
    pub reserved: u8,
    /// Length of the interval in seconds.
    pub seconds: u16,
}

/// Trading in an instrument halted or resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Halt {
    /// Exchange time.
    pub ts_event: Nanos,
    /// When the bytes were read here.
    pub ts_recv: Nanos,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// [`LAST`].
    pub flags: u8,
    /// 1 halted, 0 trading.
    pub halted: u8,
    /// Venue's status code, as on the wire (`H`, `2` …).
    pub code: [u8; 2],
    /// Venue's reason code, zero-padded.
    pub reason: [u8; 8],
    /// Zero.
    pub reserved: [u8; 24],
}

/// What an instrument is, sent in-band before its first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct InstrumentDef {
    /// When it was defined.
    pub ts_event: Nanos,
    /// Smallest price step.
    pub tick: Price,
    /// Smallest quantity step.
    pub lot: Qty,
    /// Its number from now on.
    pub instrument: InstrumentId,
    /// Units of the underlying per contract; 1 for shares.
    pub multiplier: u16,
    /// Kind.
    pub class: AssetClass,
    /// Venue symbol (25 bytes: length and text).
    pub symbol: Symbol,
}

/// Events were lost: their instrument's indicators are no longer whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Gap {
    /// Time of the newest lost event.
    pub ts_event: Nanos,
    /// How many prints were lost.
    pub trades_lost: u64,
    /// How many quotes were overtaken by newer ones.
    pub quotes_conflated: u64,
    /// Which instrument, or [`InstrumentId::ALL`].
    pub instrument: InstrumentId,
    /// Why.
    pub cause: GapCause,
    /// Zero.
    pub reserved: [u8; 27],
}

/// Why events were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum GapCause {
    /// The ring to the core was full.
    #[default]
    RingFull = 0,
    /// The connection to the venue broke.
    Reconnect = 1,
    /// The venue said that we were too slow.
    SlowClient = 2,
}

impl MarketEvent {
    /// Exchange time (a bar's start).
    #[must_use]
    pub fn ts_event(&self) -> Nanos {
        match self {
            Self::Quote(q) => q.ts_event,
            Self::Trade(t) => t.ts_event,
            Self::Bar(b) => b.start,
            Self::Halt(h) => h.ts_event,
            Self::InstrumentDef(d) => d.ts_event,
            Self::Gap(g) => g.ts_event,
        }
    }

    /// When the bytes were read; zero for events that carry no such time.
    #[must_use]
    pub fn ts_recv(&self) -> Nanos {
        match self {
            Self::Quote(q) => q.ts_recv,
            Self::Trade(t) => t.ts_recv,
            Self::Halt(h) => h.ts_recv,
            Self::Bar(_) | Self::InstrumentDef(_) | Self::Gap(_) => Nanos::ZERO,
        }
    }

    /// Which instrument it tells of.
    #[must_use]
    pub fn instrument(&self) -> InstrumentId {
        match self {
            Self::Quote(q) => q.instrument,
            Self::Trade(t) => t.instrument,
            Self::Bar(b) => b.instrument,
            Self::Halt(h) => h.instrument,
            Self::InstrumentDef(d) => d.instrument,
            Self::Gap(g) => g.instrument,
        }
    }

    /// Whether it ends a batch.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Self::Quote(q) => q.flags & LAST != 0,
            Self::Trade(t) => t.flags & LAST != 0,
            Self::Bar(b) => b.flags & LAST != 0,
            Self::Halt(h) => h.flags & LAST != 0,
            Self::InstrumentDef(_) | Self::Gap(_) => true,
        }
    }

    /// Marks it as the last of its batch.
    pub fn mark_last(&mut self) {
        match self {
            Self::Quote(q) => q.flags |= LAST,
            Self::Trade(t) => t.flags |= LAST,
            Self::Bar(b) => b.flags |= LAST,
            Self::Halt(h) => h.flags |= LAST,
            Self::InstrumentDef(_) | Self::Gap(_) => {}
        }
    }
}

const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<MarketEvent>() == 64 && align_of::<MarketEvent>() == 8);
    assert!(size_of::<Quote>() == 56 && offset_of!(Quote, instrument) == 48);
    assert!(size_of::<Trade>() == 56 && offset_of!(Trade, id) == 32);
    assert!(size_of::<Bar>() == 56 && offset_of!(Bar, volume) == 40);
    assert!(size_of::<Halt>() == 56 && size_of::<Gap>() == 56);
    assert!(size_of::<InstrumentDef>() == 56 && offset_of!(InstrumentDef, symbol) == 31);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marking_the_last_event_keeps_its_other_flags() {
        let mut event = MarketEvent::Quote(Quote { flags: MODELLED, ..Quote::default() });
        assert!(!event.is_last());
        event.mark_last();
        assert!(event.is_last());
        assert!(matches!(event, MarketEvent::Quote(q) if q.flags == MODELLED | LAST));
    }
}
