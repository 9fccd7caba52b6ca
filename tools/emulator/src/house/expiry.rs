//! When an order's lifetime ends.

use crate::book::order::{Order, Stage};
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use crate::terms::Lifetime;
use st0ck_types::Nanos;
use st0ck_types::calendar::NYSE;

/// Good-till-canceled orders end after so many days, at 16:15 New York time (`alpaca.md` §4.2).
const GTC_DAYS: i32 = 90;

impl House {
    /// The end of an order's lifetime, were it received now.
    pub(super) fn expiry(&self, lifetime: Lifetime, extended_hours: bool) -> Nanos {
        if lifetime == Lifetime::Gtc {
            let last_day = NYSE.zone().date(self.now).plus_days(GTC_DAYS);
            return NYSE.at_local(last_day, 16, 15, 0);
        }
        // Past the last year of the calendar the session at hand is the best answer there is.
        let next = NYSE.session_containing_or_next(self.now).unwrap_or(self.session);
        if extended_hours { next.post_close } else { next.close }
    }

    /// The day is over for orders that the venue does not have.
    pub(super) fn expire_here(&mut self) {
        // For the next session, or for the hours after this one.
        let outlives = |order: &Order| order.stage == Stage::Accepted || order.extended_hours;
        for place in 0..self.books.len() {
            let who = AccountNo::at(place);
            let open: Vec<usize> = self.book(who).orders.open().collect();
            for index in open {
                let order = self.book(who).orders.at(index);
                let ends = order.lifetime == Lifetime::Day && order.key.is_none();
                // One of a group takes the others with it; exits of a waiting entry wait with it.
                if order.is_open() && ends && order.armed && !outlives(order) {
                    let at = self.now;
                    self.end_now(who, index, Stage::Expired, Event::Expired, at);
                }
            }
        }
    }
}
