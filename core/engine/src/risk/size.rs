//! How much: one order (C6, C7), one position with all that may still join it (C10, C22), and the
//! number of orders open (C16). Orders whose fate is unknown count in full everywhere.

use super::view::{Check, View, count};
use crate::world::World;
use st0ck_types::{InstrumentId, PositionEffect, Qty, RejectCode, Side};

#[inline(always)]
pub(super) fn c6_order_qty(view: &View<'_>) -> Check {
    let limits = view.limits();
    let most =
        if view.is_contract() { limits.order_contracts_max } else { limits.order_shares_max };
    Check::at_most(RejectCode::OrderQty, view.order.qty.0, most.0)
}

#[inline(always)]
pub(super) fn c7_order_value(view: &View<'_>) -> Check {
    Check::money_at_most(RejectCode::OrderValue, view.value, view.limits().order_value_max)
        .for_opening(view)
}

/// What the position would be worth if every order of this side filled.
#[inline(always)]
pub(super) fn c10_position_value(view: &View<'_>) -> Check {
    let order = view.order;
    let held = order.side.signed(view.position());
    let worst = held.0.saturating_add(view.working.same_side.0).saturating_add(order.qty.0);
    let value = view.world.value_of(order.instrument, view.price, Qty(worst.max(0)));
    Check::money_at_most(RejectCode::PositionValue, value, view.limits().position_value_max)
        .for_opening(view)
}

/// Positions there are and may come to be, this order's included.
#[inline(always)]
pub(super) fn c10_position_count(view: &View<'_>) -> Check {
    let (world, instrument) = (view.world, view.order.instrument);
    let counted = holds(world, instrument) || opening(world).any(|other| other == instrument);
    let positions = positions_in_play(world) + usize::from(!counted);
    let most = view.limits().positions_max as usize;
    Check::at_most(RejectCode::PositionCount, count(positions), count(most)).for_opening(view)
}

/// Instruments that are held, and flat ones in which an order may open a position. Costs what was
/// traded and what is open, not what the lane has.
fn positions_in_play(world: &World) -> usize {
    let held = world.portfolio.traded().filter(|&instrument| holds(world, instrument)).count();
    let coming = opening(world).enumerate().filter(|&(nth, instrument)| {
        let first = opening(world).take(nth).all(|earlier| earlier != instrument);
        first && !holds(world, instrument)
    });
    let positions = held + coming.count();
    debug_assert_eq!(positions, positions_one_by_one(world), "what is open against all there is");
    positions
}

/// The slow twin of [`positions_in_play`]: every instrument of the lane, asked by itself.
fn positions_one_by_one(world: &World) -> usize {
    let opens = |instrument, side| world.orders.opening_qty(instrument, side) > Qty::ZERO;
    let in_play = |&instrument: &InstrumentId| {
        holds(world, instrument)
            || [Side::Buy, Side::Sell].into_iter().any(|side| opens(instrument, side))
    };
    (0..world.market.len()).map(InstrumentId::at).filter(in_play).count()
}

/// Whether there is a position; none in an instrument that the lane does not have.
fn holds(world: &World, instrument: InstrumentId) -> bool {
    let known = world.market.slot(instrument).is_some();
    known && !world.portfolio.position(instrument).qty.is_zero()
}

/// The instrument of each order that may still open or grow a position.
fn opening(world: &World) -> impl Iterator<Item = InstrumentId> {
    let orders = world
        .orders
        .unsettled()
        .filter(|order| order.request.effect == PositionEffect::Open && order.leaves() > Qty::ZERO);
    orders.map(|order| order.request.instrument)
}

/// Live orders of the instrument, this one included.
#[inline(always)]
pub(super) fn c16_open_orders_of_instrument(view: &View<'_>) -> Check {
    let orders = view.working.live_of_instrument + 1;
    let most = view.limits().open_orders_per_instrument_max as usize;
    Check::at_most(RejectCode::OpenOrders, count(orders), count(most)).for_opening(view)
}

/// Live orders of the lane, this one included.
#[inline(always)]
pub(super) fn c16_open_orders(view: &View<'_>) -> Check {
    let orders = view.working.live + 1;
    let most = view.limits().open_orders_max as usize;
    Check::at_most(RejectCode::OpenOrders, count(orders), count(most)).for_opening(view)
}

/// A closing order may close what its strategy holds and has not offered already; a sell that opens
/// would be short, which is not allowed.
#[inline(always)]
pub(super) fn c22_held(view: &View<'_>) -> Check {
    let order = view.order;
    let closable = match (order.effect, order.side) {
        (PositionEffect::Open, Side::Buy) => order.qty,
        (PositionEffect::Open, Side::Sell) => Qty::ZERO,
        (PositionEffect::Close, side) => {
            let held = side.opposite().signed(view.own_position());
            Qty(held.0.saturating_sub(view.working.own_same_side.0).max(0))
        }
    };
    Check::at_most(RejectCode::SellMoreThanHeld, order.qty.0, closable.0)
}
