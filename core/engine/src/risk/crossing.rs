//! C21: no order of the lane may trade with another order of the lane, whichever strategies they
//! come from. The newer one is refused; the older one keeps its place.

use super::view::{Check, View};
use st0ck_types::{OrderKind, Price, RejectCode, Side};

/// The order's price and that of the own order on the other side which it would meet first; zero
/// where there is none. An own market order that still works would meet any price.
pub(super) fn c21_self_trade(view: &View<'_>) -> Check {
    let (price, side) = (view.price(), view.order.side);
    let live = view.world.orders.live();
    let opposite = live.filter(|order| {
        order.request.instrument == view.order.instrument && order.request.side != side
    });
    let resting = opposite.map(|order| match order.request.kind {
        OrderKind::Limit(limit) => limit,
        OrderKind::Market => price,
    });
    let (first, crosses) = match side {
        Side::Buy => {
            let first = resting.min();
            (first, first.is_some_and(|first| first <= price))
        }
        Side::Sell => {
            let first = resting.max();
            (first, first.is_some_and(|first| first >= price))
        }
    };
    Check {
        code: RejectCode::SelfTrade,
        value: price.0,
        limit: first.unwrap_or(Price::ZERO).0,
        passed: !crosses,
    }
}
