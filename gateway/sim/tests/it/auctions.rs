//! Orders for the opening and the closing auction, beside a twin that deals shares one by one.

use crate::{SPY, cents, drain, limit, ms, order, quote, shares, told};
use proptest::prelude::*;
use st0ck_sim::{Lifetime, SimConfig, SimEvent, Venue};
use st0ck_types::OrderKind::Market;
use st0ck_types::Side::{Buy, Sell};
use st0ck_types::{Qty, Side};
use std::collections::BTreeMap;

fn venue_with_quote() -> Venue {
    let mut venue = Venue::new(SimConfig::immediate());
    venue.on_market(&quote(1, 10_000, 100, 10_001, 100));
    venue
}

#[test]
fn an_order_for_an_auction_waits_for_it_and_trades_at_its_price() {
    let mut venue = venue_with_quote();
    venue.submit(order(1, 1, Buy, Market, 10).lasting(Lifetime::Opg)).unwrap();
    venue.submit(order(2, 1, Sell, limit(10_003), 10).lasting(Lifetime::Opg)).unwrap();
    venue.submit(order(3, 1, Sell, limit(10_004), 10).lasting(Lifetime::Opg)).unwrap();
    venue.submit(order(4, 1, Buy, Market, 10).lasting(Lifetime::Cls)).unwrap();
    venue.on_market(&quote(2, 10_005, 100, 10_006, 100));
    assert!(told(&mut venue).iter().all(|event| event.contains("accepted")));
    venue.auction(SPY, true, cents(10_003), None, ms(3));
    assert_eq!(
        told(&mut venue),
        ["3ms fill #1 10 @ 100.03 done", "3ms fill #2 10 @ 100.03 done", "3ms ended #3"]
    );
    venue.auction(SPY, false, cents(10_007), None, ms(4));
    assert_eq!(told(&mut venue), ["4ms fill #4 10 @ 100.07 done"]);
}

#[test]
fn the_size_of_an_auction_goes_to_market_orders_then_to_better_limits_then_by_age() {
    let mut venue = venue_with_quote();
    for (key, kind) in
        [(1, limit(10_010)), (2, limit(10_011)), (3, Market), (4, limit(10_011)), (5, Market)]
    {
        venue.submit(order(key, 1, Buy, kind, 10).lasting(Lifetime::Cls)).unwrap();
    }
    told(&mut venue);
    venue.auction(SPY, false, cents(10_010), Some(shares(35)), ms(2));
    assert_eq!(
        told(&mut venue),
        [
            "2ms fill #3 10 @ 100.1 done",
            "2ms fill #5 10 @ 100.1 done",
            "2ms fill #2 10 @ 100.1 done",
            "2ms fill #4 5 @ 100.1",
            "2ms ended #1",
            "2ms ended #4",
        ]
    );
}

#[test]
fn who_comes_after_the_auction_ends_on_arrival() {
    let mut venue = venue_with_quote();
    venue.auction(SPY, true, cents(10_000), None, ms(1));
    venue.submit(order(1, 2, Buy, Market, 10).lasting(Lifetime::Opg)).unwrap();
    venue.submit(order(2, 2, Buy, Market, 10).lasting(Lifetime::Cls)).unwrap();
    venue.cancel(2, ms(3));
    venue.advance(ms(3));
    assert_eq!(
        told(&mut venue),
        ["2ms accepted #1", "2ms ended #1", "2ms accepted #2", "3ms canceled #2"]
    );
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    side: Side,
    limit: Option<i64>,
    qty: i64,
}

fn any_wish() -> impl Strategy<Value = Wish> {
    (any::<bool>(), proptest::option::weighted(0.7, 95i64..106), 1i64..20)
        .prop_map(|(sell, limit, qty)| Wish { side: if sell { Sell } else { Buy }, limit, qty })
}

/// Every share of the auction is dealt by itself, to the first order in line that still wants one.
fn dealt_one_by_one(wishes: &[Wish], price: i64, size: i64) -> BTreeMap<u64, i64> {
    let mut dealt = BTreeMap::new();
    for side in [Buy, Sell] {
        // How far its limit is beyond the price; a market order is the farthest.
        let beyond = |wish: &Wish| match (wish.limit, side) {
            (None, _) => i64::MAX,
            (Some(limit), Buy) => limit - price,
            (Some(limit), Sell) => price - limit,
        };
        for _ in 0..size {
            let wants = |(key, wish): &(usize, &Wish)| {
                let has = dealt.get(&(*key as u64)).copied().unwrap_or(0);
                wish.side == side && beyond(wish) >= 0 && has < wish.qty
            };
            let first = wishes.iter().enumerate().filter(wants).rev().max_by_key(|w| beyond(w.1));
            let Some((key, _)) = first else { break };
            *dealt.entry(key as u64).or_insert(0) += 1;
        }
    }
    dealt
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn an_auction_and_its_twin_deal_the_same_shares(
        wishes in proptest::collection::vec(any_wish(), 0..20),
        open: bool,
        price in 95i64..106,
        size in 0i64..120,
    ) {
        let mut venue = venue_with_quote();
        let lifetime = if open { Lifetime::Opg } else { Lifetime::Cls };
        for (key, wish) in wishes.iter().enumerate() {
            let kind = wish.limit.map_or(Market, limit);
            venue.submit(order(key as u64, 1, wish.side, kind, wish.qty).lasting(lifetime)).unwrap();
        }
        drain(&mut venue);
        venue.auction(SPY, open, cents(price), Some(shares(size)), ms(2));
        let (mut dealt, mut over) = (BTreeMap::new(), 0);
        for event in drain(&mut venue) {
            match event {
                SimEvent::Fill { key, qty, complete, .. } => {
                    *dealt.entry(key).or_insert(0) += qty.0 / Qty::ONE.0;
                    over += usize::from(complete);
                }
                SimEvent::Ended { .. } => over += 1,
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(dealt, dealt_one_by_one(&wishes, price, size));
        prop_assert_eq!((over, venue.live_orders()), (wishes.len(), 0));
    }
}
