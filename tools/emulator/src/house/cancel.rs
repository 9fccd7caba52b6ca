//! The wish to end an order.

use crate::book::order::Stage;
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use crate::refusal::Refusal;

impl House {
    /// Asks for an order to end.
    pub(crate) fn cancel(&mut self, who: AccountNo, index: usize) -> Result<(), Refusal> {
        let now = self.now;
        let order = self.book(who).orders.at(index);
        let busy = order.cancel_requested_at.is_some() || order.replacement.is_some();
        if !order.is_open() || busy {
            let message = format!("order is already in \"{}\" state", order.status());
            return Err(Refusal::business(message));
        }
        let key = order.key;
        self.book_mut(who).orders.change(index, |order| {
            order.cancel_requested_at = Some(now);
            order.updated_at = now;
        });
        match key {
            Some(key) => self.venue.cancel(key, now),
            // It is not at the venue, so nobody has to be asked.
            None => self.move_to(who, index, Stage::Canceled, Event::Canceled, now),
        }
        Ok(())
    }
}
