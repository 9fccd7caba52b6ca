//! One lane from its plan to its end: what `run` and `demo` have in common.

use crate::config::secrets::Credentials;
use crate::exit::{Exit, Failure};
use crate::plan::Plan;
use crate::session::beginning;
use crate::session::equity::Equities;
use crate::session::latch::Latch;
use crate::session::life::Life;
use crate::session::opening::{Opened, Opening};
use crate::shell::{Ending, Shell};
use crate::view::say::remark;
use crate::wiring::{Machine, Parts, first_stamp};
use st0ck_engine::checkpoint::CARRY_EVERY;
use st0ck_engine::lane_clock::ClockKind;
use st0ck_engine::status::LaneStatus;
use st0ck_feed::alpaca::session::{AlpacaFeedConfig, FeedCounters};
use st0ck_feed::health::HealthConfig;
use st0ck_feed::symbols::SymbolTable;
use st0ck_gateway::alpaca::AlpacaConfig;
use st0ck_gateway::alpaca::decode_order::Names;
use st0ck_gateway::alpaca::desk::DeskConfig;
use st0ck_gateway::throttle::ThrottleConfig;
use st0ck_gateway::{GatewayCounters, Identity, InstrumentTable, KnownOrder};
use st0ck_journal::Placement;
use st0ck_net::dial::Dialer;
use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::http::PoolConfig;
use st0ck_net::secret::Secret;
use st0ck_net::tls::Trust;
use st0ck_net::websocket::WsConfig;
use st0ck_runtime::idle::IdleKind;
use st0ck_runtime::latency::Stages;
use st0ck_runtime::topology::Topology;
use st0ck_runtime::{InFlight, StopFlag, WallClock};
use st0ck_types::{InstrumentDef, InstrumentId, Nanos, Symbol, Text};
use std::path::PathBuf;

/// How long an order may wait for a connection or for quota; then it is refused (control C17).
const ORDER_WAIT_NS: u64 = 200_000_000;
/// How long a request may take in lock-step.
const LOCK_STEP_PATIENCE_NS: u64 = 600_000_000_000;

/// Where the broker is.
pub(crate) struct Venue {
    /// Trading REST.
    pub(crate) trading: Remote,
    /// Order updates.
    pub(crate) updates: Remote,
    /// Market data.
    pub(crate) data: Remote,
}

impl Venue {
    /// Resolves the three roots. `feed` is `iex` or `sip`; `trust` says who vouches for peers.
    ///
    /// # Errors
    /// Names the URL that is malformed or cannot be resolved.
    pub(crate) fn resolve(
        [trading, stream, feed]: [&str; 3],
        trust: &Trust,
    ) -> Result<Self, Failure> {
        let parse = |url: &str| {
            Endpoint::parse(url).map_err(|e| Failure::config(format_args!("{url}: {e}")))
        };
        let resolve = |endpoint: Endpoint| {
            let name = endpoint.to_string();
            endpoint.resolve(trust).map_err(|e| Failure::io(format_args!("{name}: {e}")))
        };
        let (trading, stream) = (parse(trading)?, parse(stream)?);
        Ok(Self {
            updates: resolve(trading.websocket("/stream"))?,
            data: resolve(stream.websocket(&format!("/v2/{feed}")))?,
            trading: resolve(trading)?,
        })
    }

    /// The same, connected to by threads of their own: what is lost later is found again without a hot
    /// thread looking a name up or shaking hands.
    pub(crate) fn through(self, dialer: &Dialer) -> Self {
        Self {
            trading: self.trading.through(dialer),
            updates: self.updates.through(dialer),
            data: self.data.through(dialer),
        }
    }
}

/// What a lane needs beside its plan.
pub(crate) struct LaneSetup<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) opening: Opening<'a>,
    pub(crate) venue: Venue,
    pub(crate) credentials: Credentials,
    pub(crate) definitions: Vec<InstrumentDef>,
    pub(crate) clock: ClockKind,
    pub(crate) wall: WallClock,
    pub(crate) in_flight: InFlight,
    /// A recorded session: the emulator counts requests, in session time.
    pub(crate) recorded: bool,
}

/// How a lane ended.
pub(crate) struct LaneEnd {
    pub(crate) dir: PathBuf,
    pub(crate) ending: Ending,
    pub(crate) status: Option<LaneStatus>,
    pub(crate) stages: Stages,
    pub(crate) topology: Topology,
    pub(crate) placement: Placement,
    pub(crate) continued: bool,
}

impl LaneSetup<'_> {
    /// Opens the session, starts the machine, runs the shell, stops everything in order.
    ///
    /// # Errors
    /// Whatever keeps the lane from starting, with its exit code.
    pub(crate) fn run(
        self,
        life: Life,
        stop: &StopFlag,
        each: &mut dyn FnMut(Option<&LaneStatus>),
    ) -> Result<LaneEnd, Failure> {
        let bot_folder = self.opening.runs.join(self.plan.recipe.name());
        let latch = Latch::of(&bot_folder);
        refuse_if_killed(&latch)?;
        let kill_signal = StopFlag::new();
        kill_signal
            .on_kill_signal()
            .map_err(|e| Failure::io(format_args!("signal handlers: {e}")))?;
        let opened = self.opening.open(life)?;
        if !self.opening.fresh {
            remark!("{}", beginning::of(&bot_folder, &opened));
        }
        let (dir, placement) = (opened.dir.clone(), opened.placement.clone());
        if let Placement::File { .. } = placement {
            log::warn!("journal: {placement}");
        }
        let continued = opened.recovered.is_some();
        let (clock, wall, in_flight) = (self.clock, self.wall.clone(), self.in_flight.clone());
        let close = self.opening.day.close;
        let (runs, bot) = (self.opening.runs, self.plan.recipe.name());
        let equities = Equities::new(runs, bot, self.opening.account, close);
        let mut machine = Machine::start(self.parts(opened)?)?;
        let (stages, topology) = (machine.stages.clone(), machine.topology);
        let counters = (machine.feed_counters.clone(), machine.gateway_counters.clone());
        let mut shell = Shell {
            machine: &mut machine,
            latch: &latch,
            stop,
            kill_signal: &kill_signal,
            equities,
            wall,
            clock,
            close,
            in_flight,
        };
        let (ending, seen) = shell.run(each);
        let (last, crashes) = machine.stop();
        tell_oddities(&counters.0, &counters.1);
        let ending = if crashes.is_empty() { ending } else { Ending::Crashed(crashes) };
        let status = last.or(seen);
        Ok(LaneEnd { dir, ending, status, stages, topology, placement, continued })
    }

    fn parts(self, opened: Opened) -> Result<Parts, Failure> {
        let config = &self.plan.config;
        let first_core = usize::try_from(config.integer("runtime.first_core")).ok();
        let carry_inputs = config.integer("journal.carry_inputs");
        let symbols: Vec<(Symbol, InstrumentId)> =
            self.definitions.iter().map(|d| (d.symbol, d.instrument)).collect();
        let day = self.opening.day;
        let (seed, lock_step) = (opened.epoch.0, self.in_flight.is_on());
        let Credentials { key, secret } = self.credentials;
        let again = |secret: &Secret| Secret::new(secret.expose().to_owned());
        let feed = AlpacaFeedConfig {
            remote: self.venue.data,
            key: again(&key),
            secret: again(&secret),
            symbols: SymbolTable::new(symbols.iter().copied()),
            websocket: WsConfig::default(),
            health: HealthConfig {
                session: (!self.recorded).then_some((day.open, day.close)),
                acts: !lock_step,
                ..HealthConfig::default()
            },
            seed,
        };
        let identity = Identity { nonce: opened.nonce, bot: self.plan.recipe.code() };
        let orders = AlpacaConfig {
            rest: self.venue.trading,
            stream: self.venue.updates,
            key,
            secret,
            pool: PoolConfig { seed, ..pool(lock_step) },
            websocket: WsConfig::default(),
            throttle: (!self.recorded).then(ThrottleConfig::default),
            session: (!self.recorded).then_some((day.open, day.close)),
            desk: DeskConfig {
                names: Names { instruments: InstrumentTable::new(symbols), identity },
                known: known_orders(&opened),
                fills_since: fills_since(&opened),
                created_after: first_stamp(&opened, self.clock, &self.wall),
                account: Some(config.text("account.id")).filter(|id| !id.is_empty()).map(Text::new),
                wait_ns: ORDER_WAIT_NS,
                acts: !lock_step,
            },
            seed,
        };
        Ok(Parts {
            opened,
            clock: self.clock,
            wall: self.wall,
            in_flight: self.in_flight,
            definitions: self.definitions,
            feed,
            orders,
            carry_inputs: u64::try_from(carry_inputs).unwrap_or(CARRY_EVERY),
            topology: Topology::parse(config.text("runtime.topology")).unwrap_or_default(),
            idle: IdleKind::parse(config.text("runtime.idle")).unwrap_or_default(),
            first_core: first_core.filter(|_| config.flag("runtime.pin")),
        })
    }
}

/// In lock-step the pace is the recording's: a request may take as long as it takes.
fn pool(lock_step: bool) -> PoolConfig {
    let usual = PoolConfig::default();
    if !lock_step {
        return usual;
    }
    PoolConfig { connections: 8, request_timeout_ns: LOCK_STEP_PATIENCE_NS, ..usual }
}

/// When the last fill that we know of happened: everything later is asked for.
fn fills_since(opened: &Opened) -> Nanos {
    let orders = opened.engine.orders().all().iter().filter(|order| !order.cum.is_zero());
    let newest = orders.map(|order| order.updated_at).max();
    newest.unwrap_or(Nanos(opened.header.open_ns))
}

/// Orders of which the broker may know more than we do.
fn known_orders(opened: &Opened) -> Vec<KnownOrder> {
    let orders = opened.engine.orders().unsettled();
    orders
        .map(|order| KnownOrder {
            request: order.request,
            broker_id: order.broker_id,
            filled: order.cum,
        })
        .collect()
}

/// A killed bot does not start.
pub(crate) fn refuse_if_killed(latch: &Latch) -> Result<(), Failure> {
    match latch.state() {
        None => Ok(()),
        Some(kill) => Err(Failure::new(
            Exit::Killed,
            format_args!(
                "killed at {}: {}; `st0ck arm --bot … --reason …` takes it back",
                kill.at, kill.reason
            ),
        )),
    }
}

/// Counts that should be zero, told once at the end.
fn tell_oddities(feed: &FeedCounters, gateway: &GatewayCounters) {
    for (count, what) in [
        (feed.malformed.get(), "frames of the feed could not be read"),
        (feed.unknown_symbols.get(), "messages were about symbols that nobody asked for"),
        (feed.gaps.get(), "gaps in the market data were told to the core"),
        (gateway.stale.get(), "intents were older than their time to live (C29)"),
        (gateway.mismatches.get(), "orders went out that did not come in, or the reverse (C20)"),
    ] {
        if count > 0 {
            log::warn!("{count} {what}");
        }
    }
}

/// The exit code of an ending; `Ok` for the orderly ones.
pub(crate) fn judge(ending: &Ending) -> Result<(), Failure> {
    match ending {
        Ending::SessionOver | Ending::Interrupted => Ok(()),
        Ending::Unexplained(why) => Err(Failure::new(
            Exit::Reconcile,
            format_args!("the broker's books and ours do not agree: {why}; nothing was sent"),
        )),
        Ending::Refused(words) | Ending::Stalled(words) => Err(Failure::io(words)),
        Ending::JournalFailed(words) => Err(Failure::io(format_args!("journal: {words}"))),
        Ending::Crashed(crashes) => {
            let list: Vec<String> =
                crashes.iter().map(|c| format!("{}: {}", c.agent, c.message)).collect();
            Err(Failure::io(format_args!("an agent panicked: {}", list.join("; "))))
        }
    }
}

/// A US stock as the core must know it before its first event.
pub(crate) fn stock(symbol: &str, at: Nanos) -> InstrumentDef {
    use st0ck_types::{AssetClass, Price, Qty};
    InstrumentDef {
        ts_event: at,
        tick: Price::CENT,
        lot: Qty::ONE,
        instrument: InstrumentId(0),
        multiplier: 1,
        class: AssetClass::Equity,
        symbol: Symbol::new(symbol),
    }
}
