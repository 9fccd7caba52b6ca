//! What it makes of a new process life: the books tell it where it is.

use crate::lane::{Lane, Setup, price, shares};
use st0ck_types::{Command, OrderKind, OrderNo, Qty, Side, Text};

fn arm(lane: &mut Lane) {
    lane.command(Command::Arm(Text::new("test")));
}

/// Three shares wanted, the entry at the broker.
fn entering() -> Lane {
    let mut lane = Lane::open(Setup { params: &[("position_size_min", "3")], ..Setup::default() });
    lane.quote("589.99", "590.00");
    lane.accept(OrderNo(1));
    lane
}

fn holding() -> (Lane, OrderNo) {
    let mut lane = entering();
    lane.fill(OrderNo(1), shares(3), price("590.00"));
    let offer = lane.last().no;
    lane.accept(offer);
    (lane, offer)
}

#[test]
fn an_entry_that_filled_while_away_is_offered_once_armed() {
    let mut lane = entering();
    lane.restart();
    lane.fill(OrderNo(1), shares(3), price("590.00"));
    lane.run(5);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (1, 0), "halted until armed");
    arm(&mut lane);
    assert_eq!((lane.last().side, lane.last().qty), (Side::Sell, shares(3)));
    assert_eq!(lane.last().kind, OrderKind::Limit(price("590.01")));
}

#[test]
fn an_offer_found_alive_is_left_alone() {
    let (mut lane, _) = holding();
    lane.restart();
    arm(&mut lane);
    lane.run(100);
    assert_eq!((lane.orders.len(), lane.cancels.len()), (2, 0));
}

#[test]
fn an_offer_that_filled_while_away_makes_room_for_the_next_entry() {
    let (mut lane, offer) = holding();
    lane.run(60);
    lane.restart();
    lane.fill(offer, shares(3), price("590.01"));
    arm(&mut lane);
    lane.run(1);
    assert_eq!((lane.orders.len(), lane.last().side), (3, Side::Buy));
}

#[test]
fn an_offer_that_partly_filled_and_died_while_away_is_placed_for_the_rest() {
    let (mut lane, offer) = holding();
    lane.restart();
    lane.fill(offer, shares(1), price("590.01"));
    lane.confirm_cancel(offer);
    arm(&mut lane);
    assert_eq!((lane.orders.len(), lane.last().qty), (3, shares(2)));
}

#[test]
fn an_order_that_nobody_reported_on_is_unknown_and_waited_for() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    lane.restart();
    arm(&mut lane);
    lane.run(100);
    assert_eq!(lane.orders.len(), 1);
    lane.reject(OrderNo(1));
    lane.run(70);
    assert_eq!((lane.orders.len(), lane.last().side), (2, Side::Buy));
}

#[test]
fn arming_twice_asks_for_nothing_twice() {
    let mut lane = entering();
    lane.restart();
    lane.fill(OrderNo(1), shares(3), price("590.00"));
    arm(&mut lane);
    arm(&mut lane);
    lane.run(5);
    arm(&mut lane);
    assert_eq!(lane.orders.len(), 2);
}

#[test]
fn the_pause_between_entries_outlives_the_process() {
    let (mut lane, offer) = holding();
    lane.fill(offer, shares(3), price("590.01"));
    lane.restart();
    arm(&mut lane);
    lane.run(39);
    assert_eq!(lane.orders.len(), 2);
    lane.run(1);
    assert_eq!((lane.orders.len(), lane.last().side), (3, Side::Buy));
}

#[test]
fn the_exit_before_the_close_is_finished_by_the_next_life() {
    let (mut lane, offer) = holding();
    lane.skip_until(15, 55, 0);
    assert_eq!(lane.cancels, [offer]);
    lane.restart();
    lane.confirm_cancel(offer);
    assert_eq!(lane.orders.len(), 2);
    arm(&mut lane);
    assert_eq!((lane.last().kind, lane.last().qty), (OrderKind::Market, shares(3)));
}

#[test]
fn a_cancel_lost_with_the_process_is_asked_for_again() {
    let (mut lane, offer) = holding();
    lane.skip_until(15, 55, 0);
    lane.restart();
    arm(&mut lane);
    assert_eq!(lane.cancels, [offer, offer]);
}

#[test]
fn a_life_that_recovers_from_the_journal_stands_where_the_old_one_stood() {
    let (mut lane, offer) = holding();
    lane.run(400);
    lane.fill(offer, shares(1), price("590.01"));
    lane.restart();
    lane.confirm_cancel(offer);
    arm(&mut lane);
    lane.run(10);
    lane.assert_replays();
}

#[test]
fn volatility_and_history_outlive_the_process() {
    let (mut lane, _) = holding();
    lane.run(400);
    let before =
        ["volatility", "bars", "history_days", "vol_blended", "next_entry_unix_s", "phase"]
            .map(|name| (name, lane.note(name).expect(name)));
    lane.restart();
    for (name, value) in before {
        assert_eq!(lane.note(name), Some(value), "{name}");
    }
    assert_ne!(lane.held(), Qty::ZERO);
}
