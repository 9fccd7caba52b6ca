//! What keeps ST0CKA from entering now, hurdle by hurdle: for whoever asks why it did not.
//!
//! Says in words what `Trader::try_enter` and the books decide; called by `whynot`, never while
//! trading. *Invariant:* as long as a quote comes and no entry with it, some hurdle is told here or
//! by the gate.

use super::holdings::Holdings;
use super::leaving::Leaving;
use super::strategy::Trader;
use st0ck_engine::ctx::Ctx;
use st0ck_engine::strategy::Blocker;
use st0ck_quant::Fx;
use st0ck_quant::indicator::vwap_deviation::vwap_deviation;
use st0ck_types::reject::Unit;
use st0ck_types::{Nanos, Qty};

impl Trader {
    /// Tells every hurdle of its own that it meets now.
    pub(super) fn hurdles(&self, ctx: &Ctx<'_>, tell: &mut dyn FnMut(Blocker)) {
        if self.entries_until == Nanos(i64::MIN) {
            return tell(Blocker::stated("not_started"));
        }
        self.hurdles_of_position(ctx, tell);
        self.hurdles_of_time(ctx, tell);
        self.hurdle_of_price(ctx, tell);
    }

    /// It enters when flat with nothing open, and not while it leaves for the day.
    fn hurdles_of_position(&self, ctx: &Ctx<'_>, tell: &mut dyn FnMut(Blocker)) {
        let holdings = Holdings::of(ctx.position(self.instrument).qty, ctx.unsettled_orders());
        if !holdings.held.is_zero() {
            tell(Blocker::new("position_held", Unit::Shares, holdings.held.0, 0));
        }
        let orders = i64::try_from(ctx.unsettled_orders().count()).unwrap_or(i64::MAX);
        if orders > 0 {
            tell(Blocker::new("order_open", Unit::Number, orders.saturating_mul(Qty::ONE.0), 0));
        }
        if self.leaving == Some(Leaving::SessionExit) {
            tell(Blocker::stated("session_exit"));
        }
    }

    fn hurdles_of_time(&self, ctx: &Ctx<'_>, tell: &mut dyn FnMut(Blocker)) {
        let (now, open) = (ctx.now(), ctx.session().open());
        if now >= self.entries_until {
            let (value, limit) = (now.since(open), self.entries_until.since(open));
            tell(Blocker::new("entry_hours", Unit::Seconds, value, limit));
        }
        if !self.pacing.is_due(now) {
            let (value, limit) = (now.since(self.pacing.last()), self.pacing.interval());
            tell(Blocker::new("entry_pacing", Unit::Seconds, value, limit));
        }
        if !self.retry.is_open(now) {
            tell(Blocker::new("retry_pause", Unit::Seconds, now.since(self.retry.until()), 0));
        }
    }

    fn hurdle_of_price(&self, ctx: &Ctx<'_>, tell: &mut dyn FnMut(Blocker)) {
        let Some(discount) = self.rules.discount else { return };
        let (book, vwap) = (ctx.book(self.instrument), ctx.vwap(self.instrument));
        let Some((middle, vwap)) = book.middle().zip(vwap) else {
            return tell(Blocker::stated("vwap_unknown"));
        };
        if discount.met(middle, Some(vwap)).is_none() {
            let value = vwap_deviation(middle, vwap).map_or(0, Fx::to_e9);
            tell(Blocker::new("vwap_discount", Unit::Ratio, value, -discount.below.to_e9()));
        }
    }
}
