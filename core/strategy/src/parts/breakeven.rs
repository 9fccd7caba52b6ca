//! Whether one may leave without a loss (before fees).

use st0ck_types::{Money, Price, Qty};

/// Whether selling all of `held` at `bid` brings back at least its `cost`. Exact. Never without a
/// bid, never of nothing.
#[must_use]
pub fn is_breakeven(held: Qty, cost: Money, bid: Price) -> bool {
    held > Qty::ZERO && bid > Price::ZERO && bid.times(held) >= cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_price_itself_is_breakeven_and_a_cent_less_is_not() {
        let (three, entry) = (Qty::units(3).unwrap(), Price::parse("590").unwrap());
        let cost = entry.times(three);
        assert!(is_breakeven(three, cost, entry));
        assert!(!is_breakeven(three, cost, Price(entry.0 - Price::CENT.0)));
        assert!(!is_breakeven(three, cost + Money(1), entry), "exact to the last digit");
    }

    #[test]
    fn without_a_bid_or_a_position_there_is_nothing_to_leave() {
        assert!(!is_breakeven(Qty::ONE, Money::ZERO, Price::ZERO));
        assert!(!is_breakeven(Qty::ZERO, Money::ZERO, Price::ONE));
    }
}
