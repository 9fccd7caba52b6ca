//! `GET /v2/positions` and `/v2/positions/{symbol or id}`.

use crate::api::route::{Call, Method, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::position::PositionView;
use st0ck_types::{Qty, Side};

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, "/v2/positions", &[(200, Some("Position[]"))], list),
    Route::trading(
        Method::Get,
        "/v2/positions/{symbol_or_asset_id}",
        &[(200, Some("Position")), (404, Some("Error"))],
        show,
    ),
];

/// Every open position.
fn list(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    let held = (0..desk.house.assets.len()).filter_map(|index| view(desk, index));
    Ok(Body::ok(&held.collect::<Vec<_>>()))
}

/// One open position.
fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let asset = desk.house.asset(call.args.get("symbol_or_asset_id"));
    let view = asset.and_then(|index| view(desk, index));
    view.map(|view| Body::ok(&view)).ok_or_else(|| Refusal::not_found("position does not exist"))
}

/// `None` when the account is flat in the asset.
fn view(desk: &Desk<'_>, index: usize) -> Option<PositionView> {
    let (book, asset) = (desk.book(), &desk.house.assets[index]);
    let position = &book.positions[index];
    let closing = match position.qty.0.signum() {
        0 => return None,
        1 => Side::Sell,
        _ => Side::Buy,
    };
    let held = book.orders.open_on(index, closing).map(|order| order.leaves().0).sum();
    Some(PositionView::new(asset, position, Qty(held)))
}
