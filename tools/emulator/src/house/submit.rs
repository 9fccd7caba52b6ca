//! A new order: checked, written into its account's book, and sent on its way.

use crate::book::order::{Leg, Order, Stage};
use crate::book::position::Intent;
use crate::book::update::Event;
use crate::checks::{self, Draft};
use crate::house::{AccountNo, House};
use crate::market::asset::Asset;
use crate::refusal::Refusal;
use crate::terms::{Amount, Kind, Lifetime};
use crate::ticket::Ticket;
use st0ck_types::{Money, Price, Qty, Side};

impl House {
    /// Takes an order in; its index in the account's orders. Until [`House::settle`] it stands there
    /// as received, for the reply must not tell what comes later.
    pub(crate) fn submit(&mut self, who: AccountNo, ticket: Ticket) -> Result<usize, Refusal> {
        let draft = self.check(who, &ticket)?;
        let (asset, qty, intent) = (draft.asset_index, draft.qty, draft.intent);
        let exits = ticket.exits;
        let order = self.make_order(who, ticket, asset, qty, intent);
        let (stage, at) = (order.stage, self.now);
        let index = self.book_mut(who).orders.insert(order);
        self.form_group(who, index, exits);
        self.received += 1;
        if stage == Stage::Accepted {
            self.tell(who, index, Event::Accepted, at);
        } else {
            self.tell(who, index, Event::PendingNew, at);
            self.send(who, index);
        }
        Ok(index)
    }

    fn check(&self, who: AccountNo, ticket: &Ticket) -> Result<Draft<'_>, Refusal> {
        let unknown = || Refusal::business(format!("asset \"{}\" not found", ticket.symbol));
        let asset_index = self.asset(&ticket.symbol).ok_or_else(unknown)?;
        let (asset, book) = (&self.assets[asset_index], self.book(who));
        checks::increments(ticket.kind, &ticket.exits)?;
        checks::stop_side(ticket.side, ticket.kind, asset)?;
        checks::exits(ticket, asset)?;
        checks::unique_client_id(ticket.client_order_id.as_deref(), &book.orders)?;
        let intent = Intent::infer(ticket.side, book.positions[asset_index].qty);
        checks::position_intent(intent, ticket.intent)?;
        let (qty, dollars) = shares_and_dollars(ticket, intent, asset)?;
        let Ticket { side, kind, class, lifetime, .. } = *ticket;
        let draft = Draft { asset, asset_index, side, kind, class, qty, dollars, intent };
        checks::standing(&draft)?;
        self.check_group(who, &draft)?;
        checks::fractional_short(&draft)?;
        let figures = self.figures(who);
        book.settings.permit(intent, figures.equity)?;
        checks::fractional_trading(&draft, &book.settings)?;
        checks::closing_only(&draft, &figures)?;
        checks::auction_window(lifetime, self.now, &self.session)?;
        checks::wash_trade(&draft, &book.orders)?;
        checks::quantity(&draft, book, Qty::ZERO)?;
        checks::buying_power(&draft, &figures, Money::ZERO)?;
        Ok(draft)
    }

    fn make_order(
        &mut self,
        who: AccountNo,
        ticket: Ticket,
        asset: usize,
        qty: Qty,
        intent: Intent,
    ) -> Order {
        let (now, expires_at) = (self.now, self.expiry(ticket.lifetime, ticket.extended_hours));
        // An order for the opening auction waits at the exchange.
        let is_taken = self.is_trading(ticket.extended_hours) || ticket.lifetime == Lifetime::Opg;
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
            group: None,
            leg: Leg::Alone,
            armed: true,
            elected: false,
            notional: match ticket.amount {
                Amount::Dollars(dollars) => Some(dollars),
                Amount::Shares(_) => None,
            },
            qty,
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage: if is_taken { Stage::PendingNew } else { Stage::Accepted },
            key: None,
            cancel_requested_at: None,
            replacement: None,
            replaced_by: None,
            replaces: None,
            created_at: now,
            updated_at: now,
            expires_at,
            ended_at: None,
        }
    }
}

/// How many shares, and for how many dollars where those say how many. Dollars of a closing order
/// become shares at once: an order must not grow beyond the position while its price falls.
fn shares_and_dollars(
    ticket: &Ticket,
    intent: Intent,
    asset: &Asset,
) -> Result<(Qty, Option<Money>), Refusal> {
    let dollars = match ticket.amount {
        Amount::Shares(qty) => return Ok((qty, None)),
        Amount::Dollars(dollars) if intent.opens() => return Ok((Qty::ZERO, Some(dollars))),
        Amount::Dollars(dollars) => dollars,
    };
    let shares =
        closing_price(ticket.side, ticket.kind, asset).and_then(|p| shares_for(dollars, p));
    shares
        .filter(|shares| *shares > Qty::ZERO)
        .map(|shares| (shares, None))
        .ok_or_else(|| Refusal::parameter("qty must be > 0"))
}

fn closing_price(side: Side, kind: Kind, asset: &Asset) -> Option<Price> {
    let market = match side {
        Side::Sell => asset.bid_or_price(),
        Side::Buy => asset.ask_or_price(),
    };
    kind.limit().or(kind.stop()).or(market)
}

/// Shares for so much money, to 1e-9, rounded down.
fn shares_for(dollars: Money, price: Price) -> Option<Qty> {
    let shares = dollars.0.checked_div(i128::from(price.0))?;
    i64::try_from(shares).ok().map(Qty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;

    #[test]
    fn dollars_of_a_closing_order_become_shares_at_what_it_would_get() {
        let ticket = |kind: &str| {
            let body = format!(
                r#"{{"symbol":"SPY","notional":"100","side":"sell",{kind},"time_in_force":"day"}}"#
            );
            Ticket::parse(body.as_bytes()).unwrap()
        };
        let shares = |kind: &str, intent| shares_and_dollars(&ticket(kind), intent, &spy());
        let (market, limit) = (r#""type":"market""#, r#""type":"limit","limit_price":400"#);
        // 100 / 367.40
        assert_eq!(shares(market, Intent::SellToClose), Ok((Qty(272_182_906), None)));
        assert_eq!(shares(limit, Intent::SellToClose), Ok((Qty(250_000_000), None)));
        let dollars = Money::parse("100").ok();
        assert_eq!(shares(market, Intent::SellToOpen), Ok((Qty::ZERO, dollars)));
    }
}
