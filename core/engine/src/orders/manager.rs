//! The table of the session's orders: takes them in, notes whose end was asked for, keeps the books.
//!
//! Orders stand in the table by ordinal and stay there when they are over, so that late facts find
//! them. Those not settled are listed apart: everything done per input costs what is open, not
//! what was ever sent.
//!
//! *Invariant:* nothing allocates after [`OrderManager::new`].

use super::apply::AnomalyKind;
use super::executions::Executions;
use super::ids::Identity;
use super::order::{Order, Pending, Stage};
use crate::risk::Approved;
use st0ck_types::state::StateHasher;
use st0ck_types::{ClientOrderId, Epoch, Nanos, OrderNo, OrderRequest, StateSink};

/// Orders of one session at most, whatever room was asked for: their places are 32-bit numbers.
const ORDERS_MOST: usize = 1 << 24;
/// Executions remembered per order of capacity; a session's average is far below.
const EXECUTIONS_PER_ORDER: usize = 4;

/// The first anomaly that halts, kept until [`OrderManager::clear_fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFault {
    /// Which order.
    pub no: OrderNo,
    /// What is wrong.
    pub kind: AnomalyKind,
}

/// A recorded order does not continue the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdoptError {
    /// The order's ordinal.
    pub no: OrderNo,
    /// The ordinal that should come next; [`OrderNo::NONE`] when the table is full.
    pub expected: OrderNo,
}

/// The orders of one session.
#[derive(Debug)]
pub struct OrderManager {
    pub(super) ids: Identity,
    /// The id of some order of this process life: those of the others differ in their ordinal alone.
    pub(super) any_id: ClientOrderId,
    /// Ordinal of `orders[0]`.
    pub(super) first: u32,
    pub(super) capacity: usize,
    pub(super) orders: Vec<Order>,
    /// Places in `orders` of those not settled, ascending.
    pub(super) open: Vec<u32>,
    pub(super) seen: Executions,
    /// Hash of every change but the newest: stands for the settled orders in the state hash.
    pub(super) history: u64,
    /// The place of the newest change, until [`Self::catch_up`].
    pub(super) changed: Option<u32>,
    pub(super) anomalies: u64,
    pub(super) fault: Option<OrderFault>,
    /// When the reconciliation under way began.
    pub(super) pass: Option<Nanos>,
}

impl OrderManager {
    /// An empty table with room for `capacity` orders.
    #[must_use]
    pub fn new(capacity: usize, ids: Identity) -> Self {
        let capacity = capacity.min(ORDERS_MOST);
        Self {
            ids,
            any_id: ids.mint(OrderNo::NONE),
            first: 1,
            capacity,
            orders: Vec::with_capacity(capacity),
            open: Vec::with_capacity(capacity),
            seen: Executions::new(capacity * EXECUTIONS_PER_ORDER),
            history: 0,
            changed: None,
            anomalies: 0,
            fault: None,
            pass: None,
        }
    }

    /// Sets the ordinal of the session's first order. Only before the first order; later it does
    /// nothing.
    pub fn begin(&mut self, first: OrderNo) {
        if self.orders.is_empty() && first != OrderNo::NONE {
            self.first = first.0;
        }
    }

    /// A new process life mints ids of its own.
    pub fn set_epoch(&mut self, epoch: Epoch) {
        self.ids.epoch = epoch;
        self.any_id = self.ids.mint(OrderNo::NONE);
    }

    /// Ordinal of the next order.
    #[must_use]
    pub fn next_no(&self) -> OrderNo {
        OrderNo(self.first.saturating_add(number(self.orders.len())))
    }

    /// The id that an order of this process life with this ordinal has.
    #[must_use]
    pub fn mint_id(&self, no: OrderNo) -> ClientOrderId {
        self.any_id.with_order(no)
    }

    /// Whether one more order fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let count = self.orders.len();
        count < self.capacity && self.first.checked_add(number(count)).is_some()
    }

    /// Takes in an order that passed the gate.
    ///
    /// # Panics
    /// When it does not carry [`Self::next_no`] or the table is full: the gate checks both.
    pub fn open(&mut self, order: Approved<OrderRequest>) {
        let taken = self.insert(order.into_inner());
        assert!(taken.is_ok(), "the gate approves only what continues the table: {taken:?}");
    }

    /// Takes in an order that the journal says was sent.
    ///
    /// # Errors
    /// [`AdoptError`] when it does not continue the table; nothing changes then.
    pub fn adopt(&mut self, order: OrderRequest) -> Result<(), AdoptError> {
        self.insert(order)
    }

    fn insert(&mut self, request: OrderRequest) -> Result<(), AdoptError> {
        let expected = if self.has_room() { self.next_no() } else { OrderNo::NONE };
        if expected == OrderNo::NONE || request.no != expected {
            return Err(AdoptError { no: request.no, expected });
        }
        self.catch_up();
        let place = self.orders.len();
        self.orders.push(Order::new(request));
        self.open.push(number(place));
        self.remember(place);
        Ok(())
    }

    /// Notes that the end of an order was asked for; what the journal says of orders that are over
    /// or not here is ignored.
    pub fn note_cancel(&mut self, no: OrderNo, at: Nanos) {
        let Some(place) = self.place(no).filter(|&place| self.orders[place].is_live()) else {
            return;
        };
        self.catch_up();
        self.orders[place].pending = Pending::Cancel { since: at };
        self.touch(place, at);
    }

    /// What a new process life knows: an order that nobody reported on may or may not have left,
    /// and so may a cancel.
    pub fn on_restart(&mut self) {
        self.pass = None;
        for i in 0..self.open.len() {
            self.catch_up();
            let place = self.open[i] as usize;
            let order = &mut self.orders[place];
            if matches!(order.stage, Stage::Intent | Stage::Sending) {
                order.stage = Stage::Unknown;
            }
            order.pending = Pending::None;
            self.remember(place);
        }
    }

    /// After a change: its time, its place among the open ones, its trace in the history.
    pub(super) fn touch(&mut self, place: usize, at: Nanos) {
        let order = &mut self.orders[place];
        order.updated_at = at;
        let settled = order.is_settled();
        match (self.open.binary_search(&number(place)), settled) {
            (Ok(i), true) => {
                self.open.remove(i);
            }
            (Err(i), false) => self.open.insert(i, number(place)),
            _ => {}
        }
        self.remember(place);
    }

    /// The order has changed. Its trace in the history costs more than the change and has time.
    fn remember(&mut self, place: usize) {
        debug_assert!(self.changed.is_none(), "whoever changes an order catches up first");
        self.changed = Some(number(place));
    }

    /// Folds the newest change into the history: before the next one, or sooner, when nobody waits.
    #[inline]
    pub fn catch_up(&mut self) {
        if self.changed.is_some() {
            self.history = self.history();
            self.changed = None;
            self.warm_next_place();
        }
    }

    /// Writes something into the place of the next order, which is new memory: whoever lays an order
    /// there would wait for it to come.
    fn warm_next_place(&mut self) {
        let newest = self.orders.last().copied();
        if let (Some(any), Some(next)) = (newest, self.orders.spare_capacity_mut().first_mut()) {
            next.write(any);
        }
    }

    /// Hash of every change so far.
    pub(super) fn history(&self) -> u64 {
        let Some(place) = self.changed else { return self.history };
        let mut hasher = StateHasher::default();
        hasher.u64(self.history);
        super::state::save_order(&self.orders[place as usize], &mut hasher);
        hasher.finish()
    }

    /// Reports that were out of order, so far.
    #[must_use]
    pub fn anomalies(&self) -> u64 {
        self.anomalies
    }

    /// Why trading must stop, if our book of orders can no longer be trusted.
    #[must_use]
    pub fn halted(&self) -> Option<OrderFault> {
        self.fault
    }

    /// A person, or a clean reconciliation, takes the fault back.
    pub fn clear_fault(&mut self) {
        self.fault = None;
    }
}

/// A place in the table as it is listed, or a count of orders.
fn number(place: usize) -> u32 {
    u32::try_from(place).expect("a table has at most 2^24 orders")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::Applied;
    use super::*;
    use st0ck_types::report::Status;
    use st0ck_types::{
        BotCode, InstrumentId, Nonce, OrderKind, PositionEffect, Price, Qty, Report, Seq, Side,
        StrategyId, TimeInForce,
    };

    pub(crate) const IDS: Identity =
        Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"ska"), epoch: Epoch(1_700_000_000) };

    /// A limit buy of whole shares at 100.
    pub(crate) fn buy(no: u32, shares: i64) -> OrderRequest {
        OrderRequest {
            no: OrderNo(no),
            client_id: IDS.mint(OrderNo(no)),
            strategy: StrategyId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            effect: PositionEffect::Open,
            tif: TimeInForce::Day,
            kind: OrderKind::Limit(Price::parse("100").unwrap()),
            qty: Qty::units(shares).unwrap(),
            decided_at: Nanos(1_000),
            cause: Seq(1),
            tag: 0,
        }
    }

    #[test]
    fn ordinals_continue_and_nothing_else_gets_in() {
        let mut orders = OrderManager::new(2, IDS);
        orders.begin(OrderNo(5));
        assert_eq!(orders.next_no(), OrderNo(5));
        let wrong = AdoptError { no: OrderNo(6), expected: OrderNo(5) };
        assert_eq!(orders.adopt(buy(6, 1)), Err(wrong));
        assert_eq!(orders.adopt(buy(5, 1)), Ok(()));
        assert_eq!(orders.adopt(buy(6, 1)), Ok(()));
        let full = AdoptError { no: OrderNo(7), expected: OrderNo::NONE };
        assert_eq!(orders.adopt(buy(7, 1)), Err(full));
        orders.begin(OrderNo(1));
        assert_eq!(orders.get(OrderNo(5)).map(Order::no), Some(OrderNo(5)));
        assert_eq!(orders.get(OrderNo(4)), None);
    }

    #[test]
    fn an_approved_order_starts_as_an_intent_that_counts_in_full() {
        let mut orders = OrderManager::new(1, IDS);
        orders.open(Approved::unchecked(buy(1, 5)));
        let order = orders.get(OrderNo(1)).unwrap();
        assert_eq!((order.stage, order.leaves()), (Stage::Intent, order.request.qty));
        assert!(!orders.has_room());
    }

    #[test]
    #[should_panic(expected = "only what continues the table")]
    fn an_approved_order_out_of_turn_stops_the_lane() {
        OrderManager::new(1, IDS).open(Approved::unchecked(buy(2, 5)));
    }

    #[test]
    fn an_id_of_another_life_is_foreign() {
        let mut orders = OrderManager::new(2, IDS);
        orders.adopt(buy(1, 1)).unwrap();
        let other = Identity { epoch: Epoch(1), ..IDS }.mint(OrderNo(1));
        assert_eq!(orders.find(&other), None);
        assert!(orders.find(&IDS.mint(OrderNo(1))).is_some());
        let status = Status { client_id: other, ..Status::default() };
        assert_eq!(orders.on_report(Nanos(1), &Report::Accepted(status)), Applied::Foreign);
        let nobody = Report::Canceled(Status::default());
        assert_eq!(orders.on_report(Nanos(1), &nobody), Applied::Foreign);
    }

    #[test]
    fn an_order_is_cancelable_while_it_lives_and_no_cancel_is_under_way() {
        let mut orders = OrderManager::new(2, IDS);
        orders.adopt(buy(1, 1)).unwrap();
        let now = |orders: &OrderManager| {
            let order = orders.get(OrderNo(1)).unwrap();
            (order.is_cancelable(), order.pending, order.updated_at)
        };
        assert_eq!(now(&orders), (true, Pending::None, Nanos(1_000)));
        orders.note_cancel(OrderNo(1), Nanos(5));
        assert_eq!(now(&orders), (false, Pending::Cancel { since: Nanos(5) }, Nanos(5)));
        let status = Status { client_id: IDS.mint(OrderNo(1)), ..Status::default() };
        orders.on_report(Nanos(7), &Report::CancelRejected(status));
        assert_eq!(now(&orders), (true, Pending::None, Nanos(7)));
        orders.on_report(Nanos(9), &Report::Canceled(status));
        assert_eq!(now(&orders), (false, Pending::None, Nanos(9)));
    }

    #[test]
    fn a_recorded_cancel_of_an_order_that_is_over_or_unknown_changes_nothing() {
        let mut orders = OrderManager::new(2, IDS);
        orders.adopt(buy(1, 1)).unwrap();
        let status = Status { client_id: IDS.mint(OrderNo(1)), ..Status::default() };
        orders.on_report(Nanos(9), &Report::Canceled(status));
        let (order, history) = (*orders.get(OrderNo(1)).unwrap(), orders.history());
        orders.note_cancel(OrderNo(1), Nanos(10));
        orders.note_cancel(OrderNo(2), Nanos(10));
        assert_eq!(orders.get(OrderNo(1)), Some(&order));
        assert_eq!(orders.history(), history);
    }
}
