//! The gate: the one door through which an order leaves.
//!
//! The engine shows it every order a strategy wants; it signs or refuses. The controls are asked in
//! the order of [`CONTROLS`]: first whether the lane trades at all, with causes before their
//! consequences, then the order's form, then the data it rests on, then its size, then time and
//! rates; the table's room is last. *Invariant:* asking changes nothing; what the gate remembers
//! changes through [`RiskGate::note_order`] and [`RiskGate::note_reject`], live and in recovery alike.

use super::conduct::{self, Conduct};
use super::entries::{self, Entries};
use super::flow::{self, Flow};
use super::funds::{self, Funds};
use super::throttle::{self, Repeats, Sent};
use super::view::{Check, View};
use super::{
    Breakers, Restraint, RiskLimits, accounts, admission, breakers, collar, crossing, quote, size,
};
use crate::orders::Identity;
use crate::world::World;
use st0ck_types::report::Account;
use st0ck_types::state::StateError;
use st0ck_types::{
    AccountSums, Money, Nanos, OrderRequest, PositionEffect, Reject, RejectCode, StateReader,
    StateSink,
};

/// A thing that passed every control.
///
/// *Invariant:* made in this file alone, so that nothing reaches the order table unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// What passed.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What passed, for good.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// One control: a pure function of what it looks at.
type Control = fn(&View<'_>) -> Check;

/// Lists the controls once, and makes two things of the list: a table for whoever wants to hear all
/// of them, and the question that every order is asked.
macro_rules! controls {
    ($($control:path,)+) => {
        /// Every control, in the order in which the gate asks.
        const CONTROLS: &[Control] = &[$($control),+];

        /// The first control that refuses.
        // A straight line on purpose: of a control that stands here itself the compiler keeps what
        // decides, and drops the figures (quotients of 128 bits, mostly) that only a refusal tells.
        #[inline]
        fn first_no(view: &View<'_>) -> Option<Control> {
            $(if !$control(view).passed {
                return Some($control);
            })+
            None
        }
    };
}

controls! {
    admission::c4_limits_set,
    breakers::c13_daily_loss,
    accounts::c13_account_loss,
    accounts::c13_accounts_loss,
    breakers::c14_consecutive_losses,
    breakers::c15_drawdown,
    throttle::c18_duplicate_storm,
    conduct::c20_in_out,
    conduct::c26_rejects_in_a_row,
    conduct::c26_rejects_per_minute,
    flow::c27_order_to_trade,
    admission::c1_trading_state,
    admission::c2_account_binding,
    admission::c3_allowed,
    admission::c3_session_open,
    admission::c3_not_halted,
    admission::c5_qty_positive,
    admission::c5_price_positive,
    admission::c5_on_tick,
    admission::c5_on_lot,
    quote::c9_live,
    quote::c9_fresh,
    quote::c9_sound,
    quote::c9_spread,
    quote::c9_jump,
    collar::c8_reference,
    collar::c8_collar,
    size::c6_order_qty,
    size::c7_order_value,
    size::c22_held,
    crossing::c21_self_trade,
    size::c10_position_value,
    size::c10_position_count,
    funds::c11_gross_value,
    funds::c11_net_value,
    funds::c12_buying_power,
    size::c16_open_orders_of_instrument,
    size::c16_open_orders,
    admission::c23_entry_window,
    admission::c23_expiry,
    entries::c19_entries_per_day,
    entries::c19_entries_per_10_min,
    entries::c19_not_disabled,
    throttle::c18_duplicate,
    throttle::c17_per_second,
    throttle::c17_per_minute,
    admission::order_table,
}

/// The limits, and what the gate remembers of what passed.
#[derive(Debug)]
pub struct RiskGate {
    limits: RiskLimits,
    /// How many of them are not set.
    limits_unset: usize,
    identity: Identity,
    orders_max: usize,
    pub(super) sent: Sent,
    pub(super) repeats: Repeats,
    pub(super) entries: Entries,
    pub(super) breakers: Breakers,
    pub(super) conduct: Conduct,
    pub(super) flow: Flow,
    pub(super) funds: Funds,
}

impl RiskGate {
    /// A gate that holds `limits` for the orders of one lane.
    #[must_use]
    pub fn new(
        limits: RiskLimits,
        identity: Identity,
        strategies: usize,
        orders_max: usize,
    ) -> Self {
        Self {
            limits,
            limits_unset: limits.unset_count(),
            identity,
            orders_max,
            sent: Sent::new(limits.orders_per_minute_max),
            repeats: Repeats::new(limits.duplicates_per_minute_max),
            entries: Entries::new(strategies, limits.entries_per_10_min_max),
            breakers: Breakers::new(&limits),
            conduct: Conduct::new(&limits),
            flow: Flow::default(),
            funds: Funds::default(),
        }
    }

    /// What it holds.
    #[must_use]
    pub fn limits(&self) -> &RiskLimits {
        &self.limits
    }

    /// Losing round trips since the last one that was not (control C14).
    #[must_use]
    pub fn losses_in_a_row(&self) -> u32 {
        self.breakers.losses_in_a_row()
    }

    pub(super) fn limits_unset(&self) -> usize {
        self.limits_unset
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn orders_max(&self) -> usize {
        self.orders_max
    }

    /// Signs the order, or says which control refused it.
    ///
    /// # Errors
    /// The first refusal.
    // Not inlined: a rehearsal warms what is used in earnest.
    #[inline(never)]
    pub fn check(
        &self,
        world: &World,
        order: OrderRequest,
    ) -> Result<Approved<OrderRequest>, Reject> {
        match first_no(&View::without_figures(world, self, &order)) {
            None => Ok(Approved(order)),
            Some(control) => Err(refusal(&order, control(&View::new(world, self, &order)))),
        }
    }

    /// Tells what every control says of the order, in the order of asking, past refusals too.
    pub fn explain(&self, world: &World, order: &OrderRequest, tell: &mut dyn FnMut(Check)) {
        let view = View::new(world, self, order);
        CONTROLS.iter().for_each(|control| tell(control(&view)));
    }

    /// The first moment at which C17 lets one more order leave, and the longest it may wait for it.
    #[must_use]
    pub(crate) fn next_turn(&self) -> (Nanos, i64) {
        (self.sent.free_at(&self.limits), self.limits.hold_max)
    }

    /// An order left (or, in recovery, had left). `true` when C27 alerts of it.
    pub(crate) fn note_order(&mut self, at: Nanos, order: &OrderRequest) -> bool {
        self.sent.note(at);
        self.repeats.note_order(at, order);
        self.flow.on_message(at, &self.limits)
    }

    /// A cancel left (or, in recovery, had left). `true` when C27 alerts of it.
    pub(crate) fn note_cancel(&mut self, at: Nanos) -> bool {
        self.flow.on_message(at, &self.limits)
    }

    /// An order was refused (or, in recovery, had been). Tells what that lays on the lane.
    pub(crate) fn note_reject(&mut self, at: Nanos, reject: &Reject) -> Option<Restraint> {
        match reject.code {
            RejectCode::Duplicate => {
                let duplicates = self.repeats.note_duplicate(at);
                let storm = duplicates >= self.limits.duplicates_per_minute_max as usize;
                storm.then_some(Restraint::DuplicateStorm)
            }
            RejectCode::EntriesPerDay | RejectCode::EntriesPer10Min => {
                self.entries.disable(reject.strategy);
                None
            }
            RejectCode::AccountBinding => Some(Restraint::Misbound),
            RejectCode::OrderToTrade => Some(Restraint::OrderToTrade),
            _ => None,
        }
    }

    /// An execution of an order; `first` when it was the order's first.
    pub(crate) fn note_execution(&mut self, at: Nanos, order: &OrderRequest, first: bool) {
        self.flow.on_execution(at);
        self.conduct.on_taken(&self.limits);
        if first && order.effect == PositionEffect::Open {
            self.entries.note(at, order.strategy);
        }
    }

    /// The broker took an order.
    pub(crate) fn note_taken(&mut self) {
        self.conduct.on_taken(&self.limits);
    }

    /// C26: the broker refused an order. `true` when that was one too many.
    pub(crate) fn note_broker_reject(&mut self, at: Nanos) -> bool {
        self.conduct.on_reject(at, &self.limits)
    }

    /// C20: something was told of an order that was never sent.
    pub(crate) fn note_unsent(&mut self) {
        self.conduct.on_unsent();
    }

    /// C12, C13: the broker told what there is to buy with, and what the account is worth.
    pub(crate) fn note_account(&mut self, world: &World, account: &Account) {
        self.funds.on_account(world, account, self.limits.buying_power_ratio);
        self.breakers.on_equity(account.equity, world.day_loss(), &self.limits);
    }

    /// C14: a position came back to flat. `true` when that was one loss too many in a row.
    pub(crate) fn note_round_trip(&mut self, pnl: Money) -> bool {
        self.breakers.on_round_trip(pnl, &self.limits)
    }

    /// C13: what the other accounts have was told.
    pub(crate) fn note_others(&mut self, others: AccountSums) {
        self.breakers.on_others(others, &self.limits);
    }

    /// What the account began the day with and has now (control C13); `None` while nobody told.
    #[must_use]
    pub fn account(&self, world: &World) -> Option<AccountSums> {
        self.breakers.accounts.own(world.day_loss())
    }

    /// C13, C15: what a loss of the day lays on the lane.
    pub(crate) fn lost(&self, day_loss: Money) -> impl Iterator<Item = Restraint> + use<> {
        self.breakers.lost(day_loss, &self.limits)
    }

    /// C13, C15: the day's loss changed. `true` when that may be news to a limit.
    pub(crate) fn note_result(&mut self, day_loss: Money) -> bool {
        self.breakers.on_result(day_loss, &self.limits)
    }

    /// A named person takes the responsibility: every breaker begins anew.
    pub(crate) fn reset(&mut self, world: &World) {
        self.breakers.reset(world.day_loss(), &self.limits);
        self.entries.clear();
        self.repeats.forgive();
        self.conduct.reset();
        self.flow.reset();
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        self.sent.save(sink);
        self.repeats.save(sink);
        self.entries.save(sink);
        self.breakers.save(sink);
        self.conduct.save(sink);
        self.flow.save(sink);
        self.funds.save(sink);
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.sent.load(from)?;
        self.repeats.load(from)?;
        self.entries.load(from)?;
        self.breakers.load(from, &self.limits)?;
        self.conduct.load(from)?;
        self.flow.load(from)?;
        self.funds.load(from)
    }
}

/// The refusal of an order by a control that said this.
fn refusal(order: &OrderRequest, no: Check) -> Reject {
    Reject {
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        qty: order.qty,
        code: no.code,
        value: no.value,
        limit: no.limit,
    }
}

#[cfg(test)]
impl<T> Approved<T> {
    /// Signs unseen, for tests of what comes after the gate.
    pub(crate) fn unchecked(thing: T) -> Self {
        Self(thing)
    }
}
