//! The session's volume-weighted average price, exact: Σ price · size over Σ size.

use st0ck_types::{Money, Price, Qty, StateReader, StateSink, state::StateError};

/// Two sums over the session's regular prints. The division is done when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vwap {
    paid: Money,
    volume: i128,
}

impl Vwap {
    pub(crate) fn on_print(&mut self, price: Price, size: Qty) {
        // Saturates: a feed that tells nonsense must not stop the lane.
        self.paid.0 = self.paid.0.saturating_add(price.times(size).0);
        self.volume = self.volume.saturating_add(i128::from(size.0));
    }

    /// The average, truncated to 1e-9; `None` before the first print.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        let price = self.paid.0.checked_div(self.volume)?;
        i64::try_from(price).ok().map(Price)
    }

    /// Shares traded; the largest quantity there is when there were more.
    #[must_use]
    pub fn volume(&self) -> Qty {
        Qty(i64::try_from(self.volume).unwrap_or(i64::MAX))
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        sink.i128(self.paid.0);
        sink.i128(self.volume);
    }

    pub(crate) fn load(from: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self { paid: Money(from.i128("vwap paid")?), volume: from.i128("vwap volume")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_exact_and_absent_before_the_first_print() {
        let mut vwap = Vwap::default();
        assert_eq!(vwap.price(), None);
        vwap.on_print(Price::parse("100").unwrap(), Qty::units(3).unwrap());
        vwap.on_print(Price::parse("100.04").unwrap(), Qty::units(1).unwrap());
        assert_eq!(vwap.price(), Price::parse("100.01").ok());
        assert_eq!(vwap.volume(), Qty::units(4).unwrap());
    }

    #[test]
    fn more_volume_than_a_quantity_holds_is_still_averaged() {
        let mut vwap = Vwap::default();
        for _ in 0..4 {
            vwap.on_print(Price(7), Qty(i64::MAX));
        }
        assert_eq!((vwap.price(), vwap.volume()), (Some(Price(7)), Qty(i64::MAX)));
        for _ in 0..4 {
            vwap.on_print(Price(i64::MAX), Qty(i64::MAX));
        }
        assert!(vwap.price().is_some(), "nonsense is averaged too");
    }
}
