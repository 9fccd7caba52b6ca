//! When it buys, how many, and what it asks for them.

use crate::lane::{Lane, SPY, Setup, price, shares};
use st0ck_quant::fx::price_from_f64;
use st0ck_types::time::SECOND;
use st0ck_types::{Money, OrderKind, PositionEffect, Price, Qty, Side, TimeInForce};

/// Buys, fills, and returns the price offered.
fn offer_after_entry(lane: &mut Lane) -> Price {
    lane.fill_last();
    lane.last().kind.limit().expect("an offer")
}

/// Sells what is offered and waits for the next entry.
fn next_entry(lane: &mut Lane) -> Qty {
    lane.fill_last();
    let sent = lane.orders.len();
    while lane.orders.len() == sent {
        lane.run(1);
    }
    assert_eq!(lane.last().side, Side::Buy);
    lane.last().qty
}

#[test]
fn the_first_quote_is_bought_at_once_and_offered_a_cent_above() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    let entry = lane.last();
    assert_eq!((lane.orders.len(), entry.side, entry.kind), (1, Side::Buy, OrderKind::Market));
    assert_eq!((entry.qty, entry.effect), (Qty::ONE, PositionEffect::Open));
    assert_eq!(offer_after_entry(&mut lane), price("590.01"));
    let offer = lane.last();
    assert_eq!((offer.side, offer.tif, offer.qty), (Side::Sell, TimeInForce::Gtc, Qty::ONE));
    assert_eq!(offer.effect, PositionEffect::Close);
    lane.fill_last();
    assert_eq!(lane.held(), Qty::ZERO);
    assert_eq!(lane.engine().portfolio().realised(), Money::parse("0.01").unwrap());
}

#[test]
fn the_offer_waits_until_the_entry_is_wholly_filled() {
    let mut lane = Lane::open(Setup { params: &[("position_size_min", "3")], ..Setup::default() });
    lane.quote("589.99", "590.00");
    let entry = lane.last();
    lane.accept(entry.no);
    lane.fill(entry.no, shares(1), price("590.00"));
    lane.fill(entry.no, shares(1), price("590.01"));
    assert_eq!(lane.orders.len(), 1);
    lane.fill(entry.no, shares(1), price("590.01"));
    // 590.006667 + 0.01, rounded up.
    assert_eq!(lane.last().kind, OrderKind::Limit(price("590.02")));
    assert_eq!(lane.last().qty, shares(3));
}

#[test]
fn a_quiet_market_is_bought_three_at_a_time_from_the_sixth_minute_on() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    offer_after_entry(&mut lane);
    lane.run(299);
    assert_eq!(lane.note("volatility"), None, "four minutes are complete");
    lane.run(1);
    assert_eq!(lane.note("volatility").as_deref(), Some("0"));
    assert_eq!(lane.note("vol_blended").as_deref(), Some("0"), "and no history");
    assert_eq!(next_entry(&mut lane), shares(3));
    assert_eq!(lane.factor("size").as_deref(), Some("3"));
    assert_eq!(offer_after_entry(&mut lane), price("590.01"));
}

#[test]
fn at_25_percent_it_buys_one_and_offers_it_at_590_03() {
    // Twenty daily returns of ±r have the sample variance 20/19 · r².
    let r = 0.25 / (252.0_f64 * 20.0 / 19.0).sqrt();
    let levels = [price("500"), price_from_f64(500.0 * libm_exp(r)).unwrap()];
    let daily_closes = (0..21).map(|day| levels[day % 2]).collect();
    let params = &[("daily_vol_weight", "1")];
    let mut lane = Lane::open(Setup { params, daily_closes, ..Setup::default() });
    lane.quote("589.99", "590.00");
    offer_after_entry(&mut lane);
    lane.run(300);
    assert_eq!(next_entry(&mut lane), Qty::ONE);
    assert_eq!(lane.factor("volatility").as_deref(), Some("0.25"));
    assert_eq!(lane.factor("vol_blended").as_deref(), Some("1"));
    assert_eq!(lane.factor("history_days").as_deref(), Some("20"));
    assert_eq!(offer_after_entry(&mut lane), price("590.03"));
    assert_eq!(lane.factor("target_raw").as_deref(), Some("0.025"));
    assert_eq!(lane.factor("target_price").as_deref(), Some("590.03"));
}

/// e^x for small x by its series, to the last digit.
fn libm_exp(x: f64) -> f64 {
    (1..20).rev().fold(1.0, |sum, n| 1.0 + x * sum / f64::from(n))
}

#[test]
fn a_wild_session_is_bought_one_at_a_time_and_asks_for_more() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    offer_after_entry(&mut lane);
    for minute in 0..5 {
        lane.shift(if minute % 2 == 0 { 80 } else { -80 });
        lane.run(60);
    }
    assert_eq!(next_entry(&mut lane), Qty::ONE);
    let target = lane.factor("target_raw").unwrap();
    assert!(price(&target) > price("0.025"), "{target}");
}

#[test]
fn with_volatility_off_it_stays_one_share_for_a_cent() {
    let params = &[("use_volatility_sizing", "false")];
    let mut lane = Lane::open(Setup { params, ..Setup::default() });
    lane.quote("589.99", "590.00");
    offer_after_entry(&mut lane);
    lane.run(600);
    assert_eq!(next_entry(&mut lane), Qty::ONE);
    assert_eq!(lane.factor("volatility"), None, "not weighed");
    assert_eq!(offer_after_entry(&mut lane), price("590.01"));
}

#[test]
fn entries_are_forty_seconds_apart_even_when_the_offer_fills_at_once() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    for _ in 0..5 {
        offer_after_entry(&mut lane);
        next_entry(&mut lane);
    }
    let entries: Vec<_> = lane.orders.iter().filter(|order| order.side == Side::Buy).collect();
    for pair in entries.windows(2) {
        assert_eq!(pair[1].decided_at.since(pair[0].decided_at), 40 * SECOND);
    }
}

#[test]
fn nothing_is_entered_in_the_last_ten_minutes() {
    let mut lane = Lane::open(Setup::default());
    lane.skip_until(15, 49, 59);
    assert_eq!(lane.orders.len(), 1, "a second before");
    let mut lane = Lane::open(Setup::default());
    lane.sleep_until(lane.engine().world().session.at_local(15 * 3_600 + 50 * 60));
    lane.quote("589.99", "590.00");
    lane.run(500);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (0, 0));
}

#[test]
fn mean_reversion_waits_for_half_a_percent_below_the_average() {
    let params = &[("use_mean_reversion", "true")];
    let mut lane = Lane::open(Setup { params, ..Setup::default() });
    lane.quote("597.00", "597.02");
    assert!(lane.orders.is_empty(), "no average yet");
    lane.print("600.00", 100);
    lane.quote("597.00", "597.02");
    assert!(lane.orders.is_empty(), "597.01 is not far enough below 600");
    lane.quote("596.99", "597.01");
    assert_eq!((lane.orders.len(), lane.last().side), (1, Side::Buy));
    assert_eq!(lane.factor("vwap_deviation").as_deref(), Some("-0.005"));
}

#[test]
fn a_quote_that_nobody_could_trade_on_is_not_even_asked_about() {
    let mut lane = Lane::open(Setup::default());
    for (bid, ask) in [("590.00", "590.00"), ("590.01", "590.00"), ("0", "590"), ("590", "0")] {
        lane.quote(bid, ask);
    }
    assert_eq!((lane.orders.len(), lane.rejects.len()), (0, 0));
}

#[test]
fn quotes_before_the_open_are_looked_at_and_the_first_after_it_is_bought() {
    let mut lane = Lane::open(Setup { early_s: 300, ..Setup::default() });
    lane.run(299);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (0, 0));
    lane.run(1);
    assert_eq!((lane.orders.len(), lane.age_s()), (1, 0));
}

#[test]
fn only_one_entry_is_out_at_a_time() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    lane.run(200);
    assert_eq!(lane.orders.len(), 1);
    assert_eq!(lane.order(lane.last().no).request.instrument, SPY);
}
