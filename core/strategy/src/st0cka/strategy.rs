//! ST0CKA itself: keeps time and pace, reads the books, and asks for the next step.
//!
//! Every call that could have changed something ends in [`Trader::act`]; a quote while nothing may be
//! entered ends at two comparisons.
//!
//! *Invariant:* at most one wish per input, none while the pause after a refusal lasts, none while
//! the lane is HALTED or the market closed.

use super::holdings::Holdings;
use super::leaving::Leaving;
use super::params::Rules;
use super::phase::{self, Phase, Step};
use super::plan::{Plan, whole};
use super::wishes::{self, ENTRY, TAKE_PROFIT};
use crate::parts::breakeven::is_breakeven;
use crate::parts::entry_pacing::EntryPacing;
use crate::parts::retry::Retry;
use crate::parts::volatility::VolatilityGauge;
use st0ck_engine::ctx::Ctx;
use st0ck_engine::intent::{Intent, OrderIntent};
use st0ck_engine::orders::Order;
use st0ck_engine::risk::TradingState;
use st0ck_engine::strategy::{Blocker, OrderChange, Strategy};
use st0ck_quant::Fx;
use st0ck_quant::indicator::vol_blend::VolSource;
use st0ck_types::state::StateError;
use st0ck_types::time::SECOND;
use st0ck_types::{
    Bar, Decision, InstrumentId, Nanos, Price, Qty, Quote, Reject, Seq, StateReader, StateSink,
    TimerId,
};

/// Its timers.
const TIME_EXIT: TimerId = TimerId(1);
const SESSION_EXIT: TimerId = TimerId(2);
const RETRY: TimerId = TimerId(3);

/// Longest pause after refused entries, in seconds.
const ENTRY_PAUSE_MAX: i64 = 64;
/// Longest pause after refused offers, sales and cancels, in seconds: there is a position to close.
const EXIT_PAUSE_MAX: i64 = 4;
/// How long nothing may happen while a position is to be closed, in nanoseconds.
const LOOK_AGAIN: i64 = 5 * SECOND;
/// Offers in a row that the broker ends before the shares are sold at market.
pub(super) const BROKEN_OFFERS_MAX: u32 = 3;

/// One instrument's ST0CKA.
#[derive(Debug)]
pub(super) struct Trader {
    pub(super) instrument: InstrumentId,
    pub(super) rules: Rules,
    phase: Phase,
    pub(super) leaving: Option<Leaving>,
    /// `time_exit` came and was not decided yet, because an entry was not settled.
    time_exit_due: bool,
    /// Offers in a row that the broker ended.
    broken_offers: u32,
    /// The first moment without entries; the beginning of time before the session began.
    pub(super) entries_until: Nanos,
    volatility: VolatilityGauge,
    /// What the rules make of it. Not kept: made again from what is.
    plan: Plan,
    pub(super) pacing: EntryPacing,
    pub(super) retry: Retry,
    /// The input in which it last wished something. Not kept: inputs are never seen twice.
    wished_in: Seq,
}

impl Trader {
    pub(super) fn new(rules: Rules, instrument: InstrumentId) -> Self {
        let volatility = VolatilityGauge::new(rules.volatility);
        Self {
            instrument,
            phase: Phase::Flat,
            leaving: None,
            time_exit_due: false,
            broken_offers: 0,
            entries_until: Nanos(i64::MIN),
            plan: Plan::of(&rules, &volatility),
            volatility,
            pacing: EntryPacing::new(rules.entry_interval),
            retry: Retry::default(),
            wished_in: Seq::default(),
            rules,
        }
    }

    /// Reads the books and asks for the next step, if it may.
    fn act(&mut self, ctx: &mut Ctx<'_>) {
        let holdings = Holdings::of(ctx.position(self.instrument).qty, ctx.unsettled_orders());
        self.decide_time_exit(ctx, &holdings);
        let (phase, step) = phase::next(&holdings, self.leaving);
        self.phase = phase;
        if phase == Phase::Flat && self.leaving != Some(Leaving::SessionExit) {
            self.leaving = None;
        }
        if self.leaving.is_some() && phase != Phase::Flat {
            // A cancel may go unanswered, and then nobody tells: look again.
            ctx.timer_at(RETRY, ctx.now() + LOOK_AGAIN);
        }
        match step {
            Step::Wait => {}
            _ if !self.may_wish(ctx) => {}
            Step::Cancel(no) => _ = self.wish(ctx, Intent::Cancel { no }),
            Step::Offer(qty) => self.offer(ctx, qty),
            Step::Sell(why, qty) => self.sell(ctx, why, qty),
        }
    }

    /// At `time_exit` the position goes if that costs nothing; decided once, when no entry is open.
    fn decide_time_exit(&mut self, ctx: &Ctx<'_>, holdings: &Holdings) {
        if !self.time_exit_due || holdings.entering {
            return;
        }
        self.time_exit_due = false;
        let bid = ctx.book(self.instrument).bid().unwrap_or_default();
        let cost = ctx.position(self.instrument).cost;
        if self.leaving.is_none() && is_breakeven(holdings.held, cost, bid) {
            self.leaving = Some(Leaving::TimeExit);
        }
    }

    /// Whether a wish has a chance now; arms the timer that asks again where it is only too early.
    fn may_wish(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if ctx.state() == TradingState::Halted || !ctx.session().is_open() {
            return false;
        }
        if !self.retry.is_open(ctx.now()) {
            ctx.timer_at(RETRY, self.retry.until());
            return false;
        }
        self.wished_in != ctx.seq()
    }

    /// The caller writes the reasons into what this returns.
    fn wish<'a>(&mut self, ctx: &'a mut Ctx<'_>, intent: Intent) -> &'a mut Decision {
        self.wished_in = ctx.seq();
        ctx.want(intent)
    }

    /// Offers `qty` at the target.
    fn offer(&mut self, ctx: &mut Ctx<'_>, qty: Qty) {
        let position = ctx.position(self.instrument);
        let (held, cost) = (position.qty, position.cost);
        let tick = ctx.instrument(self.instrument).map(|known| known.tick);
        let price = tick.and_then(|tick| self.plan.offer(held, cost, tick));
        let Some(price) = price else { return };
        let why = self.wish(ctx, wishes::offer(self.instrument, qty, price));
        self.plan.take_profit(held, cost, price, why);
    }

    /// Sells `qty` at market, because it is leaving.
    fn sell(&mut self, ctx: &mut Ctx<'_>, why: Leaving, qty: Qty) {
        let average = ctx.position(self.instrument).average().unwrap_or_default();
        let bid = ctx.book(self.instrument).bid().unwrap_or_default();
        *self.wish(ctx, wishes::sale(self.instrument, qty)) = Decision::new(why.as_str())
            .with("average_cost", average.0)
            .with("bid", bid.0)
            .with_sizing("uncovered", qty.0);
    }

    /// An entry has just been placed: all that the books can say by now, without reading them, for
    /// the order has still to leave.
    fn enter(&mut self, ctx: &Ctx<'_>) {
        self.phase = Phase::Entering;
        let books = || Holdings::of(ctx.position(self.instrument).qty, ctx.unsettled_orders());
        debug_assert_eq!(phase::next(&books(), None), (Phase::Entering, Step::Wait));
    }

    /// Flat, and time for the next entry: enters, if the rules and the quote let it.
    fn try_enter(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {
        let sound = quote.bid > Price::ZERO && quote.bid < quote.ask;
        if ctx.state() != TradingState::Active
            || !sound
            || ctx.now() >= self.entries_until
            || !self.may_wish(ctx)
        {
            return;
        }
        let Ok(deviation) = self.deviation(ctx, quote) else { return };
        let waited = self.waited(ctx);
        let why = self.wish(ctx, Intent::Order(self.entry_order()));
        self.plan.entry(waited, deviation, why);
    }

    /// Nanoseconds since the last entry or the open.
    fn waited(&self, ctx: &Ctx<'_>) -> i64 {
        ctx.now().since(self.pacing.last().max(ctx.session().open()))
    }

    /// The entry that the rules would ask for now.
    fn entry_order(&self) -> OrderIntent {
        wishes::entry(self.instrument, Qty(whole(self.plan.size.shares)))
    }

    /// The deviation from the session's average that an entry needs: `None` where it needs none, an
    /// error while it is not met.
    fn deviation(&self, ctx: &Ctx<'_>, quote: &Quote) -> Result<Option<Fx>, NotCheap> {
        let Some(discount) = self.rules.discount else { return Ok(None) };
        let mid = quote.bid.midpoint(quote.ask);
        discount.met(mid, ctx.vwap(self.instrument)).map(Some).ok_or(NotCheap)
    }

    /// Somebody refused what was wished, or ended it unasked: the next wish waits.
    fn on_failure(&mut self, now: Nanos, tag: u16) {
        let cap = if tag == ENTRY { ENTRY_PAUSE_MAX } else { EXIT_PAUSE_MAX };
        self.retry.on_failure(now, cap);
    }

    /// The broker ended an order that nobody canceled, or that nobody could place.
    fn on_broken(&mut self, now: Nanos, tag: u16) {
        self.on_failure(now, tag);
        if tag != TAKE_PROFIT || self.leaving.is_some() {
            return;
        }
        self.broken_offers += 1;
        if self.broken_offers >= BROKEN_OFFERS_MAX {
            self.broken_offers = 0;
            self.leaving = Some(Leaving::BrokenOffers);
        }
    }
}

/// The price is not far enough below the session's average, or there is no average yet.
struct NotCheap;

impl Strategy for Trader {
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        self.volatility.on_history(ctx.daily_closes(self.instrument));
        self.plan = Plan::of(&self.rules, &self.volatility);
        let session = *ctx.session();
        self.entries_until = session.close() - self.rules.entry_cutoff;
        ctx.timer_at(SESSION_EXIT, self.rules.session_exit.at(session.close()));
        if let Some(second_of_day) = self.rules.time_exit {
            let time_exit = session.at_local(second_of_day);
            self.entries_until = self.entries_until.min(time_exit);
            ctx.timer_at(TIME_EXIT, time_exit);
        }
        self.act(ctx);
    }

    fn on_state(&mut self, ctx: &mut Ctx<'_>, _state: TradingState) {
        self.retry.reset();
        self.act(ctx);
    }

    #[inline]
    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {
        if self.phase != Phase::Flat || !self.pacing.is_due(ctx.now()) {
            return;
        }
        if quote.instrument == self.instrument && self.retry.is_open(ctx.now()) {
            self.try_enter(ctx, quote);
        }
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) {
        if bar.seconds != 60 || bar.instrument != self.instrument {
            return;
        }
        let minutes = ctx.bars(self.instrument, 60);
        self.volatility.on_minute(minutes.closed(), minutes.iter().map(|minute| minute.close));
        self.plan = Plan::of(&self.rules, &self.volatility);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, timer: TimerId) {
        match timer {
            TIME_EXIT => self.time_exit_due = true,
            SESSION_EXIT => self.leaving = Some(Leaving::SessionExit),
            _ => {}
        }
        self.act(ctx);
    }

    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
        let (now, tag) = (ctx.now(), order.request.tag);
        match change {
            OrderChange::Placed if tag == ENTRY => {
                self.pacing.on_entry(now);
                if self.leaving.is_none() {
                    return self.enter(ctx);
                }
            }
            OrderChange::Filled { .. } => {
                self.retry.reset();
                self.broken_offers = 0;
            }
            OrderChange::Canceled if self.leaving.is_some() => self.retry.reset(),
            OrderChange::CancelRejected
            | OrderChange::CancelUnknown
            | OrderChange::SendRefused(_)
            | OrderChange::Lost => self.on_failure(now, tag),
            OrderChange::Canceled | OrderChange::Expired | OrderChange::Rejected => {
                self.on_broken(now, tag);
            }
            OrderChange::Placed
            | OrderChange::Accepted
            | OrderChange::Replaced
            | OrderChange::Unknown
            | OrderChange::Zombie => {}
        }
        self.act(ctx);
    }

    fn on_reject(&mut self, ctx: &mut Ctx<'_>, _reject: &Reject, tag: u16) {
        self.on_failure(ctx.now(), tag);
        self.act(ctx);
    }

    fn entry(
        &self,
        ctx: &Ctx<'_>,
        tell: &mut dyn FnMut(Blocker),
        why: &mut Decision,
    ) -> Option<OrderIntent> {
        self.hurdles(ctx, tell);
        self.plan.entry(self.waited(ctx), None, why);
        Some(self.entry_order())
    }

    fn save(&self, into: &mut dyn StateSink) {
        into.u8(self.phase as u8);
        into.u8(Leaving::number(self.leaving));
        into.bool(self.time_exit_due);
        into.u32(self.broken_offers);
        into.i64(self.entries_until.0);
        self.volatility.save(into);
        self.pacing.save(into);
        self.retry.save(into);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        let phase = from.u8("phase")?;
        self.phase = Phase::from_u8(phase).ok_or_else(|| from.invalid("phase"))?;
        let leaving = from.u8("leaving")?;
        self.leaving = Leaving::from_number(leaving).ok_or_else(|| from.invalid("leaving"))?;
        self.time_exit_due = from.bool("time exit due")?;
        self.broken_offers = from.u32("broken offers")?;
        self.entries_until = Nanos(from.i64("entries until")?);
        self.volatility.resume(from)?;
        self.plan = Plan::of(&self.rules, &self.volatility);
        self.pacing.resume(from)?;
        self.retry.resume(from)
    }

    fn notes(&self, note: &mut dyn FnMut(&str, i64)) {
        note("phase", whole(i64::from(self.phase as u8)));
        note("bars", whole(self.volatility.bars() as i64));
        note("history_days", whole(self.volatility.history_days().into()));
        if let Some(now) = self.volatility.now() {
            note("volatility", now.value.to_e9());
            note("vol_blended", whole(i64::from(now.source == VolSource::Blend)));
        }
        note("size", whole(self.plan.size.shares));
        note("target_raw", self.plan.target.0);
        if self.pacing.next() > Nanos::ZERO {
            // Nanoseconds are seconds in 1e-9.
            note("next_entry_unix_s", self.pacing.next().0);
        }
    }
}
