//! Calls into strategies: each with a window on the world as the input left it.

use super::{Engine, Notice};
use crate::ctx::Ctx;
use crate::strategy::Strategy;
use st0ck_types::{Input, MarketEvent, StrategyId};

impl Engine {
    /// Tells strategies what happened: a change of the lane's state, completed bars, the event.
    pub(super) fn call_strategies(&mut self, input: &Input, tell: bool) {
        if !self.started {
            self.started = true;
            self.call_all(|strategy, ctx| strategy.on_start(ctx));
        }
        if self.told != self.world.trading {
            self.told = self.world.trading;
            let state = self.told;
            self.call_all(|strategy, ctx| strategy.on_state(ctx, state));
        }
        if !self.world.market.closed_bars().is_empty() {
            self.call_with_bars();
        }
        if !tell {
            return;
        }
        match input {
            Input::Market(MarketEvent::Quote(quote)) => {
                self.call_all(|strategy, ctx| strategy.on_quote(ctx, quote));
            }
            Input::Market(MarketEvent::Trade(trade)) => {
                self.call_all(|strategy, ctx| strategy.on_trade(ctx, trade));
            }
            Input::Timer(fired) => {
                self.call(fired.strategy, |strategy, ctx| strategy.on_timer(ctx, fired.timer));
            }
            Input::Report(_) | Input::System(_) => self.call_with_notices(),
            Input::Market(_) | Input::Command(_) => {}
        }
    }

    fn call_with_bars(&mut self) {
        for at in 0..self.world.market.closed_bars().len() {
            let bar = self.world.market.closed_bars()[at];
            self.counters.bars += 1;
            self.call_all(|strategy, ctx| strategy.on_bar(ctx, &bar));
        }
        self.world.market.clear_closed_bars();
    }

    fn call_with_notices(&mut self) {
        for at in 0..self.notices.len() {
            let notice = self.notices[at];
            self.give(notice);
        }
    }

    /// Tells an order's strategy what became of it.
    pub(super) fn give(&mut self, notice: Notice) {
        let Some(order) = self.world.orders.get(notice.no) else { return };
        self.call(order.request.strategy, |strategy, ctx| {
            if let Some(order) = ctx.world.orders.get(notice.no) {
                strategy.on_order(ctx, order, notice.change);
            }
        });
    }

    fn call_all(&mut self, mut call: impl FnMut(&mut dyn Strategy, &mut Ctx<'_>)) {
        // A lane has 64 strategies at most.
        for place in 0..u8::try_from(self.seats.len()).unwrap_or(u8::MAX) {
            self.call(StrategyId(place), &mut call);
        }
    }

    /// Notes whose call it is, so that a panic has a culprit.
    pub(super) fn call(
        &mut self,
        id: StrategyId,
        call: impl FnOnce(&mut dyn Strategy, &mut Ctx<'_>),
    ) {
        let seat = self.seats.get_mut(usize::from(id.0)).filter(|seat| !seat.quarantined);
        let Some(seat) = seat else { return };
        let mut ctx = Ctx {
            world: &self.world,
            timers: &mut self.timers,
            wants: &mut self.wants,
            strategy: id,
        };
        self.running = Some(id);
        call(&mut *seat.strategy, &mut ctx);
        self.running = None;
    }
}
