//! `GET /v2/clock` and `/v2/calendar`.

use super::query::Query;
use super::{Answer, Body};
use crate::book::broker::Broker;
use crate::refusal::Refusal;
use crate::wire::session::{ClockView, DayView};
use st0ck_types::calendar::{Date, NYSE, Session};
use st0ck_types::time::DAY;

/// Session time, and whether the market is open: never again once the recording is over.
pub(super) fn clock(broker: &Broker) -> Body {
    let (now, session) = (broker.now(), &broker.session);
    // A day outside the calendar's years repeats itself: the best that can be said about the next.
    let next_open = NYSE.next_open_after(now).unwrap_or(session.open + DAY);
    let next_close = if broker.is_open() {
        session.close
    } else {
        NYSE.next_close_after(now).unwrap_or(session.close + DAY)
    };
    Body::ok(&ClockView::new(now, broker.is_open(), next_open, next_close))
}

/// The sessions from `start` to `end`, both included; all that the calendar knows without them.
pub(super) fn calendar(broker: &Broker, query: &Query) -> Answer {
    let (first, last) = known_days(broker.session.date);
    let start = query.date("start")?.unwrap_or(first).clamp(first, last);
    let end = query.date("end")?.unwrap_or(last).clamp(first, last);
    if query.get("start").is_some() && query.get("end").is_some() && end < start {
        return Err(Refusal::parameter("end cannot be before start"));
    }
    let sessions =
        NYSE.sessions(start, end).map_err(|error| Refusal::parameter(error.to_string()))?;
    let days: Vec<DayView> =
        sessions.map(|session| DayView::new(&session, settlement(&session))).collect();
    Ok(Body::ok(&days))
}

fn known_days(today: Date) -> (Date, Date) {
    let years = NYSE.years();
    let first = Date::new(*years.start(), 1, 1).unwrap_or(today);
    let last = Date::new(*years.end(), 12, 31).unwrap_or(today);
    (first, last)
}

/// Trades settle one session later since 2024-05-28, two before (SEC Rule 15c6-1).
fn settlement(session: &Session) -> Date {
    let after = |date| NYSE.session_after(date).map_or(date, |next| next.date);
    let one_day_from = Date::new(2024, 5, 28).unwrap_or(session.date);
    let next = after(session.date);
    if session.date >= one_day_from { next } else { after(next) }
}
