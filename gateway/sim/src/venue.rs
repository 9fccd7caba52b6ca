//! The venue: one book per instrument, one line of messages, one tape of events.
//!
//! Called by the emulator and by backtests. The caller moves time: market events carry it in, and
//! [`Venue::advance`] moves it between them; [`Venue::next_due`] says when something of ours
//! arrives, so that nobody needs to poll.
//! *Invariant:* what arrives at the time of a market event or before meets the book as it was
//! before that event.

use crate::bands::Bands;
use crate::book::Book;
use crate::fill::Taker;
use crate::latency::{Latency, Line, Message};
use crate::order::{Refusal, SimEvent, SimOrder};
use crate::tape::Tape;
use st0ck_quant::rng::Rng;
use st0ck_types::{InstrumentId, MarketEvent, Money, Nanos, Price, Qty};
use std::collections::BTreeMap;

/// How the venue behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimConfig {
    /// Names the run: jitter and partial fills are drawn from it.
    pub seed: u64,
    /// Way of an order, or of a replacement, to the venue.
    pub order_latency: Latency,
    /// Way of a cancel to the venue.
    pub cancel_latency: Latency,
    /// How often in a thousand an order that takes liquidity gets only a random part of what it
    /// could have, the rest waiting for the next quote. Alpaca's paper venue does so in 10 % of
    /// cases (docs.alpaca.markets, "Paper Trading").
    pub partial_fill_per_mille: u32,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            order_latency: Latency::default(),
            cancel_latency: Latency::default(),
            partial_fill_per_mille: 100,
        }
    }
}

impl SimConfig {
    /// No latency and no chance: what can fill fills at once.
    #[must_use]
    pub fn immediate() -> Self {
        Self {
            seed: 0,
            order_latency: Latency::NONE,
            cancel_latency: Latency::NONE,
            partial_fill_per_mille: 0,
        }
    }
}

/// A simulated matching venue; the crate's documentation says what it models.
#[derive(Debug)]
pub struct Venue {
    config: SimConfig,
    line: Line,
    taker: Taker,
    books: BTreeMap<InstrumentId, Book>,
    tape: Tape,
}

impl Venue {
    /// An empty venue.
    #[must_use]
    pub fn new(config: SimConfig) -> Self {
        let rng = Rng::new(config.seed);
        Self {
            config,
            line: Line::new(rng.fork("latency")),
            taker: Taker::new(rng.fork("partial fill"), config.partial_fill_per_mille),
            books: BTreeMap::new(),
            tape: Tape::default(),
        }
    }

    /// Takes in one event of the recorded market, after everything of ours that arrived by then.
    ///
    /// Venue bars and gaps change nothing: bars repeat what prints told.
    pub fn on_market(&mut self, event: &MarketEvent) {
        if matches!(event, MarketEvent::Bar(_) | MarketEvent::Gap(_)) {
            return;
        }
        self.advance(event.ts_event());
        let book = self.books.entry(event.instrument()).or_default();
        match event {
            MarketEvent::Quote(quote) => book.on_quote(quote, &mut self.taker, &mut self.tape),
            MarketEvent::Trade(trade) => book.on_trade(trade, &mut self.tape),
            MarketEvent::Halt(halt) => book.on_halt(halt.halted != 0),
            MarketEvent::InstrumentDef(def) => book.define(def),
            MarketEvent::Bar(_) | MarketEvent::Gap(_) => {}
        }
    }

    /// Sends an order at `order.at`; it arrives one latency later.
    ///
    /// # Errors
    /// [`Refusal`] when it is not an order that any venue could take; then nothing happened.
    pub fn submit(&mut self, order: SimOrder) -> Result<(), Refusal> {
        self.register(&order)?;
        self.line.send(order.at, self.config.order_latency, Message::Order(order));
        self.advance(self.tape.now);
        Ok(())
    }

    /// Sends an order at `new.at` that is to take the place of `old`. One latency later `old` is
    /// [`SimEvent::Replaced`] and the new order arrives; or, when `old` is over by then, it is
    /// [`SimEvent::ReplaceTooLate`] and the new one never lives. Its place in the queue is new.
    ///
    /// # Errors
    /// As [`Venue::submit`].
    pub fn replace(&mut self, old: u64, new: SimOrder) -> Result<(), Refusal> {
        self.register(&new)?;
        self.line.send(new.at, self.config.order_latency, Message::Replace(old, new));
        self.advance(self.tape.now);
        Ok(())
    }

    /// Sends a cancel at `at`; it takes effect one latency later, if the order is still alive then.
    pub fn cancel(&mut self, key: u64, at: Nanos) {
        self.line.send(at, self.config.cancel_latency, Message::Cancel(key));
        self.advance(self.tape.now);
    }

    /// Moves venue time to `to` (never back) and lets arrive what is due.
    pub fn advance(&mut self, to: Nanos) {
        while let Some((due, message)) = self.line.receive(to) {
            self.tape.now = self.tape.now.max(due);
            match message {
                Message::Order(order) => self.arrive(&order),
                Message::Cancel(key) => self.on_cancel(key),
                Message::Replace(old, new) => self.on_replace(old, &new),
            }
        }
        self.tape.now = self.tape.now.max(to);
    }

    /// Ends every order of the day, arrived or under way, at `at`: the close of the session. Orders
    /// for the closing auction wait for it: whoever sends some holds one.
    pub fn expire(&mut self, at: Nanos) {
        self.advance(at);
        for (old, by) in self.line.recall_replacements() {
            self.tape.replace_too_late(old, by);
        }
        for (key, whole_day) in self.tape.of_the_day() {
            if self.line.recall(key) {
                self.tape.accepted(key);
            } else {
                self.remove(key);
            }
            if whole_day {
                self.tape.expired(key);
            } else {
                self.tape.ended(key);
            }
        }
    }

    /// Takes an order back, arrived or under way, at once and without an event: for who is the
    /// broker and the venue in one. Whether it was alive.
    pub fn withdraw(&mut self, key: u64) -> bool {
        let was_alive = self.line.recall(key) || self.remove(key);
        self.tape.forget(key);
        was_alive
    }

    /// Lowers what is left of an order to `shares` (positive), at once and without an event; it
    /// keeps its place. Whether it is alive and for shares: one for money is left as it is.
    pub fn reduce(&mut self, key: u64, shares: Qty) -> bool {
        if shares <= Qty::ZERO {
            return false;
        }
        let Some(live) = self.tape.live(key) else { return false };
        let book = self.books.get_mut(&live.instrument);
        self.line.reduce(key, shares) || book.is_some_and(|b| b.reduce(live.side, key, shares))
    }

    /// Holds the opening (`open`) or the closing auction of an instrument at `at`: who waits for it
    /// trades at `price`, each side up to `size` where one is known, and what is left is over.
    pub fn auction(
        &mut self,
        instrument: InstrumentId,
        open: bool,
        price: Price,
        size: Option<Qty>,
        at: Nanos,
    ) {
        self.advance(at);
        let book = self.books.entry(instrument).or_default();
        book.hold_auction(open, price, size.unwrap_or(Qty(i64::MAX)), &mut self.tape);
    }

    /// From now on nothing of this instrument trades outside `bands`, lowest and highest price; none
    /// lifts them. What they hold back waits, and is tried again at each quote and each change of the
    /// bands.
    pub fn set_bands(&mut self, instrument: InstrumentId, bands: Option<(Price, Price)>) {
        let book = self.books.entry(instrument).or_default();
        book.set_bands(Bands(bands), &mut self.taker, &mut self.tape);
    }

    /// When the next message of ours arrives, if one is under way.
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        self.line.next_due()
    }

    /// Venue time: the greatest time it was told.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.tape.now
    }

    /// Orders alive, those under way included.
    #[must_use]
    pub fn live_orders(&self) -> usize {
        self.tape.live_count()
    }

    /// The oldest event not yet taken.
    pub fn pop(&mut self) -> Option<SimEvent> {
        self.tape.pop()
    }

    /// An order that may be sent is alive from now on.
    fn register(&mut self, order: &SimOrder) -> Result<(), Refusal> {
        if order.qty <= Qty::ZERO && order.dollars <= Money::ZERO {
            return Err(Refusal::BadQty);
        }
        if order.kind.limit().is_some_and(|limit| limit <= Price::ZERO) {
            return Err(Refusal::BadLimit);
        }
        if self.tape.live(order.key).is_some() {
            return Err(Refusal::KeyInUse);
        }
        self.tape.register(order);
        Ok(())
    }

    fn arrive(&mut self, order: &SimOrder) {
        self.tape.accepted(order.key);
        let book = self.books.entry(order.instrument).or_default();
        book.on_order(order, &mut self.taker, &mut self.tape);
    }

    fn on_replace(&mut self, old: u64, new: &SimOrder) {
        if self.remove(old) {
            self.tape.replaced(old, new.key);
            self.arrive(new);
        } else {
            self.tape.replace_too_late(old, new.key);
        }
    }

    fn on_cancel(&mut self, key: u64) {
        if self.remove(key) {
            self.tape.canceled(key);
        } else {
            self.tape.cancel_too_late(key);
        }
    }

    fn remove(&mut self, key: u64) -> bool {
        let Some(live) = self.tape.live(key) else { return false };
        self.books.get_mut(&live.instrument).is_some_and(|book| book.remove(live.side, key))
    }
}
