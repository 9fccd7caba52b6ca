//! One lane without threads and sockets: the test is the feed, the gateway and the shell.

use crate::strategies::SPY;
use crate::tap::Tap;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::orders::Identity;
use st0ck_engine::status::LaneStatus;
use st0ck_engine::{Engine, EngineConfig, InstrumentConfig, Strategy};
use st0ck_journal::{JournalConfig, Keeper, Session, SessionHeader, verify};
use st0ck_lab::groups::{Group, Item, Items};
use st0ck_lab::recovery;
use st0ck_lab::replay::{Replay, replay_with};
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::{Agent, Rx, Tx, WallClock, ring};
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::command::Reason;
use st0ck_types::time::SECOND;
use st0ck_types::{AssetClass, BotCode, Command, Epoch, InstrumentDef, MarketEvent, Money, Nanos};
use st0ck_types::{
    Nonce, Outgoing, Price, Qty, Quote, Report, Seq, StrategyId, Symbol, SystemEvent,
};
use st0ck_types::{Trade, calendar};
use std::path::Path;
use tempfile::TempDir;

/// Which strategies an engine has; made anew for each engine.
pub(crate) type Crew = fn() -> Vec<Box<dyn Strategy>>;

/// How a lane is set up: its market ring, its gateway ring with what that keeps for cancels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) market: usize,
    pub(crate) gateway: usize,
    pub(crate) reserve: usize,
    /// The process dies behind the record of a fault.
    pub(crate) dies_at_fault: bool,
    /// The core is told how much room the journal has.
    pub(crate) asks_for_room: bool,
}

pub(crate) const ROOMY: Setup =
    Setup { market: 256, gateway: 64, reserve: 16, dies_at_fault: false, asks_for_room: true };

pub(crate) struct Rig {
    pub(crate) core: CoreAgent<Tap>,
    pub(crate) market: MarketTx,
    pub(crate) reports: Tx<Report>,
    pub(crate) control: Tx<Control>,
    pub(crate) gateway: Rx<Outgoing>,
    status: Rx<LaneStatus>,
    pub(crate) keeper: Keeper,
    dir: TempDir,
    crew: Crew,
    pub(crate) now: Nanos,
}

/// 2020-12-15 in New York.
pub(crate) fn day() -> calendar::Session {
    NYSE.session(Date::new(2020, 12, 15).unwrap()).unwrap().unwrap()
}

fn engine(crew: Crew) -> Engine {
    let identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"tst"), epoch: Epoch(1) };
    let capital = Money::parse("10000").unwrap();
    let instruments = vec![InstrumentConfig::new("SPY")];
    let mut config = EngineConfig::new(instruments, day(), NYSE.zone(), identity, capital);
    config.require_reconcile = false;
    // Not what is tried here.
    config.limits.orders_per_second_max = 1000;
    config.limits.orders_per_minute_max = 1000;
    config.limits.open_orders_per_instrument_max = 60;
    config.limits.open_orders_max = 60;
    config.limits.quote_age_max = 3600 * SECOND;
    let strategies = crew().into_iter().zip(0..).map(|(s, id)| (StrategyId(id), s)).collect();
    Engine::new(config, strategies).unwrap()
}

fn journal_config(dir: &Path) -> JournalConfig {
    JournalConfig { hot_dirs: vec![dir.join("no-tmpfs")], ..JournalConfig::small() }
}

fn header(epoch: Epoch) -> SessionHeader {
    SessionHeader { nonce: Nonce(*b"7k"), account_hash: 1, epoch, build_hash: 2, config_hash: 3 }
}

impl Rig {
    /// A new session on the recorded clock, armed, with a quote known.
    pub(crate) fn new(crew: Crew, setup: Setup) -> Self {
        let mut rig = Self::unarmed(crew, setup, ClockKind::Feed, day().open);
        rig.control(Control::Command(Command::Arm(Reason::new("test"))));
        rig.quote("99.99", "100.01");
        rig.crank();
        rig
    }

    /// A new session whose clock begins at `first`.
    pub(crate) fn unarmed(crew: Crew, setup: Setup, kind: ClockKind, first: Nanos) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = journal_config(dir.path());
        let session = Session::create(dir.path(), header(Epoch(1)), b"{}", &config).unwrap();
        let clock = LaneClock::new(kind, WallClock::new(), first);
        let mut rig = Self::join(dir, session, engine(crew), clock, Seq(0), crew, setup);
        rig.core.begin(SystemEvent::SessionStart { epoch: Epoch(1), first_order: 1 });
        rig.market.push(MarketEvent::InstrumentDef(InstrumentDef {
            ts_event: rig.now,
            tick: Price::CENT,
            lot: Qty::ONE,
            instrument: SPY,
            multiplier: 1,
            class: AssetClass::Equity,
            symbol: Symbol::new("SPY"),
        }));
        rig.crank();
        rig
    }

    fn join(
        dir: TempDir,
        session: Session,
        engine: Engine,
        clock: LaneClock,
        last: Seq,
        crew: Crew,
        setup: Setup,
    ) -> Self {
        let (market_tx, market_rx) = market_ring(setup.market, 1);
        let (report_tx, report_rx) = ring::<Report>(256, 0);
        let (gateway_tx, gateway_rx) = ring::<Outgoing>(setup.gateway, setup.reserve);
        let (control_tx, control_rx) = ring::<Control>(16, 0);
        let (status_tx, status_rx) = ring::<LaneStatus>(4, 1);
        let ports = Ports {
            market: market_rx,
            reports: report_rx,
            control: control_rx,
            gateway: gateway_tx,
            status: status_tx,
        };
        let tap = Tap::new(session.writer, setup);
        let now = clock.last();
        Self {
            core: CoreAgent::new(engine, tap, clock, ports, last),
            market: market_tx,
            reports: report_tx,
            control: control_tx,
            gateway: gateway_rx,
            status: status_rx,
            keeper: session.keeper,
            dir,
            crew,
            now,
        }
    }

    /// The process is killed at once, and another one takes the session over.
    pub(crate) fn killed_and_restarted(self, kind: ClockKind) -> Self {
        let Self { dir, crew, core, keeper, .. } = self;
        drop((core, keeper));
        let config = journal_config(dir.path());
        let (session, recovered) = Session::resume(dir.path(), header(Epoch(2)), &config).unwrap();
        let mut engine = engine(crew);
        recovery::recover(dir.path(), &mut engine).unwrap();
        let clock = LaneClock::new(kind, WallClock::new(), recovered.last_at);
        let last = Seq(recovered.next_seq.0 - 1);
        let mut rig = Self::join(dir, session, engine, clock, last, crew, ROOMY);
        rig.core.begin(SystemEvent::Restart { epoch: Epoch(2) });
        rig.crank();
        rig
    }

    /// Lets the core and the keeper do all they can.
    pub(crate) fn crank(&mut self) {
        while self.core.do_work() + self.keeper.do_work() > 0 {}
    }

    pub(crate) fn control(&mut self, control: Control) {
        self.control.try_push(control).unwrap();
        self.crank();
    }

    /// A quote, not cranked.
    pub(crate) fn quote(&mut self, bid: &str, ask: &str) {
        self.now = self.now + SECOND;
        let hundred = Qty::units(100).unwrap();
        self.market.push(MarketEvent::Quote(Quote {
            ts_event: self.now,
            bid: Price::parse(bid).unwrap(),
            ask: Price::parse(ask).unwrap(),
            bid_size: hundred,
            ask_size: hundred,
            instrument: SPY,
            ..Quote::default()
        }));
    }

    /// A print of so many shares, not cranked.
    pub(crate) fn print(&mut self, size: i64) {
        self.now = self.now + SECOND;
        self.market.push(MarketEvent::Trade(Trade {
            ts_event: self.now,
            price: Price::parse("100").unwrap(),
            size: Qty::units(size).unwrap(),
            instrument: SPY,
            ..Trade::default()
        }));
    }

    /// What the gateway would take now.
    pub(crate) fn outgoing(&mut self) -> Vec<Outgoing> {
        std::iter::from_fn(|| self.gateway.pop()).collect()
    }

    /// The newest state that the core tells.
    pub(crate) fn told(&mut self) -> LaneStatus {
        let mut newest = None;
        // What found no slot is told when there is one again.
        for _ in 0..2 {
            newest = std::iter::from_fn(|| self.status.pop()).last().or(newest);
            self.core.do_work();
        }
        newest.unwrap()
    }

    /// A number that a strategy keeps.
    pub(crate) fn note(&self, strategy: u8, wanted: &str) -> i64 {
        let mut found = None;
        self.core.engine().notes(StrategyId(strategy), &mut |name, value| {
            if name == wanted {
                found = Some(value);
            }
        });
        found.unwrap()
    }

    /// Every group in the journal so far, the one that nothing follows yet included.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let mut items = Items::open_cut(self.dir.path(), Seq(0)).unwrap();
        let mut groups = Vec::new();
        while let Some(item) = items.next().unwrap() {
            if let Item::Group(group) = item {
                groups.push(*group);
            }
        }
        groups
    }

    /// Ends in order and replays all of it; the live engine's state is in the journal's last hash.
    pub(crate) fn end(mut self) -> Replay {
        self.core.on_close();
        self.keeper.on_close();
        let live = self.core.engine().state_hash();
        let (replay, _) =
            replay_with(engine(self.crew), self.dir.path(), None, &mut |_, _| {}).unwrap();
        assert_eq!(replay.first_difference, None);
        assert_eq!((replay.equal, replay.state_hash), (true, live));
        assert_eq!(replay.unclosed, 0);
        let verified = verify(self.dir.path()).unwrap();
        assert!(verified.is_ok() && verified.torn.is_none(), "{verified:?}");
        replay
    }
}
