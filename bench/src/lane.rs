//! The core of a lane as it trades: [`CoreAgent`] with the real engine, gate and ST0CKA between real
//! rings, reconciled and armed, with a scripted broker at the other end.
//!
//! Whatever keeps the record is the caller's choice: the journal, or nothing.

use crate::broker::{Broker, Manner};
use crate::day::Day;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::orders::Identity;
use st0ck_engine::risk::TradingState;
use st0ck_engine::status::LaneStatus;
use st0ck_engine::{Engine, EngineConfig, InstrumentConfig, Params};
use st0ck_runtime::{Agent, Rx, Tx, WallClock, ring};
use st0ck_strategy::find;
use st0ck_types::calendar::NYSE;
use st0ck_types::report::{Account, Reconcile};
use st0ck_types::{
    Command, Epoch, Input, InstrumentId, MarketEvent, Nonce, Quote, Recorder, Report, Seq,
    StrategyId, SystemEvent, Text,
};
use std::error::Error;

/// The instrument of every lane here.
const SPY: InstrumentId = InstrumentId(0);
/// Which installation the lane belongs to.
pub const NONCE: Nonce = Nonce(*b"00");
/// Which process life it is in.
pub const EPOCH: Epoch = Epoch(1);

/// A lane and both ends of its rings.
pub struct Lane<R: Recorder + Send> {
    core: CoreAgent<R>,
    broker: Broker,
    market: Tx<MarketEvent>,
    control: Tx<Control>,
    status: Rx<LaneStatus>,
}

impl<R: Recorder + Send> Lane<R> {
    /// A lane on that day: begun, found to agree with its broker, armed, before the first event.
    ///
    /// # Errors
    /// When ST0CKA, its defaults or the engine refuse each other: the build is broken.
    pub fn open(day: &Day, manner: Manner, recorder: R) -> Result<Self, Box<dyn Error>> {
        let engine = engine(day)?;
        let (market, market_rx) = ring(4_096, 1);
        let (reports, reports_rx) = ring(256, 0);
        let (control, control_rx) = ring(16, 0);
        let (gateway_tx, gateway) = ring(256, 64);
        let (status_tx, status) = ring(4, 1);
        let ports = Ports {
            market: market_rx,
            reports: reports_rx,
            control: control_rx,
            gateway: gateway_tx,
            status: status_tx,
        };
        let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), day.session.open);
        let core = CoreAgent::new(engine, recorder, clock, ports, Seq(0)).with_rehearsals();
        let broker = Broker::new(manner, gateway, reports);
        let mut lane = Self { core, broker, market, control, status };
        lane.begin();
        Ok(lane)
    }

    /// Starts the session as a shell and a gateway would.
    fn begin(&mut self) {
        self.core.begin(SystemEvent::SessionStart { epoch: EPOCH, first_order: 1 });
        let cash = self.core.engine().portfolio().cash();
        self.broker.say(Report::Reconcile(Reconcile::default()));
        let account =
            Account { cash, equity: cash, buying_power: cash, tradable: true, shorting: false };
        self.broker.say(Report::Account(account));
        self.broker.say(Report::Reconcile(Reconcile {
            ended: true,
            stable: true,
            foreign_orders: 0,
        }));
        self.core.do_work();
        let armed = self.control.try_push(Control::Command(Command::Arm(Text::new("bench"))));
        assert!(armed.is_ok(), "the ring is new");
        self.core.do_work();
        assert_eq!(self.core.engine().state(), TradingState::Active, "reconciled and armed");
    }

    /// The engine, to look at.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.core.engine()
    }

    /// The newest quote that the engine has.
    #[must_use]
    pub fn quote(&self) -> Quote {
        self.engine().world().market.book(SPY).map(|book| *book.quote()).unwrap_or_default()
    }

    /// Puts an event into the ring, for the next [`Lane::cycle`].
    pub fn push(&mut self, event: MarketEvent) {
        let pushed = self.market.try_push(event);
        assert!(pushed.is_ok(), "the core takes an event before it gets the next one");
    }

    /// One whole duty cycle: polls every ring, takes what waits there.
    #[inline]
    pub fn cycle(&mut self) -> u32 {
        self.core.do_work()
    }

    /// Consumes one event, not by ring: sequence, record, decide, record, send. No timer fires, and
    /// the lane's own clock stays where it is (the engine goes by the later of both).
    #[inline]
    pub fn step(&mut self, event: &MarketEvent) {
        self.core.step(event.ts_event(), event.ts_recv(), &Input::Market(*event));
    }

    /// Whether the last input made the core send something.
    #[inline]
    pub fn has_sent(&mut self) -> bool {
        self.broker.has_mail()
    }

    /// Lets the broker answer, and the core take the answers, until nobody has anything to say; looks
    /// at the lane's status as a shell would. Returns how many orders were sent.
    pub fn settle(&mut self) -> usize {
        let mut orders = 0;
        while self.has_sent() {
            let quote = self.quote();
            orders += self.broker.answer(&quote);
            self.core.do_work();
        }
        while self.status.pop().is_some() {}
        orders
    }

    /// An event by ring, and all that follows from it. Returns how many orders were sent.
    pub fn feed(&mut self, event: &MarketEvent) -> usize {
        self.push(*event);
        self.core.do_work();
        self.settle()
    }

    /// Closes the core's record: a last state hash, and a seal.
    pub fn close(&mut self) {
        self.core.on_close();
    }

    /// Ends the session: what is due up to the close fires, positions are closed.
    pub fn end(&mut self) {
        let pushed = self.control.try_push(Control::System(SystemEvent::SessionEnd));
        assert!(pushed.is_ok(), "the core reads its control ring");
        self.core.do_work();
        self.settle();
    }
}

/// The engine with ST0CKA at its defaults.
///
/// # Errors
/// When ST0CKA, its defaults or the engine refuse each other: the build is broken.
pub fn engine(day: &Day) -> Result<Engine, Box<dyn Error>> {
    let listing = find("st0cka").ok_or("ST0CKA is not in the registry")?;
    let params = Params::defaults(listing.recipe.params())?;
    let identity = Identity { nonce: NONCE, bot: listing.recipe.code(), epoch: EPOCH };
    let instruments = vec![InstrumentConfig::new("SPY")];
    let mut config =
        EngineConfig::new(instruments, day.session, NYSE.zone(), identity, listing.capital);
    config.limits = listing.recipe.profile(&params).over(config.limits);
    let strategy = listing.recipe.build(&params, &[SPY])?;
    Ok(Engine::new(config, vec![(StrategyId(0), strategy)])?)
}
