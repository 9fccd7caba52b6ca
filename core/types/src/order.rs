//! What we ask of a broker.

use crate::{
    BrokerOrderId, ClientOrderId, InstrumentId, Nanos, OrderNo, Price, Qty, Seq, StrategyId,
};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Side {
    /// To buy.
    #[default]
    Buy = 0,
    /// To sell.
    Sell = 1,
}

impl Side {
    /// The other way.
    #[must_use]
    pub fn opposite(self) -> Self {
        if self == Self::Buy { Self::Sell } else { Self::Buy }
    }

    /// The quantity as a change of position: positive for a buy.
    #[must_use]
    pub fn signed(self, qty: Qty) -> Qty {
        if self == Self::Buy { qty } else { -qty }
    }

    /// `buy` or `sell`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if self == Self::Buy { "buy" } else { "sell" }
    }
}

/// How the price is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// At whatever the market pays.
    Market,
    /// At this price or better.
    Limit(Price),
}

impl OrderKind {
    /// The limit price, when there is one.
    #[must_use]
    pub fn limit(self) -> Option<Price> {
        match self {
            Self::Market => None,
            Self::Limit(price) => Some(price),
        }
    }

    /// `market` or `limit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if self == Self::Market { "market" } else { "limit" }
    }
}

/// How long the order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until the session's close.
    #[default]
    Day = 0,
    /// Until canceled.
    Gtc = 1,
}

impl TimeInForce {
    /// `day` or `gtc`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if self == Self::Day { "day" } else { "gtc" }
    }
}

/// Whether the order may add risk. Said by the strategy, checked by the gate (control C22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum PositionEffect {
    /// Opens or adds to a position.
    #[default]
    Open = 0,
    /// Reduces a position; never beyond flat.
    Close = 1,
}

/// An order as the core decided it, the gate approved it and the journal keeps it.
// Aligned to the width in which compilers copy it, and in this order, so that none of its fields lies
// across two of those pieces: what is read in other pieces than it was written in waits until all that was
// written before has reached the cache, and an order is handed on five times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct OrderRequest {
    /// The id the broker will know it by.
    pub client_id: ClientOrderId,
    /// Who wanted it.
    pub strategy: StrategyId,
    /// Which way.
    pub side: Side,
    /// Opens or closes.
    pub effect: PositionEffect,
    /// Lifetime.
    pub tif: TimeInForce,
    /// The strategy's own mark, for example "take profit".
    pub tag: u16,
    /// Ordinal in the session.
    pub no: OrderNo,
    /// How the price is bound.
    pub kind: OrderKind,
    /// How many, positive.
    pub qty: Qty,
    /// Lane time of the decision.
    pub decided_at: Nanos,
    /// The input that caused it.
    pub cause: Seq,
    /// What.
    pub instrument: InstrumentId,
}

/// A wish that an order end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelRequest {
    /// Ordinal of the order.
    pub no: OrderNo,
    /// Its id at the broker, as we named it.
    pub client_id: ClientOrderId,
    /// The broker's own id, when known.
    pub broker_id: BrokerOrderId,
    /// The input that caused it.
    pub cause: Seq,
}
