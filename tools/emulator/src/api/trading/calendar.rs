//! `GET /v2/calendar`.

use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::session::DayView;
use st0ck_types::calendar::{Date, NYSE, Session};

pub(crate) const ROUTES: &[Route] = &[Route::trading(
    Method::Get,
    "/v2/calendar",
    &[(200, Some("CalendarDay[]")), (422, Some("Error"))],
    list,
)
.with_query(&[
    Param::new("start", ParamKind::Date),
    Param::new("end", ParamKind::Date),
    Param::new("date_type", ParamKind::Word(&["TRADING", "SETTLEMENT"])),
])];

/// Days from a trade to its settlement, weekends and holidays included: never more.
const SETTLEMENT_DAYS_MAX: i32 = 10;

/// The sessions from `start` to `end`, both included; all that the calendar knows without them. By
/// their own days, or by those on which their trades settle.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let (first, last) = known_days(desk.house.session.date);
    let start = query.date("start")?.unwrap_or(first).clamp(first, last);
    let end = query.date("end")?.unwrap_or(last).clamp(first, last);
    if query.get("start").is_some() && query.get("end").is_some() && end < start {
        return Err(Refusal::parameter("end cannot be before start"));
    }
    let by_settlement = query.word("date_type", &[("TRADING", false), ("SETTLEMENT", true)])?;
    let by_settlement = by_settlement.unwrap_or(false);
    let from = if by_settlement { start.plus_days(-SETTLEMENT_DAYS_MAX).max(first) } else { start };
    let sessions =
        NYSE.sessions(from, end).map_err(|error| Refusal::parameter(error.to_string()))?;
    let days: Vec<DayView> = sessions
        .map(|session| (session, settlement(&session)))
        .filter(|(_, settles)| !by_settlement || (start..=end).contains(settles))
        .map(|(session, settles)| DayView::new(&session, settles))
        .collect();
    Ok(Body::ok(&days))
}

/// The first and the last day that the calendar covers.
pub(super) fn known_days(today: Date) -> (Date, Date) {
    let years = NYSE.years();
    let first = Date::new(*years.start(), 1, 1).unwrap_or(today);
    let last = Date::new(*years.end(), 12, 31).unwrap_or(today);
    (first, last)
}

/// Trades settle one session later since 2024-05-28, two before (SEC Rule 15c6-1).
pub(super) fn settlement(session: &Session) -> Date {
    let after = |date| NYSE.session_after(date).map_or(date, |next| next.date);
    let one_day_from = Date::new(2024, 5, 28).unwrap_or(session.date);
    let next = after(session.date);
    if session.date >= one_day_from { next } else { after(next) }
}
