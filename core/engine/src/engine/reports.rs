//! What brokers and the gateway say is booked here.
//!
//! The order table takes every report, whatever it is; what it made of it is then booked in the
//! portfolio, held against the loss limits, and told to the order's strategy.

use super::facts::LINK_DOWN;
use super::{Engine, Notice};
use crate::intent::Intent;
use crate::orders::{AnomalyKind, Applied, Order, Stage};
use crate::portfolio::{Execution, fees};
use crate::reconcile::ReconcileOutcome;
use crate::risk::Restraint;
use crate::strategy::OrderChange;
use crate::timers::ENGINE;
use st0ck_types::report::{BrokerStage, Fill, Reconcile, SendRefusal};
use st0ck_types::time::SECOND;
use st0ck_types::{OrderNo, PositionEffect, Report};

/// How long the order stream may be down before the lane only reduces.
const LINK_PATIENCE: i64 = 2 * SECOND;

impl Engine {
    pub(super) fn book_report(&mut self, report: &Report) {
        let now = self.world.session.now();
        let applied = match report {
            Report::Fill(fill) if !self.can_book(fill) => self.world.orders.refuse_fill(fill),
            _ => self.world.orders.on_report(now, report),
        };
        match report {
            Report::Position(position) => self.pass.on_position(position),
            Report::Account(account) => {
                self.world.restraints.set(Restraint::AccountBlocked, !account.tradable);
                self.gate.note_account(&self.world, account);
                self.watch_losses();
            }
            Report::Link { up } => self.book_link(*up),
            Report::Reconcile(reconcile) => self.book_pass(reconcile),
            Report::SendRefused { .. } => self.counters.send_refused += 1,
            Report::Rejected(_) => self.counters.broker_rejects += 1,
            _ => {}
        }
        match applied {
            Applied::Filled { no, fill, .. } => self.book_fill(no, &fill),
            Applied::Changed { no, was, now } => self.book_change(no, was, now, report),
            Applied::Foreign => self.book_foreign(report),
            // C20: our own gateway names an order that was never handed to it.
            Applied::Anomaly { kind: AnomalyKind::NoSuchOrder, .. } => self.book_unsent(),
            Applied::Nothing | Applied::Duplicate { .. } | Applied::Anomaly { .. } => {}
        }
        if self.world.orders.halted().is_some() {
            self.distrust(Restraint::OrderFault);
        }
    }

    /// Whether the ledger can hold an execution. Of instruments that are not ours the order table has
    /// its own word.
    fn can_book(&self, fill: &Fill) -> bool {
        let multiplier = self.world.market.multiplier(fill.instrument);
        fill.instrument.index() >= self.world.market.len()
            || self.world.portfolio.can_book(fill.instrument, fill.price, fill.qty, multiplier)
    }

    fn book_fill(&mut self, no: OrderNo, fill: &Fill) {
        let Some(Order { request: order, cum, .. }) = self.world.orders.get(no).copied() else {
            return;
        };
        self.gate.note_execution(self.world.session.now(), &order, cum == fill.qty);
        let market = &self.world.market;
        let (class, date) = (market.class(order.instrument), self.world.session.date());
        let effect = self.world.portfolio.on_fill(&Execution {
            strategy: order.strategy,
            instrument: order.instrument,
            side: order.side,
            price: fill.price,
            qty: fill.qty,
            fees: fees::charge(date, class, order.side, fill.price, fill.qty),
            multiplier: market.multiplier(order.instrument),
        });
        self.counters.fills += 1;
        if let Some(middle) = market.book(order.instrument).and_then(|book| book.middle()) {
            self.world.portfolio.mark(order.instrument, middle);
        }
        if let Some(trip) = effect.round_trip
            && self.gate.note_round_trip(trip.pnl)
        {
            self.latch(Restraint::LosingStreak);
        }
        self.watch_losses();
        let change = OrderChange::Filled { price: fill.price, qty: fill.qty };
        self.notices.push(Notice { no, change });
    }

    fn book_change(&mut self, no: OrderNo, was: Stage, now: Stage, report: &Report) {
        if let Some(change) = change_of(was, now, report) {
            self.notices.push(Notice { no, change });
        }
        let opens = |engine: &Self| {
            let order = engine.world.orders.get(no);
            order.is_some_and(|order| order.request.effect == PositionEffect::Open)
        };
        if was != now {
            self.watch_conduct(now);
        }
        let unwanted = now == Stage::Working && self.is_latched() && opens(self);
        if was != now && (unwanted || now == Stage::Zombie) {
            self.wants.push(ENGINE, Intent::Cancel { no });
        }
    }

    /// C26: halts when the broker refuses too many orders.
    fn watch_conduct(&mut self, stage: Stage) {
        match stage {
            Stage::Working => self.gate.note_taken(),
            Stage::Rejected if self.gate.note_broker_reject(self.world.session.now()) => {
                self.lay(Restraint::BrokerRejects);
            }
            _ => {}
        }
    }

    /// C20: what came in must have gone out. The tolerance is zero, and a person has to look.
    fn book_unsent(&mut self) {
        self.gate.note_unsent();
        self.latch(Restraint::InOut);
    }

    /// Whether a report that is about none of our orders carries a name that only this process life
    /// could have given.
    fn is_unsent(&self, report: &Report) -> bool {
        let id = match report {
            Report::Fill(fill) => fill.client_id,
            Report::Snapshot(order) => order.client_id,
            Report::Accepted(status) | Report::Canceled(status) | Report::Expired(status) => {
                status.client_id
            }
            // That an order is not known, or was not taken, says nothing of one that was never sent.
            _ => return false,
        };
        id.parts().is_some_and(|parts| self.world.orders.mint_id(parts.order) == id)
    }

    /// Somebody else's order. While the broker's books are read, old ones are no surprise: whether
    /// they matter shows in what is open and in the positions at the end.
    fn book_foreign(&mut self, report: &Report) {
        self.counters.foreign_reports += 1;
        if self.is_unsent(report) {
            self.book_unsent();
        }
        let working =
            matches!(report, Report::Snapshot(order) if order.stage == BrokerStage::Working);
        if self.pass.is_running() {
            if working {
                self.pass.on_foreign_order();
            }
        } else if working || matches!(report, Report::Fill(_) | Report::Accepted(_)) {
            self.distrust(Restraint::Foreign);
        }
    }

    fn book_link(&mut self, up: bool) {
        if up {
            self.timers.disarm(ENGINE, LINK_DOWN);
            if !self.require_reconcile {
                self.world.restraints.lift(Restraint::StreamDown);
            }
        } else if !self.timers.is_armed(ENGINE, LINK_DOWN) {
            let due = self.world.session.now() + LINK_PATIENCE;
            self.timers.arm(ENGINE, LINK_DOWN, due);
        }
    }

    fn book_pass(&mut self, reconcile: &Reconcile) {
        if !reconcile.ended {
            self.pass.begin();
            self.lay(Restraint::Reconciling);
            return;
        }
        self.world.restraints.lift(Restraint::Reconciling);
        match self.pass.end(&self.world, reconcile) {
            ReconcileOutcome::Clean => self.trust(),
            ReconcileOutcome::Break(_) => self.distrust(Restraint::Unreconciled),
        }
        self.cancel_leftovers();
    }

    /// What was latched before a restart may have left no cancel behind: the process can have died
    /// between the two. Now that the broker was asked, whatever still opens and is alive is canceled;
    /// an order with a cancel under way is passed over.
    fn cancel_leftovers(&mut self) {
        if self.is_latched() {
            self.cancel_opening();
        }
    }

    /// The broker's books agree with ours: what doubt had laid is lifted. After a break or a fault
    /// the lane still waits for a person.
    fn trust(&mut self) {
        self.world.orders.clear_fault();
        for restraint in [
            Restraint::Unreconciled,
            Restraint::Foreign,
            Restraint::StreamDown,
            Restraint::OrderFault,
        ] {
            self.world.restraints.lift(restraint);
        }
    }
}

/// What a strategy is told of a change; `None` when it is none of its business.
fn change_of(was: Stage, now: Stage, report: &Report) -> Option<OrderChange> {
    if was == now {
        return match report {
            Report::CancelRejected(_) | Report::SendRefused { .. } => {
                Some(OrderChange::CancelRejected)
            }
            Report::Unknown(_) => Some(OrderChange::CancelUnknown),
            _ => None,
        };
    }
    let why = match report {
        Report::SendRefused { why, .. } => *why,
        _ => SendRefusal::Stale,
    };
    match now {
        Stage::Working => Some(OrderChange::Accepted),
        Stage::Unknown => Some(OrderChange::Unknown),
        Stage::Canceled => Some(OrderChange::Canceled),
        Stage::Expired => Some(OrderChange::Expired),
        Stage::Rejected => Some(OrderChange::Rejected),
        Stage::Replaced => Some(OrderChange::Replaced),
        Stage::Lost => Some(OrderChange::Lost),
        Stage::Refused => Some(OrderChange::SendRefused(why)),
        Stage::Zombie => Some(OrderChange::Zombie),
        // Executions tell of fills; handing bytes to a socket tells a strategy nothing.
        Stage::Intent | Stage::Sending | Stage::Filled => None,
    }
}
