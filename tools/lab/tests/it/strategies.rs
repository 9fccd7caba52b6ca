//! Strategies that do what a test asks for, told by the size of a print.

use st0ck_engine::orders::Order;
use st0ck_engine::{Ctx, Intent, OrderChange, OrderIntent, Strategy};
use st0ck_types::report::SendRefusal;
use st0ck_types::state::StateError;
use st0ck_types::{InstrumentId, OrderKind, PositionEffect, Price, Qty, Quote, Side};
use st0ck_types::{StateReader, StateSink, Text, TimeInForce, Trade};

pub(crate) const SPY: InstrumentId = InstrumentId(0);

/// A print of so many shares makes [`Buyer`]s want so many orders, each a cent below the last one.
#[derive(Debug, Default)]
pub(crate) struct Buyer {
    quotes: u64,
    refused: u64,
}

/// Places one order at its first print and panics at a print of 13 shares, after wanting another.
#[derive(Debug, Default)]
pub(crate) struct Bomb {
    prints: u64,
}

fn buy(below: i64) -> Intent {
    Intent::Order(OrderIntent {
        instrument: SPY,
        side: Side::Buy,
        effect: PositionEffect::Open,
        kind: OrderKind::Limit(Price(Price::CENT.0 * (9_990 - below))),
        tif: TimeInForce::Day,
        qty: Qty::ONE,
        tag: 1,
    })
}

impl Strategy for Buyer {
    fn on_quote(&mut self, _: &mut Ctx<'_>, _: &Quote) {
        self.quotes += 1;
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
        for below in 0..trade.size.0 / Qty::ONE.0 {
            ctx.want(buy(below)).begin(Text::new("test"));
        }
    }

    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
        match change {
            OrderChange::SendRefused(why) => {
                assert_eq!(why, SendRefusal::RingFull);
                self.refused += 1;
            }
            OrderChange::Accepted => _ = ctx.want(Intent::Cancel { no: order.no() }),
            _ => {}
        }
    }

    fn save(&self, into: &mut dyn StateSink) {
        into.u64(self.quotes);
        into.u64(self.refused);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        (self.quotes, self.refused) = (from.u64("quotes")?, from.u64("refused")?);
        Ok(())
    }

    fn notes(&self, note: &mut dyn FnMut(&str, i64)) {
        note("quotes", self.quotes as i64);
        note("refused", self.refused as i64);
    }
}

impl Strategy for Bomb {
    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
        self.prints += 1;
        if self.prints == 1 || trade.size.0 == 13 * Qty::ONE.0 {
            ctx.want(buy(20 + self.prints as i64));
        }
        assert_ne!(trade.size.0, 13 * Qty::ONE.0, "the bomb went off");
    }

    fn save(&self, into: &mut dyn StateSink) {
        into.u64(self.prints);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.prints = from.u64("prints")?;
        Ok(())
    }
}
