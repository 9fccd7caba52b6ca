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
//! We fill at our own limit price. One print never fills more than its size in all our orders.
//! *Invariant:* at one price our own orders fill in the order in which they came.

use crate::fill::{Level, Working, is_marketable};
use crate::tape::Tape;
use st0ck_types::{Price, Qty, Side};

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
pub struct Queue {
    side: Side,
    orders: Vec<Resting>,
    /// The last quote of this side; `None` before the first.
    best: Option<Level>,
    /// Shares printed at the best price since that quote.
    printed: Qty,
}

impl Queue {
    /// No orders.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self { side, orders: Vec::new(), best: None, printed: Qty::ZERO }
    }

    /// Rests an order at `limit`.
    pub fn join(&mut self, order: Working, limit: Price) {
        let ahead = match self.best {
            Some(best) if !best.is_there() || self.is_better(limit, best.price) => Some(Qty::ZERO),
            Some(best) if limit == best.price => Some(self.unprinted(best)),
            _ => None,
        };
        let place = self.orders.partition_point(|o| !self.is_better(limit, o.limit));
        self.orders.insert(place, Resting { order, limit, ahead });
    }

    /// Takes an order out; whether it was here.
    pub fn remove(&mut self, key: u64) -> bool {
        let before = self.orders.len();
        self.orders.retain(|o| o.order.key != key);
        self.orders.len() != before
    }

    /// A new best quote of our own side.
    pub fn on_quote(&mut self, new: Level) {
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
    pub(crate) fn on_print(&mut self, price: Price, size: Qty, tape: &mut Tape) {
        if self.best.is_some_and(|best| best.price == price) {
            self.printed = Qty(self.printed.0.saturating_add(size.0));
        }
        let (side, mut left) = (self.side, size);
        for Resting { order, limit, ahead } in &mut self.orders {
            let reached = if is_better(side, *limit, price) {
                left
            } else if *limit == price {
                let Some(ahead) = ahead.as_mut() else { continue };
                let passed = left.min(*ahead);
                *ahead = Qty(ahead.0 - passed.0);
                Qty(left.0 - passed.0)
            } else {
                break;
            };
            let qty = order.at_most(reached);
            left = Qty(left.0 - qty.0);
            order.fill(*limit, qty, tape);
        }
        self.drop_done();
    }

    /// A new best quote of the other side, which shrinks by what we got from it.
    pub(crate) fn on_opposite(&mut self, opposite: &mut Level, tape: &mut Tape) {
        for Resting { order, limit, .. } in &mut self.orders {
            if !is_marketable(order.side, order.kind, opposite.price) {
                break;
            }
            let qty = order.at_most(opposite.size);
            opposite.size = Qty(opposite.size.0 - qty.0);
            order.fill(*limit, qty, tape);
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
