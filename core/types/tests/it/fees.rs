//! The regulatory fees of fills, by hand and by law.

use st0ck_types::calendar::Date;
use st0ck_types::fees::{Fees, fees_for_fill, row_on, rows};
use st0ck_types::{Money, Price, Qty, Side};

fn date(text: &str) -> Date {
    text.parse().expect("a test's dates are right")
}

fn price(text: &str) -> Price {
    Price::parse(text).expect("a test's prices are right")
}

fn qty(text: &str) -> Qty {
    Qty::parse(text).expect("a test's quantities are right")
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("a test's amounts are right")
}

fn sell(day: &str, at: &str, shares: &str) -> Fees {
    fees_for_fill(date(day), Side::Sell, price(at), qty(shares))
}

#[test]
fn fills_cost_what_the_hand_computes() {
    for (day, at, shares, sec, taf, cat) in [
        // The demo's day: 3 × 368.12 = 1,104.36; at 22.10 per million.
        ("2020-12-15", "368.12", "3", "0.024406356", "0.000357", "0"),
        // 100 × 590.03 = 59,003; at 27.80 per million; CAT still three months away.
        ("2024-06-03", "590.03", "100", "1.6402834", "0.0166", "0"),
        ("2025-03-03", "590.03", "100", "1.6402834", "0.0166", "0.0046"),
        ("2025-08-01", "590.03", "100", "0", "0.0166", "0.00265"),
        // Fractions of a share: 0.333333333 × 367.41 = 122.46999987753.
        ("2023-01-03", "367.41", "0.333333333", "0.002804562997195437", "0.000048333333285", "0"),
        ("2026-11-02", "600", "10", "0.1236", "0", "0.00003"),
    ] {
        let want = Fees { sec: money(sec), taf: money(taf), cat: money(cat) };
        assert_eq!(sell(day, at, shares), want, "{shares} × {at} on {day}");
        assert_eq!(want.total(), money(sec) + money(taf) + money(cat));
    }
}

#[test]
fn a_buy_pays_for_the_audit_trail_alone() {
    let fees = fees_for_fill(date("2025-03-03"), Side::Buy, price("590.03"), qty("100"));
    assert_eq!(fees, Fees { cat: money("0.0046"), ..Fees::ZERO });
    let before = fees_for_fill(date("2020-12-15"), Side::Buy, price("590.03"), qty("100"));
    assert_eq!(before, Fees::ZERO);
}

#[test]
fn the_trading_activity_fee_stops_at_its_cap() {
    let taf = |shares| sell("2025-03-03", "10", shares).taf;
    assert_eq!(taf("49999"), money("8.299834"));
    assert_eq!(taf("50000"), money("8.30"));
    assert_eq!(taf("50001"), money("8.30"));
    assert_eq!(taf("9000000000"), money("8.30"));
    let uncapped = sell("2025-03-03", "10", "9000000000");
    assert_eq!((uncapped.sec, uncapped.cat), (money("2502000"), money("414000")));
}

#[test]
fn a_share_that_sold_for_less_than_its_fee_pays_none() {
    assert_eq!(sell("2026-02-02", "0.000194", "1000").taf, Money::ZERO);
    assert_eq!(sell("2026-02-02", "0.000195", "1000").taf, money("0.195"));
}

#[test]
fn rates_change_on_their_day_and_not_before() {
    for (day, before, after) in [
        ("2015-02-14", "22.1", "18.4"),
        ("2016-02-16", "18.4", "21.8"),
        ("2017-07-04", "21.8", "23.1"),
        ("2018-05-22", "23.1", "13"),
        ("2019-04-16", "13", "20.7"),
        ("2020-02-18", "20.7", "22.1"),
        ("2021-02-25", "22.1", "5.1"),
        ("2022-05-14", "5.1", "22.9"),
        ("2023-02-27", "22.9", "8"),
        ("2024-05-22", "8", "27.8"),
        ("2025-05-14", "27.8", "0"),
        ("2026-04-04", "0", "20.6"),
    ] {
        assert_eq!(row_on(date(day).plus_days(-1)).sec_per_million, price(before), "before {day}");
        assert_eq!(row_on(date(day)).sec_per_million, price(after), "on {day}");
    }
    for (day, rate, cap) in [
        ("2021-12-31", "0.000119", "5.95"),
        ("2022-01-01", "0.00013", "6.49"),
        ("2023-01-01", "0.000145", "7.27"),
        ("2024-01-01", "0.000166", "8.3"),
        ("2025-12-31", "0.000166", "8.3"),
        ("2026-09-30", "0.000195", "9.79"),
        ("2026-10-01", "0", "9.79"),
        ("2027-01-01", "0.000195", "9.79"),
    ] {
        let row = row_on(date(day));
        assert_eq!((row.taf_per_share, row.taf_max), (price(rate), money(cap)), "on {day}");
    }
    for (day, rate) in [
        ("2024-08-31", "0"),
        ("2024-09-01", "0.000053"),
        ("2025-01-01", "0.000046"),
        ("2025-07-01", "0.0000265"),
        ("2025-12-01", "0"),
        ("2026-05-01", "0.000003"),
    ] {
        assert_eq!(row_on(date(day)).cat_per_share, price(rate), "on {day}");
    }
}

#[test]
fn beyond_the_table_its_nearest_row_holds() {
    assert_eq!(row_on(date("1999-12-31")), &rows()[0]);
    assert_eq!(row_on(date("2015-01-01")), &rows()[0]);
    assert_eq!(row_on(date("2099-01-01")), &rows()[rows().len() - 1]);
}

#[test]
fn the_table_prints_in_dollars() {
    let row = row_on(date("2025-03-03"));
    let line = format!(
        "{} {} {} {} {}",
        row.from, row.sec_per_million, row.taf_per_share, row.taf_max, row.cat_per_share
    );
    assert_eq!(line, "2025-01-01 27.8 0.000166 8.3 0.000046");
}

#[test]
fn what_does_not_fit_eighteen_decimals_is_rounded_up() {
    let speck = sell("2024-06-03", "0.000000001", "0.000000001");
    assert_eq!(speck.sec, Money(1));
    // 0.000000003 × 11 × 27.80 / 1e6 = 9.174e-13 exactly: nothing to round.
    assert_eq!(sell("2024-06-03", "0.000000003", "11").sec, Money(917_400));
}

#[test]
fn the_fee_rounds_by_less_than_one_unit_of_money() {
    for nano_price in (1..2_000_000_000_i64).step_by(123_456_789) {
        for nano_qty in (1..5_000_000_000_i64).step_by(345_678_901) {
            for row in rows() {
                let fill = fees_for_fill(row.from, Side::Sell, Price(nano_price), Qty(nano_qty));
                let exact_e15 = i128::from(nano_price)
                    * i128::from(nano_qty)
                    * i128::from(row.sec_per_million.0);
                let above = fill.sec.0 * 1_000_000_000_000_000 - exact_e15;
                assert!((0..1_000_000_000_000_000).contains(&above), "{nano_price} × {nano_qty}");
            }
        }
    }
}

#[test]
fn the_sign_of_a_quantity_does_not_turn_a_fee_into_income() {
    assert_eq!(sell("2025-03-03", "590.03", "-100"), sell("2025-03-03", "590.03", "100"));
}

#[test]
fn fees_add_up_kind_by_kind() {
    let mut day = Fees::ZERO;
    day += sell("2025-03-03", "590.03", "60");
    day += sell("2025-03-03", "590.03", "40");
    assert_eq!(day, sell("2025-03-03", "590.03", "100"));
}
