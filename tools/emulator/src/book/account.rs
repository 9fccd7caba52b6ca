//! The account's money: cash, and everything that follows from it, positions and open orders.
//!
//! *Invariant:* only cash is state. Equity, margin and buying power are computed when asked, so
//! they cannot disagree with the book.

use crate::account::configurations::Configurations;
use crate::book::position::Position;
use crate::market::asset::Asset;
use crate::terms::Kind;
use st0ck_types::calendar::Date;
use st0ck_types::{Money, Nanos, Price, Qty, Side};

/// Reg T: half of a stock's value must be the account's own (`alpaca.md` §11).
const INITIAL_MARGIN_PERCENT: i128 = 50;
/// A short sale is reserved for at this much of the ask (`alpaca.md` §4.2).
const SHORT_COLLAR_PERCENT: i64 = 103;

/// What a new account is given.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// UUID.
    pub(crate) id: u128,
    /// Number for people.
    pub(crate) number: String,
    /// When it was opened.
    pub(crate) created_at: Nanos,
    /// The trading day before the session.
    pub(crate) balance_as_of: Date,
    /// Equity at that day's close: nothing was held then, so it is the opening cash.
    pub(crate) last_equity: Money,
    /// Cash now.
    pub(crate) cash: Money,
}

/// The account's figures at one moment, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Cash.
    pub(crate) cash: Money,
    /// Value of long positions.
    pub(crate) long: Money,
    /// Value of short positions, negative.
    pub(crate) short: Money,
    /// Cash and positions.
    pub(crate) equity: Money,
    /// Own money that positions bind.
    pub(crate) initial_margin: Money,
    /// Own money below which a margin call follows.
    pub(crate) maintenance_margin: Money,
    /// How many times its equity the account may hold.
    pub(crate) multiplier: u8,
    /// What may still be bought, open orders taken off.
    pub(crate) buying_power: Money,
}

impl Account {
    /// The figures that follow from positions (beside their assets) and from the buying power that
    /// open orders bind.
    pub(crate) fn figures<'a>(
        &self,
        settings: &Configurations,
        holdings: impl Iterator<Item = (&'a Asset, &'a Position)>,
        reserved: Money,
    ) -> Figures {
        let (mut long, mut short) = (Money::ZERO, Money::ZERO);
        let (mut initial_margin, mut maintenance_margin) = (Money::ZERO, Money::ZERO);
        for (asset, position) in holdings {
            // Before the first event of the day a position is worth what it cost.
            let value = asset.price().map_or(position.cost, |price| position.value_at(price));
            let own = if value.0 > 0 {
                long += value;
                asset.standing.long_margin
            } else {
                short += value;
                asset.standing.short_margin
            };
            initial_margin += percent(value.abs(), i128::from(own).max(INITIAL_MARGIN_PERCENT));
            maintenance_margin += percent(value.abs(), i128::from(own));
        }
        let equity = self.cash + long + short;
        let multiplier = settings.multiplier(equity);
        let free = (equity - initial_margin).max(Money::ZERO);
        let power = if multiplier == 1 { self.cash } else { free + free };
        Figures {
            cash: self.cash,
            long,
            short,
            equity,
            initial_margin,
            maintenance_margin,
            multiplier,
            buying_power: (power - reserved).max(Money::ZERO),
        }
    }
}

/// What an opening order binds: a buy its limit, else its stop, else the ask; a short sale the
/// higher of its limit and 103 % of the ask. Nothing is known before the first event of the day, and
/// nothing bound.
pub(crate) fn cost_basis(side: Side, kind: Kind, qty: Qty, asset: &Asset) -> Money {
    let ask = asset.ask_or_price().unwrap_or_default();
    let price = match (side, kind) {
        (Side::Buy, kind) => kind.limit().or(kind.stop()).unwrap_or(ask),
        (Side::Sell, kind) => collared(ask).max(kind.limit().unwrap_or_default()),
    };
    price.times(qty)
}

fn collared(ask: Price) -> Price {
    Price(ask.0.saturating_mul(SHORT_COLLAR_PERCENT) / 100)
}

fn percent(amount: Money, percent: i128) -> Money {
    amount.scale(percent, 100).expect("a part of an amount is smaller than the amount")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::order::tests::sample;
    use crate::book::reserve::bound_by;
    use crate::market::asset::tests::spy;

    fn account() -> Account {
        Account {
            id: 1,
            number: String::from("PA3000000000"),
            created_at: Nanos(0),
            balance_as_of: Date::from_days(0),
            last_equity: Money::parse("100000").unwrap(),
            cash: Money::parse("100000").unwrap(),
        }
    }

    #[test]
    fn an_idle_account_can_buy_for_twice_its_equity() {
        let figures =
            account().figures(&Configurations::new(false), std::iter::empty(), Money::ZERO);
        assert_eq!(figures.buying_power, Money::parse("200000").unwrap());
        assert_eq!(figures.equity, figures.cash);
    }

    #[test]
    fn open_buys_reserve_and_positions_bind_half_their_value() {
        let (mut account, asset, order) = (account(), spy(), sample());
        let mut position = Position::default();
        position.fill(Side::Buy, Price::parse("367.40").unwrap(), Qty::units(100).unwrap());
        account.cash -= position.cost;
        let settings = Configurations::new(false);
        let (held, bound) = ([(&asset, &position)].into_iter(), bound_by(&order, &asset));
        let figures = account.figures(&settings, held, bound);
        assert_eq!(figures.long, Money::parse("36741").unwrap());
        assert_eq!(figures.equity, Money::parse("100001").unwrap());
        assert_eq!(figures.initial_margin, Money::parse("18370.5").unwrap());
        // (100001 - 18370.50) * 2 - 10 * 367.50
        assert_eq!(figures.buying_power, Money::parse("159586").unwrap());
    }

    #[test]
    fn an_asset_may_ask_for_more_of_ones_own_money() {
        let (account, mut asset) = (account(), spy());
        let mut position = Position::default();
        position.fill(Side::Sell, Price::parse("367.40").unwrap(), Qty::units(100).unwrap());
        let settings = Configurations::new(false);
        let mut margins = |percent| {
            asset.standing.short_margin = percent;
            let held = [(&asset, &position)].into_iter();
            let figures = account.figures(&settings, held, Money::ZERO);
            [figures.initial_margin, figures.maintenance_margin].map(|money| money.to_string())
        };
        assert_eq!(margins(30), ["18370.5", "11022.3"]);
        assert_eq!(margins(100), ["36741", "36741"]);
    }

    #[test]
    fn a_short_sale_binds_at_least_103_percent_of_the_ask() {
        let asset = spy();
        let low = Kind::Limit(Price::parse("360").unwrap());
        let basis = cost_basis(Side::Sell, low, Qty::ONE, &asset);
        assert_eq!(basis, Money::parse("378.4426").unwrap());
        let high = Kind::Limit(Price::parse("400").unwrap());
        assert_eq!(cost_basis(Side::Sell, high, Qty::ONE, &asset), Money::parse("400").unwrap());
    }
}
