//! Small stories with one order or two.

use crate::{SPY, cents, halt, limit, ms, order, print, quote, shares, told};
use st0ck_sim::{Latency, Lifetime, Refusal, SimConfig, SimOrder, Venue};
use st0ck_types::OrderKind::Market;
use st0ck_types::Side::{Buy, Sell};
use st0ck_types::market::IRREGULAR;
use st0ck_types::time::MILLISECOND;
use st0ck_types::{Bar, InstrumentDef, InstrumentId, MarketEvent, OrderKind, Price, Qty};

fn immediate() -> Venue {
    Venue::new(SimConfig::immediate())
}

/// Five milliseconds for orders and for cancels, nothing left to chance.
fn distant() -> Venue {
    let latency = Latency { fixed_ns: 5 * MILLISECOND, jitter_ns: 0 };
    Venue::new(SimConfig {
        order_latency: latency,
        cancel_latency: latency,
        ..SimConfig::immediate()
    })
}

#[test]
fn a_market_order_pays_the_quote_of_its_arrival() {
    let mut venue = distant();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 100));
    venue.submit(order(1, 0, Buy, Market, 10)).unwrap();
    assert_eq!((venue.next_due(), venue.live_orders()), (Some(ms(5)), 1));
    venue.on_market(&quote(4, 10_002, 100, 10_003, 100));
    assert_eq!(told(&mut venue), [""; 0]);
    venue.on_market(&quote(9, 10_005, 100, 10_006, 100));
    assert_eq!(told(&mut venue), ["5ms accepted #1", "5ms fill #1 10 @ 100.03 done"]);
    assert_eq!((venue.next_due(), venue.live_orders(), venue.now()), (None, 0, ms(9)));
}

#[test]
fn without_latency_an_order_fills_where_it_is_sent() {
    let mut venue = immediate();
    venue.on_market(&quote(3, 10_000, 100, 10_001, 100));
    venue.submit(order(1, 3, Sell, Market, 10)).unwrap();
    assert_eq!(told(&mut venue), ["3ms accepted #1", "3ms fill #1 10 @ 100 done"]);
}

#[test]
fn a_market_order_takes_what_is_displayed_and_waits_for_more() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 30));
    venue.submit(order(1, 0, Buy, Market, 80)).unwrap();
    venue.submit(order(2, 0, Buy, Market, 5)).unwrap();
    venue.on_market(&print(1, 10_001, 500));
    assert_eq!(told(&mut venue), ["0ms accepted #1", "0ms fill #1 30 @ 100.01", "0ms accepted #2"]);
    venue.on_market(&quote(2, 10_000, 100, 10_002, 40));
    venue.on_market(&quote(3, 10_000, 100, 10_003, 40));
    assert_eq!(
        told(&mut venue),
        ["2ms fill #1 40 @ 100.02", "3ms fill #1 10 @ 100.03 done", "3ms fill #2 5 @ 100.03 done"]
    );
}

#[test]
fn a_market_order_waits_for_a_side_that_is_missing() {
    let mut venue = immediate();
    venue.submit(order(1, 0, Buy, Market, 5)).unwrap();
    venue.on_market(&quote(1, 10_000, 100, 0, 0));
    assert_eq!(told(&mut venue), ["0ms accepted #1"]);
    venue.on_market(&quote(2, 10_000, 100, 10_001, 100));
    assert_eq!(told(&mut venue), ["2ms fill #1 5 @ 100.01 done"]);
}

#[test]
fn a_marketable_limit_takes_and_its_rest_comes_to_rest() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 30));
    venue.submit(order(1, 0, Buy, limit(10_002), 80)).unwrap();
    venue.on_market(&quote(1, 10_000, 100, 10_002, 10));
    venue.on_market(&quote(2, 10_000, 100, 10_003, 500));
    assert_eq!(
        told(&mut venue),
        ["0ms accepted #1", "0ms fill #1 30 @ 100.01", "1ms fill #1 10 @ 100.02"]
    );
    venue.on_market(&print(3, 10_002, 15));
    venue.on_market(&quote(4, 10_000, 100, 10_001, 500));
    assert_eq!(
        told(&mut venue),
        ["3ms fill #1 15 @ 100.02", "4ms fill #1 25 @ 100.02 done"],
        "at rest it trades at its own price"
    );
}

#[test]
fn a_resting_sell_is_the_mirror_of_a_buy() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 30));
    venue.submit(order(1, 0, Sell, limit(10_001), 20)).unwrap();
    venue.on_market(&print(1, 10_001, 35));
    venue.on_market(&print(2, 10_002, 5));
    venue.on_market(&quote(3, 10_001, 4, 10_002, 30));
    venue.on_market(&quote(4, 10_003, 400, 10_004, 30));
    assert_eq!(
        told(&mut venue),
        [
            "0ms accepted #1",
            "1ms fill #1 5 @ 100.01",
            "2ms fill #1 5 @ 100.01",
            "3ms fill #1 4 @ 100.01",
            "4ms fill #1 6 @ 100.01 done",
        ]
    );
}

#[test]
fn prints_off_the_exchange_do_not_move_the_queue() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 0, 10_001, 30));
    venue.submit(order(1, 0, Buy, limit(10_000), 20)).unwrap();
    let MarketEvent::Trade(mut trade) = print(1, 10_000, 50) else { unreachable!() };
    trade.flags = IRREGULAR;
    venue.on_market(&MarketEvent::Trade(trade));
    assert_eq!(told(&mut venue), ["0ms accepted #1"]);
    venue.on_market(&print(2, 10_000, 50));
    assert_eq!(told(&mut venue), ["2ms fill #1 20 @ 100 done"]);
}

#[test]
fn a_cancel_takes_its_way_and_may_come_too_late() {
    let mut venue = distant();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 100));
    venue.submit(order(1, 0, Buy, limit(9_990), 10)).unwrap();
    venue.submit(order(2, 0, Buy, limit(10_001), 10)).unwrap();
    venue.cancel(1, ms(1));
    venue.cancel(2, ms(1));
    venue.cancel(77, ms(2));
    venue.advance(ms(20));
    assert_eq!(
        told(&mut venue),
        [
            "5ms accepted #1",
            "5ms accepted #2",
            "5ms fill #2 10 @ 100.01 done",
            "6ms canceled #1",
            "6ms too late #2",
            "7ms too late #77",
        ]
    );
    venue.cancel(1, ms(20));
    venue.advance(ms(30));
    assert_eq!(told(&mut venue), ["25ms too late #1"]);
}

#[test]
fn the_rest_of_a_taking_order_can_be_canceled() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 3));
    venue.submit(order(1, 0, Buy, Market, 10)).unwrap();
    venue.cancel(1, ms(1));
    venue.advance(ms(1));
    venue.on_market(&quote(2, 10_000, 100, 10_001, 300));
    assert_eq!(told(&mut venue), ["0ms accepted #1", "0ms fill #1 3 @ 100.01", "1ms canceled #1"]);
}

#[test]
fn the_close_ends_day_orders_wherever_they_are() {
    let mut venue = distant();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 3));
    let resting = order(1, 0, Buy, limit(9_990), 10);
    venue.submit(resting).unwrap();
    venue.submit(SimOrder { key: 2, ..resting.lasting(Lifetime::Gtc) }).unwrap();
    venue.submit(order(3, 0, Buy, Market, 10)).unwrap();
    venue.advance(ms(95));
    told(&mut venue);
    venue.submit(order(4, 97, Buy, Market, 10)).unwrap();
    venue.cancel(1, ms(98));
    venue.expire(ms(100));
    assert_eq!(
        told(&mut venue),
        ["100ms expired #1", "100ms expired #3", "100ms accepted #4", "100ms expired #4"]
    );
    assert_eq!(venue.live_orders(), 1);
    venue.on_market(&quote(110, 9_000, 100, 9_001, 300));
    assert_eq!(told(&mut venue), ["103ms too late #1", "110ms fill #2 10 @ 99.9 done"]);
}

#[test]
fn nothing_fills_in_a_halt_nor_on_what_was_displayed_before_it() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 100));
    venue.submit(order(1, 0, Buy, limit(10_000), 10)).unwrap();
    venue.on_market(&halt(1, true));
    venue.submit(order(2, 1, Buy, Market, 10)).unwrap();
    venue.on_market(&print(2, 9_000, 500));
    venue.on_market(&quote(3, 9_000, 100, 9_001, 100));
    venue.on_market(&halt(4, false));
    venue.submit(order(3, 4, Buy, Market, 10)).unwrap();
    assert_eq!(told(&mut venue), ["0ms accepted #1", "1ms accepted #2", "4ms accepted #3"]);
    venue.on_market(&quote(5, 9_000, 100, 9_001, 100));
    assert_eq!(
        told(&mut venue),
        ["5ms fill #1 10 @ 100 done", "5ms fill #2 10 @ 90.01 done", "5ms fill #3 10 @ 90.01 done"]
    );
}

#[test]
fn whole_shares_stay_whole_and_fractions_fill_too() {
    let mut venue = immediate();
    let MarketEvent::Quote(mut thin) = quote(0, 10_000, 100, 10_001, 0) else { unreachable!() };
    thin.ask_size = Qty::parse("2.7").unwrap();
    venue.on_market(&MarketEvent::Quote(thin));
    venue.submit(order(1, 0, Buy, Market, 5)).unwrap();
    let half = SimOrder { qty: Qty::parse("0.5").unwrap(), ..order(2, 0, Buy, Market, 1) };
    venue.submit(half).unwrap();
    assert_eq!(
        told(&mut venue),
        [
            "0ms accepted #1",
            "0ms fill #1 2 @ 100.01",
            "0ms accepted #2",
            "0ms fill #2 0.5 @ 100.01 done"
        ]
    );
}

#[test]
fn the_lot_of_the_instrument_bounds_its_fills() {
    let mut venue = immediate();
    let def = InstrumentDef { lot: shares(100), instrument: SPY, ..InstrumentDef::default() };
    venue.on_market(&MarketEvent::InstrumentDef(def));
    venue.on_market(&quote(0, 10_000, 100, 10_001, 250));
    venue.submit(order(1, 0, Buy, Market, 400)).unwrap();
    assert_eq!(told(&mut venue), ["0ms accepted #1", "0ms fill #1 200 @ 100.01"]);
}

#[test]
fn instruments_do_not_touch_each_other() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 100));
    let elsewhere = SimOrder { instrument: InstrumentId(1), ..order(1, 0, Buy, Market, 5) };
    venue.submit(elsewhere).unwrap();
    venue.on_market(&quote(1, 10_000, 100, 10_001, 100));
    assert_eq!(told(&mut venue), ["0ms accepted #1"]);
}

#[test]
fn bars_do_not_move_time() {
    let mut venue = immediate();
    venue.on_market(&quote(60_000, 10_000, 100, 10_001, 100));
    let bar = Bar { start: ms(0), instrument: SPY, seconds: 60, ..Bar::default() };
    venue.on_market(&MarketEvent::Bar(bar));
    assert_eq!(venue.now(), ms(60_000));
}

#[test]
fn an_order_that_is_none_is_refused_and_leaves_no_trace() {
    let mut venue = immediate();
    let good = order(1, 0, Buy, limit(10_000), 1);
    let refused = |venue: &mut Venue, order| venue.submit(order).unwrap_err();
    assert_eq!(refused(&mut venue, SimOrder { qty: Qty::ZERO, ..good }), Refusal::BadQty);
    assert_eq!(refused(&mut venue, SimOrder { qty: Qty(-1), ..good }), Refusal::BadQty);
    let free = OrderKind::Limit(Price::ZERO);
    assert_eq!(refused(&mut venue, SimOrder { kind: free, ..good }), Refusal::BadLimit);
    assert_eq!((told(&mut venue).len(), venue.live_orders()), (0, 0));
    venue.submit(good).unwrap();
    assert_eq!(refused(&mut venue, good), Refusal::KeyInUse);
}

#[test]
fn a_tenth_of_takes_is_partial_by_default_and_others_get_the_rest() {
    let config = SimConfig { partial_fill_per_mille: 100, ..SimConfig::immediate() };
    let mut venue = Venue::new(config);
    let mut partial = 0;
    for round in 0..1_000 {
        venue.on_market(&quote(2 * round, 10_000, 100, 10_001, 100));
        let key = 2 * round as u64;
        venue.submit(order(key, 2 * round, Buy, Market, 10)).unwrap();
        venue.submit(order(key + 1, 2 * round, Buy, Market, 1)).unwrap();
        let events = told(&mut venue);
        assert_eq!(events[0], format!("{}ms accepted #{key}", 2 * round));
        if !events[1].ends_with("done") {
            partial += 1;
            assert_eq!(events.len(), 3, "the level is empty now: {events:?}");
        }
        venue.on_market(&quote(2 * round + 1, 10_000, 100, 10_001, 100));
        venue.on_market(&quote(2 * round + 1, 10_000, 100, 10_001, 100));
        venue.on_market(&quote(2 * round + 1, 10_000, 100, 10_001, 100));
        venue.on_market(&quote(2 * round + 1, 10_000, 100, 10_001, 100));
        told(&mut venue);
    }
    assert!((70..130).contains(&partial), "{partial} of 1000");
    assert_eq!(SimConfig::default().partial_fill_per_mille, 100);
}

#[test]
fn the_price_of_a_fill_is_the_displayed_one_not_the_limit() {
    let mut venue = immediate();
    venue.on_market(&quote(0, 10_000, 100, 10_001, 100));
    venue.submit(order(1, 0, Sell, limit(9_000), 10)).unwrap();
    assert_eq!(told(&mut venue), ["0ms accepted #1", "0ms fill #1 10 @ 100 done"]);
    assert_eq!(cents(10_000).to_string(), "100");
}
