//! The order object (`alpaca.md` §4.4): in REST replies and inside every `trade_updates` message.

use super::{Null, Shown, Uuid};
use crate::book::order::Order;
use serde::Serialize;
use st0ck_types::{Nanos, Price, Qty, Symbol};

/// Every key of an order. Keys of order types and classes not emulated yet are null.
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
    replaced_at: Null,
    replaced_by: Null,
    replaces: Null,
    asset_id: Uuid,
    symbol: Shown<Symbol>,
    asset_class: &'static str,
    notional: Null,
    qty: Shown<Qty>,
    filled_qty: Shown<Qty>,
    filled_avg_price: Option<Shown<Price>>,
    order_class: &'static str,
    order_type: &'static str,
    r#type: &'static str,
    side: &'static str,
    position_intent: &'static str,
    time_in_force: &'static str,
    limit_price: Option<Shown<Price>>,
    stop_price: Null,
    status: &'static str,
    extended_hours: bool,
    legs: Null,
    trail_percent: Null,
    trail_price: Null,
    hwm: Null,
    subtag: Null,
    source: Null,
}

impl<'a> OrderView<'a> {
    /// The order as a listing shows it.
    pub(crate) fn new(order: &'a Order) -> Self {
        Self::with_status(order, order.status())
    }

    /// The order right after an event: a pending cancel does not hide what happened.
    pub(crate) fn at_event(order: &'a Order) -> Self {
        Self::with_status(order, order.stage.as_str())
    }

    fn with_status(order: &'a Order, status: &'static str) -> Self {
        Self {
            id: Uuid(order.id),
            client_order_id: &order.client_order_id,
            created_at: Shown(order.created_at),
            updated_at: Shown(order.updated_at),
            submitted_at: Shown(order.created_at),
            filled_at: order.filled_at.map(Shown),
            expired_at: order.expired_at.map(Shown),
            expires_at: Shown(order.expires_at),
            canceled_at: order.canceled_at.map(Shown),
            failed_at: order.failed_at.map(Shown),
            replaced_at: None,
            replaced_by: None,
            replaces: None,
            asset_id: Uuid(order.asset_id),
            symbol: Shown(order.symbol),
            asset_class: "us_equity",
            notional: None,
            qty: Shown(order.qty),
            filled_qty: Shown(order.filled),
            filled_avg_price: order.filled_average().map(Shown),
            order_class: order.class.as_str(),
            order_type: order.kind.as_str(),
            r#type: order.kind.as_str(),
            side: order.side.as_str(),
            position_intent: order.intent.as_str(),
            time_in_force: order.lifetime.as_str(),
            limit_price: order.kind.limit().map(Shown),
            stop_price: None,
            status,
            extended_hours: order.extended_hours,
            legs: None,
            trail_percent: None,
            trail_price: None,
            hwm: None,
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
