//! A gateway with its broker, cranked by hand.

use st0ck_gateway::alpaca::decode_order::Names;
use st0ck_gateway::alpaca::desk::DeskConfig;
use st0ck_gateway::alpaca::{AlpacaConfig, AlpacaOrders};
use st0ck_gateway::throttle::ThrottleConfig;
use st0ck_gateway::{
    Identity, InstrumentTable, KillGate, KnownOrder, OrderAdapter, ReportTx, Stamps,
};
use st0ck_net::endpoint::Remote;
use st0ck_net::http::PoolConfig;
use st0ck_net::secret::Secret;
use st0ck_net::websocket::WsConfig;
use st0ck_runtime::{InFlight, MonoClock, Rx, WallClock, ring};
use st0ck_types::{
    BotCode, BrokerOrderId, CancelRequest, ClientOrderId, Epoch, InstrumentId, Nanos, Nonce,
    OrderKind, OrderNo, OrderRequest, PositionEffect, Price, Qty, Report, Seq, Side, StrategyId,
    Symbol, Text, TimeInForce,
};

use crate::broker::Broker;

/// Nothing here takes longer, however busy the machine.
const PATIENCE_NS: u64 = 20_000_000_000;

pub(crate) struct Rig {
    pub(crate) orders: AlpacaOrders,
    pub(crate) reports: ReportTx,
    pub(crate) rx: Rx<Report>,
    pub(crate) broker: Broker,
    pub(crate) gate: KillGate,
    pub(crate) seen: Vec<Report>,
    pub(crate) flight: InFlight,
    clock: WallClock,
}

/// What a test may wish for.
pub(crate) struct Wishes {
    pub(crate) known: Vec<KnownOrder>,
    pub(crate) account: Option<Text<40>>,
    pub(crate) request_timeout_ns: u64,
    pub(crate) throttle: Option<ThrottleConfig>,
    pub(crate) flight: InFlight,
    pub(crate) session: Option<(Nanos, Nanos)>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            account: None,
            request_timeout_ns: 5_000_000_000,
            throttle: None,
            flight: InFlight::off(),
            session: None,
        }
    }
}

impl Rig {
    pub(crate) fn new(wishes: Wishes) -> Self {
        Self::with_broker(Broker::new(), wishes)
    }

    /// A gateway whose requests go somewhere else than its order stream.
    pub(crate) fn with_rest(rest: Remote) -> Self {
        let wishes = Wishes { request_timeout_ns: 2_000_000_000, ..Wishes::default() };
        Self::build(Broker::new(), Some(rest), wishes)
    }

    pub(crate) fn with_broker(broker: Broker, wishes: Wishes) -> Self {
        Self::build(broker, None, wishes)
    }

    fn build(mut broker: Broker, rest: Option<Remote>, wishes: Wishes) -> Self {
        broker.flight = wishes.flight.clone();
        let (gate, clock) = (KillGate::default(), WallClock::new());
        let spy = (Symbol::new("SPY"), InstrumentId(0));
        let names = Names { instruments: InstrumentTable::new([spy]), identity: IDENTITY };
        let desk = DeskConfig {
            names,
            known: wishes.known,
            fills_since: Nanos(0),
            created_after: Nanos(1_800_000_000_000_000_000),
            account: wishes.account,
            wait_ns: 200_000_000,
            acts: !wishes.flight.is_on(),
        };
        let pool =
            PoolConfig { request_timeout_ns: wishes.request_timeout_ns, ..PoolConfig::default() };
        let config = AlpacaConfig {
            rest: rest.unwrap_or_else(|| broker.remote("http", "")),
            stream: broker.remote("ws", "/stream"),
            key: Secret::new(String::from("key")),
            secret: Secret::new(String::from("secret")),
            pool,
            websocket: WsConfig::default(),
            throttle: wishes.throttle,
            desk,
            session: wishes.session,
            seed: 7,
        };
        let orders = AlpacaOrders::new(config, gate.clone(), clock.clone()).unwrap();
        let (tx, rx) = ring(4096, 0);
        let reports = ReportTx::new(tx, wishes.flight.clone());
        let (seen, flight) = (Vec::new(), wishes.flight);
        Self { orders, reports, rx, broker, gate, seen, flight, clock }
    }

    /// A gateway whose first comparison of books is over, with nothing seen yet.
    pub(crate) fn ready(wishes: Wishes) -> Self {
        let mut rig = Self::new(wishes);
        rig.until("ready", |rig| rig.has(is_end));
        rig.seen.clear();
        rig.broker.asked.clear();
        rig
    }

    pub(crate) fn turn(&mut self) {
        self.broker.poll();
        self.orders.poll(&mut self.reports);
        while let Some(report) = self.rx.pop() {
            self.seen.push(report);
            self.flight.leave(1);
        }
    }

    pub(crate) fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let clock = MonoClock::new();
        while !done(self) {
            self.turn();
            let late = clock.now_ns() > PATIENCE_NS;
            assert!(!late, "not {what}: {:?} {:?}", self.seen, self.broker.asked);
            std::thread::yield_now();
        }
    }

    /// Turns for a while, in which nothing more must happen.
    pub(crate) fn linger(&mut self, ns: u64) {
        let clock = MonoClock::new();
        while clock.now_ns() < ns {
            self.turn();
            std::thread::yield_now();
        }
    }

    pub(crate) fn submit(&mut self, order: OrderRequest) {
        self.flight.enter(1);
        let now = self.clock.now();
        let stamps = Stamps { t_read: now, t_taken: now };
        self.orders.submit(&order, stamps, &mut self.reports);
    }

    pub(crate) fn cancel(&mut self, no: u32, broker_id: BrokerOrderId) {
        self.flight.enter(1);
        let (no, client_id) = (OrderNo(no), buy(no).client_id);
        let cancel = CancelRequest { no, client_id, broker_id, cause: Seq(1) };
        self.orders.cancel(&cancel, &mut self.reports);
    }

    pub(crate) fn has(&self, is: impl Fn(&Report) -> bool) -> bool {
        self.seen.iter().any(is)
    }
}

pub(crate) const IDENTITY: Identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"ska") };

/// Buys one SPY with a limit of 367.50.
pub(crate) fn buy(no: u32) -> OrderRequest {
    let no = OrderNo(no);
    OrderRequest {
        no,
        client_id: ClientOrderId::mint(IDENTITY.nonce, IDENTITY.bot, Epoch(1_900_000_000), no),
        strategy: StrategyId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        effect: PositionEffect::Open,
        tif: TimeInForce::Day,
        kind: OrderKind::Limit(Price::parse("367.5").unwrap()),
        qty: Qty::ONE,
        decided_at: Nanos(0),
        cause: Seq(1),
        tag: 0,
    }
}

/// That order as the broker shows it.
pub(crate) fn shown(no: u32, status: &str, filled: &str) -> String {
    format!(
        r#"{{"id":"{}","client_order_id":"{}","symbol":"SPY","qty":"1","filled_qty":"{filled}",
        "side":"buy","time_in_force":"day","limit_price":"367.50","status":"{status}",
        "created_at":"2030-01-01T00:00:00Z"}}"#,
        crate::broker::ID,
        buy(no).client_id
    )
}

/// A message of the order stream about that order.
pub(crate) fn update(event: &str, no: u32, status: &str, filled: &str) -> String {
    format!(
        r#"{{"stream":"trade_updates","data":{{"event":"{event}",
        "execution_id":"2f63ea93-0000-4000-8000-3fdafc10c418","price":"367.49","qty":"1",
        "timestamp":"2030-01-01T00:00:01Z","order":{}}}}}"#,
        shown(no, status, filled)
    )
}

pub(crate) fn is_end(report: &Report) -> bool {
    matches!(report, Report::Reconcile(reconcile) if reconcile.ended)
}

/// The broker's id of every order here.
pub(crate) const BROKER_ID: BrokerOrderId =
    BrokerOrderId(0x61e6_9015_8549_4bfd_b9c3_01e7_5843_f47d);
