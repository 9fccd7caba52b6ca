//! The whole way, put together: three agents on one thread between real rings, and a broker that
//! fills whatever it gets.

use crate::ends::{Counterpart, Line, Marks, SPY, Say, Written};
use crate::moment::Noting;
use crate::venue::Frames;
use st0ck_bench::day::Day;
use st0ck_bench::journaled::{Cores, Folder, Keeping};
use st0ck_bench::lane::{EPOCH, NONCE, engine};
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::risk::TradingState;
use st0ck_engine::status::LaneStatus;
use st0ck_feed::{FeedAgent, Publisher};
use st0ck_gateway::alpaca::decode_order::Names;
use st0ck_gateway::alpaca::desk::{Desk, DeskConfig};
use st0ck_gateway::throttle::Throttle;
use st0ck_gateway::tracked::Identity;
use st0ck_gateway::{GatewayAgent, GatewayConfig, InstrumentTable, KillGate, ReportTx};
use st0ck_net::http::HeaderBlock;
use st0ck_net::secret::Secret;
use st0ck_runtime::conflate::market_ring;
use st0ck_runtime::{Agent, Counter, InFlight, Rx, Tx, WallClock, ring};
use st0ck_strategy::find;
use st0ck_types::ids::uuid_text;
use st0ck_types::report::{Account, Reconcile};
use st0ck_types::{
    Command, Nanos, OrderKind, OrderRequest, Price, Report, Seq, Side, Symbol, SystemEvent, Text,
};
use std::error::Error;
use std::sync::Arc;

/// Nanoseconds of one order's way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    /// Of its stages, if they were told apart.
    pub(crate) stages: Option<StageTimes>,
    /// Bytes read → bytes ready, without what follows.
    pub(crate) whole: u64,
    /// The rest of the core's cycle, after the order went: another thread's time where there is one.
    pub(crate) rest: u64,
}

/// Nanoseconds of the stages of one order's way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StageTimes {
    /// Bytes → events.
    pub(crate) decode: u64,
    /// Events → in the core's ring.
    pub(crate) publish: u64,
    /// Out of the core's ring, recorded, decided, recorded, into the gateway's ring.
    pub(crate) core: u64,
    /// The gateway's cycle up to where it has taken it.
    pub(crate) hand_over: u64,
    /// The last controls, and the request written.
    pub(crate) encode: u64,
}

/// A lane from bytes to bytes.
pub(crate) struct Way {
    // The writer is in the core: it leaves before the keeper is stopped, and the folder goes last.
    feed: FeedAgent<Line>,
    core: CoreAgent<Noting>,
    gateway: GatewayAgent<Counterpart>,
    due: Counter,
    marks: Marks,
    handed_over: Counter,
    clock: WallClock,
    written: Rx<Written>,
    say: Tx<Say>,
    control: Tx<Control>,
    status: Rx<LaneStatus>,
    executions: u128,
    _keeper: Keeping,
    _folder: Folder,
}

impl Way {
    /// A lane on that day, reconciled and armed, after its first minutes. Its core rehearses, or not.
    pub(crate) fn open(
        day: &Day,
        frames: &Arc<Frames>,
        cores: Cores,
        rehearses: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let clock = WallClock::new();
        let folder = Folder::new()?;
        let (writer, keeper, _) = folder.begin()?;
        let keeper = Keeping::start(keeper, cores)?;
        let (due, marks) = (Counter::default(), Marks::default());
        let line = Line::new(frames.clone(), clock.clone(), due.clone(), marks.clone());
        let (market_tx, market) = market_ring(1 << 13, 1);
        let mut publisher = Publisher::new(1, InFlight::off());
        publisher.add_lane(market_tx, &[SPY.1]);

        let (report_tx, reports) = ring(1_024, 0);
        let (gateway_tx, errands) = ring(256, 64);
        let (control, control_rx) = ring(64, 0);
        let (status_tx, status) = ring(4, 1);
        let ports =
            Ports { market, reports, control: control_rx, gateway: gateway_tx, status: status_tx };
        let lane_clock = LaneClock::new(ClockKind::Feed, clock.clone(), day.session.open);
        let handed_over = Counter::default();
        let writer = Noting::new(writer, clock.clone(), handed_over.clone());
        let core = CoreAgent::new(engine(day)?, writer, lane_clock, ports, Seq(0));
        let core = if rehearses { core.with_rehearsals() } else { core };

        let (written_tx, written) = ring(64, 0);
        let (say, said) = ring(256, 0);
        let gate = KillGate::default();
        let counterpart =
            Counterpart::new(desk(&gate, &clock)?, &fixed()?, clock.clone(), written_tx, said)?;
        let reports = ReportTx::new(report_tx, InFlight::off());
        let config = GatewayConfig::default();
        let gateway = GatewayAgent::new(counterpart, errands, reports, gate, config, clock.clone());
        let mut way = Self {
            feed: FeedAgent::new(line, publisher),
            core,
            gateway,
            due,
            marks,
            handed_over,
            clock,
            written,
            say,
            control,
            status,
            executions: 0,
            _keeper: keeper,
            _folder: folder,
        };
        way.begin();
        while way.due.get() < frames.first as u64 {
            way.take();
        }
        Ok(way)
    }

    fn begin(&mut self) {
        self.core.begin(SystemEvent::SessionStart { epoch: EPOCH, first_order: 1 });
        self.feed.do_work();
        let cash = self.core.engine().portfolio().cash();
        let account =
            Account { cash, equity: cash, buying_power: cash, tradable: true, shorting: false };
        let agreed = Reconcile { ended: true, stable: true, foreign_orders: 0 };
        for report in [
            Report::Reconcile(Reconcile::default()),
            Report::Account(account),
            Report::Reconcile(agreed),
        ] {
            self.tell(Say::Report(report));
        }
        self.gateway.do_work();
        self.core.do_work();
        let armed = self.control.try_push(Control::Command(Command::Arm(Text::new("bench"))));
        assert!(armed.is_ok(), "the ring is new");
        self.core.do_work();
        assert_eq!(self.core.engine().state(), TradingState::Active, "reconciled and armed");
    }

    /// Whether the stages of what comes next are told apart, by two more readings of the clock.
    pub(crate) fn tell_stages(&self, staged: bool) {
        self.marks.staged.set(u64::from(staged));
    }

    fn tell(&mut self, said: Say) {
        assert!(self.say.try_push(said).is_ok(), "the gateway listens in every cycle");
    }

    /// A cycle of each agent in which nothing happens: what a lane does most of its life.
    #[inline]
    pub(crate) fn spin(&mut self) {
        self.feed.do_work();
        self.core.do_work();
        self.gateway.do_work();
    }

    /// The next frame comes, and every agent has its turn. Gives the moment at which the core's was
    /// over.
    #[inline(never)]
    pub(crate) fn pass(&mut self) -> u64 {
        self.due.add(1);
        self.feed.do_work();
        self.core.do_work();
        let decided = self.clock.now().0 as u64;
        self.gateway.do_work();
        decided
    }

    /// [`Way::pass`] and [`Way::settle`].
    pub(crate) fn take(&mut self) -> Option<(Times, usize)> {
        let decided = self.pass();
        self.settle(decided)
    }

    /// Gives the times of the order that the frame caused, and the request's length, if it caused
    /// one; lets the broker answer until nobody has anything to say.
    pub(crate) fn settle(&mut self, decided: u64) -> Option<(Times, usize)> {
        let sent = self.written.pop()?;
        let taken = sent.stamped.t_taken.0 as u64;
        let (read, handed_over) = (self.marks.read.get(), self.handed_over.get());
        let rest = decided.saturating_sub(handed_over);
        let stages = (self.marks.staged.get() > 0).then(|| {
            let (decoded, published) = (self.marks.decoded.get(), self.marks.published.get());
            StageTimes {
                decode: decoded - read,
                publish: published - decoded,
                core: handed_over.saturating_sub(published),
                hand_over: taken.saturating_sub(decided),
                encode: sent.ready - taken,
            }
        });
        let whole = (sent.ready - read).saturating_sub(rest);
        let times = Times { stages, whole, rest };
        let is_caused = sent.stamped.t_read != Nanos::ZERO;
        let bytes = sent.bytes;
        self.answer(sent);
        is_caused.then_some((times, bytes))
    }

    /// Orders are accepted and filled at once.
    fn answer(&mut self, first: Written) {
        let mut next = Some(first);
        while let Some(written) = next {
            let order = written.stamped.order;
            let text = self.message("new", &order, String::new());
            self.tell(Say::Message(text));
            let fill = self.fill(&order);
            self.tell(Say::Message(fill));
            self.gateway.do_work();
            self.core.do_work();
            self.gateway.do_work();
            next = self.written.pop();
        }
        while self.status.pop().is_some() {}
    }

    fn fill(&mut self, order: &OrderRequest) -> String {
        self.executions += 1;
        let id = uuid_text(self.executions);
        let (price, qty) = (self.price(order), order.qty);
        let extra = format!(r#""execution_id":"{id}","price":"{price}","qty":"{qty}","#);
        self.message("fill", order, extra)
    }

    fn price(&self, order: &OrderRequest) -> Price {
        let quote = self.core.engine().world().market.book(SPY.1).map(|book| *book.quote());
        let quote = quote.expect("an order has a quote that caused it");
        match (order.kind, order.side) {
            (OrderKind::Limit(price), _) => price,
            (OrderKind::Market, Side::Buy) => quote.ask,
            (OrderKind::Market, Side::Sell) => quote.bid,
        }
    }

    /// As the order stream tells it; `extra` are keys with a comma behind them.
    fn message(&self, event: &str, order: &OrderRequest, extra: String) -> String {
        let (id, client_id) = (uuid_text(u128::from(order.no.0)), order.client_id.as_str());
        let (qty, side, tif) = (order.qty, order.side.as_str(), order.tif.as_str());
        let filled = if event == "fill" { qty } else { st0ck_types::Qty::ZERO };
        format!(
            r#"{{"stream":"trade_updates","data":{{"event":"{event}",{extra}"timestamp":"{}","order":{{"id":"{id}","client_order_id":"{client_id}","symbol":"SPY","qty":"{qty}","filled_qty":"{filled}","side":"{side}","time_in_force":"{tif}","status":"{event}"}}}}}}"#,
            order.decided_at
        )
    }
}

fn desk(gate: &KillGate, clock: &WallClock) -> Result<Desk, Box<dyn Error>> {
    let bot = find("st0cka").ok_or("ST0CKA is not in the registry")?.recipe.code();
    let names = Names {
        instruments: InstrumentTable::new([(Symbol::new(SPY.0), SPY.1)]),
        identity: Identity { nonce: NONCE, bot },
    };
    let config = DeskConfig {
        names,
        known: Vec::new(),
        fills_since: Nanos::ZERO,
        created_after: Nanos::ZERO,
        account: None,
        wait_ns: 200_000_000,
        acts: true,
    };
    let now_ns = clock.mono().now_ns();
    // The day's orders come within a second here: no quota.
    Ok(Desk::new(config, gate.clone(), Throttle::new(None, now_ns), now_ns))
}

/// The fields of every request, with keys as long as Alpaca's.
fn fixed() -> Result<HeaderBlock, Box<dyn Error>> {
    let (key, secret) = (Secret::new("K".repeat(20)), Secret::new("S".repeat(40)));
    Ok(HeaderBlock::new()
        .with("Accept", "application/json")?
        .with_secret("APCA-API-KEY-ID", &key)?
        .with_secret("APCA-API-SECRET-KEY", &secret)?)
}
