//! Many clients at once: `clients` trade on the emulator that `house` runs in a process of its own.
//!
//! In `cargo test` a small share; the whole by
//! `ST0CK_LOAD=full cargo test --release -p st0ck-emulator --test it load -- --nocapture`: a
//! hundred clients place and cancel ten thousand orders a second for ten seconds while a listener is
//! told of each: no error, nothing missed, flat memory. It takes two cores with nothing else to do.

mod clients;
mod house;

use crate::client::Socket;
use clients::{Tally, trade};
use house::{Costs, House};
use std::time::{Duration, Instant};

/// How much of it.
#[derive(Debug, Clone, Copy)]
struct Load {
    clients: u32,
    orders_per_s: u32,
    lasts: Duration,
}

impl Load {
    fn orders(&self) -> u64 {
        u64::from(self.orders_per_s) * self.lasts.as_millis() as u64 / 1000
    }
}

/// What an order may cost the emulator: parsed, checked, booked, matched, told, answered, canceled.
/// At 100 µs the rate is out of reach; some 50 are usual, 60 where others use the caches too.
const CPU_MAX: Duration = Duration::from_micros(80);

/// Updates that each order brings: received, live, canceled.
const UPDATES: u64 = 3;

/// Reads every update until so many have come.
fn listen(mut socket: Socket, wanted: u64) {
    for _ in 0..wanted {
        let message = socket.inner.read().expect("an update");
        assert!(message.is_binary(), "{message}");
    }
}

/// Lets the clients trade; what that cost by two moments of it, and in all.
fn run(house: &House, load: Load, looks: [Duration; 2]) -> (Tally, [Costs; 2], Duration) {
    let mut costs = [Costs::default(); 2];
    let (listener, begun) = (house.listener(), Instant::now());
    let tally = std::thread::scope(|scope| {
        let wanted = load.orders() * UPDATES;
        let listening = scope.spawn(move || listen(listener, wanted));
        let trading = scope.spawn(|| trade(house.port(), house.keys(), load));
        for (costs, at) in costs.iter_mut().zip(looks) {
            std::thread::sleep(at.saturating_sub(begun.elapsed()));
            *costs = house.costs();
        }
        let tally = trading.join().expect("no client failed");
        listening.join().expect("no update is missed");
        tally
    });
    (tally, costs, begun.elapsed())
}

#[test]
fn clients_trade_without_an_error_and_nothing_is_missed() {
    let load = Load { clients: 20, orders_per_s: 400, lasts: Duration::from_millis(500) };
    let house = House::open();
    let (tally, ..) = run(&house, load, [Duration::ZERO; 2]);
    assert_eq!(tally.orders, load.orders());
}

#[test]
fn a_hundred_clients_place_ten_thousand_orders_a_second_and_memory_stays_flat() {
    if std::env::var("ST0CK_LOAD").is_ok_and(|load| load == "full") {
        hold_the_rate();
    } else {
        eprintln!("skipped: only with ST0CK_LOAD=full");
    }
}

fn hold_the_rate() {
    let load = Load { clients: 100, orders_per_s: 10_000, lasts: Duration::from_secs(10) };
    let (house, before) = (House::open(), house::own_cpu());
    let looks = [Duration::from_secs(3), Duration::from_millis(9_900)];
    let (tally, [early, late], elapsed) = run(&house, load, looks);
    let each = |cpu: Duration| cpu / u32::try_from(tally.orders).unwrap();
    let (server, own) = (each(house.costs().cpu), each(house::own_cpu() - before));
    let rate = tally.orders as f64 / elapsed.as_secs_f64();
    eprintln!(
        "{} orders and as many cancels in {elapsed:.2?}, {rate:.0}/s; the slowest reply took {:?}; \
         for each order {server:?} of the emulator's processor and {own:?} of the clients'; {} KiB \
         resident at 3 s, {} KiB at 10 s",
        tally.orders, tally.slowest, early.resident_kib, late.resident_kib
    );
    assert_eq!(tally.orders, load.orders());
    assert!(server <= CPU_MAX, "{server:?} for each order");
    assert!(elapsed <= load.lasts + load.lasts / 20, "too slow: {elapsed:?}");
    let most = early.resident_kib + early.resident_kib / 20;
    assert!(late.resident_kib <= most, "memory grew by more than 5 %: {early:?}, {late:?}");
}
