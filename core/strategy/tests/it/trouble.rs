//! What it does when somebody says no, or nothing at all.

use crate::lane::{Lane, Setup, price, shares};
use st0ck_engine::risk::TradingState;
use st0ck_types::{Command, Money, OrderKind, OrderNo, Qty, RejectCode, Side, Text};

const THREE: &[(&str, &str)] = &[("position_size_min", "3")];

/// An entry of three shares that the broker has.
fn entering() -> (Lane, OrderNo) {
    let mut lane = Lane::open(Setup { params: THREE, ..Setup::default() });
    lane.quote("589.99", "590.00");
    let entry = lane.last().no;
    lane.accept(entry);
    (lane, entry)
}

/// Three shares bought at 590.00 and offered.
fn holding() -> (Lane, OrderNo) {
    let (mut lane, entry) = entering();
    lane.fill(entry, shares(3), price("590.00"));
    let offer = lane.last().no;
    lane.accept(offer);
    (lane, offer)
}

#[test]
fn what_a_canceled_or_expired_entry_bought_is_still_offered() {
    for end in [Lane::confirm_cancel, Lane::expire] {
        let (mut lane, entry) = entering();
        lane.fill(entry, shares(2), price("590.00"));
        end(&mut lane, entry);
        lane.run(2);
        assert_eq!((lane.last().side, lane.last().qty), (Side::Sell, shares(2)));
        assert_eq!(lane.last().kind, OrderKind::Limit(price("590.01")));
    }
}

#[test]
fn an_offer_that_the_broker_ends_is_placed_again_for_what_is_left() {
    for end in [Lane::confirm_cancel, Lane::expire] {
        let (mut lane, offer) = holding();
        lane.fill(offer, shares(1), price("590.01"));
        end(&mut lane, offer);
        assert_eq!(lane.orders.len(), 2, "not in the same breath");
        lane.run(1);
        assert_eq!((lane.orders.len(), lane.last().qty), (3, shares(2)));
        assert_eq!(lane.last().kind, OrderKind::Limit(price("590.01")));
    }
}

#[test]
fn after_three_broken_offers_it_sells_at_market_and_then_goes_on() {
    let (mut lane, _) = holding();
    for _ in 0..3 {
        let offer = lane.last().no;
        assert!(lane.last().kind.limit().is_some());
        lane.reject(offer);
        lane.run(4);
    }
    assert_eq!((lane.last().kind, lane.last().qty), (OrderKind::Market, shares(3)));
    assert_eq!(lane.decisions.last().unwrap().what.as_str(), "broken_offers");
    lane.fill_last();
    lane.run(45);
    assert_eq!(lane.last().side, Side::Buy);
}

#[test]
fn a_trade_between_broken_offers_starts_their_count_anew() {
    let (mut lane, offer) = holding();
    lane.reject(offer);
    lane.run(4);
    lane.reject(lane.last().no);
    lane.run(4);
    let offer = lane.last().no;
    lane.accept(offer);
    lane.fill(offer, shares(1), price("590.01"));
    for _ in 0..2 {
        lane.expire(lane.last().no);
        lane.run(4);
        assert_eq!(lane.last().kind, OrderKind::Limit(price("590.01")));
    }
}

#[test]
fn a_fill_that_also_latches_the_loss_limit_is_offered_once() {
    let mut lane = Lane::open(Setup { params: &[("mode", "simple")], ..Setup::default() });
    lane.quote("589.99", "590.00");
    lane.accept(OrderNo(1));
    lane.fill(OrderNo(1), Qty::ONE, price("605.00"));
    assert_eq!(lane.engine().state(), TradingState::Reducing, "fifteen dollars lost");
    assert_eq!((lane.orders.len(), lane.rejects.len()), (2, 0));
    assert_eq!(lane.last().kind, OrderKind::Limit(price("605.01")));
}

#[test]
fn a_refusing_gate_is_asked_less_and_less_often() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("580.00", "600.00");
    assert_eq!(lane.rejects.len(), 1);
    assert_eq!(lane.rejects[0].code, RejectCode::WideSpread);
    lane.run(126);
    // After 1, 2, 4, 8, 16, 32 and 63 more seconds, and then every 64.
    assert_eq!(lane.rejects.len(), 7);
    lane.run(64);
    assert_eq!(lane.rejects.len(), 8);
    lane.quote("589.99", "590.00");
    lane.run(64);
    assert_eq!(lane.orders.len(), 1, "the spread is sound again");
}

#[test]
fn an_entry_that_the_broker_or_the_gateway_refuses_is_tried_again_later() {
    for refuse in [Lane::reject, Lane::refuse_send] {
        let mut lane = Lane::open(Setup::default());
        lane.quote("589.99", "590.00");
        refuse(&mut lane, OrderNo(1));
        lane.run(39);
        assert_eq!(lane.orders.len(), 1);
        lane.run(1);
        assert_eq!((lane.orders.len(), lane.last().side), (2, Side::Buy));
    }
}

#[test]
fn an_unknown_entry_is_waited_for_however_long_it_takes() {
    let mut lane = Lane::open(Setup::default());
    lane.quote("589.99", "590.00");
    lane.lose_sight(OrderNo(1));
    lane.run(600);
    assert_eq!(lane.orders.len(), 1);
    lane.fill(OrderNo(1), Qty::ONE, price("590.00"));
    assert_eq!((lane.orders.len(), lane.last().side), (2, Side::Sell));
}

#[test]
fn an_entry_listed_as_filled_is_waited_for_until_its_executions_come() {
    let (mut lane, entry) = entering();
    lane.list_filled(entry, shares(3));
    lane.run(100);
    assert_eq!((lane.held(), lane.orders.len()), (Qty::ZERO, 1), "no second entry on top");
    lane.fill(entry, shares(3), price("590.00"));
    assert_eq!((lane.last().side, lane.last().qty), (Side::Sell, shares(3)));
}

#[test]
fn an_offer_listed_as_filled_is_not_sold_again() {
    let (mut lane, offer) = holding();
    lane.list_filled(offer, shares(3));
    lane.skip_until(15, 56, 0);
    assert_eq!((lane.orders.len(), lane.cancels.len()), (2, 0));
    lane.fill(offer, shares(3), price("590.01"));
    assert_eq!(lane.held(), Qty::ZERO);
}

#[test]
fn an_unknown_offer_covers_its_shares_until_it_is_known() {
    let (mut lane, _) = entering();
    lane.fill(OrderNo(1), shares(3), price("590.00"));
    let offer = lane.last().no;
    lane.lose_sight(offer);
    lane.run(600);
    assert_eq!(lane.orders.len(), 2);
    lane.reject(offer);
    lane.run(1);
    assert_eq!((lane.orders.len(), lane.last().qty), (3, shares(3)));
}

#[test]
fn a_refused_cancel_is_asked_for_again_after_a_pause() {
    let (mut lane, offer) = holding();
    lane.skip_until(15, 55, 0);
    lane.refuse_cancel(offer);
    assert_eq!(lane.cancels, [offer]);
    lane.run(1);
    assert_eq!(lane.cancels, [offer, offer]);
    lane.refuse_cancel(offer);
    lane.run(1);
    assert_eq!(lane.cancels.len(), 2);
    lane.run(1);
    assert_eq!(lane.cancels.len(), 3);
}

#[test]
fn a_cancel_that_nobody_answered_is_asked_for_again_after_a_second() {
    let (mut lane, offer) = holding();
    lane.skip_until(15, 55, 0);
    lane.lose_sight(offer);
    assert_eq!(lane.cancels, [offer]);
    lane.run(1);
    assert_eq!(lane.cancels, [offer, offer]);
    lane.run(60);
    assert_eq!(lane.cancels.len(), 2, "under way");
}

#[test]
fn a_halted_lane_is_asked_for_nothing_and_armed_goes_on_where_it_was() {
    let (mut lane, entry) = entering();
    lane.command(Command::Halt(Text::new("test")));
    lane.fill(entry, shares(3), price("590.00"));
    lane.run(100);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (1, 0));
    lane.command(Command::Arm(Text::new("test")));
    assert_eq!((lane.orders.len(), lane.last().side), (2, Side::Sell));
}

#[test]
fn reducing_offers_what_is_held_and_enters_nothing() {
    let (mut lane, entry) = entering();
    lane.command(Command::Reduce(Text::new("test")));
    lane.fill(entry, shares(3), price("590.00"));
    assert_eq!((lane.orders.len(), lane.last().side), (2, Side::Sell));
    lane.fill_last();
    lane.run(100);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (2, 0));
}

#[test]
fn three_losses_in_a_row_end_the_day() {
    let mut lane = Lane::open(Setup { params: THREE, ..Setup::default() });
    lane.quote("589.99", "590.00");
    for trip in 1..=3 {
        assert_eq!(lane.last().side, Side::Buy, "trip {trip}");
        lane.fill_last();
        for _ in 0..3 {
            lane.reject(lane.last().no);
            lane.run(4);
        }
        lane.fill_last();
        // Past the minute in which the broker's refusals count (C26).
        lane.run(65);
    }
    assert_eq!(lane.held(), Qty::ZERO);
    let sent = lane.orders.len();
    lane.run(300);
    assert_eq!((lane.orders.len(), lane.rejects.len()), (sent, 0));
}

#[test]
fn the_ten_dollars_of_simple_and_the_500_of_enhanced_end_opening_but_keep_the_offer() {
    for (params, loss) in [(&[("mode", "simple")][..], 1_001), (THREE, 16_700)] {
        let mut lane = Lane::open(Setup { params, ..Setup::default() });
        lane.quote("589.99", "590.00");
        lane.fill_last();
        let offer = lane.last().no;
        lane.accept(offer);
        lane.shift(-loss);
        lane.run(5);
        assert!(lane.engine().portfolio().unrealised() < Money::parse("-10").unwrap());
        assert!(lane.cancels.is_empty(), "an offer closes");
        lane.shift(loss);
        lane.fill(offer, lane.held(), price("590.01"));
        lane.run(100);
        assert_eq!((lane.orders.len(), lane.rejects.len()), (2, 0));
    }
}
