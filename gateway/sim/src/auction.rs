//! The orders that wait for one auction of one instrument, and how it serves them.
//!
//! The auction's price and size are the recorded market's: our orders trade at that price, the ones
//! for any price first, then the better limits, then the older orders, and on neither side more
//! than the size, where one is known. What is left of them is over.
//! *Invariant:* an auction is held once; who comes later is over on arrival.

use crate::tape::Tape;
use crate::working::{Working, is_marketable};
use st0ck_types::{OrderKind, Price, Qty, Side};

/// The orders for one auction, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Auction {
    orders: Vec<Working>,
    held: bool,
}

impl Auction {
    /// An order for it arrived.
    pub(crate) fn join(&mut self, order: Working, tape: &mut Tape) {
        if self.held {
            tape.ended(order.key);
        } else {
            self.orders.push(order);
        }
    }

    /// Takes an order out; whether it was here.
    pub(crate) fn remove(&mut self, key: u64) -> bool {
        let before = self.orders.len();
        self.orders.retain(|order| order.key != key);
        self.orders.len() != before
    }

    /// The order of that key, if it waits here.
    pub(crate) fn find(&mut self, key: u64) -> Option<&mut Working> {
        self.orders.iter_mut().find(|order| order.key == key)
    }

    /// Holds it at `price`; each of our sides gets at most `size`.
    pub(crate) fn hold(&mut self, price: Price, size: Qty, tape: &mut Tape) {
        self.held = true;
        let mut orders = std::mem::take(&mut self.orders);
        for side in [Side::Buy, Side::Sell] {
            serve(&mut orders, side, price, size, tape);
        }
        for order in orders.iter().filter(|order| !order.is_done()) {
            tape.ended(order.key);
        }
    }
}

fn serve(orders: &mut [Working], side: Side, price: Price, size: Qty, tape: &mut Tape) {
    let takes_part = |o: &&mut Working| o.side == side && is_marketable(side, o.kind, price);
    let mut turn: Vec<&mut Working> = orders.iter_mut().filter(takes_part).collect();
    // Stable: at one limit the older order stays before the younger.
    turn.sort_by_key(|order| match (order.kind, side) {
        (OrderKind::Market, _) => i64::MIN,
        (OrderKind::Limit(limit), Side::Buy) => -limit.0,
        (OrderKind::Limit(limit), Side::Sell) => limit.0,
    });
    let mut left = size;
    for order in turn {
        let qty = order.at_most(left, price);
        left = Qty(left.0 - qty.0);
        order.fill(price, qty, tape);
    }
}
