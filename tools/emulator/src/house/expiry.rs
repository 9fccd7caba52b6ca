//! When an order's lifetime ends.

use crate::house::House;
use crate::terms::Lifetime;
use crate::ticket::Ticket;
use st0ck_types::Nanos;
use st0ck_types::calendar::NYSE;

/// Good-till-canceled orders end after so many days, at 16:15 New York time (`alpaca.md` §4.2).
const GTC_DAYS: i32 = 90;

impl House {
    /// The end of an order's lifetime, were it received now.
    pub(super) fn expiry(&self, ticket: &Ticket) -> Nanos {
        if ticket.lifetime == Lifetime::Gtc {
            let last_day = NYSE.zone().date(self.now).plus_days(GTC_DAYS);
            return NYSE.at_local(last_day, 16, 15, 0);
        }
        // Past the last year of the calendar the session at hand is the best answer there is.
        let next = NYSE.session_containing_or_next(self.now).unwrap_or(self.session);
        if ticket.extended_hours { next.post_close } else { next.close }
    }
}
