//! Price bands: between which prices one instrument may trade.
//!
//! Who sets them knows the rule that they follow (`st0ck-emulator` models Limit Up-Limit Down); the
//! venue only keeps to them.
//! *Invariant:* bands refuse prices, never orders: what they hold back waits, and a limit beyond
//! them stands at the band.

use st0ck_types::{Price, Side};

/// Lowest and highest price at which anything may trade; none when there are no bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bands(pub(crate) Option<(Price, Price)>);

impl Bands {
    /// Whether anything may trade at `price`.
    pub(crate) fn allow(self, price: Price) -> bool {
        self.0.is_none_or(|(low, high)| (low..=high).contains(&price))
    }

    /// Where an order that rests at `limit` may trade: there, or at the band if that is less far;
    /// nowhere while the bands ask for more than the limit gives.
    pub(crate) fn hold(self, side: Side, limit: Price) -> Option<Price> {
        let held = self.0.map_or(limit, |(low, high)| match side {
            Side::Buy => limit.min(high),
            Side::Sell => limit.max(low),
        });
        self.allow(held).then_some(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_themselves_can_be_traded_at() {
        let bands = Bands(Some((Price(95), Price(105))));
        let allowed: Vec<i64> = (93..108).filter(|p| bands.allow(Price(*p))).collect();
        assert_eq!(allowed, (95..=105).collect::<Vec<_>>());
        assert!(Bands::default().allow(Price(1)));
    }

    #[test]
    fn a_limit_beyond_the_bands_stands_at_the_band_and_one_short_of_them_nowhere() {
        let bands = Bands(Some((Price(95), Price(105))));
        let held = |side| [94, 95, 105, 106].map(|limit| bands.hold(side, Price(limit)));
        let at = |price| Some(Price(price));
        assert_eq!(held(Side::Buy), [None, at(95), at(105), at(105)]);
        assert_eq!(held(Side::Sell), [at(95), at(95), at(105), None]);
        assert_eq!(Bands::default().hold(Side::Buy, Price(7)), at(7));
    }
}
