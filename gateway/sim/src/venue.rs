//! The venue: one book per instrument, one line of messages, one tape of events.
//!
//! Called by the emulator and by backtests. The caller moves time: market events carry it in, and
//! [`Venue::advance`] moves it between them; [`Venue::next_due`] says when something of ours
//! arrives, so that nobody needs to poll.
//! *Invariant:* what arrives at the time of a market event or before meets the book as it was
//! before that event.

use crate::book::Book;
use crate::fill::Taker;
use crate::latency::{Latency, Line, Message};
use crate::order::{Refusal, SimEvent, SimOrder};
use crate::tape::Tape;
use st0ck_quant::rng::Rng;
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Price};
use std::collections::BTreeMap;

/// How the venue behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimConfig {
    /// Names the run: jitter and partial fills are drawn from it.
    pub seed: u64,
    /// Way of an order to the venue.
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
        if order.qty.0 <= 0 {
            return Err(Refusal::BadQty);
        }
        if order.kind.limit().is_some_and(|limit| limit <= Price::ZERO) {
            return Err(Refusal::BadLimit);
        }
        if self.tape.live(order.key).is_some() {
            return Err(Refusal::KeyInUse);
        }
        self.tape.register(&order);
        self.line.send(order.at, self.config.order_latency, Message::Order(order));
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
                Message::Cancel(key) => self.withdraw(key),
            }
        }
        self.tape.now = self.tape.now.max(to);
    }

    /// Ends every day order, arrived or under way, at `at`: the close of the session.
    pub fn expire(&mut self, at: Nanos) {
        self.advance(at);
        for key in self.tape.day_orders() {
            if self.line.recall(key) {
                self.tape.accepted(key);
            } else {
                self.remove(key);
            }
            self.tape.expired(key);
        }
    }

    /// When the next order or cancel arrives, if one is under way.
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

    fn arrive(&mut self, order: &SimOrder) {
        self.tape.accepted(order.key);
        let book = self.books.entry(order.instrument).or_default();
        book.on_order(order, &mut self.taker, &mut self.tape);
    }

    fn withdraw(&mut self, key: u64) {
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
