//! A `trade_updates` message (`alpaca.md` §7).

use super::order::OrderView;
use super::{Shown, Uuid};
use crate::book::update::Update;
use serde::Serialize;
use st0ck_types::{Nanos, Price, Qty};

#[derive(Serialize)]
struct Envelope<'a> {
    stream: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    event: &'static str,
    execution_id: Uuid,
    timestamp: Shown<Nanos>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Shown<Price>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qty: Option<Shown<Qty>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_qty: Option<Shown<Qty>>,
    order: OrderView<'a>,
}

/// The message's JSON.
pub(crate) fn render(update: &Update) -> Vec<u8> {
    let fill = update.fill;
    super::json(&Envelope {
        stream: "trade_updates",
        data: Data {
            event: update.event.as_str(),
            execution_id: Uuid(update.execution_id),
            timestamp: Shown(update.at),
            price: fill.map(|fill| Shown(fill.price)),
            qty: fill.map(|fill| Shown(fill.qty)),
            position_qty: fill.map(|fill| Shown(fill.position_qty)),
            order: OrderView::at_event(&update.order, update.event),
        },
    })
}
