//! A market that never was: seeded minute bars of a random walk, for tests, benches and demos
//! without data. The [`crate::bridge`] makes quotes and prints of them.
//!
//! The price moves by up to [`SynthSpec::step_ticks`] every second; volume over the day is
//! U-shaped, four times as much at the ends as in the middle, with noise of a half on each minute.
//! *Invariant:* integers only; a spec names a day.

use crate::hours::TradingDay;
use st0ck_quant::rng::Rng;
use st0ck_types::market::MODELLED;
use st0ck_types::time::MINUTE;
use st0ck_types::{Bar, InstrumentId, Price, Qty, Symbol};

/// What to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynthSpec {
    /// What to call it.
    pub symbol: Symbol,
    /// The session to fill, minute by minute.
    pub day: TradingDay,
    /// First price; moved to the cent.
    pub open: Price,
    /// Greatest move in a second, in cents.
    pub step_ticks: i64,
    /// Shares of the whole day, about.
    pub volume: Qty,
    /// Names the walk.
    pub seed: u64,
}

/// The bars of a made-up day, in order.
#[derive(Debug, Clone)]
pub struct Synth {
    spec: SynthSpec,
    rng: Rng,
    minute: i64,
    /// Last price in cents.
    price: i64,
}

impl Synth {
    /// Starts the day.
    #[must_use]
    pub fn new(spec: SynthSpec) -> Self {
        let rng = Rng::new(spec.seed).fork("synth").fork(spec.symbol.as_str());
        Self { rng, minute: 0, price: (spec.open.0 / Price::CENT.0).max(1), spec }
    }

    fn minutes(&self) -> i64 {
        self.spec.day.close.since(self.spec.day.open) / MINUTE
    }

    /// The minute's part of the day's volume: 1 in the middle to 4 at the ends, times ½ to 1½.
    fn draw_volume(&mut self) -> Qty {
        let minutes = self.minutes();
        // The distance from the middle, as thousandths, squared: 0 to 1,000,000.
        let distance = (2 * self.minute + 1 - minutes) * 1000 / minutes;
        let shape = 1_000_000 + 3 * distance * distance;
        // The mean of that shape over a day is 2,000,000.
        let mean =
            i128::from(self.spec.volume.0) * i128::from(shape) / (2_000_000 * i128::from(minutes));
        let noisy = mean * i128::from(self.rng.between(500, 1500)) / 1000;
        let shares = (noisy / i128::from(Qty::ONE.0)).max(0);
        Qty::units(i64::try_from(shares).unwrap_or(i64::MAX)).unwrap_or(Qty::ZERO)
    }
}

impl Iterator for Synth {
    type Item = Bar;

    fn next(&mut self) -> Option<Bar> {
        if self.minute >= self.minutes() {
            return None;
        }
        let (step, open) = (self.spec.step_ticks, self.price);
        let (mut high, mut low) = (open, open);
        for _ in 0..60 {
            self.price = (self.price + self.rng.between(-step, step)).max(1);
            (high, low) = (high.max(self.price), low.min(self.price));
        }
        let price = |cents: i64| Price(cents.saturating_mul(Price::CENT.0));
        let bar = Bar {
            start: self.spec.day.open + self.minute * MINUTE,
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(self.price),
            volume: self.draw_volume(),
            instrument: InstrumentId(0),
            flags: MODELLED,
            seconds: 60,
            ..Bar::default()
        };
        self.minute += 1;
        Some(bar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::Hours;
    use st0ck_types::Nanos;
    use st0ck_types::calendar::NYSE;

    fn spec(seed: u64) -> SynthSpec {
        let open = Nanos(1_608_042_600_000_000_000);
        SynthSpec {
            symbol: Symbol::new("MADE"),
            day: Hours::Calendar(&NYSE).day_at(open).unwrap().unwrap(),
            open: Price::parse("100").unwrap(),
            step_ticks: 1,
            volume: Qty::units(10_000_000).unwrap(),
            seed,
        }
    }

    #[test]
    fn a_day_is_filled_with_sound_bars_that_join() {
        let bars: Vec<Bar> = Synth::new(spec(1)).collect();
        assert_eq!(bars.len(), 390);
        assert!(bars.windows(2).all(|w| w[0].close == w[1].open));
        assert!(bars.windows(2).all(|w| w[1].start.since(w[0].start) == MINUTE));
        for bar in bars {
            assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
            assert!(bar.low > Price::ZERO && bar.open.is_on_tick(Price::CENT));
        }
    }

    #[test]
    fn volume_is_u_shaped_and_near_what_was_asked() {
        let volumes: Vec<i64> = Synth::new(spec(2)).map(|b| b.volume.0 / Qty::ONE.0).collect();
        let sum = |range: std::ops::Range<usize>| volumes[range].iter().sum::<i64>();
        assert!((9_000_000..11_000_000).contains(&sum(0..390)), "{}", sum(0..390));
        assert!(sum(0..30) > 2 * sum(180..210) && sum(360..390) > 2 * sum(180..210));
    }

    #[test]
    fn a_falling_price_stops_at_a_cent() {
        let bars = Synth::new(SynthSpec { open: Price::CENT, step_ticks: 50, ..spec(3) });
        assert!(bars.into_iter().all(|b| b.low >= Price::CENT));
    }

    #[test]
    fn the_seed_decides_the_day() {
        assert!(Synth::new(spec(4)).eq(Synth::new(spec(4))));
        assert!(!Synth::new(spec(4)).eq(Synth::new(spec(5))));
    }
}
