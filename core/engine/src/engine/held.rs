//! Orders that C17 holds back for a moment instead of refusing them.
//!
//! An order that only the rate stands against, and whose turn comes soon enough, waits here until
//! the engine's own timer lets it go; then every control is asked again. One of a kind waits at a
//! time: a strategy that wants the same again meanwhile is refused. Cancels are never held.
//! *Invariant:* part of the state; fixed room, made at start.

use super::Engine;
use crate::intent::{Intent, OrderIntent};
use crate::timers::ENGINE;
use st0ck_types::state::StateError;
use st0ck_types::{Decision, InstrumentId, Nanos, OrderKind, PositionEffect, Price, Qty, Side};
use st0ck_types::{StateReader, StateSink, StrategyId, Text, TimeInForce, TimerId};

/// The engine's own timer: an order that was held has its turn.
pub(super) const TURN: TimerId = TimerId(1);
/// Orders that may wait at once.
const HELD_MAX: usize = 8;

/// An order that waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) strategy: StrategyId,
    pub(super) intent: OrderIntent,
    pub(super) decision: Decision,
    /// When the strategy decided.
    pub(super) decided_at: Nanos,
    /// When it has its turn.
    pub(super) turn: Nanos,
}

/// What makes two waiting orders one of a kind.
fn kind(
    strategy: StrategyId,
    intent: &OrderIntent,
) -> (StrategyId, InstrumentId, Side, PositionEffect) {
    (strategy, intent.instrument, intent.side, intent.effect)
}

/// All orders that wait, oldest first.
#[derive(Debug)]
pub(super) struct Waiting(Vec<Held>);

impl Waiting {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(HELD_MAX))
    }

    /// Whether this may wait too.
    pub(super) fn takes(&self, strategy: StrategyId, intent: &OrderIntent) -> bool {
        let new = kind(strategy, intent);
        self.0.len() < HELD_MAX
            && self.0.iter().all(|held| kind(held.strategy, &held.intent) != new)
    }

    /// Takes out the oldest whose turn came by `now`.
    fn pop_due(&mut self, now: Nanos) -> Option<Held> {
        let place = self.0.iter().position(|held| held.turn <= now)?;
        Some(self.0.remove(place))
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.u64(self.0.len() as u64);
        for held in &self.0 {
            sink.u8(held.strategy.0);
            sink.i64(held.decided_at.0);
            sink.i64(held.turn.0);
            save_intent(&held.intent, sink);
            save_decision(&held.decision, sink);
        }
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.clear();
        let count = usize::try_from(from.u64("orders held")?).unwrap_or(usize::MAX);
        if count > HELD_MAX {
            return Err(from.invalid("more orders held than there is room for"));
        }
        for _ in 0..count {
            let strategy = StrategyId(from.u8("held strategy")?);
            let decided_at = Nanos(from.i64("held since")?);
            let turn = Nanos(from.i64("held until")?);
            let (intent, decision) = (load_intent(from)?, load_decision(from)?);
            self.0.push(Held { strategy, intent, decision, decided_at, turn });
        }
        Ok(())
    }
}

impl Engine {
    /// Keeps the order of the want at that place until its turn.
    pub(super) fn hold(&mut self, place: usize, turn: Nanos) {
        let want = self.wants.at(place);
        let Intent::Order(intent) = want.intent else { return };
        let decided_at = want.held_since.unwrap_or(self.world.session.now());
        self.counters.orders_held += 1;
        let (strategy, decision) = (want.strategy, want.decision);
        self.waiting.0.push(Held { strategy, intent, decision, decided_at, turn });
        self.await_turn();
    }

    /// Orders whose turn came are wanted again, as what they were.
    pub(super) fn release_due(&mut self) {
        let now = self.world.session.now();
        while let Some(held) = self.waiting.pop_due(now) {
            let intent = Intent::Order(held.intent);
            *self.wants.push_held(held.strategy, intent, held.decided_at) = held.decision;
        }
        self.await_turn();
    }

    /// A new process life holds nothing back: what waited is wanted again, and refused by what a
    /// restart lays on the lane.
    pub(super) fn release_all(&mut self) {
        for held in self.waiting.0.drain(..) {
            let intent = Intent::Order(held.intent);
            *self.wants.push_held(held.strategy, intent, held.decided_at) = held.decision;
        }
        self.timers.disarm(ENGINE, TURN);
    }

    fn await_turn(&mut self) {
        match self.waiting.0.iter().map(|held| held.turn).min() {
            Some(turn) => self.timers.arm(ENGINE, TURN, turn),
            None => _ = self.timers.disarm(ENGINE, TURN),
        }
    }
}

fn save_intent(intent: &OrderIntent, sink: &mut dyn StateSink) {
    sink.u32(intent.instrument.0);
    sink.u8(intent.side as u8);
    sink.u8(intent.effect as u8);
    sink.u8(intent.tif as u8);
    sink.bool(intent.kind == OrderKind::Market);
    sink.i64(intent.kind.limit().unwrap_or(Price::ZERO).0);
    sink.i64(intent.qty.0);
    sink.u32(u32::from(intent.tag));
}

fn save_decision(decision: &Decision, sink: &mut dyn StateSink) {
    sink.bytes(decision.what.padded());
    sink.u64(decision.factors().len() as u64);
    for factor in decision.factors() {
        sink.bytes(factor.name.padded());
        sink.i64(factor.value);
        sink.i64(factor.weight);
    }
}

fn load_intent(from: &mut StateReader<'_>) -> Result<OrderIntent, StateError> {
    let instrument = InstrumentId(from.u32("held instrument")?);
    let side = if from.bool("held side")? { Side::Sell } else { Side::Buy };
    let closes = from.bool("held effect")?;
    let lasts = from.bool("held lifetime")?;
    let market = from.bool("held kind")?;
    let limit = Price(from.i64("held limit")?);
    let qty = Qty(from.i64("held qty")?);
    let tag = u16::try_from(from.u32("held tag")?).map_err(|_| from.invalid("held tag"))?;
    Ok(OrderIntent {
        instrument,
        side,
        effect: if closes { PositionEffect::Close } else { PositionEffect::Open },
        kind: if market { OrderKind::Market } else { OrderKind::Limit(limit) },
        tif: if lasts { TimeInForce::Gtc } else { TimeInForce::Day },
        qty,
        tag,
    })
}

fn load_decision(from: &mut StateReader<'_>) -> Result<Decision, StateError> {
    let what = Text::<15>::from_padded(&from.array::<15>("held decision")?);
    let mut decision = Decision::new(what.as_str());
    for _ in 0..from.u64("held factors")? {
        let name = Text::<15>::from_padded(&from.array::<15>("held factor")?);
        let value = from.i64("held factor value")?;
        decision = decision.with_weighted(name.as_str(), value, from.i64("held factor weight")?);
    }
    Ok(decision)
}
