//! Lock-step: every message has a token, and when all is quiet none is left.

use st0ck_runtime::InFlight;
use st0ck_types::{BrokerOrderId, Report};

use crate::rig::{Rig, Wishes, buy, is_end, update};

#[test]
fn tokens_balance_through_orders_cancels_updates_and_reading() {
    let flight = InFlight::lock_step();
    let mut rig = Rig::new(Wishes { flight: flight.clone(), ..Wishes::default() });
    rig.until("compared", |rig| rig.has(is_end));
    rig.turn();
    assert_eq!(flight.count(), 0);
    for no in 1..=3 {
        rig.submit(buy(no));
        assert!(flight.count() > 0, "the request stands for the order");
    }
    rig.until("accepted", |rig| {
        rig.seen.iter().filter(|r| matches!(r, Report::Accepted(_))).count() == 3
    });
    rig.broker.tell(&update("fill", 1, "filled", "1"), true);
    rig.cancel(2, BrokerOrderId::NONE);
    rig.until("filled", |rig| rig.has(|r| matches!(r, Report::Fill(_))));
    rig.until("quiet", |_| flight.count() == 0);
    rig.linger(20_000_000);
    assert_eq!(flight.count(), 0);
}

#[test]
fn more_orders_than_connections_wait_without_holding_tokens() {
    let flight = InFlight::lock_step();
    let mut rig = Rig::new(Wishes { flight: flight.clone(), ..Wishes::default() });
    rig.until("compared", |rig| rig.has(is_end));
    rig.until("quiet", |_| flight.count() == 0);
    (1..=9).for_each(|no| rig.submit(buy(no)));
    rig.until("accepted", |rig| {
        rig.seen.iter().filter(|r| matches!(r, Report::Accepted(_))).count() == 9
    });
    rig.turn();
    assert_eq!(flight.count(), 0);
}
