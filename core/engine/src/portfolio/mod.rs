//! What we own, what it cost, and what was made of it.
//!
//! Two ways of counting stand side by side, average cost and first-in-first-out, and for the
//! account and each strategy a book of its own. Realised and unrealised profit are gross; fees are
//! apart. Called by the engine with every booked execution and every price to mark at.
//!
//! *Invariant:* cash + cost of what is held = money paid in + realised − fees, to the last digit,
//! for both ways of counting. Nothing allocates after [`Portfolio::new`].

mod book;
pub mod fees;
pub mod ledger;
mod lot;
mod position;
pub(crate) mod range;
mod state;

use st0ck_types::{InstrumentId, Money, Price, Qty, Side, StrategyId};

pub use book::Totals;
pub use lot::Lot;
pub use position::{Position, RoundTrip};

use book::Book;

/// One execution to book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// Whose.
    pub strategy: StrategyId,
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// Per unit of the underlying; zero for an option that expires.
    pub price: Price,
    /// How many, positive.
    pub qty: Qty,
    /// What was charged for it, positive.
    pub fees: Money,
    /// Units of the underlying per contract; 1 for shares.
    pub multiplier: u16,
}

/// What an execution did to its strategy's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FillEffect {
    /// Profit realised, at average cost, gross of fees.
    pub realised: Money,
    /// Quantity that closed; the rest of the execution opened.
    pub closed: Qty,
    /// The round trip that ended: the position was flat, and got flat or turned round.
    pub round_trip: Option<RoundTrip>,
}

/// The positions and the money of one lane.
#[derive(Debug)]
pub struct Portfolio {
    /// Money paid in.
    paid_in: Money,
    cash: Money,
    account: Book,
    strategies: Vec<Book>,
}

impl Portfolio {
    /// Flat, with `cash`, and room for so many instruments, strategies and open lots per book.
    /// Beyond the lots, an instrument's newest ones are merged: only the order in which FIFO
    /// realises their profit is lost then.
    #[must_use]
    pub fn new(instruments: usize, strategies: usize, lots: usize, cash: Money) -> Self {
        let book = || Book::new(instruments, lots);
        let strategies = (0..strategies).map(|_| book()).collect();
        Self { paid_in: cash, cash, account: book(), strategies }
    }

    /// Books an execution in the account and in its strategy's book.
    ///
    /// # Panics
    /// When it names an instrument or strategy that there is no room for, or when a sum leaves the
    /// range of its type: the ledger would be broken, and the lane must stop. An execution that
    /// [`Portfolio::can_book`] does neither.
    pub fn on_fill(&mut self, execution: &Execution) -> FillEffect {
        let execution = &self.as_held(execution);
        let value = position::notional(
            execution.price,
            execution.side.signed(execution.qty),
            execution.multiplier,
        );
        self.cash -= value + execution.fees;
        self.account.on_fill(execution);
        let effect = self.strategies[usize::from(execution.strategy.0)].on_fill(execution);
        // All books value an instrument alike, also one that only this strategy trades from now on.
        let mark = self.account.position(execution.instrument).mark.unwrap_or(execution.price);
        self.mark(execution.instrument, mark);
        effect
    }

    /// The execution with the multiplier that the instrument had at its first one: a position, and the
    /// cash paid for it, are counted in one measure, whatever the feed tells later.
    fn as_held(&self, execution: &Execution) -> Execution {
        match self.account.position(execution.instrument).multiplier {
            0 => *execution,
            multiplier => Execution { multiplier, ..*execution },
        }
    }

    /// Values what is held of an instrument at this price. An instrument never traded ignores it;
    /// before its first mark it is valued at the price of its first execution.
    pub fn mark(&mut self, instrument: InstrumentId, price: Price) {
        self.account.mark(instrument, price);
        for book in &mut self.strategies {
            book.mark(instrument, price);
        }
    }

    /// Pays money in, or out when negative.
    pub fn deposit(&mut self, amount: Money) {
        self.paid_in += amount;
        self.cash += amount;
    }

    /// The account's position.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> &Position {
        self.account.position(instrument)
    }

    /// One strategy's share of it.
    #[must_use]
    pub fn position_of(&self, strategy: StrategyId, instrument: InstrumentId) -> &Position {
        self.strategies[usize::from(strategy.0)].position(instrument)
    }

    /// The account's open lots of an instrument, oldest first.
    pub fn lots(&self, instrument: InstrumentId) -> impl Iterator<Item = Lot> {
        self.account.lots(instrument)
    }

    /// Instruments the account holds or has held this session, in the order of their first fill.
    pub fn traded(&self) -> impl Iterator<Item = InstrumentId> {
        self.account.traded()
    }

    /// The account's sums.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        self.account.totals()
    }

    /// One strategy's sums.
    #[must_use]
    pub fn totals_of(&self, strategy: StrategyId) -> &Totals {
        self.strategies[usize::from(strategy.0)].totals()
    }

    /// Profit realised, at average cost, gross of fees.
    #[must_use]
    pub fn realised(&self) -> Money {
        self.totals().realised_average
    }

    /// Profit not realised, against average cost.
    #[must_use]
    pub fn unrealised(&self) -> Money {
        self.totals().unrealised
    }

    /// Fees paid.
    #[must_use]
    pub fn fees(&self) -> Money {
        self.totals().fees
    }

    /// Cash.
    #[must_use]
    pub fn cash(&self) -> Money {
        self.cash
    }

    /// Money paid in so far, the opening cash included.
    #[must_use]
    pub fn paid_in(&self) -> Money {
        self.paid_in
    }

    /// Cash and what is held, at its mark.
    #[must_use]
    pub fn equity(&self) -> Money {
        self.cash + self.totals().cost + self.totals().unrealised
    }

    /// Round trips, flat to flat, of the account.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.totals().round_trips
    }

    /// Round trips that made money after fees.
    #[must_use]
    pub fn wins(&self) -> u64 {
        self.totals().wins
    }

    /// Round trips that lost money after fees.
    #[must_use]
    pub fn losses(&self) -> u64 {
        self.totals().losses
    }
}
