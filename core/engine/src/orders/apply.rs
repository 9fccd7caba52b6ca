//! The transitions of one order: a total function of its state and one broker event.
//!
//! Called by the manager alone, which has already found the order. Each transition changes the
//! order and answers whether anything about the event was out of order.
//!
//! *Invariant:* no transition panics, lowers `cum`, or ends an order on anything but a definite
//! word of the broker, the gateway's word that nothing left, or the whole fence of [`Absence`].

use super::order::{Absence, Order, Pending, Stage};
use st0ck_types::report::{BrokerStage, Fill, Snapshot};
use st0ck_types::time::SECOND;
use st0ck_types::{BrokerOrderId, Nanos, Price, Qty};

/// A look-up that finds nothing counts only this long after the request was last under way:
/// brokers have been seen to accept orders after tens of seconds in a queue.
const ABSENCE_AFTER: i64 = 30 * SECOND;
/// Two look-ups must be at least this far apart.
const ABSENCE_SPACING: i64 = 5 * SECOND;

/// What was out of order about an event. Those that [halt](AnomalyKind::halts) mean that our book
/// of orders can no longer be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AnomalyKind {
    /// It names an order number that was never opened.
    NoSuchOrder = 0,
    /// It does not follow from what is known of the order; the order stays as it is.
    OutOfPlace = 1,
    /// A list shows as alive what ended in the meantime.
    StaleSnapshot = 2,
    /// The order is over, and the event says that it ended in another way.
    Contradiction = 3,
    /// Halts: more was filled than ordered.
    Overfilled = 4,
    /// Halts: an order that was over for good, or never was at the broker, shows life.
    LifeAfterEnd = 5,
    /// Halts: two broker orders under one of our ids.
    TwoBrokerOrders = 6,
    /// Halts: what the broker has under our id is not what we ordered.
    Mismatch = 7,
    /// Halts: an execution without a key, or one that cannot be; it was not booked.
    BadFill = 8,
    /// Halts: no room left to remember executions; it was booked, duplicates may no longer be seen.
    ExecutionTableFull = 9,
}

impl AnomalyKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 10] = [
        Self::NoSuchOrder,
        Self::OutOfPlace,
        Self::StaleSnapshot,
        Self::Contradiction,
        Self::Overfilled,
        Self::LifeAfterEnd,
        Self::TwoBrokerOrders,
        Self::Mismatch,
        Self::BadFill,
        Self::ExecutionTableFull,
    ];

    /// Whether trading must stop until a person, or a clean reconciliation, says otherwise.
    #[must_use]
    pub fn halts(self) -> bool {
        self >= Self::Overfilled
    }

    /// The word on screens and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchOrder => "no_such_order",
            Self::OutOfPlace => "out_of_place",
            Self::StaleSnapshot => "stale_snapshot",
            Self::Contradiction => "contradiction",
            Self::Overfilled => "overfilled",
            Self::LifeAfterEnd => "life_after_end",
            Self::TwoBrokerOrders => "two_broker_orders",
            Self::Mismatch => "mismatch",
            Self::BadFill => "bad_fill",
            Self::ExecutionTableFull => "execution_table_full",
        }
    }
}

/// What a transition found wrong; of several the one that halts, for it matters more.
pub(super) type Verdict = Option<AnomalyKind>;

/// The graver of two verdicts.
pub(super) fn graver(a: Verdict, b: Verdict) -> Verdict {
    if b.is_some_and(AnomalyKind::halts) && !a.is_some_and(AnomalyKind::halts) {
        b
    } else {
        a.or(b)
    }
}

impl Order {
    /// Bytes of the order went to a socket.
    pub(super) fn on_sending(&mut self, at: Nanos) -> Verdict {
        match self.stage {
            Stage::Intent => {
                self.stage = Stage::Sending;
                self.asked_at = at;
                None
            }
            Stage::Sending => None,
            Stage::Refused => self.rise(),
            _ => Some(AnomalyKind::OutOfPlace),
        }
    }

    /// The gateway sent nothing: neither this order, nor, once it is out, the cancel of it.
    pub(super) fn on_send_refused(&mut self) -> Verdict {
        match (self.stage, self.pending) {
            (Stage::Intent, _) => {
                self.end(Stage::Refused);
                None
            }
            (Stage::Refused, _) => None,
            (_, Pending::Cancel { .. }) => {
                self.pending = Pending::None;
                None
            }
            _ => Some(AnomalyKind::OutOfPlace),
        }
    }

    /// The broker has it. After the broker's own end of the order this is a late acknowledgement:
    /// replies and streams come on different sockets.
    pub(super) fn on_accepted(&mut self, broker_id: BrokerOrderId) -> Verdict {
        let never_there = self.was_never_there();
        if !self.learn(broker_id) {
            return Some(AnomalyKind::TwoBrokerOrders);
        }
        match self.stage {
            Stage::Intent | Stage::Sending | Stage::Unknown => {
                self.live_on(Stage::Working);
                None
            }
            _ if never_there => self.rise(),
            _ => None,
        }
    }

    /// The broker says that it is over.
    pub(super) fn on_closed(&mut self, to: Stage, broker_id: BrokerOrderId) -> Verdict {
        let never_there = self.was_never_there();
        if !self.learn(broker_id) {
            return Some(AnomalyKind::TwoBrokerOrders);
        }
        self.close(to, never_there)
    }

    /// An execution, new to us. Whatever the stage, it happened.
    pub(super) fn on_fill(&mut self, fill: &Fill) -> Verdict {
        let cum = self.cum.checked_add(fill.qty).expect("the manager books only what fits");
        let dead = self.was_never_there() || self.stage == Stage::Rejected;
        let one_order = self.learn(fill.broker_id);
        self.cum = cum;
        // Fits: |price| ≤ 2^63 and Σ qty = cum ≤ 2^63, so |Σ price·qty| ≤ 2^126.
        self.cost += fill.price.times(fill.qty);
        let complete = if fill.complete { self.request.qty } else { Qty::ZERO };
        self.told = self.told.max(cum).max(fill.cum_qty).max(complete);
        let verdict = match (one_order, dead) {
            (false, _) => Some(AnomalyKind::TwoBrokerOrders),
            (_, true) => Some(AnomalyKind::LifeAfterEnd),
            _ => self.overfill(),
        };
        if fill.complete || cum >= self.request.qty {
            self.end(Stage::Filled);
        } else if dead {
            self.live_on(Stage::Zombie);
        } else if matches!(self.stage, Stage::Intent | Stage::Sending | Stage::Unknown) {
            self.live_on(Stage::Working);
        }
        verdict
    }

    /// A cancel was refused: the order lives on, or was over before.
    pub(super) fn on_cancel_rejected(&mut self, broker_id: BrokerOrderId) -> Verdict {
        if !self.learn(broker_id) {
            return Some(AnomalyKind::TwoBrokerOrders);
        }
        let asked = self.is_cancel_pending();
        self.pending = Pending::None;
        (!asked && self.is_live()).then_some(AnomalyKind::OutOfPlace)
    }

    /// The outcome of the submit, or of a cancel once the order is out, cannot be known.
    pub(super) fn on_unknown(&mut self, at: Nanos) -> Verdict {
        match self.stage {
            Stage::Intent | Stage::Sending => {
                self.stage = Stage::Unknown;
                self.asked_at = at;
            }
            // A cancel may be asked for again: asking twice does no harm.
            Stage::Unknown | Stage::Working | Stage::Zombie => self.pending = Pending::None,
            // The stream was faster than the reply that never came.
            _ => {}
        }
        None
    }

    /// A look-up by our id found nothing. Only an UNKNOWN order can be lost by it, and only when
    /// all of the fence is passed.
    pub(super) fn on_not_found(&mut self, at: Nanos) -> Verdict {
        match self.stage {
            Stage::Unknown => {}
            _ if self.is_terminal() => return None,
            _ => return Some(AnomalyKind::OutOfPlace),
        }
        if at.since(self.asked_at) < ABSENCE_AFTER {
            return None;
        }
        let first = *self.absence.first.get_or_insert(at);
        self.absence.spaced |= at.since(first) >= ABSENCE_SPACING;
        if self.absence.spaced && self.absence.unlisted {
            self.end(Stage::Lost);
        }
        None
    }

    /// The order as the broker lists it. `pass` is when the reconciliation under way began.
    pub(super) fn on_snapshot(&mut self, snapshot: &Snapshot, pass: Option<Nanos>) -> Verdict {
        if !self.is_what(snapshot) {
            return Some(AnomalyKind::Mismatch);
        }
        let never_there = self.was_never_there();
        if !self.learn(snapshot.broker_id) {
            return Some(AnomalyKind::TwoBrokerOrders);
        }
        self.told = self.told.max(snapshot.filled);
        let verdict = match snapshot.stage {
            BrokerStage::Working => self.on_listed_alive(never_there, pass),
            BrokerStage::Filled => self.close(Stage::Filled, never_there),
            BrokerStage::Canceled => self.close(Stage::Canceled, never_there),
            BrokerStage::Expired => self.close(Stage::Expired, never_there),
            BrokerStage::Rejected => self.close(Stage::Rejected, never_there),
            BrokerStage::Replaced => self.close(Stage::Replaced, never_there),
        };
        graver(verdict, self.overfill())
    }

    /// Listed as alive. A list may be older than what the stream has told since, unless the order
    /// was over before the reconciliation even began.
    fn on_listed_alive(&mut self, never_there: bool, pass: Option<Nanos>) -> Verdict {
        match self.stage {
            Stage::Intent | Stage::Sending | Stage::Unknown => {
                self.live_on(Stage::Working);
                None
            }
            Stage::Working | Stage::Zombie => None,
            _ if never_there => self.rise(),
            Stage::Filled => Some(AnomalyKind::StaleSnapshot),
            _ if pass.is_some_and(|began| self.updated_at < began) => self.rise(),
            _ => Some(AnomalyKind::StaleSnapshot),
        }
    }

    /// Ends the order as the broker says, or tells how that contradicts what it said before.
    fn close(&mut self, to: Stage, never_there: bool) -> Verdict {
        if self.is_live() {
            self.end(to);
            let traded = to == Stage::Rejected && !self.cum.is_zero();
            return traded.then_some(AnomalyKind::Contradiction);
        }
        if self.stage == to {
            return None;
        }
        if never_there {
            self.end(to);
            let harmless = to == Stage::Rejected;
            return Some(if harmless {
                AnomalyKind::Contradiction
            } else {
                AnomalyKind::LifeAfterEnd
            });
        }
        if to == Stage::Filled {
            self.end(to);
        }
        Some(AnomalyKind::Contradiction)
    }

    /// Ended without the broker ever having named it.
    fn was_never_there(&self) -> bool {
        match self.stage {
            Stage::Lost | Stage::Refused => true,
            Stage::Rejected => !self.broker_id.is_known(),
            _ => false,
        }
    }

    /// Takes the broker's name for the order; `false` when it already goes by another one.
    fn learn(&mut self, id: BrokerOrderId) -> bool {
        if id.is_known() && !self.broker_id.is_known() {
            self.broker_id = id;
        }
        !id.is_known() || id == self.broker_id
    }

    /// Whether the broker's order is the one we asked for.
    fn is_what(&self, snapshot: &Snapshot) -> bool {
        let asked = &self.request;
        snapshot.instrument == asked.instrument
            && snapshot.side == asked.side
            && snapshot.qty == asked.qty
            && snapshot.limit == asked.kind.limit().unwrap_or(Price::ZERO)
    }

    fn overfill(&self) -> Verdict {
        (self.told > self.request.qty).then_some(AnomalyKind::Overfilled)
    }

    fn end(&mut self, to: Stage) {
        self.stage = to;
        self.pending = Pending::None;
        self.absence = Absence::default();
    }

    fn live_on(&mut self, to: Stage) {
        self.stage = to;
        self.absence = Absence::default();
    }

    /// Life where none can be.
    fn rise(&mut self) -> Verdict {
        self.live_on(Stage::Zombie);
        Some(AnomalyKind::LifeAfterEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_halts_outweighs_what_does_not() {
        let (mild, grave) = (Some(AnomalyKind::OutOfPlace), Some(AnomalyKind::Overfilled));
        assert_eq!(graver(mild, grave), grave);
        assert_eq!(graver(grave, mild), grave);
        assert_eq!(graver(None, mild), mild);
        assert_eq!(graver(mild, None), mild);
    }

    #[test]
    fn numbers_follow_the_list_and_words_are_unique() {
        for (i, kind) in AnomalyKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
            assert_eq!(AnomalyKind::ALL.iter().filter(|k| k.as_str() == kind.as_str()).count(), 1);
        }
    }
}
