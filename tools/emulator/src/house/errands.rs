//! What the house does with an order by itself, without the venue: put off until the reply is on its
//! way, for the reply must not tell what comes later.

use crate::book::order::Stage;
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use st0ck_types::Nanos;

/// One of these things.
#[derive(Debug, Clone, Copy)]
pub(super) enum Errand {
    /// Puts an order among those that wait for a print.
    Watch(AccountNo, usize),
    /// Puts the order in the place of the one that it replaces.
    Replace(AccountNo, usize),
}

impl House {
    /// Does what was put off until the reply.
    pub(super) fn run_errands(&mut self) {
        while let Some(errand) = self.errands.pop_front() {
            let at = self.now;
            match errand {
                Errand::Watch(who, index) => self.watch(who, index, at),
                Errand::Replace(who, index) => self.replace_here(who, index, at),
            }
        }
    }

    /// An order waits for a print from now on; a trailing one starts at the market of now.
    pub(super) fn watch(&mut self, who: AccountNo, index: usize, at: Nanos) {
        let order = self.book(who).orders.at(index);
        if !order.is_open() {
            return;
        }
        if let Some(price) = self.assets[order.asset].price() {
            self.trail(who, index, price, at);
        }
        self.move_to(who, index, Stage::New, Event::New, at);
    }
}
