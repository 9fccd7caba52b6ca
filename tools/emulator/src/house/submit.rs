//! A new order: checked, written into its account's book, and sent to the venue.

use crate::book::order::{Order, Stage};
use crate::book::position::Intent;
use crate::book::update::Event;
use crate::checks::{self, Draft};
use crate::house::{AccountNo, House};
use crate::market::asset::Asset;
use crate::refusal::Refusal;
use crate::terms::Amount;
use crate::ticket::Ticket;
use st0ck_types::{Money, Qty};

impl House {
    /// Takes an order in; its index in the account's orders. Until [`House::settle`] it stands there
    /// as received, for the reply must not tell what comes later.
    pub(crate) fn submit(&mut self, who: AccountNo, ticket: Ticket) -> Result<usize, Refusal> {
        let (asset, qty, intent) = self.check(who, &ticket)?;
        let order = self.make_order(who, ticket, asset, qty, intent);
        let (stage, at) = (order.stage, self.now);
        let index = self.book_mut(who).orders.insert(order);
        if stage == Stage::Accepted {
            self.tell(who, index, Event::Accepted, at);
        } else {
            self.tell(who, index, Event::PendingNew, at);
            self.route(who, index);
        }
        Ok(index)
    }

    fn check(&self, who: AccountNo, ticket: &Ticket) -> Result<(usize, Qty, Intent), Refusal> {
        let unknown = || Refusal::business(format!("asset \"{}\" not found", ticket.symbol));
        let asset_index = self.asset(&ticket.symbol).ok_or_else(unknown)?;
        let asset = &self.assets[asset_index];
        let qty = match ticket.amount {
            Amount::Shares(qty) if qty.is_on_lot(Qty::ONE) => qty,
            _ => {
                let message = format!("asset \"{}\" is not fractionable", asset.symbol);
                return Err(Refusal::business(message));
            }
        };
        let book = self.book(who);
        checks::price_increment(ticket.kind)?;
        checks::unique_client_id(ticket.client_order_id.as_deref(), &book.orders)?;
        let position = &book.positions[asset_index];
        let intent = Intent::infer(ticket.side, position.qty);
        checks::position_intent(intent, ticket.intent)?;
        let figures = self.figures(who);
        book.settings.permit(intent, figures.equity)?;
        let draft = Draft { asset, asset_index, side: ticket.side, kind: ticket.kind, qty, intent };
        checks::wash_trade(&draft, &book.orders)?;
        checks::quantity(&draft, position, &book.orders)?;
        checks::buying_power(&draft, &figures)?;
        Ok((asset_index, qty, intent))
    }

    fn make_order(
        &mut self,
        who: AccountNo,
        ticket: Ticket,
        asset: usize,
        qty: Qty,
        intent: Intent,
    ) -> Order {
        let (now, expires_at) = (self.now, self.expiry(&ticket));
        let trading = self.is_trading(ticket.extended_hours);
        let stage = if trading { Stage::PendingNew } else { Stage::Accepted };
        let Asset { id: asset_id, symbol, .. } = self.assets[asset];
        let ids = &mut self.book_mut(who).ids;
        Order {
            id: ids.uuid(),
            client_order_id: ticket.client_order_id.unwrap_or_else(|| ids.uuid_string()),
            asset,
            asset_id,
            symbol,
            side: ticket.side,
            intent,
            kind: ticket.kind,
            lifetime: ticket.lifetime,
            extended_hours: ticket.extended_hours,
            class: ticket.class,
            qty,
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage,
            key: None,
            cancel_requested_at: None,
            created_at: now,
            updated_at: now,
            expires_at,
            filled_at: None,
            canceled_at: None,
            expired_at: None,
            failed_at: None,
        }
    }
}
