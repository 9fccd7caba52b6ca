//! The simulated broker: orders in, the venue, and its news on the way back.
//!
//! It makes the moves of the emulator in the emulator's order, so that the same seed draws the same
//! times: the venue's arrivals, the news, and the market between them.
//! *Invariant:* moves are made in the order of their times.

use st0ck_quant::rng::Rng;
use st0ck_sim::way_back::{Kind, WayBack};
use st0ck_sim::{SimConfig, SimEvent, SimOrder, Venue};
use st0ck_types::report::{Fill, Status};
use st0ck_types::{
    BrokerOrderId, Errand, ExecutionId, MarketEvent, Nanos, OrderNo, OrderRequest, Price, Qty,
    Report, Text,
};
use std::collections::BTreeMap;

/// The road of order updates; replies have roads of their own, for no connection waits for two.
const UPDATES: u64 = 0;

/// An order at the broker.
#[derive(Debug)]
struct Standing {
    request: OrderRequest,
    filled: Qty,
    over: bool,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// The recorded market, which the caller plays.
    Market,
    /// News arrived.
    News,
    /// An order or a cancel reached the venue.
    Venue,
}

/// One account at a simulated venue.
pub(super) struct Broker {
    venue: Venue,
    /// A reply without news is on its way, too: its time was drawn.
    way: WayBack<u64, Option<Report>>,
    orders: BTreeMap<u64, Standing>,
    now: Nanos,
    replies: u64,
    executions: u128,
}

impl Broker {
    /// The broker that the emulator of this seed is, after so many requests before the session.
    pub(super) fn new(seed: u64, requests: u32) -> Self {
        let rng = Rng::new(seed);
        let venue = SimConfig { seed: rng.fork("venue").next_u64(), ..SimConfig::default() };
        let mut way = WayBack::new(rng.fork("agenda"));
        way.skip_frozen(requests);
        Self {
            venue: Venue::new(venue),
            way,
            orders: BTreeMap::new(),
            now: Nanos(i64::MIN),
            replies: 0,
            executions: 0,
        }
    }

    /// What happens next, the market moving at `market` (never again when `None`); `None` when
    /// nothing is left.
    pub(super) fn next_move(&mut self, market: Option<Nanos>) -> Option<(Move, Nanos)> {
        let mut next = market.map(|at| (Move::Market, at));
        if let Some(at) = self.venue.next_due()
            && next.is_none_or(|(_, due)| at <= due)
        {
            next = Some((Move::Venue, at));
        }
        if let Some(at) = self.way.next_due()
            && next.is_none_or(|(_, due)| at < due || (at == due && self.way.toss()))
        {
            next = Some((Move::News, at));
        }
        next
    }

    /// Lets the venue act up to `to`.
    pub(super) fn advance(&mut self, to: Nanos) {
        self.now = self.now.max(to);
        self.venue.advance(self.now);
        self.send_news();
    }

    /// Takes the news that arrived at `at`; `None` for a reply that tells nothing.
    pub(super) fn take_news(&mut self, at: Nanos) -> Option<Report> {
        self.now = self.now.max(at);
        self.venue.advance(self.now);
        let news = self.way.take().flatten();
        self.send_news();
        news
    }

    /// The recorded market moved.
    pub(super) fn on_market(&mut self, event: &MarketEvent) {
        if !matches!(event, MarketEvent::Bar(_) | MarketEvent::Gap(_)) {
            self.now = self.now.max(event.ts_event());
        }
        self.venue.on_market(event);
        self.send_news();
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, errand: &Errand) {
        let reply = match errand {
            Errand::Submit(order) => Some(self.submit(order, order.qty)),
            Errand::Cancel(cancel) => self.cancel(cancel.no),
        };
        self.send_news();
        self.replies += 1;
        self.way.send(self.now, false, Kind::Reply, self.replies, reply);
    }

    /// Takes over an order that another venue has had, with what is left of it.
    pub(super) fn take_over(&mut self, request: &OrderRequest, filled: Qty) {
        self.submit(request, Qty(request.qty.0 - filled.0));
        if let Some(order) = self.orders.get_mut(&u64::from(request.no.0)) {
            order.filled = filled;
        }
    }

    /// The day is over: day orders expire at `close`.
    pub(super) fn close(&mut self, close: Nanos) {
        self.now = self.now.max(close);
        self.venue.expire(self.now);
        while let Some(due) = self.venue.next_due() {
            self.venue.advance(due);
        }
        self.send_news();
    }

    fn submit(&mut self, request: &OrderRequest, qty: Qty) -> Report {
        let key = u64::from(request.no.0);
        let OrderRequest { instrument, side, kind, tif, .. } = *request;
        let order = Standing { request: *request, filled: Qty::ZERO, over: false };
        self.orders.insert(key, order);
        let accepted = Report::Accepted(self.status(request.no, self.now, "pending_new"));
        self.way.send(self.now, false, Kind::Update, UPDATES, Some(accepted));
        let sent = SimOrder::new(key, instrument, side, kind, qty, self.now).lasting(tif);
        match self.venue.submit(sent) {
            Ok(()) => Report::Accepted(self.status(request.no, self.now, "accepted")),
            Err(refusal) => {
                Report::Rejected(self.status(request.no, self.now, &refusal.to_string()))
            }
        }
    }

    /// A refusal is told by the reply, a cancel's effect by an update later.
    fn cancel(&mut self, no: OrderNo) -> Option<Report> {
        let key = u64::from(no.0);
        if self.orders.get(&key).is_none_or(|order| order.over) {
            return Some(Report::CancelRejected(self.status(no, self.now, "already over")));
        }
        self.venue.cancel(key, self.now);
        None
    }

    /// Sends off what the venue has to tell.
    fn send_news(&mut self) {
        while let Some(event) = self.venue.pop() {
            let news = self.news(&event);
            self.way.send(event.at(), false, Kind::Update, UPDATES, news);
        }
    }

    fn news(&mut self, event: &SimEvent) -> Option<Report> {
        let (key, at) = (event.key(), event.at());
        let order = self.orders.get_mut(&key)?;
        let no = order.request.no;
        order.over = match event {
            SimEvent::Fill { complete, .. } => *complete,
            SimEvent::Canceled { .. }
            | SimEvent::Expired { .. }
            | SimEvent::Ended { .. }
            | SimEvent::Replaced { .. } => true,
            SimEvent::ReplaceTooLate { .. }
            | SimEvent::Accepted { .. }
            | SimEvent::CancelTooLate { .. } => order.over,
        };
        Some(match *event {
            SimEvent::Accepted { .. } => Report::Accepted(self.status(no, at, "new")),
            SimEvent::Fill { price, qty, complete, .. } => {
                self.fill(key, price, qty, complete, at)?
            }
            SimEvent::Canceled { .. } => Report::Canceled(self.status(no, at, "canceled")),
            SimEvent::Expired { .. } => Report::Expired(self.status(no, at, "expired")),
            // Our own orders last for the day or until canceled, and are never replaced; what these
            // would tell is the same.
            SimEvent::Ended { .. } | SimEvent::Replaced { .. } => {
                Report::Canceled(self.status(no, at, "canceled"))
            }
            SimEvent::CancelTooLate { .. } | SimEvent::ReplaceTooLate { .. } => {
                Report::CancelRejected(self.status(no, at, "too late"))
            }
        })
    }

    fn fill(
        &mut self,
        key: u64,
        price: Price,
        qty: Qty,
        complete: bool,
        at: Nanos,
    ) -> Option<Report> {
        self.executions += 1;
        let order = self.orders.get_mut(&key)?;
        order.filled = order.filled.checked_add(qty)?;
        let OrderRequest { no, client_id, instrument, side, .. } = order.request;
        Some(Report::Fill(Fill {
            client_id,
            broker_id: broker_id(no),
            execution: ExecutionId(self.executions),
            instrument,
            side,
            complete,
            price,
            qty,
            cum_qty: order.filled,
            at,
        }))
    }

    fn status(&self, no: OrderNo, at: Nanos, words: &str) -> Status {
        let order = self.orders.get(&u64::from(no.0));
        let client_id = order.map(|order| order.request.client_id).unwrap_or_default();
        Status { client_id, broker_id: broker_id(no), at, code: 0, words: Text::new(words) }
    }
}

/// A broker's id as good as any: it only has to differ from order to order.
fn broker_id(no: OrderNo) -> BrokerOrderId {
    BrokerOrderId(u128::from(no.0) + 1)
}
