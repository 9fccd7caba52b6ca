//! Minute bars from the prints of the session, as the venue's own bar channel sends them.
//!
//! *Invariant:* a bar is told once, after its minute; a minute without a regular print has none.

use st0ck_types::market::IRREGULAR;
use st0ck_types::time::MINUTE;
use st0ck_types::{Money, Nanos, Price, Qty, Trade};

/// One finished or growing minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MinuteBar {
    /// Start of the minute.
    pub(crate) start: Nanos,
    /// First regular print.
    pub(crate) open: Price,
    /// Highest.
    pub(crate) high: Price,
    /// Lowest.
    pub(crate) low: Price,
    /// Last.
    pub(crate) close: Price,
    /// Shares printed.
    pub(crate) volume: Qty,
    /// Prints.
    pub(crate) trades: u64,
    turnover: Money,
}

impl MinuteBar {
    fn starting(trade: &Trade) -> Self {
        Self {
            start: trade.ts_event.floor_to(MINUTE),
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: Qty::ZERO,
            trades: 0,
            turnover: Money::ZERO,
        }
    }

    fn add(&mut self, trade: &Trade) {
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        self.volume = Qty(self.volume.0.saturating_add(trade.size.0));
        self.trades += 1;
        self.turnover += trade.price.times(trade.size);
    }

    /// Volume-weighted average price; the close when nothing but empty prints came.
    pub(crate) fn vwap(&self) -> Price {
        self.turnover.per(self.volume).unwrap_or(self.close)
    }
}

/// The growing bar of each asset.
#[derive(Debug, Default)]
pub(crate) struct MinuteBars {
    growing: Vec<Option<MinuteBar>>,
}

impl MinuteBars {
    /// Room for that many assets.
    pub(crate) fn new(assets: usize) -> Self {
        Self { growing: vec![None; assets] }
    }

    /// Adds a print of the asset at `index`.
    pub(crate) fn on_trade(&mut self, index: usize, trade: &Trade) {
        if trade.flags & IRREGULAR == 0 {
            self.growing[index].get_or_insert_with(|| MinuteBar::starting(trade)).add(trade);
        }
    }

    /// Takes a bar whose minute is over at `now`, with its asset's index; call until `None`.
    pub(crate) fn take_finished(&mut self, now: Nanos) -> Option<(usize, MinuteBar)> {
        let over = |bar: &MinuteBar| bar.start + MINUTE <= now;
        let index = self.growing.iter().position(|bar| bar.as_ref().is_some_and(over))?;
        self.growing[index].take().map(|bar| (index, bar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(second: i64, price: &str, size: i64, flags: u8) -> Trade {
        Trade {
            ts_event: Nanos(second * 1_000_000_000),
            price: Price::parse(price).unwrap(),
            size: Qty::units(size).unwrap(),
            flags,
            ..Trade::default()
        }
    }

    #[test]
    fn a_bar_is_told_once_after_its_minute() {
        let mut bars = MinuteBars::new(1);
        for trade in [print(60, "10", 1, 0), print(70, "12", 3, 0), print(80, "99", 9, IRREGULAR)] {
            bars.on_trade(0, &trade);
        }
        assert_eq!(bars.take_finished(Nanos(119_999_999_999)), None);
        let (index, bar) = bars.take_finished(Nanos(120_000_000_000)).unwrap();
        assert_eq!((index, bar.start, bar.trades), (0, Nanos(60_000_000_000), 2));
        assert_eq!(
            (bar.high, bar.close, bar.volume.to_string()),
            (bar.close, bar.high, "4".into())
        );
        assert_eq!(bar.vwap(), Price::parse("11.5").unwrap());
        assert_eq!(bars.take_finished(Nanos::MAX), None);
    }
}
