//! What would have happened with other settings: the recorded market through a changed engine, the
//! changed orders through the simulated venue.
//!
//! Called by `st0ck replay --set`. A session that our own emulator played is played again as a whole:
//! the same seed draws the same ways and fills, which is proven first on the unchanged settings, fill
//! by fill, so the result is that of a fresh session. Of any other session the record is followed up
//! to the first decision that differs; from there on orders fill at the simulated venue, those
//! outstanding are handed over to it, and what the broker told later is passed over.
//!
//! *Invariant:* nothing recorded is changed, and nothing simulated is told as recorded.

mod broker;
mod changes;
mod facts;
mod lane;
mod play;

pub use changes::{Change, OrderChange, Sent};

use crate::build;
use crate::header::SessionHeader;
use crate::replay::{self, ReplayError};
use play::{Mode, Play, Played};
use st0ck_engine::engine::Engine;
use st0ck_types::Money;
use std::path::Path;

/// Requests that a start of ours makes before the session begins; tried first.
const START_REQUESTS: u32 = 6;
/// How many are tried.
const START_REQUESTS_MAX: u32 = 64;

/// How far a result is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// The simulated venue told every recorded fill to the nanosecond: this is what a fresh session
    /// with these settings would have come to.
    Proven,
    /// The venue of the record cannot be played again: from the first difference on this is a model.
    Modelled,
}

impl Footing {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Modelled => "modelled",
        }
    }
}

/// What a session came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profit {
    /// Realised at average cost, gross.
    pub realised: Money,
    /// Of what was still held at the end.
    pub unrealised: Money,
    /// Fees.
    pub fees: Money,
    /// Orders sent.
    pub orders: u64,
    /// Executions.
    pub fills: u64,
}

impl Profit {
    fn of(engine: &Engine) -> Self {
        let (portfolio, counters) = (engine.portfolio(), engine.counters());
        Self {
            realised: portfolio.realised(),
            unrealised: portfolio.unrealised(),
            fees: portfolio.fees(),
            orders: counters.orders_sent,
            fills: counters.fills,
        }
    }

    /// After fees, what is still held included.
    #[must_use]
    pub fn net(&self) -> Money {
        self.realised + self.unrealised - self.fees
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// How far to trust it.
    pub footing: Footing,
    /// What the session came to.
    pub recorded: Profit,
    /// What it would have come to.
    pub what_if: Profit,
    /// Orders that differ, in the order of time.
    pub changes: Vec<OrderChange>,
}

impl WhatIf {
    /// How many orders changed that way.
    #[must_use]
    pub fn count(&self, change: Change) -> usize {
        self.changes.iter().filter(|order| order.change == change).count()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The session, or an engine with those settings.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The session itself does not come out the same, so no difference would mean anything.
    #[error("the session itself does not come out the same at record {0}: see `st0ck replay`")]
    Differs(u64),
}

/// Lets a session folder happen under `changed` settings: its own header with other values.
///
/// # Errors
/// [`WhatIfError`] when the session cannot be read or replayed, or no engine can be built.
pub fn what_if(session: &Path, changed: &SessionHeader) -> Result<WhatIf, WhatIfError> {
    let (result, engine) = replay::replay(session, None)?;
    if let Some(difference) = result.first_difference {
        return Err(WhatIfError::Differs(difference.seq.0));
    }
    let recorded = Profit::of(&engine);
    let header = SessionHeader::vouched(session).map_err(ReplayError::Header)?;
    let (footing, played) = match proven_requests(session, &header)? {
        Some(requests) => (Footing::Proven, play(session, changed, Mode::Whole(requests), false)?),
        None => (Footing::Modelled, play(session, changed, Mode::Forked, false)?),
    };
    Ok(WhatIf {
        footing,
        recorded,
        what_if: Profit::of(&played.engine),
        changes: changes::between(&played.recorded, &played.sent),
    })
}

/// The number of requests before the session with which the venue tells every recorded fill again;
/// `None` when there is none. It is not recorded, and the ways of all later messages hang on it.
fn proven_requests(session: &Path, header: &SessionHeader) -> Result<Option<u32>, ReplayError> {
    if header.clock != "feed" {
        return Ok(None);
    }
    let others = (0..START_REQUESTS_MAX).filter(|n| *n != START_REQUESTS);
    for requests in std::iter::once(START_REQUESTS).chain(others) {
        if play(session, header, Mode::Whole(requests), true)?.told_the_same {
            return Ok(Some(requests));
        }
    }
    Ok(None)
}

fn play(
    session: &Path,
    header: &SessionHeader,
    mode: Mode,
    proving: bool,
) -> Result<Played, ReplayError> {
    let engine = build::engine(header)?;
    Ok(Play::new(engine, header.seed, mode).run(session, proving)?)
}
