//! What the gateway remembers of each order: enough to ask the broker about it, and no more.
//!
//! The core's order manager owns the truth. This side must know the broker's name for an order (to
//! cancel it), which orders nobody has accounted for (to look them up), and how much of each has
//! been told as filled (to notice a fill that was missed).
//!
//! *Invariant:* order numbers only rise within a session, so the table is sorted as it grows.

use st0ck_types::{BotCode, BrokerOrderId, ClientOrderId, Nonce, OrderNo, OrderRequest, Qty};

/// Whose orders are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The installation.
    pub nonce: Nonce,
    /// The bot.
    pub bot: BotCode,
}

impl Identity {
    /// The id as one of ours; `None` for any other text.
    #[must_use]
    pub fn ours(&self, client_order_id: &str) -> Option<ClientOrderId> {
        let id = ClientOrderId::from_text(client_order_id)?;
        let parts = id.parts()?;
        (parts.nonce == self.nonce && parts.bot == self.bot).then_some(id)
    }
}

/// An order that a recovered core still has open questions about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownOrder {
    /// The order.
    pub request: OrderRequest,
    /// The broker's name for it, when known.
    pub broker_id: BrokerOrderId,
    /// How much of it the core has booked as filled.
    pub filled: Qty,
}

/// Where an order stands, as far as this side cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Written, not answered.
    Sent,
    /// Nobody knows; it is looked up until somebody does.
    Unknown,
    /// The broker has it.
    Working,
    /// Over, or never sent.
    Over,
}

/// One order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked {
    /// As the core approved it.
    pub request: OrderRequest,
    /// The broker's name for it.
    pub broker_id: BrokerOrderId,
    /// Where it stands.
    pub standing: Standing,
    /// How much was told as filled.
    pub filled: Qty,
    /// Whether an earlier process life sent it.
    pub recovered: bool,
}

/// First pause between two questions about an order, doubled up to [`PAUSE_MAX_NS`].
const PAUSE_NS: u64 = 500_000_000;
/// Longest pause while the core may still declare the order lost.
const PAUSE_MAX_NS: u64 = 5_000_000_000;
/// After so long the order is asked about only rarely: a sign of life would be news, no more.
const RARELY_AFTER_NS: u64 = 120_000_000_000;
/// Pause of the rare questions.
const RARELY_NS: u64 = 60_000_000_000;

/// The search for one order. Times are monotonic nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Search {
    no: OrderNo,
    since_ns: u64,
    next_ns: u64,
    asked: u32,
    under_way: bool,
}

/// All orders of the session that this process has handled or was told of.
#[derive(Debug, Default)]
pub struct OrderBook {
    orders: Vec<Tracked>,
    searches: Vec<Search>,
}

impl OrderBook {
    /// A book that begins with what the core recovered: all of it is to be looked up.
    #[must_use]
    pub fn new(known: &[KnownOrder], now_ns: u64) -> Self {
        let mut book = Self { orders: Vec::with_capacity(4096), searches: Vec::with_capacity(64) };
        for known in known {
            book.orders.push(Tracked {
                request: known.request,
                broker_id: known.broker_id,
                standing: Standing::Working,
                filled: known.filled,
                recovered: true,
            });
        }
        book.orders.sort_by_key(|order| order.request.no);
        for known in known {
            book.lost_sight(known.request.no, now_ns);
        }
        book
    }

    /// Adds an order that was just written.
    pub fn add(&mut self, request: &OrderRequest) {
        let (request, broker_id) = (*request, BrokerOrderId::NONE);
        let (standing, filled, recovered) = (Standing::Sent, Qty::ZERO, false);
        self.orders.push(Tracked { request, broker_id, standing, filled, recovered });
    }

    /// The order with this number.
    #[must_use]
    pub fn get(&self, no: OrderNo) -> Option<&Tracked> {
        let at = self.orders.binary_search_by_key(&no, |order| order.request.no).ok()?;
        self.orders.get(at)
    }

    fn get_mut(&mut self, no: OrderNo) -> Option<&mut Tracked> {
        let at = self.orders.binary_search_by_key(&no, |order| order.request.no).ok()?;
        self.orders.get_mut(at)
    }

    /// The number of the order with exactly this id of ours.
    #[must_use]
    pub fn find(&self, id: &ClientOrderId) -> Option<OrderNo> {
        let no = id.parts()?.order;
        self.get(no).filter(|order| order.request.client_id == *id).map(|_| no)
    }

    /// The order that the broker calls so.
    #[must_use]
    pub fn find_broker(&self, id: BrokerOrderId) -> Option<&Tracked> {
        // Newest first: what the broker talks about is nearly always recent.
        self.orders.iter().rev().find(|order| id.is_known() && order.broker_id == id)
    }

    /// Orders that are not over.
    pub fn live(&self) -> impl Iterator<Item = &Tracked> {
        self.orders.iter().filter(|order| order.standing != Standing::Over)
    }

    /// The broker has named it: it is there, whatever was feared.
    pub fn named(&mut self, no: OrderNo, id: BrokerOrderId) {
        self.stop_searching(no);
        let Some(order) = self.get_mut(no) else { return };
        if id.is_known() {
            order.broker_id = id;
        }
        if order.standing != Standing::Over {
            order.standing = Standing::Working;
        }
    }

    /// It is over.
    pub fn ended(&mut self, no: OrderNo) {
        self.stop_searching(no);
        if let Some(order) = self.get_mut(no) {
            order.standing = Standing::Over;
        }
    }

    /// So much of it has been told as filled; the number only rises.
    pub fn filled(&mut self, no: OrderNo, filled: Qty) {
        if let Some(order) = self.get_mut(no) {
            order.filled = order.filled.max(filled);
        }
    }

    /// Nobody knows any more: it will be asked about. A search under way goes on.
    pub fn lost_sight(&mut self, no: OrderNo, now_ns: u64) {
        let Some(order) = self.get_mut(no) else { return };
        order.standing = Standing::Unknown;
        if self.searches.iter().all(|search| search.no != no) {
            let next_ns = now_ns + PAUSE_NS;
            let search = Search { no, since_ns: now_ns, next_ns, asked: 0, under_way: false };
            self.searches.push(search);
        }
    }

    /// The order whose turn it is to be asked about.
    #[must_use]
    pub fn due(&self, now_ns: u64) -> Option<OrderNo> {
        let due = |search: &&Search| !search.under_way && now_ns >= search.next_ns;
        self.searches.iter().find(due).map(|search| search.no)
    }

    /// The question about this order is under way.
    pub fn asked(&mut self, no: OrderNo) {
        let same = |search: &&mut Search| search.no == no;
        self.searches.iter_mut().filter(same).for_each(|search| search.under_way = true);
    }

    /// The next question about this order is due at once.
    pub fn hurry(&mut self, no: OrderNo) {
        let same = |search: &&mut Search| search.no == no;
        self.searches.iter_mut().filter(same).for_each(|search| search.next_ns = 0);
    }

    /// A question came back, or could not be asked, and settled nothing: again after a pause.
    pub fn ask_again(&mut self, no: OrderNo, now_ns: u64) {
        let Some(search) = self.searches.iter_mut().find(|search| search.no == no) else { return };
        let pause = if now_ns.saturating_sub(search.since_ns) >= RARELY_AFTER_NS {
            RARELY_NS
        } else {
            (PAUSE_NS << search.asked.min(8)).min(PAUSE_MAX_NS)
        };
        search.asked = search.asked.saturating_add(1);
        search.under_way = false;
        search.next_ns = now_ns + pause;
    }

    /// How long the oldest search has been going on, if any is.
    #[must_use]
    pub fn longest_search_ns(&self, now_ns: u64) -> Option<u64> {
        let since = self.searches.iter().map(|search| search.since_ns).min();
        since.map(|since| now_ns.saturating_sub(since))
    }

    fn stop_searching(&mut self, no: OrderNo) {
        self.searches.retain(|search| search.no != no);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use st0ck_types::{
        Epoch, InstrumentId, Nanos, OrderKind, PositionEffect, Seq, Side, StrategyId, TimeInForce,
    };

    pub(crate) const IDENTITY: Identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"ska") };

    /// An order to buy so many shares of instrument 0 at the market.
    pub(crate) fn buy(no: u32, shares: i64) -> OrderRequest {
        let (nonce, bot) = (IDENTITY.nonce, IDENTITY.bot);
        OrderRequest {
            no: OrderNo(no),
            client_id: ClientOrderId::mint(nonce, bot, Epoch(1_700_000_000), OrderNo(no)),
            strategy: StrategyId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            effect: PositionEffect::Open,
            tif: TimeInForce::Day,
            kind: OrderKind::Market,
            qty: Qty(shares * Qty::ONE.0),
            decided_at: Nanos(0),
            cause: Seq(1),
            tag: 0,
        }
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn only_ids_of_our_installation_and_bot_are_ours() {
        let id = buy(1, 1).client_id;
        assert_eq!(IDENTITY.ours(id.as_str()), Some(id));
        let other = Identity { bot: BotCode(*b"skb"), ..IDENTITY };
        assert_eq!(other.ours(id.as_str()), None);
        assert_eq!(IDENTITY.ours("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415"), None);
        assert_eq!(IDENTITY.ours("my order"), None);
    }

    #[test]
    fn questions_come_at_growing_intervals_until_the_order_is_named() {
        let mut book = OrderBook::default();
        book.add(&buy(1, 1));
        book.lost_sight(OrderNo(1), 0);
        let mut asked_at = Vec::new();
        for now in (0..20_000).map(|ms| ms * MS) {
            if let Some(no) = book.due(now) {
                book.asked(no);
                assert_eq!(book.due(now), None, "one question at a time");
                asked_at.push(now / MS);
                book.ask_again(no, now);
            }
        }
        assert_eq!(asked_at, [500, 1000, 2000, 4000, 8000, 13_000, 18_000]);
        book.named(OrderNo(1), BrokerOrderId(9));
        assert_eq!(book.due(1_000_000 * MS), None);
        assert_eq!(book.find_broker(BrokerOrderId(9)).unwrap().standing, Standing::Working);
    }

    #[test]
    fn what_was_recovered_is_asked_about_at_once() {
        let known = [3, 1].map(|no| KnownOrder {
            request: buy(no, 1),
            broker_id: BrokerOrderId::NONE,
            filled: Qty::ZERO,
        });
        let mut book = OrderBook::new(&known, 0);
        assert_eq!(book.live().count(), 2);
        assert_eq!(book.longest_search_ns(7), Some(7));
        let first = book.due(PAUSE_NS).unwrap();
        book.asked(first);
        assert!(book.due(PAUSE_NS).is_some_and(|second| second != first));
        assert_eq!(book.find(&buy(1, 1).client_id), Some(OrderNo(1)));
        assert_eq!(book.find(&buy(2, 1).client_id), None);
    }

    #[test]
    fn nobody_is_called_by_no_name() {
        let mut book = OrderBook::default();
        book.add(&buy(1, 1));
        assert!(book.find_broker(BrokerOrderId::NONE).is_none());
    }
}
