//! The portfolio driven by hand: executions and marks in, what a statement shows after each out.
//!
//! The calculator behind `st0ck calc ledger`, and the door through which the portfolio is held
//! against ledgers kept elsewhere. Expiry, exercise and assignment are executions: the option's at
//! zero, the share's at the strike. Not for hot paths: results allocate.

use super::{Execution, Portfolio, position::Position};
use st0ck_types::{InstrumentId, Money, Price, Qty, Side, StrategyId};

/// What an instrument's line shows after an execution in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterFill {
    /// Quantity held, negative when short.
    pub position: Qty,
    /// Average price per unit, truncated to 1e-18; `None` when flat.
    pub average_cost: Option<Money>,
    /// Profit realised in this instrument at average cost, gross.
    pub realised_average: Money,
    /// Profit realised in this instrument first-in-first-out, gross.
    pub realised_fifo: Money,
    /// Fees paid in this instrument.
    pub fees: Money,
    /// Open lots under FIFO, oldest first: signed quantity and price per unit.
    pub open_lots: Vec<(Qty, Money)>,
    /// Cash of the account.
    pub cash: Money,
}

/// What an instrument's line shows after a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Quantity held, negative when short.
    pub position: Qty,
    /// Worth at its mark, negative when short.
    pub market_value: Money,
    /// Profit not realised, against average cost.
    pub unrealised_average: Money,
    /// Profit not realised, against the lots that FIFO left open.
    pub unrealised_fifo: Money,
}

/// What the account shows after a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterMark {
    /// The instruments marked, in the order given.
    pub by_instrument: Vec<Marked>,
    /// Cash.
    pub cash: Money,
    /// Cash and what is held, at its marks.
    pub equity: Money,
    /// Profit realised at average cost, gross.
    pub realised_average: Money,
    /// Profit realised first-in-first-out, gross.
    pub realised_fifo: Money,
    /// Fees paid.
    pub fees: Money,
}

/// One account's ledger.
#[derive(Debug)]
pub struct Ledger {
    portfolio: Portfolio,
    multipliers: Vec<u16>,
}

impl Ledger {
    /// Flat, with cash, over the instruments 0, 1, 2 … with these contract multipliers (1 for
    /// shares), and room for `fills` executions without merging a lot.
    #[must_use]
    pub fn new(cash: Money, multipliers: Vec<u16>, fills: usize) -> Self {
        Self { portfolio: Portfolio::new(multipliers.len(), 1, fills, cash), multipliers }
    }

    /// Books an execution: `qty` is positive for a buy, negative for a sale.
    ///
    /// # Panics
    /// As [`Portfolio::on_fill`].
    pub fn fill(
        &mut self,
        instrument: InstrumentId,
        qty: Qty,
        price: Price,
        fees: Money,
    ) -> AfterFill {
        self.portfolio.on_fill(&Execution {
            strategy: StrategyId(0),
            instrument,
            side: if qty < Qty::ZERO { Side::Sell } else { Side::Buy },
            price,
            qty: qty.abs(),
            fees,
            multiplier: self.multipliers[instrument.index()],
        });
        self.line(instrument)
    }

    /// Marks instruments at prices.
    pub fn mark(&mut self, prices: &[(InstrumentId, Price)]) -> AfterMark {
        for &(instrument, price) in prices {
            self.portfolio.mark(instrument, price);
        }
        let totals = self.portfolio.totals();
        AfterMark {
            by_instrument: prices.iter().map(|&(instrument, _)| self.marked(instrument)).collect(),
            cash: self.portfolio.cash(),
            equity: self.portfolio.equity(),
            realised_average: totals.realised_average,
            realised_fifo: totals.realised_fifo,
            fees: totals.fees,
        }
    }

    fn line(&self, instrument: InstrumentId) -> AfterFill {
        let position: &Position = self.portfolio.position(instrument);
        let multiplier = self.multipliers[instrument.index()];
        let lots = self.portfolio.lots(instrument);
        AfterFill {
            position: position.qty,
            average_cost: position.average_exact(),
            realised_average: position.realised_average,
            realised_fifo: position.realised_fifo,
            fees: position.fees,
            open_lots: lots.filter_map(|l| Some((l.qty, l.unit_cost(multiplier)?))).collect(),
            cash: self.portfolio.cash(),
        }
    }

    fn marked(&self, instrument: InstrumentId) -> Marked {
        let position = self.portfolio.position(instrument);
        Marked {
            instrument,
            position: position.qty,
            market_value: position.market_value(),
            unrealised_average: position.unrealised(),
            unrealised_fifo: position.unrealised_fifo(),
        }
    }
}
