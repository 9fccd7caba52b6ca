//! All that is known: what strategies and the gate may look at, and nobody but the engine may move.

use crate::market::{Market, SessionClock};
use crate::orders::OrderManager;
use crate::portfolio::Portfolio;
use crate::risk::{Restraints, TradingState};
use st0ck_types::{Money, Seq};

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
}
