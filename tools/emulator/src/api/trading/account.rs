//! `GET /v2/account`.

use crate::api::route::{Call, Method, Route};
use crate::api::{Answer, Body, Desk};
use crate::wire::account::AccountView;

pub(crate) const ROUTES: &[Route] =
    &[Route::trading(Method::Get, "/v2/account", &[(200, Some("Account"))], show)];

/// The account with its figures of this moment.
fn show(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    let figures = desk.house.figures(desk.who);
    let pdt_keys = desk.settings.pdt_keys;
    let book = desk.book();
    Ok(Body::ok(&AccountView::new(&book.account, &book.settings, &figures, pdt_keys)))
}
