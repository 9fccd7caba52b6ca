//! What a strategy is: the calls it receives, and the recipe that builds one from a configuration.
//!
//! Implemented in `st0ck-strategy`; called by the engine, one virtual call per event.
//! *Invariant:* a strategy only wants. It cannot send, sleep, log or ask the time; whatever it
//! knows came through these calls and its [`Ctx`], so the same calls give the same wants.

use crate::ctx::Ctx;
use crate::intent::OrderIntent;
use crate::orders::Order;
use crate::params::{ParamError, ParamSpec, Params};
use crate::risk::{RiskProfile, TradingState};
use st0ck_types::reject::Unit;
use st0ck_types::report::SendRefusal;
use st0ck_types::state::StateError;
use st0ck_types::{Bar, BotCode, Decision, InstrumentId, Price, Qty, Quote, Reject, StateReader};
use st0ck_types::{StateSink, TimerId, Trade};

/// What happened to an order of the strategy. The order itself already shows the new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// The gate approved it and it was handed on; nothing is known of it yet.
    Placed,
    /// The gateway did not send it: it is over, and nothing of it left the process.
    SendRefused(SendRefusal),
    /// The broker has it.
    Accepted,
    /// Part or all of it traded; `order.cum` tells how much so far.
    Filled {
        /// Price of this execution.
        price: Price,
        /// Shares of this execution.
        qty: Qty,
    },
    /// Canceled: it is over.
    Canceled,
    /// Its lifetime ended: it is over.
    Expired,
    /// The broker refused it: it is over.
    Rejected,
    /// Another order took its place.
    Replaced,
    /// The broker would not cancel it: it lives on, or is over for another reason.
    CancelRejected,
    /// Nobody can say whether the cancel arrived. The order counts as before; the cancel may be
    /// asked for again, for asking twice does no harm.
    CancelUnknown,
    /// Nobody can say yet what became of it; it counts fully until somebody can.
    Unknown,
    /// Proved never to have reached the broker: it is over.
    Lost,
    /// It shows life after its end.
    Zombie,
}

/// Something that keeps a strategy from entering: what it met and what it asks for, as a gate's
/// control tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocker {
    /// Its name, in lower case, for example `entry_pacing`. Stable: scripts read it.
    pub code: &'static str,
    /// What `value` and `limit` count; both in 1e-9 of it.
    pub unit: Unit,
    /// What it met.
    pub value: i64,
    /// What it asks for.
    pub limit: i64,
}

impl Blocker {
    /// A blocker that compares a value with a limit, both in 1e-9 of `unit`.
    #[must_use]
    pub fn new(code: &'static str, unit: Unit, value: i64, limit: i64) -> Self {
        Self { code, unit, value, limit }
    }

    /// A blocker that is there or not: 1 where 0 is asked for.
    #[must_use]
    pub fn stated(code: &'static str) -> Self {
        Self::new(code, Unit::Number, 1_000_000_000, 0)
    }
}

/// Decides. Every call may [`Ctx::want`] things; all have empty bodies for what one ignores.
///
/// The order of calls on one input: [`Strategy::on_state`] when the lane's state changed, completed
/// bars, then the event itself, then what became of the wants, in the order they were wanted. All of
/// them see the world with the input already booked.
#[allow(unused_variables)]
pub trait Strategy: Send {
    /// The session's first input came: the moment to set timers. Called once per session, not again
    /// after a restart; the lane is usually still HALTED.
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {}

    /// The lane's state changed: armed, reducing only, halted.
    fn on_state(&mut self, ctx: &mut Ctx<'_>, state: TradingState) {}

    /// The best bid or ask changed.
    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {}

    /// Somebody traded.
    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {}

    /// A bar of 1, 60 or 300 seconds is complete (`bar.seconds` tells which).
    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) {}

    /// One of its timers came due.
    fn on_timer(&mut self, ctx: &mut Ctx<'_>, timer: TimerId) {}

    /// One of its orders changed.
    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {}

    /// The gate refused a wish; `tag` is the one the wish carried (0 for a cancel).
    fn on_reject(&mut self, ctx: &mut Ctx<'_>, reject: &Reject, tag: u16) {}

    /// Tells what keeps it from entering now, condition by condition, and gives the entry that it
    /// would want next, with its reasons, for the gate to be asked about; `None` when it never enters.
    /// For people who ask why nothing happened, and for rehearsals between two inputs: it should take
    /// the way that an entry takes.
    fn entry(
        &self,
        ctx: &Ctx<'_>,
        tell: &mut dyn FnMut(Blocker),
        why: &mut Decision,
    ) -> Option<OrderIntent> {
        None
    }

    /// Writes all of its state, always in the same order: for the state hash and for recovery.
    fn save(&self, into: &mut dyn StateSink);

    /// Reads back what [`Strategy::save`] wrote.
    ///
    /// # Errors
    /// [`StateError`] when the bytes are not those of this strategy.
    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError>;

    /// Tells its present view, name by name in 1e-9 units, to whoever shows it to people.
    fn notes(&self, note: &mut dyn FnMut(&str, i64)) {}
}

/// One row of the registry: what the command line, the documentation and the configuration check
/// know of a strategy.
pub trait Recipe: Sync {
    /// Its name as people type it, for example `st0cka`.
    fn name(&self) -> &'static str;

    /// Three base-32 characters that name it inside order ids.
    fn code(&self) -> BotCode;

    /// One line for a list.
    fn summary(&self) -> &'static str;

    /// Its rules in Markdown, for the generated page.
    fn rules(&self) -> &'static str;

    /// Its parameters, in the order in which they are documented.
    fn params(&self) -> &'static [ParamSpec];

    /// The limits it needs other than the defaults.
    fn profile(&self, params: &Params) -> RiskProfile;

    /// Builds it to trade `instruments`, the first being the one it is named for.
    ///
    /// # Errors
    /// [`ParamError`] when parameters contradict each other.
    fn build(
        &self,
        params: &Params,
        instruments: &[InstrumentId],
    ) -> Result<Box<dyn Strategy>, ParamError>;
}
