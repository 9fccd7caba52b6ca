//! Orders that do not wait: immediate or cancel, fill or kill; orders for money.

use crate::{halt, limit, ms, order, print, quote, told};
use st0ck_sim::{Latency, Lifetime, Refusal, SimConfig, Venue};
use st0ck_types::OrderKind::Market;
use st0ck_types::Side::{Buy, Sell};
use st0ck_types::time::MILLISECOND;
use st0ck_types::{MarketEvent, Money, Qty, TimeInForce};

fn immediate() -> Venue {
    Venue::new(SimConfig::immediate())
}

fn quoted() -> Venue {
    let mut venue = immediate();
    venue.on_market(&quote(1, 10_000, 20, 10_001, 30));
    venue
}

#[test]
fn immediate_or_cancel_takes_what_is_there_and_ends() {
    let mut venue = quoted();
    venue.submit(order(1, 1, Buy, Market, 80).lasting(Lifetime::Ioc)).unwrap();
    venue.submit(order(2, 1, Sell, limit(10_000), 5).lasting(Lifetime::Ioc)).unwrap();
    venue.submit(order(3, 1, Sell, limit(10_001), 5).lasting(Lifetime::Ioc)).unwrap();
    venue.on_market(&quote(2, 10_000, 100, 10_001, 100));
    assert_eq!(
        told(&mut venue),
        [
            "1ms accepted #1",
            "1ms fill #1 30 @ 100.01",
            "1ms ended #1",
            "1ms accepted #2",
            "1ms fill #2 5 @ 100 done",
            "1ms accepted #3",
            "1ms ended #3",
        ]
    );
    assert_eq!(venue.live_orders(), 0);
}

#[test]
fn fill_or_kill_takes_all_or_leaves_all() {
    let mut venue = quoted();
    venue.submit(order(1, 1, Buy, Market, 31).lasting(Lifetime::Fok)).unwrap();
    venue.submit(order(2, 1, Buy, limit(10_001), 20).lasting(Lifetime::Fok)).unwrap();
    venue.submit(order(3, 1, Buy, limit(10_001), 11).lasting(Lifetime::Fok)).unwrap();
    venue.submit(order(4, 1, Buy, limit(10_000), 1).lasting(Lifetime::Fok)).unwrap();
    venue.submit(order(5, 1, Buy, Market, 10)).unwrap();
    assert_eq!(
        told(&mut venue),
        [
            "1ms accepted #1",
            "1ms ended #1",
            "1ms accepted #2",
            "1ms fill #2 20 @ 100.01 done",
            "1ms accepted #3",
            "1ms ended #3",
            "1ms accepted #4",
            "1ms ended #4",
            "1ms accepted #5",
            "1ms fill #5 10 @ 100.01 done",
        ],
        "the killed ones left the level as it was"
    );
}

#[test]
fn fill_or_kill_is_never_filled_in_part_by_chance() {
    let config = SimConfig { partial_fill_per_mille: 1_000, ..SimConfig::immediate() };
    let mut venue = Venue::new(config);
    venue.on_market(&quote(1, 10_000, 20, 10_001, 30));
    venue.submit(order(1, 1, Buy, Market, 20).lasting(Lifetime::Fok)).unwrap();
    assert_eq!(told(&mut venue)[1], "1ms fill #1 20 @ 100.01 done");
    venue.submit(order(2, 1, Buy, Market, 10).lasting(Lifetime::Ioc)).unwrap();
    let events = told(&mut venue);
    assert!(events[1].starts_with("1ms fill #2 ") && events[2] == "1ms ended #2", "{events:?}");
}

#[test]
fn who_does_not_wait_ends_in_a_halt() {
    let mut venue = quoted();
    venue.on_market(&halt(1, true));
    venue.submit(order(1, 1, Buy, Market, 1).lasting(Lifetime::Ioc)).unwrap();
    venue.submit(order(2, 1, Buy, Market, 1).lasting(Lifetime::Fok)).unwrap();
    assert_eq!(
        told(&mut venue),
        ["1ms accepted #1", "1ms ended #1", "1ms accepted #2", "1ms ended #2"]
    );
}

#[test]
fn who_does_not_wait_ends_where_there_is_no_quote_and_outside_the_bands() {
    let mut venue = immediate();
    venue.submit(order(1, 0, Sell, Market, 1).lasting(Lifetime::Fok)).unwrap();
    venue.on_market(&quote(1, 10_000, 20, 10_001, 30));
    venue.set_bands(crate::SPY, Some((crate::cents(9_000), crate::cents(10_000))));
    venue.submit(order(2, 1, Buy, Market, 1).lasting(Lifetime::Ioc)).unwrap();
    let events = told(&mut venue);
    assert_eq!(events, ["0ms accepted #1", "0ms ended #1", "1ms accepted #2", "1ms ended #2"]);
}

#[test]
fn bands_hold_orders_back_until_the_market_returns_or_they_are_lifted() {
    let mut venue = quoted();
    venue.set_bands(crate::SPY, Some((crate::cents(9_900), crate::cents(10_000))));
    venue.submit(order(1, 1, Buy, Market, 5)).unwrap();
    venue.submit(order(2, 1, Buy, limit(9_890), 5)).unwrap();
    venue.on_market(&print(2, 9_880, 100));
    assert_eq!(told(&mut venue), ["1ms accepted #1", "1ms accepted #2"]);
    venue.on_market(&quote(3, 9_990, 100, 10_000, 100));
    assert_eq!(told(&mut venue), ["3ms fill #1 5 @ 100 done"]);
    venue.set_bands(crate::SPY, None);
    venue.on_market(&print(4, 9_880, 100));
    assert_eq!(told(&mut venue), ["4ms fill #2 5 @ 98.9 done"]);
}

#[test]
fn dollars_buy_at_each_price_what_they_are_worth() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 20, 10_000, 2));
    let wish = order(1, 1, Buy, Market, 1).worth(Money::parse("350").unwrap());
    venue.submit(wish).unwrap();
    venue.on_market(&quote(2, 20_000, 20, 20_000, 20));
    assert_eq!(
        told(&mut venue),
        ["1ms accepted #1", "1ms fill #1 2 @ 100", "2ms fill #1 0.75 @ 200 done"]
    );
    let none = Qty::ZERO;
    let nothing = st0ck_sim::SimOrder { qty: none, ..order(2, 2, Buy, Market, 1) };
    assert_eq!(venue.submit(nothing), Err(Refusal::BadQty));
    venue.submit(nothing.worth(Money::ONE)).unwrap();
    assert_eq!(told(&mut venue), ["2ms accepted #2", "2ms fill #2 0.005 @ 200 done"]);
}

#[test]
fn fractions_and_dollars_draw_no_lot() {
    let config = SimConfig { partial_fill_per_mille: 1_000, ..SimConfig::immediate() };
    let mut venue = Venue::new(config);
    venue.on_market(&quote(1, 10_000, 20, 10_001, 30));
    let fraction = Qty::parse("2.5").unwrap();
    venue.submit(st0ck_sim::SimOrder { qty: fraction, ..order(1, 1, Buy, Market, 1) }).unwrap();
    venue.submit(order(2, 1, Sell, Market, 1).worth(Money::parse("250").unwrap())).unwrap();
    let events = told(&mut venue);
    assert_eq!(events[1], "1ms fill #1 2.5 @ 100.01 done");
    assert_eq!(events[3], "1ms fill #2 2.5 @ 100 done");
}

#[test]
fn the_close_ends_everything_but_until_canceled_and_for_the_closing_auction() {
    let latency = Latency { fixed_ns: 5 * MILLISECOND, jitter_ns: 0 };
    let mut venue = Venue::new(SimConfig { order_latency: latency, ..SimConfig::immediate() });
    for (key, lifetime) in
        [(1, Lifetime::Ioc), (2, Lifetime::Cls), (3, Lifetime::Gtc), (4, Lifetime::Day)]
    {
        venue.submit(order(key, 0, Buy, limit(9_000), 1).lasting(lifetime)).unwrap();
    }
    venue.expire(ms(4));
    assert_eq!(
        told(&mut venue),
        ["4ms accepted #1", "4ms ended #1", "4ms accepted #4", "4ms expired #4"]
    );
    assert_eq!(venue.live_orders(), 2);
}

#[test]
fn the_records_two_lifetimes_are_the_venues() {
    assert_eq!(Lifetime::from(TimeInForce::Day), Lifetime::Day);
    assert_eq!(Lifetime::from(TimeInForce::Gtc), Lifetime::Gtc);
}

/// A market and orders as they were before the venue knew more than day and until canceled.
fn plain_run(seed: u64) -> String {
    let mut venue = Venue::new(SimConfig { seed, ..SimConfig::default() });
    let mut told_all = String::new();
    for i in 0..600i64 {
        let (drift, size) = ((i * 7919 % 13) - 6, (i * 104_729 % 37) + 1);
        let event: MarketEvent = match i % 3 {
            0 => print(i * 4, 10_000 + drift, size),
            _ => quote(i * 4, 9_999 + drift, size, 10_000 + drift, 38 - size),
        };
        venue.on_market(&event);
        let side = if i % 2 == 0 { Buy } else { Sell };
        let kind = if i % 5 == 0 { Market } else { limit(10_000 + (i * 31 % 11) - 5) };
        let tif = if i % 7 == 0 { TimeInForce::Gtc } else { TimeInForce::Day };
        venue.submit(order(i as u64, i * 4, side, kind, size % 23 + 1).lasting(tif)).unwrap();
        if i % 4 == 3 {
            venue.cancel(i as u64 - 2, ms(i * 4 + 1));
        }
        if i % 200 == 199 {
            venue.expire(ms(i * 4 + 2));
        }
        told(&mut venue).into_iter().for_each(|event| told_all = format!("{told_all}{event}\n"));
    }
    told_all
}

/// FNV-1a, 64 bits.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The digests were taken before there was anything but day and until canceled: sessions recorded
/// then must play the same way for ever.
#[test]
fn plain_orders_are_served_as_they_always_were() {
    let told = [1, 2, 3].map(plain_run);
    assert!(told.iter().all(|told| told.lines().count() > 1_000));
    let digests = told.map(|told| format!("{:016x}", digest(&told)));
    assert_eq!(digests, ["f834e020e9c5721b", "b4e8f07bdcf00996", "61251996bace508d"]);
}
