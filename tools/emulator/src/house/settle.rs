//! What the venue tells, written into the books: the only place where orders, positions, cash and
//! executions change after an order was taken in.
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

    pub(super) fn book_venue_events(&mut self) {
        while let Some(event) = self.venue.pop() {
            let ((who, index), at) = (self.routes.owner(event.key()), event.at());
            match event {
                SimEvent::Accepted { .. } => self.move_to(who, index, Stage::New, Event::New, at),
                SimEvent::Fill { price, qty, .. } => self.book_fill(who, index, price, qty, at),
                SimEvent::Canceled { .. } | SimEvent::Ended { .. } => {
                    self.move_to(who, index, Stage::Canceled, Event::Canceled, at);
                }
                SimEvent::Expired { .. } => {
                    self.move_to(who, index, Stage::Expired, Event::Expired, at);
                }
                SimEvent::CancelTooLate { .. } => self.tell(who, index, Event::CancelRejected, at),
                SimEvent::Replaced { .. } | SimEvent::ReplaceTooLate { .. } => {
                    unreachable!("no order is sent to the venue in another's place")
                }
            }
            self.forget_if_told(&event);
        }
    }

    fn book_fill(&mut self, who: AccountNo, index: usize, price: Price, qty: Qty, at: Nanos) {
        let book = self.book_mut(who);
        book.forget_executions();
        let execution_id = book.ids.uuid();
        let order = book.orders.change(index, |order| order.fill(price, qty, at));
        let position = &mut book.positions[order.asset];
        position.fill(order.side, price, qty);
        book.account.cash -= price.times(order.side.signed(qty));
        book.executions.push(Execution::of(order, execution_id, price, qty, at));
        let event = if order.is_open() { Event::PartialFill } else { Event::Fill };
        let fill = Some(FillFacts { price, qty, position_qty: position.qty });
        let order = order.clone();
        self.updates.push_back(Update { who, event, at, execution_id, fill, order });
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
    }

    /// Tells of an order as it is now.
    pub(super) fn tell(&mut self, who: AccountNo, index: usize, event: Event, at: Nanos) {
        let book = self.book_mut(who);
        let execution_id = book.ids.uuid();
        let order = book.orders.at(index).clone();
        self.updates.push_back(Update { who, event, at, execution_id, fill: None, order });
    }
}
