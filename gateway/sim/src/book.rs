//! One instrument at the venue: its best quote, our orders that take, our orders that rest.
//!
//! *Invariant:* an order is in exactly one place: taking, resting, or gone.

use crate::fill::{Level, Taker, Working, is_marketable};
use crate::order::SimOrder;
use crate::queue::Queue;
use crate::tape::Tape;
use st0ck_types::market::IRREGULAR;
use st0ck_types::{InstrumentDef, Qty, Quote, Side, Trade};

#[derive(Debug)]
pub(crate) struct Book {
    lot: Qty,
    halted: bool,
    bid: Level,
    ask: Level,
    /// Orders that cross the spread and wait for more displayed size, oldest first.
    taking: Vec<Working>,
    buys: Queue,
    sells: Queue,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            lot: Qty::ONE,
            halted: false,
            bid: Level::default(),
            ask: Level::default(),
            taking: Vec::new(),
            buys: Queue::new(Side::Buy),
            sells: Queue::new(Side::Sell),
        }
    }
}

impl Book {
    pub(crate) fn define(&mut self, def: &InstrumentDef) {
        if def.lot > Qty::ZERO {
            self.lot = def.lot;
        }
    }

    /// What was displayed before a halt, or during it, is not there after it.
    pub(crate) fn on_halt(&mut self, halted: bool) {
        self.halted = halted;
        self.bid.size = Qty::ZERO;
        self.ask.size = Qty::ZERO;
    }

    /// A new best quote: queues move, crossed orders fill, takers try again, in this order.
    pub(crate) fn on_quote(&mut self, quote: &Quote, taker: &mut Taker, tape: &mut Tape) {
        self.bid = Level { price: quote.bid, size: quote.bid_size };
        self.ask = Level { price: quote.ask, size: quote.ask_size };
        self.buys.on_quote(self.bid);
        self.sells.on_quote(self.ask);
        if self.halted {
            return;
        }
        // An order that rests where another takes at the same limit is the older one.
        self.buys.on_opposite(&mut self.ask, tape);
        self.sells.on_opposite(&mut self.bid, tape);
        for order in std::mem::take(&mut self.taking) {
            self.work(order, taker, tape);
        }
    }

    /// A print moves the queues. One that does not set the last price (off-exchange, late, out of
    /// sequence) tells nothing about the queue at the exchange and is passed over.
    pub(crate) fn on_trade(&mut self, trade: &Trade, tape: &mut Tape) {
        if self.halted || trade.flags & IRREGULAR != 0 {
            return;
        }
        self.buys.on_print(trade.price, trade.size, tape);
        self.sells.on_print(trade.price, trade.size, tape);
    }

    pub(crate) fn on_order(&mut self, order: &SimOrder, taker: &mut Taker, tape: &mut Tape) {
        let SimOrder { key, side, kind, qty, .. } = *order;
        let step = if qty.is_on_lot(self.lot) { self.lot } else { Qty(1) };
        self.work(Working { key, side, kind, leaves: qty, step }, taker, tape);
    }

    pub(crate) fn remove(&mut self, side: Side, key: u64) -> bool {
        let before = self.taking.len();
        self.taking.retain(|order| order.key != key);
        let queue = if side == Side::Buy { &mut self.buys } else { &mut self.sells };
        self.taking.len() != before || queue.remove(key)
    }

    /// Takes what can be taken; the rest waits while it crosses and rests once it does not.
    fn work(&mut self, mut order: Working, taker: &mut Taker, tape: &mut Tape) {
        let (queue, opposite) = match order.side {
            Side::Buy => (&mut self.buys, &mut self.ask),
            Side::Sell => (&mut self.sells, &mut self.bid),
        };
        if !self.halted {
            taker.take(&mut order, opposite, tape);
        }
        if order.is_done() {
            return;
        }
        match order.kind.limit() {
            Some(limit) if !is_marketable(order.side, order.kind, opposite.price) => {
                queue.join(order, limit);
            }
            _ => self.taking.push(order),
        }
    }
}
