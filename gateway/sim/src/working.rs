//! What is left of an order at the venue, in shares or in dollars.
//!
//! *Invariant:* fills never exceed the order: not its shares, not its dollars.

use crate::bands::Bands;
use crate::lifetime::Lifetime;
use crate::order::SimOrder;
use crate::tape::Tape;
use st0ck_types::{Money, OrderKind, Price, Qty, Side};

/// What is still to be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// So many shares.
    Shares(Qty),
    /// Shares for so much money.
    Dollars(Money),
}

/// An order that has arrived and is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Working {
    /// The caller's name for the order.
    pub(crate) key: u64,
    /// Which way.
    pub(crate) side: Side,
    /// How the price is bound.
    pub(crate) kind: OrderKind,
    /// What is still to be filled, positive.
    pub(crate) left: Left,
    /// Fills are whole multiples of this, so that a share is not split by rounding.
    pub(crate) step: Qty,
    /// Whether others may be faster and leave it only a part. A broker fills fractions and amounts
    /// of money from its own book, where nobody is, and all or nothing has no part.
    pub(crate) may_part: bool,
}

impl Working {
    /// What an order is on arrival at an instrument of that lot.
    pub(crate) fn of(order: &SimOrder, lot: Qty) -> Self {
        let SimOrder { key, side, kind, qty, dollars, lifetime, .. } = *order;
        let by_dollars = dollars > Money::ZERO;
        let whole = !by_dollars && qty.is_on_lot(lot);
        Self {
            key,
            side,
            kind,
            left: if by_dollars { Left::Dollars(dollars) } else { Left::Shares(qty) },
            step: if whole { lot } else { Qty(1) },
            may_part: whole && lifetime != Lifetime::Fok,
        }
    }

    /// Whether it may trade at `price`, the best of the other side.
    pub(crate) fn can_trade_at(&self, price: Price, bands: Bands) -> bool {
        is_marketable(self.side, self.kind, price) && bands.allow(price)
    }

    /// What it wants at `price`: a whole number of steps.
    pub(crate) fn wants(&self, price: Price) -> Qty {
        self.at_most(Qty(i64::MAX), price)
    }

    /// The greatest whole number of steps that is not above `qty` nor above what is left.
    pub(crate) fn at_most(&self, qty: Qty, price: Price) -> Qty {
        let left = match self.left {
            Left::Shares(shares) => shares,
            Left::Dollars(dollars) => shares_for(dollars, price),
        };
        left.min(qty).max(Qty::ZERO).floor_to(self.step).unwrap_or(Qty::ZERO)
    }

    /// Books a fill of `qty` at `price`; nothing happens for a quantity of zero.
    pub(crate) fn fill(&mut self, price: Price, qty: Qty, tape: &mut Tape) {
        if qty <= Qty::ZERO {
            return;
        }
        match &mut self.left {
            Left::Shares(shares) => shares.0 -= qty.0,
            Left::Dollars(dollars) => {
                *dollars -= price.times(qty);
                if shares_for(*dollars, price).is_zero() {
                    *dollars = Money::ZERO;
                }
            }
        }
        tape.filled(self.key, price, qty, self.is_done());
    }

    /// Lowers what is left to `shares`, if more is left; whether there are shares to lower.
    pub(crate) fn reduce(&mut self, shares: Qty) -> bool {
        let Left::Shares(left) = &mut self.left else { return false };
        *left = (*left).min(shares);
        if !left.is_on_lot(self.step) {
            self.step = Qty(1);
        }
        true
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.left, Left::Shares(Qty::ZERO) | Left::Dollars(Money::ZERO))
    }
}

/// Whether an order of that side and kind can trade at `price`, the best of the other side.
pub(crate) fn is_marketable(side: Side, kind: OrderKind, price: Price) -> bool {
    price > Price::ZERO
        && match (kind, side) {
            (OrderKind::Market, _) => true,
            (OrderKind::Limit(limit), Side::Buy) => price <= limit,
            (OrderKind::Limit(limit), Side::Sell) => price >= limit,
        }
}

/// Shares that `dollars` buy at `price`, down to 1e-9 of a share; none without a price.
fn shares_for(dollars: Money, price: Price) -> Qty {
    let shares = dollars.0.checked_div(i128::from(price.0)).unwrap_or(0);
    Qty(i64::try_from(shares).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::{InstrumentId, Nanos};

    fn order(qty: &str, dollars: &str) -> SimOrder {
        let qty = Qty::parse(qty).unwrap();
        SimOrder::new(1, InstrumentId(0), Side::Buy, OrderKind::Market, qty, Nanos(0))
            .worth(Money::parse(dollars).unwrap())
    }

    #[test]
    fn dollars_buy_shares_down_to_a_billionth_and_then_it_is_over() {
        let mut working = Working::of(&order("0", "100"), Qty::ONE);
        let price = Price::parse("30").unwrap();
        assert_eq!(working.wants(price).to_string(), "3.333333333");
        let mut tape = Tape::default();
        working.fill(price, Qty::ONE, &mut tape);
        assert_eq!(working.left, Left::Dollars(Money::parse("70").unwrap()));
        working.fill(price, working.wants(price), &mut tape);
        assert!(working.is_done(), "a hundred-millionth of a dollar buys nothing");
        assert_eq!(working.wants(Price::ZERO), Qty::ZERO);
    }

    #[test]
    fn only_whole_lots_that_may_wait_are_left_in_part() {
        let may_part = |order: SimOrder| Working::of(&order, Qty::ONE).may_part;
        assert!(may_part(order("5", "0")));
        assert!(may_part(order("5", "0").lasting(Lifetime::Ioc)));
        assert!(!may_part(order("5", "0").lasting(Lifetime::Fok)));
        assert!(!may_part(order("5.5", "0")));
        assert!(!may_part(order("0", "5")));
    }

    #[test]
    fn what_is_left_can_be_lowered_and_never_raised() {
        let mut working = Working::of(&order("5", "0"), Qty::ONE);
        assert!(working.reduce(Qty::units(9).unwrap()));
        assert_eq!(working.left, Left::Shares(Qty::units(5).unwrap()));
        assert!(working.reduce(Qty::parse("2.5").unwrap()));
        assert_eq!((working.wants(Price::ONE).to_string(), working.step), ("2.5".into(), Qty(1)));
        assert!(!Working::of(&order("0", "5"), Qty::ONE).reduce(Qty::ONE));
    }
}
