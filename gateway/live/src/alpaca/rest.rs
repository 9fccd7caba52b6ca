//! Orders to Alpaca and back: the sockets around the [`Desk`].
//!
//! [`GatewayAgent`](crate::agent::GatewayAgent) owns it. A pool of warm HTTP connections carries
//! requests, one websocket carries what happens to orders.
//!
//! *Invariant:* nothing is sent that the desk did not hand out, and nothing twice: neither the pool
//! nor this file repeats a request.
//! *Invariant:* in lock-step every request has a token, entered before it is written; an answer's
//! or a message's token is left when everything that it caused has been entered.

use st0ck_net::endpoint::Remote;
use st0ck_net::http::{HeaderBlock, HttpError, HttpPool, Lane, PoolConfig, Request, Ticket};
use st0ck_net::secret::Secret;
use st0ck_net::websocket::WsConfig;
use st0ck_runtime::{StageRecorder, WallClock};
use st0ck_types::{CancelRequest, Nanos, OrderRequest};

use super::desk::{Desk, DeskConfig, DeskCounters, FILLS_PAGE, Moment, ORDERS_PAGE, Outlook, Wish};
use super::encode::{
    ORDERS, Templates, fills_path, finish, lookup_path, open_orders_path, order_path,
};
use super::updates::{LinkEvent, UpdateStream};
use crate::adapter::{LinkState, LinkStatus, OrderAdapter, OrderFlow, Stamps};
use crate::kill::KillGate;
use crate::reconcile::Read;
use crate::reports::ReportTx;
use crate::throttle::{Throttle, ThrottleConfig};

/// What an Alpaca gateway needs to know.
pub struct AlpacaConfig {
    /// The trading interface's root, resolved.
    pub rest: Remote,
    /// The order stream (`…/stream`), resolved.
    pub stream: Remote,
    /// The key's id.
    pub key: Secret,
    /// The key's secret.
    pub secret: Secret,
    /// How many connections, and how long a request may take. In lock-step one input may not cause
    /// more orders than there are connections that orders may use, and the time-out must be long.
    pub pool: PoolConfig,
    /// How the websocket behaves.
    pub websocket: WsConfig,
    /// The account's request quota; `None` in session time, which the emulator counts.
    pub throttle: Option<ThrottleConfig>,
    /// Names, open questions, bounds.
    pub desk: DeskConfig,
    /// From open to close, when the order stream must be up: an orderly close (1000) is a loss
    /// then, and the end of the session otherwise. `None` where the broker alone knows (a
    /// recording).
    pub session: Option<(Nanos, Nanos)>,
    /// Seeds the jitter of reconnects.
    pub seed: u64,
}

/// What the gateway has done, readable from any thread.
pub type AlpacaCounters = DeskCounters;

/// Orders to Alpaca, and what becomes of them.
pub struct AlpacaOrders {
    pool: HttpPool,
    stream: UpdateStream,
    wire: Wire,
    desk: Desk,
    clock: WallClock,
    status: LinkStatus,
    session: Option<(Nanos, Nanos)>,
    /// Connections that only cancels may use.
    reserved: usize,
    place: String,
}

/// What it takes to write a request.
struct Wire {
    templates: Templates,
    path: String,
    encode: StageRecorder,
    wire_to_wire: StageRecorder,
}

impl AlpacaOrders {
    /// A gateway that is down; its first polls connect. `gate` is read before each order.
    ///
    /// # Errors
    /// [`HttpError::Unsendable`] when a key holds what a header may not.
    pub fn new(config: AlpacaConfig, gate: KillGate, clock: WallClock) -> Result<Self, HttpError> {
        let now_ns = clock.mono().now_ns();
        let fixed = HeaderBlock::new()
            .with("Accept", "application/json")?
            .with_secret("APCA-API-KEY-ID", &config.key)?
            .with_secret("APCA-API-SECRET-KEY", &config.secret)?;
        let place = config.rest.endpoint.to_string();
        let acts = config.desk.acts;
        let stream = UpdateStream::new(
            config.stream,
            config.websocket,
            &config.key,
            &config.secret,
            config.seed,
            acts,
        );
        let pool = HttpPool::new(&config.rest, fixed, config.pool);
        let wire = Wire {
            templates: Templates::new(&config.desk.names.instruments, &pool.json_post(ORDERS)?),
            path: String::with_capacity(256),
            encode: StageRecorder::default(),
            wire_to_wire: StageRecorder::default(),
        };
        let throttle = Throttle::new(config.throttle, now_ns);
        Ok(Self {
            pool,
            stream,
            wire,
            desk: Desk::new(config.desk, gate, throttle, now_ns),
            clock,
            status: LinkStatus::default(),
            session: config.session,
            reserved: config.pool.reserved,
            place,
        })
    }

    /// Records the stages of an order's way out there.
    #[must_use]
    pub fn with_stages(mut self, encode: StageRecorder, wire_to_wire: StageRecorder) -> Self {
        self.wire.encode = encode;
        self.wire.wire_to_wire = wire_to_wire;
        self
    }

    /// Where the order stream stands, for other threads.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        self.status.clone()
    }

    /// What the gateway has done, for other threads.
    #[must_use]
    pub fn counters(&self) -> AlpacaCounters {
        self.desk.counters().clone()
    }

    fn now(&self) -> Moment {
        let wall = self.clock.now();
        Moment { ns: self.clock.mono_ns_at(wall), wall }
    }

    /// Sends what the desk wants sent, as far as connections go.
    fn send(&mut self, now_ns: u64, reports: &mut ReportTx) {
        loop {
            let outlook = self.outlook(now_ns);
            let Some(wish) = self.desk.next(outlook, reports) else { return };
            reports.in_flight().enter(1);
            match self.wire.write(&wish, now_ns, &mut self.pool, &self.desk, &self.clock) {
                Some(ticket) => self.desk.sent(&wish, ticket),
                None => {
                    self.desk.unsent(&wish, now_ns, reports);
                    reports.in_flight().leave(1);
                }
            }
        }
    }

    fn outlook(&self, now_ns: u64) -> Outlook {
        let idle = self.pool.idle();
        Outlook {
            now_ns,
            stream_up: self.stream.is_up(),
            free: idle > self.reserved,
            free_for_cancel: idle > 0,
        }
    }

    /// Takes in the answers that have come; returns how many, of which `answered` tells how many
    /// were the broker's.
    fn collect(&mut self, now: Moment, reports: &mut ReportTx) -> (u32, u32) {
        let desk = &mut self.desk;
        let mut answered = 0;
        let outcomes = self.pool.poll(now.ns, |ticket, outcome| {
            answered += u32::from(outcome.is_ok());
            desk.on_answer(ticket, outcome, now, reports);
        });
        (outcomes, answered)
    }

    /// Sends, and tells of each new order that it went out, or that nothing of it did: a connection
    /// that broke on the first byte shows in the very next look at it.
    fn send_and_tell(&mut self, now_ns: u64, reports: &mut ReportTx) {
        self.send(now_ns, reports);
        while self.desk.has_fresh() {
            let now = self.now();
            let (_, answered) = self.collect(now, reports);
            self.desk.tell_sending(reports);
            self.send(now.ns, reports);
            reports.in_flight().leave(answered);
        }
    }

    fn poll_pool(&mut self, reports: &mut ReportTx) -> u32 {
        let now = self.now();
        let (outcomes, answered) = self.collect(now, reports);
        self.desk.tend(now.ns, reports);
        self.send_and_tell(now.ns, reports);
        reports.in_flight().leave(answered);
        outcomes
    }

    fn poll_stream(&mut self, reports: &mut ReportTx) -> u32 {
        let Moment { ns: now_ns, wall } = self.now();
        let (desk, mut messages) = (&mut self.desk, 0);
        let in_flight = reports.in_flight().clone();
        let must_be_up = self.session.is_some_and(|(open, close)| open <= wall && wall < close);
        let (events, change) = self.stream.poll(now_ns, must_be_up, &in_flight, |bytes| {
            messages += 1;
            desk.on_message(bytes, reports)
        });
        if let Some(change) = change {
            self.on_link(&change, reports);
        }
        if messages > 0 {
            self.send_and_tell(now_ns, reports);
        }
        in_flight.leave(messages);
        events
    }

    fn on_link(&mut self, change: &LinkEvent, reports: &mut ReportTx) {
        let was_up = self.status.state() == LinkState::Up;
        match change {
            LinkEvent::Up => {
                self.status.set(LinkState::Up);
                return self.desk.on_up(reports);
            }
            LinkEvent::Ended => log::info!("orders {}: the session is over", self.place),
            LinkEvent::Failed(why) => log::error!("orders {}: {why}", self.place),
            LinkEvent::Down(why) => log::warn!("orders {}: {why}", self.place),
        }
        // The core is told first: whoever reads the status may end the session on it.
        if was_up {
            self.desk.on_down(reports);
        }
        match change {
            LinkEvent::Failed(why) => self.status.fail(format!("orders {}: {why}", self.place)),
            LinkEvent::Ended => self.status.set(LinkState::Ended),
            LinkEvent::Up | LinkEvent::Down(_) => self.status.set(LinkState::Down),
        }
    }
}

impl OrderAdapter for AlpacaOrders {
    fn submit(&mut self, order: &OrderRequest, stamps: Stamps, reports: &mut ReportTx) {
        let now_ns = self.clock.mono_ns_at(stamps.t_taken);
        self.desk.submit(order, stamps, now_ns, reports);
        self.send_and_tell(now_ns, reports);
        reports.in_flight().leave(1);
    }

    fn cancel(&mut self, cancel: &CancelRequest, reports: &mut ReportTx) {
        let now_ns = self.clock.mono().now_ns();
        self.desk.cancel(cancel, now_ns, reports);
        self.send_and_tell(now_ns, reports);
        reports.in_flight().leave(1);
    }

    fn poll(&mut self, reports: &mut ReportTx) -> u32 {
        if reports.is_backed_up() {
            // Whatever is read now could not be told: let it wait in the kernel's buffers.
            self.send_and_tell(self.clock.mono().now_ns(), reports);
            return 0;
        }
        let work = self.poll_pool(reports) + self.poll_stream(reports);
        if let Some(why) = self.desk.take_failure() {
            self.status.fail(why);
        }
        work
    }

    fn reconcile(&mut self) {
        self.desk.want_pass();
    }

    fn flow(&self) -> OrderFlow {
        self.desk.flow()
    }

    fn close(&mut self) {
        self.stream.close(self.clock.mono().now_ns());
        self.pool.close();
    }
}

impl Wire {
    /// Writes a request to a connection. `None` when it cannot be written down (an instrument
    /// without a symbol) or no connection takes it: nothing was sent.
    fn write(
        &mut self,
        wish: &Wish,
        now_ns: u64,
        pool: &mut HttpPool,
        desk: &Desk,
        clock: &WallClock,
    ) -> Option<Ticket> {
        let path = &mut self.path;
        match wish {
            Wish::Create(_) => return self.write_order(desk.first()?, now_ns, pool, clock),
            Wish::Cancel(_, id) => {
                order_path(path, *id);
                return pool.try_send(now_ns, &Request::delete(path), Lane::Cancel).ok();
            }
            Wish::Lookup(_, id) => lookup_path(path, id),
            Wish::Read(Read::Lookup(no)) => lookup_path(path, &desk.client_id(*no)?),
            Wish::Read(Read::Positions) => set(path, "/v2/positions"),
            Wish::Read(Read::Account) => set(path, "/v2/account"),
            Wish::Read(Read::Orders { after }) => open_orders_path(path, ORDERS_PAGE, *after),
            Wish::Read(Read::Fills { token }) => {
                fills_path(path, FILLS_PAGE, desk.fills_from(), token);
            }
        }
        pool.try_send(now_ns, &Request::get(path), Lane::Normal).ok()
    }

    fn write_order(
        &mut self,
        (order, stamps): (&OrderRequest, &Stamps),
        now_ns: u64,
        pool: &mut HttpPool,
        clock: &WallClock,
    ) -> Option<Ticket> {
        let mut t_encoded = Nanos::ZERO;
        let post = self.templates.of(order)?;
        let sent = pool.try_post(now_ns, post, Lane::Normal, |rest| {
            finish(order, rest);
            t_encoded = clock.now();
        });
        let ticket = sent.ok()?;
        self.encode.record(t_encoded.since(stamps.t_taken));
        if stamps.t_read != Nanos::ZERO {
            self.wire_to_wire.record(clock.now().since(stamps.t_read));
        }
        Some(ticket)
    }
}

fn set(path: &mut String, text: &str) {
    path.clear();
    path.push_str(text);
}
