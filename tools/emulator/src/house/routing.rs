//! The way of orders to the one venue and back from it, and their names there.
//!
//! *Invariant:* a key is given once. It is known until the venue has said its last word on it, or the
//! order was taken back, so this does not grow with the orders of a session.

use crate::book::order::{Order, Stage};
use crate::book::update::Event;
use crate::house::{AccountNo, Errand, House};
use st0ck_sim::{SimEvent, SimOrder};
use st0ck_types::Nanos;
use std::collections::BTreeMap;

/// Whose order a venue key names.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    owners: BTreeMap<u64, (AccountNo, usize)>,
    next: u64,
}

impl Routes {
    /// A fresh key for the order at an index of an account's book.
    pub(crate) fn assign(&mut self, who: AccountNo, index: usize) -> u64 {
        let key = self.next;
        self.next += 1;
        self.owners.insert(key, (who, index));
        key
    }

    /// The order that a key names is another one from now on.
    pub(crate) fn pass_on(&mut self, key: u64, who: AccountNo, index: usize) {
        self.owners.insert(key, (who, index));
    }

    /// Whose order it is; nobody's any more when it was taken back.
    pub(crate) fn owner(&self, key: u64) -> Option<(AccountNo, usize)> {
        self.owners.get(&key).copied()
    }

    /// The venue has nothing more to say of it.
    pub(crate) fn forget(&mut self, key: u64) {
        self.owners.remove(&key);
    }

    /// Keys of which the venue may still tell something.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }
}

impl House {
    /// Sends an order on its way: to the venue, or among those that wait for a print.
    pub(super) fn send(&mut self, who: AccountNo, index: usize) {
        if self.book(who).orders.at(index).kind.waits_for_print() {
            self.errands.push_back(Errand::Watch(who, index));
        } else {
            self.route(who, index);
        }
    }

    /// Sends an order to the venue.
    pub(super) fn route(&mut self, who: AccountNo, index: usize) {
        let sent = self.for_venue(who, index);
        if self.venue.submit(sent).is_err() {
            self.routes.forget(sent.key);
            self.move_to(who, index, Stage::Rejected, Event::Rejected, sent.at);
        }
    }

    /// What the venue is sent of an order, under a fresh key.
    pub(super) fn for_venue(&mut self, who: AccountNo, index: usize) -> SimOrder {
        let key = self.routes.assign(who, index);
        let order = self.book_mut(who).orders.change(index, |order| order.key = Some(key));
        let (side, kind, qty) = (order.side, order.kind.at_venue(order.side), order.leaves());
        let lifetime = order.lifetime.at_venue(order.extended_hours);
        let (asset, dollars) = (order.asset, order.dollars_left());
        let (instrument, at) = (self.assets[asset].instrument, self.now);
        let sent = SimOrder::new(key, instrument, side, kind, qty, at).lasting(lifetime);
        dollars.map_or(sent, |dollars| sent.worth(dollars))
    }

    /// Takes an order back from the venue at once, and what is under way to take its place: one book
    /// at one broker needs no messages. It stays open.
    pub(super) fn park(&mut self, who: AccountNo, index: usize, at: Nanos) {
        if let Some(new) = self.book(who).orders.at(index).replacement {
            self.end_replacement(who, new, at);
        }
        let key = self.book(who).orders.at(index).key;
        if let Some(key) = key {
            self.venue.withdraw(key);
            self.routes.forget(key);
            self.book_mut(who).orders.change(index, |order| order.key = None);
        }
    }

    /// Whether an order is open, and not forgotten long since.
    pub(super) fn is_open_order(&self, who: AccountNo, index: usize) -> bool {
        self.book(who).orders.get(index).is_some_and(Order::is_open)
    }

    /// Ends an order at once, wherever it is.
    pub(super) fn end_now(
        &mut self,
        who: AccountNo,
        index: usize,
        stage: Stage,
        event: Event,
        at: Nanos,
    ) {
        if self.is_open_order(who, index) {
            self.park(who, index, at);
            self.move_to(who, index, stage, event, at);
        }
    }

    /// Forgets a key after the venue's last word on it: the order's end, or the answer to a cancel
    /// that met the end on its way.
    pub(super) fn forget_if_told(&mut self, told: &SimEvent) {
        let Some((who, index)) = self.routes.owner(told.key()) else { return };
        let order = self.book(who).orders.at(index);
        let answered = matches!(told, SimEvent::Canceled { .. } | SimEvent::CancelTooLate { .. });
        if !order.is_open() && (answered || order.cancel_requested_at.is_none()) {
            self.routes.forget(told.key());
        }
    }
}
