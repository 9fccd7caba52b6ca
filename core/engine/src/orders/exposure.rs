//! What open orders can still do to positions, in the worst case: what the gate reserves.
//!
//! Sums over the orders not settled; UNKNOWN ones count in full. Sums saturate: a bound that does
//! not fit is as large as can be.

use super::{Order, OrderManager};
use st0ck_types::{InstrumentId, PositionEffect, Qty, Side, StrategyId};

impl OrderManager {
    /// Quantity that orders of this side may still trade.
    #[must_use]
    pub fn working_qty(&self, instrument: InstrumentId, side: Side) -> Qty {
        self.sum(|order| order.request.instrument == instrument && order.request.side == side)
    }

    /// As [`Self::working_qty`], of one strategy's orders alone.
    #[must_use]
    pub fn working_qty_of(
        &self,
        strategy: StrategyId,
        instrument: InstrumentId,
        side: Side,
    ) -> Qty {
        self.sum(|order| {
            let asked = &order.request;
            asked.strategy == strategy && asked.instrument == instrument && asked.side == side
        })
    }

    /// Quantity by which orders of this side that open or add may still grow a position.
    #[must_use]
    pub fn opening_qty(&self, instrument: InstrumentId, side: Side) -> Qty {
        self.sum(|order| {
            let asked = &order.request;
            asked.instrument == instrument
                && asked.side == side
                && asked.effect == PositionEffect::Open
        })
    }

    /// The lowest and the highest position that `position` can become.
    #[must_use]
    pub fn worst_case(&self, instrument: InstrumentId, position: Qty) -> (Qty, Qty) {
        let sold = self.working_qty(instrument, Side::Sell);
        let bought = self.working_qty(instrument, Side::Buy);
        (Qty(position.0.saturating_sub(sold.0)), Qty(position.0.saturating_add(bought.0)))
    }

    /// Live orders in an instrument.
    #[must_use]
    pub fn live_count(&self, instrument: InstrumentId) -> usize {
        self.live().filter(|order| order.request.instrument == instrument).count()
    }

    fn sum(&self, counts: impl Fn(&Order) -> bool) -> Qty {
        let leaves = self.unsettled().filter(|order| counts(order)).map(|order| order.leaves().0);
        Qty(leaves.fold(0, i64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::super::manager::tests::{IDS, buy};
    use super::*;
    use st0ck_types::report::{Fill, Status};
    use st0ck_types::{ExecutionId, Nanos, OrderNo, OrderRequest, Price, Report};

    fn units(n: i64) -> Qty {
        Qty::units(n).unwrap()
    }

    #[test]
    fn the_worst_case_counts_each_side_in_full() {
        let mut orders = OrderManager::new(4, IDS);
        let spy = InstrumentId(0);
        orders.adopt(buy(1, 5)).unwrap();
        let close = PositionEffect::Close;
        orders.adopt(OrderRequest { side: Side::Sell, effect: close, ..buy(2, 3) }).unwrap();
        orders.adopt(OrderRequest { strategy: StrategyId(1), ..buy(3, 7) }).unwrap();
        assert_eq!(orders.worst_case(spy, units(10)), (units(7), units(22)));
        assert_eq!(orders.working_qty_of(StrategyId(1), spy, Side::Buy), units(7));
        assert_eq!(orders.opening_qty(spy, Side::Sell), Qty::ZERO);
        assert_eq!(orders.opening_qty(spy, Side::Buy), units(12));
        assert_eq!(orders.live_count(spy), 3);
        assert_eq!(orders.working_qty(InstrumentId(1), Side::Buy), Qty::ZERO);
    }

    #[test]
    fn what_is_filled_or_over_no_longer_counts() {
        let mut orders = OrderManager::new(4, IDS);
        let spy = InstrumentId(0);
        orders.adopt(buy(1, 5)).unwrap();
        let client_id = IDS.mint(OrderNo(1));
        let (execution, price, qty) = (ExecutionId(1), Price::ONE, units(2));
        let fill = Fill { client_id, execution, price, qty, ..Fill::default() };
        orders.on_report(Nanos(1), &Report::Fill(fill));
        assert_eq!(orders.working_qty(spy, Side::Buy), units(3));
        let status = Status { client_id, ..Status::default() };
        orders.on_report(Nanos(2), &Report::Canceled(status));
        assert_eq!(orders.working_qty(spy, Side::Buy), Qty::ZERO);
        assert_eq!(orders.unsettled().count(), 0);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_as_large_as_can_be() {
        let mut orders = OrderManager::new(4, IDS);
        for no in 1..=2 {
            orders.adopt(OrderRequest { qty: Qty(i64::MAX), ..buy(no, 1) }).unwrap();
        }
        assert_eq!(orders.working_qty(InstrumentId(0), Side::Buy), Qty(i64::MAX));
        assert_eq!(orders.worst_case(InstrumentId(0), Qty::ONE).1, Qty(i64::MAX));
    }
}
