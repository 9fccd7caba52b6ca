//! What a broker tells us, normalized: the only way in which orders, positions and cash change.
//!
//! Made by the gateway from replies, streams and reconciliation reads; merged by the core.
//! *Invariant:* a fill is a fact whatever the order's stage; it is keyed by its execution id and
//! never derived from a cumulative snapshot.

use crate::{
    BrokerOrderId, ClientOrderId, ExecutionId, InstrumentId, Money, Nanos, OrderNo, Price, Qty,
    Side, Symbol, Text,
};

/// One fact from the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The bytes of the order went to a socket; from now on its fate is the broker's to tell.
    Sending {
        /// Which order.
        no: OrderNo,
    },
    /// The gateway did not send it: nothing left the process.
    SendRefused {
        /// Which order.
        no: OrderNo,
        /// Why.
        why: SendRefusal,
    },
    /// The broker has the order.
    Accepted(Status),
    /// The broker will not do it (a definite reply tied to our id). The order is over.
    Rejected(Status),
    /// Canceled; the order is over.
    Canceled(Status),
    /// Its lifetime ended; the order is over.
    Expired(Status),
    /// Part or all of it traded.
    Fill(Fill),
    /// A cancel request was refused; the order lives on or is over for another reason.
    CancelRejected(Status),
    /// The outcome of a submit or cancel cannot be known from what happened on the wire.
    Unknown(Status),
    /// A targeted look-up by our id found no such order.
    NotFound(Status),
    /// An order as the broker lists it, for reconciliation.
    Snapshot(Snapshot),
    /// A position as the broker lists it, for reconciliation.
    Position(Position),
    /// The account as the broker tells it, for reconciliation.
    Account(Account),
    /// A reconciliation pass began or ended.
    Reconcile(Reconcile),
    /// The order stream went up or down.
    Link {
        /// Whether it is up.
        up: bool,
    },
}

/// Why the gateway did not send an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SendRefusal {
    /// Control C29: the intent was older than its time to live.
    Stale = 1,
    /// The kill gate was shut.
    Killed = 2,
    /// The request quota was used up.
    Throttled = 3,
    /// No usable connection, and none of its bytes was written.
    Disconnected = 4,
    /// The ring to the gateway had no free slot for an opening order.
    RingFull = 5,
}

/// A change of one order's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Our id; empty when the order is not ours.
    pub client_id: ClientOrderId,
    /// The broker's id, when known.
    pub broker_id: BrokerOrderId,
    /// When, by the broker's clock; zero when it did not say.
    pub at: Nanos,
    /// The broker's or our own error code, 0 when none.
    pub code: u32,
    /// The broker's words, cut to 40 bytes.
    pub words: Text<40>,
}

/// One execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fill {
    /// Our id; empty when the order is not ours.
    pub client_id: ClientOrderId,
    /// The broker's id.
    pub broker_id: BrokerOrderId,
    /// Key of the execution.
    pub execution: ExecutionId,
    /// What traded.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// Whether the broker says that the order is now wholly filled.
    pub complete: bool,
    /// Price of this execution.
    pub price: Price,
    /// Shares of this execution.
    pub qty: Qty,
    /// Shares of the order filled so far, this execution included; zero when not told.
    pub cum_qty: Qty,
    /// When, by the broker's clock.
    pub at: Nanos,
}

/// Stage of an order in the broker's own list, folded to what matters to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum BrokerStage {
    /// Alive at the broker, whatever it calls it (new, accepted, held, partially filled …).
    #[default]
    Working = 0,
    /// Wholly filled.
    Filled = 1,
    /// Canceled.
    Canceled = 2,
    /// Expired or done for the day.
    Expired = 3,
    /// Rejected.
    Rejected = 4,
    /// Replaced by another order.
    Replaced = 5,
}

/// An order as the broker lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Our id; empty when it cannot be ours.
    pub client_id: ClientOrderId,
    /// The broker's id.
    pub broker_id: BrokerOrderId,
    /// What; [`InstrumentId::ALL`] when not in our table.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// Its stage there.
    pub stage: BrokerStage,
    /// Ordered.
    pub qty: Qty,
    /// Filled so far.
    pub filled: Qty,
    /// Limit price, zero when it has none.
    pub limit: Price,
    /// When it was created there.
    pub created_at: Nanos,
}

/// A position as the broker lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// What; [`InstrumentId::ALL`] when not in our table (then see `symbol`).
    pub instrument: InstrumentId,
    /// The broker's symbol.
    pub symbol: Symbol,
    /// Signed quantity.
    pub qty: Qty,
    /// Average entry price.
    pub average_price: Price,
}

/// The account as the broker tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Cash.
    pub cash: Money,
    /// Cash plus positions at market.
    pub equity: Money,
    /// What may be bought.
    pub buying_power: Money,
    /// Whether the broker lets it trade.
    pub tradable: bool,
    /// Whether it may sell short.
    pub shorting: bool,
}

/// A reconciliation pass: begun, or ended after all of its facts were reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconcile {
    /// `false` at its beginning, `true` at its end.
    pub ended: bool,
    /// At its end: whether two consecutive reads agreed.
    pub stable: bool,
    /// At its end: open orders at the broker that we did not name.
    pub foreign_orders: u32,
}

const _: () = assert!(std::mem::size_of::<Report>() <= 144);
