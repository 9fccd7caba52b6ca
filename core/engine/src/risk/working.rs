//! What the lane's open orders come to, as seen by one order that wants to join them.
//!
//! Gathered in one pass before the gate asks its first control, and read by all that reserve for what
//! may still trade (C10, C11, C12, C16, C19, C21, C22). Orders whose fate is unknown count in full.
//! *Invariant:* sums saturate: a bound that does not fit is as large as can be.

use crate::orders::Order;
use crate::world::World;
use st0ck_types::{Money, OrderKind, OrderRequest, PositionEffect, Price, Qty, Side};

/// The open orders, and how they stand to the order that is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Working {
    /// Live orders of the lane.
    pub(super) live: usize,
    /// Live orders of the order's instrument.
    pub(super) live_of_instrument: usize,
    /// Orders of the order's strategy that open and have not begun to trade.
    pub(super) waiting: usize,
    /// How much orders of its instrument and side may still trade.
    pub(super) same_side: Qty,
    /// The same, of its strategy's orders alone.
    pub(super) own_same_side: Qty,
    /// The price of the live order on the other side that it would meet first. A market order that
    /// still works would meet any price.
    pub(super) met_first: Option<Price>,
    /// What orders that open may still pay or get.
    pub(super) opening: Money,
    /// What buys may still pay.
    pub(super) bought: Money,
    /// What sells may still get.
    pub(super) sold: Money,
}

impl Working {
    /// Sums up what is open, for an order that is expected to trade at `price`.
    #[inline]
    pub(super) fn seen_by(order: &OrderRequest, price: Price, world: &World) -> Self {
        let mut all = Self::default();
        for open in world.orders.unsettled() {
            all.count(open, order);
            all.meet(open, order, price);
            all.value(open, world);
        }
        debug_assert!(all.agrees(order, world), "one pass for all, and a pass for each question");
        all
    }

    /// The slow twin: the order table asked for each sum by itself.
    fn agrees(&self, order: &OrderRequest, world: &World) -> bool {
        let (orders, instrument, side) = (&world.orders, order.instrument, order.side);
        self.live == orders.live().count()
            && self.live_of_instrument == orders.live_count(instrument)
            && self.same_side == orders.working_qty(instrument, side)
            && self.own_same_side == orders.working_qty_of(order.strategy, instrument, side)
            && self.bought == world.working_value(|open| open.request.side == Side::Buy)
            && self.sold == world.working_value(|open| open.request.side == Side::Sell)
    }

    fn count(&mut self, open: &Order, order: &OrderRequest) {
        let asked = &open.request;
        let (alike, own) = (asked.instrument == order.instrument, asked.strategy == order.strategy);
        self.live += usize::from(open.is_live());
        self.live_of_instrument += usize::from(open.is_live() && alike);
        let opens = asked.effect == PositionEffect::Open;
        self.waiting += usize::from(own && opens && open.cum.is_zero());
        if alike && asked.side == order.side {
            let leaves = open.leaves().0;
            self.same_side.0 = self.same_side.0.saturating_add(leaves);
            self.own_same_side.0 =
                self.own_same_side.0.saturating_add(if own { leaves } else { 0 });
        }
    }

    fn meet(&mut self, open: &Order, order: &OrderRequest, price: Price) {
        let asked = &open.request;
        if !open.is_live() || asked.instrument != order.instrument || asked.side == order.side {
            return;
        }
        let resting = match asked.kind {
            OrderKind::Limit(limit) => limit,
            OrderKind::Market => price,
        };
        let nearer = |met: Price| match order.side {
            Side::Buy => met.min(resting),
            Side::Sell => met.max(resting),
        };
        self.met_first = Some(self.met_first.map_or(resting, nearer));
    }

    fn value(&mut self, open: &Order, world: &World) {
        let value = world.value_left(open).0;
        let side = match open.request.side {
            Side::Buy => &mut self.bought,
            Side::Sell => &mut self.sold,
        };
        side.0 = side.0.saturating_add(value);
        if open.request.effect == PositionEffect::Open {
            self.opening.0 = self.opening.0.saturating_add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::Identity;
    use crate::{Engine, EngineConfig, InstrumentConfig, Strategy};
    use st0ck_types::calendar::{Date, NYSE};
    use st0ck_types::state::StateError;
    use st0ck_types::{BotCode, Epoch, Input, InstrumentId, Nanos, Nonce, OrderNo, Output, Seq};
    use st0ck_types::{StateReader, StateSink, StrategyId, SystemEvent, TimeInForce};

    struct Idle;

    impl Strategy for Idle {
        fn save(&self, _into: &mut dyn StateSink) {}

        fn resume(&mut self, _from: &mut StateReader<'_>) -> Result<(), StateError> {
            Ok(())
        }
    }

    /// A lane that a journal gave one open order: a buy of five at 100.
    fn lane_with_one_open() -> (Engine, OrderRequest) {
        let ids =
            Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"s0a"), epoch: Epoch(1_600_000_000) };
        let session = NYSE.session(Date::new(2020, 12, 15).unwrap()).unwrap().unwrap();
        let instruments = vec![InstrumentConfig::new("SPY")];
        let capital = Money::parse("10000").unwrap();
        let config = EngineConfig::new(instruments, session, NYSE.zone(), ids, capital);
        let mut engine = Engine::new(config, vec![(StrategyId(0), Box::new(Idle))]).unwrap();
        let order = OrderRequest {
            no: OrderNo(1),
            client_id: ids.mint(OrderNo(1)),
            strategy: StrategyId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            effect: PositionEffect::Open,
            tif: TimeInForce::Day,
            kind: OrderKind::Limit(Price(100 * Price::ONE.0)),
            qty: Qty(5 * Qty::ONE.0),
            decided_at: Nanos(0),
            cause: Seq(1),
            tag: 0,
        };
        let input = Input::System(SystemEvent::JournalLow { low: false });
        engine.recover_input(session.open, Seq(1), &input, &[Output::Order(order)]);
        (engine, order)
    }

    #[test]
    fn each_sum_that_one_pass_got_wrong_is_seen_by_its_twin() {
        let (engine, order) = lane_with_one_open();
        let all = Working::seen_by(&order, Price(100 * Price::ONE.0), engine.world());
        assert_eq!(
            (all.live, all.same_side, all.bought),
            (1, order.qty, Money(500 * Money::ONE.0))
        );
        assert!(all.agrees(&order, engine.world()));
        for wrong in [
            Working { live: 2, ..all },
            Working { live_of_instrument: 2, ..all },
            Working { same_side: Qty::ONE, ..all },
            Working { own_same_side: Qty::ONE, ..all },
            Working { bought: Money::ONE, ..all },
            Working { sold: Money::ONE, ..all },
        ] {
            assert!(!wrong.agrees(&order, engine.world()), "{wrong:?}");
        }
    }
}
