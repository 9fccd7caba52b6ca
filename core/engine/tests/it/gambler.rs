//! Seeded sessions for replay, recovery and allocation: a strategy that looks at everything and
//! gambles on it, and a broker that does whatever a broker may do.

use crate::lane::{QQQ, SPY, config, money, nudge, session};
use st0ck_engine::orders::Order;
use st0ck_engine::risk::TradingState;
use st0ck_engine::{Ctx, Engine, EngineConfig, Intent, OrderChange, OrderIntent, Outbox, Strategy};
use st0ck_quant::rng::Rng;
use st0ck_types::command::Reason;
use st0ck_types::market::GapCause;
use st0ck_types::report::{Account, Fill, Position, Reconcile, SendRefusal, Status};
use st0ck_types::state::{StateError, StateHasher};
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{AccountSums, TimerId, Trade};
use st0ck_types::{AssetClass, Bar, Command, Decision, Epoch, ExecutionId, Gap, Halt, Input};
use st0ck_types::{InstrumentDef, InstrumentId, MarketEvent, Nanos, OrderKind, OrderNo};
use st0ck_types::{OrderRequest, Output, PositionEffect, Price, Qty, Quote, Reject, Report, Seq};
use st0ck_types::{Side, StateReader, StateSink, StrategyId, Symbol, SystemEvent, TimeInForce};
use std::collections::VecDeque;

/// Mixes all it is shown into one number, and acts on that number.
#[derive(Debug, Default)]
pub(crate) struct Gambler {
    mood: u64,
    acts: u64,
}

impl Gambler {
    fn feel(&mut self, what: impl IntoIterator<Item = i64>) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.u64(self.mood);
        what.into_iter().for_each(|number| hasher.i64(number));
        self.mood = hasher.finish();
        self.mood
    }

    fn look(&mut self, ctx: &Ctx<'_>, instrument: InstrumentId) -> u64 {
        let book = ctx.book(instrument);
        let bar = ctx.bars(instrument, 1).last().map_or(0, |bar| bar.close.0 ^ bar.volume.0);
        let position = ctx.position(instrument);
        self.feel([
            book.quote().bid.0,
            book.quote().ask.0,
            book.last_trade().price.0,
            bar,
            ctx.bars(instrument, 60).closed() as i64,
            ctx.bars(instrument, 300).len() as i64,
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
        let instrument = InstrumentId((luck >> 8 & 1) as u32);
        match luck % 16 {
            0..3 => self.enter(ctx, instrument, luck),
            3..6 => self.leave(ctx, instrument, luck),
            6 => {
                let oldest = ctx.live_orders().next().map(Order::no);
                let no = oldest.unwrap_or(OrderNo((luck >> 20) as u32 % 9));
                ctx.want(Intent::Cancel { no });
            }
            7 => {
                let due = ctx.now() + ((luck >> 16) % 5) as i64 * SECOND;
                ctx.timer_at(TimerId((luck >> 4 & 3) as u16), due);
            }
            8 => ctx.timer_cancel(TimerId((luck >> 4 & 3) as u16)),
            _ => {}
        }
    }

    fn enter(&self, ctx: &mut Ctx<'_>, instrument: InstrumentId, luck: u64) {
        let ask = ctx.book(instrument).quote().ask;
        let off = (luck >> 24 & 127) as i64 - 64;
        let limit = Price(ask.0 + off * Price::CENT.0 + i64::from(luck >> 40 & 63 == 0));
        let kind = if luck >> 9 & 3 == 0 { OrderKind::Market } else { OrderKind::Limit(limit) };
        let qty = Qty::units((luck >> 32 & 7) as i64).unwrap();
        self.order(ctx, (instrument, Side::Buy, PositionEffect::Open), kind, qty, luck);
    }

    fn leave(&self, ctx: &mut Ctx<'_>, instrument: InstrumentId, luck: u64) {
        let bid = ctx.book(instrument).quote().bid;
        let kind = if luck >> 9 & 1 == 0 { OrderKind::Market } else { OrderKind::Limit(bid) };
        // Mostly all of it, sometimes less, sometimes more than there is.
        let held = ctx.position(instrument).qty;
        let more = if luck >> 33 & 3 == 0 { (luck >> 35 & 3) as i64 - 1 } else { 0 };
        let qty = Qty(held.0 + more * Qty::ONE.0);
        self.order(ctx, (instrument, Side::Sell, PositionEffect::Close), kind, qty, luck);
    }

    fn order(
        &self,
        ctx: &mut Ctx<'_>,
        (instrument, side, effect): (InstrumentId, Side, PositionEffect),
        kind: OrderKind,
        qty: Qty,
        luck: u64,
    ) {
        let decision = Decision::new("gamble").with("luck", luck as i64).with("acts", 1);
        let (tif, tag) = (TimeInForce::Day, luck as u16);
        let intent = OrderIntent { instrument, side, effect, kind, tif, qty, tag };
        *ctx.want(Intent::Order(intent)) = decision;
    }
}

impl Strategy for Gambler {
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer_at(TimerId(9), ctx.session().close() - 60 * SECOND);
    }

    fn on_state(&mut self, _: &mut Ctx<'_>, state: TradingState) {
        self.feel([state as i64, 1]);
    }

    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) {
        let luck = self.look(ctx, quote.instrument);
        if luck >> 56 < 64 {
            self.gamble(ctx, luck);
        }
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
        self.feel([trade.id as i64]);
        self.look(ctx, trade.instrument);
    }

    fn on_bar(&mut self, _: &mut Ctx<'_>, bar: &Bar) {
        let Bar { start, open, high, low, close, volume, .. } = *bar;
        self.feel([start.0, open.0, high.0, low.0, close.0, volume.0, i64::from(bar.seconds)]);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, timer: TimerId) {
        let luck = self.feel([i64::from(timer.0), ctx.now().0]);
        self.gamble(ctx, luck);
    }

    fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
        let filled = matches!(change, OrderChange::Filled { .. });
        let (no, stage) = (i64::from(order.no().0), i64::from(order.stage as u8));
        let luck = self.feel([no, stage, order.cum.0, i64::from(filled)]);
        if luck >> 60 == 0 || filled && luck >> 62 == 0 {
            self.gamble(ctx, luck >> 3);
        }
    }

    fn on_reject(&mut self, ctx: &mut Ctx<'_>, reject: &Reject, tag: u16) {
        let luck = self.feel([reject.code as i64, reject.value, reject.limit, i64::from(tag)]);
        if luck >> 62 == 0 {
            self.gamble(ctx, luck >> 5);
        }
    }

    fn save(&self, into: &mut dyn StateSink) {
        into.u64(self.mood);
        into.u64(self.acts);
    }

    fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.mood = from.u64("mood")?;
        self.acts = from.u64("acts")?;
        Ok(())
    }
}

/// Limits that let a gambler act often enough.
pub(crate) fn gambling() -> EngineConfig {
    let mut config = config();
    config.limits.orders_per_second_max = 2;
    config.limits.orders_per_minute_max = 900;
    config.limits.entries_per_day_max = 100_000;
    config.limits.entries_per_10_min_max = 10_000;
    config.limits.losses_in_a_row_max = 40;
    config.limits.duplicates_per_minute_max = 9;
    config
}

pub(crate) fn engine() -> Engine {
    let strategies: Vec<(StrategyId, Box<dyn Strategy>)> = vec![
        (StrategyId(0), Box::new(Gambler::default())),
        (StrategyId(1), Box::new(Gambler { mood: 1, acts: 0 })),
    ];
    Engine::new(gambling(), strategies).unwrap()
}

/// One input of a session and what it led to.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) at: Nanos,
    pub(crate) seq: Seq,
    pub(crate) input: Input,
    pub(crate) outputs: Vec<Output>,
    pub(crate) hash: u64,
}

/// An order as the broker has it.
#[derive(Debug, Clone, Copy)]
struct Resting {
    order: OrderRequest,
    left: i64,
}

/// Plays a market and a broker against an engine.
pub(crate) struct Table {
    rng: Rng,
    pub(crate) engine: Engine,
    pub(crate) steps: Vec<Step>,
    out: Outbox,
    now: Nanos,
    prices: [i64; 2],
    resting: Vec<Resting>,
    reports: VecDeque<Report>,
    executions: u128,
    epoch: u64,
}

impl Table {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            engine: engine(),
            steps: Vec::new(),
            out: Outbox::new(),
            now: session().open - 2 * SECOND,
            prices: [10_000, 5_000],
            resting: Vec::new(),
            reports: VecDeque::new(),
            executions: 0,
            epoch: 1_600_000_000,
        }
    }

    /// A whole session of about that many inputs.
    pub(crate) fn play(mut self, inputs: usize) -> Vec<Step> {
        self.step(Input::System(SystemEvent::SessionStart {
            epoch: Epoch(self.epoch),
            first_order: 1,
        }));
        for (instrument, symbol) in [(SPY, "SPY"), (QQQ, "QQQ")] {
            self.market(MarketEvent::InstrumentDef(InstrumentDef {
                ts_event: self.now,
                tick: Price::CENT,
                lot: Qty::ONE,
                instrument,
                multiplier: 1,
                class: AssetClass::Equity,
                symbol: Symbol::new(symbol),
            }));
        }
        self.command(Command::Arm(Reason::new("begin")));
        while self.steps.len() < inputs {
            self.turn();
        }
        self.now = session().close;
        self.fire_due();
        self.step(Input::System(SystemEvent::SessionEnd));
        self.steps
    }

    fn turn(&mut self) {
        self.now = self.now + self.rng.between(0, 300) * MILLISECOND;
        self.fire_due();
        match self.rng.below(1000) {
            0..600 => self.quote(),
            600..800 => self.print(),
            800..940 => self.tell(),
            940..980 => self.trade_resting(),
            980..985 => self.gap_or_halt(),
            985..997 => self.order_about(),
            997..999 => self.restart(),
            _ => self.reconcile(),
        }
    }

    fn step(&mut self, input: Input) {
        let seq = Seq(self.steps.len() as u64 + 1);
        self.engine.on_input(self.now, seq, &input, &mut self.out);
        let outputs = self.out.outputs().to_vec();
        for output in &outputs {
            self.serve(output);
        }
        let hash = self.engine.state_hash();
        self.steps.push(Step { at: self.now, seq, input, outputs, hash });
    }

    fn market(&mut self, event: MarketEvent) {
        self.step(Input::Market(event));
    }

    fn command(&mut self, command: Command) {
        self.step(Input::Command(command));
    }

    fn fire_due(&mut self) {
        while let Some((_, fired)) = self.engine.next_due().filter(|(due, _)| *due <= self.now) {
            self.step(Input::Timer(fired));
        }
    }

    fn quote(&mut self) {
        let which = self.rng.below(2) as usize;
        self.prices[which] = (self.prices[which] + self.rng.between(-3, 3)).max(100);
        let half = if self.rng.chance(10) { -1 } else { self.rng.between(1, 3) };
        let late = if self.rng.chance(5) { SECOND } else { 0 };
        self.market(MarketEvent::Quote(Quote {
            ts_event: self.now - late,
            ts_recv: self.now,
            bid: Price((self.prices[which] - half) * Price::CENT.0),
            ask: Price((self.prices[which] + half) * Price::CENT.0),
            bid_size: Qty::ONE,
            ask_size: Qty::ONE,
            instrument: InstrumentId(which as u32),
            ..Quote::default()
        }));
    }

    fn print(&mut self) {
        let which = self.rng.below(2) as usize;
        let trade = Trade {
            ts_event: self.now,
            price: Price(self.prices[which] * Price::CENT.0),
            size: Qty::units(self.rng.between(1, 300)).unwrap(),
            id: self.steps.len() as u64,
            instrument: InstrumentId(which as u32),
            ..Trade::default()
        };
        let odd = self.rng.chance(100);
        self.market(MarketEvent::Trade(if odd { nudge(self.now, trade.id) } else { trade }));
    }

    fn gap_or_halt(&mut self) {
        let instrument = InstrumentId(self.rng.below(2) as u32);
        let halted = u8::from(self.rng.chance(300));
        let cause = if self.rng.chance(500) { GapCause::RingFull } else { GapCause::Reconnect };
        let event = if self.rng.chance(500) {
            MarketEvent::Halt(Halt { instrument, halted, ..Halt::default() })
        } else {
            MarketEvent::Gap(Gap { instrument, cause, trades_lost: 3, ..Gap::default() })
        };
        self.market(event);
    }

    fn order_about(&mut self) {
        let why = Reason::new("seeded");
        match self.rng.below(20) {
            0 => self.command(Command::Reduce(why)),
            1 => self.command(Command::Halt(why)),
            2 => self.command(Command::Kill(why)),
            3 => self.command(Command::ResetLatches(why)),
            4 => self.step(Input::Report(Report::Link { up: false })),
            5 => self.step(Input::Report(Report::Link { up: true })),
            6 => self.step(Input::System(SystemEvent::JournalLow { low: false })),
            7 => {
                let lost = money(&self.rng.below(2_900).to_string());
                let sums = AccountSums { opening: money("90000"), equity: money("90000") - lost };
                self.step(Input::System(SystemEvent::OtherAccounts(sums)));
            }
            _ => self.command(Command::Arm(why)),
        }
    }

    fn restart(&mut self) {
        self.epoch += 1;
        self.step(Input::System(SystemEvent::Restart { epoch: Epoch(self.epoch) }));
        self.command(Command::Arm(Reason::new("again")));
    }

    fn reconcile(&mut self) {
        let pass = |ended| {
            Input::Report(Report::Reconcile(Reconcile { ended, stable: true, foreign_orders: 0 }))
        };
        self.step(pass(false));
        self.step(Input::Report(Report::Account(Account {
            tradable: true,
            equity: self.engine.portfolio().equity(),
            buying_power: money("15000"),
            ..Account::default()
        })));
        for instrument in [SPY, QQQ] {
            let qty = self.engine.portfolio().position(instrument).qty;
            let position = Position { instrument, qty, ..Position::default() };
            self.step(Input::Report(Report::Position(position)));
        }
        self.step(pass(true));
        self.command(Command::Arm(Reason::new("clean")));
    }

    /// What the broker makes of an order or a cancel; it tells later.
    fn serve(&mut self, output: &Output) {
        match output {
            Output::Order(order) => self.serve_order(order),
            Output::Cancel(cancel) => {
                let status = Status { client_id: cancel.client_id, ..Status::default() };
                let place = self.resting.iter().position(|r| r.order.no == cancel.no);
                let unlucky = self.rng.chance(150);
                self.reports.push_back(match place.filter(|_| !unlucky) {
                    Some(place) => {
                        self.resting.swap_remove(place);
                        Report::Canceled(status)
                    }
                    None => Report::CancelRejected(status),
                });
            }
            Output::Decision(_) | Output::Reject(_) => {}
        }
    }

    fn serve_order(&mut self, order: &OrderRequest) {
        let status = Status { client_id: order.client_id, ..Status::default() };
        let no = order.no;
        if self.rng.chance(40) {
            let why = SendRefusal::RingFull;
            self.reports.push_back(Report::SendRefused { no, why });
            return;
        }
        self.reports.push_back(Report::Sending { no });
        match self.rng.below(20) {
            0 => return self.reports.push_back(Report::Rejected(status)),
            1 => {
                self.reports.push_back(Report::Unknown(status));
                self.reports.push_back(Report::NotFound(status));
            }
            _ => self.reports.push_back(Report::Accepted(status)),
        }
        self.resting.push(Resting { order: *order, left: order.qty.0 });
    }

    /// The broker tells the next thing, sometimes twice.
    fn tell(&mut self) {
        if let Some(report) = self.reports.pop_front() {
            self.step(Input::Report(report));
            if self.rng.chance(50) {
                self.step(Input::Report(report));
            }
        }
    }

    /// Part or all of a resting order trades.
    fn trade_resting(&mut self) {
        if self.resting.is_empty() {
            return;
        }
        let place = self.rng.below(self.resting.len() as u64) as usize;
        let resting = &mut self.resting[place];
        let whole = resting.left / Qty::ONE.0;
        let qty = self.rng.between(1, whole.max(1)) * Qty::ONE.0;
        resting.left -= qty;
        self.executions += 1;
        let OrderRequest { client_id, instrument, side, .. } = resting.order;
        let fill = Fill {
            client_id,
            execution: ExecutionId(self.executions),
            instrument,
            side,
            complete: resting.left <= 0,
            price: Price(self.prices[instrument.index()] * Price::CENT.0),
            qty: Qty(qty),
            at: self.now,
            ..Fill::default()
        };
        if resting.left <= 0 {
            self.resting.swap_remove(place);
        }
        self.reports.push_back(Report::Fill(fill));
    }
}
