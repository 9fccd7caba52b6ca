//! The account's orders, in the order received, and the ways to find one.
//!
//! *Invariant:* `open` holds exactly the orders that are not final, oldest first, `watched` those
//! that wait for a print. An open order is
//! never forgotten, a client id stays taken for ever: of a forgotten order it is kept as 64 bits.
//! Final orders are forgotten, oldest first, when there are more than are to be kept.

use crate::book::order::Order;
use st0ck_types::{Nanos, Side, Symbol};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Final orders that are kept at least: what is on its way from the venue may still name them.
const KEPT_LEAST: usize = 1_000;
/// Forgotten client ids for which there is room from the start, so that memory stays as it is for
/// long. Two of so many share their 64 bits once in some hundred million sessions.
const FORGOTTEN: usize = 200_000;

/// The table of orders. An order's index in it never changes.
#[derive(Debug)]
pub(crate) struct Orders {
    all: BTreeMap<usize, Order>,
    next: usize,
    open: BTreeSet<usize>,
    watched: BTreeSet<usize>,
    /// Final orders, the one that ended first in front.
    closed: VecDeque<usize>,
    kept: usize,
    // Looked up, never iterated: their order is not the program's.
    by_id: HashMap<u128, usize>,
    by_client_id: HashMap<String, usize>,
    forgotten: HashSet<u64>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            next: 0,
            open: BTreeSet::new(),
            watched: BTreeSet::new(),
            closed: VecDeque::new(),
            kept: usize::MAX,
            by_id: HashMap::new(),
            by_client_id: HashMap::new(),
            forgotten: HashSet::new(),
        }
    }
}

impl Orders {
    /// Keeps so many final orders from now on, but no fewer than a thousand.
    pub(crate) fn keep(&mut self, kept: usize) {
        self.kept = kept.max(KEPT_LEAST);
        if self.kept < usize::MAX {
            self.forgotten.reserve(FORGOTTEN);
        }
    }

    /// Adds an order and returns its index. The caller has checked that its client id is new.
    pub(crate) fn insert(&mut self, order: Order) -> usize {
        let index = self.next;
        self.next += 1;
        self.by_id.insert(order.id, index);
        self.by_client_id.insert(order.client_order_id.clone(), index);
        self.open.insert(index);
        if order.is_watched() {
            self.watched.insert(index);
        }
        self.all.insert(index, order);
        index
    }

    /// The order at an index that was kept for long, unless it is forgotten.
    pub(crate) fn get(&self, index: usize) -> Option<&Order> {
        self.all.get(&index)
    }

    /// The order at an index.
    pub(crate) fn at(&self, index: usize) -> &Order {
        self.all.get(&index).expect("an index is taken from this table and not kept for long")
    }

    /// Changes the order at an index, keeping `open` true.
    pub(crate) fn change(&mut self, index: usize, change: impl FnOnce(&mut Order)) -> &Order {
        let order = self.all.get_mut(&index).expect("what changes is open, or ended a moment ago");
        change(order);
        if order.kind.waits_for_print() {
            if order.is_watched() {
                self.watched.insert(index);
            } else {
                self.watched.remove(&index);
            }
        }
        if !order.is_open() && self.open.remove(&index) {
            self.closed.push_back(index);
            self.forget();
        }
        self.at(index)
    }

    /// Forgets the oldest final orders beyond what is kept.
    fn forget(&mut self) {
        while self.closed.len() > self.kept {
            let order = self.closed.pop_front().and_then(|index| self.all.remove(&index));
            let Some(order) = order else { continue };
            self.by_id.remove(&order.id);
            self.by_client_id.remove(&order.client_order_id);
            self.forgotten.insert(in_short(&order.client_order_id));
        }
    }

    /// Whether an order has or had this client id.
    pub(crate) fn is_taken(&self, client_order_id: &str) -> bool {
        self.by_client_id.contains_key(client_order_id)
            || self.forgotten.contains(&in_short(client_order_id))
    }

    /// Index of the order with that broker id.
    pub(crate) fn find(&self, id: u128) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Index of the order with that client id.
    pub(crate) fn find_client(&self, client_order_id: &str) -> Option<usize> {
        self.by_client_id.get(client_order_id).copied()
    }

    /// How many there are, open or over.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Indices of the open orders, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().copied()
    }

    /// Indices of the orders that wait for a print, oldest first.
    pub(crate) fn watched(&self) -> impl Iterator<Item = usize> + '_ {
        self.watched.iter().copied()
    }

    /// The open orders of one asset on one side, oldest first.
    pub(crate) fn open_on(&self, asset: usize, side: Side) -> impl Iterator<Item = &Order> {
        self.open
            .iter()
            .map(|&index| self.at(index))
            .filter(move |order| order.asset == asset && order.side == side)
    }

    /// The latest orders, newest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Order> {
        self.all.values().rev().take(count)
    }

    /// Indices of the orders that a listing asks for.
    pub(crate) fn list(&self, wanted: &Listing) -> Vec<usize> {
        let bounds = (self.rank(wanted.after_order), self.rank(wanted.before_order));
        let fits = |(index, order): &(&usize, &Order)| {
            bounds.0.is_none_or(|after| **index > after)
                && bounds.1.is_none_or(|before| **index < before)
                && wanted.matches(order)
        };
        let found = self.all.iter().filter(fits).map(|(index, _)| *index);
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

/// 64 bits that stand for a client id.
fn in_short(client_order_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    client_order_id.hash(&mut hasher);
    hasher.finish()
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
        orders.list(&listing).into_iter().map(|index| orders.at(index).id).collect()
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
    fn an_order_is_found_by_either_id_and_kept_unless_told_otherwise() {
        let mut orders = table(2);
        orders.change(0, |order| order.become_stage(Stage::Expired, Nanos(9)));
        assert_eq!((orders.find(1), orders.find_client("c1")), (Some(0), Some(0)));
        assert_eq!(orders.open().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn final_orders_are_forgotten_in_turn_and_their_client_ids_are_not() {
        let mut orders = Orders::default();
        orders.keep(1);
        let end = |orders: &mut Orders, index| {
            orders.change(index, |order| order.become_stage(Stage::Canceled, Nanos(9)));
        };
        for n in 0..=KEPT_LEAST + 1 {
            let client_order_id = format!("c{n}");
            let index = orders.insert(Order { id: n as u128, client_order_id, ..sample() });
            // The first one stays open.
            if n > 0 {
                end(&mut orders, index);
            }
        }
        assert_eq!((orders.find(0), orders.find(1), orders.find(2)), (Some(0), None, Some(2)));
        assert!(orders.is_taken("c1") && orders.find_client("c1").is_none());
        assert!(!orders.is_taken("c"));
        end(&mut orders, 0);
        assert_eq!((orders.find(0), orders.find(2)), (Some(0), None));
        let all = Listing { which: Which::All, limit: usize::MAX, ..Listing::default() };
        assert_eq!(orders.list(&all).len(), KEPT_LEAST);
    }
}
