//! Numbers at the ends of their types, through every door of the engine: what cannot be held is
//! refused, counted or halted for, and nothing panics.
//!
//! A panic of the engine is a `LaneFault`: it loses the fact that caused it. A share of seeds runs
//! always; a million inputs by
//! `cargo test --release -p st0ck-engine --test it -- --ignored a_million_inputs`.

use crate::lane::{CALL, Lane, QQQ, SPY, buy, config, price, shares};
use st0ck_engine::orders::{AnomalyKind, Stage};
use st0ck_engine::risk::{Restraint, RiskLimits, TradingState};
use st0ck_engine::{EngineConfig, Intent, OrderIntent};
use st0ck_quant::rng::Rng;
use st0ck_types::command::Reason;
use st0ck_types::report::{Account, BrokerStage, Fill, Position, Snapshot, Status};
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{AccountSums, AssetClass, Command, ExecutionId, InstrumentDef, InstrumentId};
use st0ck_types::{MarketEvent, Money, Nanos, OrderKind, OrderNo, PositionEffect, Price, Qty};
use st0ck_types::{Quote, Report, Side, Symbol, SystemEvent, TimeInForce, Trade};

/// The largest price that is taken, and the largest position that is booked.
const PRICE_MAX: i64 = 1 << 54;
const POSITION_MAX: i64 = 1 << 53;

const UNIT: i64 = Qty::ONE.0;

/// Where sums, products and casts break.
const EDGES: [i64; 26] = [
    i64::MIN,
    i64::MIN + 1,
    i64::MIN / 2,
    -PRICE_MAX,
    -UNIT,
    -1,
    0,
    1,
    9_999_999,
    10_000_000,
    10_000_001,
    UNIT - 1,
    UNIT,
    UNIT + 1,
    100 * UNIT,
    i32::MAX as i64,
    u32::MAX as i64 + 1,
    POSITION_MAX / 100,
    POSITION_MAX - 1,
    POSITION_MAX,
    POSITION_MAX + 1,
    PRICE_MAX,
    PRICE_MAX + 1,
    i64::MAX / 2,
    i64::MAX - 1,
    i64::MAX,
];

/// A lane at which somebody throws numbers.
struct Thrower {
    rng: Rng,
    lane: Lane,
}

impl Thrower {
    fn new(seed: u64, config: EngineConfig) -> Self {
        Self { rng: Rng::new(seed), lane: Lane::new(config) }
    }

    /// Mostly an edge, sometimes near one, sometimes a price as it may be.
    fn number(&mut self) -> i64 {
        let edge = EDGES[self.rng.below(EDGES.len() as u64) as usize];
        match self.rng.below(6) {
            0 => edge.wrapping_add(self.rng.between(-3, 3)),
            1 | 2 => 100 * UNIT + self.rng.between(-3, 3) * 10_000_000,
            _ => edge,
        }
    }

    fn instrument(&mut self) -> InstrumentId {
        [SPY, QQQ, CALL, InstrumentId::ALL][self.rng.below(13) as usize / 4]
    }

    fn side(&mut self) -> Side {
        if self.rng.chance(500) { Side::Buy } else { Side::Sell }
    }

    fn throw(&mut self) {
        self.lane.pass(self.rng.between(0, 3) * 100 * MILLISECOND);
        match self.rng.below(16) {
            0..4 => self.quote(),
            4 => self.print(),
            5..8 => self.want(),
            8..11 => self.fill(),
            11 => self.snapshot(),
            12 => self.reconcile(),
            13 => self.define(),
            14 => {
                self.lane.command(Command::ResetLatches(Reason::new("test")));
                self.lane.arm();
            }
            _ => {
                while self.lane.engine.next_due().is_some_and(|(due, _)| due <= self.lane.now) {
                    self.lane.fire_due();
                }
            }
        }
    }

    fn quote(&mut self) {
        let (bid, ask) = (Price(self.number()), Price(self.number()));
        let stamp = if self.rng.chance(995) { self.lane.now } else { Nanos(self.number()) };
        let ts_recv = if self.rng.chance(900) { self.lane.now } else { Nanos(self.number()) };
        let quote = Quote {
            ts_event: stamp,
            ts_recv,
            bid,
            ask,
            bid_size: Qty(self.number()),
            ask_size: Qty(self.number()),
            instrument: self.instrument(),
            ..Quote::default()
        };
        self.lane.market(MarketEvent::Quote(quote));
        if self.rng.chance(300) {
            self.lane.quote_all();
        }
    }

    fn print(&mut self) {
        let trade = Trade {
            ts_event: self.lane.now,
            price: Price(self.number()),
            size: Qty(self.number()),
            instrument: self.instrument(),
            ..Trade::default()
        };
        self.lane.market(MarketEvent::Trade(trade));
    }

    fn want(&mut self) {
        let number = self.number();
        let limit = OrderKind::Limit(Price(number));
        let side = self.side();
        let opens = (side == Side::Buy) ^ self.rng.chance(100);
        let sober = self.rng.chance(600);
        if sober {
            self.lane.quote_all();
        }
        let intent = OrderIntent {
            instrument: self.instrument(),
            side,
            effect: if opens { PositionEffect::Open } else { PositionEffect::Close },
            kind: if sober || self.rng.chance(300) { OrderKind::Market } else { limit },
            tif: TimeInForce::Day,
            qty: if sober { shares(self.rng.between(1, 3)) } else { Qty(self.number()) },
            tag: 0,
        };
        self.lane.want(Intent::Order(intent));
        let no = OrderNo(self.rng.below(40) as u32);
        if self.rng.chance(300) {
            self.lane.want(Intent::Cancel { no });
        }
    }

    fn fill(&mut self) {
        let orders = self.lane.engine.orders().all();
        if orders.is_empty() {
            return;
        }
        let order = orders[self.rng.below(orders.len() as u64) as usize].request;
        let whole = self.rng.chance(300);
        let fill = Fill {
            client_id: order.client_id,
            execution: ExecutionId(u128::from(self.rng.next_u64())),
            instrument: order.instrument,
            side: order.side,
            complete: self.rng.chance(200),
            price: Price(self.number()),
            qty: if whole { order.qty } else { Qty(self.number()) },
            cum_qty: if self.rng.chance(200) { Qty(self.number()) } else { Qty::ZERO },
            ..Fill::default()
        };
        self.lane.report(Report::Fill(fill));
    }

    fn snapshot(&mut self) {
        let orders = self.lane.engine.orders().all();
        let Some(order) = orders.last().map(|order| order.request) else { return };
        let stages = [BrokerStage::Working, BrokerStage::Filled, BrokerStage::Canceled];
        let snapshot = Snapshot {
            client_id: order.client_id,
            instrument: order.instrument,
            side: order.side,
            stage: stages[self.rng.below(3) as usize],
            qty: order.qty,
            filled: Qty(self.number()),
            limit: order.kind.limit().unwrap_or_default(),
            ..Snapshot::default()
        };
        self.lane.report(Report::Snapshot(snapshot));
        let status = Status { client_id: order.client_id, ..Status::default() };
        let ends = [Report::Canceled, Report::Rejected, Report::Unknown, Report::NotFound];
        self.lane.report(ends[self.rng.below(4) as usize](status));
    }

    fn reconcile(&mut self) {
        let instrument = self.instrument();
        let money = |n: i64| Money(i128::from(n) << 64);
        let (cash, equity, power) = (self.number(), self.number(), self.number());
        let account = Account {
            cash: money(cash),
            equity: money(equity),
            buying_power: money(power),
            tradable: true,
            ..Account::default()
        };
        if self.rng.chance(200) {
            let held = Position { instrument, qty: Qty(self.number()), ..Position::default() };
            self.lane.reconcile(&[Report::Account(account), Report::Position(held)], true);
        }
        let books: Vec<Report> = [SPY, QQQ, CALL]
            .map(|instrument| {
                let qty = self.lane.engine.portfolio().position(instrument).qty;
                Report::Position(Position { instrument, qty, ..Position::default() })
            })
            .to_vec();
        self.lane.reconcile(&books, true);
        let (opening, equity) = (money(self.number()), money(self.number()));
        self.lane.system(SystemEvent::OtherAccounts(AccountSums { opening, equity }));
        self.lane.arm();
    }

    fn define(&mut self) {
        let multipliers = [0, 1, 100, u16::MAX];
        let def = InstrumentDef {
            ts_event: self.lane.now,
            tick: Price(self.number()),
            lot: Qty(self.number()),
            instrument: CALL,
            multiplier: multipliers[self.rng.below(4) as usize],
            class: AssetClass::Option,
            symbol: Symbol::new("SPY201218C00370000"),
        };
        self.lane.market(MarketEvent::InstrumentDef(def));
    }
}

/// Limits that hold nothing back: the numbers go all the way through.
fn wide_open() -> EngineConfig {
    let mut config = config();
    config.limits = RiskLimits {
        order_shares_max: Qty(i64::MAX),
        order_contracts_max: Qty(i64::MAX),
        order_value_max: Money(i128::MAX),
        collar_ratio: i64::MAX,
        contract_collar_ratio: i64::MAX,
        spread_ratio_max: i64::MAX,
        contract_spread_ratio_max: i64::MAX,
        jump_ratio_max: i64::MAX,
        position_value_max: Money(i128::MAX),
        gross_value_max: Money(i128::MAX),
        net_value_max: Money(i128::MAX),
        daily_loss_max: Money(i128::MAX),
        drawdown_max: Money(i128::MAX),
        losses_in_a_row_max: u32::MAX,
        positions_max: u32::MAX,
        ..config.limits
    };
    config
}

fn throw(seeds: std::ops::Range<u64>, throws: usize) -> (u64, u64, u64) {
    let (mut sent, mut fills, mut out_of_range) = (0, 0, 0);
    for seed in seeds {
        let config = if seed % 4 == 0 { config() } else { wide_open() };
        let mut thrower = Thrower::new(seed, config);
        for _ in 0..throws {
            thrower.throw();
        }
        let engine = &thrower.lane.engine;
        let portfolio = engine.portfolio();
        let owed = portfolio.cash() + portfolio.totals().cost;
        let had = portfolio.paid_in() + portfolio.realised() - portfolio.fees();
        assert_eq!(owed, had, "seed {seed}: the ledger no longer adds up");
        let counters = engine.counters();
        sent += counters.orders_sent;
        fills += counters.fills;
        out_of_range += counters.out_of_range;
    }
    (sent, fills, out_of_range)
}

#[test]
fn nothing_thrown_at_the_engine_makes_it_panic() {
    let (sent, fills, out_of_range) = throw(0..200, 400);
    assert!(sent > 200 && fills > 5_000 && out_of_range > 3_000, "{sent} {fills} {out_of_range}");
}

/// `cargo test --release -p st0ck-engine --test it -- --ignored a_million_inputs`
#[test]
#[ignore = "the documented proof, in release"]
fn a_million_inputs_at_the_ends_of_their_types_make_no_panic() {
    throw(1_000..3_500, 400);
}

#[test]
fn a_quote_or_print_beyond_the_range_is_not_believed_and_counted() {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    let book = *lane.engine.world().market.book(SPY).unwrap();
    let quote = |bid, ask| {
        let (bid, ask) = (Price(bid), Price(ask));
        Quote { ts_event: Nanos(i64::MAX), bid, ask, instrument: SPY, ..Quote::default() }
    };
    lane.market(MarketEvent::Quote(quote(PRICE_MAX, PRICE_MAX + 1)));
    lane.market(MarketEvent::Quote(quote(i64::MAX - 1, i64::MAX)));
    let print = Trade { price: Price(PRICE_MAX + 1), size: Qty::ONE, ..Trade::default() };
    lane.market(MarketEvent::Trade(Trade { instrument: SPY, ts_event: lane.now, ..print }));
    assert_eq!(lane.engine.world().market.book(SPY), Some(&book));
    assert_eq!(lane.engine.counters().out_of_range, 3);
    assert_eq!(lane.engine.state(), TradingState::Active, "no fact was lost");
}

#[test]
fn an_execution_that_the_ledger_cannot_hold_halts_and_is_not_booked() {
    let largest = [(PRICE_MAX + 1, UNIT), (UNIT, POSITION_MAX + 1), (i64::MAX, i64::MAX)];
    for (at, qty) in largest {
        let mut lane = Lane::new(config());
        let no = lane.place(buy(SPY, 1, "100"));
        let client_id = lane.status(no).client_id;
        let (instrument, execution) = (SPY, ExecutionId(1));
        let (price, qty) = (Price(at), Qty(qty));
        let fill = Fill { client_id, instrument, execution, price, qty, ..Fill::default() };
        lane.report(Report::Fill(fill));
        assert!(lane.engine.restraints().has(Restraint::OrderFault));
        assert_eq!(lane.engine.orders().halted().map(|f| f.kind), Some(AnomalyKind::BadFill));
        let order = lane.engine.orders().get(no).unwrap();
        assert_eq!((order.stage, order.cum), (Stage::Intent, Qty::ZERO));
        assert_eq!(lane.engine.portfolio().position(SPY).qty, Qty::ZERO);
    }
}

#[test]
fn a_multiplier_told_anew_does_not_part_cash_from_position() {
    let mut lane = Lane::new(config());
    lane.hold(CALL, 1);
    lane.define(CALL, "SPY201218C00370000", AssetClass::Option, 10);
    lane.hold(CALL, 1);
    let portfolio = lane.engine.portfolio();
    assert_eq!(portfolio.position(CALL).multiplier, 100);
    assert_eq!(portfolio.cash() + portfolio.totals().cost, portfolio.paid_in());
    assert_eq!(portfolio.totals().cost, price("400").times(Qty::ONE));
}

#[test]
fn a_definition_without_a_multiplier_counts_as_one() {
    let mut lane = Lane::new(config());
    lane.define(CALL, "SPY201218C00370000", AssetClass::Option, 0);
    for _ in 0..2 {
        lane.pass(61 * SECOND);
        lane.quote_all();
        let no = lane.place(buy(CALL, 1, "2"));
        lane.fill(no, "2", 1);
    }
    let position = lane.engine.portfolio().position(CALL);
    assert_eq!((position.multiplier, position.qty), (1, shares(2)));
    assert_eq!(position.cost, price("2").times(shares(2)));
    assert_eq!(lane.engine.portfolio().traded().count(), 1);
}
