//! One order in another's place, and what the broker itself takes back or makes smaller.

use crate::{halt, limit, ms, order, print, quote, shares, told};
use st0ck_sim::{Latency, Lifetime, Refusal, SimConfig, Venue};
use st0ck_types::OrderKind::Market;
use st0ck_types::Side::{Buy, Sell};
use st0ck_types::time::MILLISECOND;
use st0ck_types::{Money, Qty};

fn distant() -> Venue {
    let latency = Latency { fixed_ns: 5 * MILLISECOND, jitter_ns: 0 };
    let mut venue = Venue::new(SimConfig {
        order_latency: latency,
        cancel_latency: latency,
        ..SimConfig::immediate()
    });
    venue.on_market(&quote(0, 10_000, 50, 10_001, 50));
    venue
}

#[test]
fn a_replacement_takes_its_way_and_stands_last_in_the_queue() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(10_000), 10)).unwrap();
    venue.advance(ms(10));
    venue.on_market(&print(11, 10_000, 50));
    venue.on_market(&quote(12, 10_000, 60, 10_001, 50));
    venue.replace(1, order(2, 12, Buy, limit(10_000), 8)).unwrap();
    venue.advance(ms(17));
    venue.on_market(&print(18, 10_000, 60));
    assert_eq!(told(&mut venue), ["5ms accepted #1", "17ms replaced #1 by #2", "17ms accepted #2"]);
    venue.on_market(&print(19, 10_000, 9));
    assert_eq!(told(&mut venue), ["19ms fill #2 8 @ 100 done"]);
    assert_eq!(venue.live_orders(), 0);
}

#[test]
fn an_order_that_fills_meanwhile_is_not_replaced() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(10_000), 10)).unwrap();
    venue.advance(ms(5));
    venue.replace(1, order(2, 6, Buy, limit(10_001), 10)).unwrap();
    assert_eq!(venue.live_orders(), 2);
    venue.on_market(&print(10, 9_999, 10));
    venue.advance(ms(20));
    assert_eq!(
        told(&mut venue),
        ["5ms accepted #1", "10ms fill #1 10 @ 100 done", "11ms too late #1 by #2"]
    );
    assert_eq!(venue.live_orders(), 0);
    venue.submit(order(2, 20, Buy, limit(9_000), 1)).unwrap();
}

#[test]
fn an_order_that_filled_in_part_leaves_its_rest_to_the_new_one() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, Market, 60)).unwrap();
    venue.replace(1, order(2, 1, Buy, limit(10_001), 10)).unwrap();
    venue.on_market(&quote(7, 10_000, 50, 10_001, 50));
    assert_eq!(
        told(&mut venue),
        [
            "5ms accepted #1",
            "5ms fill #1 50 @ 100.01",
            "6ms replaced #1 by #2",
            "6ms accepted #2",
            "7ms fill #2 10 @ 100.01 done",
        ]
    );
}

#[test]
fn a_cancel_behind_a_replacement_finds_the_order_gone() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(9_000), 1)).unwrap();
    venue.replace(1, order(2, 1, Buy, limit(9_001), 1)).unwrap();
    venue.cancel(1, ms(1));
    venue.cancel(2, ms(2));
    venue.advance(ms(20));
    assert_eq!(
        told(&mut venue),
        [
            "5ms accepted #1",
            "6ms replaced #1 by #2",
            "6ms accepted #2",
            "6ms too late #1",
            "7ms canceled #2",
        ]
    );
}

#[test]
fn a_replacement_that_is_no_order_changes_nothing() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(9_000), 1)).unwrap();
    assert_eq!(venue.replace(1, order(2, 1, Buy, limit(0), 1)), Err(Refusal::BadLimit));
    assert_eq!(venue.replace(1, order(1, 1, Buy, limit(9_000), 1)), Err(Refusal::KeyInUse));
    venue.advance(ms(20));
    assert_eq!((told(&mut venue).len(), venue.live_orders()), (1, 1));
}

#[test]
fn the_close_comes_before_a_replacement_under_way() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(9_000), 1)).unwrap();
    venue.submit(order(2, 0, Buy, limit(9_000), 1).lasting(Lifetime::Gtc)).unwrap();
    venue.advance(ms(10));
    venue.replace(1, order(3, 10, Buy, limit(9_001), 1)).unwrap();
    venue.replace(2, order(4, 10, Buy, limit(9_001), 1).lasting(Lifetime::Gtc)).unwrap();
    venue.expire(ms(11));
    venue.advance(ms(20));
    assert_eq!(
        told(&mut venue)[2..],
        ["11ms too late #1 by #3", "11ms expired #1", "15ms replaced #2 by #4", "15ms accepted #4",]
    );
}

#[test]
fn the_broker_takes_back_at_once_and_in_silence() {
    let mut venue = distant();
    venue.submit(order(1, 0, Sell, limit(10_001), 10)).unwrap();
    venue.submit(order(2, 0, Buy, Market, 90)).unwrap();
    venue.submit(order(3, 0, Sell, Market, 9).lasting(Lifetime::Cls)).unwrap();
    venue.advance(ms(5));
    venue.submit(order(4, 5, Sell, Market, 1)).unwrap();
    told(&mut venue);
    for key in 1..=4 {
        assert!(venue.withdraw(key), "#{key}");
        assert!(!venue.withdraw(key), "#{key} is gone");
    }
    venue.advance(ms(20));
    venue.on_market(&quote(21, 10_003, 90, 10_004, 90));
    venue.expire(ms(30));
    assert_eq!((told(&mut venue).len(), venue.live_orders()), (0, 0));
}

#[test]
fn a_smaller_order_keeps_its_place() {
    let mut venue = distant();
    venue.submit(order(1, 0, Buy, limit(10_000), 10)).unwrap();
    venue.submit(order(2, 0, Buy, limit(10_000), 10)).unwrap();
    assert!(venue.reduce(2, shares(7)), "it is still under way");
    venue.advance(ms(5));
    told(&mut venue);
    assert!(venue.reduce(1, shares(4)));
    assert!(venue.reduce(1, shares(40)), "it is as small as that already");
    assert!(!venue.reduce(1, Qty::ZERO) && !venue.reduce(3, shares(1)));
    venue.on_market(&print(6, 10_000, 70));
    assert_eq!(told(&mut venue), ["6ms fill #1 4 @ 100 done", "6ms fill #2 7 @ 100 done"]);
}

#[test]
fn orders_that_take_or_wait_for_an_auction_can_be_made_smaller_and_amounts_cannot() {
    let mut venue = distant();
    venue.on_market(&halt(1, true));
    let money = Money::parse("1000").unwrap();
    venue.submit(order(1, 1, Buy, Market, 10)).unwrap();
    venue.submit(order(2, 1, Buy, Market, 10).lasting(Lifetime::Opg)).unwrap();
    venue.submit(order(3, 1, Buy, Market, 10).worth(money)).unwrap();
    assert!(!venue.reduce(3, shares(1)));
    venue.advance(ms(6));
    told(&mut venue);
    assert!(venue.reduce(1, shares(3)) && venue.reduce(2, shares(2)));
    assert!(!venue.reduce(3, shares(1)));
    venue.auction(crate::SPY, true, crate::cents(10_000), None, ms(7));
    venue.on_market(&halt(8, false));
    venue.on_market(&quote(9, 10_000, 50, 10_000, 50));
    assert_eq!(
        told(&mut venue),
        ["7ms fill #2 2 @ 100 done", "9ms fill #1 3 @ 100 done", "9ms fill #3 10 @ 100 done"]
    );
}
