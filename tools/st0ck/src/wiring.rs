//! The machine, top to bottom: which agents there are, which rings join them, which threads they run on.
//!
//! ```text
//!  venue ──websocket──▶ feed ──64-byte events──▶ core ──errands──▶ gateway ──HTTP──▶ broker
//!                                                 ▲ │                 │
//!  shell ──commands──────────────────────────────┘ │◀────reports─────┘◀──order stream──
//!                                                   └─inline append─▶ hot segment ─▶ keeper ─▶ disk
//! ```

use crate::exit::Failure;
use crate::hold::Held;
use crate::session::opening::Opened;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::status::LaneStatus;
use st0ck_feed::adapter::FeedStatus;
use st0ck_feed::agent::FeedAgent;
use st0ck_feed::alpaca::session::{AlpacaFeed, AlpacaFeedConfig, FeedCounters};
use st0ck_feed::publish::Publisher;
use st0ck_gateway::adapter::LinkStatus;
use st0ck_gateway::alpaca::{AlpacaConfig, AlpacaOrders};
use st0ck_gateway::{GatewayAgent, GatewayConfig, GatewayCounters, KillGate, ReportTx};
use st0ck_journal::{JournalStatus, Keeper, Lock, Writer};
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::idle::IdleKind;
use st0ck_runtime::latency::{Stage, Stages};
use st0ck_runtime::runner::{Crew, Failure as Crash, Runner};
use st0ck_runtime::topology::Topology;
use st0ck_runtime::{Agent, InFlight, Rx, StopFlag, Tx, WallClock, affinity, ring};
use st0ck_types::SystemEvent;
use st0ck_types::{InstrumentDef, InstrumentId, MarketEvent, Nanos, Outgoing, Report, Seq};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

// A ring walks through all of its slots, however few are in use: what is larger than the cache evicts
// everything else from it.

/// Market events on their way to the core: half a megabyte, eight milliseconds at a million a second.
const MARKET_SLOTS: usize = 1 << 13;
/// Orders and cancels on their way to the gateway; the last ones are for cancels. More than one input
/// can cause.
const GATEWAY_SLOTS: usize = 256;
const GATEWAY_RESERVE: usize = 64;
/// Reports on their way to the core; what does not fit waits on the gateway's side.
const REPORT_SLOTS: usize = 1024;
/// Commands and news of the shell.
const CONTROL_SLOTS: usize = 64;
/// States on their way to the shell; the last slot is for the final one.
const STATUS_SLOTS: usize = 4;

/// What the machine is built from.
pub(crate) struct Parts {
    pub(crate) opened: Opened,
    pub(crate) clock: ClockKind,
    pub(crate) wall: WallClock,
    pub(crate) in_flight: InFlight,
    pub(crate) definitions: Vec<InstrumentDef>,
    pub(crate) feed: AlpacaFeedConfig,
    pub(crate) orders: AlpacaConfig,
    /// Inputs between two carries.
    pub(crate) carry_inputs: u64,
    pub(crate) topology: Topology,
    pub(crate) idle: IdleKind,
    /// First core to pin to; `None` pins nothing.
    pub(crate) first_core: Option<usize>,
}

/// The running machine, as the shell holds it.
pub(crate) struct Machine {
    pub(crate) control: Tx<Control>,
    pub(crate) status: Rx<LaneStatus>,
    pub(crate) feed_status: FeedStatus,
    pub(crate) feed_counters: FeedCounters,
    pub(crate) gateway_counters: GatewayCounters,
    pub(crate) journal_status: JournalStatus,
    pub(crate) orders: LinkStatus,
    pub(crate) gate: KillGate,
    pub(crate) stages: Stages,
    pub(crate) topology: Topology,
    /// Raised when the core was armed: only then does the feed begin.
    pub(crate) go: Arc<AtomicBool>,
    stop: StopFlag,
    hot: Vec<Runner>,
    keeper_stop: StopFlag,
    keeper: Runner,
    /// Nobody else trades the account while the machine runs.
    _account_lock: Lock,
}

/// The rings, by the agent that holds each end.
struct Rings {
    feed: MarketTx,
    core: Ports,
    gateway: (Rx<Outgoing>, Tx<Report>),
    shell: (Tx<Control>, Rx<LaneStatus>),
}

impl Rings {
    /// Made empty, but for the instruments: they travel in-band, before their first use.
    fn new(definitions: &[InstrumentDef], in_flight: &InFlight) -> Self {
        let (mut market_tx, market) = market_ring(MARKET_SLOTS, definitions.len());
        let (report_tx, reports) = ring(REPORT_SLOTS, 0);
        let (gateway, errands) = ring(GATEWAY_SLOTS, GATEWAY_RESERVE);
        let (control_tx, control) = ring(CONTROL_SLOTS, 0);
        let (status, status_rx) = ring(STATUS_SLOTS, 1);
        for definition in definitions {
            in_flight.enter(1);
            market_tx.push(MarketEvent::InstrumentDef(*definition));
        }
        Self {
            feed: market_tx,
            core: Ports { market, reports, control, gateway, status },
            gateway: (errands, report_tx),
            shell: (control_tx, status_rx),
        }
    }
}

impl Machine {
    /// Builds the machine and starts its threads.
    ///
    /// # Errors
    /// When a credential cannot be sent or the system will not start a thread.
    pub(crate) fn start(parts: Parts) -> Result<Self, Failure> {
        let (stages, gate, in_flight) = (Stages::default(), KillGate::default(), parts.in_flight);
        let instruments = parts.definitions.len();

        // 1  The rings.
        let rings = Rings::new(&parts.definitions, &in_flight);

        // 2  The feed: wire -> events, held back until the core is armed.
        let decode = stages.of(Stage::Decode).clone();
        let feed = AlpacaFeed::new(parts.feed, parts.wall.clone(), decode);
        let (feed_status, feed_counters) = (feed.status(), feed.counters());
        let go = Arc::new(AtomicBool::new(false));
        let publisher = publisher(rings.feed, instruments, &in_flight);
        let feed = Held::new(FeedAgent::new(feed, publisher), go.clone());

        // 3  The core: everything in one order, recorded before anything leaves.
        let journal_status = parts.opened.writer.status().clone();
        let (core, keeper, account_lock) = core(parts.opened, parts.clock, &parts.wall, rings.core);
        let core = core
            .with_in_flight(in_flight.clone())
            .with_stages(stages.clone())
            .with_carry_every(parts.carry_inputs)
            .with_rehearsals();

        // 4  The gateway: errands -> wire, replies and order stream -> reports.
        let orders = orders(parts.orders, &gate, &parts.wall, &stages)?;
        let orders_status = orders.status();
        let (errands, reports) = rings.gateway;
        let config = GatewayConfig { ttl_acts: !in_flight.is_on(), ..GatewayConfig::default() };
        let reports = ReportTx::new(reports, in_flight);
        let gateway = GatewayAgent::new(orders, errands, reports, gate.clone(), config, parts.wall)
            .with_stage(stages.of(Stage::CoreToGateway).clone());
        let gateway_counters = gateway.counters();

        // 5  The threads: hot agents as the topology says, the keeper apart.
        let agents: Vec<Box<dyn Agent>> = vec![Box::new(feed), Box::new(core), Box::new(gateway)];
        let topology = parts.topology.settle(agents.len(), affinity::cores().len());
        let (stop, keeper_stop) = (StopFlag::new(), StopFlag::new());
        Ok(Self {
            hot: start_hot(agents, topology, parts.idle, parts.first_core, &stop)?,
            keeper: start_keeper(keeper, &keeper_stop)?,
            control: rings.shell.0,
            status: rings.shell.1,
            feed_status,
            feed_counters,
            gateway_counters,
            journal_status,
            orders: orders_status,
            gate,
            stages,
            topology,
            go,
            stop,
            keeper_stop,
            _account_lock: account_lock,
        })
    }

    /// Whether an agent has panicked.
    pub(crate) fn crashes(&self) -> Vec<Crash> {
        self.hot.iter().chain([&self.keeper]).flat_map(Runner::failures).collect()
    }

    /// Stops the hot agents in order (feed, core, gateway), then lets the keeper finish. Returns the
    /// core's last state and whoever panicked.
    pub(crate) fn stop(mut self) -> (Option<LaneStatus>, Vec<Crash>) {
        self.stop.stop();
        let mut crashes: Vec<Crash> = self.hot.drain(..).flat_map(Runner::join).collect();
        self.keeper_stop.stop();
        crashes.extend(self.keeper.join());
        let mut last = None;
        while let Some(status) = self.status.pop() {
            last = Some(status);
        }
        (last, crashes)
    }
}

/// One lane that wants everything.
fn publisher(ring: MarketTx, instruments: usize, in_flight: &InFlight) -> Publisher {
    let mut publisher = Publisher::new(instruments, in_flight.clone());
    let all: Vec<InstrumentId> = (0..instruments as u32).map(InstrumentId).collect();
    publisher.add_lane(ring, &all);
    publisher
}

/// The core with its first input: a session begins, or a new process life takes over.
fn core(
    opened: Opened,
    clock: ClockKind,
    wall: &WallClock,
    ports: Ports,
) -> (CoreAgent<Writer>, Keeper, Lock) {
    let clock = LaneClock::new(clock, wall.clone(), first_stamp(&opened, clock, wall));
    let Opened { engine, writer, keeper, last, epoch, account_lock, .. } = opened;
    let mut core = CoreAgent::new(engine, writer, clock, ports, last);
    core.begin(if last == Seq(0) {
        SystemEvent::SessionStart { epoch, first_order: 1 }
    } else {
        SystemEvent::Restart { epoch }
    });
    // The next recovery goes on from here, and a replay compares what this one has rebuilt.
    core.carry();
    (core, keeper, account_lock)
}

fn orders(
    config: AlpacaConfig,
    gate: &KillGate,
    wall: &WallClock,
    stages: &Stages,
) -> Result<AlpacaOrders, Failure> {
    let orders = AlpacaOrders::new(config, gate.clone(), wall.clone())
        .map_err(|_| Failure::config("a credential holds characters that no header may hold"))?;
    let (encode, wire) = (stages.of(Stage::Encode), stages.of(Stage::WireToWire));
    Ok(orders.with_stages(encode.clone(), wire.clone()))
}

/// One pinned thread for all hot agents, or one for each.
fn start_hot(
    agents: Vec<Box<dyn Agent>>,
    topology: Topology,
    idle: IdleKind,
    first_core: Option<usize>,
    stop: &StopFlag,
) -> Result<Vec<Runner>, Failure> {
    let cores = affinity::cores();
    let core = |index: usize| {
        let first = first_core?;
        cores.iter().position(|&core| core == first).and_then(|at| cores.get(at + index)).copied()
    };
    let spawn = |name: &str, core, crew| {
        Runner::spawn(name, core, crew, idle, stop.clone())
            .map_err(|e| Failure::io(format_args!("starting the thread {name}: {e}")))
    };
    if topology == Topology::Dedicated {
        let each = agents.into_iter().enumerate();
        return each
            .map(|(index, agent)| spawn(agent.name(), core(index), Crew::new(vec![agent])))
            .collect();
    }
    Ok(vec![spawn("hot", core(0), Crew::new(agents))?])
}

fn start_keeper(keeper: Keeper, stop: &StopFlag) -> Result<Runner, Failure> {
    let crew = Crew::new(vec![Box::new(keeper)]);
    Runner::spawn("keeper", None, crew, IdleKind::Nap, stop.clone())
        .map_err(|e| Failure::io(format_args!("starting the keeper: {e}")))
}

/// The stamp from which a lane's clock goes on: the last record's, else the session's open under the
/// feed's clock, else now.
pub(crate) fn first_stamp(opened: &Opened, clock: ClockKind, wall: &WallClock) -> Nanos {
    match clock {
        _ if opened.last_at != Nanos::ZERO => opened.last_at,
        ClockKind::Feed => Nanos(opened.header.open_ns),
        ClockKind::Wall => wall.now(),
    }
}
