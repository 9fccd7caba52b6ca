//! Whether the lane may trade this at all (C1–C4, C23, the table's room), and whether the order is
//! well formed (C5).

use super::view::{Check, View, count};
use super::{EntryHours, TradingState};
use st0ck_types::calendar::Date;
use st0ck_types::symbol::occ::OccSymbol;
use st0ck_types::{AssetClass, Instrument, Nanos, Price, Qty, RejectCode};

/// The state that lets the order pass, and the state there is. Closing needs REDUCING.
#[inline(always)]
pub(super) fn c1_trading_state(view: &View<'_>) -> Check {
    let needed = if view.opens() { TradingState::Active } else { TradingState::Reducing };
    let state = view.world.trading;
    Check {
        code: RejectCode::TradingState,
        value: count(state as usize),
        limit: count(needed as usize),
        passed: state >= needed,
    }
}

/// The order carries this lane's installation and bot, and a strategy of this lane.
#[inline(always)]
pub(super) fn c2_account_binding(view: &View<'_>) -> Check {
    let (order, ours) = (view.order, view.gate.identity());
    let bound = order.client_id.is_of(ours.nonce, ours.bot);
    Check::holds(RejectCode::AccountBinding, bound && view.gate.entries.knows(order.strategy))
}

/// The instrument is on the list, was defined by the feed, and is one that can be bought.
#[inline(always)]
pub(super) fn c3_allowed(view: &View<'_>) -> Check {
    let known = view.def().is_some_and(|def| def.class != AssetClass::Index);
    let allowed = known && view.slot.is_some_and(|slot| slot.allowed);
    Check::holds(RejectCode::NotAllowed, allowed)
}

/// Time past the close, or, negative, until the open.
#[inline(always)]
pub(super) fn c3_session_open(view: &View<'_>) -> Check {
    let session = &view.world.session;
    let bound = if view.now() < session.open() { session.open() } else { session.close() };
    Check {
        code: RejectCode::SessionClosed,
        value: view.now().since(bound),
        limit: 0,
        passed: session.is_open(),
    }
}

#[inline(always)]
pub(super) fn c3_not_halted(view: &View<'_>) -> Check {
    Check::absent(RejectCode::Halted, view.slot.is_some_and(|slot| slot.book.is_halted()))
}

/// How many limits are not set.
#[inline(always)]
pub(super) fn c4_limits_set(view: &View<'_>) -> Check {
    Check::at_most(RejectCode::LimitMissing, count(view.gate.limits_unset()), 0)
}

#[inline(always)]
pub(super) fn c5_qty_positive(view: &View<'_>) -> Check {
    let qty = view.order.qty;
    Check { code: RejectCode::QtyNotPositive, value: qty.0, limit: 0, passed: qty > Qty::ZERO }
}

#[inline(always)]
pub(super) fn c5_price_positive(view: &View<'_>) -> Check {
    let price = view.order.kind.limit().unwrap_or(Price::ONE);
    Check {
        code: RejectCode::PriceNotPositive,
        value: price.0,
        limit: 0,
        passed: price > Price::ZERO,
    }
}

/// The limit price and the tick it must be a multiple of.
#[inline(always)]
pub(super) fn c5_on_tick(view: &View<'_>) -> Check {
    let tick = view.def().map_or(Price::ZERO, |def| def.tick);
    let price = view.order.kind.limit();
    Check {
        code: RejectCode::OffTick,
        value: price.unwrap_or(tick).0,
        limit: tick.0,
        passed: price.is_none_or(|price| price.is_on_tick(tick)),
    }
}

/// The quantity and the lot it must be a multiple of.
#[inline(always)]
pub(super) fn c5_on_lot(view: &View<'_>) -> Check {
    let lot = view.def().map_or(Qty::ZERO, |def| def.lot);
    let qty = view.order.qty;
    Check { code: RejectCode::OffLot, value: qty.0, limit: lot.0, passed: qty.is_on_lot(lot) }
}

/// Time since the open, and the bound of the entry window, counted alike, that it is nearest to
/// breaking: the beginning while it has not begun, else the end.
#[inline(always)]
pub(super) fn c23_entry_window(view: &View<'_>) -> Check {
    let (from, until) = entry_window(view);
    let (now, open) = (view.now(), view.world.session.open());
    let bound = if now < from { from } else { until };
    Check {
        code: RejectCode::EntryWindow,
        value: now.since(open),
        limit: bound.since(open),
        passed: from <= now && now < until,
    }
    .for_opening(view)
}

/// When entries are allowed: the bot's own hours, never into the session's last part.
fn entry_window(view: &View<'_>) -> (Nanos, Nanos) {
    let (session, limits) = (&view.world.session, view.limits());
    let cutoff = session.close() - limits.entry_cutoff;
    match limits.entry_hours {
        None => (session.open(), cutoff),
        Some(EntryHours { from, until }) => {
            (session.at_local(from), session.at_local(until).min(cutoff))
        }
    }
}

/// Time to the close, and how much of it there must be to enter an option that expires today.
#[inline(always)]
pub(super) fn c23_expiry(view: &View<'_>) -> Check {
    let session = &view.world.session;
    let left = session.close().since(view.now());
    let expires = view.def().and_then(expiry);
    let due = expires.is_some_and(|date| date <= session.date());
    Check {
        code: RejectCode::ExpiryCutoff,
        value: left,
        limit: if due { view.limits().expiry_cutoff } else { 0 },
        passed: !due || left > view.limits().expiry_cutoff,
    }
    .for_opening(view)
}

/// The day on which an option ends, as its symbol tells.
fn expiry(def: &Instrument) -> Option<Date> {
    let option = (def.class == AssetClass::Option).then_some(def.symbol)?;
    let occ = OccSymbol::parse(option.as_str())?;
    Date::new(i32::from(occ.year), u32::from(occ.month), u32::from(occ.day))
}

/// Orders of the session, this one included, and how many the table holds.
#[inline(always)]
pub(super) fn order_table(view: &View<'_>) -> Check {
    let orders = view.world.orders.all().len() + 1;
    Check::at_most(RejectCode::OrderTable, count(orders), count(view.gate.orders_max()))
}
