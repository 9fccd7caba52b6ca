//! One order as the broker keeps it, and the only changes it may go through.
//!
//! Owned by [`Orders`](super::orders::Orders); changed by the house when its venue or its clock
//! says so. The stages are Alpaca's (`alpaca.md` §4.6), as far as orders meet them here.
//!
//! *Invariant:* a final stage is never left, and a fill never exceeds the quantity: both panic,
//! because an emulator whose book is wrong must not go on to judge a client's book.

use crate::book::position::Intent;
use crate::terms::{Class, Kind, Lifetime};
use st0ck_types::{Money, Nanos, Price, Qty, Side, Symbol};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Received while the market is open, on its way to the venue.
    PendingNew,
    /// Received while the market is closed: waits for it to open.
    Accepted,
    /// Live at the venue.
    New,
    /// Live, partly filled.
    PartiallyFilled,
    /// Final: all of it traded.
    Filled,
    /// Final: canceled on request.
    Canceled,
    /// Final: its lifetime ended.
    Expired,
    /// Final: the venue would not have it.
    Rejected,
}

impl Stage {
    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PendingNew => "pending_new",
            Self::Accepted => "accepted",
            Self::New => "new",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
        }
    }

    /// Whether nothing can happen to the order any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::Expired | Self::Rejected)
    }

    /// The arrows of the state machine.
    fn may_become(self, next: Self) -> bool {
        match next {
            Self::PendingNew | Self::Accepted => false,
            Self::New => matches!(self, Self::PendingNew | Self::Accepted),
            Self::Rejected => matches!(self, Self::PendingNew | Self::Accepted | Self::New),
            Self::PartiallyFilled | Self::Filled => {
                matches!(self, Self::New | Self::PartiallyFilled)
            }
            Self::Canceled | Self::Expired => !self.is_final(),
        }
    }
}

/// One order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// The broker's id, a UUID.
    pub(crate) id: u128,
    /// The client's id, or one we made.
    pub(crate) client_order_id: String,
    /// Index of the asset.
    pub(crate) asset: usize,
    /// UUID of the asset.
    pub(crate) asset_id: u128,
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// Which way.
    pub(crate) side: Side,
    /// What it does to the position.
    pub(crate) intent: Intent,
    /// Market or limit.
    pub(crate) kind: Kind,
    /// Lifetime.
    pub(crate) lifetime: Lifetime,
    /// Whether it lives until extended trading ends.
    pub(crate) extended_hours: bool,
    /// How it stands to others, as the client wrote it.
    pub(crate) class: Class,
    /// Shares ordered.
    pub(crate) qty: Qty,
    /// Shares filled.
    pub(crate) filled: Qty,
    /// Sum of price times quantity over its fills.
    pub(crate) filled_cost: Money,
    /// Where it stands.
    pub(crate) stage: Stage,
    /// Its name at the venue; `None` when it never went there.
    pub(crate) key: Option<u64>,
    /// When a cancel was asked for; it is then `pending_cancel` until the venue answers.
    pub(crate) cancel_requested_at: Option<Nanos>,
    /// Received.
    pub(crate) created_at: Nanos,
    /// Last changed.
    pub(crate) updated_at: Nanos,
    /// End of its lifetime.
    pub(crate) expires_at: Nanos,
    /// Wholly filled.
    pub(crate) filled_at: Option<Nanos>,
    /// Canceled.
    pub(crate) canceled_at: Option<Nanos>,
    /// Expired.
    pub(crate) expired_at: Option<Nanos>,
    /// Rejected.
    pub(crate) failed_at: Option<Nanos>,
}

impl Order {
    /// Shares that may still trade: none once it is over.
    pub(crate) fn leaves(&self) -> Qty {
        if self.stage.is_final() { Qty::ZERO } else { Qty(self.qty.0 - self.filled.0) }
    }

    /// Whether it is still alive.
    pub(crate) fn is_open(&self) -> bool {
        !self.stage.is_final()
    }

    /// The status that a listing shows.
    pub(crate) fn status(&self) -> &'static str {
        match self.cancel_requested_at {
            Some(_) if self.is_open() => "pending_cancel",
            _ => self.stage.as_str(),
        }
    }

    /// Average price of its fills, truncated to 1e-9; `None` before the first.
    pub(crate) fn filled_average(&self) -> Option<Price> {
        self.filled_cost.per(self.filled)
    }

    /// Moves to another stage at a time.
    pub(crate) fn become_stage(&mut self, next: Stage, at: Nanos) {
        assert!(
            self.stage.may_become(next),
            "the emulator's book is wrong: order {} cannot go from {:?} to {next:?}",
            self.client_order_id,
            self.stage
        );
        self.stage = next;
        self.updated_at = at;
        match next {
            Stage::Filled => self.filled_at = Some(at),
            Stage::Canceled => self.canceled_at = Some(at),
            Stage::Expired => self.expired_at = Some(at),
            Stage::Rejected => self.failed_at = Some(at),
            Stage::PendingNew | Stage::Accepted | Stage::New | Stage::PartiallyFilled => {}
        }
    }

    /// Books one execution.
    pub(crate) fn fill(&mut self, price: Price, qty: Qty, at: Nanos) {
        let filled = Qty(self.filled.0 + qty.0);
        assert!(
            qty.0 > 0 && filled <= self.qty,
            "the emulator's book is wrong: {qty} more shares overfill order {}",
            self.client_order_id
        );
        self.filled = filled;
        self.filled_cost += price.times(qty);
        let done = filled == self.qty;
        self.become_stage(if done { Stage::Filled } else { Stage::PartiallyFilled }, at);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A live limit order to buy ten shares of SPY.
    pub(crate) fn sample() -> Order {
        Order {
            id: 1,
            client_order_id: String::from("sample"),
            asset: 0,
            asset_id: 2,
            symbol: Symbol::new("SPY"),
            side: Side::Buy,
            intent: Intent::BuyToOpen,
            kind: Kind::Limit(Price::parse("367.5").unwrap()),
            lifetime: Lifetime::Day,
            extended_hours: false,
            class: Class::Unsaid,
            qty: Qty::units(10).unwrap(),
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage: Stage::New,
            key: Some(0),
            cancel_requested_at: None,
            created_at: Nanos(1),
            updated_at: Nanos(1),
            expires_at: Nanos(1_000),
            filled_at: None,
            canceled_at: None,
            expired_at: None,
            failed_at: None,
        }
    }

    #[test]
    fn fills_add_up_to_an_average() {
        let mut order = sample();
        order.fill(Price::parse("367.4").unwrap(), Qty::units(4).unwrap(), Nanos(2));
        assert_eq!((order.status(), order.leaves()), ("partially_filled", Qty::units(6).unwrap()));
        order.fill(Price::parse("367.5").unwrap(), Qty::units(6).unwrap(), Nanos(3));
        assert_eq!(order.status(), "filled");
        assert_eq!(order.filled_average(), Price::parse("367.46").ok());
        assert_eq!((order.filled_at, order.leaves()), (Some(Nanos(3)), Qty::ZERO));
    }

    #[test]
    #[should_panic(expected = "overfill")]
    fn an_overfill_stops_the_emulator() {
        sample().fill(Price::ONE, Qty::units(11).unwrap(), Nanos(2));
    }

    #[test]
    fn no_final_stage_is_ever_left() {
        let stages = [
            Stage::PendingNew,
            Stage::Accepted,
            Stage::New,
            Stage::PartiallyFilled,
            Stage::Filled,
            Stage::Canceled,
            Stage::Expired,
            Stage::Rejected,
        ];
        for from in stages.into_iter().filter(|stage| stage.is_final()) {
            assert!(stages.into_iter().all(|to| !from.may_become(to)), "{from:?}");
        }
        assert!(!Stage::PartiallyFilled.may_become(Stage::Rejected), "a fill is a fact");
    }

    #[test]
    fn a_cancel_request_shows_until_the_order_is_over() {
        let mut order = sample();
        order.cancel_requested_at = Some(Nanos(2));
        assert_eq!(order.status(), "pending_cancel");
        order.become_stage(Stage::Canceled, Nanos(3));
        assert_eq!(order.status(), "canceled");
    }
}
