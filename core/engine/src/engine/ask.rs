//! Asking without doing: what the gate and a strategy say of a moment, for people who want to know why.
//!
//! Called by whoever explains a session from its journal. The lane itself asks only to rehearse.
//! *Invariant:* nothing here decides, sends or changes what would be decided, but for
//! [`Engine::look_at`], after which an engine is only good for looking.

use super::Engine;
use crate::ctx::Ctx;
use crate::intent::{OrderIntent, Wants};
use crate::outbox::Outbox;
use crate::rehearsal::Rehearsal;
use crate::risk::Check;
use crate::strategy::Blocker;
use crate::timers::Timers;
use st0ck_types::{Decision, Input, Nanos, OrderRequest, Output, Seq, StrategyId};

impl Engine {
    /// [`Engine::on_input`] that shows each order which the gate signed to `witness`, with the world
    /// as it was when it was judged.
    pub fn on_input_watched(
        &mut self,
        at: Nanos,
        seq: Seq,
        input: &Input,
        out: &mut Outbox,
        witness: &mut dyn FnMut(&Self, &OrderRequest),
    ) {
        out.clear();
        self.observe(at, seq, input);
        while let Some(verdict) = self.next_verdict() {
            if let Some(order) = verdict.signed() {
                witness(self, order);
            }
            self.carry_out(&verdict, out);
        }
    }

    /// Tells what keeps a strategy from entering now, and gives the entry that it would want next.
    /// Nothing for a strategy that the lane does not have or no longer calls.
    pub fn entry(
        &self,
        strategy: StrategyId,
        tell: &mut dyn FnMut(Blocker),
    ) -> Option<OrderIntent> {
        let seat = self.seats.get(usize::from(strategy.0)).filter(|seat| !seat.quarantined)?;
        // Whoever only answers arms nothing and wants nothing: these stay empty.
        let (mut timers, mut wants) = (Timers::new(0), Wants::none());
        let world = &self.world;
        let ctx = Ctx { world, timers: &mut timers, wants: &mut wants, strategy };
        seat.strategy.entry(&ctx, tell, &mut Decision::default())
    }

    /// Goes through the entry that the strategy whose turn it is would want now, and lays out what
    /// would be recorded of it.
    pub(crate) fn rehearse(&self, rehearsal: &mut Rehearsal) {
        rehearsal.out.clear();
        let turn = rehearsal.turn;
        rehearsal.turn = (turn + 1) % self.seats.len().max(1);
        let seat = self.seats.get(turn).filter(|seat| !seat.quarantined);
        let (Some(seat), Ok(place)) = (seat, u8::try_from(turn)) else { return };
        let (strategy, world) = (StrategyId(place), &self.world);
        let (timers, wants) = (&mut rehearsal.timers, &mut rehearsal.wants);
        let ctx = Ctx { world, timers, wants, strategy };
        let entry = seat.strategy.entry(&ctx, &mut |_| {}, &mut rehearsal.decision);
        let Some(intent) = entry else { return };
        let judged = self.gate.check(world, self.request(strategy, &intent));
        *rehearsal.out.place() = Output::Decision(rehearsal.decision);
        *rehearsal.out.place() = match judged {
            Ok(approved) => Output::Order(approved.into_inner()),
            Err(reject) => Output::Reject(reject),
        };
    }

    /// Tells what every control would say of an order that a strategy might want now.
    pub fn checks(&self, strategy: StrategyId, intent: &OrderIntent, tell: &mut dyn FnMut(Check)) {
        self.gate.explain(&self.world, &self.request(strategy, intent), tell);
    }

    /// Moves the clock to `at` though nothing happened then: quotes age, bars that ended are closed,
    /// nobody is told. An earlier moment changes nothing.
    pub fn look_at(&mut self, at: Nanos) {
        let now = self.world.session.advance(at);
        self.world.market.roll(now);
    }
}
