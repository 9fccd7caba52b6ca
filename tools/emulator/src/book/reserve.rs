//! What open orders reserve: shares of the position for those that close it, buying power for those
//! that open one.
//!
//! *Invariant:* what can trade once is reserved once. Of two exits of a group one trades, of an order
//! and its replacement one, and each pair reserves what the greater of the two would.

use crate::book::Book;
use crate::book::account::cost_basis;
use crate::book::order::{Leg, Order};
use crate::market::asset::Asset;
use st0ck_types::{Money, Qty, Side};

impl Book {
    /// Shares of an asset's position that closing orders of that side may still trade.
    pub(crate) fn held(&self, asset: usize, side: Side) -> Qty {
        let exits = self.orders.open_on(asset, side).map(|order| self.held_by(order).0);
        // What an entry has traded so far is its exits', whose turn comes when it has traded all.
        let entries = self.orders.open_on(asset, side.opposite());
        let entries = entries.map(|order| self.entered(order).0);
        Qty(exits.sum::<i64>() + entries.sum::<i64>())
    }

    fn held_by(&self, order: &Order) -> Qty {
        let counted = self.sibling(order).is_some_and(Order::holds_shares);
        if !order.holds_shares() || self.is_counted_as_new(order) {
            return Qty::ZERO;
        }
        if order.leg == Leg::StopLoss && counted {
            return Qty::ZERO;
        }
        let replacement = order.replacement.map(|index| self.orders.at(index).leaves());
        order.leaves().max(replacement.unwrap_or_default())
    }

    fn entered(&self, order: &Order) -> Qty {
        match order.group {
            Some(group) if order.leg == Leg::Entry && !self.is_counted_as_new(order) => {
                Qty(order.filled.0 + self.groups[group].entered_before.0)
            }
            _ => Qty::ZERO,
        }
    }

    /// The other exit of an order's group.
    pub(crate) fn sibling(&self, order: &Order) -> Option<&Order> {
        let sibling = self.groups[order.group?].sibling(order.leg)?;
        self.orders.get(sibling)
    }

    /// Whether it is to take the place of an order that is still open, which counts for both.
    fn is_counted_as_new(&self, order: &Order) -> bool {
        let old = order.replaces.and_then(|(old, _)| self.orders.get(old));
        old.is_some_and(Order::is_open)
    }

    /// Buying power that opening orders bind.
    pub(crate) fn reserved(&self, assets: &[Asset]) -> Money {
        let open = self.orders.all_open();
        open.filter(|order| order.intent.opens() && !self.is_counted_as_new(order))
            .map(|order| {
                let asset = &assets[order.asset];
                let replacement = order.replacement.map(|index| self.orders.at(index));
                let of_new = replacement.map(|new| bound_by(new, asset));
                bound_by(order, asset).max(of_new.unwrap_or_default())
            })
            .sum()
    }
}

/// Buying power that an opening order binds.
pub(crate) fn bound_by(order: &Order, asset: &Asset) -> Money {
    order
        .dollars_left()
        .unwrap_or_else(|| cost_basis(order.side, order.kind, order.leaves(), asset))
}
