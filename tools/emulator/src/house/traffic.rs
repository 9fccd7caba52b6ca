//! Random traffic of every kind of order: whatever clients ask for, the books agree with themselves.

use super::tests::{book, house_of, quote};
use super::{AccountNo, Closing, House};
use crate::book::order::{Leg, Order};
use crate::refusal::Refusal;
use crate::terms::Lifetime;
use crate::ticket::{Patch, Ticket};
use serde_json::{Value, json};
use st0ck_quant::rng::Rng;
use st0ck_sim::SimConfig;
use st0ck_types::{InstrumentId, MarketEvent, Money, Nanos, Price, Qty, Side, Trade};
use std::collections::BTreeMap;

const ONLY: AccountNo = AccountNo(0);

fn dollars(cents: i64) -> String {
    Price(cents * Price::CENT.0).to_string()
}

fn print(at: Nanos, cents: i64) -> MarketEvent {
    MarketEvent::Trade(Trade {
        ts_event: at,
        price: Price(cents * Price::CENT.0),
        size: Qty::units(100).unwrap(),
        instrument: InstrumentId(0),
        ..Trade::default()
    })
}

/// The body of an order of any type, class and amount near a price; many are refused.
fn random_body(rng: &mut Rng, around: i64) -> Value {
    let sell = rng.chance(500);
    let near = |rng: &mut Rng, width: i64| dollars(around + rng.between(-width, width));
    // A sell stop lies a thousandth below the market.
    let stop = if sell { around - rng.between(37, 45) } else { around + rng.between(1, 8) };
    let kinds = ["market", "limit", "limit", "stop", "stop_limit", "trailing_stop"];
    let kind = kinds[rng.below(6) as usize];
    let lifetime = ["day", "day", "gtc", "ioc", "fok"][rng.below(5) as usize];
    let mut body = json!({"symbol": "SPY", "qty": rng.between(1, 40), "type": kind,
        "side": if sell { "sell" } else { "buy" },
        "time_in_force": lifetime});
    if kind.ends_with("limit") {
        body["limit_price"] = near(rng, 6).into();
    }
    if kind.starts_with("stop") {
        body["stop_price"] = dollars(stop).into();
        body["time_in_force"] = "gtc".into();
    }
    if kind == "trailing_stop" {
        body["trail_price"] = dollars(rng.between(1, 9)).into();
        body["time_in_force"] = "day".into();
    }
    if rng.chance(150) {
        body["qty"] = Value::Null;
        body["notional"] = rng.between(1, 9_000).into();
        body["time_in_force"] = "day".into();
    } else if rng.chance(100) {
        body["qty"] = "3.14159".into();
        body["time_in_force"] = "day".into();
    }
    if ["market", "limit"].contains(&kind) && rng.chance(600) {
        body["time_in_force"] = "day".into();
        let class = ["bracket", "oco", "oto"][rng.below(3) as usize];
        let closing_sells = if class == "oco" { sell } else { !sell };
        let (profit, loss) = (rng.between(7, 12), rng.between(7, 12));
        let (profit, loss) = if closing_sells { (profit, -loss) } else { (-profit, loss) };
        body["order_class"] = class.into();
        body["take_profit"] = json!({"limit_price": dollars(around + profit)});
        if class != "oto" {
            body["stop_loss"] = json!({"stop_price": dollars(around + loss)});
        }
    }
    body
}

/// One random wish of a client.
fn wish(house: &mut House, rng: &mut Rng, cents: i64) -> Result<(), Refusal> {
    let open: Vec<usize> = house.book(ONLY).orders.open().collect();
    let picked = open.get(rng.below(open.len().max(1) as u64) as usize).copied();
    let body = random_body(rng, cents).to_string();
    match (rng.below(100), picked) {
        (0..50, _) => house.submit(ONLY, Ticket::parse(body.as_bytes())?).map(drop),
        (50..65, Some(index)) => house.cancel(ONLY, index),
        (65..90, Some(index)) => {
            let order = house.book(ONLY).orders.at(index);
            let mut patch = Patch::default();
            if order.kind.limit().is_some() {
                patch.limit = Price::parse(&dollars(cents + rng.between(-9, 9))).ok();
            }
            if !order.class.is_group() {
                patch.qty = Qty::units(rng.between(1, 50));
            }
            house.replace(ONLY, index, patch).map(drop)
        }
        (90..98, _) => house.close_position(ONLY, 0, Closing::All).map(drop),
        (98.., _) => {
            house.withdraw_all(ONLY);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Executions, position and cash say the same, and nobody holds what is not there.
fn assert_consistent(house: &House) {
    let book = house.book(ONLY);
    let signed = |side: &str, qty: Qty| if side == "buy" { qty.0 } else { -qty.0 };
    let position: i64 = book.executions.iter().map(|e| signed(e.side, e.qty)).sum();
    assert_eq!(book.positions[0].qty, Qty(position));
    let paid: Money =
        book.executions.iter().map(|e| e.price.times(Qty(signed(e.side, e.qty)))).sum();
    assert_eq!(book.account.cash + paid, book.account.last_equity);
    for side in [Side::Buy, Side::Sell] {
        let there = if side == Side::Sell { position } else { -position };
        assert!(book.held(0, side).0 <= there.max(0), "{side:?}: more is held than there is");
    }
    for group in &book.groups {
        let at_venue = group.exits().filter(|&index| {
            let order = book.orders.at(index);
            order.is_open() && order.key.is_some()
        });
        assert!(at_venue.count() <= 1, "both exits are at the venue");
    }
    for index in book.orders.open() {
        let order = book.orders.at(index);
        assert!(order.leaves() > Qty::ZERO || order.dollars_left().is_some());
    }
}

/// Takes the updates: no fill of a closing order crosses zero, and each event has its own id.
fn assert_told_well(house: &mut House, ids: &mut std::collections::BTreeSet<u128>) {
    while let Some(update) = house.pop_update() {
        assert!(ids.insert(update.execution_id));
        let (Some(fill), order): (_, &Order) = (update.fill, &update.order) else { continue };
        let after = fill.position_qty;
        let before = Qty(after.0 - order.side.signed(fill.qty).0);
        if !order.intent.opens() {
            assert!(after.abs() < before.abs(), "a closing order must not open");
            assert!(after.0.signum() * before.0.signum() >= 0, "a closing order crosses zero");
        }
    }
}

#[test]
fn the_books_agree_with_themselves_under_every_kind_of_order() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..60 {
        let config = SimConfig { seed, ..SimConfig::default() };
        let mut house = house_of(vec![book(seed)], config);
        let (mut rng, mut ids) = (Rng::new(seed).fork("traffic"), Default::default());
        let mut cents = 36_740;
        for step in 1..600 {
            cents += rng.between(-3, 3);
            let at = house.session.open + step * 250_000_000;
            house.on_market(&quote(at, cents, rng.between(1, 40)));
            if rng.chance(500) {
                house.on_market(&print(at + 1, cents + rng.between(0, 2)));
            }
            if rng.chance(400) {
                let said = if wish(&mut house, &mut rng, cents).is_ok() { "taken" } else { "no" };
                *seen.entry(said).or_default() += 1;
            }
            house.settle();
            assert_consistent(&house);
            assert_told_well(&mut house, &mut ids);
        }
        house.close();
        assert_consistent(&house);
        let book = house.book(ONLY);
        let open: Vec<&Order> = book.orders.open().map(|index| book.orders.at(index)).collect();
        assert!(open.iter().all(|order| order.lifetime == Lifetime::Gtc));
        for index in 0..book.orders.count() {
            let order = book.orders.at(index);
            *seen.entry(order.stage.as_str()).or_default() += 1;
            if order.elected && order.filled > Qty::ZERO {
                *seen.entry("elected").or_default() += 1;
            }
            if order.leg == Leg::TakeProfit && order.filled > Qty::ZERO {
                *seen.entry("take-profit").or_default() += 1;
            }
        }
    }
    let enough = [
        ("taken", 2_000),
        ("no", 500),
        ("filled", 500),
        ("canceled", 300),
        ("replaced", 50),
        ("elected", 50),
        ("take-profit", 20),
    ];
    for (what, least) in enough {
        assert!(seen.get(what).is_some_and(|n| *n >= least), "{what}: too tame, {seen:?}");
    }
}
