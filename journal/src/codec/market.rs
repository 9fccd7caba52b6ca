//! Market events: 56 bytes each, the fields in their order in memory.

use super::fields::{DecodeError, Put, Take};
use st0ck_types::market::GapCause;
use st0ck_types::record::RecordKind;
use st0ck_types::{
    AssetClass, Bar, Gap, Halt, Input, InstrumentDef, InstrumentId, MarketEvent, Nanos, Price, Qty,
    Quote, Trade,
};

/// Bytes of every market event's payload.
pub(crate) const EVENT: usize = 56;

#[inline]
pub(super) fn encode(put: &mut Put<'_>, event: &MarketEvent) {
    match event {
        MarketEvent::Quote(quote) => encode_quote(put, quote),
        MarketEvent::Trade(trade) => encode_trade(put, trade),
        MarketEvent::Bar(bar) => encode_bar(put, bar),
        MarketEvent::Halt(halt) => encode_halt(put, halt),
        MarketEvent::InstrumentDef(def) => encode_def(put, def),
        MarketEvent::Gap(gap) => encode_gap(put, gap),
    }
}

/// Reads a whole payload of the given kind. Inlined, so that it knows the length where its caller
/// does. The frequent kinds are written each by itself: put together first, an event of any kind
/// would be copied once more.
#[inline(always)]
pub(super) fn decode_to(
    kind: RecordKind,
    payload: &[u8],
    to: &mut Input,
) -> Result<(), DecodeError> {
    let mut take = Take::new(kind, payload);
    match kind {
        RecordKind::Quote => *to = Input::Market(MarketEvent::Quote(decode_quote(&mut take)?)),
        RecordKind::Print => *to = Input::Market(MarketEvent::Trade(decode_trade(&mut take)?)),
        _ => *to = Input::Market(decode(kind, &mut take)?),
    }
    take.end()
}

pub(super) fn decode(kind: RecordKind, take: &mut Take<'_>) -> Result<MarketEvent, DecodeError> {
    Ok(match kind {
        RecordKind::Quote => MarketEvent::Quote(decode_quote(take)?),
        RecordKind::Print => MarketEvent::Trade(decode_trade(take)?),
        RecordKind::Bar => MarketEvent::Bar(decode_bar(take)?),
        RecordKind::Halt => MarketEvent::Halt(decode_halt(take)?),
        RecordKind::Instrument => MarketEvent::InstrumentDef(decode_def(take)?),
        RecordKind::Gap => MarketEvent::Gap(decode_gap(take)?),
        _ => return Err(take.unknown("kind", kind as u64)),
    })
}

/// Alone, for the writer's straight line; inlined there, so that its length is a constant.
#[inline(always)]
pub(crate) fn encode_quote(put: &mut Put<'_>, quote: &Quote) {
    put.i64(quote.ts_event.0);
    put.i64(quote.ts_recv.0);
    put.i64(quote.bid.0);
    put.i64(quote.ask.0);
    put.i64(quote.bid_size.0);
    put.i64(quote.ask_size.0);
    // One word at once: the checksum reads it back as one, and a load that has to be put together
    // from several stores waits until they have left the store buffer.
    let marks = [quote.flags, quote.bid_venue, quote.ask_venue, quote.condition];
    put.u64(u64::from(quote.instrument.0) | u64::from(u32::from_le_bytes(marks)) << 32);
}

#[inline(always)]
fn decode_quote(take: &mut Take<'_>) -> Result<Quote, DecodeError> {
    Ok(Quote {
        ts_event: Nanos(take.i64("ts_event")?),
        ts_recv: Nanos(take.i64("ts_recv")?),
        bid: Price(take.i64("bid")?),
        ask: Price(take.i64("ask")?),
        bid_size: Qty(take.i64("bid_size")?),
        ask_size: Qty(take.i64("ask_size")?),
        instrument: InstrumentId(take.u32("instrument")?),
        flags: take.u8("flags")?,
        bid_venue: take.u8("bid_venue")?,
        ask_venue: take.u8("ask_venue")?,
        condition: take.u8("condition")?,
    })
}

#[inline]
fn encode_trade(put: &mut Put<'_>, trade: &Trade) {
    put.i64(trade.ts_event.0);
    put.i64(trade.ts_recv.0);
    put.i64(trade.price.0);
    put.i64(trade.size.0);
    put.u64(trade.id);
    put.u32(trade.instrument.0);
    put.bytes([trade.flags, trade.venue, trade.tape]);
    put.bytes(trade.conditions);
    put.bytes(trade.reserved);
}

#[inline(always)]
fn decode_trade(take: &mut Take<'_>) -> Result<Trade, DecodeError> {
    Ok(Trade {
        ts_event: Nanos(take.i64("ts_event")?),
        ts_recv: Nanos(take.i64("ts_recv")?),
        price: Price(take.i64("price")?),
        size: Qty(take.i64("size")?),
        id: take.u64("id")?,
        instrument: InstrumentId(take.u32("instrument")?),
        flags: take.u8("flags")?,
        venue: take.u8("venue")?,
        tape: take.u8("tape")?,
        conditions: take.bytes("conditions")?,
        reserved: take.bytes("reserved")?,
    })
}

fn encode_bar(put: &mut Put<'_>, bar: &Bar) {
    put.i64(bar.start.0);
    put.i64(bar.open.0);
    put.i64(bar.high.0);
    put.i64(bar.low.0);
    put.i64(bar.close.0);
    put.i64(bar.volume.0);
    put.u32(bar.instrument.0);
    put.bytes([bar.flags, bar.reserved]);
    put.u16(bar.seconds);
}

fn decode_bar(take: &mut Take<'_>) -> Result<Bar, DecodeError> {
    Ok(Bar {
        start: Nanos(take.i64("start")?),
        open: Price(take.i64("open")?),
        high: Price(take.i64("high")?),
        low: Price(take.i64("low")?),
        close: Price(take.i64("close")?),
        volume: Qty(take.i64("volume")?),
        instrument: InstrumentId(take.u32("instrument")?),
        flags: take.u8("flags")?,
        reserved: take.u8("reserved")?,
        seconds: take.u16("seconds")?,
    })
}

fn encode_halt(put: &mut Put<'_>, halt: &Halt) {
    put.i64(halt.ts_event.0);
    put.i64(halt.ts_recv.0);
    put.u32(halt.instrument.0);
    put.bytes([halt.flags, halt.halted]);
    put.bytes(halt.code);
    put.bytes(halt.reason);
    put.bytes(halt.reserved);
}

fn decode_halt(take: &mut Take<'_>) -> Result<Halt, DecodeError> {
    Ok(Halt {
        ts_event: Nanos(take.i64("ts_event")?),
        ts_recv: Nanos(take.i64("ts_recv")?),
        instrument: InstrumentId(take.u32("instrument")?),
        flags: take.u8("flags")?,
        halted: take.u8("halted")?,
        code: take.bytes("code")?,
        reason: take.bytes("reason")?,
        reserved: take.bytes("reserved")?,
    })
}

fn encode_def(put: &mut Put<'_>, def: &InstrumentDef) {
    put.i64(def.ts_event.0);
    put.i64(def.tick.0);
    put.i64(def.lot.0);
    put.u32(def.instrument.0);
    put.u16(def.multiplier);
    put.u8(def.class as u8);
    put.text(&def.symbol);
}

fn decode_def(take: &mut Take<'_>) -> Result<InstrumentDef, DecodeError> {
    Ok(InstrumentDef {
        ts_event: Nanos(take.i64("ts_event")?),
        tick: Price(take.i64("tick")?),
        lot: Qty(take.i64("lot")?),
        instrument: InstrumentId(take.u32("instrument")?),
        multiplier: take.u16("multiplier")?,
        class: decode_class(take)?,
        symbol: take.text("symbol")?,
    })
}

fn decode_class(take: &mut Take<'_>) -> Result<AssetClass, DecodeError> {
    let number = take.u8("class")?;
    AssetClass::from_u8(number).ok_or(take.unknown("class", u64::from(number)))
}

fn encode_gap(put: &mut Put<'_>, gap: &Gap) {
    put.i64(gap.ts_event.0);
    put.u64(gap.trades_lost);
    put.u64(gap.quotes_conflated);
    put.u32(gap.instrument.0);
    put.u8(gap.cause as u8);
    put.bytes(gap.reserved);
}

fn decode_gap(take: &mut Take<'_>) -> Result<Gap, DecodeError> {
    Ok(Gap {
        ts_event: Nanos(take.i64("ts_event")?),
        trades_lost: take.u64("trades_lost")?,
        quotes_conflated: take.u64("quotes_conflated")?,
        instrument: InstrumentId(take.u32("instrument")?),
        cause: take
            .one_of("cause", &[GapCause::RingFull, GapCause::Reconnect, GapCause::SlowClient])?,
        reserved: take.bytes("reserved")?,
    })
}
