//! How often: orders per second and minute (C17), the same order again (C18).
//!
//! Cancels are not counted: they have a reserve of their own at the broker.
//! *Invariant:* fixed room, made at start.

use super::times::Times;
use super::view::{Check, View, count};
use super::{Restraint, RiskLimits};
use st0ck_types::state::StateError;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{InstrumentId, Nanos, OrderKind, OrderRequest, Price, Qty, RejectCode, Side};
use st0ck_types::{StateReader, StateSink, StrategyId};

/// Orders that C18 looks back on. C17 keeps fewer than that inside any duplicate window.
const REPEATS_KEPT: usize = 64;

/// When the last orders left.
#[derive(Debug)]
pub(super) struct Sent(Times);

impl Sent {
    pub(super) fn new(per_minute: u32) -> Self {
        Self(Times::new(per_minute))
    }

    pub(super) fn note(&mut self, at: Nanos) {
        self.0.note(at);
    }

    /// The first moment at which C17 lets one more order leave.
    pub(super) fn free_at(&self, limits: &RiskLimits) -> Nanos {
        let second = self.0.free_at(SECOND, limits.orders_per_second_max);
        second.max(self.0.free_at(MINUTE, limits.orders_per_minute_max))
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        self.0.save(sink);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.load(from)
    }
}

/// Orders of the last second, this one included.
#[inline(always)]
pub(super) fn c17_per_second(view: &View<'_>) -> Check {
    within_rate(view, SECOND, view.limits().orders_per_second_max as usize)
}

/// Orders of the last minute, this one included.
#[inline(always)]
pub(super) fn c17_per_minute(view: &View<'_>) -> Check {
    within_rate(view, MINUTE, view.limits().orders_per_minute_max as usize)
}

#[inline(always)]
fn within_rate(view: &View<'_>, window: i64, most: usize) -> Check {
    let (sent, code) = (&view.gate.sent.0, RejectCode::MessageRate);
    view.answer(code, sent.holds_fewer(most, view.now(), window), || {
        let orders = sent.within(view.now(), window) + 1;
        Check::at_most(code, count(orders), count(most))
    })
}

/// What makes two orders the same to C18.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Likeness {
    strategy: StrategyId,
    instrument: InstrumentId,
    side: Side,
    qty: Qty,
    kind: OrderKind,
}

impl Likeness {
    const NONE: Self = Self {
        strategy: StrategyId(u8::MAX),
        instrument: InstrumentId::ALL,
        side: Side::Buy,
        qty: Qty::ZERO,
        kind: OrderKind::Market,
    };

    fn of(order: &OrderRequest) -> Self {
        Self {
            strategy: order.strategy,
            instrument: order.instrument,
            side: order.side,
            qty: order.qty,
            kind: order.kind,
        }
    }
}

/// The last orders by their likeness, and the last duplicates refused.
#[derive(Debug)]
pub(super) struct Repeats {
    orders: [(Nanos, Likeness); REPEATS_KEPT],
    next: usize,
    refused: Times,
}

impl Repeats {
    pub(super) fn new(duplicates_max: u32) -> Self {
        Self {
            orders: [(Nanos(i64::MIN), Likeness::NONE); REPEATS_KEPT],
            next: 0,
            refused: Times::new(duplicates_max),
        }
    }

    pub(super) fn note_order(&mut self, at: Nanos, order: &OrderRequest) {
        self.orders[self.next] = (at, Likeness::of(order));
        self.next = (self.next + 1) % REPEATS_KEPT;
    }

    /// Notes a refused duplicate and tells how many the last minute had.
    pub(super) fn note_duplicate(&mut self, at: Nanos) -> usize {
        self.refused.note(at);
        self.refused.within(at, MINUTE)
    }

    /// Forgets the refused duplicates, not the orders.
    pub(super) fn forgive(&mut self) {
        self.refused.clear();
    }

    /// When the same order last left.
    fn last(&self, order: &OrderRequest) -> Option<Nanos> {
        let likeness = Likeness::of(order);
        self.orders.iter().filter(|(_, sent)| *sent == likeness).map(|(at, _)| *at).max()
    }

    /// Whether the same order left within the `window` that ends at `at`. Looks no further back.
    fn has(&self, order: &OrderRequest, at: Nanos, window: i64) -> bool {
        let likeness = Likeness::of(order);
        let (newer, older) = self.orders.split_at(self.next);
        let newest_first = newer.iter().rev().chain(older.iter().rev());
        let mut recent = newest_first.take_while(|(then, _)| at.since(*then) < window);
        recent.any(|(_, sent)| *sent == likeness)
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        for (at, order) in &self.orders {
            sink.i64(at.0);
            sink.u8(order.strategy.0);
            sink.u32(order.instrument.0);
            sink.u8(order.side as u8);
            sink.i64(order.qty.0);
            sink.bool(order.kind == OrderKind::Market);
            sink.i64(order.kind.limit().unwrap_or(Price::ZERO).0);
        }
        sink.u64(self.next as u64);
        self.refused.save(sink);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        for (at, order) in &mut self.orders {
            *at = Nanos(from.i64("repeat at")?);
            *order = load_likeness(from)?;
        }
        let next = usize::try_from(from.u64("repeats")?).ok();
        let next = next.filter(|&next| next < REPEATS_KEPT);
        self.next = next.ok_or_else(|| from.invalid("repeats"))?;
        self.refused.load(from)
    }
}

fn load_likeness(from: &mut StateReader<'_>) -> Result<Likeness, StateError> {
    let strategy = StrategyId(from.u8("repeat strategy")?);
    let instrument = InstrumentId(from.u32("repeat instrument")?);
    let side = if from.bool("repeat side")? { Side::Sell } else { Side::Buy };
    let qty = Qty(from.i64("repeat qty")?);
    let market = from.bool("repeat kind")?;
    let limit = Price(from.i64("repeat limit")?);
    let kind = if market { OrderKind::Market } else { OrderKind::Limit(limit) };
    Ok(Likeness { strategy, instrument, side, qty, kind })
}

/// Time since the same order left, and how long it must be; the window itself when it never did.
#[inline(always)]
pub(super) fn c18_duplicate(view: &View<'_>) -> Check {
    let (code, window, repeats) =
        (RejectCode::Duplicate, view.limits().duplicate_window, &view.gate.repeats);
    view.answer(code, !repeats.has(view.order, view.now(), window), || {
        let since = repeats.last(view.order).map_or(window, |at| view.now().since(at));
        Check { code, value: since, limit: window, passed: since >= window }
    })
}

/// Duplicates refused within the last minute. Reaching the limit refuses everything, and so does the
/// latch afterwards.
#[inline(always)]
pub(super) fn c18_duplicate_storm(view: &View<'_>) -> Check {
    let (code, refused) = (RejectCode::DuplicateStorm, &view.gate.repeats.refused);
    let limit = view.limits().duplicates_per_minute_max as usize;
    view.answer(code, refused.holds_fewer(limit, view.now(), MINUTE), || {
        Check::below(code, count(refused.within(view.now(), MINUTE)), count(limit))
    })
    .unless_latched(view, Restraint::DuplicateStorm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::StateBytes;

    #[test]
    fn a_kept_place_that_the_ring_does_not_have_is_refused() {
        let load = |next: usize| {
            let mut kept = StateBytes::default();
            Repeats { next, ..Repeats::new(3) }.save(&mut kept);
            Repeats::new(3).load(&mut StateReader::new(&kept.0))
        };
        assert!(load(0).is_ok() && load(REPEATS_KEPT - 1).is_ok());
        assert!(load(REPEATS_KEPT).is_err() && load(REPEATS_KEPT + 1).is_err());
    }
}
