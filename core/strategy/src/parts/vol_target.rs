//! Profit target by volatility: a wilder market pays more for waiting.
//!
//! `target × max(1, volatility / low_vol)`. The raw target keeps its fractions of a cent; the order
//! price is rounded up to the tick, because a sell must not give the fraction away.

use st0ck_quant::Fx;
use st0ck_quant::fx::scale_price;
use st0ck_types::{Money, Price, Qty, Side};

/// How far above the entry to sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolTarget {
    /// Per share, up to and including `low_vol`.
    pub target: Price,
    /// Annualised volatility as a fraction, positive; beyond it the target grows in proportion.
    pub low_vol: Fx,
}

impl VolTarget {
    /// The target per share at an annualised volatility, to the nearest 1e-9. A product beyond the
    /// range of prices is no target anybody reaches: the plain one stands.
    #[must_use]
    pub fn raw(&self, volatility: Fx) -> Price {
        let low = self.low_vol.to_e9();
        scale_price(self.target, volatility.to_e9().max(low), low).unwrap_or(self.target)
    }

    /// The target while the volatility is not known: the plain one.
    #[must_use]
    pub fn unknown(&self) -> Price {
        self.target
    }
}

/// Where to sell `held` shares that cost `cost` in all: average cost plus target, rounded up to the
/// tick. `None` when nothing is held or the price is out of range.
///
/// The average itself is rounded up to 1e-9 first: a part of a nano-dollar below the tick would
/// otherwise pass as the tick.
#[must_use]
pub fn sell_price(held: Qty, cost: Money, target: Price, tick: Price) -> Option<Price> {
    let raw = average_up(held, cost)?.checked_add(target)?;
    raw.round_for(Side::Sell, tick)
}

/// Cost per share, rounded up to 1e-9; `None` when nothing is held.
#[must_use]
pub fn average_up(held: Qty, cost: Money) -> Option<Price> {
    if held.0 <= 0 {
        return None;
    }
    let (floor, rest) = (cost.0.div_euclid(held.0.into()), cost.0.rem_euclid(held.0.into()));
    i64::try_from(floor + i128::from(rest > 0)).ok().map(Price)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn raw(volatility: &str) -> Price {
        let low_vol = Fx::parse("0.10").unwrap();
        VolTarget { target: Price::CENT, low_vol }.raw(Fx::parse(volatility).unwrap())
    }

    fn sell(entry: &str, target: Price) -> Option<Price> {
        sell_price(Qty::ONE, price(entry).times(Qty::ONE), target, Price::CENT)
    }

    #[test]
    fn the_plain_trade_sells_a_cent_above_its_entry() {
        assert_eq!(sell("590.00", Price::CENT), Some(price("590.01")));
    }

    #[test]
    fn at_25_percent_the_target_is_two_and_a_half_cents_and_the_order_rounds_up() {
        assert_eq!(raw("0.25"), price("0.025"));
        assert_eq!(sell("590.00", raw("0.25")), Some(price("590.03")));
    }

    #[test]
    fn the_target_grows_in_proportion_beyond_the_low_threshold() {
        for (volatility, target) in [
            ("0.05", "0.01"),
            ("0.10", "0.01"),
            ("0.125", "0.0125"),
            ("0.175", "0.0175"),
            ("0.2125", "0.02125"),
            ("0.25", "0.025"),
            ("0.60", "0.06"),
            ("0.100000001", "0.01"),
        ] {
            assert_eq!(raw(volatility), price(target), "{volatility}");
        }
    }

    #[test]
    fn a_target_beyond_all_prices_stays_plain() {
        let wild = VolTarget { target: Price(i64::MAX), low_vol: Fx::parse("0.1").unwrap() };
        assert_eq!(wild.raw(Fx::ONE), Price(i64::MAX));
        assert_eq!(sell_price(Qty::ONE, Money::ONE, Price(i64::MAX), Price::CENT), None);
    }

    #[test]
    fn an_average_between_two_units_is_rounded_up_before_the_tick() {
        let three = Qty::units(3).unwrap();
        let cost = price("590.00").times(Qty::ONE) + price("590.01").times(Qty::units(2).unwrap());
        assert_eq!(average_up(three, cost), Some(price("590.006666667")));
        let exact = price("590.00").times(three);
        assert_eq!(average_up(three, exact), Some(price("590")));
        let hair_above = exact + Money(1);
        assert_eq!(sell_price(three, hair_above, Price::CENT, Price::CENT), Some(price("590.02")));
        assert_eq!(average_up(Qty::ZERO, exact), None);
        assert_eq!(average_up(-three, exact), None);
    }
}
