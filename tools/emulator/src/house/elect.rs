//! Stops: watched by the broker, and sent to the venue when somebody traded at their price
//! (`alpaca.md` §4.2, §13.6).
//!
//! *Invariant:* of two exits of a group at most one is at the venue, so they cannot both trade.

use crate::book::order::Leg;
use crate::house::{AccountNo, House};
use st0ck_types::market::IRREGULAR;
use st0ck_types::{Nanos, Price, Trade};

impl House {
    /// Somebody traded: trailing stops follow, and whoever waited for that price goes to the venue.
    /// Only regular prints inside the quote count, in core hours.
    pub(super) fn on_print(&mut self, asset: usize, trade: &Trade) {
        let regular = trade.flags & IRREGULAR == 0 && trade.price > Price::ZERO;
        if !regular || !self.is_open() || !self.assets[asset].is_inside_quote(trade.price) {
            return;
        }
        for place in 0..self.books.len() {
            let who = AccountNo::at(place);
            let watched: Vec<usize> = self.book(who).orders.watched().collect();
            for index in watched {
                let order = self.book(who).orders.at(index);
                // What another's election ended meanwhile is not watched any more.
                if order.asset == asset && order.is_watched() {
                    self.trail(who, index, trade.price, self.now);
                    self.elect(who, index, trade.price);
                }
            }
        }
    }

    /// Lets a trailing stop follow the market, silently.
    pub(super) fn trail(&mut self, who: AccountNo, index: usize, price: Price, at: Nanos) {
        let order = self.book(who).orders.at(index);
        if let Some(kind) = order.kind.trailed(order.side, price) {
            self.book_mut(who).orders.change(index, |order| {
                order.kind = kind;
                order.updated_at = at;
            });
        }
    }

    fn elect(&mut self, who: AccountNo, index: usize, print: Price) {
        let (order, at) = (self.book(who).orders.at(index), self.now);
        if !order.kind.is_elected_by(order.side, print) || order.cancel_requested_at.is_some() {
            return;
        }
        let group = order.group.filter(|_| order.leg == Leg::StopLoss);
        let other = group.and_then(|group| self.book(who).groups[group].take_profit);
        if let Some(other) = other.filter(|&other| self.is_open_order(who, other)) {
            // A cancel of it ends the whole group when it arrives.
            if self.book(who).orders.at(other).cancel_requested_at.is_some() {
                return;
            }
            self.park(who, other, at);
        }
        self.book_mut(who).orders.change(index, |order| order.elected = true);
        self.route(who, index);
        self.book_venue_events();
    }
}
