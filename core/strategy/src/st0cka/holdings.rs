//! What ST0CKA holds and has open, read off the books and never remembered: after a restart or a
//! reconciliation the books are right and a memory may not be.

use st0ck_engine::orders::{Order, Stage};
use st0ck_types::{OrderKind, OrderNo, Qty, Side};

/// Shares held, and what the orders not settled can still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Holdings {
    /// Shares held by this strategy.
    pub(super) held: Qty,
    /// Whether an order to buy is not settled.
    pub(super) entering: bool,
    /// Shares that orders to sell may still sell, in the worst case.
    pub(super) offered: Qty,
    /// Whether a limit order to sell is not settled.
    pub(super) resting: bool,
    /// An order to buy that the broker has and no cancel is under way for.
    pub(super) entry: Option<OrderNo>,
    /// A limit order to sell of that kind.
    pub(super) offer: Option<OrderNo>,
}

impl Holdings {
    /// Reads `held` and the orders not settled.
    pub(super) fn of<'a>(held: Qty, orders: impl Iterator<Item = &'a Order>) -> Self {
        let mut holdings = Self { held, ..Self::default() };
        orders.for_each(|order| holdings.add(order));
        holdings
    }

    fn add(&mut self, order: &Order) {
        // Only what the broker certainly has can be canceled; the fate of the rest is awaited.
        let cancelable = order.stage == Stage::Working && !order.is_cancel_pending();
        let no = cancelable.then(|| order.no());
        match (order.request.side, order.request.kind) {
            (Side::Buy, _) => {
                self.entering = true;
                self.entry = self.entry.or(no);
            }
            (Side::Sell, kind) => {
                self.offered = Qty(self.offered.0.saturating_add(order.leaves().0));
                if let OrderKind::Limit(_) = kind {
                    self.resting = true;
                    self.offer = self.offer.or(no);
                }
            }
        }
    }

    /// Shares held that no order offers; negative when more is offered than held.
    pub(super) fn uncovered(&self) -> Qty {
        Qty(self.held.0.saturating_sub(self.offered.0))
    }
}
