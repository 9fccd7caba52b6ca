//! The core's thread allocates nothing after start: counted over a whole day.

use st0ck_bench::broker::Manner;
use st0ck_bench::day::Day;
use st0ck_bench::journaled::{Cores, Journaled};
use st0ck_types::InstrumentId;

/// Every event of the day by ring, an idle cycle with its rehearsal behind each, the end of the
/// session, and the broker's answers.
fn trade(lane: &mut Journaled, day: &Day) -> usize {
    let (lane, mut orders) = (lane.lane(), 0);
    for event in &day.events {
        orders += lane.feed(event);
        lane.cycle();
    }
    lane.end();
    orders
}

#[test]
fn a_whole_day_on_the_core_thread_allocates_nothing() {
    let day = Day::read(None).unwrap();
    for (manner, orders_least) in [(Manner::FillsAll, 1_000), (Manner::LetsRest, 2)] {
        let mut lane = Journaled::open(&day, manner, Cores::default()).unwrap();
        let mut orders = 0;
        let counted = allocation_counter::measure(|| orders = trade(&mut lane, &day));
        assert!(orders >= orders_least, "{manner:?}: only {orders} orders were sent");
        assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{manner:?}");
        let engine = lane.lane().engine();
        assert!(engine.counters().inputs > day.events.len() as u64, "{manner:?}");
        assert!(engine.portfolio().position(InstrumentId(0)).qty.is_zero(), "{manner:?}");
    }
}

#[test]
fn the_counter_sees_what_would_be_allocated() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0_u8; 64])));
    assert_eq!((counted.count_total, counted.bytes_total), (1, 64));
}
