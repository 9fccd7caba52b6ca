//! Resting limit orders of one side of one instrument, and how many shares stand before each.
//!
//! Only the best level of the recorded market is known, so a place is modelled like this:
//! - **Joining** at the best price stands behind all the size displayed there. Better than the best
//!   price nobody stands before us. Behind the best price the queue is unknown until the market
//!   comes to that price; then all displayed there counts as before us.
//! - **Prints** at the price come from the front of the queue: first those before us, then us.
//! - **A displayed size that shrank** by more than was printed was canceled; cancellations are
//!   spread evenly over the queue, so those before us lose their share of them (pro rata). A size
//!   that grew joined behind us.
//! - **A print beyond our price** passed through our level: we fill at once, wherever we stood.
//! - **The other side's quote at or beyond our price** fills us up to its displayed size.
//!
//! We fill at our own limit price, or at the price band where that is less far. One print never fills more than its size in all our orders.
//! What we took of a print the market took from others, so the next quote shows it as gone; like
//! a cancellation it is then spread over the queue.
//! *Invariant:* at one price our own orders fill in the order in which they came.

use crate::bands::Bands;
use crate::fill::Level;
use crate::tape::Tape;
use crate::working::{Working, is_marketable};
use st0ck_types::{OrderKind, Price, Qty, Side};

/// One resting order.
#[derive(Debug)]
struct Resting {
    order: Working,
    limit: Price,
    /// Shares of others before us; `None` until the market shows what stands at our price.
    ahead: Option<Qty>,
}

/// The resting orders of one side, best price first, oldest first at one price.
#[derive(Debug)]
pub(crate) struct Queue {
    side: Side,
    orders: Vec<Resting>,
    /// The last quote of this side; `None` before the first.
    best: Option<Level>,
    /// Shares of others printed at the best price since that quote.
    printed: Qty,
}

impl Queue {
    /// No orders.
    pub(crate) fn new(side: Side) -> Self {
        Self { side, orders: Vec::new(), best: None, printed: Qty::ZERO }
    }

    /// Rests an order at `limit`.
    pub(crate) fn join(&mut self, order: Working, limit: Price) {
        let ahead = match self.best {
            Some(best) if !best.is_there() || self.is_better(limit, best.price) => Some(Qty::ZERO),
            Some(best) if limit == best.price => Some(self.unprinted(best)),
            _ => None,
        };
        let place = self.orders.partition_point(|o| !self.is_better(limit, o.limit));
        self.orders.insert(place, Resting { order, limit, ahead });
    }

    /// The order of that key, if it rests here.
    pub(crate) fn find(&mut self, key: u64) -> Option<&mut Working> {
        self.orders.iter_mut().map(|resting| &mut resting.order).find(|order| order.key == key)
    }

    /// Takes an order out; whether it was here.
    pub(crate) fn remove(&mut self, key: u64) -> bool {
        let before = self.orders.len();
        self.orders.retain(|o| o.order.key != key);
        self.orders.len() != before
    }

    /// A new best quote of our own side.
    pub(crate) fn on_quote(&mut self, new: Level) {
        let same_price = self.best.is_some_and(|old| old.price == new.price);
        let base = self.best.map_or(Qty::ZERO, |old| self.unprinted(old));
        for order in &mut self.orders {
            order.ahead = if !new.is_there() || is_better(self.side, order.limit, new.price) {
                Some(Qty::ZERO)
            } else if order.limit != new.price {
                order.ahead
            } else if same_price {
                order.ahead.map(|ahead| after_cancellations(ahead, base, new.size))
            } else {
                Some(order.ahead.map_or(new.size, |ahead| ahead.min(new.size)))
            };
        }
        self.best = Some(new);
        self.printed = Qty::ZERO;
    }

    /// A print of `size` at `price`.
    pub(crate) fn on_print(&mut self, price: Price, size: Qty, bands: Bands, tape: &mut Tape) {
        let (side, mut left) = (self.side, size);
        for Resting { order, limit, ahead } in &mut self.orders {
            let Some(ours) = bands.hold(side, *limit) else { continue };
            // Nobody's size at a band is known, so there nobody stands before us.
            let reached = if is_better(side, ours, price) || (ours == price && ours != *limit) {
                left
            } else if ours == price {
                let Some(ahead) = ahead.as_mut() else { continue };
                let passed = left.min(*ahead);
                *ahead = Qty(ahead.0 - passed.0);
                Qty(left.0 - passed.0)
            } else {
                break;
            };
            let qty = order.at_most(reached, ours);
            left = Qty(left.0 - qty.0);
            order.fill(ours, qty, tape);
        }
        if self.best.is_some_and(|best| best.price == price) {
            self.printed = Qty(self.printed.0.saturating_add(left.0));
        }
        self.drop_done();
    }

    /// A new best quote of the other side, which shrinks by what we got from it.
    pub(crate) fn on_opposite(&mut self, opposite: &mut Level, bands: Bands, tape: &mut Tape) {
        for Resting { order, limit, .. } in &mut self.orders {
            let Some(ours) = bands.hold(order.side, *limit) else { continue };
            if !is_marketable(order.side, OrderKind::Limit(ours), opposite.price) {
                break;
            }
            let qty = order.at_most(opposite.size, ours);
            opposite.size = Qty(opposite.size.0 - qty.0);
            order.fill(ours, qty, tape);
        }
        self.drop_done();
    }

    /// Displayed at the last quote and not printed since.
    fn unprinted(&self, best: Level) -> Qty {
        Qty(best.size.0.saturating_sub(self.printed.0).max(0))
    }

    fn drop_done(&mut self) {
        self.orders.retain(|o| !o.order.is_done());
    }

    fn is_better(&self, a: Price, b: Price) -> bool {
        is_better(self.side, a, b)
    }
}

/// Whether price `a` of that side comes before price `b`.
fn is_better(side: Side, a: Price, b: Price) -> bool {
    if side == Side::Buy { a > b } else { a < b }
}

/// What is left of the shares before us when a queue of `base` shares shrank to `shown`: their
/// share of the cancellations, rounded down, went. Never more than what is shown.
fn after_cancellations(ahead: Qty, base: Qty, shown: Qty) -> Qty {
    let canceled = i128::from(base.0.saturating_sub(shown.0).max(0));
    if base.0 <= 0 {
        return ahead.min(shown);
    }
    let share = i128::from(ahead.0) * canceled / i128::from(base.0);
    let gone = i64::try_from(share).unwrap_or(i64::MAX);
    Qty(ahead.0.saturating_sub(gone).max(0)).min(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::SimEvent;
    use crate::twin::Twin;
    use crate::working::Left;
    use proptest::prelude::*;

    fn order(side: Side, key: u64, limit: i64, qty: i64) -> Working {
        let kind = OrderKind::Limit(Price(limit));
        let left = Left::Shares(Qty(qty));
        Working { key, side, kind, left, step: Qty(1), may_part: true }
    }

    fn level(price: i64, size: i64) -> Level {
        Level { price: Price(price), size: Qty(size) }
    }

    fn fills(tape: &mut Tape) -> Vec<(u64, i64, i64)> {
        let fill = |event| match event {
            SimEvent::Fill { key, price, qty, .. } => Some((key, price.0, qty.0)),
            _ => None,
        };
        std::iter::from_fn(|| tape.pop()).filter_map(fill).collect()
    }

    /// A queue of buys with one order of 10 at 100, and what prints make of it.
    struct Bench {
        queue: Queue,
        tape: Tape,
    }

    impl Bench {
        fn at(best: Level) -> Self {
            let mut queue = Queue::new(Side::Buy);
            queue.on_quote(best);
            queue.join(order(Side::Buy, 1, 100, 10), Price(100));
            Self { queue, tape: Tape::default() }
        }

        fn print(&mut self, price: i64, size: i64) -> i64 {
            self.queue.on_print(Price(price), Qty(size), Bands::default(), &mut self.tape);
            fills(&mut self.tape).iter().map(|f| f.2).sum()
        }
    }

    #[test]
    fn prints_serve_those_before_us_first() {
        let mut bench = Bench::at(level(100, 50));
        assert_eq!(bench.print(100, 30), 0);
        assert_eq!(bench.print(100, 25), 5, "20 were still before us");
        assert_eq!(bench.print(100, 25), 5);
    }

    #[test]
    fn cancellations_before_us_are_our_share_of_all() {
        let mut bench = Bench::at(level(100, 50));
        bench.queue.on_quote(level(100, 150));
        bench.queue.on_quote(level(100, 75));
        assert_eq!(bench.print(100, 25), 0, "half of the queue went, so 25 were before us");
        assert_eq!(bench.print(100, 4), 4);
    }

    #[test]
    fn what_was_printed_is_not_taken_for_canceled() {
        let mut bench = Bench::at(level(100, 50));
        bench.queue.on_quote(level(100, 100));
        assert_eq!(bench.print(100, 40), 0);
        bench.queue.on_quote(level(100, 60));
        assert_eq!(bench.print(100, 10), 0, "10 were before us");
        assert_eq!(bench.print(100, 10), 10);
    }

    #[test]
    fn a_better_price_than_the_market_has_nobody_before_it() {
        assert_eq!(Bench::at(level(99, 50)).print(100, 3), 3);
        assert_eq!(Bench::at(level(0, 0)).print(100, 3), 3);
    }

    #[test]
    fn a_price_behind_the_market_waits_until_the_market_shows_it() {
        let mut bench = Bench::at(level(101, 50));
        assert_eq!(bench.print(100, 500), 0, "nobody knows what stands there");
        bench.queue.on_quote(level(100, 30));
        assert_eq!(bench.print(100, 35), 5);
    }

    #[test]
    fn a_place_is_kept_while_the_market_is_better() {
        let mut bench = Bench::at(level(100, 50));
        bench.queue.on_quote(level(101, 10));
        bench.queue.on_quote(level(100, 200));
        assert_eq!(bench.print(100, 60), 10, "50 before us, not 200");
    }

    #[test]
    fn a_market_that_left_our_price_leaves_us_first() {
        let mut bench = Bench::at(level(100, 50));
        bench.queue.on_quote(level(99, 10));
        assert_eq!(bench.print(100, 4), 4);
    }

    #[test]
    fn a_print_beyond_our_price_fills_at_our_price_at_once() {
        let mut bench = Bench::at(level(100, 50));
        bench.queue.on_print(Price(99), Qty(8), Bands::default(), &mut bench.tape);
        assert_eq!(fills(&mut bench.tape), [(1, 100, 8)], "no more than was printed");
    }

    #[test]
    fn the_other_side_coming_to_us_fills_up_to_its_size() {
        let mut bench = Bench::at(level(100, 50));
        let mut ask = level(100, 6);
        bench.queue.on_opposite(&mut ask, Bands::default(), &mut bench.tape);
        assert_eq!((fills(&mut bench.tape), ask.size), (vec![(1, 100, 6)], Qty::ZERO));
        bench.queue.on_opposite(&mut level(101, 6), Bands::default(), &mut bench.tape);
        assert_eq!(fills(&mut bench.tape), []);
    }

    #[test]
    fn a_limit_beyond_the_bands_trades_at_the_band_and_one_short_of_them_waits() {
        let mut queue = Queue::new(Side::Buy);
        for (key, limit) in [(1, 106), (2, 100), (3, 94)] {
            queue.join(order(Side::Buy, key, limit, 10), Price(limit));
        }
        let (bands, mut tape) = (Bands(Some((Price(95), Price(105)))), Tape::default());
        queue.on_print(Price(106), Qty(4), bands, &mut tape);
        queue.on_opposite(&mut level(106, 4), bands, &mut tape);
        assert_eq!(fills(&mut tape), []);
        queue.on_print(Price(105), Qty(4), bands, &mut tape);
        queue.on_opposite(&mut level(93, 18), bands, &mut tape);
        assert_eq!(fills(&mut tape), [(1, 105, 4), (1, 105, 6), (2, 100, 10)]);
        queue.on_opposite(&mut level(93, 5), Bands::default(), &mut tape);
        assert_eq!(fills(&mut tape), [(3, 94, 5)]);
    }

    #[test]
    fn better_prices_come_first_and_older_orders_before_younger() {
        for (side, better) in [(Side::Buy, 101), (Side::Sell, 99)] {
            let mut queue = Queue::new(side);
            for (key, limit) in [(1, 100), (2, better), (3, 100), (4, better)] {
                queue.join(order(side, key, limit, 1), Price(limit));
            }
            let mut tape = Tape::default();
            queue.on_opposite(&mut level(100, 3), Bands::default(), &mut tape);
            assert_eq!(fills(&mut tape), [(2, better, 1), (4, better, 1), (1, 100, 1)]);
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Join { limit: i64, qty: i64 },
        Remove { key: u64 },
        Quote { price: i64, size: i64 },
        Print { price: i64, size: i64 },
        Opposite { price: i64, size: i64 },
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let (price, size) = (97i64..103, 0i64..60);
        prop_oneof![
            (price.clone(), 1i64..25).prop_map(|(limit, qty)| Step::Join { limit, qty }),
            (0u64..40).prop_map(|key| Step::Remove { key }),
            (prop_oneof![4 => price.clone(), 1 => Just(0)], size.clone())
                .prop_map(|(price, size)| Step::Quote { price, size }),
            (price.clone(), 1i64..50).prop_map(|(price, size)| Step::Print { price, size }),
            (price, size).prop_map(|(price, size)| Step::Opposite { price, size }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_queue_and_its_twin_agree(
            sell: bool, steps in proptest::collection::vec(any_step(), 1..60)
        ) {
            let side = if sell { Side::Sell } else { Side::Buy };
            let (mut queue, mut twin) = (Queue::new(side), Twin::new(side));
            let (mut tape, mut next_key) = (Tape::default(), 0);
            for step in steps {
                match step {
                    Step::Join { limit, qty } => {
                        queue.join(order(side, next_key, limit, qty), Price(limit));
                        twin.join(next_key, limit, qty);
                        next_key += 1;
                    }
                    Step::Remove { key } => prop_assert_eq!(queue.remove(key), twin.remove(key)),
                    Step::Quote { price, size } => {
                        queue.on_quote(level(price, size));
                        twin.quote(price, size);
                    }
                    Step::Print { price, size } => {
                        queue.on_print(Price(price), Qty(size), Bands::default(), &mut tape);
                        twin.print(price, size);
                    }
                    Step::Opposite { price, size } => {
                        let mut opposite = level(price, size);
                        queue.on_opposite(&mut opposite, Bands::default(), &mut tape);
                        prop_assert_eq!(opposite.size.0, twin.opposite(price, size));
                    }
                }
                prop_assert_eq!(fills(&mut tape), twin.take_fills());
            }
        }
    }
}
