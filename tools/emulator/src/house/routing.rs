//! The names under which orders of all accounts stand at the one venue.
//!
//! *Invariant:* a key is given once. It is known until the venue has said its last word on it, so
//! this does not grow with the orders of a session.

use crate::book::order::Stage;
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use st0ck_sim::{SimEvent, SimOrder};
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

    /// Whose order it is.
    pub(crate) fn owner(&self, key: u64) -> (AccountNo, usize) {
        *self.owners.get(&key).expect("the venue tells only of orders that it has")
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
    /// Sends an order to the venue.
    pub(super) fn route(&mut self, who: AccountNo, index: usize) {
        let key = self.routes.assign(who, index);
        let order = self.book_mut(who).orders.change(index, |order| order.key = Some(key));
        let lifetime = order.lifetime.at_venue(order.extended_hours);
        let (asset, side, kind, qty) = (order.asset, order.side, order.kind.at_venue(), order.qty);
        let (instrument, at) = (self.assets[asset].instrument, self.now);
        let sent = SimOrder::new(key, instrument, side, kind, qty, at).lasting(lifetime);
        if self.venue.submit(sent).is_err() {
            self.routes.forget(key);
            self.move_to(who, index, Stage::Rejected, Event::Rejected, at);
        }
    }

    /// Forgets a key after the venue's last word on it: the order's end, or the answer to a cancel
    /// that met the end on its way.
    pub(super) fn forget_if_told(&mut self, told: &SimEvent) {
        let (who, index) = self.routes.owner(told.key());
        let order = self.book(who).orders.at(index);
        let answered = matches!(told, SimEvent::Canceled { .. } | SimEvent::CancelTooLate { .. });
        if !order.is_open() && (answered || order.cancel_requested_at.is_none()) {
            self.routes.forget(told.key());
        }
    }
}
