//! Finding orders: by ordinal, by name, and those that are still open.

use super::manager::OrderManager;
use super::order::Order;
use st0ck_types::{BrokerOrderId, ClientOrderId, OrderNo, StrategyId};

impl OrderManager {
    /// The order with this ordinal.
    #[must_use]
    pub fn get(&self, no: OrderNo) -> Option<&Order> {
        self.place(no).map(|place| &self.orders[place])
    }

    /// The order that we named so.
    #[must_use]
    pub fn find(&self, id: &ClientOrderId) -> Option<&Order> {
        self.place_of(id, BrokerOrderId::NONE).map(|place| &self.orders[place])
    }

    pub(super) fn place(&self, no: OrderNo) -> Option<usize> {
        let place = no.0.checked_sub(self.first)? as usize;
        (place < self.orders.len()).then_some(place)
    }

    /// By our name; where the broker tells only its own (a list of executions may), by that one.
    pub(super) fn place_of(&self, id: &ClientOrderId, broker_id: BrokerOrderId) -> Option<usize> {
        if id.0.is_empty() {
            let named = |order: &Order| broker_id.is_known() && order.broker_id == broker_id;
            return self.orders.iter().rposition(named);
        }
        let place = self.place(id.parts()?.order)?;
        (self.orders[place].request.client_id == *id).then_some(place)
    }

    /// Orders that may still trade, oldest first. Costs what is open.
    pub fn live(&self) -> impl Iterator<Item = &Order> {
        self.unsettled().filter(|order| order.is_live())
    }

    /// The live orders of one strategy, oldest first.
    pub fn live_of(&self, strategy: StrategyId) -> impl Iterator<Item = &Order> {
        self.live().filter(move |order| order.request.strategy == strategy)
    }

    /// Live orders, and those that are over with executions still to come.
    pub fn unsettled(&self) -> impl Iterator<Item = &Order> {
        self.open.iter().map(|&place| &self.orders[place as usize])
    }

    /// Every order of the session, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Order] {
        &self.orders
    }
}
