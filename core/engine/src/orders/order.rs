//! One order: its stage, the request pending on it, and the bound on what it can still do.
//!
//! Changed only by the transitions in `apply.rs`; read by strategies, the gate and status pages.

use st0ck_types::{BrokerOrderId, Money, Nanos, OrderNo, OrderRequest, Qty};

macro_rules! stages {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $text:literal, $terminal:literal;)+) => {
        /// How far an order got. The numbers are those of the kept state and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Stage { $($(#[doc = $doc])+ $name = $number),+ }

        impl Stage {
            /// Every stage, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on screens and in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Whether nothing more is expected of the order; late facts still find it.
            #[must_use]
            pub fn is_terminal(self) -> bool {
                match self { $(Self::$name => $terminal),+ }
            }

            /// The stage with this number in the kept state.
            #[must_use]
            pub fn from_u8(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

stages! {
    /// Decided, passed by the gate and journaled; not handed to a socket.
    Intent = 0, "intent", false;
    /// Its bytes may be on the wire.
    Sending = 1, "sending", false;
    /// Its outcome cannot be known yet; it counts in full until the broker is asked.
    Unknown = 2, "unknown", false;
    /// The broker has it.
    Working = 3, "working", false;
    /// Wholly filled.
    Filled = 4, "filled", true;
    /// Canceled at the broker.
    Canceled = 5, "canceled", true;
    /// Its lifetime ended at the broker.
    Expired = 6, "expired", true;
    /// The broker would not do it.
    Rejected = 7, "rejected", true;
    /// Replaced at the broker by another order.
    Replaced = 8, "replaced", true;
    /// Proved absent at the broker; its id is burnt.
    Lost = 9, "lost", true;
    /// The gateway did not send it: nothing left the process.
    Refused = 10, "refused", true;
    /// It shows life after it was over: it counts in full, is canceled, and trading halts.
    Zombie = 11, "zombie", false;
}

/// What was asked of the broker about an order and is not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pending {
    /// Nothing.
    #[default]
    None,
    /// That it end.
    Cancel {
        /// Lane time of the request.
        since: Nanos,
    },
}

/// Evidence that the broker has no such order. Only an UNKNOWN order collects it; any sign of life
/// wipes it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Absence {
    /// The first look-up by our id, late enough to count, that found nothing.
    pub first: Option<Nanos>,
    /// Whether another one, far enough from the first, found nothing either.
    pub spaced: bool,
    /// Whether a reconciliation that began after `first` is under way.
    pub listing: bool,
    /// Whether such a reconciliation ended, stable, without the order in the broker's list.
    pub unlisted: bool,
}

/// One order of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What was asked for.
    pub request: OrderRequest,
    /// How far it got.
    pub stage: Stage,
    /// What else was asked of the broker about it.
    pub pending: Pending,
    /// The broker's id, when known.
    pub broker_id: BrokerOrderId,
    /// Filled so far: the sum of the distinct executions booked. Never decreases.
    pub cum: Qty,
    /// Σ price · quantity of those executions, without the contract multiplier.
    pub cost: Money,
    /// The most that the broker said is filled; above `cum` when executions have not reached us.
    pub told: Qty,
    /// When the request was last known to be under way: decided, then written, then given up.
    pub asked_at: Nanos,
    /// Lane time of the last change.
    pub updated_at: Nanos,
    /// What speaks for its being lost.
    pub absence: Absence,
}

impl Order {
    /// An order as it was decided.
    #[must_use]
    pub fn new(request: OrderRequest) -> Self {
        Self {
            stage: Stage::Intent,
            pending: Pending::None,
            broker_id: BrokerOrderId::NONE,
            cum: Qty::ZERO,
            cost: Money::ZERO,
            told: Qty::ZERO,
            asked_at: request.decided_at,
            updated_at: request.decided_at,
            absence: Absence::default(),
            request,
        }
    }

    /// Its ordinal.
    #[must_use]
    pub fn no(&self) -> OrderNo {
        self.request.no
    }

    /// The exposure bound: how much more it can still add to the position, in the worst case.
    ///
    /// What the broker says was filled and has not reached us, in any case; while the order is not
    /// known to be over, no less than all of it that is not booked.
    #[must_use]
    pub fn leaves(&self) -> Qty {
        let unbooked = excess(self.request.qty, self.cum);
        if self.is_live() { unbooked.max(self.missing()) } else { self.missing() }
    }

    /// How much the broker says was filled beyond what was booked: executions to be fetched.
    #[must_use]
    pub fn missing(&self) -> Qty {
        excess(self.told, self.cum)
    }

    /// Whether it may still trade, as far as we know.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.stage.is_terminal()
    }

    /// Whether it is over. Late facts still find it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.stage.is_terminal()
    }

    /// Whether it is over and every execution that the broker told of is booked.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_terminal() && self.missing().is_zero()
    }

    /// Whether a cancel request is under way.
    #[must_use]
    pub fn is_cancel_pending(&self) -> bool {
        self.pending != Pending::None
    }

    /// Whether its end may be asked for: it may still trade, and nobody asked already.
    #[must_use]
    pub fn is_cancelable(&self) -> bool {
        self.is_live() && !self.is_cancel_pending()
    }
}

/// `a - b`, not below zero.
fn excess(a: Qty, b: Qty) -> Qty {
    Qty(a.0.saturating_sub(b.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::manager::tests::buy;

    #[test]
    fn stage_numbers_round_trip() {
        for &stage in Stage::ALL {
            assert_eq!(Stage::from_u8(stage as u8), Some(stage));
        }
        assert_eq!(Stage::from_u8(12), None);
    }

    #[test]
    fn more_filled_than_ordered_counts_while_it_is_on_its_way() {
        let told = Qty::units(12).unwrap();
        let order = Order { stage: Stage::Working, told, ..Order::new(buy(1, 10)) };
        assert_eq!(order.leaves(), told);
    }

    #[test]
    fn only_life_or_missing_fills_count_as_exposure() {
        for &stage in Stage::ALL {
            let mut order = Order { stage, cum: Qty::ONE, told: Qty::ONE, ..Order::new(buy(1, 5)) };
            let live = Qty::units(4).unwrap();
            let want = if stage.is_terminal() { Qty::ZERO } else { live };
            assert_eq!(order.leaves(), want, "{stage:?}");
            order.told = Qty::units(3).unwrap();
            assert_eq!(order.missing(), Qty::units(2).unwrap());
            let want = if stage.is_terminal() { order.missing() } else { live };
            assert_eq!(order.leaves(), want, "{stage:?} with missing fills");
        }
    }
}
