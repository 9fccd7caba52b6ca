//! `GET /v2/clock`.

use crate::api::route::{Call, Method, Route};
use crate::api::{Answer, Body, Desk};
use crate::wire::session::ClockView;
use st0ck_types::calendar::NYSE;
use st0ck_types::time::DAY;

pub(crate) const ROUTES: &[Route] =
    &[Route::trading(Method::Get, "/v2/clock", &[(200, Some("Clock"))], show)];

/// Session time, and whether the market is open: never again once the recording is over.
fn show(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    let house = &desk.house;
    let (now, session) = (house.now(), &house.session);
    // A day outside the calendar's years repeats itself: the best that can be said about the next.
    let next_open = NYSE.next_open_after(now).unwrap_or(session.open + DAY);
    let next_close = if house.is_open() {
        session.close
    } else {
        NYSE.next_close_after(now).unwrap_or(session.close + DAY)
    };
    Ok(Body::ok(&ClockView::new(now, house.is_open(), next_open, next_close)))
}
