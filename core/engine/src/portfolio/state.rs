//! The portfolio as kept and hashed state: every figure belongs to both.
//!
//! Costs what was traded this session, not what could be.

use super::Portfolio;
use super::book::{Book, Totals};
use super::lot::{Lot, LotQueue};
use super::position::{Position, RoundTrip};
use st0ck_types::state::StateError;
use st0ck_types::{Money, Price, Qty, StateReader, StateSink};

impl Portfolio {
    /// Writes cash and books.
    pub fn save(&self, sink: &mut dyn StateSink) {
        sink.i128(self.paid_in.0);
        sink.i128(self.cash.0);
        self.account.save(sink);
        sink.u64(self.strategies.len() as u64);
        for book in &self.strategies {
            book.save(sink);
        }
    }

    /// Reads back what [`Self::save`] wrote, into a portfolio of the same room.
    ///
    /// # Errors
    /// [`StateError`] when the state is of another version or does not fit.
    pub fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.paid_in = Money(from.i128("paid in")?);
        self.cash = Money(from.i128("cash")?);
        self.account.load(from)?;
        if from.u64("strategies")? != self.strategies.len() as u64 {
            return Err(from.invalid("another number of strategies"));
        }
        self.strategies.iter_mut().try_for_each(|book| book.load(from))
    }
}

impl Book {
    fn save(&self, sink: &mut dyn StateSink) {
        save_totals(&self.totals, sink);
        sink.u64(self.traded.len() as u64);
        for &instrument in &self.traded {
            let position = &self.positions[instrument as usize];
            sink.u32(instrument);
            save_position(position, sink);
            sink.u64(self.pool.iter(&position.lots).count() as u64);
            for lot in self.pool.iter(&position.lots) {
                sink.i64(lot.qty.0);
                sink.i128(lot.cost.0);
            }
        }
    }

    fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.totals = load_totals(from)?;
        self.traded.clear();
        self.positions.fill(Position::default());
        self.pool.clear();
        for _ in 0..from.u64("traded instruments")? {
            let instrument = from.u32("instrument")?;
            let slot = self.positions.get_mut(instrument as usize);
            let slot = slot.ok_or(from.invalid("an instrument there is no room for"))?;
            if slot.multiplier != 0 {
                return Err(from.invalid("an instrument twice"));
            }
            let mut position = load_position(from)?;
            for _ in 0..from.u64("lots")? {
                let lot = Lot { qty: Qty(from.i64("lot")?), cost: Money(from.i128("lot cost")?) };
                self.pool.push(&mut position.lots, lot);
            }
            *slot = position;
            self.traded.push(instrument);
        }
        Ok(())
    }
}

fn save_position(position: &Position, sink: &mut dyn StateSink) {
    sink.i64(position.qty.0);
    sink.i128(position.cost.0);
    sink.u32(u32::from(position.multiplier));
    sink.bool(position.mark.is_some());
    sink.i64(position.mark.unwrap_or(Price::ZERO).0);
    for money in [
        position.realised_average,
        position.realised_fifo,
        position.fees,
        position.trip.pnl,
        position.trip.fees,
    ] {
        sink.i128(money.0);
    }
}

fn load_position(from: &mut StateReader<'_>) -> Result<Position, StateError> {
    let qty = Qty(from.i64("position")?);
    let cost = Money(from.i128("cost")?);
    let multiplier = u16::try_from(from.u32("multiplier")?);
    let multiplier = multiplier.ok().filter(|&m| m > 0).ok_or(from.invalid("multiplier"))?;
    let marked = from.bool("marked")?;
    let mark = Price(from.i64("mark")?);
    Ok(Position {
        qty,
        cost,
        multiplier,
        mark: marked.then_some(mark),
        realised_average: Money(from.i128("realised")?),
        realised_fifo: Money(from.i128("realised fifo")?),
        fees: Money(from.i128("fees")?),
        trip: RoundTrip { pnl: Money(from.i128("trip")?), fees: Money(from.i128("trip fees")?) },
        lots: LotQueue::default(),
    })
}

fn save_totals(totals: &Totals, sink: &mut dyn StateSink) {
    for money in
        [totals.cost, totals.unrealised, totals.realised_average, totals.realised_fifo, totals.fees]
    {
        sink.i128(money.0);
    }
    for count in [totals.round_trips, totals.wins, totals.losses] {
        sink.u64(count);
    }
}

fn load_totals(from: &mut StateReader<'_>) -> Result<Totals, StateError> {
    Ok(Totals {
        cost: Money(from.i128("cost held")?),
        unrealised: Money(from.i128("unrealised")?),
        realised_average: Money(from.i128("realised")?),
        realised_fifo: Money(from.i128("realised fifo")?),
        fees: Money(from.i128("fees")?),
        round_trips: from.u64("round trips")?,
        wins: from.u64("wins")?,
        losses: from.u64("losses")?,
    })
}
