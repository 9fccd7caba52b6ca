//! What the market, timers, people and the shell say is booked here, before any strategy sees it.

use super::held::TURN;
use super::{Engine, Notice};
use crate::intent::Intent;
use crate::market::table::Taken;
use crate::orders::Stage;
use crate::risk::{BREAKERS, Restraint};
use crate::strategy::OrderChange;
use crate::timers::ENGINE;
use st0ck_types::market::GapCause;
use st0ck_types::report::SendRefusal;
use st0ck_types::time::SECOND;
use st0ck_types::{Command, Gap, Input, InstrumentId, MarketEvent, Nanos, OrderNo, PositionEffect};
use st0ck_types::{Quote, Report, Seq, SystemEvent, TimerFired, TimerId};

/// The engine's own timer: the order stream has been down for too long.
pub(super) const LINK_DOWN: TimerId = TimerId(0);
/// A wall clock that stepped further than this needs a person to look.
const CLOCK_STEP_MAX: u64 = 2 * SECOND as u64;

impl Engine {
    /// Moves the clock, and forgets what the last input left.
    pub(super) fn begin(&mut self, at: Nanos, seq: Seq) {
        self.counters.inputs += 1;
        self.world.seq = seq;
        self.wants.clear();
        self.notices.clear();
        let now = self.world.session.advance(at);
        self.world.market.roll(now);
    }

    /// Books the input. `true` when strategies are to be told of the event itself.
    pub(super) fn book(&mut self, input: &Input) -> bool {
        match input {
            Input::Market(event) => self.book_market(event),
            Input::Timer(fired) => self.book_timer(fired),
            Input::Report(report) => {
                self.book_report(report);
                true
            }
            Input::Command(command) => {
                self.book_command(command);
                true
            }
            Input::System(event) => {
                self.book_system(event);
                true
            }
        }
    }

    fn book_market(&mut self, event: &MarketEvent) -> bool {
        let (market, session) = (&mut self.world.market, &self.world.session);
        let taken = match event {
            MarketEvent::Quote(quote) => {
                self.counters.quotes += 1;
                let taken = market.on_quote(session, quote);
                if taken == Taken::Yes {
                    self.mark(quote);
                }
                taken
            }
            MarketEvent::Trade(trade) => {
                self.counters.prints += 1;
                market.on_trade(session, trade)
            }
            MarketEvent::Halt(halt) => market.on_halt(halt),
            MarketEvent::InstrumentDef(def) => market.on_definition(def),
            MarketEvent::Gap(gap) => market.on_gap(gap),
            // The core builds its own bars; the venue's are kept in the journal only.
            MarketEvent::Bar(_) => Taken::Yes,
        };
        match taken {
            Taken::Yes => {}
            Taken::OutOfOrder => self.counters.out_of_order += 1,
            Taken::Stray => self.counters.strays += 1,
            Taken::OutOfRange => self.counters.out_of_range += 1,
        }
        taken == Taken::Yes
    }

    /// A position is worth the middle of the newest sound quote. Without one this costs a compare.
    fn mark(&mut self, quote: &Quote) {
        let world = &mut self.world;
        if world.portfolio.position(quote.instrument).qty.is_zero() {
            return;
        }
        let middle = world.market.book(quote.instrument).and_then(|book| book.middle());
        if let Some(middle) = middle {
            world.portfolio.mark(quote.instrument, middle);
            self.watch_losses();
        }
    }

    /// C13 and C15: latches when a loss, or the fall from the day's best, has reached its limit.
    pub(super) fn watch_losses(&mut self) {
        let day_loss = self.world.day_loss();
        if self.gate.note_result(day_loss) {
            self.gate.lost(day_loss).for_each(|restraint| self.latch(restraint));
        }
    }

    fn book_timer(&mut self, fired: &TimerFired) -> bool {
        if !self.timers.take(fired) {
            self.counters.stale_timers += 1;
            return false;
        }
        if fired.strategy != ENGINE {
            return true;
        }
        match fired.timer {
            TURN => self.release_due(),
            _ => self.lay(Restraint::StreamDown),
        }
        false
    }

    fn book_command(&mut self, command: &Command) {
        match command {
            Command::Arm(_) => self.arm(),
            Command::Reduce(_) => self.lay(Restraint::Reduced),
            Command::Halt(_) => self.lay(Restraint::NotArmed),
            Command::Kill(_) => self.latch(Restraint::Killed),
            Command::ResetLatches(_) => {
                self.gate.reset(&self.world);
                BREAKERS.iter().for_each(|&breaker| self.world.restraints.lift(breaker));
            }
        }
    }

    /// A person, or a clean start, lets the lane trade. What only facts can lift stays, and so do
    /// breakers: a start that arms by itself must not take one back. Without every limit set (C4), or
    /// before the broker's books were found to agree with ours, nothing happens.
    fn arm(&mut self) {
        let unset = self.gate.limits().unset().is_some();
        if unset || self.world.restraints.has(Restraint::Unreconciled) {
            self.counters.arms_refused += 1;
            return;
        }
        for restraint in [Restraint::NotArmed, Restraint::Reduced, Restraint::Killed] {
            self.world.restraints.lift(restraint);
        }
    }

    fn book_system(&mut self, event: &SystemEvent) {
        match *event {
            SystemEvent::SessionStart { epoch, first_order } => {
                self.world.orders.set_epoch(epoch);
                self.world.orders.begin(OrderNo(first_order));
            }
            SystemEvent::Restart { epoch } => {
                self.world.orders.set_epoch(epoch);
                self.restart();
            }
            // The clock did what there is to do: the last bars are closed, and C3 is shut.
            SystemEvent::SessionEnd => {}
            SystemEvent::LaneFault { seq } => self.fault(seq),
            SystemEvent::ClockStep { by } => {
                self.counters.clock_steps += 1;
                if by.unsigned_abs() > CLOCK_STEP_MAX {
                    self.lay(Restraint::Reduced);
                }
            }
            SystemEvent::FeedLink { up, at } => self.feed_link(up, at),
            SystemEvent::JournalLow { low } => {
                self.world.restraints.set(Restraint::JournalLow, low);
            }
            SystemEvent::OtherAccounts(others) => {
                self.gate.note_others(others);
                self.watch_losses();
            }
            SystemEvent::JournalFull => {
                self.lay(Restraint::NotArmed);
                self.cancel_opening();
            }
        }
    }

    /// A new process life: orders may or may not have left, and the broker must be asked before a
    /// person arms the lane again.
    fn restart(&mut self) {
        self.world.orders.on_restart();
        self.pass.forget();
        self.world.restraints.lift(Restraint::Reconciling);
        // The dead process's journal had no segment ready; this one tells of its own.
        self.world.restraints.lift(Restraint::JournalLow);
        self.timers.disarm(ENGINE, LINK_DOWN);
        self.world.restraints.set(Restraint::Unreconciled, self.require_reconcile);
        self.lay(Restraint::NotArmed);
        self.release_all();
        for order in self.world.orders.live().filter(|order| order.stage == Stage::Unknown) {
            self.notices.push(Notice { no: order.no(), change: OrderChange::Unknown });
        }
    }

    /// What the faulted input decided never left: its group was not closed.
    fn fault(&mut self, seq: Seq) {
        self.quarantine();
        let now = self.world.session.now();
        let orders = self.world.orders.all();
        let stillborn = orders.iter().rev().take_while(|order| order.request.cause >= seq).count();
        for place in orders.len() - stillborn..orders.len() {
            let no = self.world.orders.all()[place].no();
            let refused = Report::SendRefused { no, why: SendRefusal::Killed };
            self.world.orders.on_report(now, &refused);
        }
        self.cancel_opening();
    }

    /// What was missed while the feed was down is not known: books must prove themselves live again.
    fn feed_link(&mut self, up: bool, at: Nanos) {
        self.world.restraints.set(Restraint::FeedDown, !up);
        if !up {
            let (instrument, cause) = (InstrumentId::ALL, GapCause::Reconnect);
            let gap = Gap { ts_event: at, instrument, cause, ..Gap::default() };
            self.world.market.on_gap(&gap);
        }
    }

    pub(super) fn lay(&mut self, restraint: Restraint) {
        self.world.restraints.lay(restraint);
    }

    /// Lays a restraint under which nothing that opens may stay in the market.
    pub(super) fn latch(&mut self, restraint: Restraint) {
        if self.world.restraints.lay(restraint) {
            self.cancel_opening();
        }
    }

    /// Trust is broken: only a person lets the lane go on, once the facts are mended.
    pub(super) fn distrust(&mut self, restraint: Restraint) {
        self.lay(restraint);
        self.lay(Restraint::NotArmed);
    }

    /// Whether opening orders that come to life are to be canceled.
    pub(super) fn is_latched(&self) -> bool {
        [
            Restraint::Killed,
            Restraint::DailyLoss,
            Restraint::AccountLoss,
            Restraint::AccountsLoss,
            Restraint::LosingStreak,
            Restraint::Drawdown,
            Restraint::InOut,
            Restraint::Quarantine,
        ]
        .into_iter()
        .any(|restraint| self.world.restraints.has(restraint))
    }

    /// Wants the end of every order that may add risk; orders that close stay.
    pub(super) fn cancel_opening(&mut self) {
        let live = self.world.orders.live();
        for order in live.filter(|order| order.request.effect == PositionEffect::Open) {
            self.wants.push(ENGINE, Intent::Cancel { no: order.no() });
        }
    }

    /// What the restraints allow together becomes what the lane may do.
    pub(super) fn settle_state(&mut self) {
        self.world.trading = self.world.restraints.state();
    }
}
