//! The trade activity (`alpaca.md` §2.1).

use super::{Shown, Uuid};
use crate::book::execution::Execution;
use serde::Serialize;
use st0ck_types::{Nanos, Price, Qty, Symbol};

/// One execution as `GET /v2/account/activities` lists it.
#[derive(Debug, Serialize)]
pub(crate) struct ActivityView<'a> {
    id: &'a str,
    activity_type: &'static str,
    transaction_time: Shown<Nanos>,
    r#type: &'static str,
    price: Shown<Price>,
    qty: Shown<Qty>,
    side: &'static str,
    symbol: Shown<Symbol>,
    leaves_qty: Shown<Qty>,
    order_id: Uuid,
    cum_qty: Shown<Qty>,
    order_status: &'static str,
}

impl<'a> ActivityView<'a> {
    /// The view of one execution.
    pub(crate) fn new(execution: &'a Execution) -> Self {
        Self {
            id: &execution.id,
            activity_type: "FILL",
            transaction_time: Shown(execution.at),
            r#type: if execution.leaves_qty.is_zero() { "fill" } else { "partial_fill" },
            price: Shown(execution.price),
            qty: Shown(execution.qty),
            side: execution.side,
            symbol: Shown(execution.symbol),
            leaves_qty: Shown(execution.leaves_qty),
            order_id: Uuid(execution.order_id),
            cum_qty: Shown(execution.cum_qty),
            order_status: execution.order_status,
        }
    }
}
