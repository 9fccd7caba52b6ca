//! The three orders that ST0CKA ever asks for, and their marks.

use st0ck_engine::intent::{Intent, OrderIntent};
use st0ck_types::{InstrumentId, OrderKind, PositionEffect, Price, Qty, Side, TimeInForce};

/// Mark of an entry; comes back with the order.
pub(super) const ENTRY: u16 = 1;
/// Mark of an offer at the target.
pub(super) const TAKE_PROFIT: u16 = 2;
/// Mark of a sale at market.
pub(super) const LEAVE: u16 = 3;

/// To buy at market.
pub(super) fn entry(instrument: InstrumentId, qty: Qty) -> OrderIntent {
    OrderIntent {
        instrument,
        side: Side::Buy,
        effect: PositionEffect::Open,
        kind: OrderKind::Market,
        tif: TimeInForce::Day,
        qty,
        tag: ENTRY,
    }
}

/// To sell at `price` or better. Good till canceled: should everything of ours die, the offer does
/// not.
pub(super) fn offer(instrument: InstrumentId, qty: Qty, price: Price) -> Intent {
    Intent::Order(OrderIntent {
        instrument,
        side: Side::Sell,
        effect: PositionEffect::Close,
        kind: OrderKind::Limit(price),
        tif: TimeInForce::Gtc,
        qty,
        tag: TAKE_PROFIT,
    })
}

/// To sell at market.
pub(super) fn sale(instrument: InstrumentId, qty: Qty) -> Intent {
    Intent::Order(OrderIntent {
        instrument,
        side: Side::Sell,
        effect: PositionEffect::Close,
        kind: OrderKind::Market,
        tif: TimeInForce::Day,
        qty,
        tag: LEAVE,
    })
}
