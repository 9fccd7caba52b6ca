//! A strategy that looks at everything it is shown and gambles on it, so that whatever replays
//! otherwise is soon acted upon otherwise.

use st0ck_engine::orders::Order;
use st0ck_engine::risk::TradingState;
use st0ck_engine::{Ctx, Intent, OrderChange, OrderIntent, Strategy};
use st0ck_types::state::{StateError, StateHasher};
use st0ck_types::time::SECOND;
use st0ck_types::{Bar, Decision, InstrumentId, OrderKind, OrderNo, PositionEffect, Price, Qty};
use st0ck_types::{Quote, Reject, Side, StateReader, StateSink, TimeInForce, TimerId, Trade};

#[derive(Debug)]
pub(super) struct Gambler {
    mood: u64,
    acts: u64,
    /// Panics at this act, once.
    fuse: Option<u64>,
    /// A planted bug: its mood is not part of the state that it writes down.
    forgetful: bool,
}

impl Gambler {
    pub(super) fn new(mood: u64, fuse: Option<u64>) -> Self {
        Self { mood, acts: 0, fuse, forgetful: false }
    }

    pub(super) fn forgetful(self) -> Self {
        Self { forgetful: true, ..self }
    }

    fn feel(&mut self, what: &[i64]) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.u64(self.mood);
        what.iter().for_each(|number| hasher.i64(*number));
        self.mood = hasher.finish();
        self.mood
    }

    fn look(&mut self, ctx: &Ctx<'_>, instrument: InstrumentId) -> u64 {
        let (book, position) = (ctx.book(instrument), ctx.position(instrument));
        self.feel(&[
            book.quote().bid.0,
            book.quote().ask.0,
            book.last_trade().price.0,
            ctx.bars(instrument, 1).last().map_or(0, |bar| bar.close.0 ^ bar.volume.0),
            ctx.bars(instrument, 60).closed() as i64,
            ctx.vwap(instrument).map_or(0, |price| price.0),
            ctx.volume(instrument).0,
            position.qty.0,
            position.average().map_or(0, |price| price.0),
            ctx.live_orders().map(|order| order.leaves().0).sum(),
            ctx.state() as i64,
            ctx.session().minutes_to_close(),
            ctx.now().0,
        ])
    }

    fn gamble(&mut self, ctx: &mut Ctx<'_>, luck: u64) {
        self.acts += 1;
        assert_ne!(Some(self.acts), self.fuse, "the fuse of this gambler");
        let instrument = InstrumentId((luck >> 8 & 1) as u32);
        let timer = TimerId((luck >> 4 & 3) as u16);
        match luck % 16 {
            0..4 => enter(ctx, instrument, luck),
            4..7 => leave(ctx, instrument, luck),
            7 => {
                let oldest = ctx.live_orders().next().map(Order::no);
                let no = oldest.unwrap_or(OrderNo((luck >> 20) as u32 % 9));
                ctx.want(Intent::Cancel { no });
            }
            8 => {
                let due = ctx.now() + ((luck >> 16) % 90) as i64 * SECOND;
                ctx.timer_at(timer, due);
            }
            9 => ctx.timer_cancel(timer),
            _ => {}
        }
    }
}

fn enter(ctx: &mut Ctx<'_>, instrument: InstrumentId, luck: u64) {
    let ask = ctx.book(instrument).quote().ask;
    let off = (luck >> 24 & 31) as i64 - 16;
    let limit = Price(ask.0 + off * Price::CENT.0 + i64::from(luck >> 40 & 63 == 0));
    let kind = if luck >> 9 & 3 == 0 { OrderKind::Market } else { OrderKind::Limit(limit) };
    let qty = Qty::units((luck >> 32 & 7) as i64 + i64::from(luck >> 35 & 15 != 0)).unwrap();
    order(ctx, (instrument, Side::Buy, PositionEffect::Open), kind, qty, luck);
}

fn leave(ctx: &mut Ctx<'_>, instrument: InstrumentId, luck: u64) {
    let bid = ctx.book(instrument).quote().bid;
    let kind = if luck >> 9 & 1 == 0 { OrderKind::Market } else { OrderKind::Limit(bid) };
    // Mostly all of it, sometimes less, sometimes more than there is.
    let more = if luck >> 33 & 3 == 0 { (luck >> 35 & 3) as i64 - 1 } else { 0 };
    let qty = Qty(ctx.position(instrument).qty.0 + more * Qty::ONE.0);
    order(ctx, (instrument, Side::Sell, PositionEffect::Close), kind, qty, luck);
}

fn order(
    ctx: &mut Ctx<'_>,
    (instrument, side, effect): (InstrumentId, Side, PositionEffect),
    kind: OrderKind,
    qty: Qty,
    luck: u64,
) {
    let decision = Decision::new("gamble").with("luck", luck as i64);
    let (tif, tag) = (TimeInForce::Day, luck as u16);
    let intent = OrderIntent { instrument, side, effect, kind, tif, qty, tag };
    *ctx.want(Intent::Order(intent)) = decision;
}

impl Strategy for Gambler {
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer_at(TimerId(9), ctx.session().close() - 60 * SECOND);
    }

    fn on_state(&mut self, _: &mut Ctx<'_>, state: TradingState) {
        self.feel(&[state as i64, 1]);
    }

    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {
        let luck = self.look(ctx, quote.instrument);
        if luck >> 56 < 64 {
            self.gamble(ctx, luck);
        }
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
        self.feel(&[trade.id as i64]);
        self.look(ctx, trade.instrument);
    }

    fn on_bar(&mut self, _: &mut Ctx<'_>, bar: &Bar) {
        self.feel(&[
            bar.start.0,
            bar.open.0,
            bar.high.0,
            bar.low.0,
            bar.close.0,
            bar.volume.0,
            i64::from(bar.seconds),
        ]);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, timer: TimerId) {
        let luck = self.feel(&[i64::from(timer.0), ctx.now().0]);
        self.gamble(ctx, luck);
    }

    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
        let filled = matches!(change, OrderChange::Filled { .. });
        let (no, stage) = (i64::from(order.no().0), i64::from(order.stage as u8));
        let luck = self.feel(&[no, stage, order.cum.0, i64::from(filled)]);
        if luck >> 60 == 0 || filled && luck >> 62 == 0 {
            self.gamble(ctx, luck >> 3);
        }
    }

    fn on_reject(&mut self, ctx: &mut Ctx<'_>, reject: &Reject, tag: u16) {
        let luck = self.feel(&[reject.code as i64, reject.value, reject.limit, i64::from(tag)]);
        if luck >> 62 == 0 {
            self.gamble(ctx, luck >> 5);
        }
    }

    fn save(&self, into: &mut dyn StateSink) {
        if !self.forgetful {
            into.u64(self.mood);
        }
        into.u64(self.acts);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        if !self.forgetful {
            self.mood = from.u64("mood")?;
        }
        self.acts = from.u64("acts")?;
        Ok(())
    }
}
