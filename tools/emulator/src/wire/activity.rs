//! Activities: trades, and what else moved money or shares (`alpaca.md` §2.1).

use super::{Null, Shown, Uuid};
use crate::book::activity::OtherActivity;
use crate::book::execution::Execution;
use serde::Serialize;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Money, Nanos, Price, Qty, Symbol};

/// One activity of either kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ActivityView<'a> {
    /// A trade.
    Fill(FillView<'a>),
    /// Anything else.
    Other(OtherView<'a>),
}

/// One execution as `GET /v2/account/activities` lists it.
#[derive(Debug, Serialize)]
pub(crate) struct FillView<'a> {
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

impl<'a> FillView<'a> {
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

/// One other activity. It is executed at once: nothing here is corrected or taken back.
#[derive(Debug, Serialize)]
pub(crate) struct OtherView<'a> {
    id: &'a str,
    activity_type: &'a str,
    activity_sub_type: Option<&'a str>,
    date: Shown<Date>,
    created_at: Shown<Nanos>,
    net_amount: Shown<Money>,
    currency: &'static str,
    symbol: Option<&'a str>,
    cusip: Null,
    qty: Option<Shown<Qty>>,
    price: Option<Shown<Price>>,
    per_share_amount: Option<Shown<Money>>,
    description: Option<&'a str>,
    group_id: Null,
    status: &'static str,
}

impl<'a> OtherView<'a> {
    /// The view of one activity.
    pub(crate) fn new(activity: &'a OtherActivity) -> Self {
        let facts = &activity.facts;
        Self {
            id: &activity.id,
            activity_type: &facts.kind,
            activity_sub_type: facts.sub_type.as_deref(),
            date: Shown(NYSE.zone().date(activity.at)),
            created_at: Shown(activity.at),
            net_amount: Shown(activity.net_amount),
            currency: "USD",
            symbol: facts.symbol.as_deref(),
            cusip: None,
            qty: facts.qty.map(Shown),
            price: facts.price.map(Shown),
            per_share_amount: facts.per_share.map(Shown),
            description: facts.description.as_deref(),
            group_id: None,
            status: "executed",
        }
    }
}
