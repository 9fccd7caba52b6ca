//! Seeded days on which anything may happen to any order at any time. Whatever does, it never sells
//! what it does not hold, never holds more than it may, and is flat when the day is over.

use crate::lane::{Lane, Setup, shares};
use st0ck_engine::orders::{Order, Stage};
use st0ck_engine::risk::TradingState;
use st0ck_quant::rng::Rng;
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{Command, OrderKind, Price, Qty, Side, Text};

const SEEDS: u64 = 200;
const STEPS: u64 = 300;

/// Ways to run it, each with the most it may hold.
const WAYS: [(&[(&str, &str)], i64); 3] = [
    (&[], 3),
    (&[("mode", "simple")], 1),
    (
        &[("position_size_min", "5"), ("position_size_max", "5"), ("max_consecutive_losses", "50")],
        5,
    ),
];

#[test]
fn whatever_happens_it_sells_only_what_it_holds_and_ends_flat() {
    let mut trips = 0;
    for seed in 0..SEEDS {
        let (params, most) = WAYS[(seed % 3) as usize];
        let mut rng = Rng::new(seed);
        let mut lane = Lane::open(Setup { params, ..Setup::default() });
        lane.requote();
        for _ in 0..STEPS {
            step(&mut lane, &mut rng);
            check(&lane, most, seed);
        }
        end_of_day(&mut lane, most, seed);
        lane.assert_replays();
        trips += lane.engine().portfolio().round_trips();
    }
    assert!(trips > SEEDS * 3, "{trips}: the storms hardly trade");
}

fn arm(lane: &mut Lane) {
    lane.command(Command::ResetLatches(Text::new("storm")));
    lane.command(Command::Arm(Text::new("storm")));
}

/// Something happens.
fn step(lane: &mut Lane, rng: &mut Rng) {
    let live = lane.live();
    match rng.below(100) {
        0..45 => {
            let pause = [50 * MILLISECOND, SECOND, 7 * SECOND, 45 * SECOND];
            lane.sleep_until(lane.now + pause[rng.below(4) as usize]);
            lane.shift(rng.between(-3, 3));
        }
        45..96 if !live.is_empty() => {
            answer(lane, &live[rng.below(live.len() as u64) as usize], rng)
        }
        96 => {
            lane.restart();
            arm(lane);
        }
        97 => lane.command(Command::Halt(Text::new("storm"))),
        98 => lane.command(Command::Reduce(Text::new("storm"))),
        _ => arm(lane),
    }
}

/// The broker, or the gateway, says something that can be true of an order.
fn answer(lane: &mut Lane, order: &Order, rng: &mut Rng) {
    let no = order.no();
    let at_broker = order.stage == Stage::Working;
    match rng.below(20) {
        0 if order.stage == Stage::Intent => lane.refuse_send(no),
        1 if !at_broker && order.cum.is_zero() => lane.reject(no),
        2 if !at_broker || order.is_cancel_pending() => lane.lose_sight(no),
        3 if at_broker => lane.expire(no),
        4 if at_broker => lane.confirm_cancel(no),
        5..8 if order.is_cancel_pending() => lane.confirm_cancel(no),
        8 if order.is_cancel_pending() => lane.refuse_cancel(no),
        9..14 if !at_broker => lane.accept(no),
        14..17 if marketable(lane, order) => {
            lane.fill(no, Qty(order.leaves().0.min(Qty::ONE.0)), fill_price(lane, order));
        }
        17.. if marketable(lane, order) => {
            lane.fill(no, order.leaves(), fill_price(lane, order));
        }
        _ => {}
    }
}

/// Whether the broker may fill it now.
fn marketable(lane: &Lane, order: &Order) -> bool {
    order.request.kind.limit().is_none_or(|limit| lane.bid() >= limit)
}

fn fill_price(lane: &Lane, order: &Order) -> Price {
    let touch = if order.request.side == Side::Buy { lane.ask() } else { lane.bid() };
    order.request.kind.limit().unwrap_or(touch)
}

/// What must hold at every moment.
fn check(lane: &Lane, most: i64, seed: u64) {
    let held = lane.held();
    assert!(held >= Qty::ZERO && held <= shares(most), "seed {seed}: holds {held}");
    let leaves = |side| {
        let of_side = lane.live().into_iter().filter(move |order| order.request.side == side);
        of_side.map(|order| order.leaves().0).sum::<i64>()
    };
    assert!(leaves(Side::Sell) <= held.0, "seed {seed}: offers more than it holds");
    assert!(held.0 + leaves(Side::Buy) <= shares(most).0, "seed {seed}: may hold too much");
    assert!(!lane.is_quarantined(), "seed {seed}: it panicked");
    let mut entries = lane.orders.iter().rev().filter(|order| order.side == Side::Buy);
    if let (Some(last), Some(before)) = (entries.next(), entries.next()) {
        let apart = last.decided_at.since(before.decided_at);
        assert!(apart >= 40 * SECOND, "seed {seed}: entries {apart} ns apart");
    }
    let wishes = lane.orders.len() + lane.rejects.len() + lane.cancels.len();
    assert!(wishes as i64 <= 20 + lane.age_s(), "seed {seed}: {wishes} wishes, a hot loop");
}

/// The broker behaves, and the day ends.
fn end_of_day(lane: &mut Lane, most: i64, seed: u64) {
    lane.skip_until(15, 54, 0);
    for _ in 0..200 {
        lane.run(1);
        if lane.engine().state() != TradingState::Active {
            arm(lane);
        }
        for order in lane.live() {
            behave(lane, &order);
            check(lane, most, seed);
        }
    }
    assert_eq!((lane.held(), lane.live().len()), (Qty::ZERO, 0), "seed {seed}: not flat");
}

fn behave(lane: &mut Lane, order: &Order) {
    let no = order.no();
    match (order.stage, order.request.kind) {
        (Stage::Working, OrderKind::Market) => {
            lane.fill(no, order.leaves(), fill_price(lane, order))
        }
        (Stage::Working, _) if order.is_cancel_pending() => lane.confirm_cancel(no),
        (Stage::Working, _) => {}
        _ => lane.accept(no),
    }
}
