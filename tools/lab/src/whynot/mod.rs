//! Why nothing was entered at a moment: everything that stood between the strategy and an entry.
//!
//! The session is gone through up to that moment; then the lane's restraints, the strategy's own
//! hurdles and every control of the gate are asked about the entry that the strategy would want next.
//! *Invariant:* the engine is only asked; what it answers is what it would have decided then.

mod sentences;
mod since;

use crate::explain::{Found, Story};
use crate::replay::ReplayError;
use crate::walk::Walk;
use since::Since;
use st0ck_engine::engine::Engine;
use st0ck_engine::risk::TradingState;
use st0ck_types::reject::Unit;
use st0ck_types::{Nanos, PositionEffect, Qty, StrategyId};
use std::path::Path;

/// The strategy that is asked: a session has one.
const STRATEGY: StrategyId = StrategyId(0);

/// One thing that stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocker {
    /// The gate's code (`C9_STALE_QUOTE`), or in lower case a restraint of the lane (`killed`), a
    /// hurdle of the strategy (`entry_pacing`) or a fact about the record (`not_begun`).
    pub code: &'static str,
    /// What `value` and `limit` count, in 1e-9 of it.
    pub unit: Unit,
    /// What was met.
    pub value: i64,
    /// What was asked for.
    pub limit: i64,
    /// Since when it stood there without a break; `None` when it did before the record began.
    pub since: Option<Nanos>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// The moment asked about.
    pub at: Nanos,
    /// How far the lane might trade then.
    pub state: TradingState,
    /// What stood in the way: the lane, then the strategy, then the gate in its order of asking.
    pub blockers: Vec<Blocker>,
    /// Sentences, in reading order.
    pub words: Vec<String>,
}

/// Says what stood between a session's strategy and an entry at a moment.
///
/// # Errors
/// [`ReplayError`] when the session cannot be read.
pub fn whynot(session: &Path, at: Nanos) -> Result<WhyNot, ReplayError> {
    let story = Story::read(session).map_err(ReplayError::Journal)?;
    let (mut walk, mut since) = (Walk::open(session)?, Since::default());
    let (mut last, mut stands) = (None, Vec::new());
    while walk.next_at().is_some_and(|next| next <= at) {
        let Some(group) = walk.step(&mut |_, _| {})? else { break };
        last = Some(group.at);
        stands.clear();
        look(walk.engine(), &mut |blocker| stands.push(blocker));
        since.note(group.at, &stands);
    }
    let next = walk.next_at();
    let mut engine = walk.into_engine();
    engine.look_at(at);
    let mut blockers = beside_the_record(at, last, next);
    look(&engine, &mut |blocker| blockers.push(blocker));
    blockers.iter_mut().for_each(|blocker| since.date(at, last, blocker));
    let mut answer = WhyNot { at, state: engine.state(), blockers, words: Vec::new() };
    answer.words = sentences::of(&answer, &story, last);
    Ok(answer)
}

/// Tells everything that stands in the way as the engine is, each code once.
fn look(engine: &Engine, tell: &mut dyn FnMut(Blocker)) {
    let number = |state: TradingState| state as i64 * Qty::ONE.0;
    let blocker = |code, unit, value, limit| Blocker { code, unit, value, limit, since: None };
    for restraint in engine.restraints().iter() {
        let allowed = number(restraint.allows());
        tell(blocker(restraint.as_str(), Unit::Number, allowed, number(TradingState::Active)));
    }
    let entry = engine.entry(STRATEGY, &mut |own| {
        tell(blocker(own.code, own.unit, own.value, own.limit));
    });
    let Some(entry) = entry else { return };
    let mut told = None;
    engine.checks(STRATEGY, &entry, &mut |check| {
        if !check.passed && told.replace(check.code) != Some(check.code) {
            let (code, unit) = (check.code.as_str(), check.code.unit());
            tell(blocker(code, unit, check.value, check.limit));
        }
    });
}

/// Before the first record nothing had begun, after the last one nobody was there any more.
fn beside_the_record(at: Nanos, last: Option<Nanos>, next: Option<Nanos>) -> Vec<Blocker> {
    let outside =
        |code, value, since| Blocker { code, unit: Unit::Seconds, value, limit: 0, since };
    match (last, next) {
        (None, Some(first)) => vec![outside("not_begun", first.since(at), None)],
        (None, None) => vec![outside("not_begun", 0, None)],
        (Some(last), None) if at > last => vec![outside("record_over", at.since(last), Some(last))],
        (Some(_), _) => Vec::new(),
    }
}

/// The entries around a moment: the last one decided by then, and the first one after it.
fn entries(story: &Story, at: Nanos) -> (Option<&Found>, Option<&Found>) {
    let entries = || story.orders().filter(|f| f.order.effect == PositionEffect::Open);
    let before = entries().rev().find(|found| found.order.decided_at <= at);
    (before, entries().find(|found| found.order.decided_at > at))
}
