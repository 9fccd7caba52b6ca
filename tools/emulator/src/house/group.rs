//! Orders that belong together: how the fate of one moves the others (`alpaca.md` §4.6).
//!
//! | what happens | what follows |
//! |---|---|
//! | the entry is wholly filled | its exits start: the take-profit goes to the venue, the stop is watched |
//! | the entry ends otherwise | its exits are canceled |
//! | an exit is wholly filled | the other one is canceled |
//! | an exit is partly filled | the other one shrinks to what is left, silently |
//! | an exit expires | so does the other one |
//! | an exit ends otherwise | so does the other one, and an entry that is still open is canceled |
//!
//! *Invariant:* it takes no time: a broker has one book.

use crate::book::group::Group;
use crate::book::order::{Leg, Order, Stage};
use crate::book::update::Event;
use crate::checks::Draft;
use crate::house::{AccountNo, House};
use crate::refusal::Refusal;
use crate::terms::{Class, Kind};
use crate::ticket::Exits;
use st0ck_types::{Nanos, Price, Qty};

impl House {
    /// An entry meets a flat account, exits meet a position.
    pub(super) fn check_group(&self, who: AccountNo, draft: &Draft<'_>) -> Result<(), Refusal> {
        let book = self.book(who);
        let flat = book.positions[draft.asset_index].qty.is_zero();
        let idle = || book.orders.open().all(|at| book.orders.at(at).asset != draft.asset_index);
        match draft.class {
            Class::Bracket | Class::Oto if !(flat && idle()) => {
                let word = draft.class.as_str();
                Err(Refusal::business(format!("{word} orders must be entry orders")))
            }
            Class::Oco if draft.intent.opens() => {
                Err(Refusal::business("oco orders must be exit orders"))
            }
            _ => Ok(()),
        }
    }

    /// Makes the orders that belong to a new one.
    pub(super) fn form_group(&mut self, who: AccountNo, parent: usize, exits: Exits) {
        let class = self.book(who).orders.at(parent).class;
        if !class.is_group() {
            return;
        }
        let leg = if class == Class::Oco { Leg::TakeProfit } else { Leg::Entry };
        let book = self.book_mut(who);
        let no = book.groups.len();
        book.groups.push(Group::default());
        book.groups[no].set(leg, parent);
        book.orders.change(parent, |order| (order.group, order.leg) = (Some(no), leg));
        if let Some(limit) = exits.take_profit.filter(|_| leg == Leg::Entry) {
            self.add_exit(who, parent, Leg::TakeProfit, Kind::Limit(limit));
        }
        if let Some(exit) = exits.stop_loss {
            let stop = exit.stop;
            let kind = exit.limit.map_or(Kind::Stop(stop), |limit| Kind::StopLimit { stop, limit });
            self.add_exit(who, parent, Leg::StopLoss, kind);
        }
    }

    fn add_exit(&mut self, who: AccountNo, parent: usize, leg: Leg, kind: Kind) {
        let book = self.book_mut(who);
        let order = book.orders.at(parent).clone();
        let is_entry = order.leg == Leg::Entry;
        let exit = Order {
            id: book.ids.uuid(),
            client_order_id: book.ids.uuid_string(),
            side: if is_entry { order.side.opposite() } else { order.side },
            intent: if is_entry { order.intent.closing() } else { order.intent },
            kind,
            leg,
            armed: !is_entry,
            stage: Stage::Held,
            ..order
        };
        let group = exit.group;
        let index = book.orders.insert(exit);
        if let Some(group) = group {
            book.groups[group].set(leg, index);
        }
    }

    /// An order has changed: moves the others of its group.
    pub(super) fn follow(&mut self, who: AccountNo, index: usize, at: Nanos) {
        let order = self.book(who).orders.at(index);
        let (stage, leg, leaves) = (order.stage, order.leg, order.leaves());
        let Some(group) = order.group.map(|no| &self.book(who).groups[no]) else { return };
        let (entry, exits, sibling) = (group.entry, group.exits(), group.sibling(leg));
        // A replacement that never lived is no leg.
        if entry != Some(index) && !group.exits().any(|exit| exit == index) {
            return;
        }
        match (leg, stage) {
            (Leg::Entry, Stage::Filled) => exits.for_each(|exit| self.start_exit(who, exit, at)),
            (Leg::Entry, Stage::Canceled | Stage::Expired | Stage::Rejected) => {
                exits.for_each(|exit| self.end(who, Some(exit), Stage::Canceled, at));
            }
            (Leg::Entry | Leg::Alone, _) => {}
            (Leg::TakeProfit, Stage::New) => self.show_stop(who, entry, sibling, at),
            (_, Stage::PartiallyFilled) => self.shrink(who, sibling, leaves, at),
            (_, Stage::Filled) => self.end(who, sibling, Stage::Canceled, at),
            (_, Stage::Expired) => self.end(who, sibling, Stage::Expired, at),
            (_, Stage::Canceled | Stage::Rejected) => {
                self.end(who, sibling, Stage::Canceled, at);
                self.cancel_entry(who, entry);
            }
            _ => {}
        }
    }

    fn start_exit(&mut self, who: AccountNo, index: usize, at: Nanos) {
        let exit = self.book_mut(who).orders.change(index, |order| order.armed = true);
        if !exit.is_open() {
            return;
        }
        if exit.kind.waits_for_print() {
            self.watch(who, index, at);
        } else {
            self.route(who, index);
        }
    }

    /// Shows the stop of an oco order as working too, if the rules say so.
    fn show_stop(&mut self, who: AccountNo, entry: Option<usize>, stop: Option<usize>, at: Nanos) {
        let is_oco = entry.is_none() && self.floor.rules.oco_stop_new;
        let held = |stop: &usize| self.book(who).orders.at(*stop).stage == Stage::Held;
        if let Some(stop) = stop.filter(|stop| is_oco && held(stop)) {
            self.watch(who, stop, at);
        }
    }

    fn end(&mut self, who: AccountNo, exit: Option<usize>, stage: Stage, at: Nanos) {
        let event = if stage == Stage::Expired { Event::Expired } else { Event::Canceled };
        if let Some(index) = exit {
            self.end_now(who, index, stage, event, at);
        }
    }

    fn shrink(&mut self, who: AccountNo, exit: Option<usize>, leaves: Qty, at: Nanos) {
        let Some(index) = exit.filter(|&exit| self.is_open_order(who, exit)) else {
            return;
        };
        self.book_mut(who).orders.change(index, |order| {
            order.qty = Qty(order.filled.0 + leaves.0);
            order.updated_at = at;
        });
    }

    /// Its cancel takes its time: an entry may be at the venue.
    fn cancel_entry(&mut self, who: AccountNo, entry: Option<usize>) {
        if let Some(entry) = entry.filter(|&entry| self.is_open_order(who, entry)) {
            // One that is on its way out already needs no second cancel.
            let _ = self.cancel(who, entry);
        }
    }

    /// The limit of a group's take-profit and the stop of its stop-loss, were an exit to have other
    /// prices.
    pub(super) fn exit_prices(
        &self,
        who: AccountNo,
        order: &Order,
        kind: Kind,
    ) -> (Option<Price>, Option<Price>) {
        let sibling = self.book(who).sibling(order).map(|sibling| sibling.kind);
        match order.leg {
            Leg::TakeProfit => (kind.limit(), sibling.and_then(Kind::stop)),
            Leg::StopLoss => (sibling.and_then(Kind::limit), kind.stop()),
            Leg::Entry | Leg::Alone => (None, None),
        }
    }
}
