//! What the venue tells, written into the books: the only place where positions, cash and executions
//! change, and the only way of an order from stage to stage.
//!
//! *Invariant:* every change of an order leaves one [`Update`].

use crate::book::execution::Execution;
use crate::book::order::Stage;
use crate::book::update::{Event, FillFacts, Update};
use crate::house::{AccountNo, House};
use st0ck_sim::SimEvent;
use st0ck_types::{Nanos, Price, Qty};

impl House {
    /// Books what the venue has told. Once the session is over time stands still, so what is still
    /// under way (the cancel of a good-till-canceled order) arrives at once.
    pub(crate) fn settle(&mut self) {
        while let (true, Some(due)) = (self.over, self.venue.next_due()) {
            self.venue.advance(due);
        }
        self.book_venue_events();
    }

    /// Does what was put off, and books what the venue has told.
    pub(super) fn book_venue_events(&mut self) {
        self.run_errands();
        while let Some(event) = self.venue.pop() {
            self.book_event(&event);
            self.forget_if_told(&event);
        }
    }

    fn book_event(&mut self, event: &SimEvent) {
        let at = event.at();
        if let SimEvent::Replaced { by, .. } | SimEvent::ReplaceTooLate { by, .. } = *event {
            return self.book_replacement(event, by, at);
        }
        let Some((who, index)) = self.routes.owner(event.key()) else {
            // A cancel that met the order already taken back.
            assert!(
                matches!(event, SimEvent::CancelTooLate { .. }),
                "the emulator's book is wrong: {event:?} of an order that the venue does not have"
            );
            return;
        };
        match *event {
            SimEvent::Accepted { .. } => self.book_arrival(who, index, at),
            SimEvent::Fill { price, qty, complete, .. } => {
                self.book_fill(who, index, (price, qty, complete), at);
            }
            SimEvent::Canceled { .. } | SimEvent::Ended { .. } => {
                self.move_to(who, index, Stage::Canceled, Event::Canceled, at);
            }
            SimEvent::Expired { .. } => {
                self.move_to(who, index, Stage::Expired, Event::Expired, at);
            }
            SimEvent::CancelTooLate { .. } => self.tell(who, index, Event::CancelRejected, at),
            SimEvent::Replaced { .. } | SimEvent::ReplaceTooLate { .. } => {}
        }
    }

    fn book_replacement(&mut self, event: &SimEvent, by: u64, at: Nanos) {
        let Some((who, new)) = self.routes.owner(by) else { return };
        if matches!(event, SimEvent::Replaced { .. }) {
            self.on_replaced(who, new, at);
        } else {
            self.end_replacement(who, new, at);
        }
    }

    /// An elected stop was live before it came to the venue.
    fn book_arrival(&mut self, who: AccountNo, index: usize, at: Nanos) {
        let stage = self.book(who).orders.at(index).stage;
        if !matches!(stage, Stage::New | Stage::PartiallyFilled) {
            self.move_to(who, index, Stage::New, Event::New, at);
        }
    }

    fn book_fill(
        &mut self,
        who: AccountNo,
        index: usize,
        (price, qty, complete): (Price, Qty, bool),
        at: Nanos,
    ) {
        let book = self.book_mut(who);
        book.forget_executions();
        let execution_id = book.ids.uuid();
        let order = book.orders.change(index, |order| order.fill(price, qty, complete, at));
        let position = &mut book.positions[order.asset];
        position.fill(order.side, price, qty);
        book.account.cash -= price.times(order.side.signed(qty));
        book.executions.push(Execution::of(order, execution_id, price, qty, at));
        let event = if order.is_open() { Event::PartialFill } else { Event::Fill };
        let fill = Some(FillFacts { price, qty, position_qty: position.qty });
        let order = order.clone();
        let replacement = order.replacement.filter(|_| order.is_open());
        self.updates.push_back(Update { who, event, at, execution_id, fill, order });
        if let Some(new) = replacement {
            self.shrink_replacement(who, new, qty, at);
        }
        self.follow(who, index, at);
    }

    /// Moves an order to another stage and tells of it.
    pub(super) fn move_to(
        &mut self,
        who: AccountNo,
        index: usize,
        stage: Stage,
        event: Event,
        at: Nanos,
    ) {
        self.book_mut(who).orders.change(index, |order| order.become_stage(stage, at));
        self.tell(who, index, event, at);
        self.follow(who, index, at);
    }

    /// Tells of an order as it is now.
    pub(super) fn tell(&mut self, who: AccountNo, index: usize, event: Event, at: Nanos) {
        let book = self.book_mut(who);
        let execution_id = book.ids.uuid();
        let order = book.orders.at(index).clone();
        self.updates.push_back(Update { who, event, at, execution_id, fill: None, order });
    }
}
