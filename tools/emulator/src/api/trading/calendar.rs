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
.with_query(&[Param::new("start", ParamKind::Date), Param::new("end", ParamKind::Date)])];

/// The sessions from `start` to `end`, both included; all that the calendar knows without them.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let (first, last) = known_days(desk.house.session.date);
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
