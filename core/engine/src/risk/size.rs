//! How much: one order (C6, C7), one position with all that may still join it (C10, C22), and the
//! number of orders open (C16). Orders whose fate is unknown count in full everywhere.

use super::view::{Check, View, count};
use crate::world::World;
use st0ck_types::{InstrumentId, PositionEffect, Qty, RejectCode, Side};

pub(super) fn c6_order_qty(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.order_contracts_max } else { limits.order_shares_max };
    Check::at_most(RejectCode::OrderQty, view.order.qty.0, most.0)
}

pub(super) fn c7_order_value(view: &View<'_>) -> Check {
    let value = view.value_of(view.order.qty);
    Check::money_at_most(RejectCode::OrderValue, value, view.limits().order_value_max)
        .for_opening(view)
}

/// What the position would be worth if every order of this side filled.
pub(super) fn c10_position_value(view: &View<'_>) -> Check {
    let (world, order) = (view.world, view.order);
    let held = order.side.signed(view.position());
    let working = world.orders.working_qty(order.instrument, order.side);
    let worst = held.0.saturating_add(working.0).saturating_add(order.qty.0);
    let value = view.value_of(Qty(worst.max(0)));
    Check::money_at_most(RejectCode::PositionValue, value, view.limits().position_value_max)
        .for_opening(view)
}

/// Positions there are and may come to be, this order's included.
pub(super) fn c10_position_count(view: &View<'_>) -> Check {
    let instrument = view.order.instrument;
    let new = usize::from(view.slot.is_none() || !is_in_play(view.world, instrument));
    let positions = positions_in_play(view.world) + new;
    let most = view.limits().positions_max as usize;
    Check::at_most(RejectCode::PositionCount, count(positions), count(most)).for_opening(view)
}

fn positions_in_play(world: &World) -> usize {
    let instruments = (0..world.market.len()).map(InstrumentId::at);
    instruments.filter(|&instrument| is_in_play(world, instrument)).count()
}

/// Whether there is a position, or an order that may open one.
fn is_in_play(world: &World, instrument: InstrumentId) -> bool {
    let opening = |side| world.orders.opening_qty(instrument, side) > Qty::ZERO;
    !world.portfolio.position(instrument).qty.is_zero() || opening(Side::Buy) || opening(Side::Sell)
}

/// Live orders of the instrument, this one included.
pub(super) fn c16_open_orders_of_instrument(view: &View<'_>) -> Check {
    let orders = view.world.orders.live_count(view.order.instrument) + 1;
    let most = view.limits().open_orders_per_instrument_max as usize;
    Check::at_most(RejectCode::OpenOrders, count(orders), count(most)).for_opening(view)
}

/// Live orders of the lane, this one included.
pub(super) fn c16_open_orders(view: &View<'_>) -> Check {
    let orders = view.world.orders.live().count() + 1;
    let most = view.limits().open_orders_max as usize;
    Check::at_most(RejectCode::OpenOrders, count(orders), count(most)).for_opening(view)
}

/// A closing order may close what its strategy holds and has not offered already; a sell that opens
/// would be short, which is not allowed.
pub(super) fn c22_held(view: &View<'_>) -> Check {
    let (world, order) = (view.world, view.order);
    let closable = match (order.effect, order.side) {
        (PositionEffect::Open, Side::Buy) => order.qty,
        (PositionEffect::Open, Side::Sell) => Qty::ZERO,
        (PositionEffect::Close, side) => {
            let held = side.opposite().signed(view.own_position());
            let offered = world.orders.working_qty_of(order.strategy, order.instrument, side);
            Qty(held.0.saturating_sub(offered.0).max(0))
        }
    };
    Check::at_most(RejectCode::SellMoreThanHeld, order.qty.0, closable.0)
}
