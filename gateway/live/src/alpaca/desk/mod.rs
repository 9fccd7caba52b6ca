//! The head of the Alpaca gateway, without a socket: what to send next, and what an answer or an
//! event means for an order.
//!
//! [`AlpacaOrders`](super::rest::AlpacaOrders) owns the connections; it asks [`Desk::next`] what to
//! send, reports that with [`Desk::sent`], and hands every answer to [`Desk::on_answer`] and every
//! message of the order stream to [`Desk::on_message`].
//!
//! What goes first: cancels, then orders, then look-ups of orders whose fate is unknown, then the
//! reading of a reconciliation.
//!
//! *Invariant:* an order is handed out to be sent once. No answer, no failure and no reconnect
//! makes it go out again.
//! *Invariant:* the kill gate is read when an order is handed out, and the caller writes it at
//! once.

mod answers;
mod listening;
mod reading;

use st0ck_net::http::Ticket;
use st0ck_runtime::Counter;
use st0ck_types::report::{BrokerStage, SendRefusal, Snapshot, Status};
use st0ck_types::{
    BrokerOrderId, CancelRequest, ClientOrderId, Nanos, OrderNo, OrderRequest, Report, Text,
};

use super::decode_order::Names;
use super::replies::Refusal;
use crate::adapter::{OrderFlow, Stamps};
use crate::kill::KillGate;
use crate::reconcile::{Read, Reconciler};
use crate::reports::ReportTx;
use crate::throttle::Throttle;
use crate::tracked::{KnownOrder, OrderBook};

pub use reading::{FILLS_PAGE, ORDERS_PAGE};

/// Orders that may wait for a connection or for quota.
const QUEUE: usize = 64;
/// Pause between two tries of a cancel.
const CANCEL_PAUSE_NS: u64 = 250_000_000;
/// Fills may be listed late: reading begins so much before the last one known.
const FILLS_MARGIN: i64 = 15 * 60 * 1_000_000_000;
/// An order that has been sought for so long makes the books be compared, for only a whole list
/// without it lets the core declare it lost; and again after so long.
const SEARCH_TOO_LONG_NS: u64 = 30_000_000_000;
const COMPARE_AGAIN_NS: u64 = 15_000_000_000;

/// What the desk needs to know.
#[derive(Debug, Clone)]
pub struct DeskConfig {
    /// Symbols, and whose orders are ours.
    pub names: Names,
    /// Orders that a recovered core has open questions about.
    pub known: Vec<KnownOrder>,
    /// Time of the last fill that the core has booked, or of the session's start.
    pub fills_since: Nanos,
    /// An order of this process life cannot have been created before this (lane time at its
    /// beginning): one that was is another instance's.
    pub created_after: Nanos,
    /// The account that this key must belong to, by id or number; `None` to accept any.
    pub account: Option<Text<40>>,
    /// Nanoseconds an order may wait for a connection or for quota; then it is refused. 200 ms
    /// unless there is a reason.
    pub wait_ns: u64,
    /// Whether that wait ends by the monotonic clock; not in lock-step.
    pub acts: bool,
}

/// What the desk has done, readable from any thread.
#[derive(Debug, Clone, Default)]
pub struct DeskCounters {
    /// Orders whose fate became unknown.
    pub unknown: Counter,
    /// Orders that the broker rejected.
    pub rejected: Counter,
    /// Messages of the order stream that could not be read.
    pub malformed: Counter,
    /// Events of the order stream that had to be looked into.
    pub doubtful: Counter,
    /// Fills on the order stream.
    pub fills: Counter,
    /// Reconciliation passes that ended.
    pub passes: Counter,
    /// Answers with status 429.
    pub throttled: Counter,
    /// Our ids that the broker knew as other orders: another instance is trading.
    pub clashes: Counter,
}

/// What the connections allow at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Monotonic nanoseconds.
    pub now_ns: u64,
    /// The order stream is up.
    pub stream_up: bool,
    /// A connection is free for anything.
    pub free: bool,
    /// A connection is free for a cancel.
    pub free_for_cancel: bool,
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Monotonic nanoseconds.
    pub ns: u64,
    /// UTC.
    pub wall: Nanos,
}

/// A request to be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// `POST` the order with this number, which [`Desk::first`] lends.
    Create(OrderNo),
    /// `DELETE` the order that the broker calls so.
    Cancel(OrderNo, BrokerOrderId),
    /// Look an order up by our id.
    Lookup(OrderNo, ClientOrderId),
    /// Read something of the broker's book.
    Read(Read),
}

/// What a request in flight is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Create(OrderNo),
    Cancel(OrderNo),
    Lookup(OrderNo),
    Read,
}

#[derive(Debug, Clone, Copy)]
struct Cancel {
    request: CancelRequest,
    tries: u32,
    next_ns: u64,
    under_way: bool,
}

/// An order that has not gone out yet.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    order: OrderRequest,
    stamps: Stamps,
    since_ns: u64,
}

/// The head of the gateway.
pub struct Desk {
    config: DeskConfig,
    gate: KillGate,
    throttle: Throttle,
    book: OrderBook,
    /// Oldest first. Nearly always there is one, and then it lies where all before it lay.
    queue: Vec<Waiting>,
    cancels: Vec<Cancel>,
    asked: Vec<(Ticket, Asked)>,
    /// Orders written whose `Sending` is still to be told.
    fresh: Vec<OrderNo>,
    pass: Reconciler,
    pass_wanted: bool,
    pass_ended_ns: u64,
    /// Stream reports that wait for the end of a pass.
    held: Vec<Report>,
    last_fill: Nanos,
    flow: OrderFlow,
    counters: DeskCounters,
    failure: Option<String>,
}

/// What comes from the core, and what is to be sent.
impl Desk {
    /// A desk on which nothing lies but what the core recovered.
    #[must_use]
    pub fn new(config: DeskConfig, gate: KillGate, throttle: Throttle, now_ns: u64) -> Self {
        Self {
            book: OrderBook::new(&config.known, now_ns),
            last_fill: config.fills_since,
            config,
            gate,
            throttle,
            queue: Vec::with_capacity(QUEUE),
            cancels: Vec::with_capacity(QUEUE),
            asked: Vec::with_capacity(16),
            fresh: Vec::with_capacity(QUEUE),
            pass: Reconciler::default(),
            pass_wanted: false,
            pass_ended_ns: now_ns,
            held: Vec::with_capacity(QUEUE),
            flow: OrderFlow::default(),
            counters: DeskCounters::default(),
            failure: None,
        }
    }

    /// Takes an order in.
    pub fn submit(
        &mut self,
        order: &OrderRequest,
        stamps: Stamps,
        now_ns: u64,
        reports: &mut ReportTx,
    ) {
        if self.queue.len() >= QUEUE {
            return self.refuse(order.no, SendRefusal::Throttled, reports);
        }
        self.queue.push(Waiting { order: *order, stamps, since_ns: now_ns });
        self.flow.waiting += 1;
    }

    /// Takes a cancel in. Of an order that has not gone out yet only the order is dropped.
    pub fn cancel(&mut self, cancel: &CancelRequest, now_ns: u64, reports: &mut ReportTx) {
        let waits = |waiting: &Waiting| waiting.order.no == cancel.no;
        if let Some(at) = self.queue.iter().position(waits) {
            self.queue.remove(at);
            self.flow.waiting -= 1;
            return self.refuse(cancel.no, SendRefusal::Throttled, reports);
        }
        if self.cancels.iter().any(|pending| pending.request.no == cancel.no) {
            return;
        }
        let request = *cancel;
        self.cancels.push(Cancel { request, tries: 0, next_ns: now_ns, under_way: false });
        // An order that is being sought must be found before it can be canceled.
        self.book.hurry(cancel.no);
    }

    /// Refuses orders that have waited too long, and notices a search that takes too long. Call it
    /// once per cycle.
    pub fn tend(&mut self, now_ns: u64, reports: &mut ReportTx) {
        while let Some(waiting) = self.queue.first() {
            let waited_ns = now_ns.saturating_sub(waiting.since_ns);
            if !self.config.acts || waited_ns < self.config.wait_ns {
                break;
            }
            self.drop_first(SendRefusal::Disconnected, reports);
        }
        let sought_ns = self.book.longest_search_ns(now_ns);
        let compared_ns = now_ns.saturating_sub(self.pass_ended_ns);
        if sought_ns.is_some_and(|ns| ns >= SEARCH_TOO_LONG_NS) && compared_ns >= COMPARE_AGAIN_NS {
            self.pass_wanted = true;
        }
    }

    /// The next request to send, most urgent first; the caller sends it at once and says so with
    /// [`Desk::sent`] or [`Desk::unsent`]. An order that the kill gate holds is refused here.
    pub fn next(&mut self, outlook: Outlook, reports: &mut ReportTx) -> Option<Wish> {
        if self.pass_wanted && outlook.stream_up && !self.pass.is_running() {
            self.start_pass();
        }
        self.next_cancel(outlook)
            .or_else(|| self.next_order(outlook, reports))
            .or_else(|| self.next_question(outlook))
    }

    #[cold]
    fn start_pass(&mut self) {
        self.pass_wanted = false;
        self.pass.start();
    }

    fn next_cancel(&mut self, outlook: Outlook) -> Option<Wish> {
        if self.cancels.is_empty() || !outlook.free_for_cancel {
            return None;
        }
        self.next_ready_cancel(outlook)
    }

    // Out of line, as all that is not an order: its code would lie between an order's, which is read
    // anew from memory for nearly every order.
    #[inline(never)]
    fn next_ready_cancel(&mut self, outlook: Outlook) -> Option<Wish> {
        let (book, now_ns) = (&self.book, outlook.now_ns);
        let mut ready =
            self.cancels.iter_mut().filter(|cancel| !cancel.under_way && now_ns >= cancel.next_ns);
        let (cancel, id) = ready.find_map(|cancel| {
            let tracked = book.get(cancel.request.no).map(|order| order.broker_id);
            let id = tracked.filter(|id| id.is_known()).unwrap_or(cancel.request.broker_id);
            id.is_known().then_some((cancel, id))
        })?;
        self.throttle.try_take_for_cancel(now_ns).then(|| {
            cancel.under_way = true;
            cancel.request.broker_id = id;
            Wish::Cancel(cancel.request.no, id)
        })
    }

    fn next_order(&mut self, outlook: Outlook, reports: &mut ReportTx) -> Option<Wish> {
        while let Some(waiting) = self.queue.first() {
            if !self.gate.lets_pass(waiting.order.effect) {
                self.drop_first(SendRefusal::Killed, reports);
                continue;
            }
            let may_go = outlook.free && self.throttle.try_take(outlook.now_ns);
            return may_go.then_some(Wish::Create(waiting.order.no));
        }
        None
    }

    /// The order that waits first: the one that a [`Wish::Create`] is about. It stays where it is
    /// until it is known whether it went.
    #[must_use]
    pub fn first(&self) -> Option<(&OrderRequest, &Stamps)> {
        self.queue.first().map(|waiting| (&waiting.order, &waiting.stamps))
    }

    #[inline(never)]
    fn next_question(&mut self, outlook: Outlook) -> Option<Wish> {
        if !outlook.free {
            return None;
        }
        let sought = self.book.due(outlook.now_ns);
        let sought = sought.and_then(|no| Some((no, self.client_id(no)?)));
        let wish = match sought {
            Some((no, id)) => Wish::Lookup(no, id),
            None => Wish::Read(self.pass.next(outlook.now_ns)?.clone()),
        };
        if !self.throttle.try_take(outlook.now_ns) {
            return None;
        }
        match &wish {
            Wish::Lookup(no, _) => self.book.asked(*no),
            _ => self.pass.asked(),
        }
        Some(wish)
    }

    #[cold]
    fn drop_first(&mut self, why: SendRefusal, reports: &mut ReportTx) {
        let Some(no) = self.queue.first().map(|waiting| waiting.order.no) else { return };
        self.queue.remove(0);
        self.flow.waiting -= 1;
        self.refuse(no, why, reports);
    }

    /// The wish went to a connection under this ticket.
    pub fn sent(&mut self, wish: &Wish, ticket: Ticket) {
        let asked = match wish {
            Wish::Create(no) => {
                self.book_first();
                Asked::Create(*no)
            }
            Wish::Cancel(no, _) => Asked::Cancel(*no),
            Wish::Lookup(no, _) => Asked::Lookup(*no),
            Wish::Read(_) => Asked::Read,
        };
        self.asked.push((ticket, asked));
    }

    fn book_first(&mut self) {
        let Some(waiting) = self.queue.first() else { return };
        self.book.add(&waiting.order);
        self.fresh.push(waiting.order.no);
        self.queue.remove(0);
        self.flow.waiting -= 1;
        self.flow.written += 1;
    }

    /// The wish could not be written down or handed over; nothing of it was sent. An order is
    /// refused, a question is asked again later.
    pub fn unsent(&mut self, wish: &Wish, now_ns: u64, reports: &mut ReportTx) {
        match wish {
            Wish::Create(_) => self.drop_first(SendRefusal::Disconnected, reports),
            Wish::Cancel(no, _) => {
                let same = |cancel: &&mut Cancel| cancel.request.no == *no;
                for cancel in self.cancels.iter_mut().filter(same) {
                    cancel.under_way = false;
                    cancel.next_ns = now_ns + CANCEL_PAUSE_NS;
                }
            }
            Wish::Lookup(no, _) => self.book.ask_again(*no, now_ns),
            Wish::Read(_) => self.pass.failed(now_ns),
        }
    }

    #[cold]
    fn refuse(&mut self, no: OrderNo, why: SendRefusal, reports: &mut ReportTx) {
        self.flow.refused += 1;
        reports.push(Report::SendRefused { no, why });
    }
}

/// What others ask.
impl Desk {
    /// Asks for a comparison of the books.
    pub fn want_pass(&mut self) {
        self.pass_wanted = true;
    }

    /// Our id of an order.
    #[must_use]
    pub fn client_id(&self, no: OrderNo) -> Option<ClientOrderId> {
        self.book.get(no).map(|order| order.request.client_id)
    }

    /// Since when fills are read.
    #[must_use]
    pub fn fills_from(&self) -> Nanos {
        self.last_fill - FILLS_MARGIN
    }

    /// Whether an order was written of which nothing has been told yet.
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// Where orders went so far.
    #[must_use]
    pub fn flow(&self) -> OrderFlow {
        self.flow
    }

    /// What was done so far.
    #[must_use]
    pub fn counters(&self) -> &DeskCounters {
        &self.counters
    }

    /// Why nothing can go on, if so; told once.
    pub fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// Takes a listed order into the book.
    fn learn(&mut self, no: OrderNo, snapshot: &Snapshot) {
        self.book.named(no, snapshot.broker_id);
        if snapshot.stage != BrokerStage::Working {
            self.over(no);
        }
    }

    fn over(&mut self, no: OrderNo) {
        self.book.ended(no);
        self.cancels.retain(|cancel| cancel.request.no != no);
    }
}

fn refused(client_id: ClientOrderId, broker_id: BrokerOrderId, refusal: &Refusal) -> Status {
    let (code, words) = (refusal.code, refusal.words);
    Status { client_id, broker_id, at: Nanos::ZERO, code, words }
}
