//! One place of a session in numbers and words: what conditions compare.

use crate::groups::Group;
use st0ck_engine::engine::Engine;
use st0ck_types::{Input, InstrumentId, Output, Price, Report};

/// The engine after an input, seen from one instrument. Numbers are in 1e-9 of their unit.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    group: Option<&'a Group>,
    engine: &'a Engine,
    instrument: InstrumentId,
}

impl<'a> Moment<'a> {
    pub(super) fn new(
        group: Option<&'a Group>,
        engine: &'a Engine,
        instrument: InstrumentId,
    ) -> Self {
        Self { group, engine, instrument }
    }

    fn sides(&self) -> Option<(Price, Price)> {
        let book = self.engine.world().market.book(self.instrument)?;
        Some((book.bid()?, book.ask()?))
    }

    /// Best bid; `None` when nobody bids.
    #[must_use]
    pub fn bid(&self) -> Option<i64> {
        Some(self.engine.world().market.book(self.instrument)?.bid()?.0)
    }

    /// Best ask; `None` when nobody offers.
    #[must_use]
    pub fn ask(&self) -> Option<i64> {
        Some(self.engine.world().market.book(self.instrument)?.ask()?.0)
    }

    /// Ask less bid; `None` without two sides.
    #[must_use]
    pub fn spread(&self) -> Option<i64> {
        let (bid, ask) = self.sides()?;
        Some(ask.checked_sub(bid)?.0)
    }

    /// The spread in basis points of the middle; `None` without two sides.
    #[must_use]
    pub fn spread_bps(&self) -> Option<i64> {
        let (bid, ask) = self.sides()?;
        let middle = i128::from(bid.midpoint(ask).0);
        let bps = i128::from(ask.checked_sub(bid)?.0) * 10_000 * 1_000_000_000;
        i64::try_from(bps.checked_div(middle)?).ok()
    }

    /// Shares held; negative when short.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.engine.portfolio().position(self.instrument).qty.0
    }

    /// The day's realised profit, gross of fees, USD.
    #[must_use]
    pub fn realized_pnl(&self) -> i64 {
        self.engine.portfolio().realised().to_e9()
    }

    /// The profit not realised, USD.
    #[must_use]
    pub fn unrealized_pnl(&self) -> i64 {
        self.engine.portfolio().unrealised().to_e9()
    }

    /// Orders that may still trade, as a number.
    #[must_use]
    pub fn open_orders(&self) -> i64 {
        let open = self.engine.orders().live().count();
        i64::try_from(open).unwrap_or(i64::MAX).saturating_mul(1_000_000_000)
    }

    /// The lane's state.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.engine.state().as_str()
    }

    /// Whether the input led to an order.
    #[must_use]
    pub fn has_order(&self) -> bool {
        self.outputs().any(|output| matches!(output, Output::Order(_)))
    }

    /// Whether the input led to a cancel.
    #[must_use]
    pub fn has_cancel(&self) -> bool {
        self.outputs().any(|output| matches!(output, Output::Cancel(_)))
    }

    /// Whether the input is an execution.
    #[must_use]
    pub fn has_fill(&self) -> bool {
        self.group.is_some_and(|group| matches!(group.input, Input::Report(Report::Fill(_))))
    }

    /// Codes of the refusals that the input led to.
    pub fn rejects(&self) -> impl Iterator<Item = &'static str> + use<'a> {
        self.outputs().filter_map(|output| match output {
            Output::Reject(reject) => Some(reject.code.as_str()),
            _ => None,
        })
    }

    fn outputs(&self) -> impl Iterator<Item = &'a Output> + use<'a> {
        self.group.into_iter().flat_map(|group| &group.outputs)
    }
}
