//! `GET /v2/positions` and `/v2/positions/{symbol or id}`.

use super::{Answer, Body};
use crate::book::broker::Broker;
use crate::refusal::Refusal;
use crate::wire::position::PositionView;
use st0ck_types::{Qty, Side};

/// Every open position.
pub(super) fn list(broker: &Broker) -> Body {
    let held = (0..broker.assets.len()).filter_map(|index| view(broker, index));
    Body::ok(&held.collect::<Vec<_>>())
}

/// One open position.
pub(super) fn show(broker: &Broker, symbol_or_id: &str) -> Answer {
    let view = broker.asset(symbol_or_id).and_then(|index| view(broker, index));
    view.map(|view| Body::ok(&view)).ok_or_else(|| Refusal::not_found("position does not exist"))
}

/// `None` when the account is flat in the asset.
fn view(broker: &Broker, index: usize) -> Option<PositionView> {
    let position = &broker.positions[index];
    let closing = match position.qty.0.signum() {
        0 => return None,
        1 => Side::Sell,
        _ => Side::Buy,
    };
    let held = broker.orders.open_on(index, closing).map(|order| order.leaves().0).sum();
    Some(PositionView::new(&broker.assets[index], position, Qty(held)))
}
