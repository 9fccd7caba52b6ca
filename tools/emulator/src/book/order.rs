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
    /// A leg of a group that waits for its turn.
    Held,
    /// Live at the venue, or watched for the print that sends it there.
    New,
    /// Live, partly filled.
    PartiallyFilled,
    /// Final: all of it traded.
    Filled,
    /// Final: canceled on request.
    Canceled,
    /// Final: its lifetime ended.
    Expired,
    /// Final: another order took its place.
    Replaced,
    /// Final: the venue would not have it.
    Rejected,
}

impl Stage {
    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PendingNew => "pending_new",
            Self::Accepted => "accepted",
            Self::Held => "held",
            Self::New => "new",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::Rejected => "rejected",
        }
    }

    /// Whether nothing can happen to the order any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Canceled | Self::Expired | Self::Replaced | Self::Rejected
        )
    }

    /// The arrows of the state machine.
    fn may_become(self, next: Self) -> bool {
        match next {
            Self::PendingNew | Self::Accepted | Self::Held => false,
            Self::New => matches!(self, Self::PendingNew | Self::Accepted | Self::Held),
            Self::Rejected => {
                matches!(self, Self::PendingNew | Self::Accepted | Self::Held | Self::New)
            }
            Self::Replaced => matches!(self, Self::Held | Self::New | Self::PartiallyFilled),
            Self::PartiallyFilled | Self::Filled => {
                matches!(self, Self::New | Self::PartiallyFilled)
            }
            Self::Canceled | Self::Expired => !self.is_final(),
        }
    }
}

/// An order's place in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leg {
    /// In none.
    Alone,
    /// It opens the position.
    Entry,
    /// It closes the position with a gain.
    TakeProfit,
    /// It closes the position with a loss.
    StopLoss,
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
    /// Its type and prices.
    pub(crate) kind: Kind,
    /// Lifetime.
    pub(crate) lifetime: Lifetime,
    /// Whether it lives until extended trading ends.
    pub(crate) extended_hours: bool,
    /// How it stands to others, as the client wrote it.
    pub(crate) class: Class,
    /// Its group in the book, unless it is alone.
    pub(crate) group: Option<usize>,
    /// What it is in its group.
    pub(crate) leg: Leg,
    /// A leg's turn has come; always so outside groups.
    pub(crate) armed: bool,
    /// The print that it waited for came.
    pub(crate) elected: bool,
    /// Dollars ordered, when it was by dollars.
    pub(crate) notional: Option<Money>,
    /// Shares ordered; zero while those of an opening order by dollars are not known.
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
    /// The order that is to take its place, index in the book; it is then `pending_replace` until the
    /// venue answers.
    pub(crate) replacement: Option<usize>,
    /// Id of the order that took its place.
    pub(crate) replaced_by: Option<u128>,
    /// The order in whose place it stands or is to stand: index in the book, and id.
    pub(crate) replaces: Option<(usize, u128)>,
    /// Received.
    pub(crate) created_at: Nanos,
    /// Last changed.
    pub(crate) updated_at: Nanos,
    /// End of its lifetime.
    pub(crate) expires_at: Nanos,
    /// When it came to its final stage.
    pub(crate) ended_at: Option<Nanos>,
}

impl Order {
    /// Shares that may still trade: none once it is over, or where dollars say how many.
    pub(crate) fn leaves(&self) -> Qty {
        let open = self.is_open() && self.dollars_left().is_none();
        if open { Qty(self.qty.0 - self.filled.0) } else { Qty::ZERO }
    }

    /// What an opening order by dollars may still spend; `None` for every other order. A closing one
    /// has its shares fixed when it is received, for it must not sell more than there is.
    pub(crate) fn dollars_left(&self) -> Option<Money> {
        let by_dollars = self.notional.filter(|_| self.intent.opens());
        by_dollars.map(|dollars| dollars - self.filled_cost)
    }

    /// Whether it is still alive.
    pub(crate) fn is_open(&self) -> bool {
        !self.stage.is_final()
    }

    /// The status that a listing shows.
    pub(crate) fn status(&self) -> &'static str {
        match (self.cancel_requested_at, self.replacement) {
            (Some(_), _) if self.is_open() => "pending_cancel",
            (_, Some(_)) if self.is_open() => "pending_replace",
            _ => self.stage.as_str(),
        }
    }

    /// When it came to that final stage, if it did.
    pub(crate) fn ended_as(&self, stage: Stage) -> Option<Nanos> {
        self.ended_at.filter(|_| self.stage == stage)
    }

    /// Whether prints decide when it goes to the venue.
    pub(crate) fn is_watched(&self) -> bool {
        let live = matches!(self.stage, Stage::New | Stage::PartiallyFilled | Stage::Held);
        live && self.armed && !self.elected && self.kind.waits_for_print()
    }

    /// Whether shares of the position are its own: a leg before its turn has none.
    pub(crate) fn holds_shares(&self) -> bool {
        self.is_open() && self.armed && !self.intent.opens()
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
        self.ended_at = next.is_final().then_some(at);
    }

    /// Books one execution; `complete` when the venue has nothing left of the order.
    pub(crate) fn fill(&mut self, price: Price, qty: Qty, complete: bool, at: Nanos) {
        let filled = Qty(self.filled.0 + qty.0);
        let by_dollars = self.dollars_left().is_some();
        assert!(
            qty.0 > 0 && (by_dollars || filled <= self.qty),
            "the emulator's book is wrong: {qty} more shares overfill order {}",
            self.client_order_id
        );
        self.filled = filled;
        self.filled_cost += price.times(qty);
        let done = if by_dollars { complete } else { filled == self.qty };
        if done {
            self.qty = filled;
        }
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
            group: None,
            leg: Leg::Alone,
            armed: true,
            elected: false,
            notional: None,
            qty: Qty::units(10).unwrap(),
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage: Stage::New,
            key: Some(0),
            cancel_requested_at: None,
            replacement: None,
            replaced_by: None,
            replaces: None,
            created_at: Nanos(1),
            updated_at: Nanos(1),
            expires_at: Nanos(1_000),
            ended_at: None,
        }
    }

    #[test]
    fn fills_add_up_to_an_average() {
        let mut order = sample();
        order.fill(Price::parse("367.4").unwrap(), Qty::units(4).unwrap(), false, Nanos(2));
        assert_eq!((order.status(), order.leaves()), ("partially_filled", Qty::units(6).unwrap()));
        order.fill(Price::parse("367.5").unwrap(), Qty::units(6).unwrap(), true, Nanos(3));
        assert_eq!(order.status(), "filled");
        assert_eq!(order.filled_average(), Price::parse("367.46").ok());
        assert_eq!((order.ended_as(Stage::Filled), order.leaves()), (Some(Nanos(3)), Qty::ZERO));
        assert_eq!(order.ended_as(Stage::Canceled), None);
    }

    #[test]
    #[should_panic(expected = "overfill")]
    fn an_overfill_stops_the_emulator() {
        sample().fill(Price::ONE, Qty::units(11).unwrap(), true, Nanos(2));
    }

    #[test]
    fn no_final_stage_is_ever_left() {
        let stages = [
            Stage::PendingNew,
            Stage::Accepted,
            Stage::Held,
            Stage::New,
            Stage::PartiallyFilled,
            Stage::Filled,
            Stage::Canceled,
            Stage::Expired,
            Stage::Replaced,
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

    #[test]
    fn an_order_by_dollars_is_filled_when_the_venue_says_so() {
        let mut order = sample();
        (order.notional, order.qty) = (Money::parse("1000").ok(), Qty::ZERO);
        let price = Price::parse("400").unwrap();
        order.fill(price, Qty::ONE, false, Nanos(2));
        assert_eq!(order.dollars_left(), Money::parse("600").ok());
        assert_eq!((order.leaves(), order.status()), (Qty::ZERO, "partially_filled"));
        order.fill(price, Qty(1_500_000_000), true, Nanos(3));
        assert_eq!((order.qty, order.status()), (Qty(2_500_000_000), "filled"));
    }
}
