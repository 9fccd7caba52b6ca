//! C19: how often a strategy may enter by itself before a named person looks at it.
//!
//! An entry is an opening order that began to trade; it counts once, however many executions it
//! takes. Orders that open and have not traded yet count as if they had. The first refusal disables
//! the strategy's entries until a named person resets it; it may go on closing.
//! *Invariant:* fixed room, made at start.

use super::times::Times;
use super::view::{Check, View, count};
use st0ck_types::state::StateError;
use st0ck_types::time::MINUTE;
use st0ck_types::{Nanos, RejectCode, StateReader, StateSink, StrategyId};

/// The window of the faster of the two limits.
const WINDOW: i64 = 10 * MINUTE;

/// One strategy's entries.
#[derive(Debug)]
struct Record {
    /// Since the session's start or the last reset.
    day: u32,
    recent: Times,
    disabled: bool,
}

/// The entries of every strategy of the lane.
#[derive(Debug)]
pub(super) struct Entries(Vec<Record>);

impl Entries {
    pub(super) fn new(strategies: usize, per_10_min_max: u32) -> Self {
        let fresh = || Record { day: 0, recent: Times::new(per_10_min_max), disabled: false };
        Self((0..strategies).map(|_| fresh()).collect())
    }

    pub(super) fn knows(&self, strategy: StrategyId) -> bool {
        usize::from(strategy.0) < self.0.len()
    }

    /// An opening order began to trade.
    pub(super) fn note(&mut self, at: Nanos, strategy: StrategyId) {
        if let Some(record) = self.0.get_mut(usize::from(strategy.0)) {
            record.day = record.day.saturating_add(1);
            record.recent.note(at);
        }
    }

    /// The strategy was refused for entering too often.
    pub(super) fn disable(&mut self, strategy: StrategyId) {
        if let Some(record) = self.0.get_mut(usize::from(strategy.0)) {
            record.disabled = true;
        }
    }

    pub(super) fn clear(&mut self) {
        for record in &mut self.0 {
            record.day = 0;
            record.recent.clear();
            record.disabled = false;
        }
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        for record in &self.0 {
            sink.u32(record.day);
            record.recent.save(sink);
            sink.bool(record.disabled);
        }
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.iter_mut().try_for_each(|record| {
            record.day = from.u32("entries")?;
            record.recent.load(from)?;
            record.disabled = from.bool("entries disabled")?;
            Ok(())
        })
    }
}

fn record<'a>(view: &View<'a>) -> Option<&'a Record> {
    view.gate.entries.0.get(usize::from(view.order.strategy.0))
}

/// Entries of the day by this strategy, this one included.
#[inline(always)]
pub(super) fn c19_entries_per_day(view: &View<'_>) -> Check {
    let entered = record(view).map_or(0, |record| record.day as usize);
    let entries = entered + view.working.waiting + 1;
    let most = view.limits().entries_per_day_max as usize;
    Check::at_most(RejectCode::EntriesPerDay, count(entries), count(most)).for_opening(view)
}

/// Entries of the last ten minutes by this strategy, this one included.
#[inline(always)]
pub(super) fn c19_entries_per_10_min(view: &View<'_>) -> Check {
    let (code, waiting) = (RejectCode::EntriesPer10Min, view.working.waiting);
    let most = view.limits().entries_per_10_min_max as usize;
    let most_before = most.saturating_sub(waiting);
    let has_room = |record: &Record| record.recent.holds_fewer(most_before, view.now(), WINDOW);
    view.answer(code, record(view).map_or(most_before > 0, has_room), || {
        let entered = record(view).map_or(0, |record| record.recent.within(view.now(), WINDOW));
        Check::at_most(code, count(entered + waiting + 1), count(most))
    })
    .for_opening(view)
}

/// Whether the strategy was refused for entering too often since the last reset.
#[inline(always)]
pub(super) fn c19_not_disabled(view: &View<'_>) -> Check {
    let disabled = record(view).is_some_and(|record| record.disabled);
    Check::absent(RejectCode::StrategyDisabled, disabled).for_opening(view)
}
