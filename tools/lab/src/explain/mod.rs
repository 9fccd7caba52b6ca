//! Why an order was sent: order ← checks ← sizing ← signal ← inputs, and the sentences for it.
//!
//! Two passes over a session: [`Story`] finds the orders and what became of them, then the inputs
//! are fed to an engine again, which tells each control's answer at the very moment at which the
//! order was judged. *Invariant:* nothing is told that the record does not hold.

mod fate;
mod sentences;
mod story;
mod trail;

pub use fate::{Fate, Step};
pub use story::{Found, Story, Wanted};
pub use trail::Cause;

use crate::replay::ReplayError;
use crate::walk::Walk;
use st0ck_engine::risk::Check;
use st0ck_types::decision::FactorRole;
use st0ck_types::{Factor, OrderNo, Symbol};
use std::collections::BTreeMap;
use std::path::Path;
use trail::Trail;

/// One order, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The order, its decision and what became of it.
    pub found: Found,
    /// What it trades.
    pub symbol: Symbol,
    /// Every control's answer, in the order of asking.
    pub checks: Vec<Check>,
    /// The inputs it rests on, oldest first; the one that decided is among them.
    pub causes: Vec<Cause>,
    /// Sentences, in the order in which to read them.
    pub words: Vec<String>,
}

impl Explanation {
    /// The decision's factors of a role.
    pub fn factors(&self, role: FactorRole) -> impl Iterator<Item = &Factor> {
        self.found.decision.factors().iter().filter(move |factor| factor.role() == role)
    }
}

/// Explains orders of a session folder, in the order of their numbers.
///
/// # Errors
/// [`ReplayError`] when the session cannot be read.
pub fn explain(
    session: &Path,
    story: &Story,
    wanted: &[OrderNo],
) -> Result<Vec<Explanation>, ReplayError> {
    let mut walk = Walk::open(session)?;
    let (mut trail, mut explained) = (Trail::default(), Vec::new());
    while explained.len() < wanted.len() {
        let mut checks: BTreeMap<OrderNo, Vec<Check>> = BTreeMap::new();
        let stepped = walk.step(&mut |engine, order| {
            if wanted.contains(&order.no) {
                let told = checks.entry(order.no).or_default();
                engine.gate().explain(engine.world(), order, &mut |check| told.push(check));
            }
        })?;
        let Some(group) = stepped else { break };
        trail.note(&group, walk.engine());
        for (no, checks) in checks {
            let Some(found) = story.order(no) else { continue };
            explained.push(finish(found, checks, &trail, &walk));
        }
        trail.note_orders(&group);
    }
    Ok(explained)
}

fn finish(found: &Found, checks: Vec<Check>, trail: &Trail, walk: &Walk) -> Explanation {
    let market = &walk.engine().world().market;
    let symbol = market.symbol(found.order.instrument).copied().unwrap_or_default();
    let mut explanation = Explanation {
        found: found.clone(),
        symbol,
        checks,
        causes: trail.causes(found),
        words: Vec::new(),
    };
    explanation.words = sentences::of(&explanation);
    explanation
}
