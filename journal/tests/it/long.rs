//! A long journal: how soon it is ready after a crash, and how soon a place in it is found.
//!
//! Ten thousand records in `cargo test`; 20 million, which are 2 GB, by
//! `ST0CK_PROOFS=full cargo test --release -p st0ck-journal --test it long -- --nocapture`, on the
//! disk of the temporary folder.

use crate::fixture::{Core, Random, TEXT, header, split};
use st0ck_journal::{JournalConfig, Keeper, Reader, Session, newest_carry, stat};
use st0ck_runtime::Agent;
use st0ck_types::recorder::Room;
use st0ck_types::{Nanos, Recorder, Seq};
use std::path::Path;
use std::time::{Duration, Instant};

/// One kept state of so many bytes each so many records, as the core does by default.
const CARRY_EVERY: u64 = 262_144;
static CARRY: [u8; 64 << 10] = [7; 64 << 10];

fn is_full() -> bool {
    std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full")
}

fn write(core: &mut Core, keeper: &mut Keeper, records: u64) {
    for n in 1..=records {
        if n.is_multiple_of(CARRY_EVERY) {
            core.carry(&CARRY);
        } else if n.is_multiple_of(8) {
            core.group();
        } else {
            core.quote();
        }
        if n.is_multiple_of(1024) {
            keeper.do_work();
            while core.writer.room() != Room::Plenty {
                keeper.do_work();
            }
        }
    }
}

/// What this thread has worked so far: on a machine that others share, the clock tells of them.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    // Fields 14 and 15 of proc(5), in hundredths of a second; the third one stands first here.
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}

fn took(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let (p50, max) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: n {}, p50 {p50:?}, max {max:?}", times.len());
    max
}

fn places(dir: &Path, last: u64, n: usize) -> (Duration, Duration) {
    let mut random = Random(7);
    let (mut by_seq, mut by_time) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let seq = 1 + random.next() % last;
        let start = Instant::now();
        let mut reader = Reader::open_at(dir, Seq(seq)).unwrap();
        let record = reader.next().unwrap().unwrap();
        by_seq.push(start.elapsed());
        let (found, at) = (record.seq, record.at);
        let start = Instant::now();
        let mut reader = Reader::open_at_time(dir, at).unwrap();
        let again = reader.next().unwrap().unwrap().seq;
        by_time.push(start.elapsed());
        assert_eq!((found, again), (Seq(seq), Seq(seq)));
    }
    (took("place by number", by_seq), took("place by moment", by_time))
}

#[test]
fn a_long_journal_is_ready_after_two_seconds_of_work() {
    let records = if is_full() { 16_000_000 } else { 10_000 };
    let dir = tempfile::tempdir().unwrap();
    let config = JournalConfig::default();
    let session = Session::create(dir.path(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    core.carry(b"state");
    write(&mut core, &mut keeper, records);
    let last = core.writer.next_seq().0 - 1;
    // Killed: nothing is closed, and the hot segment stays as it is.
    drop((core, keeper));

    let (start, worked) = (Instant::now(), processor_time());
    let (session, recovered) =
        Session::resume(dir.path(), header(2), &config).expect("nothing is damaged");
    let (took, ready) = (start.elapsed(), processor_time() - worked);
    let start = Instant::now();
    let carry = newest_carry(dir.path()).unwrap().unwrap();
    println!(
        "ready: {took:?}, {ready:?} of them at work, newest carry: {:?}, {last} records",
        start.elapsed()
    );
    assert!(recovered.next_seq.0 > last - 3 && last - carry.0 <= 2 * CARRY_EVERY);
    assert!(ready < Duration::from_secs(2), "{ready:?}");
    drop(session);

    let kept = recovered.next_seq.0 - 1;
    let (by_seq, by_time) = places(dir.path(), kept, if is_full() { 1000 } else { 20 });
    assert!(by_seq.max(by_time) < Duration::from_secs(1));
    assert_eq!(Reader::open_at_time(dir.path(), Nanos(i64::MAX)).unwrap().next().unwrap(), None);
    if is_full() {
        let (start, stat) = (Instant::now(), stat(dir.path()).unwrap());
        let files = std::fs::read_dir(dir.path().join("journal")).unwrap().flatten();
        let on_disk: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
        println!("read whole: {:?}, {} bytes, {on_disk} on the disk", start.elapsed(), stat.bytes);
    }
}
