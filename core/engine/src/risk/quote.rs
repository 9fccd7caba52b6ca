//! C9: whether the market data that an opening order rests on is reasonable. An order that closes
//! only needs that there ever was a quote: an exit on old data beats no exit.

use super::view::{Check, View, count};
use crate::market::Book;
use st0ck_types::RejectCode;

/// Quotes still wanted before the book is live: one at the start, more after a break of the feed.
pub(super) fn c9_live(view: &View<'_>) -> Check {
    let wanted = view.slot.map_or(1, |slot| slot.book.quotes_wanted());
    let never = view.slot.is_none_or(|slot| slot.book.quotes() == 0);
    Check {
        code: RejectCode::NoQuote,
        value: count(usize::from(wanted)),
        limit: 0,
        passed: if view.opens() { wanted == 0 } else { !never },
    }
}

pub(super) fn c9_fresh(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.contract_quote_age_max } else { limits.quote_age_max };
    let age = view.slot.map_or(i64::MAX, |slot| slot.book.age(view.now()));
    Check::at_most(RejectCode::StaleQuote, age, most).for_opening(view)
}

/// Ask less bid, which must be positive; zero when a side is missing.
pub(super) fn c9_sound(view: &View<'_>) -> Check {
    let book = view.slot.map(|slot| &slot.book);
    let width = book.and_then(|book| Some(book.ask()?.0 - book.bid()?.0)).unwrap_or(0);
    Check { code: RejectCode::BadQuote, value: width, limit: 0, passed: width > 0 }
        .for_opening(view)
}

pub(super) fn c9_spread(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.contract_spread_ratio_max } else { limits.spread_ratio_max };
    let ratio = view.slot.and_then(|slot| spread_ratio(&slot.book)).unwrap_or(i64::MAX);
    Check::at_most(RejectCode::WideSpread, ratio, most).for_opening(view)
}

/// The spread relative to the middle, in 1e-9, rounded up.
fn spread_ratio(book: &Book) -> Option<i64> {
    let (bid, ask) = (book.bid()?, book.ask()?);
    ratio(ask.0 - bid.0, bid.midpoint(ask).0)
}

/// How far apart the middles of this second and the one before lie.
pub(super) fn c9_jump(view: &View<'_>) -> Check {
    let range = view.slot.and_then(|slot| slot.book.second_range());
    let jump = range.and_then(|(low, high)| ratio(high.0 - low.0, low.0)).unwrap_or(i64::MAX);
    Check::at_most(RejectCode::PriceJump, jump, view.limits().jump_ratio_max).for_opening(view)
}

/// `part / whole` in 1e-9, rounded up, so that a comparison with a limit is exact.
fn ratio(part: i64, whole: i64) -> Option<i64> {
    if whole <= 0 {
        return None;
    }
    let (part, whole) = (i128::from(part) * 1_000_000_000, i128::from(whole));
    i64::try_from(part.div_euclid(whole) + i128::from(part.rem_euclid(whole) != 0)).ok()
}
