//! The table of instruments: everything known of each, in one slot, and the bars' common clock.
//!
//! Owned by the engine. *Invariant:* bars and VWAP cover the core session only; books hold whatever
//! came.

use super::bars::{BarClock, Bars};
use super::{BarSeries, Book, SessionClock, Vwap};
use crate::config::InstrumentConfig;
use crate::portfolio::range::PRICE_MAX;
use st0ck_types::market::{GapCause, IRREGULAR, InstrumentDef};
use st0ck_types::state::StateError;
use st0ck_types::{AssetClass, Bar, Gap, Halt, Instrument, InstrumentId, Nanos, Price, Qty, Quote};
use st0ck_types::{StateReader, StateSink, Symbol, Trade};

/// One instrument of the lane.
#[derive(Debug)]
pub(crate) struct Slot {
    symbol: Symbol,
    /// As told in-band; `None` until then, and when it told another symbol than was configured.
    pub(crate) def: Option<Instrument>,
    /// Whether the lane may trade it (control C3).
    pub(crate) allowed: bool,
    pub(crate) book: Book,
    pub(crate) vwap: Vwap,
    bars: Bars,
    daily_closes: Vec<Price>,
}

impl AsMut<Bars> for Slot {
    fn as_mut(&mut self) -> &mut Bars {
        &mut self.bars
    }
}

/// All instruments of the lane.
#[derive(Debug)]
pub struct Market {
    slots: Vec<Slot>,
    clock: BarClock,
}

impl Market {
    pub(crate) fn new(instruments: &[InstrumentConfig]) -> Self {
        let slot = |config: &InstrumentConfig| Slot {
            symbol: config.symbol,
            def: None,
            allowed: config.allowed,
            book: Book::new(),
            vwap: Vwap::default(),
            bars: Bars::new(),
            daily_closes: config.daily_closes.clone(),
        };
        Self {
            slots: instruments.iter().map(slot).collect(),
            clock: BarClock::new(instruments.len()),
        }
    }

    /// How many instruments the lane has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the lane has no instruments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The configured symbol of an instrument.
    #[must_use]
    pub fn symbol(&self, instrument: InstrumentId) -> Option<&Symbol> {
        self.slot(instrument).map(|slot| &slot.symbol)
    }

    /// What the feed told of an instrument.
    #[must_use]
    pub fn instrument(&self, instrument: InstrumentId) -> Option<&Instrument> {
        self.slot(instrument)?.def.as_ref()
    }

    /// The top of book.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.slot(instrument).map(|slot| &slot.book)
    }

    /// Closed bars of 1, 60 or 300 seconds; `None` for other lengths.
    #[must_use]
    pub fn bars(&self, instrument: InstrumentId, seconds: u16) -> Option<&BarSeries> {
        self.slot(instrument)?.bars.series(seconds)
    }

    /// The session's volume-weighted average price.
    #[must_use]
    pub fn vwap(&self, instrument: InstrumentId) -> Option<&Vwap> {
        self.slot(instrument).map(|slot| &slot.vwap)
    }

    /// Closes of earlier days, oldest first, as configured.
    #[must_use]
    pub fn daily_closes(&self, instrument: InstrumentId) -> Option<&[Price]> {
        self.slot(instrument).map(|slot| slot.daily_closes.as_slice())
    }

    pub(crate) fn slot(&self, instrument: InstrumentId) -> Option<&Slot> {
        self.slots.get(instrument.index())
    }

    /// Units of the underlying per contract, as far as it is known; never zero.
    pub(crate) fn multiplier(&self, instrument: InstrumentId) -> u16 {
        self.instrument(instrument).map_or(1, |def| def.multiplier.max(1))
    }

    pub(crate) fn class(&self, instrument: InstrumentId) -> AssetClass {
        self.instrument(instrument).map_or(AssetClass::Equity, |def| def.class)
    }

    /// Closes the bars that have ended at that time.
    pub(crate) fn roll(&mut self, at: Nanos) {
        if self.clock.is_due(at) {
            self.clock.roll(at, &mut self.slots);
        }
    }

    /// The bars that the input being handled completed.
    pub(crate) fn closed_bars(&self) -> &[Bar] {
        self.clock.closed()
    }

    pub(crate) fn clear_closed_bars(&mut self) {
        self.clock.clear_closed();
    }

    pub(crate) fn on_quote(&mut self, session: &SessionClock, quote: &Quote) -> Taken {
        let at = session.now();
        let Some(slot) = self.slots.get_mut(quote.instrument.index()) else {
            return Taken::Stray;
        };
        if quote.bid.max(quote.ask) > PRICE_MAX {
            return Taken::OutOfRange;
        }
        if !slot.book.on_quote(at, quote) {
            return Taken::OutOfOrder;
        }
        if slot.book.is_sound() && session.is_open() {
            if slot.bars.is_second_empty() {
                self.clock.begin_second(at, quote.instrument);
            }
            slot.bars.on_middle(quote.bid.midpoint(quote.ask), quote.flags);
        }
        Taken::Yes
    }

    pub(crate) fn on_trade(&mut self, session: &SessionClock, trade: &Trade) -> Taken {
        let at = session.now();
        let Some(slot) = self.slots.get_mut(trade.instrument.index()) else {
            return Taken::Stray;
        };
        if trade.flags & IRREGULAR != 0 || trade.price.0 <= 0 || trade.size.0 <= 0 {
            return Taken::Yes;
        }
        if trade.price > PRICE_MAX {
            return Taken::OutOfRange;
        }
        slot.book.on_trade(at, trade);
        if session.is_open() {
            if slot.bars.is_second_empty() {
                self.clock.begin_second(at, trade.instrument);
            }
            slot.bars.on_print(trade.price, trade.size, trade.flags);
            slot.vwap.on_print(trade.price, trade.size);
        }
        Taken::Yes
    }

    pub(crate) fn on_halt(&mut self, halt: &Halt) -> Taken {
        let Some(slot) = self.slots.get_mut(halt.instrument.index()) else {
            return Taken::Stray;
        };
        slot.book.set_halted(halt.halted != 0);
        Taken::Yes
    }

    /// A definition under another symbol than was configured is not believed: the instrument stays
    /// without one, and nothing in it can be ordered.
    pub(crate) fn on_definition(&mut self, def: &InstrumentDef) -> Taken {
        let slot = self.slots.get_mut(def.instrument.index());
        let Some(slot) = slot.filter(|slot| slot.symbol == def.symbol) else {
            return Taken::Stray;
        };
        slot.def = Some(Instrument::from(def));
        Taken::Yes
    }

    pub(crate) fn on_gap(&mut self, gap: &Gap) -> Taken {
        let broken = gap.cause != GapCause::RingFull;
        if gap.instrument == InstrumentId::ALL {
            self.slots.iter_mut().for_each(|slot| slot.book.on_gap(gap.trades_lost, broken));
            return Taken::Yes;
        }
        let Some(slot) = self.slots.get_mut(gap.instrument.index()) else {
            return Taken::Stray;
        };
        slot.book.on_gap(gap.trades_lost, broken);
        Taken::Yes
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        self.clock.save(sink);
        for slot in &self.slots {
            save_definition(slot.def.as_ref(), sink);
            slot.book.save(sink);
            slot.vwap.save(sink);
            slot.bars.save(sink);
        }
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.clock.load(from, self.slots.len())?;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            slot.def = load_definition(InstrumentId::at(index), slot.symbol, from)?;
            slot.book = Book::load(from)?;
            slot.vwap = Vwap::load(from)?;
            slot.bars.load(from)?;
        }
        Ok(())
    }
}

/// What the table made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is booked.
    Yes,
    /// It is older than what is known.
    OutOfOrder,
    /// It is of an instrument that the lane does not have.
    Stray,
    /// Its price is beyond what the ledger can hold: it is not believed.
    OutOfRange,
}

fn save_definition(def: Option<&Instrument>, sink: &mut dyn StateSink) {
    sink.bool(def.is_some());
    if let Some(def) = def {
        sink.u8(def.class as u8);
        sink.i64(def.tick.0);
        sink.i64(def.lot.0);
        sink.u32(u32::from(def.multiplier));
    }
}

fn load_definition(
    id: InstrumentId,
    symbol: Symbol,
    from: &mut StateReader<'_>,
) -> Result<Option<Instrument>, StateError> {
    if !from.bool("instrument defined")? {
        return Ok(None);
    }
    let class = AssetClass::from_u8(from.u8("asset class")?);
    let class = class.ok_or_else(|| from.invalid("asset class"))?;
    Ok(Some(Instrument {
        id,
        symbol,
        class,
        tick: Price(from.i64("tick")?),
        lot: Qty(from.i64("lot")?),
        multiplier: u16::try_from(from.u32("multiplier")?)
            .map_err(|_| from.invalid("multiplier"))?,
    }))
}
