//! C8: how far an order's price may be from a reference: the middle of the newest sound quote, and the
//! lowest and highest middle of the last minute, so that orders cannot chase a price within 60 s.
//!
//! No order is exempt. One that opens may not be off to either side; one that closes is held only on
//! the side on which it gives value away, and may give away more, for an exit that is refused is a
//! risk kept.

use super::view::{Check, View};
use st0ck_types::{Price, RejectCode, Side};

pub(super) fn c8_reference(view: &View<'_>) -> Check {
    let known = view.slot.is_some_and(|slot| slot.book.middle().is_some());
    Check::holds(RejectCode::NoReference, known)
}

/// The distance from the middle, or from the first end of the minute's range that is too far.
pub(super) fn c8_collar(view: &View<'_>) -> Check {
    let Some(book) = view.slot.map(|slot| &slot.book) else {
        return Check { code: RejectCode::PriceCollar, value: 0, limit: 0, passed: false };
    };
    let (low, high) = book.minute_range().unzip();
    let from_middle = against(view, book.middle());
    let checks = [from_middle, against(view, low), against(view, high)];
    checks.into_iter().find(|check| !check.passed).unwrap_or(from_middle)
}

/// The order's price against one reference. Exact: the ratio is only for the answer.
fn against(view: &View<'_>, reference: Option<Price>) -> Check {
    const E9: i128 = 1_000_000_000;
    let reference = i128::from(reference.unwrap_or(Price::ZERO).0).max(1);
    let above = i128::from(view.price().0) - reference;
    let away = match (view.opens(), view.order.side) {
        (true, _) => above.abs(),
        (false, Side::Buy) => above.max(0),
        (false, Side::Sell) => (-above).max(0),
    };
    let allowed = width(view, reference);
    Check {
        code: RejectCode::PriceCollar,
        value: i64::try_from(away * E9 / reference).unwrap_or(i64::MAX),
        limit: i64::try_from(allowed * E9 / reference).unwrap_or(i64::MAX),
        passed: away <= allowed,
    }
}

/// How far off a price may be, in the units of a price.
fn width(view: &View<'_>, reference: i128) -> i128 {
    const E9: i128 = 1_000_000_000;
    let limits = view.limits();
    let (ratio, least) = if view.is_contract() {
        (limits.contract_collar_ratio, i128::from(limits.contract_collar_min.0))
    } else {
        let tick = view.slot.and_then(|slot| slot.def).map_or(0, |def| i128::from(def.tick.0));
        (limits.collar_ratio, tick * i128::from(limits.collar_ticks))
    };
    let width = (reference * i128::from(ratio) / E9).max(least);
    if view.opens() { width } else { width * i128::from(limits.close_collar_factor) }
}
