//! What an append may cost the core: no allocation, no page fault.

use crate::fixture::Place;
use st0ck_runtime::Agent;
use st0ck_types::Recorder;
use st0ck_types::recorder::Room;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Minor and major page faults of this thread so far: fields 10 and 12 of its `stat`.
fn faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[7].parse::<u64>().unwrap() + fields[9].parse::<u64>().unwrap()
}

#[test]
fn a_million_appends_allocate_nothing_and_fault_nowhere() {
    let place = Place::new();
    let (mut core, mut keeper) = place.create();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            keeper.do_work();
        }
        keeper.on_close();
    });
    let mut append = |n: u64| {
        for i in 0..n {
            while core.writer.room() == Room::Full {
                std::thread::yield_now();
            }
            core.quote();
            if i % 64 == 0 {
                core.output(true);
                core.hash();
            }
        }
    };
    append(1000);
    let before = faults();
    let allocated = allocation_counter::measure(|| append(1_000_000));
    let faulted = faults() - before;
    core.seal();
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
    // The counter's own first touches of its thread-locals and of /proc may cost a few; one fault
    // per page of what was written would be over 20,000.
    assert!(faulted < 8, "{faulted} page faults");
}
