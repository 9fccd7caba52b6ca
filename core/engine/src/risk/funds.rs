//! What the account may carry: the worth of everything together (C11), and what there is to buy
//! with (C12).
//!
//! Two ledgers of buying power stand side by side, and the smaller one counts: our own (cash less
//! what open buys may still cost), and the broker's last figure, of which a part is left untouched
//! and which moves on with ours until the broker tells the next. Orders whose fate is unknown count
//! in full in both.

use super::view::{Check, View};
use crate::orders::{Order, Stage};
use crate::portfolio::{Portfolio, Position};
use crate::world::World;
use st0ck_types::report::Account;
use st0ck_types::state::StateError;
use st0ck_types::{Money, RejectCode, Side, StateReader, StateSink};

/// The broker's figure, as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// The part of the broker's figure that may be used.
    usable: Money,
    /// What our own ledger said then, counting only the orders that the broker knew of.
    ours: Money,
}

/// What the broker said there is to buy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Funds(Option<Told>);

impl Funds {
    /// The broker told its figure; `ratio` of it, in 1e-9, may be used.
    pub(super) fn on_account(&mut self, world: &World, account: &Account, ratio: i64) {
        let power = account.buying_power.max(Money::ZERO);
        // A figure too large to be scaled is no limit.
        let usable = power.scale(i128::from(ratio), 1_000_000_000).unwrap_or(power);
        let known =
            |order: &Order| order.request.side == Side::Buy && order.stage == Stage::Working;
        let ours = less(world.portfolio.cash(), world.working_value(known));
        self.0 = Some(Told { usable, ours });
    }

    /// What is left to buy with, by the smaller of the two ledgers, when open buys may still cost so
    /// much.
    fn available(&self, cash: Money, bought: Money) -> Money {
        let ours = less(cash, bought);
        match self.0 {
            None => ours,
            Some(told) => ours.min(plus(told.usable, less(ours, told.ours))),
        }
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.bool(self.0.is_some());
        if let Some(told) = self.0 {
            sink.i128(told.usable.0);
            sink.i128(told.ours.0);
        }
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0 = None;
        if from.bool("buying power told")? {
            let usable = Money(from.i128("buying power")?);
            self.0 = Some(Told { usable, ours: Money(from.i128("our buying power then")?) });
        }
        Ok(())
    }
}

pub(super) fn plus(a: Money, b: Money) -> Money {
    Money(a.0.saturating_add(b.0))
}

pub(super) fn less(a: Money, b: Money) -> Money {
    Money(a.0.saturating_sub(b.0))
}

/// What the positions of the account are worth together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// Each counted as positive.
    gross: Money,
    /// Long less short.
    net: Money,
}

impl Held {
    #[inline]
    pub(super) fn of(portfolio: &Portfolio) -> Self {
        let positions = portfolio.traded().map(|instrument| portfolio.position(instrument));
        positions.map(Position::market_value).fold(Self::default(), |held, value| Self {
            gross: plus(held.gross, value.abs()),
            net: plus(held.net, value),
        })
    }
}

/// What all positions are worth, short ones too, with every order that opens, this one included.
#[inline(always)]
pub(super) fn c11_gross_value(view: &View<'_>) -> Check {
    let gross = plus(view.held.gross, plus(view.working.opening, view.value));
    Check::money_at_most(RejectCode::GrossValue, gross, view.limits().gross_value_max)
        .for_opening(view)
}

/// How far the account may come to lean to one side: positions, long less short, with every order of
/// that side, this one included. The side that leans further is told.
#[inline(always)]
pub(super) fn c11_net_value(view: &View<'_>) -> Check {
    let (held, working) = (view.held.net, &view.working);
    let this = |side| if view.order.side == side { view.value } else { Money::ZERO };
    let bought = plus(working.bought, this(Side::Buy));
    let sold = plus(working.sold, this(Side::Sell));
    let worst = plus(held, bought).max(less(sold, held));
    Check::money_at_most(RejectCode::NetValue, worst, view.limits().net_value_max).for_opening(view)
}

/// What a buy costs, and what is left to buy with.
#[inline(always)]
pub(super) fn c12_buying_power(view: &View<'_>) -> Check {
    let cost = if view.order.side == Side::Buy { view.value } else { Money::ZERO };
    let left = view.gate.funds.available(view.world.portfolio.cash(), view.working.bought);
    Check::money_at_most(RejectCode::BuyingPower, cost, left).for_opening(view)
}
