//! Every control at its limit and just beyond it: the code, the value and the limit it tells.

use crate::lane::{
    CALL, Lane, QQQ, SPY, buy, buy_market, config, money, sell, sell_market, session,
};
use crate::{breaker_rows, edge_rows};
use st0ck_engine::orders::Stage;
use st0ck_engine::risk::{Check, EntryHours, RiskLimits, TradingState};
use st0ck_engine::{EngineConfig, Intent, OrderIntent};
use st0ck_types::command::Reason;
use st0ck_types::market::GapCause;
use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{
    AssetClass, ClientOrderId, Command, Gap, Halt, InstrumentId, MarketEvent, Money,
};
use st0ck_types::{Nonce, OrderNo, OrderRequest, Output, PositionEffect, Qty, Reject, RejectCode};
use st0ck_types::{Report, Side, StrategyId};

pub(crate) const E9: i64 = 1_000_000_000;

/// One side of a control's limit.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) code: RejectCode,
    /// Brings a lane to where the order is wanted, and the order.
    pub(crate) setup: fn() -> (Lane, OrderIntent),
    /// The value and the limit of the refusal; `None` when the order must pass.
    pub(crate) refused: Option<(i64, i64)>,
}

pub(crate) const fn pass(
    code: RejectCode,
    what: &'static str,
    setup: fn() -> (Lane, OrderIntent),
) -> Row {
    Row { what, code, setup, refused: None }
}

pub(crate) const fn deny(
    code: RejectCode,
    what: &'static str,
    value: i64,
    limit: i64,
    setup: fn() -> (Lane, OrderIntent),
) -> Row {
    Row { what, code, setup, refused: Some((value, limit)) }
}

pub(crate) fn lane() -> Lane {
    Lane::new(config())
}

/// A lane with a position of so many SPY.
pub(crate) fn holding(qty: i64) -> Lane {
    let mut lane = lane();
    lane.hold(SPY, qty);
    lane
}

/// A lane at so long after the open, freshly quoted.
pub(crate) fn at(nanos: i64, config: EngineConfig) -> Lane {
    let mut lane = Lane::new(config);
    lane.now = session().open + nanos;
    lane.quote_all();
    lane
}

/// After so many seconds of fresh quotes, moved there in steps that no control minds.
pub(crate) fn quoted_at(bid: &str, ask: &str) -> Lane {
    let mut lane = lane();
    lane.pass(66 * SECOND);
    lane.quote(SPY, bid, ask);
    lane
}

fn hours(from: u32, until: u32) -> EngineConfig {
    let mut config = config();
    config.limits.entry_hours = Some(EntryHours { from, until });
    config
}

fn commanded(command: Command, lane: Lane) -> Lane {
    let mut lane = lane;
    lane.command(command);
    lane
}

fn why() -> Reason {
    Reason::new("test")
}

/// Three losing round trips would latch; this one stands before the last.
fn after_losses(count: usize) -> Lane {
    let mut lane = lane();
    (0..count).for_each(|_| lane.round_trip(SPY, "99.9"));
    lane
}

/// A loss of that much on one share, taken without a streak.
fn after_loss(limit: &str, sold_at: &str) -> Lane {
    let mut lane = Lane::with(|limits| limits.daily_loss_max = money(limit));
    lane.round_trip(CALL, sold_at);
    lane
}

/// A lane that has sent so many orders, none alike, that far apart. All of them are open.
pub(crate) fn after_orders(count: i64, apart: i64, change: impl FnOnce(&mut RiskLimits)) -> Lane {
    let mut lane = Lane::with(change);
    for n in 0..count {
        if n > 0 {
            lane.pass(apart);
            lane.quote_all();
        }
        let limit = format!("99.{}", 99 - n);
        lane.place(buy(SPY, 1, &limit));
    }
    lane
}

/// A lane with so many orders open, sent slowly enough.
pub(crate) fn with_open(count: i64, change: impl FnOnce(&mut RiskLimits)) -> Lane {
    let mut lane = after_orders(count, SECOND, change);
    lane.pass(SECOND);
    lane.quote_all();
    lane
}

/// A lane that so long ago bought one SPY at 100.
pub(crate) fn after_same(ago: i64) -> Lane {
    let mut lane = lane();
    lane.place(buy(SPY, 1, "100"));
    lane.pass(ago);
    lane
}

/// A lane that had so many quotes since its feed broke.
fn after_break(quotes: i64) -> Lane {
    let mut lane = lane();
    let gap = Gap { instrument: SPY, cause: GapCause::Reconnect, ..Gap::default() };
    lane.market(MarketEvent::Gap(gap));
    (0..quotes).for_each(|_| lane.quote_all());
    lane
}

/// A lane that saw 100 a moment ago and sees this now, and whose collar does not mind.
fn jumped(bid: &str, ask: &str) -> Lane {
    let mut lane = Lane::with(|limits| limits.collar_ratio = 100_000_000);
    lane.pass(600 * MILLISECOND);
    lane.quote(SPY, bid, ask);
    lane
}

/// A lane whose order table has that much room, and so many orders in it.
fn table_of(room: usize, orders: i64) -> Lane {
    let mut config = config();
    config.capacities.orders = room;
    let mut lane = Lane::new(config);
    (0..orders).for_each(|n| {
        lane.place(buy(SPY, 1, &format!("99.{}", 99 - n)));
    });
    lane
}

pub(crate) const ROWS: &[Row] = &[
    // C1
    deny(RejectCode::TradingState, "an opening order while HALTED", 0, 2 * E9, || {
        (commanded(Command::Halt(why()), lane()), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::TradingState, "a closing order while HALTED", 0, E9, || {
        (commanded(Command::Halt(why()), holding(1)), sell_market(SPY, 1))
    }),
    deny(RejectCode::TradingState, "an opening order while REDUCING", E9, 2 * E9, || {
        (commanded(Command::Reduce(why()), lane()), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::TradingState, "a closing order while REDUCING", || {
        (commanded(Command::Reduce(why()), holding(1)), sell_market(SPY, 1))
    }),
    // C3
    deny(RejectCode::NotAllowed, "an instrument only to look at", 0, E9, || {
        let mut config = config();
        config.instruments[0].allowed = false;
        (Lane::new(config), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::NotAllowed, "an instrument outside the table", 0, E9, || {
        (lane(), buy(InstrumentId(9), 1, "100"))
    }),
    deny(RejectCode::NotAllowed, "an index", 0, E9, || {
        let mut lane = lane();
        lane.define(SPY, "SPY", AssetClass::Index, 1);
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::SessionClosed, "a second before the open", -E9, 0, || {
        let mut lane = Lane::unarmed(config());
        lane.now = session().open - SECOND;
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.quote(SPY, "99.99", "100.01");
        lane.arm();
        (lane, buy(SPY, 1, "100"))
    }),
    pass(RejectCode::SessionClosed, "at the open", || {
        let mut lane = Lane::unarmed(config());
        lane.now = session().open;
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.quote(SPY, "99.99", "100.01");
        lane.arm();
        (lane, buy(SPY, 1, "100"))
    }),
    pass(RejectCode::SessionClosed, "a closing order in the last nanosecond", || {
        let mut lane = holding(1);
        lane.now = session().close - 1;
        (lane, sell_market(SPY, 1))
    }),
    deny(RejectCode::SessionClosed, "a closing order at the close", 0, 0, || {
        let mut lane = holding(1);
        lane.now = session().close;
        (lane, sell_market(SPY, 1))
    }),
    deny(RejectCode::Halted, "a closing order in a halted instrument", E9, 0, || {
        let mut lane = holding(1);
        let halt = Halt { instrument: SPY, halted: 1, ..Halt::default() };
        lane.market(MarketEvent::Halt(halt));
        (lane, sell_market(SPY, 1))
    }),
    pass(RejectCode::Halted, "after the halt", || {
        let mut lane = lane();
        for halted in [1, 0] {
            let halt = Halt { instrument: SPY, halted, ..Halt::default() };
            lane.market(MarketEvent::Halt(halt));
        }
        (lane, buy(SPY, 1, "100"))
    }),
    // C4
    deny(RejectCode::LimitMissing, "without a limit on losses", E9, 0, || {
        let mut config = config();
        config.limits.daily_loss_max = Money::ZERO;
        (Lane::new(config), buy(SPY, 1, "100"))
    }),
    // C5
    deny(RejectCode::QtyNotPositive, "no shares", 0, 0, || (lane(), buy(SPY, 0, "100"))),
    deny(RejectCode::QtyNotPositive, "less than none", -E9, 0, || (lane(), buy(SPY, -1, "100"))),
    deny(RejectCode::PriceNotPositive, "for nothing", 0, 0, || (lane(), buy(SPY, 1, "0"))),
    deny(RejectCode::OffTick, "half a cent", 99_995 * E9 / 1_000, E9 / 100, || {
        (lane(), buy(SPY, 1, "99.995"))
    }),
    deny(RejectCode::OffLot, "one and a half shares", E9 * 3 / 2, E9, || {
        (lane(), OrderIntent { qty: Qty(E9 * 3 / 2), ..buy(SPY, 1, "100") })
    }),
    // C6
    pass(RejectCode::OrderQty, "a hundred shares", || {
        (quoted_at("1.99", "2.00"), buy(SPY, 100, "2"))
    }),
    deny(RejectCode::OrderQty, "a hundred and one shares", 101 * E9, 100 * E9, || {
        (quoted_at("1.99", "2.00"), buy(SPY, 101, "2"))
    }),
    pass(RejectCode::OrderQty, "ten contracts", || (lane(), buy(CALL, 10, "2"))),
    deny(RejectCode::OrderQty, "eleven contracts", 11 * E9, 10 * E9, || {
        (lane(), buy(CALL, 11, "2"))
    }),
    // C7
    pass(RejectCode::OrderValue, "a quarter of the capital", || (lane(), buy(SPY, 25, "100"))),
    deny(RejectCode::OrderValue, "a cent a share more", 2_500_250 * E9 / 1_000, 2_500 * E9, || {
        (lane(), buy(SPY, 25, "100.01"))
    }),
    deny(
        RejectCode::OrderValue,
        "a market order at the ask",
        2_600_260 * E9 / 1_000,
        2_500 * E9,
        || (lane(), buy_market(SPY, 26)),
    ),
    deny(RejectCode::OrderValue, "contracts with their multiplier", 3_000 * E9, 2_500 * E9, || {
        let mut lane = lane();
        lane.pass(66 * SECOND);
        lane.quote(CALL, "2.99", "3.01");
        (lane, buy(CALL, 10, "3"))
    }),
    // C8
    pass(RejectCode::PriceCollar, "half a percent above", || (lane(), buy(SPY, 1, "100.50"))),
    deny(RejectCode::PriceCollar, "a tick beyond", 5_100_000, 5_000_000, || {
        (lane(), buy(SPY, 1, "100.51"))
    }),
    deny(RejectCode::PriceCollar, "as far below", 5_100_000, 5_000_000, || {
        (lane(), buy(SPY, 1, "99.49"))
    }),
    pass(RejectCode::PriceCollar, "five ticks of a cheap share", || {
        (quoted_at("1.99", "2.00"), buy(SPY, 1, "2.04"))
    }),
    deny(RejectCode::PriceCollar, "six ticks of a cheap share", 27_568_922, 25_062_656, || {
        (quoted_at("1.99", "2.00"), buy(SPY, 1, "2.05"))
    }),
    pass(RejectCode::PriceCollar, "a fifth of an option's price", || {
        (lane(), buy(CALL, 1, "2.40"))
    }),
    deny(RejectCode::PriceCollar, "more than a fifth", 205_000_000, 200_000_000, || {
        (lane(), buy(CALL, 1, "2.41"))
    }),
    deny(RejectCode::PriceCollar, "too far from the minute's first", 5_100_000, 5_000_000, || {
        let mut lane = lane();
        lane.pass(2 * SECOND);
        lane.quote(SPY, "100.50", "100.52");
        (lane, buy(SPY, 1, "100.51"))
    }),
    pass(RejectCode::PriceCollar, "an exit that gives two percent", || {
        (holding(1), sell(SPY, 1, "98.00"))
    }),
    deny(RejectCode::PriceCollar, "an exit that gives more", 20_100_000, 20_000_000, || {
        (holding(1), sell(SPY, 1, "97.99"))
    }),
    pass(RejectCode::PriceCollar, "an exit far above the market", || {
        (holding(1), sell(SPY, 1, "110"))
    }),
    deny(RejectCode::NoReference, "a close without one sound quote ever", 0, E9, || {
        let mut lane = Lane::unarmed(config());
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.quote(SPY, "100.01", "99.99");
        lane.arm();
        (lane, sell_market(SPY, 1))
    }),
    // C9
    deny(RejectCode::NoQuote, "before the first quote", E9, 0, || {
        let mut lane = Lane::unarmed(config());
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.arm();
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::NoQuote, "a close before the first quote", E9, 0, || {
        let mut lane = Lane::unarmed(config());
        lane.define(SPY, "SPY", AssetClass::Equity, 1);
        lane.arm();
        (lane, sell_market(SPY, 1))
    }),
    deny(RejectCode::NoQuote, "four quotes after a break", E9, 0, || {
        (after_break(4), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::NoQuote, "five quotes after a break", || (after_break(5), buy(SPY, 1, "100"))),
    pass(RejectCode::NoQuote, "an exit right after a break", || {
        let mut lane = holding(1);
        let gap = Gap { instrument: SPY, cause: GapCause::SlowClient, ..Gap::default() };
        lane.market(MarketEvent::Gap(gap));
        (lane, sell_market(SPY, 1))
    }),
    pass(RejectCode::StaleQuote, "a second old", || {
        let mut lane = lane();
        lane.pass(SECOND);
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::StaleQuote, "a nanosecond older", SECOND + 1, SECOND, || {
        let mut lane = lane();
        lane.pass(SECOND + 1);
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::StaleQuote, "an option's quote", 2 * SECOND + 1, 2 * SECOND, || {
        let mut lane = lane();
        lane.pass(2 * SECOND + 1);
        (lane, buy(CALL, 1, "2"))
    }),
    pass(RejectCode::StaleQuote, "an exit on old data", || {
        let mut lane = holding(1);
        lane.pass(MINUTE);
        (lane, sell_market(SPY, 1))
    }),
    deny(RejectCode::BadQuote, "locked", 0, 0, || (quoted_at("100", "100"), buy(SPY, 1, "100"))),
    deny(RejectCode::BadQuote, "crossed", -E9 / 100, 0, || {
        (quoted_at("100.01", "100"), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::BadQuote, "one-sided", 0, 0, || (quoted_at("100", "0"), buy(SPY, 1, "100"))),
    pass(RejectCode::WideSpread, "one percent wide", || {
        (quoted_at("99.50", "100.50"), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::WideSpread, "a hair wider", 10_100_000, 10_000_000, || {
        (quoted_at("99.495", "100.505"), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::PriceJump, "three percent in a second", || {
        (jumped("102.99", "103.01"), buy(SPY, 1, "103"))
    }),
    deny(RejectCode::PriceJump, "a cent more", 30_100_000, 30_000_000, || {
        (jumped("103.00", "103.02"), buy(SPY, 1, "103"))
    }),
    // C10
    pass(RejectCode::PositionValue, "up to a quarter with what works", || {
        let mut lane = holding(10);
        lane.place(buy(SPY, 10, "100"));
        lane.pass(SECOND);
        (lane, buy(SPY, 5, "100"))
    }),
    deny(RejectCode::PositionValue, "a share more", 2_600 * E9, 2_500 * E9, || {
        let mut lane = holding(10);
        lane.place(buy(SPY, 10, "100"));
        lane.pass(SECOND);
        (lane, buy(SPY, 6, "100"))
    }),
    deny(
        RejectCode::PositionValue,
        "an unknown order counts in full",
        2_600 * E9,
        2_500 * E9,
        || {
            let mut lane = lane();
            let no = lane.place(buy(SPY, 20, "100"));
            lane.report(Report::Unknown(lane.status(no)));
            assert_eq!(lane.engine.orders().get(no).unwrap().stage, Stage::Unknown);
            lane.pass(SECOND);
            (lane, buy(SPY, 6, "100"))
        },
    ),
    pass(RejectCode::PositionCount, "a second position", || (holding(1), buy(QQQ, 1, "100"))),
    deny(RejectCode::PositionCount, "a third one", 3 * E9, 2 * E9, || {
        let mut lane = holding(1);
        lane.place(buy(QQQ, 1, "100"));
        (lane, buy(CALL, 1, "2"))
    }),
    pass(RejectCode::PositionCount, "an exit from too many positions", || {
        let mut lane = holding(1);
        let late = lane.place(buy(QQQ, 1, "100"));
        lane.report(Report::Canceled(lane.status(late)));
        lane.hold(CALL, 1);
        lane.fill(late, "100", 1);
        (lane, sell_market(SPY, 1))
    }),
    // C13
    pass(RejectCode::DailyLoss, "a cent before the limit", || {
        (after_loss("50.01", "1.50"), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::DailyLoss, "at the limit", 50 * E9, 50 * E9, || {
        (after_loss("50", "1.50"), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::DailyLoss, "an exit at the limit", || {
        let mut lane = Lane::with(|limits| limits.daily_loss_max = money("50"));
        lane.hold(SPY, 1);
        lane.round_trip(CALL, "1.50");
        assert_eq!(lane.engine.state(), TradingState::Reducing);
        (lane, sell_market(SPY, 1))
    }),
    // C14
    pass(RejectCode::ConsecutiveLosses, "after two losses", || {
        (after_losses(2), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::ConsecutiveLosses, "after three losses", 3 * E9, 3 * E9, || {
        (after_losses(3), buy(SPY, 1, "100"))
    }),
    // C16
    pass(RejectCode::OpenOrders, "the fifth of an instrument", || {
        (with_open(4, |_| {}), buy(SPY, 1, "99.80"))
    }),
    deny(RejectCode::OpenOrders, "the sixth of an instrument", 6 * E9, 5 * E9, || {
        (with_open(5, |_| {}), buy(SPY, 1, "99.80"))
    }),
    deny(RejectCode::OpenOrders, "one more than the lane may have", 4 * E9, 3 * E9, || {
        (with_open(3, |limits| limits.open_orders_max = 3), buy(SPY, 1, "99.80"))
    }),
    // C17
    pass(RejectCode::MessageRate, "the third of a second", || {
        (after_orders(2, 0, |_| {}), buy(SPY, 2, "100"))
    }),
    deny(RejectCode::MessageRate, "the fourth of a second", 4 * E9, 3 * E9, || {
        (after_orders(3, 0, |_| {}), buy(SPY, 2, "100"))
    }),
    deny(RejectCode::MessageRate, "the fourth of a minute", 4 * E9, 3 * E9, || {
        (
            after_orders(3, 20 * SECOND, |limits| limits.orders_per_minute_max = 3),
            buy(SPY, 2, "100"),
        )
    }),
    pass(RejectCode::MessageRate, "when the first has left the minute", || {
        let mut lane = after_orders(3, 20 * SECOND, |limits| limits.orders_per_minute_max = 3);
        lane.pass(20 * SECOND);
        lane.quote_all();
        (lane, buy(SPY, 2, "100"))
    }),
    // C18
    deny(
        RejectCode::Duplicate,
        "the same again within half a second",
        500 * MILLISECOND - 1,
        500 * MILLISECOND,
        || (after_same(500 * MILLISECOND - 1), buy(SPY, 1, "100")),
    ),
    pass(RejectCode::Duplicate, "the same again after half a second", || {
        (after_same(500 * MILLISECOND), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::Duplicate, "at another price at once", || {
        (after_same(0), buy(SPY, 1, "99.99"))
    }),
    // C19
    pass(RejectCode::EntriesPerDay, "the last entry of the day", || {
        (with_open(2, |limits| limits.entries_per_day_max = 3), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::EntriesPerDay, "one entry more", 4 * E9, 3 * E9, || {
        (with_open(3, |limits| limits.entries_per_day_max = 3), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::EntriesPerDay, "exits are no entries", || {
        let mut lane = Lane::with(|limits| limits.entries_per_day_max = 2);
        lane.round_trip(SPY, "100");
        (lane, buy(SPY, 1, "100"))
    }),
    // C22
    pass(RejectCode::SellMoreThanHeld, "all that is held", || (holding(5), sell(SPY, 5, "100"))),
    deny(RejectCode::SellMoreThanHeld, "one more than is held", 6 * E9, 5 * E9, || {
        (holding(5), sell(SPY, 6, "100"))
    }),
    deny(RejectCode::SellMoreThanHeld, "what is offered already", 3 * E9, 2 * E9, || {
        let mut lane = holding(5);
        lane.place(sell(SPY, 3, "100"));
        (lane, sell(SPY, 3, "101"))
    }),
    deny(RejectCode::SellMoreThanHeld, "a sell that opens", E9, 0, || {
        (holding(5), OrderIntent { effect: PositionEffect::Open, ..sell(SPY, 1, "100") })
    }),
    deny(RejectCode::SellMoreThanHeld, "a buy that closes what is long", E9, 0, || {
        (holding(5), OrderIntent { side: Side::Buy, ..sell(SPY, 1, "100") })
    }),
    // C23
    pass(RejectCode::EntryWindow, "just before the cut-off", || {
        (at(380 * MINUTE - 1, config()), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::EntryWindow, "ten minutes before the close", 22_800 * E9, 22_800 * E9, || {
        (at(380 * MINUTE, config()), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::EntryWindow, "an exit after the cut-off", || {
        let mut lane = holding(1);
        lane.now = session().close - MINUTE;
        (lane, sell_market(SPY, 1))
    }),
    deny(RejectCode::EntryWindow, "before the bot's own hours", 3_599 * E9, 3_600 * E9, || {
        (at(3_599 * SECOND, hours(37_800, 50_000)), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::EntryWindow, "as they begin", || {
        (at(3_600 * SECOND, hours(37_800, 50_000)), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::EntryWindow, "as they end", 15_800 * E9, 15_800 * E9, || {
        (at(15_800 * SECOND, hours(37_800, 50_000)), buy(SPY, 1, "100"))
    }),
    // The table
    pass(RejectCode::OrderTable, "the last order it holds", || {
        (table_of(2, 1), buy(SPY, 2, "100"))
    }),
    deny(RejectCode::OrderTable, "one more", 3 * E9, 2 * E9, || {
        (table_of(2, 2), buy(SPY, 2, "100"))
    }),
];

/// How many questions the gate asks.
const CONTROLS: usize = 47;

/// Every row: those above, and those of the controls over many orders.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(edge_rows::ROWS).chain(breaker_rows::ROWS)
}

/// Codes that no order of a strategy can meet, with the tests below that meet them.
const OTHERS: [RejectCode; 2] = [RejectCode::AccountBinding, RejectCode::NothingToCancel];

#[test]
fn every_control_holds_at_its_limit_and_says_what_it_met() {
    for row in rows() {
        let (mut lane, order) = (row.setup)();
        let what = format!("{}: {}", row.code, row.what);
        match (row.refused, lane.order(order).as_slice()) {
            (None, [Output::Decision(why), Output::Order(sent)]) => {
                assert_eq!((sent.qty, sent.tag, why.order), (order.qty, 7, sent.no), "{what}");
            }
            (Some((value, limit)), [Output::Decision(why), Output::Reject(reject)]) => {
                let (strategy, no) = (StrategyId(0), OrderNo::NONE);
                let OrderIntent { instrument, side, qty, .. } = order;
                let code = row.code;
                let want = Reject { strategy, instrument, side, qty, code, value, limit };
                assert_eq!(*reject, want, "{what}");
                assert_eq!((why.strategy, why.order), (strategy, no), "{what}");
            }
            (wanted, got) => panic!("{what}: wanted {wanted:?}, got {got:?}"),
        }
    }
}

#[test]
fn every_code_of_the_gate_has_a_row_that_meets_it() {
    for code in RejectCode::ALL {
        let met = rows().any(|row| row.code == *code && row.refused.is_some());
        assert_ne!(met, OTHERS.contains(code), "{code} must have a row or a test of its own");
    }
}

/// The request that a wanted order would become.
pub(crate) fn request(lane: &Lane, order: &OrderIntent) -> OrderRequest {
    let orders = lane.engine.orders();
    OrderRequest {
        no: orders.next_no(),
        client_id: orders.mint_id(orders.next_no()),
        strategy: StrategyId(0),
        instrument: order.instrument,
        side: order.side,
        effect: order.effect,
        tif: order.tif,
        kind: order.kind,
        qty: order.qty,
        decided_at: lane.now,
        cause: lane.engine.world().seq,
        tag: order.tag,
    }
}

pub(crate) fn explain(lane: &Lane, request: &OrderRequest) -> Vec<Check> {
    let mut checks = Vec::new();
    lane.engine.gate().explain(lane.engine.world(), request, &mut |check| checks.push(check));
    checks
}

#[test]
fn explaining_tells_every_check_and_its_first_no_is_the_answer() {
    for row in rows() {
        let (mut lane, order) = (row.setup)();
        lane.nudge();
        let checks = explain(&lane, &request(&lane, &order));
        assert_eq!(checks.len(), CONTROLS, "{}", row.what);
        let no = checks.iter().find(|check| !check.passed);
        let met = no.map(|check| (check.code, check.value, check.limit));
        assert_eq!(met, row.refused.map(|(value, limit)| (row.code, value, limit)), "{}", row.what);
    }
}

#[test]
fn an_order_of_another_installation_or_strategy_is_not_ours_to_send() {
    let lane = lane();
    let (gate, world) = (lane.engine.gate(), lane.engine.world());
    let ours = request(&lane, &buy(SPY, 1, "100"));
    assert!(gate.check(world, ours).is_ok());
    let id = ours.client_id.parts().unwrap();
    let foreign = ClientOrderId::mint(Nonce(*b"zz"), id.bot, id.epoch, id.order);
    for stranger in [
        OrderRequest { client_id: foreign, ..ours },
        OrderRequest { client_id: ClientOrderId::default(), ..ours },
        OrderRequest { strategy: StrategyId(1), ..ours },
    ] {
        let reject = gate.check(world, stranger).unwrap_err();
        let met = (reject.code, reject.value, reject.limit);
        assert_eq!(met, (RejectCode::AccountBinding, 0, E9));
        assert_eq!(explain(&lane, &stranger).len(), CONTROLS, "strangers are explained too");
    }
}

#[test]
fn there_is_nothing_to_cancel_but_live_orders_of_ones_own() {
    let mut lane = lane();
    let no = lane.place(buy(SPY, 1, "100"));
    let [Output::Cancel(cancel)] = lane.want(Intent::Cancel { no })[..] else {
        panic!("a live order can be canceled");
    };
    assert_eq!((cancel.no, cancel.client_id), (no, lane.status(no).client_id));
    for (no, instrument) in [(no, SPY), (OrderNo(2), InstrumentId::ALL)] {
        let [Output::Reject(reject)] = lane.want(Intent::Cancel { no })[..] else {
            panic!("a cancel under way, or no such order");
        };
        assert_eq!((reject.code, reject.instrument), (RejectCode::NothingToCancel, instrument));
        assert_eq!((reject.value, reject.limit), (i64::from(no.0) * E9, 0));
    }
    lane.report(Report::Canceled(lane.status(no)));
    let over = lane.want(Intent::Cancel { no });
    assert!(matches!(over[..], [Output::Reject(r)] if r.code == RejectCode::NothingToCancel));
}

#[test]
fn cancels_pass_whatever_the_state_and_the_rates() {
    let mut lane = after_orders(3, 0, |_| {});
    lane.command(Command::Halt(Reason::new("test")));
    for no in (1..=3).map(OrderNo) {
        let out = lane.want(Intent::Cancel { no });
        assert!(matches!(out[..], [Output::Cancel(cancel)] if cancel.no == no));
    }
}

#[test]
fn refusals_are_counted_by_code() {
    let mut lane = lane();
    lane.refused(buy(SPY, 0, "100"));
    lane.refused(buy(SPY, 0, "100"));
    lane.refused(buy(SPY, 101, "100"));
    let rejects: Vec<_> = lane.engine.counters().rejects().collect();
    assert_eq!(rejects, [(RejectCode::QtyNotPositive, 2), (RejectCode::OrderQty, 1)]);
}
