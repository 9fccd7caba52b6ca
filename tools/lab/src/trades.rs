//! Round trips of a session, watched while it is replayed.

use crate::groups::Group;
use st0ck_engine::engine::Engine;
use st0ck_types::{InstrumentId, Money, Nanos, Price, Qty};

/// One round trip, flat to flat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// What.
    pub instrument: InstrumentId,
    /// First execution.
    pub opened_at: Nanos,
    /// Last execution.
    pub closed_at: Nanos,
    /// Largest position, negative when short.
    pub qty: Qty,
    /// Average price of the largest position.
    pub entry: Price,
    /// Average price at which it was given back: entry plus gross profit per share.
    pub exit: Price,
    /// Profit, gross of fees.
    pub gross: Money,
    /// Fees of both ways.
    pub fees: Money,
}

impl RoundTrip {
    /// Profit after fees.
    #[must_use]
    pub fn net(&self) -> Money {
        self.gross - self.fees
    }
}

/// A position under way.
#[derive(Debug, Clone, Copy)]
struct Open {
    since: Nanos,
    qty: Qty,
    entry: Price,
    realised: Money,
    fees: Money,
}

/// Collects round trips of one instrument.
#[derive(Debug, Clone)]
pub struct TradeLog {
    instrument: InstrumentId,
    open: Option<Open>,
    /// Profit and fees before the last change.
    before: (Money, Money),
    /// The round trips so far.
    pub trips: Vec<RoundTrip>,
}

impl TradeLog {
    /// Nothing yet.
    #[must_use]
    pub fn new(instrument: InstrumentId) -> Self {
        Self { instrument, open: None, before: (Money::ZERO, Money::ZERO), trips: Vec::new() }
    }

    /// Looks at the engine after a group.
    pub fn watch(&mut self, group: &Group, engine: &Engine) {
        let position = engine.portfolio().position(self.instrument);
        let now = (position.realised_average, position.fees);
        let average = position.average().unwrap_or_default();
        match self.open.as_mut() {
            None if position.qty.is_zero() => {}
            None => {
                let (realised, fees) = self.before;
                let (since, qty) = (group.at, position.qty);
                self.open = Some(Open { since, qty, entry: average, realised, fees });
            }
            Some(open) if !position.qty.is_zero() => {
                if position.qty.abs() > open.qty.abs() {
                    (open.qty, open.entry) = (position.qty, average);
                }
            }
            Some(open) => {
                let (gross, fees) = (now.0 - open.realised, now.1 - open.fees);
                let per_share = gross.per(open.qty).unwrap_or_default();
                let exit = open.entry.checked_add(per_share).unwrap_or_default();
                self.trips.push(RoundTrip {
                    instrument: self.instrument,
                    opened_at: open.since,
                    closed_at: group.at,
                    qty: open.qty,
                    entry: open.entry,
                    exit,
                    gross,
                    fees,
                });
                self.open = None;
            }
        }
        self.before = now;
    }
}
