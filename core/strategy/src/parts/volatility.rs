//! What the market's volatility is now, kept up to date minute by minute.
//!
//! Blends the intraday estimate with that of the last twenty days, where the configuration gives so
//! much history; says which of the two it stands on. *Invariant:* computes only when a minute is
//! complete; in between, reading it is reading a field.

use st0ck_quant::Fx;
use st0ck_quant::indicator::daily_vol::{DAYS, daily_vol};
use st0ck_quant::indicator::realised_vol::realised_vol;
use st0ck_quant::indicator::vol_blend::{VolSource, Volatility, vol_blend};
use st0ck_types::{Price, StateReader, StateSink, state::StateError};

/// How to estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolatilityRule {
    /// One-minute bars of the intraday estimate, at most.
    pub bars_max: usize,
    /// One-minute bars before there is an estimate, at least three.
    pub bars_min: usize,
    /// Weight of the daily estimate, 0 to 1.
    pub daily_weight: Fx,
}

/// The running estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolatilityGauge {
    rule: VolatilityRule,
    /// Daily returns in the history given.
    history_days: u32,
    daily: Option<Fx>,
    bars: u64,
    now: Option<Volatility>,
}

impl VolatilityGauge {
    /// No bars and no history yet.
    #[must_use]
    pub fn new(rule: VolatilityRule) -> Self {
        Self { rule, history_days: 0, daily: None, bars: 0, now: None }
    }

    /// Takes the closes of the days before this session, oldest first; once, at its start.
    pub fn on_history(&mut self, daily_closes: &[Price]) {
        let returns = daily_closes.len().saturating_sub(1);
        self.history_days = u32::try_from(returns).unwrap_or(u32::MAX);
        self.daily = daily_vol(daily_closes, DAYS);
    }

    /// A minute is complete: `closes` are those of the session so far, oldest first, and `bars` is
    /// how many there were (more, when the oldest are no longer kept).
    pub fn on_minute<I>(&mut self, bars: u64, closes: I)
    where
        I: ExactSizeIterator<Item = Price>,
    {
        self.bars = bars;
        let intraday = realised_vol(closes, self.rule.bars_max, self.rule.bars_min);
        self.now = intraday.map(|vol| vol_blend(vol, self.daily, self.rule.daily_weight));
    }

    /// The annualised volatility and what it stands on; `None` until enough minutes are complete.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Option<Volatility> {
        self.now
    }

    /// One-minute bars seen this session.
    #[must_use]
    pub fn bars(&self) -> u64 {
        self.bars
    }

    /// Daily returns known from before this session.
    #[must_use]
    pub fn history_days(&self) -> u32 {
        self.history_days
    }

    /// Writes what it knows.
    pub fn save(&self, into: &mut dyn StateSink) {
        into.u32(self.history_days);
        save_fx(self.daily, into);
        into.u64(self.bars);
        save_fx(self.now.map(|now| now.value), into);
        into.bool(self.now.is_some_and(|now| now.source == VolSource::Blend));
    }

    /// Reads back what [`VolatilityGauge::save`] wrote.
    ///
    /// # Errors
    /// [`StateError`] when the state ends early.
    pub fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.history_days = from.u32("history days")?;
        self.daily = read_fx(from)?;
        self.bars = from.u64("minutes seen")?;
        let value = read_fx(from)?;
        let blended = from.bool("volatility source")?;
        let source = if blended { VolSource::Blend } else { VolSource::Intraday };
        self.now = value.map(|value| Volatility { value, source });
        Ok(())
    }
}

fn save_fx(value: Option<Fx>, into: &mut dyn StateSink) {
    into.bool(value.is_some());
    into.i64(value.map_or(0, Fx::to_bits));
}

fn read_fx(from: &mut StateReader<'_>) -> Result<Option<Fx>, StateError> {
    let known = from.bool("volatility known")?;
    let bits = from.i64("volatility")?;
    Ok(known.then_some(Fx::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::StateBytes;

    fn gauge() -> VolatilityGauge {
        let daily_weight = Fx::parse("0.5").unwrap();
        VolatilityGauge::new(VolatilityRule { bars_max: 60, bars_min: 5, daily_weight })
    }

    /// Closes that go up and down by the same step.
    fn zigzag(count: usize) -> Vec<Price> {
        let levels = [Price::parse("590").unwrap(), Price::parse("590.59").unwrap()];
        (0..count).map(|i| levels[i % 2]).collect()
    }

    fn feed(gauge: &mut VolatilityGauge, minutes: usize) {
        gauge.on_minute(minutes as u64, zigzag(minutes).into_iter());
    }

    #[test]
    fn the_fifth_minute_brings_the_first_estimate() {
        let mut gauge = gauge();
        feed(&mut gauge, 4);
        assert_eq!((gauge.now(), gauge.bars()), (None, 4));
        feed(&mut gauge, 5);
        assert_eq!(gauge.now().map(|v| v.source), Some(VolSource::Intraday));
    }

    #[test]
    fn nineteen_days_are_too_few_to_blend_and_twenty_are_enough() {
        let (mut short, mut long) = (gauge(), gauge());
        short.on_history(&zigzag(20));
        long.on_history(&zigzag(21));
        assert_eq!((short.history_days(), long.history_days()), (19, 20));
        feed(&mut short, 6);
        feed(&mut long, 6);
        assert_eq!(short.now().unwrap().source, VolSource::Intraday);
        let (intraday, blend) = (short.now().unwrap().value, long.now().unwrap());
        assert_eq!(blend.source, VolSource::Blend);
        let daily = daily_vol(&zigzag(21), DAYS).unwrap();
        let mean = (intraday.to_e9() + daily.to_e9()) / 2;
        assert!((blend.value.to_e9() - mean).abs() <= 1);
    }

    #[test]
    fn it_comes_back_as_it_was() {
        let mut gauges = [gauge(), gauge(), gauge()];
        feed(&mut gauges[1], 7);
        gauges[2].on_history(&zigzag(30));
        feed(&mut gauges[2], 7);
        for kept in gauges {
            let mut bytes = StateBytes::default();
            kept.save(&mut bytes);
            let mut back = gauge();
            let mut reader = StateReader::new(&bytes.0);
            back.resume(&mut reader).unwrap();
            assert_eq!(back, kept);
            assert!(reader.is_at_end());
        }
    }
}
