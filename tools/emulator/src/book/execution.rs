//! The executions of the account: what `GET /v2/account/activities` lists.
//!
//! *Invariant:* appended in the order of their times and never changed, so their ids ascend.

use crate::book::order::Order;
use crate::book::position::Intent;
use st0ck_types::calendar::NYSE;
use st0ck_types::ids::uuid_text;
use st0ck_types::time::MILLISECOND;
use st0ck_types::{Nanos, Price, Qty, Side, Symbol};

/// One execution, as an activity.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    /// `YYYYMMDDHHMMSSmmm::uuid`.
    pub(crate) id: String,
    /// When.
    pub(crate) at: Nanos,
    /// UUID of the order.
    pub(crate) order_id: u128,
    /// What.
    pub(crate) symbol: Symbol,
    /// `buy`, `sell` or `sell_short`.
    pub(crate) side: &'static str,
    /// Price of this execution.
    pub(crate) price: Price,
    /// Shares of this execution.
    pub(crate) qty: Qty,
    /// Shares of the order filled so far, this execution included.
    pub(crate) cum_qty: Qty,
    /// Shares of the order still open.
    pub(crate) leaves_qty: Qty,
    /// The order's status after it.
    pub(crate) order_status: &'static str,
}

impl Execution {
    /// The execution that `order` has just booked.
    pub(crate) fn of(order: &Order, execution_id: u128, price: Price, qty: Qty, at: Nanos) -> Self {
        Self {
            id: activity_id(at, execution_id),
            at,
            order_id: order.id,
            symbol: order.symbol,
            side: match (order.side, order.intent) {
                (Side::Buy, _) => "buy",
                (Side::Sell, Intent::SellToOpen) => "sell_short",
                (Side::Sell, _) => "sell",
            },
            price,
            qty,
            cum_qty: order.filled,
            leaves_qty: order.leaves(),
            order_status: order.stage.as_str(),
        }
    }
}

/// The id of an activity: its New York time to the millisecond, and a UUID.
fn activity_id(at: Nanos, uuid: u128) -> String {
    let local = NYSE.local(at);
    let (year, month, day) = local.date.civil();
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let milli = i64::from(local.nanosecond) / MILLISECOND;
    let uuid = uuid_text(uuid);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{milli:03}::{uuid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_id_is_new_york_time_and_a_uuid() {
        // 2020-12-15T14:30:00.123456789Z is 09:30 in New York.
        let at = Nanos(1_608_042_600_123_456_789);
        assert_eq!(activity_id(at, 7), "20201215093000123::00000000-0000-0000-0000-000000000007");
    }
}
