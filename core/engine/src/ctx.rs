//! The window through which a strategy sees the world, and the one thing it may do there: want.
//!
//! Made by the engine for each call. *Invariant:* reading changes nothing, and nothing here
//! allocates.

use crate::intent::{Intent, Wants};
use crate::market::{BarSeries, Book, SessionClock};
use crate::orders::Order;
use crate::portfolio::Position;
use crate::risk::TradingState;
use crate::timers::Timers;
use crate::world::World;
use st0ck_types::{Decision, Instrument, InstrumentId, Money, Nanos, OrderNo, Price, Qty, Seq};
use st0ck_types::{StrategyId, TimerId};

/// A strategy's view of its lane during one call.
///
/// Instruments are those that the strategy was built with; asking for another one panics, as
/// indexing does.
#[derive(Debug)]
pub struct Ctx<'a> {
    pub(crate) world: &'a World,
    pub(crate) timers: &'a mut Timers,
    pub(crate) wants: &'a mut Wants,
    pub(crate) strategy: StrategyId,
}

/// Why asking for an instrument cannot fail.
const BUILT_WITH: &str = "strategies ask for the instruments they were built with";

impl Ctx<'_> {
    /// Lane time of the input being handled.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.world.session.now()
    }

    /// Number of the input being handled.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.world.seq
    }

    /// The trading day: open, close, time left, the exchange's own clock.
    #[must_use]
    pub fn session(&self) -> &SessionClock {
        &self.world.session
    }

    /// Who is looking.
    #[must_use]
    pub fn strategy(&self) -> StrategyId {
        self.strategy
    }

    /// How far the lane may trade.
    #[must_use]
    pub fn state(&self) -> TradingState {
        self.world.trading
    }

    /// What the bot may work with.
    #[must_use]
    pub fn capital(&self) -> Money {
        self.world.capital
    }

    /// The top of book, the last trade, whether trading is halted.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId) -> &Book {
        self.world.market.book(instrument).expect(BUILT_WITH)
    }

    /// Tick, lot and kind; `None` until the feed told them.
    #[must_use]
    pub fn instrument(&self, instrument: InstrumentId) -> Option<&Instrument> {
        self.world.market.instrument(instrument)
    }

    /// The last closed bars of 1, 60 or 300 seconds.
    #[must_use]
    pub fn bars(&self, instrument: InstrumentId, seconds: u16) -> &BarSeries {
        let bars = self.world.market.bars(instrument, seconds);
        bars.expect("strategies ask for bars of 1, 60 or 300 seconds of their instruments")
    }

    /// The session's volume-weighted average price; `None` before the first print.
    #[must_use]
    pub fn vwap(&self, instrument: InstrumentId) -> Option<Price> {
        self.world.market.vwap(instrument).expect(BUILT_WITH).price()
    }

    /// Shares traded in the session by anybody.
    #[must_use]
    pub fn volume(&self, instrument: InstrumentId) -> Qty {
        self.world.market.vwap(instrument).expect(BUILT_WITH).volume()
    }

    /// Closes of earlier days, oldest first; may be empty.
    #[must_use]
    pub fn daily_closes(&self, instrument: InstrumentId) -> &[Price] {
        self.world.market.daily_closes(instrument).expect(BUILT_WITH)
    }

    /// This strategy's own position.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> &Position {
        self.world.portfolio.position_of(self.strategy, instrument)
    }

    /// This strategy's orders that may still trade.
    pub fn live_orders(&self) -> impl Iterator<Item = &Order> {
        self.world.orders.live_of(self.strategy)
    }

    /// This strategy's orders that may still trade, and those that are over with executions still to
    /// come: what counts when nothing may be sold or bought twice.
    pub fn unsettled_orders(&self) -> impl Iterator<Item = &Order> {
        self.world.orders.unsettled().filter(|order| order.request.strategy == self.strategy)
    }

    /// Any order of the session.
    #[must_use]
    pub fn order(&self, no: OrderNo) -> Option<&Order> {
        self.world.orders.get(no)
    }

    /// Wants an order or the end of one. What becomes of it comes back through `on_order` or
    /// `on_reject`, within the same input; or within 200 ms, for an order that only the rate (C17)
    /// stands against. The same again meanwhile is refused.
    ///
    /// Why it wants an order the strategy writes into what this returns; of the end of one nobody
    /// asks.
    #[inline]
    pub fn want(&mut self, intent: Intent) -> &mut Decision {
        self.wants.push(self.strategy, intent)
    }

    /// Arms a timer; one that is armed already gets the new time. A time that has passed fires at
    /// once, as an input of its own.
    ///
    /// # Panics
    /// When the lane has no room for another timer (`capacities.timers`).
    pub fn timer_at(&mut self, timer: TimerId, due: Nanos) {
        self.timers.arm(self.strategy, timer, due);
    }

    /// Disarms a timer, if it is armed.
    pub fn timer_cancel(&mut self, timer: TimerId) {
        self.timers.disarm(self.strategy, timer);
    }
}
