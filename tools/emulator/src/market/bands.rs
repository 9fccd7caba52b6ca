//! Limit up, limit down: the bands outside which an asset may not trade, and the pauses at them.
//!
//! The plan of the exchanges (limituplimitdown.com), as far as one tape shows it: the reference is the
//! mean of the regular prints of five minutes, moved when it is off by one percent and at most every
//! thirty seconds; the bands lie a share of it to either side. Who bids at the upper band or offers at the
//! lower one for fifteen seconds stops trading for five minutes; the next print begins anew.
//!
//! Called by the house for every market event, where the rule is on. Nothing here waits for a
//! timer: what time brings is found with the next event, so that a quiet asset moves nobody's clock.
//! *Invariant:* pure; the same events give the same changes.

use st0ck_types::calendar::Session;
use st0ck_types::market::IRREGULAR;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{MarketEvent, Nanos, Price};
use std::collections::VecDeque;

/// Prints that the reference is the mean of.
const WINDOW: i64 = 5 * MINUTE;
/// Time between two references.
const REFERENCE_STANDS: i64 = 30 * SECOND;
/// A reference moves by this much of itself, or not at all, in thousandths.
const REFERENCE_STEP_PER_MILLE: i128 = 10;
/// How long a quote may stand at a band.
const LIMIT_STATE: i64 = 15 * SECOND;
/// How long a pause is.
const PAUSE: i64 = 5 * MINUTE;
/// From so long before the close on the bands are wider.
const LAST_MINUTES: i64 = 25 * MINUTE;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The bands are these from now on.
    Bands {
        /// Nothing trades below.
        low: Price,
        /// Nothing trades above.
        high: Price,
        /// Why, as the processors say: `A` the day's first, `B` later ones, `E` after a pause.
        indicator: u8,
    },
    /// Trading pauses.
    Pause,
    /// It goes on, without bands until the next print.
    Resume,
    /// The core session is over, and the bands with it.
    Lift,
}

/// The bands of one asset.
#[derive(Debug, Clone)]
pub(crate) struct PriceBands {
    /// Tier 1 of the plan: large companies and funds.
    tier_one: bool,
    prints: VecDeque<(Nanos, Price)>,
    /// Of the prints, in 1e-9.
    sum: i128,
    reference: Option<Price>,
    referred_at: Nanos,
    bands: Option<(Price, Price)>,
    at_limit_since: Option<Nanos>,
    paused_until: Option<Nanos>,
    /// What the next bands are.
    next: u8,
    /// They were set by hand, and nothing moves them.
    fixed: bool,
}

impl PriceBands {
    /// No bands yet.
    pub(crate) fn new(tier_one: bool) -> Self {
        Self {
            tier_one,
            prints: VecDeque::new(),
            sum: 0,
            reference: None,
            referred_at: Nanos(i64::MIN),
            bands: None,
            at_limit_since: None,
            paused_until: None,
            next: b'A',
            fixed: false,
        }
    }

    /// What changes before the event is looked at, in order.
    pub(crate) fn on_event(&mut self, event: &MarketEvent, session: &Session) -> Vec<Change> {
        let (at, mut changes) = (event.ts_event(), Vec::new());
        if !session.contains(at) {
            changes.extend(self.bands.take().map(|_| Change::Lift));
            return changes;
        }
        if self.paused_until.is_some_and(|until| at >= until) {
            self.forget();
            changes.push(Change::Resume);
        }
        if self.paused_until.is_some() {
            return changes;
        }
        if self.at_limit_since.is_some_and(|since| at >= since + LIMIT_STATE) {
            self.at_limit_since = None;
            self.paused_until = Some(at + PAUSE);
            changes.push(Change::Pause);
            return changes;
        }
        if let MarketEvent::Trade(trade) = event
            && trade.flags & IRREGULAR == 0
        {
            self.note(at, trade.price);
        }
        changes.extend(self.move_bands(at, session));
        if let (MarketEvent::Quote(quote), Some((low, high))) = (event, self.bands) {
            let at_limit = quote.bid >= high || (quote.ask > Price::ZERO && quote.ask <= low);
            self.at_limit_since = at_limit.then(|| self.at_limit_since.unwrap_or(at));
        }
        changes
    }

    /// After a pause everything begins anew.
    pub(crate) fn forget(&mut self) {
        *self = Self { next: b'E', ..Self::new(self.tier_one) };
    }

    /// Sets the bands by hand; none gives them back to the rule.
    pub(crate) fn fix(&mut self, bands: Option<(Price, Price)>) {
        (self.bands, self.fixed, self.at_limit_since) = (bands, bands.is_some(), None);
    }

    fn note(&mut self, at: Nanos, price: Price) {
        self.prints.push_back((at, price));
        self.sum += i128::from(price.0);
        while let Some(&(first, old)) = self.prints.front()
            && first + WINDOW <= at
        {
            self.prints.pop_front();
            self.sum -= i128::from(old.0);
        }
        let Some(mean) = self.sum.checked_div(self.prints.len() as i128) else { return };
        let moves = self.reference.is_none_or(|reference| {
            let off = (mean - i128::from(reference.0)).abs() * 1000;
            off >= i128::from(reference.0) * REFERENCE_STEP_PER_MILLE
                && at >= self.referred_at + REFERENCE_STANDS
        });
        if moves {
            self.reference = Some(Price(i64::try_from(mean).unwrap_or(price.0)));
            self.referred_at = at;
        }
    }

    /// The bands that follow from the reference and the hour, if they are others than now.
    fn move_bands(&mut self, at: Nanos, session: &Session) -> Option<Change> {
        let reference = self.reference.filter(|_| !self.fixed)?;
        let width = self.width(reference, at + LAST_MINUTES >= session.close);
        let low = Price(reference.0 - width).floor_to(Price::CENT)?.max(Price::CENT);
        let high = Price(reference.0.saturating_add(width)).ceil_to(Price::CENT)?;
        (self.bands != Some((low, high))).then(|| {
            self.bands = Some((low, high));
            Change::Bands { low, high, indicator: std::mem::replace(&mut self.next, b'B') }
        })
    }

    /// Half the distance of the bands, in 1e-9.
    fn width(&self, reference: Price, late: bool) -> i64 {
        let price = reference.0;
        let part = |percent: i64| {
            let share = i128::from(price) * i128::from(percent) / 100;
            i64::try_from(share).unwrap_or(i64::MAX)
        };
        let (low_priced, cheap) = (price <= 3 * Price::ONE.0, price < 75 * Price::CENT.0);
        let width = match (cheap, low_priced, self.tier_one) {
            (true, ..) => part(75).min(15 * Price::CENT.0),
            (_, true, _) => part(20),
            (.., true) => part(5),
            _ => part(10),
        };
        if late && (self.tier_one || low_priced) { width.saturating_mul(2) } else { width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::calendar::NYSE;
    use st0ck_types::{Quote, Trade};

    fn session() -> Session {
        NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap()
    }

    fn cents(cents: i64) -> Price {
        Price(cents * Price::CENT.0)
    }

    /// Seconds after the open.
    struct Day(PriceBands);

    impl Day {
        fn tier(tier_one: bool) -> Self {
            Self(PriceBands::new(tier_one))
        }

        fn print(&mut self, second: i64, price: i64) -> Vec<Change> {
            let ts_event = session().open + second * SECOND;
            let trade = Trade { ts_event, price: cents(price), ..Trade::default() };
            self.0.on_event(&MarketEvent::Trade(trade), &session())
        }

        fn quote(&mut self, second: i64, bid: i64, ask: i64) -> Vec<Change> {
            let ts_event = session().open + second * SECOND;
            let quote = Quote { ts_event, bid: cents(bid), ask: cents(ask), ..Quote::default() };
            self.0.on_event(&MarketEvent::Quote(quote), &session())
        }
    }

    fn bands(low: i64, high: i64, indicator: char) -> Change {
        Change::Bands { low: cents(low), high: cents(high), indicator: indicator as u8 }
    }

    #[test]
    fn the_first_print_sets_bands_by_tier_and_price() {
        for (tier_one, price, low, high) in [
            (true, 10_000, 9_500, 10_500),
            (false, 10_000, 9_000, 11_000),
            (true, 300, 240, 360),
            (false, 100, 80, 120),
            (false, 50, 35, 65),
            (true, 10, 2, 18),
        ] {
            let mut day = Day::tier(tier_one);
            assert_eq!(day.quote(0, price - 1, price + 1), []);
            assert_eq!(day.print(1, price), [bands(low, high, 'A')], "{price}");
        }
    }

    #[test]
    fn a_reference_moves_by_a_percent_and_after_half_a_minute() {
        let mut day = Day::tier(true);
        day.print(0, 10_000);
        assert_eq!(day.print(29, 10_400), [], "too soon");
        assert_eq!(day.print(31, 10_200), [bands(9_690, 10_710, 'B')], "the mean is 102");
        assert_eq!(day.print(300, 10_200), [], "102.67 is too near");
    }

    #[test]
    fn the_bands_of_the_last_minutes_are_twice_as_wide() {
        let late = session().minutes() * 60 - 1_500;
        let mut day = Day::tier(true);
        day.print(late - 2, 10_000);
        assert_eq!(day.quote(late - 1, 9_999, 10_001), []);
        assert_eq!(day.quote(late, 9_999, 10_001), [bands(9_000, 11_000, 'B')]);
        let mut other = Day::tier(false);
        other.print(late - 2, 10_000);
        assert_eq!(other.quote(late, 9_999, 10_001), [], "tier 2 above three dollars stays");
        assert_eq!(day.quote(late + 1_500, 9_999, 10_001), [Change::Lift]);
        assert_eq!(day.quote(late + 1_501, 9_999, 10_001), []);
    }

    #[test]
    fn a_quote_at_the_band_for_fifteen_seconds_pauses_for_five_minutes() {
        let mut day = Day::tier(true);
        day.print(0, 10_000);
        assert_eq!(day.quote(10, 10_500, 10_501), []);
        assert_eq!(day.quote(20, 10_499, 10_501), [], "it left the band");
        assert_eq!(day.quote(30, 9_400, 9_500), []);
        assert_eq!(day.quote(44, 9_400, 9_500), []);
        assert_eq!(day.quote(45, 9_400, 9_500), [Change::Pause]);
        assert_eq!(day.print(344, 9_400), [], "paused");
        assert_eq!(day.quote(345, 9_400, 9_500), [Change::Resume]);
        assert_eq!(day.print(346, 9_450), [bands(8_977, 9_923, 'E')]);
    }

    #[test]
    fn bands_that_were_set_by_hand_hold_until_they_are_given_back() {
        let mut day = Day::tier(true);
        day.0.fix(Some((cents(9_900), cents(10_100))));
        assert_eq!(day.print(0, 10_000), []);
        assert_eq!(day.quote(1, 10_100, 10_101), []);
        assert_eq!(day.quote(16, 10_100, 10_101), [Change::Pause], "they are bands as others");
        assert_eq!(day.print(316, 10_000), [Change::Resume, bands(9_500, 10_500, 'E')]);
        day.0.fix(None);
        assert_eq!(day.print(317, 10_000), [bands(9_500, 10_500, 'B')]);
    }
}
