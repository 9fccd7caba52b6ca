//! Every order the account ever sent, in the order received, and the ways to find one.
//!
//! *Invariant:* nothing is removed, so a client id stays taken for ever; `open` holds exactly the
//! orders that are not final, oldest first.

use crate::book::order::Order;
use st0ck_types::{Nanos, Side, Symbol};
use std::collections::{BTreeSet, HashMap};

/// The table of orders. An order's index in it never changes.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    all: Vec<Order>,
    open: BTreeSet<usize>,
    // Looked up, never iterated: their order is not the program's.
    by_id: HashMap<u128, usize>,
    by_client_id: HashMap<String, usize>,
}

impl Orders {
    /// Adds an order and returns its index. The caller has checked that its client id is new.
    pub(crate) fn insert(&mut self, order: Order) -> usize {
        let index = self.all.len();
        self.by_id.insert(order.id, index);
        self.by_client_id.insert(order.client_order_id.clone(), index);
        self.open.insert(index);
        self.all.push(order);
        index
    }

    /// The order at an index.
    pub(crate) fn at(&self, index: usize) -> &Order {
        &self.all[index]
    }

    /// Changes the order at an index, keeping `open` true.
    pub(crate) fn change(&mut self, index: usize, change: impl FnOnce(&mut Order)) -> &Order {
        let order = &mut self.all[index];
        change(order);
        if !order.is_open() {
            self.open.remove(&index);
        }
        order
    }

    /// Index of the order with that broker id.
    pub(crate) fn find(&self, id: u128) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Index of the order with that client id.
    pub(crate) fn find_client(&self, client_order_id: &str) -> Option<usize> {
        self.by_client_id.get(client_order_id).copied()
    }

    /// Indices of the open orders, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().copied()
    }

    /// The open orders of one asset on one side, oldest first.
    pub(crate) fn open_on(&self, asset: usize, side: Side) -> impl Iterator<Item = &Order> {
        self.open
            .iter()
            .map(|&index| &self.all[index])
            .filter(move |order| order.asset == asset && order.side == side)
    }

    /// The orders that a listing asks for.
    pub(crate) fn list(&self, wanted: &Listing) -> Vec<&Order> {
        let bounds = (self.rank(wanted.after_order), self.rank(wanted.before_order));
        let fits = |(index, order): &(usize, &Order)| {
            bounds.0.is_none_or(|after| *index > after)
                && bounds.1.is_none_or(|before| *index < before)
                && wanted.matches(order)
        };
        let found = self.all.iter().enumerate().filter(fits).map(|(_, order)| order);
        if wanted.oldest_first {
            found.take(wanted.limit).collect()
        } else {
            found.rev().take(wanted.limit).collect()
        }
    }

    fn rank(&self, id: Option<u128>) -> Option<usize> {
        id.and_then(|id| self.find(id))
    }
}

/// Which stages a listing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Which {
    /// Alive: the default.
    #[default]
    Open,
    /// Final.
    Closed,
    /// Both.
    All,
}

/// The query of `GET /v2/orders` (`alpaca.md` §4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// By stage.
    pub(crate) which: Which,
    /// At most this many, 1 to 500.
    pub(crate) limit: usize,
    /// Submitted later than this.
    pub(crate) after: Option<Nanos>,
    /// Submitted earlier than this.
    pub(crate) until: Option<Nanos>,
    /// Received after this order.
    pub(crate) after_order: Option<u128>,
    /// Received before this order.
    pub(crate) before_order: Option<u128>,
    /// `direction=asc`.
    pub(crate) oldest_first: bool,
    /// Of one side.
    pub(crate) side: Option<Side>,
    /// Of these symbols; empty for all.
    pub(crate) symbols: Vec<Symbol>,
}

impl Default for Listing {
    fn default() -> Self {
        Self {
            which: Which::Open,
            limit: 50,
            after: None,
            until: None,
            after_order: None,
            before_order: None,
            oldest_first: false,
            side: None,
            symbols: Vec::new(),
        }
    }
}

impl Listing {
    fn matches(&self, order: &Order) -> bool {
        let stage = match self.which {
            Which::Open => order.is_open(),
            Which::Closed => !order.is_open(),
            Which::All => true,
        };
        stage
            && self.after.is_none_or(|after| order.created_at > after)
            && self.until.is_none_or(|until| order.created_at < until)
            && self.side.is_none_or(|side| order.side == side)
            && (self.symbols.is_empty() || self.symbols.contains(&order.symbol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::order::Stage;
    use crate::book::order::tests::sample;

    fn table(count: u8) -> Orders {
        let mut orders = Orders::default();
        for n in 1..=count {
            let mut order = sample();
            order.id = u128::from(n);
            order.client_order_id = format!("c{n}");
            order.created_at = Nanos(i64::from(n));
            orders.insert(order);
        }
        orders
    }

    fn ids(orders: &Orders, listing: Listing) -> Vec<u128> {
        orders.list(&listing).iter().map(|order| order.id).collect()
    }

    #[test]
    fn a_listing_shows_open_orders_newest_first() {
        let mut orders = table(4);
        orders.change(1, |order| order.become_stage(Stage::Canceled, Nanos(9)));
        assert_eq!(ids(&orders, Listing::default()), [4, 3, 1]);
        assert_eq!(ids(&orders, Listing { which: Which::Closed, ..Listing::default() }), [2]);
        let all = Listing { which: Which::All, oldest_first: true, limit: 3, ..Listing::default() };
        assert_eq!(ids(&orders, all), [1, 2, 3]);
    }

    #[test]
    fn time_and_id_bounds_are_exclusive() {
        let orders = table(5);
        let between =
            Listing { after: Some(Nanos(1)), until: Some(Nanos(5)), ..Listing::default() };
        assert_eq!(ids(&orders, between), [4, 3, 2]);
        let pages = Listing { before_order: Some(4), after_order: Some(2), ..Listing::default() };
        assert_eq!(ids(&orders, pages), [3]);
    }

    #[test]
    fn an_order_is_found_by_either_id_and_never_forgotten() {
        let mut orders = table(2);
        orders.change(0, |order| order.become_stage(Stage::Expired, Nanos(9)));
        assert_eq!((orders.find(1), orders.find_client("c1")), (Some(0), Some(0)));
        assert_eq!(orders.open().collect::<Vec<_>>(), [1]);
    }
}
