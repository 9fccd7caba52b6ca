//! C9: whether the market data that an opening order rests on is reasonable. An order that closes
//! only needs that there ever was a quote: an exit on old data beats no exit.

use super::view::{Check, View, count};
use crate::market::Book;
use st0ck_types::RejectCode;

/// Quotes still wanted before the book is live: one at the start, more after a break of the feed.
#[inline(always)]
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

#[inline(always)]
pub(super) fn c9_fresh(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.contract_quote_age_max } else { limits.quote_age_max };
    let age = view.slot.map_or(i64::MAX, |slot| slot.book.age(view.now()));
    Check::at_most(RejectCode::StaleQuote, age, most).for_opening(view)
}

/// Ask less bid, which must be positive; zero when a side is missing.
#[inline(always)]
pub(super) fn c9_sound(view: &View<'_>) -> Check {
    let book = view.slot.map(|slot| &slot.book);
    let width = book.and_then(|book| Some(book.ask()?.0 - book.bid()?.0)).unwrap_or(0);
    Check { code: RejectCode::BadQuote, value: width, limit: 0, passed: width > 0 }
        .for_opening(view)
}

#[inline(always)]
pub(super) fn c9_spread(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.contract_spread_ratio_max } else { limits.spread_ratio_max };
    let spread = view.slot.and_then(|slot| spread(&slot.book));
    ratio_at_most(view, RejectCode::WideSpread, spread, most).for_opening(view)
}

/// The spread and its middle.
fn spread(book: &Book) -> Option<Ratio> {
    let (bid, ask) = (book.bid()?, book.ask()?);
    Ratio::new(ask.0 - bid.0, bid.midpoint(ask).0)
}

/// How far apart the middles of this second and the one before lie.
#[inline(always)]
pub(super) fn c9_jump(view: &View<'_>) -> Check {
    let range = view.slot.and_then(|slot| slot.book.second_range());
    let jump = range.and_then(|(low, high)| Ratio::new(high.0 - low.0, low.0));
    let most = view.limits().jump_ratio_max;
    ratio_at_most(view, RejectCode::PriceJump, jump, most).for_opening(view)
}

/// A part of a positive whole.
#[derive(Clone, Copy)]
struct Ratio {
    part: i64,
    whole: i64,
}

const E9: i128 = 1_000_000_000;

impl Ratio {
    fn new(part: i64, whole: i64) -> Option<Self> {
        (whole > 0).then_some(Self { part, whole })
    }

    /// In 1e-9, rounded up, so that a comparison with a limit is exact.
    fn to_e9(self) -> Option<i64> {
        let (scaled, whole) = (i128::from(self.part) * E9, i128::from(self.whole));
        i64::try_from(scaled.div_euclid(whole) + i128::from(scaled.rem_euclid(whole) != 0)).ok()
    }

    /// The same comparison by products.
    fn is_at_most(self, most: i64) -> bool {
        i128::from(self.part) * E9 <= i128::from(most) * i128::from(self.whole)
    }
}

/// Passes while the ratio, which counts as boundless when it is not known, is at most so much.
#[inline(always)]
fn ratio_at_most(view: &View<'_>, code: RejectCode, ratio: Option<Ratio>, most: i64) -> Check {
    let within = ratio.is_some_and(|ratio| ratio.is_at_most(most));
    view.answer(code, within || most == i64::MAX, || {
        Check::at_most(code, ratio.and_then(Ratio::to_e9).unwrap_or(i64::MAX), most)
    })
}
