//! The engine: one input in, the world moved, strategies told, wants judged, outputs laid out.
//!
//! [`Engine::on_input`] decides; [`Engine::recover_input`] lets the same input happen to a world in
//! which the decisions are facts already. They share everything but who decides. The parts: `facts`
//! books what an input says, `reports` what brokers say, `calls` tells strategies, `verdict` judges
//! and carries out wants, `carry` writes the whole state, `ask` answers people.
//!
//! *Invariant:* a pure function of its inputs: no clock, no randomness, no allocation after start.

mod ask;
mod calls;
mod carry;
mod facts;
mod held;
mod reports;
mod verdict;

use crate::config::{ConfigError, EngineConfig};
use crate::counters::Counters;
use crate::intent::Wants;
use crate::market::{Market, SessionClock};
use crate::orders::OrderManager;
use crate::outbox::Outbox;
use crate::portfolio::Portfolio;
use crate::reconcile::{Pass, ReconcileOutcome};
use crate::risk::{Restraint, Restraints, RiskGate, TradingState};
use crate::strategy::{OrderChange, Strategy};
use crate::timers::Timers;
use crate::world::World;
use held::Waiting;
use st0ck_types::{Input, Nanos, OrderNo, Output, Seq, StrategyId, TimerFired};

/// A strategy at its place in the lane.
struct Seat {
    strategy: Box<dyn Strategy>,
    quarantined: bool,
}

/// News of an order, waiting for its strategy.
#[derive(Debug, Clone, Copy)]
struct Notice {
    no: OrderNo,
    change: OrderChange,
}

/// The core of one lane.
pub struct Engine {
    world: World,
    gate: RiskGate,
    timers: Timers,
    wants: Wants,
    /// Orders that C17 holds back for a moment.
    waiting: Waiting,
    seats: Vec<Seat>,
    notices: Vec<Notice>,
    pass: Pass,
    counters: Counters,
    require_reconcile: bool,
    /// Whether strategies had their first call.
    started: bool,
    /// The trading state that strategies were last told.
    told: TradingState,
    /// Whose call is under way: after a panic, the culprit.
    running: Option<StrategyId>,
}

impl Engine {
    /// An engine at the start of a session: HALTED, flat, knowing nothing of the market.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration contradicts itself.
    pub fn new(
        config: EngineConfig,
        strategies: Vec<(StrategyId, Box<dyn Strategy>)>,
    ) -> Result<Self, ConfigError> {
        config.validate(&strategies.iter().map(|(id, _)| id.0).collect::<Vec<_>>())?;
        let (count, room) = (config.instruments.len(), config.capacities);
        let mut restraints = Restraints::default();
        restraints.lay(Restraint::NotArmed);
        restraints.set(Restraint::Unreconciled, config.require_reconcile);
        Ok(Self {
            world: World {
                session: SessionClock::new(config.session, config.zone),
                seq: Seq(0),
                market: Market::new(&config.instruments),
                orders: OrderManager::new(room.orders, config.identity),
                portfolio: Portfolio::new(count, strategies.len(), room.lots, config.capital),
                restraints,
                trading: restraints.state(),
                capital: config.capital,
            },
            gate: RiskGate::new(config.limits, config.identity, strategies.len(), room.orders),
            timers: Timers::new(room.timers),
            wants: Wants::new(),
            waiting: Waiting::new(),
            notices: Vec::with_capacity(room.orders),
            seats: strategies
                .into_iter()
                .map(|(_, strategy)| Seat { strategy, quarantined: false })
                .collect(),
            pass: Pass::new(count),
            counters: Counters::default(),
            require_reconcile: config.require_reconcile,
            started: false,
            told: restraints.state(),
            running: None,
        })
    }

    /// Takes one input, stamped with lane time and its place in the journal, and decides.
    ///
    /// `out` holds afterwards what was decided, in order, and nothing else. Lane time never goes
    /// back: an earlier `at` counts as the latest one.
    pub fn on_input(&mut self, at: Nanos, seq: Seq, input: &Input, out: &mut Outbox) {
        self.on_input_watched(at, seq, input, out, &mut |_, _| {});
    }

    /// Takes one input whose outputs are recorded: they are facts, whatever would be decided now.
    /// Returns how many of them would have come out otherwise.
    pub fn recover_input(
        &mut self,
        at: Nanos,
        seq: Seq,
        input: &Input,
        recorded: &[Output],
    ) -> usize {
        self.observe(at, seq, input);
        self.retrace(recorded)
    }

    /// Books the input and lets strategies see it; their wants wait.
    fn observe(&mut self, at: Nanos, seq: Seq, input: &Input) {
        self.begin(at, seq);
        let told = self.book(input);
        self.settle_state();
        self.call_strategies(input, told);
    }

    /// Does what is left of the last input and nobody waits for. Between two inputs, whenever there is
    /// time; what is not done by then is done with the next input, with the same outcome.
    pub fn catch_up(&mut self) {
        self.world.orders.catch_up();
    }

    /// The timer to fire next, and when.
    #[must_use]
    pub fn next_due(&self) -> Option<(Nanos, TimerFired)> {
        self.timers.next_due().map(|timer| (timer.due, timer))
    }

    /// No longer calls the strategy whose call was under way when it panicked; all of them when none
    /// was. A `LaneFault` input does the same.
    pub fn quarantine(&mut self) {
        match self.running.take() {
            Some(strategy) => self.seats[usize::from(strategy.0)].quarantined = true,
            None => self.seats.iter_mut().for_each(|seat| seat.quarantined = true),
        }
        self.lay(Restraint::Quarantine);
        self.settle_state();
    }

    /// Whether the strategy is no longer called.
    #[must_use]
    pub fn is_quarantined(&self, strategy: StrategyId) -> bool {
        self.seats.get(usize::from(strategy.0)).is_some_and(|seat| seat.quarantined)
    }

    /// Everything that is known: market, orders, portfolio, restraints.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// How far the lane may trade.
    #[must_use]
    pub fn state(&self) -> TradingState {
        self.world.trading
    }

    /// What holds the lane down.
    #[must_use]
    pub fn restraints(&self) -> Restraints {
        self.world.restraints
    }

    /// Every order of the session.
    #[must_use]
    pub fn orders(&self) -> &OrderManager {
        &self.world.orders
    }

    /// Positions and money.
    #[must_use]
    pub fn portfolio(&self) -> &Portfolio {
        &self.world.portfolio
    }

    /// The gate, to be asked what it would say.
    #[must_use]
    pub fn gate(&self) -> &RiskGate {
        &self.gate
    }

    /// What was counted since the session's start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.wants_dropped = self.wants.dropped();
        counters
    }

    /// The first moment after the core session.
    #[must_use]
    pub fn session_close(&self) -> Nanos {
        self.world.session.close()
    }

    /// How the last reconciliation of this process life ended; `None` before the first end.
    #[must_use]
    pub fn reconcile_outcome(&self) -> Option<ReconcileOutcome> {
        self.pass.outcome()
    }

    /// A strategy's present view, name by name in 1e-9 units.
    pub fn notes(&self, strategy: StrategyId, note: &mut dyn FnMut(&str, i64)) {
        if let Some(seat) = self.seats.get(usize::from(strategy.0)) {
            seat.strategy.notes(note);
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("seq", &self.world.seq)
            .field("trading", &self.world.trading)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
