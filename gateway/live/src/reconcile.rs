//! Comparing two books: what to read, in which order, and when the reading can be believed.
//!
//! The broker's book moves while it is read. So a pass reads positions and open orders, then the
//! facts behind them (each order it must account for, every fill since the last known one, the
//! account), then positions and open orders again, until two consecutive views agree and the order
//! stream was silent from the first to the second. Only then are the facts told to the core, all at
//! once, between two [`Report::Reconcile`] marks; the stream's own events, held back meanwhile,
//! follow. The core judges what differs.
//!
//! Adapters ask [`Reconciler::next`] what to read and give back what they read. No socket inside.
//!
//! *Invariant:* absence from a list proves nothing: an order that ought to be open and is not
//! listed is looked up by its id.
//! *Invariant:* a read that failed is repeated; it never counts as empty.

use std::collections::VecDeque;

use st0ck_types::report::{Account, Fill, Position, Reconcile, Snapshot, Status};
use st0ck_types::{BrokerOrderId, OrderNo, Report};

use crate::reports::ReportTx;
use crate::tracked::OrderBook;

/// Views compared before the pass gives up on a book that will not hold still.
const TRIES_MAX: u32 = 5;
/// First pause after a failed read, doubled up to [`PAUSE_MAX_NS`].
const PAUSE_NS: u64 = 250_000_000;
/// Longest pause after a failed read.
const PAUSE_MAX_NS: u64 = 5_000_000_000;

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All positions.
    Positions,
    /// A page of open orders with their legs, behind this one.
    Orders {
        /// The last order of the page before; [`BrokerOrderId::NONE`] for the first page.
        after: BrokerOrderId,
    },
    /// One order by our id.
    Lookup(OrderNo),
    /// A page of fills since the last known one, behind this token.
    Fills {
        /// The last fill of the page before; empty for the first page.
        token: String,
    },
    /// The account.
    Account,
}

/// What a look-up found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedUp {
    /// The order as the broker has it.
    Order(Snapshot),
    /// The broker has no such order.
    Nothing(Status),
}

/// Positions and open orders at about one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct View {
    positions: Vec<Position>,
    orders: Vec<Snapshot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Viewing,
    Gathering,
}

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether two consecutive views agreed.
    pub stable: bool,
}

/// One lane's comparison of books.
#[derive(Debug)]
pub struct Reconciler {
    phase: Phase,
    todo: VecDeque<Read>,
    under_way: bool,
    not_before_ns: u64,
    failures: u32,
    tries: u32,
    before: Option<View>,
    now: View,
    lookups: Vec<LookedUp>,
    fills: Vec<Fill>,
    account: Option<Account>,
    /// Stream events so far, and how many there were when each of the two views began.
    events: u64,
    events_before: u64,
    events_now: u64,
}

impl Default for Reconciler {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            todo: VecDeque::new(),
            under_way: false,
            not_before_ns: 0,
            failures: 0,
            tries: 0,
            before: None,
            now: View::default(),
            lookups: Vec::new(),
            fills: Vec::new(),
            account: None,
            events: 0,
            events_before: 0,
            events_now: 0,
        }
    }
}

impl Reconciler {
    /// Begins a pass; one that is under way begins anew.
    pub fn start(&mut self) {
        let events = self.events;
        *self = Self { events, ..Self::default() };
        self.view();
    }

    /// Gives the pass up: the order stream is down, so nothing would notice what moves.
    pub fn abort(&mut self) {
        self.phase = Phase::Idle;
        self.todo.clear();
        self.under_way = false;
    }

    /// Whether a pass is under way; then the stream's events are to be held back.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// What to read next, if anything; call [`Reconciler::asked`] when the question is on its way.
    #[must_use]
    pub fn next(&self, now_ns: u64) -> Option<&Read> {
        if self.under_way || now_ns < self.not_before_ns {
            return None;
        }
        self.todo.front()
    }

    /// The question that is on its way.
    #[must_use]
    pub fn under_way(&self) -> Option<&Read> {
        self.todo.front().filter(|_| self.under_way)
    }

    /// The question is on its way.
    pub fn asked(&mut self) {
        self.under_way = true;
    }

    /// The question failed: the same again, after a pause.
    pub fn failed(&mut self, now_ns: u64) {
        let pause = (PAUSE_NS << self.failures.min(8)).min(PAUSE_MAX_NS);
        self.failures = self.failures.saturating_add(1);
        self.not_before_ns = now_ns + pause;
        self.under_way = false;
    }

    /// The order stream told something while the pass was under way.
    pub fn on_event(&mut self) {
        self.events += 1;
    }

    /// All positions were read.
    pub fn positions(&mut self, positions: Vec<Position>, book: &OrderBook) -> Option<Ended> {
        self.now.positions = positions;
        self.answered(book)
    }

    /// A page of open orders was read; `more` is where the next one begins.
    pub fn orders(
        &mut self,
        page: impl IntoIterator<Item = Snapshot>,
        more: Option<BrokerOrderId>,
        book: &OrderBook,
    ) -> Option<Ended> {
        self.now.orders.extend(page);
        self.todo.extend(more.map(|after| Read::Orders { after }));
        self.answered(book)
    }

    /// An order was looked up.
    pub fn looked_up(&mut self, found: LookedUp, book: &OrderBook) -> Option<Ended> {
        self.lookups.push(found);
        self.answered(book)
    }

    /// A page of fills was read; `more` is the token of the next one.
    pub fn fills(
        &mut self,
        page: impl IntoIterator<Item = Fill>,
        more: Option<String>,
        book: &OrderBook,
    ) -> Option<Ended> {
        self.fills.extend(page);
        if let Some(token) = more {
            // The pages belong together: the next one comes before anything else.
            self.todo.insert(1, Read::Fills { token });
        }
        self.answered(book)
    }

    /// The account was read.
    pub fn account(&mut self, account: Account, book: &OrderBook) -> Option<Ended> {
        self.account = Some(account);
        self.answered(book)
    }

    /// Tells the core what a finished pass has found.
    pub fn tell(&mut self, ended: Ended, book: &OrderBook, reports: &mut ReportTx) {
        reports.push(Report::Reconcile(Reconcile::default()));
        self.account.iter().for_each(|account| reports.push(Report::Account(*account)));
        for order in &self.now.orders {
            reports.push(Report::Snapshot(*order));
        }
        for found in &self.lookups {
            reports.push(match found {
                LookedUp::Order(order) => Report::Snapshot(*order),
                LookedUp::Nothing(status) => Report::NotFound(*status),
            });
        }
        for fill in &self.fills {
            let named = book.find_broker(fill.broker_id).map(|order| order.request.client_id);
            let client_id = named.unwrap_or(fill.client_id);
            reports.push(Report::Fill(Fill { client_id, ..*fill }));
        }
        for position in &self.now.positions {
            reports.push(Report::Position(*position));
        }
        let foreign = self.now.orders.iter().filter(|order| order.client_id.0.is_empty()).count();
        let foreign_orders = u32::try_from(foreign).unwrap_or(u32::MAX);
        let end = Reconcile { ended: true, stable: ended.stable, foreign_orders };
        reports.push(Report::Reconcile(end));
    }

    /// Orders and fills that the finished pass has seen, for the caller's own book.
    pub fn seen(&self) -> impl Iterator<Item = &Snapshot> {
        let looked_up = self.lookups.iter().filter_map(|found| match found {
            LookedUp::Order(order) => Some(order),
            LookedUp::Nothing(_) => None,
        });
        self.now.orders.iter().chain(looked_up)
    }

    /// The fills that the finished pass has seen.
    #[must_use]
    pub fn seen_fills(&self) -> &[Fill] {
        &self.fills
    }

    fn view(&mut self) {
        self.phase = Phase::Viewing;
        self.now = View::default();
        self.events_now = self.events;
        self.todo.extend([Read::Positions, Read::Orders { after: BrokerOrderId::NONE }]);
    }

    /// The facts behind the view: every order that ought to be listed and is not, then the fills.
    fn gather(&mut self, book: &OrderBook) {
        self.phase = Phase::Gathering;
        self.lookups.clear();
        self.fills.clear();
        let listed =
            |no| self.now.orders.iter().any(|order| book.find(&order.client_id) == Some(no));
        let unlisted = book.live().map(|order| order.request.no).filter(|no| !listed(*no));
        self.todo.extend(unlisted.map(Read::Lookup));
        self.todo.extend([Read::Fills { token: String::new() }, Read::Account]);
    }

    /// A question was answered: what is next?
    fn answered(&mut self, book: &OrderBook) -> Option<Ended> {
        self.under_way = false;
        self.failures = 0;
        self.todo.pop_front();
        if !self.todo.is_empty() {
            return None;
        }
        match self.phase {
            Phase::Idle => None,
            Phase::Gathering => {
                self.view();
                None
            }
            Phase::Viewing => self.compare(book),
        }
    }

    /// Two views are equal when they are and nothing moved from the first's beginning to now.
    fn compare(&mut self, book: &OrderBook) -> Option<Ended> {
        let silent = self.events == self.events_before;
        let stable = silent && self.before.as_ref() == Some(&self.now);
        if self.before.is_some() {
            self.tries += 1;
        }
        if stable || self.tries >= TRIES_MAX {
            self.phase = Phase::Idle;
            return Some(Ended { stable });
        }
        self.gather(book);
        self.events_before = self.events_now;
        self.before = Some(std::mem::take(&mut self.now));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracked::tests::buy;
    use st0ck_runtime::{InFlight, Rx, ring};
    use st0ck_types::{ExecutionId, Qty, Side};

    fn position(shares: i64) -> Position {
        Position { qty: Qty(shares), ..Position::default() }
    }

    /// Answers one question; the broker's book is `shares` long and lists `orders`.
    fn answer(
        pass: &mut Reconciler,
        book: &OrderBook,
        shares: i64,
        orders: &[Snapshot],
    ) -> (Read, Option<Ended>) {
        let read = pass.next(u64::MAX).unwrap().clone();
        pass.asked();
        assert_eq!(pass.next(u64::MAX), None, "one question at a time");
        let ended = match &read {
            Read::Positions => pass.positions(vec![position(shares)], book),
            Read::Orders { .. } => pass.orders(orders.iter().copied(), None, book),
            Read::Lookup(_) => pass.looked_up(LookedUp::Nothing(Status::default()), book),
            Read::Fills { .. } => {
                let fill = Fill {
                    broker_id: BrokerOrderId(5),
                    execution: ExecutionId(1),
                    side: Side::Buy,
                    ..Fill::default()
                };
                pass.fills([fill], None, book)
            }
            Read::Account => pass.account(Account::default(), book),
        };
        (read, ended)
    }

    fn told(pass: &mut Reconciler, ended: Ended, book: &OrderBook) -> Vec<Report> {
        let (tx, mut rx): (_, Rx<Report>) = ring(64, 0);
        pass.tell(ended, book, &mut ReportTx::new(tx, InFlight::off()));
        std::iter::from_fn(|| rx.pop()).collect()
    }

    #[test]
    fn two_equal_views_around_the_facts_make_a_stable_pass() {
        let mut book = OrderBook::default();
        book.add(&buy(1, 1));
        book.add(&buy(2, 1));
        book.named(OrderNo(2), BrokerOrderId(5));
        let listed = Snapshot { client_id: buy(2, 1).client_id, ..Snapshot::default() };
        let foreign = Snapshot::default();
        let mut pass = Reconciler::default();
        pass.start();
        let mut reads = Vec::new();
        let ended = loop {
            let (read, ended) = answer(&mut pass, &book, 3, &[listed, foreign]);
            reads.push(read);
            if let Some(ended) = ended {
                break ended;
            }
        };
        let view = [Read::Positions, Read::Orders { after: BrokerOrderId::NONE }];
        let fills = Read::Fills { token: String::new() };
        let facts = [Read::Lookup(OrderNo(1)), fills, Read::Account];
        let expected: Vec<Read> = view.iter().chain(&facts).chain(&view).cloned().collect();
        assert_eq!(reads, expected);
        assert!(ended.stable && !pass.is_running());
        let reports = told(&mut pass, ended, &book);
        let kinds: Vec<&str> = reports.iter().map(kind).collect();
        assert_eq!(
            kinds,
            ["begin", "account", "snapshot", "snapshot", "not_found", "fill", "position", "end"]
        );
        let Report::Fill(fill) = reports[5] else { panic!("no fill") };
        assert_eq!(fill.client_id, buy(2, 1).client_id, "named by the broker's id");
        let end = Reconcile { ended: true, stable: true, foreign_orders: 1 };
        assert_eq!(reports[7], Report::Reconcile(end));
    }

    fn kind(report: &Report) -> &'static str {
        match report {
            Report::Reconcile(r) if r.ended => "end",
            Report::Reconcile(_) => "begin",
            Report::Account(_) => "account",
            Report::Snapshot(_) => "snapshot",
            Report::NotFound(_) => "not_found",
            Report::Fill(_) => "fill",
            Report::Position(_) => "position",
            _ => "other",
        }
    }

    #[test]
    fn a_book_that_moves_is_read_again_and_five_times_is_enough() {
        let book = OrderBook::default();
        let mut pass = Reconciler::default();
        pass.start();
        let mut views = 0;
        let ended = loop {
            let (read, ended) = answer(&mut pass, &book, views, &[]);
            views += i64::from(read == Read::Positions);
            if let Some(ended) = ended {
                break ended;
            }
        };
        assert_eq!((ended.stable, views), (false, 6));
    }

    #[test]
    fn an_event_between_two_equal_views_makes_them_worthless() {
        let book = OrderBook::default();
        let mut pass = Reconciler::default();
        pass.start();
        let mut views = 0;
        loop {
            let (read, ended) = answer(&mut pass, &book, 0, &[]);
            views += u32::from(read == Read::Positions);
            if views == 1 && matches!(read, Read::Fills { .. }) {
                pass.on_event();
            }
            if ended.is_some_and(|ended| ended.stable) {
                break;
            }
        }
        assert_eq!(views, 3);
    }

    #[test]
    fn pages_are_read_until_there_are_no_more() {
        let book = OrderBook::default();
        let mut pass = Reconciler::default();
        pass.start();
        assert_eq!(answer(&mut pass, &book, 0, &[]).0, Read::Positions);
        pass.orders([Snapshot::default()], Some(BrokerOrderId(9)), &book);
        assert_eq!(pass.next(0), Some(&Read::Orders { after: BrokerOrderId(9) }));
        pass.orders([Snapshot::default()], None, &book);
        assert_eq!(pass.next(0), Some(&Read::Fills { token: String::new() }));
        pass.fills([Fill::default()], Some(String::from("t")), &book);
        assert_eq!(pass.next(0), Some(&Read::Fills { token: String::from("t") }));
        pass.fills([], None, &book);
        assert_eq!(pass.next(0), Some(&Read::Account));
        assert_eq!(pass.seen_fills().len(), 1);
    }

    #[test]
    fn a_failed_read_is_repeated_after_a_pause_that_grows() {
        let mut pass = Reconciler::default();
        pass.start();
        pass.asked();
        pass.failed(0);
        assert_eq!(pass.next(PAUSE_NS - 1), None);
        assert_eq!(pass.next(PAUSE_NS), Some(&Read::Positions));
        pass.asked();
        pass.failed(PAUSE_NS);
        assert_eq!(pass.next(2 * PAUSE_NS), None);
        assert_eq!(pass.next(3 * PAUSE_NS), Some(&Read::Positions));
    }

    #[test]
    fn a_pass_that_is_given_up_asks_nothing_more() {
        let mut pass = Reconciler::default();
        pass.start();
        pass.abort();
        assert!(!pass.is_running() && pass.next(u64::MAX).is_none());
    }
}
