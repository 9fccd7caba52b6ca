//! One instrument at the venue: its best quote, our orders that take, rest, or wait for an auction.
//!
//! *Invariant:* an order is in exactly one place: taking, resting, waiting for an auction, or gone.

use crate::auction::Auction;
use crate::bands::Bands;
use crate::fill::{Level, Taker, take_all};
use crate::lifetime::Lifetime;
use crate::order::SimOrder;
use crate::queue::Queue;
use crate::tape::Tape;
use crate::working::{Working, is_marketable};
use st0ck_types::market::IRREGULAR;
use st0ck_types::{InstrumentDef, Price, Qty, Quote, Side, Trade};

#[derive(Debug)]
pub(crate) struct Book {
    lot: Qty,
    halted: bool,
    bands: Bands,
    bid: Level,
    ask: Level,
    /// Orders that cross the spread and wait for more displayed size, oldest first.
    taking: Vec<Working>,
    buys: Queue,
    sells: Queue,
    opening: Auction,
    closing: Auction,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            lot: Qty::ONE,
            halted: false,
            bands: Bands::default(),
            bid: Level::default(),
            ask: Level::default(),
            taking: Vec::new(),
            buys: Queue::new(Side::Buy),
            sells: Queue::new(Side::Sell),
            opening: Auction::default(),
            closing: Auction::default(),
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

    /// What the old bands held back and these let through trades at once, before anybody comes.
    pub(crate) fn set_bands(&mut self, bands: Bands, taker: &mut Taker, tape: &mut Tape) {
        self.bands = bands;
        self.cross(taker, tape);
    }

    /// A new best quote: queues move, crossed orders fill, takers try again, in this order.
    pub(crate) fn on_quote(&mut self, quote: &Quote, taker: &mut Taker, tape: &mut Tape) {
        self.bid = Level { price: quote.bid, size: quote.bid_size };
        self.ask = Level { price: quote.ask, size: quote.ask_size };
        self.buys.on_quote(self.bid);
        self.sells.on_quote(self.ask);
        self.cross(taker, tape);
    }

    /// Crossed orders fill, takers try again.
    fn cross(&mut self, taker: &mut Taker, tape: &mut Tape) {
        if !self.halted {
            // An order that rests where another takes at the same limit is the older one.
            self.buys.on_opposite(&mut self.ask, self.bands, tape);
            self.sells.on_opposite(&mut self.bid, self.bands, tape);
        }
        // In a halt, too, what no longer crosses comes to rest: who comes later stands behind it.
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
        self.buys.on_print(trade.price, trade.size, self.bands, tape);
        self.sells.on_print(trade.price, trade.size, self.bands, tape);
    }

    pub(crate) fn on_order(&mut self, order: &SimOrder, taker: &mut Taker, tape: &mut Tape) {
        let working = Working::of(order, self.lot);
        match order.lifetime {
            Lifetime::Day | Lifetime::Gtc => self.work(working, taker, tape),
            Lifetime::Ioc => self.take_now(working, tape, |order, level, bands, tape| {
                taker.take(order, level, bands, tape);
            }),
            Lifetime::Fok => self.take_now(working, tape, take_all),
            Lifetime::Opg => self.opening.join(working, tape),
            Lifetime::Cls => self.closing.join(working, tape),
        }
    }

    /// Holds the opening or the closing auction, halted or not: auctions are how halts end.
    pub(crate) fn hold_auction(&mut self, open: bool, price: Price, size: Qty, tape: &mut Tape) {
        let auction = if open { &mut self.opening } else { &mut self.closing };
        auction.hold(price, size, tape);
    }

    pub(crate) fn remove(&mut self, side: Side, key: u64) -> bool {
        let before = self.taking.len();
        self.taking.retain(|order| order.key != key);
        self.taking.len() != before
            || self.queue(side).remove(key)
            || self.opening.remove(key)
            || self.closing.remove(key)
    }

    /// Lowers what is left of an order, which keeps its place; whether it is here and has shares.
    pub(crate) fn reduce(&mut self, side: Side, key: u64, shares: Qty) -> bool {
        let queue = if side == Side::Buy { &mut self.buys } else { &mut self.sells };
        let taking = self.taking.iter_mut().find(|order| order.key == key);
        let found = taking.or_else(|| queue.find(key));
        let found = found.or_else(|| self.opening.find(key)).or_else(|| self.closing.find(key));
        found.is_some_and(|order| order.reduce(shares))
    }

    fn queue(&mut self, side: Side) -> &mut Queue {
        if side == Side::Buy { &mut self.buys } else { &mut self.sells }
    }

    /// Takes what can be taken; the rest waits while it crosses and rests once it does not.
    fn work(&mut self, mut order: Working, taker: &mut Taker, tape: &mut Tape) {
        let (queue, opposite) = match order.side {
            Side::Buy => (&mut self.buys, &mut self.ask),
            Side::Sell => (&mut self.sells, &mut self.bid),
        };
        if !self.halted {
            taker.take(&mut order, opposite, self.bands, tape);
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

    /// Takes what `take` finds; the rest is over.
    fn take_now(
        &mut self,
        mut order: Working,
        tape: &mut Tape,
        take: impl FnOnce(&mut Working, &mut Level, Bands, &mut Tape),
    ) {
        let opposite = if order.side == Side::Buy { &mut self.ask } else { &mut self.bid };
        if !self.halted {
            take(&mut order, opposite, self.bands, tape);
        }
        if !order.is_done() {
            tape.ended(order.key);
        }
    }
}
