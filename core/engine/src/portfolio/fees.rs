//! What one fill is charged, by trade date and kind of instrument. Called by the engine per fill.

use st0ck_types::calendar::Date;
use st0ck_types::fees::fees_for_fill;
use st0ck_types::{AssetClass, Money, Price, Qty, Side};

/// The regulatory fees of one fill, exact: those of `st0ck_types::fees` for shares; nothing for
/// what that table does not cover.
#[must_use]
pub fn charge(date: Date, class: AssetClass, side: Side, price: Price, qty: Qty) -> Money {
    match class {
        AssetClass::Equity => fees_for_fill(date, side, price, qty).total(),
        AssetClass::Option | AssetClass::Future | AssetClass::Index | AssetClass::Crypto => {
            Money::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_charged_and_the_rest_is_not() {
        let date = Date::new(2020, 12, 15).unwrap();
        let fee = |class, side| charge(date, class, side, Price(367 * Price::ONE.0), Qty::ONE);
        // 22.1 per million of 367 dollars, and 0.000119 per share.
        let sold = Money::parse("0.0082297").unwrap();
        assert_eq!(fee(AssetClass::Equity, Side::Sell), sold);
        assert_eq!(fee(AssetClass::Equity, Side::Buy), Money::ZERO);
        assert_eq!(fee(AssetClass::Option, Side::Sell), Money::ZERO);
    }
}
