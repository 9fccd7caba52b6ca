//! Other terms for an order: a new order in its place (`alpaca.md` §4.5).
//!
//! The old one is `pending_replace` until the venue answers, and trades on meanwhile; what it trades
//! is taken off the new one. Orders that are not at the venue are replaced at once.
//!
//! *Invariant:* until the answer both are in the book and one of them can trade.

use crate::book::order::{Leg, Order, Stage};
use crate::book::reserve::bound_by;
use crate::book::update::Event;
use crate::checks::{self, Draft};
use crate::config::MarketRules;
use crate::house::{AccountNo, Errand, House};
use crate::refusal::Refusal;
use crate::terms::{Kind, Lifetime};
use crate::ticket::{Exits, Patch};
use st0ck_types::{Money, Nanos, Qty};

/// What is different about the new order.
struct Terms {
    kind: Kind,
    /// Shares that the new order is for: what was asked for less what has filled, unless the rules
    /// forget that.
    qty: Qty,
    lifetime: Lifetime,
}

impl House {
    /// Asks for an order's terms to change; the index of the new order, which is on its way.
    pub(crate) fn replace(
        &mut self,
        who: AccountNo,
        index: usize,
        patch: Patch,
    ) -> Result<usize, Refusal> {
        let old = self.book(who).orders.at(index);
        self.check_state(who, old)?;
        let terms = new_terms(old, &patch, self.floor.rules)?;
        self.check_terms(who, old, &terms, &patch)?;
        let at = self.now;
        let new = self.insert_replacement(who, index, terms, patch.client_order_id);
        self.book_mut(who).orders.change(index, |order| {
            order.replacement = Some(new);
            order.updated_at = at;
        });
        self.tell(who, index, Event::PendingReplace, at);
        match self.book(who).orders.at(index).key {
            None => self.errands.push_back(Errand::Replace(who, new)),
            Some(key) => {
                let sent = self.for_venue(who, new);
                if self.venue.replace(key, sent).is_err() {
                    self.end_replacement(who, new, at);
                }
            }
        }
        Ok(new)
    }

    fn check_state(&self, who: AccountNo, old: &Order) -> Result<(), Refusal> {
        let chained = old.replaces.is_some_and(|(index, _)| self.is_open_order(who, index));
        let message = match old.stage {
            Stage::Replaced => String::from("order already replaced"),
            Stage::PendingNew if chained => String::from("order chain not fully replaced"),
            Stage::PendingNew => format!("cannot replace order in {} status", old.status()),
            _ if old.is_open()
                && (old.cancel_requested_at.or(old.replacement.map(|_| self.now))).is_some() =>
            {
                format!("cannot replace order in {} status", old.status())
            }
            Stage::New | Stage::PartiallyFilled if !old.elected => return Ok(()),
            Stage::Held if old.armed => return Ok(()),
            _ => String::from("unable to replace order, order is not open"),
        };
        Err(Refusal::business(message))
    }

    fn check_terms(
        &self,
        who: AccountNo,
        old: &Order,
        terms: &Terms,
        patch: &Patch,
    ) -> Result<(), Refusal> {
        let (book, asset) = (self.book(who), &self.assets[old.asset]);
        checks::unique_client_id(patch.client_order_id.as_deref(), &book.orders)?;
        checks::increments(terms.kind, &Exits::default())?;
        if patch.stop.is_some() {
            checks::stop_side(old.side, terms.kind, asset)?;
        }
        let (take_profit, stop) = self.exit_prices(who, old, terms.kind);
        checks::exits_apart(old.side, take_profit, stop)?;
        let draft = Draft {
            asset,
            asset_index: old.asset,
            side: old.side,
            kind: terms.kind,
            class: old.class,
            qty: terms.qty,
            dollars: None,
            intent: old.intent,
        };
        checks::wash_trade(&draft, &book.orders)?;
        if old.intent.opens() {
            let freed = bound_by(old, asset);
            return checks::buying_power(&draft, &self.figures(who), freed);
        }
        checks::quantity(&draft, book, old.leaves())
    }

    fn insert_replacement(
        &mut self,
        who: AccountNo,
        index: usize,
        terms: Terms,
        client_order_id: Option<String>,
    ) -> usize {
        let (at, old) = (self.now, self.book(who).orders.at(index).clone());
        let expires_at = self.expiry(terms.lifetime, old.extended_hours);
        let book = self.book_mut(who);
        let new = Order {
            id: book.ids.uuid(),
            client_order_id: client_order_id.unwrap_or_else(|| book.ids.uuid_string()),
            kind: terms.kind,
            qty: terms.qty,
            lifetime: terms.lifetime,
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage: Stage::PendingNew,
            key: None,
            replacement: None,
            replaced_by: None,
            replaces: Some((index, old.id)),
            created_at: at,
            updated_at: at,
            expires_at,
            ..old
        };
        book.orders.insert(new)
    }

    /// The venue has put an order in the place of another.
    pub(super) fn on_replaced(&mut self, who: AccountNo, new: usize, at: Nanos) {
        let Some((old, _)) = self.book(who).orders.at(new).replaces else { return };
        let new_id = self.book(who).orders.at(new).id;
        let book = self.book_mut(who);
        let order = book.orders.change(old, |order| {
            order.replaced_by = Some(new_id);
            order.replacement = None;
        });
        let (leg, filled) = (order.leg, order.filled);
        if let Some(group) = order.group {
            let group = &mut book.groups[group];
            group.set(leg, new);
            if leg == Leg::Entry {
                group.entered_before.0 += filled.0;
            }
        }
        self.move_to(who, old, Stage::Replaced, Event::Replaced, at);
    }

    /// The same for orders that are not at the venue.
    pub(super) fn replace_here(&mut self, who: AccountNo, new: usize, at: Nanos) {
        if !self.book(who).orders.at(new).is_open() {
            return;
        }
        self.on_replaced(who, new, at);
        if self.book(who).orders.at(new).kind.waits_for_print() {
            self.watch(who, new, at);
        } else {
            self.move_to(who, new, Stage::New, Event::New, at);
        }
    }

    /// A replacement comes to nothing: the old order stays what it is.
    pub(super) fn end_replacement(&mut self, who: AccountNo, new: usize, at: Nanos) {
        let order = self.book(who).orders.at(new);
        let (key, replaces, is_open) = (order.key, order.replaces, order.is_open());
        if let Some(key) = key {
            self.venue.withdraw(key);
            self.routes.forget(key);
        }
        if let Some((old, _)) = replaces {
            self.book_mut(who).orders.change(old, |order| order.replacement = None);
            self.tell(who, old, Event::ReplaceRejected, at);
        }
        if is_open {
            self.move_to(who, new, Stage::Rejected, Event::Rejected, at);
        }
    }

    /// Gives an order that is live another id, without asking anybody: the same order at the venue, as
    /// has been seen of brackets' exits (`alpaca.md` §14).
    pub(crate) fn renew(&mut self, who: AccountNo, id: u128) {
        let Some(old) = self.book(who).orders.find(id).filter(|at| self.is_open_order(who, *at))
        else {
            return;
        };
        let order = self.book(who).orders.at(old);
        let (key, at) = (order.key, self.now);
        let terms = Terms { kind: order.kind, qty: order.leaves(), lifetime: order.lifetime };
        let new = self.insert_replacement(who, old, terms, None);
        if let Some(key) = key {
            self.routes.pass_on(key, who, new);
            self.book_mut(who).orders.change(old, |order| order.key = None);
            self.book_mut(who).orders.change(new, |order| order.key = Some(key));
        }
        self.on_replaced(who, new, at);
        self.move_to(who, new, Stage::New, Event::New, at);
    }

    /// Takes what an order traded off the one that is to take its place.
    pub(super) fn shrink_replacement(&mut self, who: AccountNo, new: usize, by: Qty, at: Nanos) {
        if self.floor.rules.replace_reuses_qty {
            return;
        }
        let order = self.book_mut(who).orders.change(new, |order| order.qty.0 -= by.0);
        match (order.leaves(), order.key) {
            (left, _) if left <= Qty::ZERO => self.end_replacement(who, new, at),
            (left, Some(key)) => {
                self.venue.reduce(key, left);
            }
            _ => {}
        }
    }
}

fn new_terms(old: &Order, patch: &Patch, rules: MarketRules) -> Result<Terms, Refusal> {
    if old.notional.is_some() {
        return Err(Refusal::business("notional orders cannot be replaced"));
    }
    let kind = patch.kind(old.kind)?;
    let asked = patch.qty.unwrap_or(old.qty);
    let lifetime = patch.lifetime.unwrap_or(old.lifetime);
    let other_qty = asked != old.qty;
    if kind == old.kind && !other_qty && lifetime == old.lifetime && patch.client_order_id.is_none()
    {
        return Err(Refusal::business("order parameters are not changed"));
    }
    let is_whole = |qty: Qty| qty.is_on_lot(Qty::ONE);
    let message = if old.class.is_group() && other_qty {
        "qty cannot be changed for advanced orders"
    } else if old.class.is_group() && lifetime != old.lifetime {
        "time_in_force cannot be changed for advanced orders"
    } else if other_qty && !(is_whole(asked) && is_whole(old.qty)) {
        "qty of fractional orders cannot be changed"
    } else if lifetime != Lifetime::Day && !is_whole(asked) {
        "fractional orders must be DAY orders"
    } else if asked <= old.filled {
        "qty must be > filled_qty"
    } else {
        let filled = if rules.replace_reuses_qty { 0 } else { old.filled.0 };
        return Ok(Terms { kind, qty: Qty(asked.0 - filled), lifetime });
    };
    Err(Refusal::business(message))
}
