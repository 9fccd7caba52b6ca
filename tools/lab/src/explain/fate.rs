//! What became of an order: the facts that were recorded after it was sent.

use crate::groups::Group;
use crate::words;
use st0ck_types::report::SendRefusal;
use st0ck_types::{BrokerOrderId, ClientOrderId, Input, Nanos, OrderNo, Price, Qty, Report, Seq};

/// One fact about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its bytes went to a socket.
    Sent,
    /// It never left the process.
    NotSent(SendRefusal),
    /// The broker has it.
    Accepted,
    /// Part or all of it traded.
    Filled {
        /// Price of this execution.
        price: Price,
        /// Shares of this execution.
        qty: Qty,
        /// When, by the broker's clock.
        at: Nanos,
    },
    /// Its end was asked for, on what.
    CancelAsked(String),
    /// The broker would not cancel it.
    CancelRefused,
    /// Canceled.
    Canceled,
    /// Its lifetime ended.
    Expired,
    /// The broker refused it, in its words.
    Rejected(String),
    /// Nobody could say what became of it.
    Unknown,
    /// The broker does not know it.
    NotFound,
}

impl Fate {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NotSent(_) => "not_sent",
            Self::Accepted => "accepted",
            Self::Filled { .. } => "filled",
            Self::CancelAsked(_) => "cancel_asked",
            Self::CancelRefused => "cancel_refused",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Rejected(_) => "rejected",
            Self::Unknown => "unconfirmed",
            Self::NotFound => "not_found",
        }
    }
}

/// A fact and its place in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The input that told it, or that led to the cancel.
    pub seq: Seq,
    /// Its stamp.
    pub at: Nanos,
    /// What it told.
    pub fate: Fate,
}

/// Of which order a report tells, and what; the broker's id when it says one.
pub(super) fn told(report: &Report) -> Option<(Name, BrokerOrderId, Fate)> {
    let by_id = |id: ClientOrderId, broker, fate| Some((Name::Client(id), broker, fate));
    match report {
        Report::Sending { no } => Some((Name::Ordinal(*no), BrokerOrderId::NONE, Fate::Sent)),
        Report::SendRefused { no, why } => {
            Some((Name::Ordinal(*no), BrokerOrderId::NONE, Fate::NotSent(*why)))
        }
        Report::Accepted(s) => by_id(s.client_id, s.broker_id, Fate::Accepted),
        Report::Canceled(s) => by_id(s.client_id, s.broker_id, Fate::Canceled),
        Report::Expired(s) => by_id(s.client_id, s.broker_id, Fate::Expired),
        Report::CancelRejected(s) => by_id(s.client_id, s.broker_id, Fate::CancelRefused),
        Report::Unknown(s) => by_id(s.client_id, s.broker_id, Fate::Unknown),
        Report::NotFound(s) => by_id(s.client_id, s.broker_id, Fate::NotFound),
        Report::Rejected(s) => {
            by_id(s.client_id, s.broker_id, Fate::Rejected(s.words.as_str().to_owned()))
        }
        Report::Fill(fill) => {
            let (price, qty, at) = (fill.price, fill.qty, fill.at);
            by_id(fill.client_id, fill.broker_id, Fate::Filled { price, qty, at })
        }
        Report::Snapshot(_)
        | Report::Position(_)
        | Report::Account(_)
        | Report::Reconcile(_)
        | Report::Link { .. } => None,
    }
}

/// How a report names its order.
pub(super) enum Name {
    /// By our ordinal.
    Ordinal(OrderNo),
    /// By the id that we gave it.
    Client(ClientOrderId),
}

/// The wish to end an order, as a fact about it.
pub(super) fn cancel_asked(group: &Group) -> Step {
    let why = match &group.input {
        Input::Command(command) => {
            format!("a person said {}: {}", command.as_str(), command.reason())
        }
        input => format!("on {}", words::input(input)),
    };
    Step { seq: group.seq, at: group.at, fate: Fate::CancelAsked(why) }
}
