//! What the book says to a well-formed order: the second half of validation.
//!
//! Called by [`House::submit`](crate::house::House::submit) and its sister `replace`, in this order
//! (`alpaca.md` §13.3): prices, client id, position intent, the asset's standing, what the account may do,
//! windows of auctions, wash trade, quantity, buying power.

mod power;
mod price;
mod quantity;
mod standing;
mod wash;
mod windows;

pub(crate) use power::{buying_power, closing_only};
pub(crate) use price::{exits, exits_apart, increments, stop_side};
pub(crate) use quantity::{fractional_short, fractional_trading, quantity};
pub(crate) use standing::standing;
pub(crate) use wash::wash_trade;
pub(crate) use windows::auction_window;

use crate::book::account::cost_basis;
use crate::book::orders::Orders;
use crate::book::position::Intent;
use crate::market::asset::Asset;
use crate::refusal::Refusal;
use crate::terms::{Class, Kind};
use st0ck_types::{Money, Qty, Side};

/// An order that is about to be let in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    /// What.
    pub(crate) asset: &'a Asset,
    /// Its index.
    pub(crate) asset_index: usize,
    /// Which way.
    pub(crate) side: Side,
    /// Its type and prices.
    pub(crate) kind: Kind,
    /// How it stands to others.
    pub(crate) class: Class,
    /// How many; zero where dollars say so.
    pub(crate) qty: Qty,
    /// For how much, when it opens by dollars.
    pub(crate) dollars: Option<Money>,
    /// What it does to the position.
    pub(crate) intent: Intent,
}

impl Draft<'_> {
    /// Whether it is for parts of shares.
    fn is_fractional(&self) -> bool {
        self.dollars.is_some() || !self.qty.is_on_lot(Qty::ONE)
    }

    /// What it would bind.
    fn cost(&self) -> Money {
        self.dollars.unwrap_or_else(|| cost_basis(self.side, self.kind, self.qty, self.asset))
    }
}

/// A client id is used once, for ever.
pub(crate) fn unique_client_id(id: Option<&str>, orders: &Orders) -> Result<(), Refusal> {
    match id.filter(|id| orders.is_taken(id)) {
        Some(_) => Err(Refusal::parameter("client_order_id must be unique")),
        None => Ok(()),
    }
}

/// What the client says the order does must be what it does.
pub(crate) fn position_intent(inferred: Intent, told: Option<Intent>) -> Result<(), Refusal> {
    match told {
        Some(told) if told != inferred => Err(Refusal::business(format!(
            "position intent mismatch, inferred: {}, specified: {}",
            inferred.as_str(),
            told.as_str()
        ))),
        _ => Ok(()),
    }
}
