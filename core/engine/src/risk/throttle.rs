//! How often: orders per second and minute (C17), the same order again (C18), entries per day (C19).
//!
//! All windows are of lane time and roll: in no interval of that length, wherever it begins, may
//! there be more; so no calendar second holds more either. Cancels are not counted: they have a
//! reserve of their own at the broker. *Invariant:* fixed room, made at start.

use super::view::{Check, View, count};
use st0ck_types::state::StateError;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{InstrumentId, Nanos, OrderKind, OrderRequest, Price, Qty, RejectCode, Side};
use st0ck_types::{StateReader, StateSink, StrategyId};

/// Orders that C18 looks back on. C17 keeps fewer than that inside any duplicate window.
const REPEATS_KEPT: usize = 64;

/// The last times something happened, newest overwriting oldest.
#[derive(Debug)]
struct Times {
    ring: Vec<Nanos>,
    count: u64,
}

impl Times {
    fn new(room: u32) -> Self {
        Self { ring: vec![Nanos::ZERO; room.max(1) as usize], count: 0 }
    }

    fn note(&mut self, at: Nanos) {
        let place = self.count % self.ring.len() as u64;
        self.ring[place as usize] = at;
        self.count += 1;
    }

    /// How many happened in the `window` that ends at `at`; no more than there is room for.
    fn within(&self, at: Nanos, window: i64) -> usize {
        self.newest_first().take_while(|&then| at.since(then) < window).count()
    }

    fn newest_first(&self) -> impl Iterator<Item = Nanos> {
        let room = self.ring.len() as u64;
        let kept = self.count.min(room);
        (1..=kept).map(move |back| self.ring[((self.count - back) % room) as usize])
    }

    fn save(&self, sink: &mut dyn StateSink) {
        sink.u64(self.count);
        self.ring.iter().for_each(|at| sink.i64(at.0));
    }

    fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.count = from.u64("times")?;
        self.ring.iter_mut().try_for_each(|at| from.i64("time").map(|time| *at = Nanos(time)))
    }
}

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

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        self.0.save(sink);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.load(from)
    }
}

/// Orders of the last second, this one included.
pub(super) fn c17_per_second(view: &View<'_>) -> Check {
    let orders = view.gate.sent.0.within(view.now(), SECOND) + 1;
    let most = view.limits().orders_per_second_max as usize;
    Check::at_most(RejectCode::MessageRate, count(orders), count(most))
}

/// Orders of the last minute, this one included.
pub(super) fn c17_per_minute(view: &View<'_>) -> Check {
    let orders = view.gate.sent.0.within(view.now(), MINUTE) + 1;
    let most = view.limits().orders_per_minute_max as usize;
    Check::at_most(RejectCode::MessageRate, count(orders), count(most))
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

    /// When the same order last left.
    fn last(&self, order: &OrderRequest) -> Option<Nanos> {
        let likeness = Likeness::of(order);
        self.orders.iter().filter(|(_, sent)| *sent == likeness).map(|(at, _)| *at).max()
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
        self.next = from.u64("repeats")? as usize;
        if self.next >= REPEATS_KEPT {
            return Err(from.invalid("repeats"));
        }
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
pub(super) fn c18_duplicate(view: &View<'_>) -> Check {
    let window = view.limits().duplicate_window;
    let since = view.gate.repeats.last(view.order).map_or(window, |at| view.now().since(at));
    Check { code: RejectCode::Duplicate, value: since, limit: window, passed: since >= window }
}

/// Opening orders of the day, by strategy.
#[derive(Debug)]
pub(super) struct Entries(Vec<u32>);

impl Entries {
    pub(super) fn new(strategies: usize) -> Self {
        Self(vec![0; strategies])
    }

    pub(super) fn knows(&self, strategy: StrategyId) -> bool {
        usize::from(strategy.0) < self.0.len()
    }

    pub(super) fn note(&mut self, strategy: StrategyId) {
        if let Some(entries) = self.0.get_mut(usize::from(strategy.0)) {
            *entries = entries.saturating_add(1);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        self.0.iter().for_each(|&entries| sink.u32(entries));
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.iter_mut().try_for_each(|slot| from.u32("entries").map(|entries| *slot = entries))
    }
}

/// Entries of the day by this strategy, this one included.
pub(super) fn c19_entries_per_day(view: &View<'_>) -> Check {
    let strategy = usize::from(view.order.strategy.0);
    let entries = view.gate.entries.0.get(strategy).map_or(0, |&entries| entries as usize) + 1;
    let most = view.limits().entries_per_day_max as usize;
    Check::at_most(RejectCode::EntriesPerDay, count(entries), count(most)).for_opening(view)
}
