//! All that is known: what strategies and the gate may look at, and nobody but the engine may move.

use crate::market::{Market, SessionClock};
use crate::orders::{Order, OrderManager};
use crate::portfolio::Portfolio;
use crate::risk::{Restraints, TradingState};
use st0ck_types::{InstrumentId, Money, OrderKind, Price, Qty, Seq, Side};

/// The lane's state, strategies and the gate's memory aside.
#[derive(Debug)]
pub struct World {
    /// Lane time and the trading day.
    pub session: SessionClock,
    /// The input being handled.
    pub seq: Seq,
    /// Books, bars, VWAP.
    pub market: Market,
    /// Every order of the session.
    pub orders: OrderManager,
    /// Positions and money.
    pub portfolio: Portfolio,
    /// What holds the lane down.
    pub restraints: Restraints,
    /// How far the lane may trade: what the restraints allow together.
    pub trading: TradingState,
    /// What the bot may work with.
    pub capital: Money,
}

impl World {
    /// The day's loss: realised and unrealised, fees included; negative when it is a gain.
    #[must_use]
    pub fn day_loss(&self) -> Money {
        let portfolio = &self.portfolio;
        portfolio.fees() - portfolio.realised() - portfolio.unrealised()
    }

    /// What an order is expected to pay or get: its limit, else the touch it would meet, else the
    /// middle; zero when nothing is known.
    pub(crate) fn expected_price(
        &self,
        instrument: InstrumentId,
        side: Side,
        kind: OrderKind,
    ) -> Price {
        if let OrderKind::Limit(price) = kind {
            return price;
        }
        let Some(book) = self.market.book(instrument) else { return Price::ZERO };
        let touch = match side {
            Side::Buy => book.ask(),
            Side::Sell => book.bid(),
        };
        touch.or(book.middle()).unwrap_or(Price::ZERO)
    }

    /// What that many are worth at that price, the contract multiplier included; as much as can be
    /// told when it is more.
    pub(crate) fn value_of(&self, instrument: InstrumentId, price: Price, qty: Qty) -> Money {
        match self.market.multiplier(instrument) {
            // Shares: the product always fits, and the wide one costs as much as all the rest.
            1 => price.times(qty),
            units => Money(price.times(qty).0.saturating_mul(i128::from(units))),
        }
    }

    /// What an order may still pay or get.
    pub(crate) fn value_left(&self, order: &Order) -> Money {
        let asked = &order.request;
        let price = self.expected_price(asked.instrument, asked.side, asked.kind);
        self.value_of(asked.instrument, price, order.leaves())
    }

    /// What the orders that may still trade, and count, would pay or get together.
    pub(crate) fn working_value(&self, counts: impl Fn(&Order) -> bool) -> Money {
        let orders = self.orders.unsettled().filter(|order| counts(order));
        Money(orders.map(|order| self.value_left(order).0).fold(0, i128::saturating_add))
    }
}
