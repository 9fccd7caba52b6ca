//! Closing positions: an ordinary market order for the day, made by the broker (`alpaca.md` §5).

use crate::book::order::Stage;
use crate::book::update::Event;
use crate::house::{AccountNo, House};
use crate::refusal::Refusal;
use crate::terms::{Amount, Class, Kind, Lifetime};
use crate::ticket::{Exits, Ticket};
use st0ck_types::{Price, Qty, Side};

/// How much of a position is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// All of it.
    All,
    /// So many shares.
    Shares(Qty),
    /// So many percent of it; 1 % is `Price::ONE`.
    Percent(Price),
}

impl Closing {
    /// Shares of a position of so many.
    fn of(self, held: Qty) -> Qty {
        match self {
            Self::All => held,
            Self::Shares(qty) => qty,
            Self::Percent(percent) => {
                let hundred = i128::from(Price::ONE.0) * 100;
                let shares = i128::from(held.0) * i128::from(percent.0) / hundred;
                Qty(i64::try_from(shares).unwrap_or(i64::MAX))
            }
        }
    }
}

impl House {
    /// Closes a position or a part of it; the index of the order that does.
    pub(crate) fn close_position(
        &mut self,
        who: AccountNo,
        asset: usize,
        closing: Closing,
    ) -> Result<usize, Refusal> {
        let position = self.book(who).positions[asset].qty;
        if position.is_zero() {
            return Err(Refusal::not_found("position does not exist"));
        }
        let qty = closing.of(position.abs());
        if qty <= Qty::ZERO {
            return Err(Refusal::parameter("qty must be > 0"));
        }
        let ticket = Ticket {
            symbol: self.assets[asset].symbol.to_string(),
            amount: Amount::Shares(qty),
            side: if position.0 > 0 { Side::Sell } else { Side::Buy },
            kind: Kind::Market,
            lifetime: Lifetime::Day,
            extended_hours: false,
            client_order_id: None,
            class: Class::Unsaid,
            exits: Exits::default(),
            intent: None,
        };
        self.submit(who, ticket)
    }

    /// Ends every open order of an account at once, without asking the venue.
    pub(crate) fn withdraw_all(&mut self, who: AccountNo) {
        let open: Vec<usize> = self.book(who).orders.open().collect();
        for index in open {
            // One of a group takes the others with it.
            self.end_now(who, index, Stage::Canceled, Event::Canceled, self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_down_and_all_is_exact() {
        let held = Qty(1_000_000_001);
        let percent = |text: &str| Closing::Percent(Price::parse(text).unwrap()).of(held);
        assert_eq!(percent("100"), held);
        assert_eq!(percent("50"), Qty(500_000_000));
        assert_eq!(percent("0.00000001"), Qty::ZERO);
        assert_eq!(Closing::All.of(held), held);
    }
}
