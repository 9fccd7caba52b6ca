//! What the gate says where two sides of a comparison meet, and of orders that no lane could want but a
//! journal, a person or another process might name: found by changing the gate, not by reading it.

use crate::controls::{E9, explain, request};
use crate::lane::{Lane, QQQ, SPY, buy, config, money, sell};
use st0ck_engine::risk::{Check, TradingState};
use st0ck_types::command::Reason;
use st0ck_types::report::Account;
use st0ck_types::{
    Command, InstrumentId, OrderRequest, PositionEffect, RejectCode, Report, Side, StrategyId,
};

fn check(lane: &Lane, order: &OrderRequest, code: RejectCode) -> Check {
    explain(lane, order).into_iter().find(|check| check.code == code).unwrap()
}

#[test]
fn a_round_trip_that_comes_out_even_ends_the_streak() {
    let mut lane = Lane::new(config());
    lane.round_trip(SPY, "99.9");
    lane.round_trip(SPY, "99.9");
    assert_eq!(lane.engine.gate().losses_in_a_row(), 2);
    lane.round_trip(SPY, "100");
    assert_eq!(lane.engine.gate().losses_in_a_row(), 0);
}

#[test]
fn a_buy_that_closes_is_held_only_from_paying_too_much() {
    let lane = Lane::new(config());
    let collar = |price: &str| {
        let order = OrderRequest {
            effect: PositionEffect::Close,
            side: Side::Buy,
            ..request(&lane, &buy(SPY, 1, price))
        };
        let said = check(&lane, &order, RejectCode::PriceCollar);
        (said.value, said.limit, said.passed)
    };
    let four_times = 20_000_000;
    assert_eq!(collar("103"), (30_000_000, four_times, false), "three percent too dear");
    assert_eq!(collar("102"), (20_000_000, four_times, true));
    assert_eq!(collar("97"), (0, four_times, true), "too cheap gives nothing away");
}

#[test]
fn a_strategy_that_the_lane_does_not_have_may_not_enter_where_nobody_may() {
    for (most, passed) in [(0, false), (1, true)] {
        let lane = Lane::with(|limits| limits.entries_per_10_min_max = most);
        let ours = request(&lane, &buy(SPY, 1, "100"));
        let stranger = OrderRequest { strategy: StrategyId(9), ..ours };
        let said = check(&lane, &stranger, RejectCode::EntriesPer10Min);
        assert_eq!((said.value, said.passed), (E9, passed), "{most} at most");
    }
}

#[test]
fn the_brokers_figure_is_after_the_buys_it_knew_of_and_nothing_else() {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    let known = [lane.place(buy(QQQ, 2, "100")), lane.place(sell(SPY, 5, "100.02"))];
    for no in known {
        lane.accept(no);
    }
    lane.place(buy(QQQ, 3, "100"));
    let buying_power = money("1000");
    lane.report(Report::Account(Account {
        tradable: true,
        buying_power,
        equity: money("10000"),
        ..Account::default()
    }));
    let said = check(&lane, &request(&lane, &buy(QQQ, 1, "99")), RejectCode::BuyingPower);
    assert_eq!(said.limit, (950 - 300) * E9, "less the buy that the broker had not seen");
}

#[test]
fn a_ratio_that_does_not_come_out_even_is_told_rounded_up() {
    let mut lane = Lane::new(config());
    lane.quote(SPY, "99.99", "101.30");
    let said = check(&lane, &request(&lane, &buy(SPY, 1, "100")), RejectCode::WideSpread);
    // 1.31 of 100.645 is 0.0130160464…
    assert_eq!((said.value, said.passed), (13_016_047, false));
}

#[test]
fn duplicates_from_before_a_reset_are_forgotten() {
    let mut lane = Lane::new(config());
    lane.place(buy(SPY, 1, "100"));
    lane.refused(buy(SPY, 1, "100"));
    lane.refused(buy(SPY, 1, "100"));
    lane.command(Command::ResetLatches(Reason::new("Ada: looked at it")));
    lane.refused(buy(SPY, 1, "100"));
    assert_eq!(lane.engine.state(), TradingState::Active, "the first since the reset");
}

#[test]
fn who_or_what_the_lane_does_not_have_has_nothing_to_close() {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    let ours = request(&lane, &sell(SPY, 1, "100"));
    let held = |order: &OrderRequest| check(&lane, order, RejectCode::SellMoreThanHeld).limit;
    assert_eq!(held(&ours), 5 * E9);
    assert_eq!(held(&OrderRequest { strategy: StrategyId(9), ..ours }), 0);
    assert_eq!(held(&OrderRequest { instrument: InstrumentId(9), ..ours }), 0);
}

#[test]
fn an_order_that_closes_opens_no_position_though_what_it_closed_is_gone() {
    let mut lane = Lane::new(config());
    lane.hold(SPY, 5);
    let first = lane.place(sell(SPY, 2, "100.02"));
    lane.place(sell(SPY, 3, "100.03"));
    // The broker sold all five for an order of two: the other order has nothing left to close.
    lane.fill(first, "100.02", 5);
    let said = check(&lane, &request(&lane, &buy(QQQ, 1, "100")), RejectCode::PositionCount);
    assert_eq!(said.value, E9, "this one alone");
}
