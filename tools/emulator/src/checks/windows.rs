//! When orders for auctions are taken (`alpaca.md` §4.2).

use crate::refusal::Refusal;
use crate::terms::Lifetime;
use st0ck_types::Nanos;
use st0ck_types::calendar::{NYSE, Session};
use st0ck_types::time::MINUTE;

/// Both windows open at this hour of New York, for the next day.
const OPENS_AT_HOUR: u32 = 19;
/// So long before the open the opening auction takes no more orders.
const BEFORE_OPEN: i64 = 2 * MINUTE;
/// So long before the close the closing auction takes no more orders.
const BEFORE_CLOSE: i64 = 10 * MINUTE;

/// Whether an order of that lifetime may be given now, `session` being that of the day.
pub(crate) fn auction_window(
    lifetime: Lifetime,
    now: Nanos,
    session: &Session,
) -> Result<(), Refusal> {
    let (ends, message) = match lifetime {
        Lifetime::Opg => (
            session.open - BEFORE_OPEN,
            "opg orders must be submitted after 7:00pm and before 9:28am",
        ),
        Lifetime::Cls => (
            session.close - BEFORE_CLOSE,
            "cls orders must be submitted after 7:00pm and before 3:50pm",
        ),
        _ => return Ok(()),
    };
    let reopens = NYSE.at_local(session.date, OPENS_AT_HOUR, 0, 0);
    if now < ends || now >= reopens { Ok(()) } else { Err(Refusal::forbidden(message)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auctions_take_orders_from_seven_in_the_evening_to_shortly_before_they_are_held() {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let early = NYSE.session("2020-12-24".parse().unwrap()).unwrap().unwrap();
        let taken = |lifetime, session: &Session, hour, minute| {
            let now = NYSE.at_local(session.date, hour, minute, 0);
            auction_window(lifetime, now, session).is_ok()
        };
        for (lifetime, hour, minute, expected) in [
            (Lifetime::Opg, 9, 27, true),
            (Lifetime::Opg, 9, 28, false),
            (Lifetime::Opg, 18, 59, false),
            (Lifetime::Opg, 19, 0, true),
            (Lifetime::Cls, 15, 49, true),
            (Lifetime::Cls, 15, 50, false),
            (Lifetime::Cls, 19, 0, true),
            (Lifetime::Day, 17, 0, true),
        ] {
            assert_eq!(taken(lifetime, &session, hour, minute), expected, "{lifetime:?} {hour}");
        }
        assert!(taken(Lifetime::Cls, &early, 12, 49) && !taken(Lifetime::Cls, &early, 12, 50));
    }
}
