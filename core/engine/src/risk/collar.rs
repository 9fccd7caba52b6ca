//! C8: how far an order's price may be from a reference: the middle of the newest sound quote, and the
//! lowest and highest middle of the last minute, so that orders cannot chase a price within 60 s.
//!
//! No order is exempt. One that opens may not be off to either side; one that closes is held only on
//! the side on which it gives value away, and may give away more, for an exit that is refused is a
//! risk kept.

use super::view::{Check, View};
use st0ck_types::{Price, RejectCode, Side};

const E9: i128 = 1_000_000_000;

#[inline(always)]
pub(super) fn c8_reference(view: &View<'_>) -> Check {
    let known = view.slot.is_some_and(|slot| slot.book.middle().is_some());
    Check::holds(RejectCode::NoReference, known)
}

/// The distance from the middle, or from the first end of the minute's range that is too far.
#[inline(always)]
pub(super) fn c8_collar(view: &View<'_>) -> Check {
    let Some(book) = view.slot.map(|slot| &slot.book) else {
        return Check { code: RejectCode::PriceCollar, value: 0, limit: 0, passed: false };
    };
    let (collar, (low, high)) = (Collar::of(view), book.minute_range().unzip());
    let from_middle = against(view, &collar, book.middle());
    let checks = [from_middle, against(view, &collar, low), against(view, &collar, high)];
    checks.into_iter().find(|check| !check.passed).unwrap_or(from_middle)
}

/// The order's price against one reference. Exact: the ratios are only for the answer.
#[inline(always)]
fn against(view: &View<'_>, collar: &Collar, reference: Option<Price>) -> Check {
    let (price, reference) = (view.price.0, reference.unwrap_or(Price::ZERO).0.max(1));
    let counts = match (view.opens(), view.order.side) {
        (true, _) => true,
        (false, Side::Buy) => price > reference,
        (false, Side::Sell) => price < reference,
    };
    let away = if counts { price.abs_diff(reference) } else { 0 };
    view.answer(RejectCode::PriceCollar, collar.holds(away, reference), || {
        let (away, whole) = (i128::from(away), i128::from(reference));
        let allowed = collar.width(reference);
        let ratio = |part: i128| i64::try_from(part * E9 / whole).unwrap_or(i64::MAX);
        Check {
            code: RejectCode::PriceCollar,
            value: ratio(away),
            limit: ratio(allowed),
            passed: away <= allowed,
        }
    })
}

/// How far off a price may be: a part of the reference, but so much at least, and that so many times.
struct Collar {
    /// In 1e-9 of the reference.
    ratio: i64,
    /// In the units of a price.
    least: i128,
    times: u32,
}

impl Collar {
    fn of(view: &View<'_>) -> Self {
        let limits = view.limits();
        let (ratio, least) = if view.is_contract() {
            (limits.contract_collar_ratio, i128::from(limits.contract_collar_min.0))
        } else {
            let tick = view.def().map_or(0, |def| i128::from(def.tick.0));
            (limits.collar_ratio, tick * i128::from(limits.collar_ticks))
        };
        let times = if view.opens() { 1 } else { limits.close_collar_factor };
        Self { ratio, least, times }
    }

    /// In the units of a price.
    fn width(&self, reference: i64) -> i128 {
        (i128::from(reference) * i128::from(self.ratio) / E9).max(self.least)
            * i128::from(self.times)
    }

    /// Whether a price so far off is inside, by products: a distance is at most a quotient rounded down
    /// when its multiple is at most the dividend. What closes is rare, and takes the quotient.
    fn holds(&self, away: u64, reference: i64) -> bool {
        let away = i128::from(away);
        match self.times {
            1 => away <= self.least || away * E9 <= i128::from(reference) * i128::from(self.ratio),
            _ => away <= self.width(reference),
        }
    }
}
