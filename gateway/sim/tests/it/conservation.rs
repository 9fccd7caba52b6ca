//! Random markets, random orders: what must hold whatever happens.

use crate::{cents, drain, ms, order, print, quote};
use proptest::prelude::*;
use st0ck_sim::{Latency, Lifetime, SimConfig, SimEvent, SimOrder, Venue};
use st0ck_types::time::MILLISECOND;
use st0ck_types::{MarketEvent, Nanos, OrderKind, Qty, Side};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    Quote { bid: i64, bid_size: i64, spread: i64, ask_size: i64 },
    Print { price: i64, size: i64 },
    Order { sell: bool, limit: Option<i64>, qty: i64, gtc: bool },
    Cancel { back: u64 },
    Expire,
}

fn any_step() -> impl Strategy<Value = Step> {
    let size = 0i64..60;
    prop_oneof![
        4 => (97i64..103, size.clone(), -1i64..3, size).prop_map(
            |(bid, bid_size, spread, ask_size)| Step::Quote { bid, bid_size, spread, ask_size }
        ),
        3 => (97i64..105, 1i64..60).prop_map(|(price, size)| Step::Print { price, size }),
        3 => (any::<bool>(), proptest::option::weighted(0.7, 97i64..105), 1i64..50, any::<bool>())
            .prop_map(|(sell, limit, qty, gtc)| Step::Order { sell, limit, qty, gtc }),
        1 => (1u64..6).prop_map(|back| Step::Cancel { back }),
        1 => Just(Step::Expire),
    ]
}

fn any_config() -> impl Strategy<Value = SimConfig> {
    (any::<u64>(), 0i64..8, 0i64..8, prop_oneof![Just(0u32), Just(100), Just(1000)]).prop_map(
        |(seed, fixed, jitter, partial_fill_per_mille)| {
            let latency =
                Latency { fixed_ns: fixed * MILLISECOND, jitter_ns: jitter * MILLISECOND };
            SimConfig {
                seed,
                order_latency: latency,
                cancel_latency: latency,
                partial_fill_per_mille,
            }
        },
    )
}

/// What the checker knows of one order, from outside.
struct Known {
    order: SimOrder,
    accepted: bool,
    over: bool,
    filled: i64,
}

/// Follows the events of a venue and objects to what cannot be.
struct Checker {
    venue: Venue,
    /// By key; keys are given in order of arrival.
    orders: BTreeMap<u64, Known>,
    /// What the current quote still has for buys and for sells.
    displayed: [i64; 2],
    log: Vec<SimEvent>,
    last: Nanos,
}

impl Checker {
    fn new(config: SimConfig) -> Self {
        Self {
            venue: Venue::new(config),
            orders: BTreeMap::new(),
            displayed: [0, 0],
            log: Vec::new(),
            last: Nanos::ZERO,
        }
    }

    fn play(&mut self, at: i64, step: &Step) {
        // What arrives by now meets the displayed size of before.
        self.venue.advance(ms(at));
        self.check_takes();
        match *step {
            Step::Quote { bid, bid_size, spread, ask_size } => {
                let event = quote(at, bid, bid_size, bid + spread, ask_size);
                self.displayed = [ask_size, bid_size];
                self.venue.on_market(&event);
                self.check_takes();
            }
            Step::Print { price, size } => self.check_print(&print(at, price, size), size),
            Step::Order { sell, limit, qty, gtc } => {
                let side = if sell { Side::Sell } else { Side::Buy };
                let kind = limit.map_or(OrderKind::Market, |p| OrderKind::Limit(cents(p)));
                let lifetime = if gtc { Lifetime::Gtc } else { Lifetime::Day };
                let key = self.orders.len() as u64;
                let order = order(key, at, side, kind, qty).lasting(lifetime);
                let known = Known { order, accepted: false, over: false, filled: 0 };
                self.orders.insert(key, known);
                self.venue.submit(order).unwrap();
                self.check_takes();
            }
            Step::Cancel { back } => {
                // One of the last orders, or one that never was.
                let key = (self.orders.len() as u64).checked_sub(back).unwrap_or(u64::MAX);
                self.venue.cancel(key, ms(at));
                self.check_takes();
            }
            Step::Expire => {
                self.venue.expire(ms(at));
                self.check_takes();
                let day = |o: &&Known| o.order.lifetime == Lifetime::Day;
                assert!(self.orders.values().filter(day).all(|o| o.over), "a day order lives on");
            }
        }
        let alive = self.orders.values().filter(|o| !o.over).count();
        assert_eq!(alive, self.venue.live_orders());
    }

    /// No side of a quote gives more than it displayed.
    fn check_takes(&mut self) {
        for event in drain(&mut self.venue) {
            if let Some((side, qty)) = self.follow(event) {
                let left = &mut self.displayed[side as usize];
                *left -= qty;
                assert!(*left >= 0, "more than was displayed: {event:?}");
            }
        }
    }

    /// No print gives more than its size.
    fn check_print(&mut self, event: &MarketEvent, size: i64) {
        self.venue.on_market(event);
        let mut given = [0, 0];
        for event in drain(&mut self.venue) {
            if let Some((side, qty)) = self.follow(event) {
                given[side as usize] += qty;
            }
        }
        assert!(given[0] <= size && given[1] <= size, "{given:?} of a print of {size}");
    }

    /// Books an event to its order; side and shares of a fill.
    fn follow(&mut self, event: SimEvent) -> Option<(Side, i64)> {
        self.log.push(event);
        assert!(event.at() >= self.last, "time went back");
        self.last = event.at();
        if let SimEvent::CancelTooLate { key, .. } = event {
            assert!(self.orders.get(&key).is_none_or(|o| o.over), "it was still alive");
            return None;
        }
        self.check_turn(event);
        let known = self.orders.get_mut(&event.key()).expect("an order of ours");
        assert!(!known.over, "{event:?} after the end");
        let accepted = matches!(event, SimEvent::Accepted { .. });
        assert_ne!(known.accepted, accepted, "accepted comes first and once: {event:?}");
        known.accepted = true;
        match event {
            SimEvent::Fill { price, qty, complete, .. } => {
                let Qty(raw) = qty;
                assert_eq!(raw % Qty::ONE.0, 0, "a split share");
                known.filled += raw / Qty::ONE.0;
                let wanted = known.order.qty.0 / Qty::ONE.0;
                assert!(raw > 0 && known.filled <= wanted);
                assert_eq!(complete, known.filled == wanted);
                known.over = complete;
                if let Some(limit) = known.order.kind.limit() {
                    let bought = known.order.side == Side::Buy;
                    assert!(if bought { price <= limit } else { price >= limit }, "{event:?}");
                }
                return Some((known.order.side, raw / Qty::ONE.0));
            }
            SimEvent::Canceled { .. } | SimEvent::Expired { .. } => known.over = true,
            SimEvent::Accepted { .. } | SimEvent::CancelTooLate { .. } => {}
        }
        None
    }

    /// Among orders of one side at one price the oldest is served first.
    fn check_turn(&self, event: SimEvent) {
        if !matches!(event, SimEvent::Fill { .. }) {
            return;
        }
        let served = self.orders[&event.key()].order;
        let same = |o: &SimOrder| o.side == served.side && o.kind == served.kind;
        for (key, other) in self.orders.range(..event.key()) {
            assert!(other.over || !same(&other.order), "{event:?} before #{key}");
        }
    }
}

fn run(config: SimConfig, steps: &[(i64, Step)]) -> Vec<SimEvent> {
    let mut checker = Checker::new(config);
    let mut at = 0;
    for (wait, step) in steps {
        at += wait;
        checker.play(at, step);
    }
    checker.log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn nothing_is_made_of_nothing(
        config in any_config(),
        steps in proptest::collection::vec((0i64..6, any_step()), 1..80),
    ) {
        let log = run(config, &steps);
        prop_assert_eq!(log, run(config, &steps), "the same calls give the same events");
    }
}

#[test]
fn the_seed_decides_jitter_and_partial_fills() {
    let steps: Vec<(i64, Step)> = (0..200)
        .map(|i| match i % 2 {
            0 => (1, Step::Quote { bid: 100, bid_size: 50, spread: 1, ask_size: 50 }),
            _ => (1, Step::Order { sell: false, limit: None, qty: 20, gtc: false }),
        })
        .collect();
    let with = |seed| run(SimConfig { seed, ..SimConfig::default() }, &steps);
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}
