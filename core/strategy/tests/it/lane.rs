//! A lane without threads: an engine with one ST0CKA, a market of one instrument, and a broker whose
//! every word is scripted.

use st0ck_engine::orders::{Identity, Order};
use st0ck_engine::{Engine, EngineConfig, InstrumentConfig, Outbox, Params, Strategy};
use st0ck_strategy::find;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::market::LAST;
use st0ck_types::report::{BrokerStage, Fill, SendRefusal, Snapshot, Status};
use st0ck_types::state::StateBytes;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::*;

/// The instrument.
pub(crate) const SPY: InstrumentId = InstrumentId(0);
/// The strategy.
const BOT: StrategyId = StrategyId(0);

/// A price out of its text.
pub(crate) fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

/// So many shares.
pub(crate) fn shares(n: i64) -> Qty {
    Qty::units(n).unwrap()
}

/// How a lane is set up.
pub(crate) struct Setup<'a> {
    /// Parameters given, the others at their defaults.
    pub(crate) params: &'a [(&'a str, &'a str)],
    /// The trading day.
    pub(crate) date: (i32, u32, u32),
    /// Closes of the days before.
    pub(crate) daily_closes: Vec<Price>,
    /// Seconds before the open at which it begins.
    pub(crate) early_s: i64,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self { params: &[], date: (2020, 12, 15), daily_closes: Vec::new(), early_s: 0 }
    }
}

/// The lane, and all that it ever sent or refused.
pub(crate) struct Lane {
    engine: Engine,
    config: EngineConfig,
    params: Params,
    out: Outbox,
    log: Vec<(Nanos, Input, Vec<Output>)>,
    seq: Seq,
    executions: u128,
    market: (Price, Price),
    /// Lane time.
    pub(crate) now: Nanos,
    /// Orders sent.
    pub(crate) orders: Vec<OrderRequest>,
    /// Cancels sent.
    pub(crate) cancels: Vec<OrderNo>,
    /// Wishes refused by the gate.
    pub(crate) rejects: Vec<Reject>,
    /// What was weighed.
    pub(crate) decisions: Vec<Decision>,
}

impl Lane {
    /// Armed, before the first quote.
    pub(crate) fn open(setup: Setup<'_>) -> Self {
        let (year, month, day) = setup.date;
        let date = Date::new(year, month, day).unwrap();
        let session = NYSE.session(date).unwrap().expect("a trading day");
        let listing = find("st0cka").unwrap();
        let params = Params::resolve(listing.recipe.params(), setup.params).unwrap();
        let spy =
            InstrumentConfig { daily_closes: setup.daily_closes, ..InstrumentConfig::new("SPY") };
        let bot = listing.recipe.code();
        let identity = Identity { nonce: Nonce(*b"00"), bot, epoch: Epoch(1) };
        let mut config =
            EngineConfig::new(vec![spy], session, NYSE.zone(), identity, listing.capital);
        config.limits = listing.recipe.profile(&params).over(config.limits);
        config.require_reconcile = false;
        let mut lane = Self {
            engine: Engine::new(config.clone(), vec![(BOT, build(&params))]).unwrap(),
            config,
            params,
            out: Outbox::new(),
            log: Vec::new(),
            seq: Seq(0),
            executions: 0,
            market: (price("589.99"), price("590.00")),
            now: session.open - setup.early_s * SECOND,
            orders: Vec::new(),
            cancels: Vec::new(),
            rejects: Vec::new(),
            decisions: Vec::new(),
        };
        let start = SystemEvent::SessionStart { epoch: Epoch(1), first_order: 1 };
        lane.input(Input::System(start));
        lane.define();
        lane.command(Command::Arm(Text::new("test")));
        lane
    }

    fn define(&mut self) {
        self.input(Input::Market(MarketEvent::InstrumentDef(InstrumentDef {
            ts_event: self.now,
            tick: Price::CENT,
            lot: Qty::ONE,
            instrument: SPY,
            multiplier: 1,
            class: AssetClass::Equity,
            symbol: Symbol::new("SPY"),
        })));
    }

    /// The process dies; another one starts from what was kept. Not armed yet.
    pub(crate) fn restart(&mut self) {
        let mut kept = StateBytes::default();
        self.engine.carry(&mut kept);
        let strategies = vec![(BOT, build(&self.params))];
        let mut engine = Engine::new(self.config.clone(), strategies).unwrap();
        engine.restore(&kept.0).unwrap();
        assert_eq!(engine.state_hash(), self.engine.state_hash(), "restored as it was");
        self.engine = engine;
        self.input(Input::System(SystemEvent::Restart { epoch: Epoch(2) }));
    }

    /// The same inputs lead to the same outputs and state: decided again, and taken as facts.
    pub(crate) fn assert_replays(&self) {
        let fresh = || {
            let strategies = vec![(BOT, build(&self.params))];
            Engine::new(self.config.clone(), strategies).unwrap()
        };
        let (mut replayed, mut recovered, mut out) = (fresh(), fresh(), Outbox::new());
        let mut seq = Seq(0);
        for (at, input, outputs) in &self.log {
            seq = seq.next();
            replayed.on_input(*at, seq, input, &mut out);
            assert_eq!(out.outputs(), outputs, "replayed {seq}: {input:?}");
            let divergences = recovered.recover_input(*at, seq, input, outputs);
            assert_eq!(divergences, 0, "recovered {seq}: {input:?}");
        }
        for engine in [replayed, recovered] {
            assert_eq!(engine.state_hash(), self.engine.state_hash());
        }
    }

    /// Seconds since the open.
    pub(crate) fn age_s(&self) -> i64 {
        self.now.since(self.config.session.open) / SECOND
    }

    /// One input, and what the lane made of it.
    pub(crate) fn input(&mut self, input: Input) {
        self.seq = self.seq.next();
        self.engine.on_input(self.now, self.seq, &input, &mut self.out);
        self.log.push((self.now, input, self.out.outputs().to_vec()));
        for output in self.out.outputs() {
            match *output {
                Output::Decision(decision) => self.decisions.push(decision),
                Output::Order(order) => self.orders.push(order),
                Output::Cancel(cancel) => self.cancels.push(cancel.no),
                Output::Reject(reject) => self.rejects.push(reject),
            }
        }
        if let Input::Market(MarketEvent::Quote(_)) = input {
            self.assert_hindered();
        }
    }

    /// After a quote something always stands between the strategy and an entry, and is told: nothing
    /// when asked would mean that it had entered.
    fn assert_hindered(&self) {
        let mut hurdles = 0;
        let Some(entry) = self.engine.entry(BOT, &mut |_| hurdles += 1) else { return };
        self.engine.checks(BOT, &entry, &mut |check| hurdles += usize::from(!check.passed));
        assert!(hurdles > 0, "nothing was entered at {}, and nothing says why", self.now);
    }

    /// Somebody orders.
    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// The market moves there.
    pub(crate) fn quote(&mut self, bid: &str, ask: &str) {
        self.market = (price(bid), price(ask));
        self.requote();
    }

    /// The market moves so far.
    pub(crate) fn shift(&mut self, cents: i64) {
        let moved = |side: Price| Price(side.0 + cents * Price::CENT.0);
        self.market = (moved(self.market.0), moved(self.market.1));
        self.requote();
    }

    /// The same quote again.
    pub(crate) fn requote(&mut self) {
        let (bid, ask) = self.market;
        self.input(Input::Market(MarketEvent::Quote(Quote {
            ts_event: self.now,
            ts_recv: self.now,
            bid,
            ask,
            bid_size: shares(500),
            ask_size: shares(500),
            instrument: SPY,
            flags: LAST,
            ..Quote::default()
        })));
    }

    /// Somebody trades.
    pub(crate) fn print(&mut self, at: &str, size: i64) {
        self.input(Input::Market(MarketEvent::Trade(Trade {
            ts_event: self.now,
            ts_recv: self.now,
            price: price(at),
            size: shares(size),
            instrument: SPY,
            flags: LAST,
            ..Trade::default()
        })));
    }

    /// Time passes until `then`; timers fire on the way, and nothing else happens.
    pub(crate) fn sleep_until(&mut self, then: Nanos) {
        while let Some((due, fired)) = self.engine.next_due().filter(|(due, _)| *due <= then) {
            self.now = self.now.max(due);
            self.input(Input::Timer(fired));
        }
        self.now = self.now.max(then);
    }

    /// Time passes.
    pub(crate) fn sleep(&mut self, seconds: i64) {
        self.sleep_until(self.now + seconds * SECOND);
    }

    /// Time passes, with a quote every second.
    pub(crate) fn run(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.sleep(1);
            self.requote();
        }
    }

    /// Time passes with a quote every second, up to that time of day in New York.
    pub(crate) fn run_until(&mut self, hour: u32, minute: u32, second: u32) {
        let then = NYSE.at_local(self.config.session.date, hour, minute, second);
        assert!(self.now <= then, "{then} is past");
        self.run(then.since(self.now) / SECOND);
    }

    /// As [`Lane::run_until`], without quotes until a minute before.
    pub(crate) fn skip_until(&mut self, hour: u32, minute: u32, second: u32) {
        let then = NYSE.at_local(self.config.session.date, hour, minute, second);
        self.sleep_until(then - MINUTE);
        self.run_until(hour, minute, second);
    }

    /// The newest order.
    pub(crate) fn last(&self) -> OrderRequest {
        *self.orders.last().expect("an order was sent")
    }

    /// The newest decision's factor of that name, as decimal text.
    pub(crate) fn factor(&self, name: &str) -> Option<String> {
        let decision = self.decisions.last()?;
        let factor = decision.factors().iter().find(|factor| factor.name.as_str() == name)?;
        Some(Price(factor.value).to_string())
    }

    /// What the strategy shows of itself, as decimal text.
    pub(crate) fn note(&self, name: &str) -> Option<String> {
        let mut found = None;
        self.engine.notes(BOT, &mut |note, value| {
            if note == name {
                found = Some(Price(value).to_string());
            }
        });
        found
    }

    /// Best bid.
    pub(crate) fn bid(&self) -> Price {
        self.market.0
    }

    /// Best ask.
    pub(crate) fn ask(&self) -> Price {
        self.market.1
    }

    /// Shares held.
    pub(crate) fn held(&self) -> Qty {
        self.engine.portfolio().position(SPY).qty
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether the strategy panicked.
    pub(crate) fn is_quarantined(&self) -> bool {
        self.engine.is_quarantined(BOT)
    }

    /// One order as the engine has it.
    pub(crate) fn order(&self, no: OrderNo) -> &Order {
        self.engine.orders().get(no).expect("it was sent")
    }

    /// Orders that may still trade.
    pub(crate) fn live(&self) -> Vec<Order> {
        self.engine.orders().live().copied().collect()
    }

    fn report(&mut self, report: Report) {
        self.input(Input::Report(report));
    }

    fn status(&self, no: OrderNo) -> Status {
        let order = self.order(no);
        let broker_id = BrokerOrderId(1_000 + u128::from(no.0));
        Status { client_id: order.request.client_id, broker_id, at: self.now, ..Status::default() }
    }

    /// The broker has it.
    pub(crate) fn accept(&mut self, no: OrderNo) {
        self.report(Report::Sending { no });
        self.report(Report::Accepted(self.status(no)));
    }

    /// The broker will not have it.
    pub(crate) fn reject(&mut self, no: OrderNo) {
        self.report(Report::Rejected(self.status(no)));
    }

    /// The broker's list says that it is over with so much filled; the executions did not come yet.
    pub(crate) fn list_filled(&mut self, no: OrderNo, filled: Qty) {
        let order = self.order(no).request;
        self.report(Report::Snapshot(Snapshot {
            client_id: order.client_id,
            broker_id: BrokerOrderId(1_000 + u128::from(no.0)),
            instrument: SPY,
            side: order.side,
            stage: BrokerStage::Filled,
            qty: order.qty,
            filled,
            limit: order.kind.limit().unwrap_or_default(),
            created_at: self.now,
        }));
    }

    /// The broker says that it is canceled.
    pub(crate) fn confirm_cancel(&mut self, no: OrderNo) {
        self.report(Report::Canceled(self.status(no)));
    }

    /// The broker will not cancel it.
    pub(crate) fn refuse_cancel(&mut self, no: OrderNo) {
        self.report(Report::CancelRejected(self.status(no)));
    }

    /// The broker says that its time is up.
    pub(crate) fn expire(&mut self, no: OrderNo) {
        self.report(Report::Expired(self.status(no)));
    }

    /// Nobody knows what became of it.
    pub(crate) fn lose_sight(&mut self, no: OrderNo) {
        self.report(Report::Sending { no });
        self.report(Report::Unknown(self.status(no)));
    }

    /// The gateway did not send it.
    pub(crate) fn refuse_send(&mut self, no: OrderNo) {
        self.report(Report::SendRefused { no, why: SendRefusal::Stale });
    }

    /// So many shares of it trade.
    pub(crate) fn fill(&mut self, no: OrderNo, qty: Qty, at: Price) {
        self.executions += 1;
        let order = self.order(no);
        let cum_qty = order.cum.checked_add(qty).unwrap();
        let fill = Fill {
            client_id: order.request.client_id,
            broker_id: BrokerOrderId(1_000 + u128::from(no.0)),
            execution: ExecutionId(self.executions),
            instrument: SPY,
            side: order.request.side,
            complete: cum_qty == order.request.qty,
            price: at,
            qty,
            cum_qty,
            at: self.now,
        };
        self.report(Report::Fill(fill));
    }

    /// The broker takes the newest order and fills it: at its limit, or at the ask or bid.
    pub(crate) fn fill_last(&mut self) {
        let order = self.last();
        self.accept(order.no);
        let touch = if order.side == Side::Buy { self.market.1 } else { self.market.0 };
        self.fill(order.no, order.qty, order.kind.limit().unwrap_or(touch));
    }
}

fn build(params: &Params) -> Box<dyn Strategy> {
    find("st0cka").unwrap().recipe.build(params, &[SPY]).unwrap()
}
