//! `/v2/positions`: list, show, close (`alpaca.md` §5).

use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::house::Closing;
use crate::refusal::Refusal;
use crate::wire::Shown;
use crate::wire::order::OrderView;
use crate::wire::position::PositionView;
use serde::Serialize;
use serde_json::Value;
use st0ck_types::{Price, Qty, Side, Symbol};

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, "/v2/positions", &[(200, Some("Position[]"))], list),
    Route::trading(
        Method::Get,
        "/v2/positions/{symbol_or_asset_id}",
        &[(200, Some("Position")), UNKNOWN],
        show,
    ),
    Route::trading(
        Method::Delete,
        "/v2/positions",
        &[(207, Some("ClosedPosition[]")), (422, Some("Error"))],
        close_all,
    )
    .with_query(&[Param::new("cancel_orders", ParamKind::Bool)]),
    Route::trading(
        Method::Delete,
        "/v2/positions/{symbol_or_asset_id}",
        &[(200, Some("Order")), (403, Some("Error")), UNKNOWN, (422, Some("Error"))],
        close,
    )
    .with_query(&[
        Param::new("qty", ParamKind::Amount),
        Param::new("percentage", ParamKind::Amount),
    ]),
    Route::trading(
        Method::Post,
        "/v2/positions/{symbol_or_contract_id}/exercise",
        &[UNKNOWN],
        no_contract,
    ),
    Route::trading(
        Method::Post,
        "/v2/positions/{symbol_or_contract_id}/do-not-exercise",
        &[UNKNOWN],
        no_contract,
    ),
];

const UNKNOWN: (u16, Option<&str>) = (404, Some("Error"));

/// Every open position.
fn list(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    let held = (0..desk.house.assets.len()).filter_map(|index| view(desk, index).transpose());
    Ok(Body::ok(&held.collect::<Result<Vec<_>, _>>()?))
}

/// One open position.
fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let index = asset(desk, call)?;
    let view = view(desk, index)?;
    view.map(|view| Body::ok(&view)).ok_or_else(|| Refusal::not_found("position does not exist"))
}

/// The asset that the path names.
fn asset(desk: &Desk<'_>, call: &Call<'_>) -> Result<usize, Refusal> {
    let name = call.args.get("symbol_or_asset_id");
    desk.house.asset(name).ok_or_else(|| Refusal::not_found(format!("symbol not found: {name}")))
}

/// `None` when the account is flat in the asset.
fn view(desk: &mut Desk<'_>, index: usize) -> Result<Option<PositionView>, Refusal> {
    let closing = match desk.book().positions[index].qty.0.signum() {
        0 => return Ok(None),
        1 => Side::Sell,
        _ => Side::Buy,
    };
    let before = desk.past.day_before(index, desk.past.date());
    let before = before.map_err(|error| Refusal::lost(&error))?;
    let (book, asset) = (desk.book(), &desk.house.assets[index]);
    let (position, held) = (&book.positions[index], book.held(index, closing));
    Ok(Some(PositionView::new(asset, position, held, before.map(|bar| bar.close))))
}

/// `DELETE /v2/positions/{symbol or id}`: 200 with the order that closes it, or a part of it.
fn close(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let asset = asset(desk, call)?;
    let index = desk.house.close_position(desk.who, asset, closing(&call.query)?)?;
    Ok(Body::ok(&OrderView::new(desk.book().orders.at(index))))
}

fn closing(query: &Query) -> Result<Closing, Refusal> {
    let hundred = Price(100 * Price::ONE.0);
    match (query.get("qty"), query.get("percentage")) {
        (None, None) => Ok(Closing::All),
        (Some(_), Some(_)) => Err(Refusal::parameter("only one of qty or percentage is accepted")),
        (Some(qty), None) => match Qty::parse(qty) {
            Ok(qty) if qty > Qty::ZERO => Ok(Closing::Shares(qty)),
            Ok(_) => Err(Refusal::parameter("qty must be > 0")),
            Err(_) => Err(Refusal::parameter("invalid qty")),
        },
        (None, Some(percent)) => match Price::parse(percent) {
            Ok(percent) if percent > Price::ZERO && percent <= hundred => {
                Ok(Closing::Percent(percent))
            }
            _ => Err(Refusal::parameter("invalid percentage")),
        },
    }
}

fn order_value(order: &OrderView<'_>) -> Value {
    serde_json::to_value(order).expect("an order has string keys and nothing that can fail")
}

#[derive(Serialize)]
struct Closed {
    symbol: Shown<Symbol>,
    status: u16,
    body: Value,
}

/// `DELETE /v2/positions`: 207 with one entry for each position. Open orders keep the shares that they
/// hold, unless they are canceled first.
fn close_all(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    if call.query.flag("cancel_orders")? {
        desk.house.withdraw_all(desk.who);
    }
    let all = 0..desk.house.assets.len();
    let held = all.filter(|&asset| !desk.book().positions[asset].qty.is_zero());
    let held: Vec<usize> = held.collect();
    let close = |asset: usize| {
        let symbol = Shown(desk.house.assets[asset].symbol);
        match desk.house.close_position(desk.who, asset, Closing::All) {
            Ok(index) => {
                let order = OrderView::new(desk.book().orders.at(index));
                Closed { symbol, status: 200, body: order_value(&order) }
            }
            Err(refusal) => Closed { symbol, status: refusal.status, body: refusal.body() },
        }
    };
    Ok(Body::multi_status(&held.into_iter().map(close).collect::<Vec<_>>()))
}

/// Exercising: there are no options here, so nobody holds one.
fn no_contract(_: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let symbol = call.args.get("symbol_or_contract_id");
    Err(Refusal::not_found(format!("long position not found: {symbol}")))
}
