//! A lane for tests: an engine, a puppet strategy that wants what the test tells it, and short words
//! for what markets and brokers say.

use st0ck_engine::orders::{Identity, Order};
use st0ck_engine::risk::{RiskLimits, TradingState};
use st0ck_engine::{Ctx, Engine, EngineConfig, InstrumentConfig, Intent, OrderChange, OrderIntent};
use st0ck_engine::{Outbox, Strategy};
use st0ck_types::calendar::{Date, NYSE, Session};
use st0ck_types::command::Reason;
use st0ck_types::market::IRREGULAR;
use st0ck_types::report::{Fill, Reconcile, Status};
use st0ck_types::state::StateError;
use st0ck_types::time::SECOND;
use st0ck_types::{AssetClass, Bar, BotCode, Command, Decision, Epoch, ExecutionId, Input};
use st0ck_types::{InstrumentDef, InstrumentId, MarketEvent, Money, Nanos, Nonce, OrderKind};
use st0ck_types::{OrderNo, Output, PositionEffect, Price, Qty, Quote, Reject, Report, Seq, Side};
use st0ck_types::{StateReader, StateSink, StrategyId, Symbol, SystemEvent, TimeInForce, TimerId};
use st0ck_types::{TimerFired, Trade};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub(crate) const SPY: InstrumentId = InstrumentId(0);
pub(crate) const QQQ: InstrumentId = InstrumentId(1);
pub(crate) const CALL: InstrumentId = InstrumentId(2);

pub(crate) fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

pub(crate) fn shares(n: i64) -> Qty {
    Qty::units(n).unwrap()
}

/// 2020-12-15 in New York: 14:30 to 21:00 UTC.
pub(crate) fn session() -> Session {
    NYSE.session(Date::new(2020, 12, 15).unwrap()).unwrap().unwrap()
}

pub(crate) fn identity() -> Identity {
    Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"s0a"), epoch: Epoch(1_600_000_000) }
}

/// Three instruments, $10,000, the default limits, no reconciliation asked for.
pub(crate) fn config() -> EngineConfig {
    let instruments = ["SPY", "QQQ", "SPY201218C00370000"].map(InstrumentConfig::new).to_vec();
    EngineConfig {
        require_reconcile: false,
        ..EngineConfig::new(instruments, session(), NYSE.zone(), identity(), money("10000"))
    }
}

/// What a puppet was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    Start,
    State(TradingState),
    Quote(Price),
    Trade(u64),
    Bar(Bar),
    Timer(TimerId),
    Order(OrderNo, OrderChange),
    Reject(Reject, u16),
}

#[derive(Debug, Default)]
struct Strings {
    wants: VecDeque<Intent>,
    timers: VecDeque<(TimerId, Nanos)>,
    calls: Vec<Call>,
    panic_on: Option<u64>,
}

/// The test's hand on the puppet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hand(Arc<Mutex<Strings>>);

impl Hand {
    /// What the puppet was told since the last time.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    pub(crate) fn want(&self, intent: Intent) {
        self.0.lock().unwrap().wants.push_back(intent);
    }

    pub(crate) fn timer(&self, timer: u16, due: Nanos) {
        self.0.lock().unwrap().timers.push_back((TimerId(timer), due));
    }

    /// Panics when it is told of the trade with this id.
    pub(crate) fn panic_on(&self, trade: u64) {
        self.0.lock().unwrap().panic_on = Some(trade);
    }
}

/// Wants what the hand gave it, at the next trade, order news or refusal.
#[derive(Debug)]
pub(crate) struct Puppet {
    pub(crate) hand: Hand,
    pub(crate) seen: u64,
}

impl Puppet {
    fn act(&mut self, ctx: &mut Ctx<'_>, call: Call) {
        self.seen += 1;
        let mut strings = self.hand.0.lock().unwrap();
        let acts = !matches!(call, Call::Quote(_) | Call::Bar(_) | Call::Start | Call::State(_));
        strings.calls.push(call);
        if acts {
            for want in strings.wants.drain(..) {
                *ctx.want(want) = Decision::new("test").with("edge", 5);
            }
            strings.timers.drain(..).for_each(|(timer, due)| ctx.timer_at(timer, due));
        }
    }
}

impl Strategy for Puppet {
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        self.act(ctx, Call::Start);
    }

    fn on_state(&mut self, ctx: &mut Ctx<'_>, state: TradingState) {
        self.act(ctx, Call::State(state));
    }

    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {
        self.act(ctx, Call::Quote(quote.bid));
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
        let panics = self.hand.0.lock().unwrap().panic_on == Some(trade.id);
        assert!(!panics, "the puppet was told to panic");
        self.act(ctx, Call::Trade(trade.id));
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) {
        self.act(ctx, Call::Bar(*bar));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, timer: TimerId) {
        self.act(ctx, Call::Timer(timer));
    }

    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
        assert_eq!(order.request.strategy, ctx.strategy());
        self.act(ctx, Call::Order(order.no(), change));
    }

    fn on_reject(&mut self, ctx: &mut Ctx<'_>, reject: &Reject, tag: u16) {
        self.act(ctx, Call::Reject(*reject, tag));
    }

    fn save(&self, into: &mut dyn StateSink) {
        into.u64(self.seen);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.seen = from.u64("seen")?;
        Ok(())
    }

    fn notes(&self, note: &mut dyn FnMut(&str, i64)) {
        note("seen", self.seen as i64);
    }
}

/// An engine with one puppet.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) engine: Engine,
    pub(crate) hand: Hand,
    pub(crate) now: Nanos,
    out: Outbox,
    seq: u64,
    executions: u128,
}

impl Lane {
    /// HALTED, a second after the open, nothing known of the market.
    pub(crate) fn unarmed(config: EngineConfig) -> Self {
        let hand = Hand::default();
        let puppet = Puppet { hand: hand.clone(), seen: 0 };
        let engine = Engine::new(config, vec![(StrategyId(0), Box::new(puppet))]).unwrap();
        let now = session().open + SECOND;
        Self { engine, hand, now, out: Outbox::new(), seq: 0, executions: 0 }
    }

    /// ACTIVE, every instrument defined and quoted: SPY and QQQ at 99.99 by 100.01, the option at
    /// 1.99 by 2.01.
    pub(crate) fn new(config: EngineConfig) -> Self {
        let mut lane = Self::unarmed(config);
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.define(QQQ, "QQQ", AssetClass::Equity, 1);
        lane.define(CALL, "SPY201218C00370000", AssetClass::Option, 100);
        lane.quote_all();
        lane.arm();
        lane.hand.calls();
        lane
    }

    /// With default limits changed by the test.
    pub(crate) fn with(change: impl FnOnce(&mut RiskLimits)) -> Self {
        let mut config = config();
        change(&mut config.limits);
        Self::new(config)
    }

    pub(crate) fn input(&mut self, input: &Input) -> Vec<Output> {
        self.seq += 1;
        self.engine.on_input(self.now, Seq(self.seq), input, &mut self.out);
        self.out.outputs().to_vec()
    }

    pub(crate) fn pass(&mut self, nanos: i64) {
        self.now = self.now + nanos;
    }

    pub(crate) fn market(&mut self, event: MarketEvent) -> Vec<Output> {
        self.input(&Input::Market(event))
    }

    pub(crate) fn report(&mut self, report: Report) -> Vec<Output> {
        self.input(&Input::Report(report))
    }

    pub(crate) fn command(&mut self, command: Command) -> Vec<Output> {
        self.input(&Input::Command(command))
    }

    pub(crate) fn system(&mut self, event: SystemEvent) -> Vec<Output> {
        self.input(&Input::System(event))
    }

    pub(crate) fn arm(&mut self) {
        self.command(Command::Arm(Reason::new("test")));
    }

    pub(crate) fn define(
        &mut self,
        instrument: InstrumentId,
        symbol: &str,
        class: AssetClass,
        multiplier: u16,
    ) {
        self.market(MarketEvent::InstrumentDef(InstrumentDef {
            ts_event: self.now,
            tick: Price::CENT,
            lot: Qty::ONE,
            instrument,
            multiplier,
            class,
            symbol: Symbol::new(symbol),
        }));
    }

    pub(crate) fn quote(&mut self, instrument: InstrumentId, bid: &str, ask: &str) -> Vec<Output> {
        self.market(MarketEvent::Quote(Quote {
            ts_event: self.now,
            ts_recv: self.now,
            bid: price(bid),
            ask: price(ask),
            bid_size: shares(100),
            ask_size: shares(100),
            instrument,
            ..Quote::default()
        }))
    }

    pub(crate) fn quote_all(&mut self) {
        self.quote(SPY, "99.99", "100.01");
        self.quote(QQQ, "99.99", "100.01");
        self.quote(CALL, "1.99", "2.01");
    }

    pub(crate) fn print(&mut self, instrument: InstrumentId, at: &str, size: i64) -> Vec<Output> {
        self.market(MarketEvent::Trade(Trade {
            ts_event: self.now,
            ts_recv: self.now,
            price: price(at),
            size: shares(size),
            instrument,
            ..Trade::default()
        }))
    }

    /// Lets the puppet act: a print that changes nothing else.
    pub(crate) fn nudge(&mut self) -> Vec<Output> {
        self.market(MarketEvent::Trade(nudge(self.now, 0)))
    }

    /// Wants it and returns what came of it.
    pub(crate) fn want(&mut self, intent: Intent) -> Vec<Output> {
        self.hand.want(intent);
        self.nudge()
    }

    pub(crate) fn order(&mut self, intent: OrderIntent) -> Vec<Output> {
        self.want(Intent::Order(intent))
    }

    /// Wants an order that must pass.
    pub(crate) fn place(&mut self, intent: OrderIntent) -> OrderNo {
        match self.order(intent).as_slice() {
            [Output::Decision(_), Output::Order(order)] => order.no,
            other => panic!("{intent:?} led to {other:?}"),
        }
    }

    /// Wants an order that must be refused.
    pub(crate) fn refused(&mut self, intent: OrderIntent) -> Reject {
        match self.order(intent).as_slice() {
            [Output::Decision(_), Output::Reject(reject)] => *reject,
            other => panic!("{intent:?} led to {other:?}"),
        }
    }

    pub(crate) fn status(&self, no: OrderNo) -> Status {
        let client_id = self.engine.orders().get(no).unwrap().request.client_id;
        Status { client_id, at: self.now, ..Status::default() }
    }

    pub(crate) fn accept(&mut self, no: OrderNo) -> Vec<Output> {
        self.report(Report::Accepted(self.status(no)))
    }

    pub(crate) fn fill(&mut self, no: OrderNo, at: &str, qty: i64) -> Vec<Output> {
        let order = *self.engine.orders().get(no).unwrap();
        self.executions += 1;
        self.report(Report::Fill(Fill {
            client_id: order.request.client_id,
            execution: ExecutionId(self.executions),
            instrument: order.request.instrument,
            side: order.request.side,
            price: price(at),
            qty: shares(qty),
            at: self.now,
            ..Fill::default()
        }))
    }

    /// Buys at 100.00 and is filled: a position to start from.
    pub(crate) fn hold(&mut self, instrument: InstrumentId, qty: i64) {
        let at = if instrument == CALL { "2" } else { "100" };
        let no = self.place(buy(instrument, qty, at));
        self.fill(no, at, qty);
        // Out of every rolling window that the entry left its mark in.
        self.pass(66 * SECOND);
        self.quote_all();
    }

    /// Buys one and sells it again, for a loss or gain per share.
    pub(crate) fn round_trip(&mut self, instrument: InstrumentId, sold_at: &str) {
        self.hold(instrument, 1);
        let no = self.place(sell_market(instrument, 1));
        self.fill(no, sold_at, 1);
        self.pass(66 * SECOND);
        self.quote_all();
    }

    pub(crate) fn reconcile(&mut self, facts: &[Report], stable: bool) -> Vec<Output> {
        let pass = |ended| Report::Reconcile(Reconcile { ended, stable, foreign_orders: 0 });
        self.report(pass(false));
        for fact in facts {
            self.report(*fact);
        }
        self.report(pass(true))
    }

    pub(crate) fn fire_due(&mut self) -> Option<TimerFired> {
        let (due, fired) = self.engine.next_due()?;
        self.now = self.now.max(due);
        self.input(&Input::Timer(fired));
        Some(fired)
    }
}

pub(crate) fn nudge(at: Nanos, id: u64) -> Trade {
    Trade { ts_event: at, id, flags: IRREGULAR, instrument: SPY, ..Trade::default() }
}

fn intent(
    instrument: InstrumentId,
    side: Side,
    effect: PositionEffect,
    kind: OrderKind,
    qty: Qty,
) -> OrderIntent {
    OrderIntent { instrument, side, effect, kind, tif: TimeInForce::Day, qty, tag: 7 }
}

/// Buys to open at a limit.
pub(crate) fn buy(instrument: InstrumentId, qty: i64, limit: &str) -> OrderIntent {
    let kind = OrderKind::Limit(price(limit));
    intent(instrument, Side::Buy, PositionEffect::Open, kind, shares(qty))
}

/// Buys to open at the market.
pub(crate) fn buy_market(instrument: InstrumentId, qty: i64) -> OrderIntent {
    intent(instrument, Side::Buy, PositionEffect::Open, OrderKind::Market, shares(qty))
}

/// Sells to close at a limit.
pub(crate) fn sell(instrument: InstrumentId, qty: i64, limit: &str) -> OrderIntent {
    let kind = OrderKind::Limit(price(limit));
    intent(instrument, Side::Sell, PositionEffect::Close, kind, shares(qty))
}

/// Sells to close at the market.
pub(crate) fn sell_market(instrument: InstrumentId, qty: i64) -> OrderIntent {
    intent(instrument, Side::Sell, PositionEffect::Close, OrderKind::Market, shares(qty))
}
