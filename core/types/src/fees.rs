//! What regulators charge on a fill of US stock, by trade date, 2015 to 2027: one table. The engine
//! charges it per fill, the simulated venue and the emulator book the same, and a session header
//! prints it, so that a replay years later does not depend on today's rates.
//!
//! Three fees, all passed through by brokers at cost: SEC Section 31 (sells, on the dollar amount),
//! FINRA's Trading Activity Fee (sells, per share, capped per trade) and the Consolidated Audit
//! Trail's fee (both sides, per share). Fees of options (per contract; ORF, OCC) are not here.
//!
//! *Invariant:* a fee is never negative and never rounded to the cent. Brokers round sums, not
//! fills: Alpaca adds up each kind of fee per account and day and rounds that sum up to the cent.
//! What is here is the exact summand.

use crate::calendar::Date;
use crate::{Money, Price, Qty, Side};
use std::ops::{Add, AddAssign};

/// Rates in force from a trade date until the next row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRow {
    /// The first trade date of these rates, New York time.
    pub from: Date,
    /// SEC Section 31, in dollars per million dollars sold.
    pub sec_per_million: Price,
    /// FINRA TAF, in dollars per share sold.
    pub taf_per_share: Price,
    /// The most TAF that one trade pays, in dollars.
    pub taf_max: Money,
    /// CAT, in dollars per share bought or sold.
    pub cat_per_share: Price,
}

/// The regulatory fees of one fill, or the sum of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// SEC Section 31 transaction fee; Alpaca posts it as `REG`.
    pub sec: Money,
    /// FINRA Trading Activity Fee; `TAF`.
    pub taf: Money,
    /// Consolidated Audit Trail fee; `CAT`.
    pub cat: Money,
}

impl Fees {
    /// No fees.
    pub const ZERO: Self = Self { sec: Money::ZERO, taf: Money::ZERO, cat: Money::ZERO };

    /// All three together.
    #[must_use]
    pub fn total(&self) -> Money {
        self.sec + self.taf + self.cat
    }
}

impl Add for Fees {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { sec: self.sec + other.sec, taf: self.taf + other.taf, cat: self.cat + other.cat }
    }
}

impl AddAssign for Fees {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The whole table, oldest row first.
#[must_use]
pub fn rows() -> &'static [FeeRow] {
    &ROWS
}

/// The rates in force on a trade date: before the first row the first, after the last row the last.
#[must_use]
pub fn row_on(date: Date) -> &'static FeeRow {
    &ROWS[ROWS.partition_point(|row| row.from <= date).saturating_sub(1)]
}

/// The fees of one fill of US stock: `date` is the trade date in New York, `qty` is in shares and
/// only its magnitude counts, for `side` says the direction.
///
/// TAF and CAT are exact. SEC is exact for all prices and quantities whose decimals together number
/// eleven or fewer (whole shares at any price, nine-decimal fractions at a price in cents); the
/// rest is rounded up at 1e-18 dollars.
#[must_use]
pub fn fees_for_fill(date: Date, side: Side, price: Price, qty: Qty) -> Fees {
    let row = row_on(date);
    let shares = qty.abs();
    let cat = row.cat_per_share.times(shares);
    match side {
        Side::Buy => Fees { cat, ..Fees::ZERO },
        Side::Sell => Fees { sec: row.sec_on(price, shares), taf: row.taf_on(price, shares), cat },
    }
}

impl FeeRow {
    /// Section 31 on the proceeds of a sale.
    fn sec_on(&self, price: Price, shares: Qty) -> Money {
        // The rate counts 1e-9 dollars per 1e6 dollars. Dividing first keeps every product of an
        // i64 by an i64 inside the i128, and the rest keeps every digit.
        const UNIT: i128 = 1_000_000_000 * 1_000_000;
        let rate = i128::from(self.sec_per_million.0);
        let proceeds = price.times(shares).abs();
        let (whole, rest) = (proceeds.0 / UNIT, proceeds.0 % UNIT);
        Money(whole * rate + (rest * rate + (UNIT - 1)) / UNIT)
    }

    /// TAF on a trade, none when a share sold for less than its fee (By-Laws, Schedule A, 1(b)(2)).
    fn taf_on(&self, price: Price, shares: Qty) -> Money {
        if price < self.taf_per_share {
            return Money::ZERO;
        }
        self.taf_per_share.times(shares).min(self.taf_max)
    }
}

// Where the figures come from. «Recalled» marks those that no text was at hand to confirm; the
// rates of 2026 and 2027 were read in brokers' and others' quotations of the filings.
//
// SEC: the Commission's Fee Rate Advisories and FINRA's Information Notices about them; a new rate
// comes 60 days after the year's appropriation. Recalled: $18.40. The first day of $22.90 is from a
// traders' list. Advisories go by "charge date", for stocks the settlement date; brokers charge by
// trade date, and so does this table.
//
// TAF: FINRA By-Laws, Schedule A, Section 1. $0.000119 since 2012; SR-FINRA-2020-032 for 2022 to
// 2024 (recalled: the cap of 2022); SR-FINRA-2024-019 for 2026. SR-FINRA-2026-021 pauses it for the
// last quarter of 2026, which Alpaca's schedule of 2026-10-01 passes on. SR-FINRA-2026-020 holds
// the rate of 2026 until the end of 2028; SR-FINRA-2024-019 had planned $0.000232 for 2027.
//
// CAT: what a customer of Alpaca pays: CAT LLC's prospective fee, its historical assessment, and
// FINRA's recovery of its own share (FINRA Rule 6897). 2024-1: Alpaca's page of that time, from the
// month in CAT FAQ V6. 2025-1: 0.000022 + 0.000013 + 0.000011, and 2025-2: 0.000009 + 0.000013 +
// 0.0000045, both Alpaca's. CAT LLC invoiced nothing for December 2025 to April 2026; recalled:
// that Alpaca charged nothing either. 2026-1: 0.000001 + 0.000002 (CAT Fee Alerts 2026-1 and
// 2026-2, Alpaca's schedules since).
#[rustfmt::skip]
const ROWS: [FeeRow; 24] = [
    //   from            SEC $ TAF $1e-6  TAF $  CAT $1e-7
    //                 per 1e6 per share    max  per share
    row((2015,  1,  1), 22_10,    119,   5_95,      0), // SEC since 2014-03-18
    row((2015,  2, 14), 18_40,    119,   5_95,      0), // SEC, fiscal year 2015
    row((2016,  2, 16), 21_80,    119,   5_95,      0), // SEC, 2016
    row((2017,  7,  4), 23_10,    119,   5_95,      0), // SEC, 2017
    row((2018,  5, 22), 13_00,    119,   5_95,      0), // SEC, 2018
    row((2019,  4, 16), 20_70,    119,   5_95,      0), // SEC, 2019
    row((2020,  2, 18), 22_10,    119,   5_95,      0), // SEC, 2020
    row((2021,  2, 25),  5_10,    119,   5_95,      0), // SEC, 2021
    row((2022,  1,  1),  5_10,    130,   6_49,      0), // TAF
    row((2022,  5, 14), 22_90,    130,   6_49,      0), // SEC, 2022
    row((2023,  1,  1), 22_90,    145,   7_27,      0), // TAF
    row((2023,  2, 27),  8_00,    145,   7_27,      0), // SEC, 2023
    row((2024,  1,  1),  8_00,    166,   8_30,      0), // TAF
    row((2024,  5, 22), 27_80,    166,   8_30,      0), // SEC, 2024
    row((2024,  9,  1), 27_80,    166,   8_30,    530), // CAT Fee 2024-1
    row((2025,  1,  1), 27_80,    166,   8_30,    460), // CAT Fee 2025-1
    row((2025,  5, 14),     0,    166,   8_30,    460), // SEC, 2025: target reached early
    row((2025,  7,  1),     0,    166,   8_30,    265), // CAT Fee 2025-2
    row((2025, 12,  1),     0,    166,   8_30,      0), // CAT: no invoices
    row((2026,  1,  1),     0,    195,   9_79,      0), // TAF
    row((2026,  4,  4), 20_60,    195,   9_79,      0), // SEC, 2026
    row((2026,  5,  1), 20_60,    195,   9_79,     30), // CAT Fee 2026-1
    row((2026, 10,  1), 20_60,      0,   9_79,     30), // TAF paused
    row((2027,  1,  1), 20_60,    195,   9_79,     30), // TAF resumed
];

/// One line of the table, in the units in which its sources write the figures.
const fn row(
    (year, month, day): (i32, u32, u32),
    sec_cents: i64,
    taf_micros: i64,
    taf_max_cents: i128,
    cat_tenth_micros: i64,
) -> FeeRow {
    FeeRow {
        from: Date::new(year, month, day).expect("the table's days exist, or it would not compile"),
        sec_per_million: Price(sec_cents * 10_000_000),
        taf_per_share: Price(taf_micros * 1_000),
        taf_max: Money(taf_max_cents * 10_000_000_000_000_000),
        cat_per_share: Price(cat_tenth_micros * 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_differ_from_their_neighbours() {
        for pair in ROWS.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            assert!(before.from < after.from, "{} is followed by {}", before.from, after.from);
            let moved = FeeRow { from: after.from, ..before };
            assert_ne!(moved, after, "the row of {} changes nothing", after.from);
        }
    }

    #[test]
    fn the_cap_is_always_some_fifty_thousand_shares_of_fee() {
        for row in ROWS.iter().filter(|row| row.taf_per_share > Price::ZERO) {
            let shares = row.taf_max.0 / i128::from(row.taf_per_share.0) / 1_000_000_000;
            assert!((49_900..50_300).contains(&shares), "{}: {shares}", row.from);
        }
    }

    #[test]
    fn proceeds_as_large_as_money_can_hold_do_not_overflow() {
        let fees = fees_for_fill(ROWS[13].from, Side::Sell, Price(i64::MAX), Qty(i64::MAX));
        // 2^63 - 1 squared, in 1e-18 dollars, times 27.80 per million, rounded up.
        let proceeds = Price(i64::MAX).times(Qty(i64::MAX));
        assert!(fees.sec.0 > proceeds.0 / 1_000_000 * 27);
        assert!(fees.sec.0 < proceeds.0 / 1_000_000 * 28);
        assert_eq!(fees.taf, ROWS[13].taf_max);
    }
}
