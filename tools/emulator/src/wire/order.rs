//! The order object (`alpaca.md` §4.4): in REST replies and inside every `trade_updates` message.

use super::{Null, Shown, Uuid};
use crate::book::Book;
use crate::book::order::{Order, Stage};
use crate::book::update::Event;
use crate::terms::Trail;
use serde::Serialize;
use st0ck_types::{Money, Nanos, Price, Qty, Symbol};

/// Every key of an order.
#[derive(Debug, Serialize)]
pub(crate) struct OrderView<'a> {
    id: Uuid,
    client_order_id: &'a str,
    created_at: Shown<Nanos>,
    updated_at: Shown<Nanos>,
    submitted_at: Shown<Nanos>,
    filled_at: Option<Shown<Nanos>>,
    expired_at: Option<Shown<Nanos>>,
    expires_at: Shown<Nanos>,
    canceled_at: Option<Shown<Nanos>>,
    failed_at: Option<Shown<Nanos>>,
    replaced_at: Option<Shown<Nanos>>,
    replaced_by: Option<Uuid>,
    replaces: Option<Uuid>,
    asset_id: Uuid,
    symbol: Shown<Symbol>,
    asset_class: &'static str,
    notional: Option<Shown<Money>>,
    qty: Option<Shown<Qty>>,
    filled_qty: Shown<Qty>,
    filled_avg_price: Option<Shown<Price>>,
    order_class: &'static str,
    order_type: &'static str,
    r#type: &'static str,
    side: &'static str,
    position_intent: &'static str,
    time_in_force: &'static str,
    limit_price: Option<Shown<Price>>,
    stop_price: Option<Shown<Price>>,
    status: &'static str,
    extended_hours: bool,
    legs: Option<Vec<OrderView<'a>>>,
    trail_percent: Option<Shown<Price>>,
    trail_price: Option<Shown<Price>>,
    hwm: Option<Shown<Price>>,
    subtag: Null,
    source: Null,
}

impl<'a> OrderView<'a> {
    /// The order as a listing shows it.
    pub(crate) fn new(order: &'a Order) -> Self {
        Self::with_status(order, order.status())
    }

    /// The order with those of its group inside it, if it is the parent of one.
    pub(crate) fn nested(book: &'a Book, index: usize) -> Self {
        let order = book.orders.at(index);
        let group = order.group.map(|group| &book.groups[group]);
        let group = group.filter(|group| group.parent() == Some(index));
        let legs = group.map(|group| {
            group.children().filter_map(|c| book.orders.get(c)).map(Self::new).collect()
        });
        Self { legs, ..Self::new(order) }
    }

    /// The order right after an event: a pending cancel does not hide what happened.
    pub(crate) fn at_event(order: &'a Order, event: Event) -> Self {
        match event {
            Event::PendingReplace => Self::new(order),
            _ => Self::with_status(order, order.stage.as_str()),
        }
    }

    fn with_status(order: &'a Order, status: &'static str) -> Self {
        // Dollars become shares when the order is filled.
        let qty_known = order.notional.is_none() || order.stage == Stage::Filled;
        let (trail_price, trail_percent) = match order.kind.trail() {
            Some(Trail::Price(price)) => (Some(Shown(price)), None),
            Some(Trail::Percent(percent)) => (None, Some(Shown(percent))),
            None => (None, None),
        };
        Self {
            id: Uuid(order.id),
            client_order_id: &order.client_order_id,
            created_at: Shown(order.created_at),
            updated_at: Shown(order.updated_at),
            submitted_at: Shown(order.created_at),
            filled_at: order.ended_as(Stage::Filled).map(Shown),
            expired_at: order.ended_as(Stage::Expired).map(Shown),
            expires_at: Shown(order.expires_at),
            canceled_at: order.ended_as(Stage::Canceled).map(Shown),
            failed_at: order.ended_as(Stage::Rejected).map(Shown),
            replaced_at: order.ended_as(Stage::Replaced).map(Shown),
            replaced_by: order.replaced_by.map(Uuid),
            replaces: order.replaces.map(|(_, id)| Uuid(id)),
            asset_id: Uuid(order.asset_id),
            symbol: Shown(order.symbol),
            asset_class: "us_equity",
            notional: order.notional.map(Shown),
            qty: qty_known.then_some(Shown(order.qty)),
            filled_qty: Shown(order.filled),
            filled_avg_price: order.filled_average().map(Shown),
            order_class: order.class.as_str(),
            order_type: order.kind.as_str(),
            r#type: order.kind.as_str(),
            side: order.side.as_str(),
            position_intent: order.intent.as_str(),
            time_in_force: order.lifetime.as_str(),
            limit_price: order.kind.limit().map(Shown),
            stop_price: order.kind.stop().map(Shown),
            status,
            extended_hours: order.extended_hours,
            legs: None,
            trail_percent,
            trail_price,
            hwm: order.kind.hwm().map(Shown),
            subtag: None,
            source: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::order::tests::sample;

    #[test]
    fn money_is_strings_and_what_is_absent_is_null() {
        let text = String::from_utf8(super::super::json(&OrderView::new(&sample()))).unwrap();
        for part in [
            r#""qty":"10","filled_qty":"0","filled_avg_price":null"#,
            r#""limit_price":"367.5","stop_price":null,"status":"new","extended_hours":false"#,
            r#""order_type":"limit","type":"limit""#,
            r#""expires_at":"1970-01-01T00:00:00.000001000Z""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
