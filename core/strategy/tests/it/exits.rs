//! How it leaves: at a time, before the close, and never with more than it holds.

use crate::lane::{Lane, Setup, price, shares};
use st0ck_types::{Command, OrderKind, OrderNo, PositionEffect, Qty, Side, Text};

const SIMPLE: &[(&str, &str)] = &[("mode", "simple")];

/// Holding one share bought at 590.00, the offer at the broker.
fn holding(setup: Setup<'_>) -> (Lane, OrderNo) {
    let mut lane = Lane::open(setup);
    lane.quote("589.99", "590.00");
    lane.fill_last();
    let offer = lane.last().no;
    lane.accept(offer);
    (lane, offer)
}

fn assert_sold_at_market(lane: &Lane, qty: Qty) {
    let sale = lane.last();
    assert_eq!((sale.side, sale.kind, sale.qty), (Side::Sell, OrderKind::Market, qty));
    assert_eq!(sale.effect, PositionEffect::Close);
}

#[test]
fn five_minutes_before_the_close_it_cancels_waits_and_sells_at_market() {
    let (mut lane, offer) = holding(Setup::default());
    lane.skip_until(15, 54, 59);
    assert!(lane.cancels.is_empty());
    lane.run(1);
    assert_eq!(lane.cancels, [offer]);
    lane.run(30);
    assert_eq!((lane.cancels.len(), lane.orders.len()), (1, 2), "nothing until it is confirmed");
    lane.confirm_cancel(offer);
    assert_sold_at_market(&lane, Qty::ONE);
    lane.fill_last();
    assert_eq!(lane.held(), Qty::ZERO);
    lane.run(200);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (3, 0), "and nothing after that");
}

#[test]
fn on_a_short_day_it_leaves_at_five_to_one() {
    let (mut lane, offer) = holding(Setup { date: (2020, 11, 27), ..Setup::default() });
    lane.skip_until(12, 54, 59);
    assert!(lane.cancels.is_empty());
    lane.run(1);
    assert_eq!(lane.cancels, [offer]);
}

#[test]
fn an_offer_that_fills_while_it_is_being_canceled_is_the_exit() {
    let (mut lane, offer) = holding(Setup::default());
    lane.skip_until(15, 55, 0);
    lane.fill(offer, Qty::ONE, price("590.01"));
    lane.run(10);
    assert_eq!((lane.held(), lane.orders.len()), (Qty::ZERO, 2));
}

#[test]
fn what_is_left_of_a_partly_filled_offer_is_sold() {
    let params = &[("position_size_min", "3")];
    let (mut lane, offer) = holding(Setup { params, ..Setup::default() });
    lane.skip_until(15, 55, 0);
    lane.fill(offer, shares(1), price("590.01"));
    assert_eq!((lane.orders.len(), lane.rejects.len()), (2, 0), "two shares are still offered");
    lane.confirm_cancel(offer);
    assert_sold_at_market(&lane, shares(2));
    let sale = lane.last().no;
    lane.accept(sale);
    lane.fill(sale, shares(1), price("589.99"));
    lane.run(10);
    assert_eq!(lane.orders.len(), 3, "the rest of the sale is still working");
    lane.fill(sale, shares(1), price("589.99"));
    assert_eq!(lane.held(), Qty::ZERO);
}

#[test]
fn an_entry_still_out_before_the_close_is_canceled_and_what_it_bought_is_sold() {
    let params = &[("position_size_min", "3")];
    let mut lane = Lane::open(Setup { params, ..Setup::default() });
    lane.skip_until(15, 49, 59);
    let entry = lane.last().no;
    lane.accept(entry);
    lane.fill(entry, shares(1), price("590.00"));
    lane.skip_until(15, 55, 0);
    assert_eq!(lane.cancels, [entry]);
    lane.fill(entry, shares(1), price("590.00"));
    lane.confirm_cancel(entry);
    assert_sold_at_market(&lane, shares(2));
}

#[test]
fn an_unknown_entry_found_filled_after_the_session_exit_is_sold() {
    let mut lane = Lane::open(Setup::default());
    lane.skip_until(15, 49, 59);
    let entry = lane.last().no;
    lane.lose_sight(entry);
    lane.skip_until(15, 55, 30);
    assert!(lane.cancels.is_empty(), "what is unknown is awaited");
    lane.fill(entry, Qty::ONE, price("590.00"));
    assert_sold_at_market(&lane, Qty::ONE);
}

#[test]
fn shares_that_turn_up_after_the_session_exit_are_sold() {
    let mut lane = Lane::open(Setup::default());
    lane.skip_until(15, 49, 59);
    let entry = lane.last().no;
    lane.accept(entry);
    lane.expire(entry);
    lane.skip_until(15, 55, 30);
    assert_eq!(lane.orders.len(), 1);
    lane.fill(entry, Qty::ONE, price("590.00"));
    lane.command(Command::Arm(Text::new("test")));
    assert_sold_at_market(&lane, Qty::ONE);
}

#[test]
fn simple_sells_at_five_to_eleven_when_it_costs_nothing() {
    let (mut lane, offer) = holding(Setup { params: SIMPLE, ..Setup::default() });
    lane.skip_until(10, 54, 59);
    lane.quote("590.00", "590.02");
    assert!(lane.cancels.is_empty());
    lane.run(1);
    assert_eq!(lane.cancels, [offer], "the bid is the entry price");
    lane.confirm_cancel(offer);
    assert_sold_at_market(&lane, Qty::ONE);
    assert_eq!(lane.decisions.last().unwrap().what.as_str(), "time_exit");
    lane.fill_last();
    lane.run(100);
    assert_eq!(lane.orders.len(), 3, "no entries after that");
}

#[test]
fn simple_keeps_its_offer_below_the_entry_until_the_session_exit() {
    let (mut lane, offer) = holding(Setup { params: SIMPLE, ..Setup::default() });
    lane.skip_until(10, 54, 59);
    lane.quote("589.99", "590.01");
    lane.run(10);
    lane.quote("590.00", "590.02");
    lane.run(60);
    lane.command(Command::Reduce(Text::new("test")));
    assert!(lane.cancels.is_empty(), "a cent below at 10:55 sharp, and that decides");
    lane.skip_until(15, 55, 0);
    assert_eq!(lane.cancels, [offer]);
    lane.confirm_cancel(offer);
    assert_eq!(lane.decisions.last().unwrap().what.as_str(), "session_exit");
}

#[test]
fn simple_enters_nothing_from_five_to_eleven_on() {
    let mut lane = Lane::open(Setup { params: SIMPLE, ..Setup::default() });
    lane.sleep_until(lane.engine().world().session.at_local(10 * 3_600 + 55 * 60));
    lane.quote("589.99", "590.00");
    lane.run(100);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (0, 0));
}

#[test]
fn simple_decides_about_an_entry_in_flight_when_it_is_over() {
    let mut lane = Lane::open(Setup { params: SIMPLE, ..Setup::default() });
    lane.skip_until(10, 54, 59);
    let entry = lane.last().no;
    lane.accept(entry);
    lane.sleep(1);
    lane.quote("590.00", "590.02");
    lane.fill(entry, Qty::ONE, price("590.00"));
    assert_sold_at_market(&lane, Qty::ONE);
}

#[test]
fn enhanced_knows_no_five_to_eleven() {
    let (mut lane, _) = holding(Setup::default());
    lane.skip_until(10, 54, 59);
    lane.quote("590.00", "590.02");
    lane.run(5);
    assert!(lane.cancels.is_empty());
}
