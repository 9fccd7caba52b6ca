//! Shares: a closing order may use what no other holds; an opening one may not stand beside an
//! opening one of the other direction.

use super::Draft;
use crate::account::configurations::Configurations;
use crate::book::Book;
use crate::book::position::Intent;
use crate::refusal::Refusal;
use st0ck_types::ids::uuid_text;
use st0ck_types::{Qty, Side};

/// Fractions of shares are not sold short.
pub(crate) fn fractional_short(draft: &Draft<'_>) -> Result<(), Refusal> {
    if draft.is_fractional() && draft.intent == Intent::SellToOpen {
        return Err(Refusal::business("fractional orders cannot be sold short"));
    }
    Ok(())
}

/// Fractions may be switched off by the account's owner.
pub(crate) fn fractional_trading(
    draft: &Draft<'_>,
    settings: &Configurations,
) -> Result<(), Refusal> {
    if draft.is_fractional() && !settings.fractional_trading {
        return Err(Refusal::forbidden("fractional trading is disabled for this account"));
    }
    Ok(())
}

/// Judges an order's shares against the position and the other open orders, of which one may be about
/// to be replaced and give back `freed`.
pub(crate) fn quantity(draft: &Draft<'_>, book: &Book, freed: Qty) -> Result<(), Refusal> {
    if draft.intent.opens() {
        return one_direction(draft, book);
    }
    let existing = book.positions[draft.asset_index].qty.abs();
    let held = Qty(book.held(draft.asset_index, draft.side).0 - freed.0);
    let available = Qty(existing.0 - held.0);
    if draft.qty <= available {
        return Ok(());
    }
    let related = book.orders.open_on(draft.asset_index, draft.side);
    let related: Vec<String> = related.map(|order| uuid_text(order.id).to_string()).collect();
    let refusal = Refusal::forbidden(format!(
        "insufficient qty available for order (requested: {}, available: {available})",
        draft.qty
    ));
    let refusal = refusal
        .with("available", available.to_string())
        .with("existing_qty", existing.to_string())
        .with("held_for_orders", held.to_string())
        .with("symbol", draft.asset.symbol.as_str());
    Err(if related.is_empty() { refusal } else { refusal.with("related_orders", related) })
}

fn one_direction(draft: &Draft<'_>, book: &Book) -> Result<(), Refusal> {
    let mut opposite = book.orders.open_on(draft.asset_index, draft.side.opposite());
    if opposite.any(|own| own.intent.opens()) {
        return Err(Refusal::forbidden(match draft.side {
            Side::Buy => "cannot open a long buy while a short sell order is open",
            Side::Sell => "cannot open a short sell while a long buy order is open",
        }));
    }
    let mut closing = book.orders.open_on(draft.asset_index, draft.side.opposite());
    if draft.dollars.is_some() && closing.any(|own| !own.intent.opens()) {
        return Err(Refusal::forbidden(
            "unable to open new notional orders while having open closing position orders",
        ));
    }
    Ok(())
}
