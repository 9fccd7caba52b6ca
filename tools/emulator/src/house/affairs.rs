//! What happens to accounts and assets without anybody's order: money that comes and goes, splits,
//! and an asset's standing with the broker. Only a scenario makes it happen.
//!
//! *Invariant:* money and shares move together with the activity that tells of them.

use crate::book::activity::ActivityFacts;
use crate::book::order::Stage;
use crate::book::position::Position;
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use crate::market::asset::Standing;
use st0ck_types::{Money, Qty};

impl House {
    /// Books money of an account.
    pub(crate) fn book_money(&mut self, who: AccountNo, facts: ActivityFacts, net_amount: Money) {
        let now = self.now;
        self.book_mut(who).book_activity(facts, net_amount, now);
    }

    /// Pays so much for each share of an asset to who holds it, and takes it from who is short: all
    /// accounts, or one of them.
    pub(crate) fn pay_holders(
        &mut self,
        only: Option<AccountNo>,
        asset: usize,
        per_share: Money,
        facts: &ActivityFacts,
    ) {
        for place in 0..self.books.len() {
            let who = AccountNo(place);
            let qty = self.book(who).positions[asset].qty;
            if qty.is_zero() || only.is_some_and(|only| only != who) {
                continue;
            }
            let facts =
                ActivityFacts { qty: Some(qty), per_share: Some(per_share), ..facts.clone() };
            let amount = per_share.scale(i128::from(qty.0), i128::from(Qty::ONE.0));
            self.book_money(who, facts, amount.unwrap_or(Money::ZERO));
        }
    }

    /// Makes `new` shares of every `old` ones. Open orders of the asset are canceled first: they
    /// were for other shares.
    pub(crate) fn split(&mut self, asset: usize, new: i64, old: i64) {
        for place in 0..self.books.len() {
            let who = AccountNo(place);
            let open: Vec<usize> = self.book(who).orders.open().collect();
            for index in open {
                if self.is_open_order(who, index) && self.book(who).orders.at(index).asset == asset
                {
                    self.end_now(who, index, Stage::Canceled, Event::Canceled, self.now);
                }
            }
            self.split_position(who, asset, new, old);
        }
        self.book_venue_events();
    }

    fn split_position(&mut self, who: AccountNo, asset: usize, new: i64, old: i64) {
        let Position { qty, cost } = self.book(who).positions[asset];
        let shares = i128::from(qty.0) * i128::from(new) / i128::from(old);
        let after = Qty(i64::try_from(shares).unwrap_or(qty.0));
        if qty.is_zero() {
            return;
        }
        let sub_type = if new > old { "FSPLIT" } else { "RSPLIT" };
        let symbol = self.assets[asset].symbol.to_string();
        let facts = ActivityFacts {
            kind: "SPLIT".into(),
            sub_type: Some(sub_type.into()),
            description: Some(format!("{symbol} {new} for {old}")),
            symbol: Some(symbol),
            qty: Some(Qty(after.0 - qty.0)),
            ..ActivityFacts::default()
        };
        self.book_mut(who).positions[asset] = Position { qty: after, cost };
        self.book_money(who, facts, Money::ZERO);
    }

    /// Changes an asset's standing.
    pub(crate) fn change_standing(&mut self, asset: usize, change: impl FnOnce(&mut Standing)) {
        change(&mut self.assets[asset].standing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::tests::{book, house_of, quote};
    use crate::ticket::Ticket;
    use st0ck_sim::SimConfig;
    use st0ck_types::Price;

    const ONLY: AccountNo = AccountNo(0);

    fn order(house: &mut House, side: &str, qty: u32, price: &str) {
        let body = format!(
            r#"{{"symbol":"SPY","qty":{qty},"side":"{side}","type":"limit","limit_price":"{price}",
                "time_in_force":"day"}}"#
        );
        house.submit(ONLY, Ticket::parse(body.as_bytes()).unwrap()).unwrap();
        house.settle();
    }

    /// A house with a flat account and one of three shares and an order to sell them.
    fn house() -> House {
        let mut house = house_of(vec![book(1), book(2)], SimConfig::immediate());
        house.on_market(&quote(house.session.open + 1, 36_740, 10));
        order(&mut house, "buy", 3, "367.42");
        order(&mut house, "sell", 3, "400");
        house
    }

    #[test]
    fn who_holds_shares_is_paid_for_them_and_nobody_else() {
        let mut house = house();
        let before = house.book(ONLY).account.cash;
        let facts = ActivityFacts { kind: "DIV".into(), ..ActivityFacts::default() };
        house.pay_holders(None, 0, Money::parse("0.5").unwrap(), &facts);
        let (paid, book) = (Money::parse("1.5").unwrap(), house.book(ONLY));
        assert_eq!((book.account.cash - before, book.others[0].net_amount), (paid, paid));
        assert_eq!(book.others[0].facts.qty, Qty::units(3));
        assert!(house.book(AccountNo(1)).others.is_empty());
    }

    #[test]
    fn a_split_makes_more_shares_of_the_same_worth_and_ends_orders() {
        let mut house = house();
        let cost = house.book(ONLY).positions[0].cost;
        house.split(0, 4, 1);
        let book = house.book(ONLY);
        assert_eq!(
            (book.positions[0].qty, book.positions[0].cost),
            (Qty::units(12).unwrap(), cost)
        );
        assert_eq!(book.positions[0].average(), Price::parse("91.855").ok());
        assert_eq!((book.orders.open().count(), book.others.len()), (0, 1));
        house.split(0, 1, 6);
        assert_eq!(house.book(ONLY).positions[0].qty, Qty::units(2).unwrap());
        assert_eq!(house.book(ONLY).others[1].facts.sub_type.as_deref(), Some("RSPLIT"));
    }
}
