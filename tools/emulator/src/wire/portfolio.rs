//! The portfolio history (`alpaca.md` §2): parallel arrays of numbers.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use st0ck_quant::fx::price_to_f64;
use st0ck_types::calendar::Date;
use st0ck_types::{Money, Price};

/// Dollars as a JSON number, to the cent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dollars(pub(crate) Money);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cents = self.0.to_e9().saturating_add(Price::CENT.0 / 2).div_euclid(Price::CENT.0);
        serializer.serialize_f64(price_to_f64(Price(cents * Price::CENT.0)))
    }
}

/// A part of one, in steps of a ten-thousandth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TenThousandths(pub(crate) i64);

impl Serialize for TenThousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(price_to_f64(Price(self.0 * Price::CENT.0 / 100)))
    }
}

/// The reply.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryView {
    /// Beginnings of the windows, in seconds of the epoch.
    pub(crate) timestamp: Vec<i64>,
    /// Equity at their ends.
    pub(crate) equity: Vec<Dollars>,
    /// What was gained by then.
    pub(crate) profit_loss: Vec<Dollars>,
    /// The same as a part of the base.
    pub(crate) profit_loss_pct: Vec<TenThousandths>,
    /// What gains are counted from.
    pub(crate) base_value: Dollars,
    /// The day whose close that is.
    #[serde(serialize_with = "shown")]
    pub(crate) base_value_asof: Date,
    /// Width of a window.
    pub(crate) timeframe: &'static str,
    /// Money that came and went, by activity type.
    pub(crate) cashflow: Map<String, Value>,
}

fn shown<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_rounded_to_the_cent_and_parts_have_four_places() {
        let dollars =
            |text: &str| serde_json::to_string(&Dollars(Money::parse(text).unwrap())).unwrap();
        assert_eq!(dollars("8425.214999"), "8425.21");
        assert_eq!(dollars("8425.215"), "8425.22");
        assert_eq!(dollars("-0.006"), "-0.01");
        assert_eq!(serde_json::to_string(&TenThousandths(-255)).unwrap(), "-0.0255");
    }
}
