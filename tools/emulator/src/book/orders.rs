//! The account's orders, in the order received, and the ways to find one.
//!
//! *Invariant:* `open` holds exactly the orders that are not final, oldest first, `watched` those
//! of them that wait for a print. An open order is never forgotten. Final orders are forgotten, the
//! one that ended first in front, when there are more than are to be kept; their client ids stay
//! taken for a long time, each as 64 bits.

use crate::book::order::Order;
use st0ck_types::{Nanos, Side, Symbol};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Final orders that are kept at least: what is on its way from the venue may still name them.
const KEPT_LEAST: usize = 1_000;
/// Client ids of forgotten orders that stay taken at least. Two of so many share their 64 bits once
/// in some hundred million sessions.
const TAKEN_LEAST: usize = 200_000;

/// The table of orders. An order's index in it never changes.
#[derive(Debug)]
pub(crate) struct Orders {
    // Apart, because every check of a new order looks at all that are open.
    open: BTreeMap<usize, Order>,
    over: BTreeMap<usize, Box<Order>>,
    next: usize,
    watched: BTreeSet<usize>,
    /// Final orders, the one that ended first in front.
    closed: VecDeque<usize>,
    kept: usize,
    // Looked up, never iterated: their order is not the program's.
    by_id: HashMap<u128, usize>,
    by_client_id: HashMap<u64, usize>,
    forgotten: Forgotten,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            open: BTreeMap::new(),
            over: BTreeMap::new(),
            next: 0,
            watched: BTreeSet::new(),
            closed: VecDeque::new(),
            kept: usize::MAX,
            by_id: HashMap::new(),
            by_client_id: HashMap::new(),
            forgotten: Forgotten::default(),
        }
    }
}

/// Client ids of forgotten orders: the last ones, and as many before them.
#[derive(Debug, Default)]
struct Forgotten {
    last: HashSet<u64>,
    before: HashSet<u64>,
}

impl Forgotten {
    fn insert(&mut self, client_id: u64) {
        if self.last.len() >= TAKEN_LEAST {
            self.before = std::mem::take(&mut self.last);
        }
        if self.last.is_empty() {
            // All of it at once: memory that grows by doubling is not flat for long.
            self.last.reserve(TAKEN_LEAST);
        }
        self.last.insert(client_id);
    }

    fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    fn contains(&self, client_id: u64) -> bool {
        self.last.contains(&client_id) || self.before.contains(&client_id)
    }
}

impl Orders {
    /// Keeps so many final orders from now on, but no fewer than a thousand.
    pub(crate) fn keep(&mut self, kept: usize) {
        self.kept = kept.max(KEPT_LEAST);
    }

    /// Adds an order and returns its index. The caller has checked that its client id is new.
    pub(crate) fn insert(&mut self, order: Order) -> usize {
        let index = self.next;
        self.next += 1;
        self.by_id.insert(order.id, index);
        self.by_client_id.insert(in_short(&order.client_order_id), index);
        if order.is_watched() {
            self.watched.insert(index);
        }
        self.open.insert(index, order);
        index
    }

    /// The order at an index that was kept for long, unless it is forgotten.
    pub(crate) fn get(&self, index: usize) -> Option<&Order> {
        self.open.get(&index).or_else(|| self.over.get(&index).map(Box::as_ref))
    }

    /// The order at an index.
    pub(crate) fn at(&self, index: usize) -> &Order {
        self.get(index).expect("an index is taken from this table and not kept for long")
    }

    /// Changes the order at an index, keeping `open` true.
    pub(crate) fn change(&mut self, index: usize, change: impl FnOnce(&mut Order)) -> &Order {
        let order = self.open.get_mut(&index);
        let order = order.or_else(|| self.over.get_mut(&index).map(Box::as_mut));
        let order = order.expect("what changes is open, or ended a moment ago");
        change(order);
        if order.kind.waits_for_print() {
            if order.is_watched() {
                self.watched.insert(index);
            } else {
                self.watched.remove(&index);
            }
        }
        if !order.is_open()
            && let Some(order) = self.open.remove(&index)
        {
            self.over.insert(index, Box::new(order));
            self.closed.push_back(index);
            self.forget();
        }
        self.at(index)
    }

    /// Forgets the oldest final orders beyond what is kept.
    fn forget(&mut self) {
        if self.closed.len() > self.kept && self.forgotten.is_empty() {
            // From here on as many go as come. With room for twice as many a map of hashes never
            // grows again, whatever those that went have left in it.
            self.by_id.reserve(self.by_id.len());
            self.by_client_id.reserve(self.by_client_id.len());
        }
        while self.closed.len() > self.kept {
            let order = self.closed.pop_front().and_then(|index| self.over.remove(&index));
            let Some(order) = order else { continue };
            let client_id = in_short(&order.client_order_id);
            self.by_id.remove(&order.id);
            self.by_client_id.remove(&client_id);
            self.forgotten.insert(client_id);
        }
    }

    /// Whether an order has or had this client id.
    pub(crate) fn is_taken(&self, client_order_id: &str) -> bool {
        let client_id = in_short(client_order_id);
        self.by_client_id.contains_key(&client_id) || self.forgotten.contains(client_id)
    }

    /// Index of the order with that broker id.
    pub(crate) fn find(&self, id: u128) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Index of the order with that client id.
    pub(crate) fn find_client(&self, client_order_id: &str) -> Option<usize> {
        let found = self.by_client_id.get(&in_short(client_order_id)).copied();
        found.filter(|&index| self.at(index).client_order_id == client_order_id)
    }

    /// How many there are, open or over.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.open.len() + self.over.len()
    }

    /// Indices of the open orders, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.keys().copied()
    }

    /// The open orders, oldest first.
    pub(crate) fn all_open(&self) -> impl Iterator<Item = &Order> {
        self.open.values()
    }

    /// Indices of the orders that wait for a print, oldest first.
    pub(crate) fn watched(&self) -> impl Iterator<Item = usize> + '_ {
        self.watched.iter().copied()
    }

    /// The open orders of one asset on one side, oldest first.
    pub(crate) fn open_on(&self, asset: usize, side: Side) -> impl Iterator<Item = &Order> {
        self.all_open().filter(move |order| order.asset == asset && order.side == side)
    }

    /// The latest orders, newest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Order> {
        let listing = Listing { which: Which::All, limit: count, ..Listing::default() };
        self.list(&listing).into_iter().map(|index| self.at(index))
    }

    /// Indices of the orders that a listing asks for.
    pub(crate) fn list(&self, wanted: &Listing) -> Vec<usize> {
        let (after, before) = (self.rank(wanted.after_order), self.rank(wanted.before_order));
        let fits = |(index, order): &(usize, &Order)| {
            after.is_none_or(|after| *index > after)
                && before.is_none_or(|before| *index < before)
                && wanted.matches(order)
        };
        let open = self.open.iter().map(|(index, order)| (*index, order)).filter(fits);
        let over = self.over.iter().map(|(index, order)| (*index, order.as_ref())).filter(fits);
        let (open, over) = (open.map(|(index, _)| index), over.map(|(index, _)| index));
        let mut found: Vec<usize> = if wanted.oldest_first {
            open.take(wanted.limit).chain(over.take(wanted.limit)).collect()
        } else {
            open.rev().take(wanted.limit).chain(over.rev().take(wanted.limit)).collect()
        };
        found.sort_unstable();
        if !wanted.oldest_first {
            found.reverse();
        }
        found.truncate(wanted.limit);
        found
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
    #[test]
    fn client_ids_of_forgotten_orders_stay_taken_for_long_and_not_for_ever() {
        let mut forgotten = Forgotten::default();
        let most = 3 * TAKEN_LEAST as u64;
        for client_id in 0..most {
            forgotten.insert(client_id);
            let oldest = client_id.saturating_sub(TAKEN_LEAST as u64 - 1);
            assert!(forgotten.contains(client_id) && forgotten.contains(oldest));
        }
        assert!(!forgotten.contains(0));
        assert!(forgotten.last.len() + forgotten.before.len() <= 2 * TAKEN_LEAST);
    }

    #[test]
    fn a_listing_of_open_and_over_orders_is_one_in_the_order_received() {
        let mut orders = table(6);
        for index in [4, 1, 2] {
            orders.change(index, |order| order.become_stage(Stage::Canceled, Nanos(9)));
        }
        let all = |oldest_first, limit| {
            ids(&orders, Listing { which: Which::All, oldest_first, limit, ..Listing::default() })
        };
        assert_eq!((all(true, 4), all(false, 4)), (vec![1, 2, 3, 4], vec![6, 5, 4, 3]));
        assert_eq!(all(true, 500).len(), 6);
    }
}
