//! One message under the scanner's hands, and the event that it becomes.
//!
//! *Invariant:* a message that lacks a needed field becomes nothing; simd-json is to refuse it.

use st0ck_types::market::IRREGULAR;
use st0ck_types::{Bar, InstrumentId, MarketEvent, Nanos, Price, Qty, Quote, Trade};

use super::conditions::is_irregular;
use super::json::Decoded;
use crate::symbols::SymbolTable;

/// Where the events of a frame go, and what they need.
pub(super) struct Target<'a> {
    pub(super) symbols: &'a SymbolTable,
    pub(super) t_recv: Nanos,
    pub(super) out: &'a mut Decoded,
}

/// Numbers of a message by slot; `n` and `vw` are read only to be skipped.
#[derive(Clone, Copy)]
pub(super) enum Num {
    BidPrice,
    BidSize,
    AskPrice,
    AskSize,
    Price,
    Size,
    Open,
    High,
    Low,
    Close,
    Volume,
}

const NUMS: usize = Num::Volume as usize + 1;
/// Bits of [`Message::seen`] beyond those of the numbers.
pub(super) const SYMBOL: u32 = 1 << NUMS;
pub(super) const TIME: u32 = 1 << (NUMS + 1);

/// What one object held, whatever its kind: the keys of the three kinds share their meaning.
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) seen: u32,
    pub(super) instrument: Option<InstrumentId>,
    pub(super) time: i64,
    pub(super) nums: [i64; NUMS],
    pub(super) id: u64,
    pub(super) venue: u8,
    pub(super) bid_venue: u8,
    pub(super) ask_venue: u8,
    pub(super) tape: u8,
    pub(super) conditions: [u8; 4],
}

impl Message {
    pub(super) const EMPTY: Self = Self {
        kind: 0,
        seen: 0,
        instrument: None,
        time: 0,
        nums: [0; NUMS],
        id: 0,
        venue: 0,
        bid_venue: 0,
        ask_venue: 0,
        tape: 0,
        conditions: [0; 4],
    };

    fn has(&self, bits: u32) -> Option<()> {
        (self.seen & bits == bits).then_some(())
    }

    fn price(&self, num: Num) -> Price {
        Price(self.nums[num as usize])
    }

    fn qty(&self, num: Num) -> Qty {
        Qty(self.nums[num as usize])
    }

    /// Turns the message into its event; what lacks a needed field is left to simd-json to refuse.
    pub(super) fn finish(&self, target: &mut Target<'_>) -> Option<()> {
        self.has(SYMBOL | TIME)?;
        let Some(instrument) = self.instrument else {
            target.out.unknown_symbols += 1;
            return self.is_whole();
        };
        self.is_whole()?;
        target.out.events.push(match self.kind {
            b'q' => MarketEvent::Quote(self.quote(instrument, target.t_recv)),
            b't' => MarketEvent::Trade(self.trade(instrument, target.t_recv)),
            _ => MarketEvent::Bar(self.bar(instrument)),
        });
        Some(())
    }

    fn is_whole(&self) -> Option<()> {
        match self.kind {
            b'q' => Some(()),
            b't' => self.has(bit(Num::Price) | bit(Num::Size)),
            b'b' => self.has(bit(Num::Open) | bit(Num::High) | bit(Num::Low) | bit(Num::Close)),
            _ => None,
        }
    }

    fn quote(&self, instrument: InstrumentId, ts_recv: Nanos) -> Quote {
        Quote {
            ts_event: Nanos(self.time),
            ts_recv,
            bid: self.price(Num::BidPrice),
            ask: self.price(Num::AskPrice),
            bid_size: self.qty(Num::BidSize),
            ask_size: self.qty(Num::AskSize),
            instrument,
            flags: 0,
            bid_venue: self.bid_venue,
            ask_venue: self.ask_venue,
            condition: self.conditions[0],
        }
    }

    fn trade(&self, instrument: InstrumentId, ts_recv: Nanos) -> Trade {
        let irregular = self.conditions.iter().any(|&c| is_irregular(c, self.tape));
        Trade {
            ts_event: Nanos(self.time),
            ts_recv,
            price: self.price(Num::Price),
            size: self.qty(Num::Size),
            id: self.id,
            instrument,
            flags: if irregular { IRREGULAR } else { 0 },
            venue: self.venue,
            tape: self.tape,
            conditions: self.conditions,
            reserved: [0; 5],
        }
    }

    fn bar(&self, instrument: InstrumentId) -> Bar {
        Bar {
            start: Nanos(self.time),
            open: self.price(Num::Open),
            high: self.price(Num::High),
            low: self.price(Num::Low),
            close: self.price(Num::Close),
            volume: self.qty(Num::Volume),
            instrument,
            flags: 0,
            reserved: 0,
            seconds: 60,
        }
    }
}

pub(super) fn bit(num: Num) -> u32 {
    1 << num as u32
}
