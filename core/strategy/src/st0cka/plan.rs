//! How many to buy and how much more to ask, with the reasons in the form the journal keeps.
//!
//! Made when a minute is complete, with all that needs a division; an entry only copies from it.

use super::params::Rules;
use crate::parts::vol_sizing::Size;
use crate::parts::vol_target::{average_up, sell_price};
use crate::parts::volatility::VolatilityGauge;
use st0ck_quant::Fx;
use st0ck_quant::indicator::vol_blend::{VolSource, Volatility};
use st0ck_types::decision::Factor;
use st0ck_types::{Decision, Money, Price, Qty, Text};

/// What it decides.
const ENTRY: Text<15> = Text::new("entry");
const TAKE_PROFIT: Text<15> = Text::new("take_profit");

// What it weighs.
const WAITED: Factor = Factor::signal("waited", 0);
const VWAP_DEVIATION: Factor = Factor::signal("vwap_deviation", 0);
const SIZE_RAW: Factor = Factor::sizing("size_raw", 0);
const SIZE: Factor = Factor::sizing("size", 0);
const TARGET_RAW: Factor = Factor::sizing("target_raw", 0);
const AVERAGE_COST: Factor = Factor::signal("average_cost", 0);
const TARGET_PRICE: Factor = Factor::signal("target_price", 0);
const HELD: Factor = Factor::sizing("held", 0);
const BARS: Factor = Factor::sizing("bars", 0);
const VOLATILITY: Factor = Factor::sizing("volatility", 0);
const VOL_BLENDED: Factor = Factor::sizing("vol_blended", 0);
const HISTORY_DAYS: Factor = Factor::sizing("history_days", 0);

/// Size and target, and the volatility that they follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) size: Size,
    /// Per share, before any rounding to the tick.
    pub(super) target: Price,
    /// What size and target come from.
    grounds: Decision,
}

impl Plan {
    /// What the rules say now.
    pub(super) fn of(rules: &Rules, gauge: &VolatilityGauge) -> Self {
        let volatility = gauge.now().filter(|_| rules.by_volatility);
        let (size, target) = match volatility {
            Some(now) => (rules.sizing.size(now.value), rules.target.raw(now.value)),
            None => (rules.sizing.unknown(), rules.target.unknown()),
        };
        Self { size, target, grounds: grounds(gauge, volatility) }
    }

    /// Where to offer `held` shares that cost `cost` in all; `None` when no such price exists.
    pub(super) fn offer(&self, held: Qty, cost: Money, tick: Price) -> Option<Price> {
        sell_price(held, cost, self.target, tick)
    }

    /// Writes down why to buy now, `waited` nanoseconds after the last entry or the open, and why so
    /// many.
    // Not inlined: a rehearsal warms what is used in earnest.
    #[inline(never)]
    pub(super) fn entry(&self, waited: i64, deviation: Option<Fx>, why: &mut Decision) {
        why.begin(ENTRY);
        // Nanoseconds are seconds in 1e-9.
        why.push(WAITED.of(waited));
        if let Some(deviation) = deviation {
            why.push(VWAP_DEVIATION.of(deviation.to_e9()));
        }
        why.extend(self.grounds.factors());
        why.push(SIZE_RAW.of(self.size.raw_e9));
        why.push(SIZE.of(whole(self.size.shares)));
        why.push(TARGET_RAW.of(self.target.0));
    }

    /// Writes down why the offer stands at `price`.
    pub(super) fn take_profit(&self, held: Qty, cost: Money, price: Price, why: &mut Decision) {
        let average = average_up(held, cost).unwrap_or_default();
        why.begin(TAKE_PROFIT);
        why.push(AVERAGE_COST.of(average.0));
        why.push(TARGET_PRICE.of(price.0));
        why.extend(self.grounds.factors());
        why.push(TARGET_RAW.of(self.target.0));
        why.push(HELD.of(held.0));
    }
}

/// The volatility and what it stands on; only the minutes seen where there is none.
fn grounds(gauge: &VolatilityGauge, volatility: Option<Volatility>) -> Decision {
    let mut decision = Decision::default();
    decision.push(BARS.of(whole(gauge.bars() as i64)));
    let Some(Volatility { value, source }) = volatility else { return decision };
    let blended = i64::from(source == VolSource::Blend);
    decision.push(VOLATILITY.of(value.to_e9()));
    decision.push(VOL_BLENDED.of(whole(blended)));
    decision.push(HISTORY_DAYS.of(whole(gauge.history_days().into())));
    decision
}

/// A count in 1e-9.
pub(super) fn whole(count: i64) -> i64 {
    count.saturating_mul(Qty::ONE.0)
}

#[cfg(test)]
mod tests {
    use super::super::params::PARAMS;
    use super::*;
    use st0ck_engine::params::Params;

    fn plan(given: &[(&str, &str)], closes: &[&str]) -> Plan {
        let rules = Rules::of(&Params::resolve(PARAMS, given).unwrap()).unwrap();
        let mut gauge = VolatilityGauge::new(rules.volatility);
        let closes: Vec<Price> = closes.iter().map(|text| Price::parse(text).unwrap()).collect();
        gauge.on_minute(closes.len() as u64, closes.into_iter());
        Plan::of(&rules, &gauge)
    }

    fn entry(plan: &Plan, waited: i64, deviation: Option<Fx>) -> Decision {
        let mut decision = Decision::default();
        plan.entry(waited, deviation, &mut decision);
        decision
    }

    fn factors(decision: &Decision) -> Vec<(&str, i64)> {
        decision.factors().iter().map(|f| (f.name.as_str(), f.value)).collect()
    }

    /// One-minute closes of 42.5 % a year.
    const WILD: [&str; 6] = ["590", "590.8", "590", "590.8", "590", "590.8"];

    #[test]
    fn before_the_fifth_minute_it_is_one_share_for_a_cent() {
        let early = plan(&[], &WILD[..4]);
        assert_eq!((early.size.shares, early.target), (1, Price::CENT));
        let want = [("waited", 9), ("bars", 4), ("size_raw", 1), ("size", 1)];
        assert_eq!(factors(&entry(&early, whole(9), None))[..4], want.map(|(n, v)| (n, whole(v))));
    }

    #[test]
    fn a_wild_market_is_one_share_and_a_quiet_one_three() {
        let wild = plan(&[], &WILD);
        assert_eq!(wild.size.shares, 1);
        assert!(wild.target > Price::parse("0.04").unwrap(), "{}", wild.target);
        let quiet = plan(&[], &["590"; 6]);
        assert_eq!((quiet.size.shares, quiet.target), (3, Price::CENT));
    }

    #[test]
    fn with_volatility_off_it_is_not_a_reason_either() {
        let off = plan(&[("use_volatility_sizing", "false")], &["590"; 6]);
        assert_eq!((off.size.shares, off.target), (1, Price::CENT));
        assert!(factors(&entry(&off, 0, None)).iter().all(|(name, _)| *name != "volatility"));
    }

    #[test]
    fn an_offer_keeps_the_raw_target_beside_the_price() {
        let wild = plan(&[], &WILD);
        let cost = Price::parse("590").unwrap().times(Qty::ONE);
        let price = wild.offer(Qty::ONE, cost, Price::CENT).unwrap();
        let mut decision = Decision::default();
        wild.take_profit(Qty::ONE, cost, price, &mut decision);
        let names: Vec<&str> = factors(&decision).iter().map(|(name, _)| *name).collect();
        let reasons = ["average_cost", "target_price", "bars", "volatility", "vol_blended"];
        assert_eq!(names, [&reasons[..], &["history_days", "target_raw", "held"]].concat());
        assert!(price.is_on_tick(Price::CENT) && !wild.target.is_on_tick(Price::CENT));
    }

    #[test]
    fn every_reason_of_an_entry_fits_into_a_decision() {
        let deviation = Some(Fx::parse("-0.006").unwrap());
        let decision = entry(&plan(&[], &WILD), whole(40), deviation);
        assert_eq!(factors(&decision)[1], ("vwap_deviation", -6_000_000));
        assert_eq!(factors(&decision)[8].0, "target_raw", "the last one was kept");
    }
}
