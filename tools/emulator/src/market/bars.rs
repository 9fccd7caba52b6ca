//! Bars from prints: the minutes of one symbol's day, and the day itself.
//!
//! *Invariant:* a bar that would have an empty field is none, as with the real service.
//! *Invariant:* a minute is shown when it is over, and the day as it stood at the end of its last
//! shown minute: nothing tells what has not happened.

use super::conditions::{Length, Uses, uses};
use st0ck_types::time::MINUTE;
use st0ck_types::{Money, Nanos, Price, Qty, Trade};

/// One bar, finished or growing. A field without a print that counts for it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bar {
    /// Start of its time.
    pub(crate) start: Nanos,
    /// First price.
    pub(crate) open: Price,
    /// Highest.
    pub(crate) high: Price,
    /// Lowest.
    pub(crate) low: Price,
    /// Last.
    pub(crate) close: Price,
    /// Shares printed.
    pub(crate) volume: Qty,
    /// Prints that count for the volume.
    pub(crate) trades: u64,
    turnover: Money,
    weight: Qty,
}

impl Bar {
    /// A bar without prints.
    pub(crate) fn starting(start: Nanos) -> Self {
        Self { start, ..Self::default() }
    }

    /// Whether no field is empty: otherwise there is no bar to show.
    pub(crate) fn is_whole(&self) -> bool {
        self.open != Price::ZERO && self.high != Price::ZERO && self.volume > Qty::ZERO
    }

    /// Adds a print of a symbol listed on `tape`.
    pub(crate) fn add(&mut self, trade: &Trade, tape: u8, length: Length) {
        let Uses { open_close, high_low, volume } = uses(trade, tape, length, self.trades == 0);
        if open_close {
            self.see_ends(trade.price, trade.price);
        }
        if high_low {
            self.see_range(trade.price, trade.price);
        }
        if volume {
            self.volume = Qty(self.volume.0.saturating_add(trade.size.0));
            self.trades += 1;
        }
        if volume && high_low {
            self.weight = Qty(self.weight.0.saturating_add(trade.size.0));
            self.turnover += trade.price.times(trade.size);
        }
    }

    /// Adds what happened in a later bar.
    pub(crate) fn extend(&mut self, later: &Bar) {
        if later.open != Price::ZERO {
            self.see_ends(later.open, later.close);
        }
        if later.high != Price::ZERO {
            self.see_range(later.low, later.high);
        }
        self.volume = Qty(self.volume.0.saturating_add(later.volume.0));
        self.trades += later.trades;
        self.weight = Qty(self.weight.0.saturating_add(later.weight.0));
        self.turnover += later.turnover;
    }

    /// Volume-weighted average price; the close when no print counts for it.
    pub(crate) fn vwap(&self) -> Price {
        self.turnover.per(self.weight).unwrap_or(self.close)
    }

    /// The same bar with its prices times `numerator / denominator`, and its volume divided by it:
    /// as a split makes it. Truncated to 1e-9.
    pub(crate) fn rescaled(&self, numerator: i64, denominator: i64) -> Self {
        let times = |value: i64, by: i64, per: i64| {
            i64::try_from(i128::from(value) * i128::from(by) / i128::from(per)).unwrap_or(i64::MAX)
        };
        let price = |price: Price| Price(times(price.0, numerator, denominator));
        let qty = |qty: Qty| Qty(times(qty.0, denominator, numerator));
        Self {
            open: price(self.open),
            high: price(self.high),
            low: price(self.low),
            close: price(self.close),
            volume: qty(self.volume),
            weight: qty(self.weight),
            ..*self
        }
    }

    /// The same bar with its prices alone times `numerator / denominator`, as a dividend makes it.
    pub(crate) fn repriced(&self, numerator: i64, denominator: i64) -> Self {
        let scaled = self.rescaled(numerator, denominator);
        let turnover = self.turnover.scale(i128::from(numerator), i128::from(denominator));
        Self {
            volume: self.volume,
            weight: self.weight,
            turnover: turnover.unwrap_or(self.turnover),
            ..scaled
        }
    }

    fn see_ends(&mut self, first: Price, last: Price) {
        if self.open == Price::ZERO {
            self.open = first;
        }
        self.close = last;
    }

    fn see_range(&mut self, low: Price, high: Price) {
        self.high = self.high.max(high);
        self.low = if self.low == Price::ZERO { low } else { self.low.min(low) };
    }
}

/// The bars of one symbol's day.
#[derive(Debug, Clone)]
pub(crate) struct DayBars {
    /// Minutes with a print, the last one growing.
    minutes: Vec<Bar>,
    /// With the last minute.
    day: Bar,
    /// Without it.
    day_before: Bar,
}

impl DayBars {
    /// A day without prints, which starts at `midnight` in New York.
    pub(crate) fn starting(midnight: Nanos) -> Self {
        let day = Bar::starting(midnight);
        Self { minutes: Vec::new(), day, day_before: day }
    }

    /// Adds a print of a symbol listed on `tape`. Prints come in the order of time.
    pub(crate) fn on_trade(&mut self, trade: &Trade, tape: u8) {
        let start = trade.ts_event.floor_to(MINUTE);
        if self.minutes.last().is_none_or(|last| last.start != start) {
            self.minutes.push(Bar::starting(start));
            self.day_before = self.day;
        }
        if let Some(minute) = self.minutes.last_mut() {
            minute.add(trade, tape, Length::Minute);
        }
        self.day.add(trade, tape, Length::Day);
    }

    /// When the day began.
    pub(crate) fn midnight(&self) -> Nanos {
        self.day.start
    }

    /// The minute that starts then, if it has a print.
    pub(crate) fn minute(&self, start: Nanos) -> Option<&Bar> {
        self.minutes.iter().rev().find(|bar| bar.start == start)
    }

    /// Makes the minute that starts then anew of these prints; the day stays as it was added up.
    pub(crate) fn recount<'a>(
        &mut self,
        start: Nanos,
        prints: impl Iterator<Item = &'a Trade>,
        tape: u8,
    ) {
        let Some(place) = self.minutes.iter().rposition(|bar| bar.start == start) else { return };
        self.minutes[place] = Bar::starting(start);
        prints.for_each(|trade| self.minutes[place].add(trade, tape, Length::Minute));
    }

    /// The minutes with prints that are over at `now`, whole or not.
    pub(crate) fn finished(&self, now: Nanos) -> &[Bar] {
        let over = self.minutes.iter().rev().take_while(|bar| !is_over(bar, now)).count();
        &self.minutes[..self.minutes.len() - over]
    }

    /// The day as of the last minute that is over at `now`, if there is a bar then.
    pub(crate) fn day(&self, now: Nanos) -> Option<Bar> {
        let settled = self.minutes.last().is_some_and(|last| is_over(last, now));
        let day = if settled { self.day } else { self.day_before };
        day.is_whole().then_some(day)
    }
}

fn is_over(minute: &Bar, now: Nanos) -> bool {
    minute.start + MINUTE <= now
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use st0ck_types::market::IRREGULAR;

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    /// A print so many seconds after the epoch.
    pub(crate) fn print(second: i64, price: &str, size: i64) -> Trade {
        Trade {
            ts_event: Nanos(second * 1_000_000_000),
            price: self::price(price),
            size: Qty::units(size).unwrap(),
            ..Trade::default()
        }
    }

    #[test]
    fn a_minute_is_shown_when_it_is_over_and_the_day_up_to_it() {
        let mut bars = DayBars::starting(Nanos::ZERO);
        bars.on_trade(&print(60, "10", 1), b'A');
        bars.on_trade(&print(70, "12", 3), b'A');
        assert_eq!(bars.finished(Nanos(119_999_999_999)), []);
        assert_eq!(bars.day(Nanos(119_999_999_999)), None);
        bars.on_trade(&print(120, "99", 9), b'A');
        let now = Nanos(120_000_000_000);
        let [minute] = bars.finished(now) else { panic!("one minute is over") };
        assert_eq!((minute.start, minute.trades), (Nanos(60_000_000_000), 2));
        assert_eq!((minute.open, minute.high), (price("10"), price("12")));
        assert_eq!((minute.low, minute.close), (price("10"), price("12")));
        assert_eq!(minute.vwap(), price("11.5"));
        assert_eq!(bars.day(now).unwrap().volume, Qty::units(4).unwrap());
        assert_eq!(bars.day(Nanos(180_000_000_000)).unwrap().volume, Qty::units(13).unwrap());
    }

    #[test]
    fn a_minute_with_nothing_but_odd_prints_is_no_bar() {
        let mut bars = DayBars::starting(Nanos::ZERO);
        bars.on_trade(&Trade { flags: IRREGULAR, ..print(60, "10", 5) }, b'A');
        let [minute] = bars.finished(Nanos::MAX) else { panic!("one minute") };
        assert!(!minute.is_whole());
        assert_eq!(minute.volume, Qty::units(5).unwrap());
        bars.on_trade(&print(61, "11", 2), b'A');
        let minute = bars.finished(Nanos::MAX)[0];
        assert!(minute.is_whole());
        assert_eq!((minute.open, minute.volume.to_string()), (price("11"), "7".into()));
        assert_eq!(minute.vwap(), price("11"), "what sets no price has no weight");
    }

    #[test]
    fn bars_added_up_are_the_bar_of_all_their_prints() {
        let prints = [print(60, "10", 1), print(130, "8", 2), print(200, "11", 3)];
        let mut whole = Bar::starting(Nanos::ZERO);
        let mut sum = Bar::starting(Nanos::ZERO);
        for trade in &prints {
            whole.add(trade, b'A', Length::Minute);
            let mut minute = Bar::starting(trade.ts_event);
            minute.add(trade, b'A', Length::Minute);
            sum.extend(&minute);
        }
        assert_eq!(sum, whole);
        assert_eq!(sum.vwap(), price("9.833333333"));
    }

    #[test]
    fn a_split_moves_prices_and_volume_and_a_dividend_prices_alone() {
        let mut bar = Bar::starting(Nanos::ZERO);
        bar.add(&print(60, "400", 10), b'A', Length::Minute);
        let split = bar.rescaled(1, 4);
        assert_eq!((split.close, split.volume.to_string()), (price("100"), "40".into()));
        assert_eq!(split.vwap(), price("100"));
        let paid = bar.repriced(99, 100);
        assert_eq!((paid.close, paid.volume), (price("396"), bar.volume));
        assert_eq!(paid.vwap(), price("396"));
    }
}
