//! Random markets, random orders: what must hold whatever happens.

use crate::{SPY, cents, drain, halt, ms, order, print, quote, shares};
use proptest::prelude::*;
use st0ck_sim::{Latency, Lifetime, SimConfig, SimEvent, SimOrder, Venue};
use st0ck_types::time::MILLISECOND;
use st0ck_types::{MarketEvent, Nanos, OrderKind, Qty, Side};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    Quote { bid: i64, bid_size: i64, spread: i64, ask_size: i64 },
    Print { price: i64, size: i64 },
    Order { sell: bool, limit: Option<i64>, qty: i64, lifetime: Lifetime },
    Cancel { back: u64 },
    Replace { back: u64, limit: i64, qty: i64, lifetime: Lifetime },
    Withdraw { back: u64 },
    Reduce { back: u64, shares: i64 },
    Auction { open: bool, price: i64, size: Option<i64> },
    Bands { low: i64, high: i64 },
    Halt { halted: bool },
    Expire,
}

fn any_step() -> impl Strategy<Value = Step> {
    let size = 0i64..60;
    prop_oneof![
        4 => (97i64..103, size.clone(), -1i64..3, size).prop_map(
            |(bid, bid_size, spread, ask_size)| Step::Quote { bid, bid_size, spread, ask_size }
        ),
        3 => (97i64..105, 1i64..60).prop_map(|(price, size)| Step::Print { price, size }),
        4 => (any::<bool>(), proptest::option::weighted(0.7, 97i64..105), 1i64..50, any_lifetime())
            .prop_map(|(sell, limit, qty, lifetime)| Step::Order { sell, limit, qty, lifetime }),
        1 => (1u64..6).prop_map(|back| Step::Cancel { back }),
        1 => (1u64..6, 97i64..105, 1i64..50, any_lifetime())
            .prop_map(|(back, limit, qty, lifetime)| Step::Replace { back, limit, qty, lifetime }),
        1 => (1u64..6).prop_map(|back| Step::Withdraw { back }),
        1 => (1u64..6, 0i64..40).prop_map(|(back, shares)| Step::Reduce { back, shares }),
        1 => (any::<bool>(), 97i64..105, proptest::option::of(0i64..60))
            .prop_map(|(open, price, size)| Step::Auction { open, price, size }),
        1 => (90i64..102, 0i64..14).prop_map(|(low, wide)| Step::Bands { low, high: low + wide }),
        1 => any::<bool>().prop_map(|halted| Step::Halt { halted }),
        1 => Just(Step::Expire),
    ]
}

fn any_lifetime() -> impl Strategy<Value = Lifetime> {
    use Lifetime::{Cls, Day, Fok, Gtc, Ioc, Opg};
    prop_oneof![3 => Just(Day), 2 => Just(Gtc), 1 => Just(Ioc), 1 => Just(Fok), 1 => Just(Opg), 1 => Just(Cls)]
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
    /// Shares in all: fewer than asked for after a reduction.
    wanted: i64,
}

/// Follows the events of a venue and objects to what cannot be.
struct Checker {
    venue: Venue,
    /// By key; keys are given in order of arrival.
    orders: BTreeMap<u64, Known>,
    /// What the current quote still has for buys and for sells.
    displayed: [i64; 2],
    bands: Option<(i64, i64)>,
    halted: bool,
    log: Vec<SimEvent>,
    last: Nanos,
}

impl Checker {
    fn new(config: SimConfig) -> Self {
        Self {
            venue: Venue::new(config),
            orders: BTreeMap::new(),
            displayed: [0, 0],
            bands: None,
            halted: false,
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
            Step::Order { sell, limit, qty, lifetime } => {
                let side = if sell { Side::Sell } else { Side::Buy };
                let kind = limit.map_or(OrderKind::Market, |p| OrderKind::Limit(cents(p)));
                let order = self.enter(at, side, kind, qty, lifetime);
                self.venue.submit(order).unwrap();
            }
            Step::Cancel { back } => self.venue.cancel(self.last(back), ms(at)),
            Step::Replace { back, limit, qty, lifetime } => {
                let old = self.last(back);
                let side = self.orders.get(&old).map_or(Side::Buy, |known| known.order.side);
                let new = self.enter(at, side, OrderKind::Limit(cents(limit)), qty, lifetime);
                self.venue.replace(old, new).unwrap();
            }
            Step::Withdraw { back } => {
                let key = self.last(back);
                let alive = self.orders.get(&key).is_some_and(|known| !known.over);
                assert_eq!(self.venue.withdraw(key), alive);
                if let Some(known) = self.orders.get_mut(&key) {
                    known.over = true;
                }
            }
            Step::Reduce { back, shares: left } => self.reduce(self.last(back), left),
            Step::Auction { open, price, size } => return self.hold(at, open, price, size),
            Step::Bands { low, high } => {
                self.bands = Some((low, high));
                self.venue.set_bands(SPY, Some((cents(low), cents(high))));
            }
            Step::Halt { halted } => {
                self.halted = halted;
                self.venue.on_market(&halt(at, halted));
                self.displayed = [0, 0];
            }
            Step::Expire => {
                self.venue.expire(ms(at));
                self.check_takes();
                let stays = |o: &Known| matches!(o.order.lifetime, Lifetime::Gtc | Lifetime::Cls);
                let day = |o: &&Known| !stays(o);
                assert!(self.orders.values().filter(day).all(|o| o.over), "it outlives its day");
            }
        }
        self.check_takes();
        self.check_alive();
    }

    fn check_alive(&self) {
        let alive = self.orders.values().filter(|o| !o.over).count();
        assert_eq!(alive, self.venue.live_orders());
    }

    /// The key of one of the last orders, or of one that never was.
    fn last(&self, back: u64) -> u64 {
        (self.orders.len() as u64).checked_sub(back).unwrap_or(u64::MAX)
    }

    fn enter(
        &mut self,
        at: i64,
        side: Side,
        kind: OrderKind,
        qty: i64,
        lifetime: Lifetime,
    ) -> SimOrder {
        let key = self.orders.len() as u64;
        let order = order(key, at, side, kind, qty).lasting(lifetime);
        let known = Known { order, accepted: false, over: false, filled: 0, wanted: qty };
        self.orders.insert(key, known);
        order
    }

    fn reduce(&mut self, key: u64, left: i64) {
        let alive = self.orders.get(&key).is_some_and(|known| !known.over);
        assert_eq!(self.venue.reduce(key, shares(left)), alive && left > 0);
        if let Some(known) = self.orders.get_mut(&key).filter(|_| left > 0) {
            known.wanted = known.wanted.min(known.filled + left);
        }
    }

    /// An auction fills at its price, on no side more than its size, and leaves nobody waiting.
    fn hold(&mut self, at: i64, open: bool, price: i64, size: Option<i64>) {
        let lifetime = if open { Lifetime::Opg } else { Lifetime::Cls };
        self.venue.auction(SPY, open, cents(price), size.map(shares), ms(at));
        let (mut given, bands, halted) = ([0, 0], self.bands.take(), self.halted);
        self.halted = false;
        for event in drain(&mut self.venue) {
            assert_eq!(self.orders[&event.key()].order.lifetime, lifetime);
            if let SimEvent::Fill { price: at, .. } = event {
                assert_eq!(at, cents(price));
            }
            if let Some((side, qty)) = self.follow(event) {
                given[side as usize] += qty;
            }
        }
        (self.bands, self.halted) = (bands, halted);
        assert!(given.iter().all(|given| size.is_none_or(|size| *given <= size)), "{given:?}");
        let waits = |o: &&Known| o.order.lifetime == lifetime && o.accepted && !o.over;
        assert_eq!(self.orders.values().filter(waits).count(), 0);
        self.check_alive();
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
        match event {
            SimEvent::CancelTooLate { key, .. } => {
                assert!(self.orders.get(&key).is_none_or(|o| o.over), "it was still alive");
                return None;
            }
            SimEvent::ReplaceTooLate { by, .. } => {
                let never = self.orders.get_mut(&by).expect("an order of ours");
                assert!(!never.accepted, "it lived");
                never.over = true;
                return None;
            }
            _ => {}
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
                assert!(raw > 0 && known.filled <= known.wanted);
                assert_eq!(complete, known.filled == known.wanted);
                assert!(complete || known.order.lifetime != Lifetime::Fok, "killed in part");
                assert!(!self.halted, "{event:?} in a halt");
                let inside = |(low, high)| cents(low) <= price && price <= cents(high);
                assert!(self.bands.is_none_or(inside), "{event:?} outside {:?}", self.bands);
                known.over = complete;
                if let Some(limit) = known.order.kind.limit() {
                    let bought = known.order.side == Side::Buy;
                    assert!(if bought { price <= limit } else { price >= limit }, "{event:?}");
                }
                return Some((known.order.side, raw / Qty::ONE.0));
            }
            SimEvent::Canceled { .. }
            | SimEvent::Expired { .. }
            | SimEvent::Ended { .. }
            | SimEvent::Replaced { .. } => known.over = true,
            SimEvent::Accepted { .. }
            | SimEvent::CancelTooLate { .. }
            | SimEvent::ReplaceTooLate { .. } => {}
        }
        None
    }

    /// Among orders of one side at one price the oldest is served first.
    fn check_turn(&self, event: SimEvent) {
        if !matches!(event, SimEvent::Fill { .. }) {
            return;
        }
        let served = self.orders[&event.key()].order;
        // Orders that take at once, or wait for an auction, stand in another line.
        let waits = |o: &SimOrder| matches!(o.lifetime, Lifetime::Day | Lifetime::Gtc);
        if !waits(&served) {
            return;
        }
        let same = |o: &SimOrder| waits(o) && o.side == served.side && o.kind == served.kind;
        for (key, other) in self.orders.range(..event.key()) {
            let comes_first = other.accepted && !other.over && same(&other.order);
            assert!(!comes_first, "{event:?} before #{key}");
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
            _ => (1, Step::Order { sell: false, limit: None, qty: 20, lifetime: Lifetime::Day }),
        })
        .collect();
    let with = |seed| run(SimConfig { seed, ..SimConfig::default() }, &steps);
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}
