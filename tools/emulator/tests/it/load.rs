//! Many clients at once. In `cargo test` a small share; the whole by
//! `ST0CK_LOAD=full cargo test --release -p st0ck-emulator --test it load -- --nocapture`: a hundred
//! clients, ten thousand orders a second for ten seconds, no error and flat memory.

use crate::client::Http;
use crate::orders::limit;
use crate::stage::{Stage, recording, steady};
use st0ck_emulator::{EmulatorConfig, Speed, Start};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much of it.
#[derive(Debug, Clone, Copy)]
struct Load {
    clients: u32,
    orders_per_s: u32,
    lasts: Duration,
}

/// One client: places an order when its turn comes and cancels it. Returns how many.
fn trade(mut http: Http, load: Load, number: u32, done: &AtomicU64) {
    let every = Duration::from_secs(1) * load.clients / load.orders_per_s;
    let begun = Instant::now();
    let mut next = every * number / load.clients;
    let order = limit("buy", "1", "300");
    while next < load.lasts {
        // A client that is late catches up: the rate is kept, not the gaps.
        std::thread::sleep(next.saturating_sub(begun.elapsed()));
        let reply = http.post(&order);
        assert_eq!(reply.status, 200, "{:?}", reply.message());
        let path = format!("/v2/orders/{}", reply.json()["id"].as_str().unwrap());
        // The first word of the venue may come before the cancel or behind it.
        assert_eq!(http.delete(&path).status, 204);
        done.fetch_add(1, Ordering::Relaxed);
        next += every;
    }
    assert!(begun.elapsed() < load.lasts * 3, "too slow: {:?}", begun.elapsed());
}

/// Resident memory of this process, emulator and clients, in KiB.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_hundred_clients_trade_without_an_error_and_memory_stays_flat() {
    let is_full = std::env::var("ST0CK_LOAD").is_ok_and(|load| load == "full");
    let load = match is_full {
        true => Load { clients: 100, orders_per_s: 10_000, lasts: Duration::from_secs(10) },
        false => Load { clients: 20, orders_per_s: 400, lasts: Duration::from_millis(500) },
    };
    let config = EmulatorConfig {
        seed: Some(7),
        speed: Speed::Paced(1.0),
        start: Start::Now,
        orders_kept: 10_000,
        ..EmulatorConfig::new(recording(steady(6_000, 100, 1_000)))
    };
    let stage = Stage::start(config);
    let (done, begun) = (AtomicU64::new(0), Instant::now());
    let (mut early, mut late) = (None, None);
    std::thread::scope(|scope| {
        for number in 0..load.clients {
            let (http, done) = (stage.http(), &done);
            scope.spawn(move || trade(http, load, number, done));
        }
        if is_full {
            std::thread::sleep(Duration::from_secs(3).saturating_sub(begun.elapsed()));
            early = resident_kib();
            std::thread::sleep(Duration::from_millis(9_800).saturating_sub(begun.elapsed()));
            late = resident_kib();
        }
    });
    let (orders, elapsed) = (done.into_inner(), begun.elapsed());
    let wanted = u64::from(load.orders_per_s) * load.lasts.as_millis() as u64 / 1000;
    assert!(orders >= wanted, "{orders} of {wanted}");
    // The last cancels are still on their way to the venue.
    while stage.http().get("/v2/orders") != serde_json::json!([]) {}
    eprintln!(
        "{orders} orders and as many cancels in {elapsed:?}, {early:?} KiB at 3 s, {late:?} KiB at 10 s"
    );
    if let (Some(early), Some(late)) = (early, late) {
        assert!(late <= early + early / 10, "memory grew from {early} to {late} KiB");
    }
}
