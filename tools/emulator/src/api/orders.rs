//! `/v2/orders`: place, list, show, cancel (`alpaca.md` §4).

use super::query::Query;
use super::{Answer, Body};
use crate::book::broker::Broker;
use crate::book::order::Order;
use crate::book::orders::{Listing, Which};
use crate::book::ticket::Ticket;
use crate::refusal::Refusal;
use crate::wire::Uuid;
use crate::wire::order::OrderView;
use serde::Serialize;
use serde_json::Value;
use st0ck_types::ids::parse_uuid;
use st0ck_types::{Side, Symbol};

/// `POST /v2/orders`: 200 with the order as it was received; fills come later, on the stream.
pub(super) fn place(broker: &mut Broker, body: &[u8]) -> Answer {
    let index = broker.submit(Ticket::parse(body)?)?;
    let order = broker.orders.at(index);
    Ok(Body::ok(&OrderView::new(order)))
}

/// `GET /v2/orders`.
pub(super) fn list(broker: &Broker, query: &Query) -> Answer {
    let which = [("open", Which::Open), ("closed", Which::Closed), ("all", Which::All)];
    let symbols = query.list("symbols");
    let classes = query.list("asset_class");
    // There are no groups of orders yet, so nested and flat are one; the value is still checked.
    query.flag("nested")?;
    let listing = Listing {
        which: query.word("status", &which)?.unwrap_or_default(),
        limit: query.count("limit", 50, 500)?,
        after: query.time("after")?,
        until: query.time("until")?,
        after_order: order_bound(broker, query, "after_order_id")?,
        before_order: order_bound(broker, query, "before_order_id")?,
        oldest_first: query.word("direction", &[("asc", true), ("desc", false)])?.unwrap_or(false),
        side: query.word("side", &[("buy", Side::Buy), ("sell", Side::Sell)])?,
        symbols: symbols.into_iter().map(Symbol::new).collect(),
    };
    let equities = classes.is_empty() || classes.contains(&"us_equity");
    let orders = if equities { broker.orders.list(&listing) } else { Vec::new() };
    Ok(Body::ok(&orders.into_iter().map(OrderView::new).collect::<Vec<_>>()))
}

/// `GET /v2/orders/{id}`.
pub(super) fn show(broker: &Broker, id: &str) -> Answer {
    let index = find(broker, id)?;
    Ok(Body::ok(&OrderView::new(broker.orders.at(index))))
}

/// `GET /v2/orders:by_client_order_id`.
pub(super) fn by_client_id(broker: &Broker, query: &Query) -> Answer {
    let id = query.get("client_order_id");
    let id = id.ok_or_else(|| Refusal::parameter("client_order_id is missing"))?;
    let index = broker.orders.find_client(id).ok_or_else(|| not_found(id))?;
    Ok(Body::ok(&OrderView::new(broker.orders.at(index))))
}

/// `DELETE /v2/orders/{id}`: 204 means only that it was asked for.
pub(super) fn cancel(broker: &mut Broker, id: &str) -> Answer {
    let index = find(broker, id)?;
    broker.cancel(index)?;
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
pub(super) fn cancel_all(broker: &mut Broker) -> Body {
    let open: Vec<usize> = broker.orders.open().collect();
    let cancel = |index: usize| {
        let refusal = broker.cancel(index).err();
        Canceled {
            id: Uuid(broker.orders.at(index).id),
            status: if refusal.is_none() { 200 } else { 500 },
            body: refusal.map(|refusal| refusal.body()),
        }
    };
    Body::multi_status(&open.into_iter().map(cancel).collect::<Vec<_>>())
}

fn find(broker: &Broker, id: &str) -> Result<usize, Refusal> {
    parse_uuid(id).and_then(|uuid| broker.orders.find(uuid)).ok_or_else(|| not_found(id))
}

fn order_bound(broker: &Broker, query: &Query, key: &str) -> Result<Option<u128>, Refusal> {
    let Some(id) = query.get(key) else { return Ok(None) };
    let order: &Order = broker.orders.at(find(broker, id)?);
    Ok(Some(order.id))
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("order not found for {id}"))
}
