//! `/v2/orders`: place, list, show, replace, cancel (`alpaca.md` §4).

use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::book::Book;
use crate::book::order::Order;
use crate::book::orders::{Listing, Which};
use crate::refusal::Refusal;
use crate::ticket::{Patch, Ticket};
use crate::wire::Uuid;
use crate::wire::order::OrderView;
use serde::Serialize;
use serde_json::Value;
use st0ck_types::ids::parse_uuid;
use st0ck_types::{Side, Symbol};

const ONE: (u16, Option<&str>) = (200, Some("Order"));
const UNKNOWN: (u16, Option<&str>) = (404, Some("Error"));
const INVALID: (u16, Option<&str>) = (422, Some("Error"));

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Post, "/v2/orders", &[ONE, (403, Some("Error")), INVALID], place)
        .with_body("OrderRequest"),
    Route::trading(Method::Get, "/v2/orders", &[(200, Some("Order[]")), UNKNOWN, INVALID], list)
        .with_query(LISTING),
    Route::trading(Method::Delete, "/v2/orders", &[(207, Some("CanceledOrder[]"))], cancel_all),
    Route::trading(Method::Get, "/v2/orders/{order_id}", &[ONE, UNKNOWN, INVALID], show)
        .with_query(&[Param::new("nested", ParamKind::Bool)]),
    Route::trading(
        Method::Patch,
        "/v2/orders/{order_id}",
        &[ONE, (403, Some("Error")), UNKNOWN, INVALID],
        replace,
    )
    .with_body("OrderPatch"),
    Route::trading(
        Method::Delete,
        "/v2/orders/{order_id}",
        &[(204, None), UNKNOWN, INVALID],
        cancel,
    ),
    Route::trading(
        Method::Get,
        "/v2/orders:by_client_order_id",
        &[ONE, UNKNOWN, INVALID],
        by_client_id,
    )
    .with_query(&[Param::new("client_order_id", ParamKind::Text).required()]),
];

const LISTING: &[Param] = &[
    Param::new("status", ParamKind::Word(&["open", "closed", "all"])),
    Param::new("limit", ParamKind::Count { max: LIMIT_MAX }),
    Param::new("after", ParamKind::Time),
    Param::new("until", ParamKind::Time),
    Param::new("direction", ParamKind::Word(&["asc", "desc"])),
    Param::new("nested", ParamKind::Bool),
    Param::new("side", ParamKind::Word(&["buy", "sell"])),
    Param::new("symbols", ParamKind::Symbols),
    Param::new("asset_class", ParamKind::Words(&["us_equity", "us_option", "crypto"])),
    Param::new("before_order_id", ParamKind::Id),
    Param::new("after_order_id", ParamKind::Id),
];
/// Most orders of one listing.
const LIMIT_MAX: usize = 500;

/// `POST /v2/orders`: 200 with the order as it was received, and with its legs; fills come later, on
/// the stream.
fn place(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let index = desk.house.submit(desk.who, Ticket::parse(call.body)?)?;
    Ok(Body::ok(&OrderView::nested(desk.book(), index)))
}

/// `PATCH /v2/orders/{id}`: 200 with the new order, which is on its way into the old one's place.
fn replace(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let index = find(desk.book(), call.args.get("order_id"))?;
    let new = desk.house.replace(desk.who, index, Patch::parse(call.body)?)?;
    Ok(Body::ok(&OrderView::new(desk.book().orders.at(new))))
}

/// `GET /v2/orders`.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let (book, query) = (desk.book(), &call.query);
    let which = [("open", Which::Open), ("closed", Which::Closed), ("all", Which::All)];
    let symbols = query.list("symbols");
    let classes = query.list("asset_class");
    let nested = query.flag("nested")?;
    let listing = Listing {
        which: query.word("status", &which)?.unwrap_or_default(),
        limit: query.count("limit", 50, LIMIT_MAX)?,
        after: query.time("after")?,
        until: query.time("until")?,
        after_order: order_bound(book, query, "after_order_id")?,
        before_order: order_bound(book, query, "before_order_id")?,
        oldest_first: query.word("direction", &[("asc", true), ("desc", false)])?.unwrap_or(false),
        side: query.word("side", &[("buy", Side::Buy), ("sell", Side::Sell)])?,
        symbols: symbols.into_iter().map(Symbol::new).collect(),
    };
    let equities = classes.is_empty() || classes.contains(&"us_equity");
    let orders = if equities { book.orders.list(&listing) } else { Vec::new() };
    if !nested {
        let flat = orders.into_iter().map(|index| OrderView::new(book.orders.at(index)));
        return Ok(Body::ok(&flat.collect::<Vec<_>>()));
    }
    // A leg is shown inside its parent where that is listed, else by itself.
    let is_inside = |index: &usize| {
        let group = book.orders.at(*index).group;
        group.map(|group| &book.groups[group]).is_some_and(|group| {
            let listed = group.parent().is_some_and(|parent| orders.contains(&parent));
            listed && group.children().any(|child| child == *index)
        })
    };
    let shown = orders.iter().copied().filter(|index| !is_inside(index));
    Ok(Body::ok(&shown.map(|index| OrderView::nested(book, index)).collect::<Vec<_>>()))
}

/// `GET /v2/orders/{id}`.
fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let book = desk.book();
    let index = find(book, call.args.get("order_id"))?;
    Ok(Body::ok(&if call.query.flag("nested")? {
        OrderView::nested(book, index)
    } else {
        OrderView::new(book.orders.at(index))
    }))
}

/// `GET /v2/orders:by_client_order_id`.
fn by_client_id(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let id = call.query.get("client_order_id");
    let id = id.ok_or_else(|| Refusal::parameter("client_order_id is missing"))?;
    let index = desk.book().orders.find_client(id).ok_or_else(|| not_found(id))?;
    Ok(Body::ok(&OrderView::new(desk.book().orders.at(index))))
}

/// `DELETE /v2/orders/{id}`: 204 means only that it was asked for.
fn cancel(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let index = find(desk.book(), call.args.get("order_id"))?;
    desk.house.cancel(desk.who, index)?;
    Ok(Body::empty())
}

#[derive(Serialize)]
struct Canceled {
    id: Uuid,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// `DELETE /v2/orders`: 207 with one entry for each open order.
fn cancel_all(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    // What ends with another of its group needs no cancel of its own.
    let open: Vec<usize> = desk.book().orders.open().collect();
    let cancel = |index: usize| {
        let refusal = desk.house.cancel(desk.who, index).err();
        Canceled {
            id: Uuid(desk.book().orders.at(index).id),
            status: if refusal.is_none() { 200 } else { 500 },
            body: refusal.map(|refusal| refusal.body()),
        }
    };
    Ok(Body::multi_status(&open.into_iter().map(cancel).collect::<Vec<_>>()))
}

fn find(book: &Book, id: &str) -> Result<usize, Refusal> {
    if id.is_empty() {
        return Err(Refusal::parameter("order_id is missing"));
    }
    parse_uuid(id).and_then(|uuid| book.orders.find(uuid)).ok_or_else(|| not_found(id))
}

fn order_bound(book: &Book, query: &Query, key: &str) -> Result<Option<u128>, Refusal> {
    let Some(id) = query.get(key) else { return Ok(None) };
    let order: &Order = book.orders.at(find(book, id)?);
    Ok(Some(order.id))
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("order not found for {id}"))
}
