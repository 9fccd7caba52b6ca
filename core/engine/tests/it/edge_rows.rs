//! Rows on the sides of the limits that those of `controls` leave out: what is well below, what stands
//! exactly at, what is well beyond.

use crate::controls::{
    E9, Row, after_orders, after_same, at, deny, holding, lane, pass, quoted_at, with_open,
};
use crate::lane::{CALL, Lane, QQQ, SPY, buy, config, money, sell, sell_market, session, shares};
use st0ck_engine::OrderIntent;
use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{
    AssetClass, InstrumentDef, MarketEvent, OrderNo, Price, Qty, RejectCode, Symbol,
};

/// A lane on which SPY moves in steps of $100.
fn in_hundreds() -> Lane {
    let mut lane = lane();
    lane.market(MarketEvent::InstrumentDef(InstrumentDef {
        ts_event: lane.now,
        tick: Price(100 * Price::ONE.0),
        lot: Qty::ONE,
        instrument: SPY,
        multiplier: 1,
        class: AssetClass::Equity,
        symbol: Symbol::new("SPY"),
    }));
    lane
}

/// A lane after so many losing round trips that ended together.
fn after_losses_at_once(count: i64) -> Lane {
    let mut lane = Lane::with(|limits| limits.losses_in_a_row_max = 1);
    let instruments = [SPY, QQQ];
    for &instrument in &instruments[..count as usize] {
        lane.hold(instrument, 1);
    }
    let sales: Vec<OrderNo> = instruments[..count as usize]
        .iter()
        .map(|&instrument| lane.place(sell_market(instrument, 1)))
        .collect();
    sales.into_iter().for_each(|no| {
        lane.fill(no, "99.9", 1);
    });
    lane.pass(MINUTE);
    lane.quote_all();
    lane
}

pub(crate) const ROWS: &[Row] = &[
    // C1, C3, C4
    pass(RejectCode::TradingState, "a closing order while ACTIVE", || {
        (holding(1), sell_market(SPY, 1))
    }),
    pass(RejectCode::NotAllowed, "a share on the list", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::SessionClosed, "a second after the close", E9, 0, || {
        let mut lane = holding(1);
        lane.now = session().close + SECOND;
        (lane, sell_market(SPY, 1))
    }),
    pass(RejectCode::LimitMissing, "with every limit set", || (lane(), buy(SPY, 1, "100"))),
    // C5
    pass(RejectCode::QtyNotPositive, "one share", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::PriceNotPositive, "paid to buy", -E9, 0, || (lane(), buy(SPY, 1, "-1"))),
    pass(RejectCode::PriceNotPositive, "for a hundred", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::OffTick, "less than a tick", 99_990 * E9 / 1_000, 100 * E9, || {
        (in_hundreds(), buy(SPY, 1, "99.99"))
    }),
    pass(RejectCode::OffTick, "one tick", || (in_hundreds(), buy(SPY, 1, "100"))),
    deny(RejectCode::OffLot, "half a share", E9 / 2, E9, || {
        (lane(), OrderIntent { qty: Qty(E9 / 2), ..buy(SPY, 1, "100") })
    }),
    pass(RejectCode::OffLot, "one share", || (lane(), buy(SPY, 1, "100"))),
    // C6, C7, C8
    pass(RejectCode::OrderQty, "ninety-nine shares", || {
        (quoted_at("1.99", "2.00"), buy(SPY, 99, "2"))
    }),
    pass(RejectCode::OrderValue, "a share less", || (lane(), buy(SPY, 24, "100"))),
    pass(RejectCode::PriceCollar, "at the middle", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::PriceCollar, "a new minute forgets nothing", 5_100_000, 5_000_000, || {
        let mut lane = at(2 * MINUTE - SECOND / 2, config());
        lane.pass(600 * MILLISECOND);
        lane.quote(SPY, "100.50", "100.52");
        (lane, buy(SPY, 1, "100.51"))
    }),
    pass(RejectCode::PriceCollar, "65 s after the chase began", || {
        let mut lane = lane();
        lane.pass(65 * SECOND);
        lane.quote(SPY, "100.50", "100.52");
        (lane, buy(SPY, 1, "100.51"))
    }),
    pass(RejectCode::NoReference, "after one sound quote", || (lane(), buy(SPY, 1, "100"))),
    // C9
    pass(RejectCode::StaleQuote, "half a second old", || {
        let mut lane = lane();
        lane.pass(SECOND / 2);
        (lane, buy(SPY, 1, "100"))
    }),
    pass(RejectCode::BadQuote, "a cent wide", || (quoted_at("99.99", "100"), buy(SPY, 1, "100"))),
    pass(RejectCode::WideSpread, "two cents wide", || (lane(), buy(SPY, 1, "100"))),
    pass(RejectCode::PriceJump, "two percent in a second", || {
        (quick("101.99", "102.01"), buy(SPY, 1, "102"))
    }),
    // C10
    pass(RejectCode::PositionValue, "less than a quarter", || (holding(10), buy(SPY, 14, "100"))),
    pass(RejectCode::PositionCount, "the first position", || (lane(), buy(SPY, 1, "100"))),
    // C13, C14
    deny(RejectCode::DailyLoss, "a dollar beyond the limit", 51 * E9, 50 * E9, || {
        let mut lane = Lane::with(|limits| limits.daily_loss_max = money("50"));
        lane.round_trip(CALL, "1.49");
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::ConsecutiveLosses, "two losses at once, of one", 2 * E9, E9, || {
        (after_losses_at_once(2), buy(SPY, 1, "100"))
    }),
    // C16
    pass(RejectCode::OpenOrders, "the second of an instrument", || {
        (with_open(1, |_| {}), buy(SPY, 1, "99.80"))
    }),
    // C17, C18
    pass(RejectCode::MessageRate, "the first of a second", || (lane(), buy(SPY, 1, "100"))),
    pass(RejectCode::Duplicate, "the same again after a second", || {
        (after_same(SECOND), buy(SPY, 1, "100"))
    }),
    // C19
    pass(RejectCode::EntriesPerDay, "the last but one of the day", || {
        (with_open(1, |limits| limits.entries_per_day_max = 3), buy(SPY, 1, "100"))
    }),
    // C22
    pass(RejectCode::SellMoreThanHeld, "less than is held", || (holding(5), sell(SPY, 4, "100"))),
    // C23
    deny(RejectCode::EntryWindow, "a minute after the cut-off", 22_860 * E9, 22_800 * E9, || {
        (at(381 * MINUTE, config()), buy(SPY, 1, "100"))
    }),
    // The table
    pass(RejectCode::OrderTable, "one order of many", || {
        (after_orders(1, 0, |_| {}), OrderIntent { qty: shares(2), ..buy(SPY, 1, "100") })
    }),
];

/// A lane that saw 100 a tenth of a second ago, and lets prices chase it.
fn quick(bid: &str, ask: &str) -> Lane {
    let mut lane = Lane::with(|limits| limits.collar_ratio = 100_000_000);
    lane.pass(100 * MILLISECOND);
    lane.quote(SPY, bid, ask);
    lane
}
