//! One ledger over all instruments: the account's, or one strategy's share of it.
//!
//! Sums are kept as they change, so that equity and the day's loss cost nothing to read.

use super::lot::{Lot, LotPool, share};
use super::position::{Position, notional};
use super::{Execution, FillEffect, RoundTrip};
use st0ck_types::{InstrumentId, Money, Price, Qty};

/// Sums over a book's positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Cost of what is held, at average cost.
    pub cost: Money,
    /// Profit not realised, against average cost.
    pub unrealised: Money,
    /// Profit realised at average cost, gross of fees.
    pub realised_average: Money,
    /// Profit realised first-in-first-out, gross of fees.
    pub realised_fifo: Money,
    /// Fees paid.
    pub fees: Money,
    /// Round trips, flat to flat.
    pub round_trips: u64,
    /// Round trips that made money after fees.
    pub wins: u64,
    /// Round trips that lost money after fees.
    pub losses: u64,
}

impl Totals {
    /// What was made so far: realised and unrealised, after fees.
    #[must_use]
    pub fn net(&self) -> Money {
        self.realised_average + self.unrealised - self.fees
    }
}

/// Positions by instrument, their lots and their sums.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) positions: Vec<Position>,
    /// Instruments traded this session, in the order of their first fill.
    pub(super) traded: Vec<u32>,
    pub(super) pool: LotPool,
    pub(super) totals: Totals,
}

impl Book {
    pub(super) fn new(instruments: usize, lots: usize) -> Self {
        Self {
            positions: vec![Position::default(); instruments],
            traded: Vec::with_capacity(instruments),
            pool: LotPool::new(lots),
            totals: Totals::default(),
        }
    }

    pub(super) fn position(&self, instrument: InstrumentId) -> &Position {
        &self.positions[instrument.index()]
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) fn lots(&self, instrument: InstrumentId) -> impl Iterator<Item = Lot> {
        self.pool.iter(&self.position(instrument).lots)
    }

    pub(super) fn traded(&self) -> impl Iterator<Item = InstrumentId> {
        self.traded.iter().map(|&index| InstrumentId(index))
    }

    /// Revalues what is held; an instrument that was never traded keeps no mark.
    pub(super) fn mark(&mut self, instrument: InstrumentId, price: Price) {
        let position = &mut self.positions[instrument.index()];
        if position.multiplier == 0 {
            return;
        }
        self.totals.unrealised += position.revalue(price);
    }

    /// Books an execution: what closes first, then what opens.
    pub(super) fn on_fill(&mut self, fill: &Execution) -> FillEffect {
        let before = *self.position(fill.instrument);
        if before.multiplier == 0 {
            self.traded.push(fill.instrument.0);
            self.positions[fill.instrument.index()].multiplier = fill.multiplier;
        }
        let closed = before.closable(fill.side.signed(fill.qty));
        let opened = Qty(fill.qty.0 - closed.0);
        // A fill through flat belongs to two round trips; each bears its share of the fees.
        let closing_fees =
            if closed.is_zero() { Money::ZERO } else { share(fill.fees, closed, fill.qty) };
        let mut effect = FillEffect { closed, ..FillEffect::default() };
        if !closed.is_zero() {
            effect.realised = self.close(fill, closed);
            effect.round_trip = self.end_trip(fill.instrument, effect.realised, closing_fees);
        }
        self.open(fill, opened, fill.fees - closing_fees);
        let now = *self.position(fill.instrument);
        self.totals.cost += now.cost - before.cost;
        self.totals.unrealised += now.unrealised() - before.unrealised();
        self.totals.fees += fill.fees;
        effect
    }

    /// Closes at the price of the fill, both ways of counting; returns the profit at average cost.
    fn close(&mut self, fill: &Execution, closed: Qty) -> Money {
        let position = &mut self.positions[fill.instrument.index()];
        let given = fill.side.opposite().signed(closed);
        let received = notional(fill.price, given, position.multiplier);
        let average = position.close(closed, received);
        let fifo = received - self.pool.relieve(&mut position.lots, closed);
        position.realised_average += average;
        position.realised_fifo += fifo;
        self.totals.realised_average += average;
        self.totals.realised_fifo += fifo;
        average
    }

    /// Opens or adds at the price of the fill, and charges the fees that are not of a closed trip.
    fn open(&mut self, fill: &Execution, opened: Qty, fees: Money) {
        let position = &mut self.positions[fill.instrument.index()];
        position.fees += fill.fees;
        position.trip.fees += fees;
        if opened.is_zero() {
            return;
        }
        let qty = fill.side.signed(opened);
        let cost = notional(fill.price, qty, position.multiplier);
        position.open(qty, cost);
        self.pool.push(&mut position.lots, Lot { qty, cost });
    }

    /// Adds to the round trip under way; returns it when it is over.
    fn end_trip(&mut self, instrument: InstrumentId, pnl: Money, fees: Money) -> Option<RoundTrip> {
        let position = &mut self.positions[instrument.index()];
        position.trip.pnl += pnl;
        position.trip.fees += fees;
        if !position.qty.is_zero() {
            return None;
        }
        let trip = std::mem::take(&mut position.trip);
        self.totals.round_trips += 1;
        self.totals.wins += u64::from(trip.net() > Money::ZERO);
        self.totals.losses += u64::from(trip.net() < Money::ZERO);
        Some(trip)
    }
}
