//! What the shell sees of a lane: a copy of its counts and sums, handed out by ring.

use crate::counters::Counters;
use crate::engine::Engine;
use crate::reconcile::ReconcileOutcome;
use crate::risk::{Restraints, TradingState};
use st0ck_types::{AccountSums, Money, Nanos, Seq};

/// A lane at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneStatus {
    /// The last record.
    pub seq: Seq,
    /// The last input's stamp.
    pub at: Nanos,
    /// How far it may trade.
    pub state: TradingState,
    /// What holds it down.
    pub restraints: Restraints,
    /// What it counted.
    pub counters: Counters,
    /// Profit realised, average cost, gross of fees.
    pub realised: Money,
    /// Profit not realised.
    pub unrealised: Money,
    /// Fees paid.
    pub fees: Money,
    /// Round trips, flat to flat.
    pub round_trips: u64,
    /// What the account began the day with and has now; `None` while the broker did not tell.
    pub account: Option<AccountSums>,
    /// How the last reconciliation ended.
    pub reconcile: Option<ReconcileOutcome>,
    /// Whether the session's end was consumed.
    pub ended: bool,
    /// The state hash, at the session's end only.
    pub state_hash: Option<u64>,
}

impl LaneStatus {
    /// Reads an engine.
    #[must_use]
    pub fn of(engine: &Engine, seq: Seq, at: Nanos) -> Self {
        let portfolio = engine.portfolio();
        Self {
            seq,
            at,
            state: engine.state(),
            restraints: engine.restraints(),
            counters: engine.counters(),
            realised: portfolio.realised(),
            unrealised: portfolio.unrealised(),
            fees: portfolio.fees(),
            round_trips: portfolio.round_trips(),
            account: engine.gate().account(engine.world()),
            reconcile: engine.reconcile_outcome(),
            ended: false,
            state_hash: None,
        }
    }
}
