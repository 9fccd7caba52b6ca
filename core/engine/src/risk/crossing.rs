//! C21: no order of the lane may trade with another order of the lane, whichever strategies they
//! come from. The newer one is refused; the older one keeps its place.

use super::view::{Check, View};
use st0ck_types::{Price, RejectCode, Side};

/// The order's price and that of the own order on the other side which it would meet first; zero
/// where there is none. An own market order that still works would meet any price.
#[inline(always)]
pub(super) fn c21_self_trade(view: &View<'_>) -> Check {
    let (price, met) = (view.price, view.working.met_first);
    let crosses = met.is_some_and(|met| match view.order.side {
        Side::Buy => met <= price,
        Side::Sell => met >= price,
    });
    Check {
        code: RejectCode::SelfTrade,
        value: price.0,
        limit: met.unwrap_or(Price::ZERO).0,
        passed: !crosses,
    }
}
