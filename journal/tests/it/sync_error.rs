//! A disk whose sync fails, at every sync of a session in turn: the journal is given up at once,
//! nothing is asked of the disk again, and the next life finds everything that was written.

use crate::fixture::{Place, Random, TEXT, header, split};
use crate::proofs::{Tally, at_scale};
use st0ck_journal::{Disk, JournalConfig, Keeper, Session, SyncPolicy, verify};
use st0ck_runtime::Agent;
use st0ck_types::Recorder;
use st0ck_types::recorder::Room;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The lane must be halted so soon after a failure.
const HALTED_WITHIN: Duration = Duration::from_millis(100);

/// Answers EIO to one sync, counted from the first.
#[derive(Debug, Default)]
struct Failing {
    at: u64,
    syncs: AtomicU64,
    /// Calls that came after the failure.
    afterwards: AtomicU64,
}

impl Failing {
    fn sync(&self) -> io::Result<()> {
        match self.syncs.fetch_add(1, Ordering::Relaxed) {
            n if n < self.at => Ok(()),
            n if n == self.at => Err(io::Error::from_raw_os_error(5)),
            _ => self.write(),
        }
    }

    fn write(&self) -> io::Result<()> {
        if self.syncs.load(Ordering::Relaxed) > self.at {
            self.afterwards.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Disk for Failing {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write()?;
        file.write_all_at(bytes, at)
    }

    fn sync_data(&self, _: &File) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self, _: &File) -> io::Result<()> {
        self.sync()
    }
}

/// One session whose sync number `at` fails. `stubborn` asks the disk again, as it must not.
fn trial(at: u64, rng: &mut Random, stubborn: bool) -> Result<(), String> {
    let place = Place::new();
    let config = JournalConfig { sync: SyncPolicy::EachBatch, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    let disk = Arc::new(Failing { at, ..Failing::default() });
    keeper.set_disk(disk.clone());
    let failed_at = loop {
        (0..1 + rng.next() % 20).for_each(|_| core.group());
        let before = Instant::now();
        keeper.do_work();
        if keeper.status().failure().is_some() {
            break before;
        }
    };
    if core.writer.room() != Room::Full || failed_at.elapsed() > HALTED_WITHIN {
        return Err(format!("{:?} after {:?}", core.writer.room(), failed_at.elapsed()));
    }
    if stubborn {
        let _ = disk.sync_data(&File::open("/dev/null").unwrap());
    }
    core.group();
    let last = core.writer.next_seq().0 - 1;
    for _ in 0..50 {
        keeper.do_work();
    }
    keeper.on_close();
    drop((core, keeper));
    match disk.afterwards.load(Ordering::Relaxed) {
        0 => next_life(&place, last),
        calls => Err(format!("{calls} calls after the failure")),
    }
}

/// Everything was in memory, so nothing is lost; all of it is read again.
fn next_life(place: &Place, last: u64) -> Result<(), String> {
    let (session, recovered) = place.resume(2).map_err(|e| e.to_string())?;
    drop::<(_, Keeper)>(split(session));
    let verified = verify(&place.session()).map_err(|e| e.to_string())?;
    match verified.is_ok() && recovered.next_seq.0 == last + 1 {
        true => Ok(()),
        false => Err(format!("{last} written, {recovered:?}, {verified:?}")),
    }
}

#[test]
fn a_sync_that_fails_is_the_last_thing_asked_of_the_disk() {
    let (mut rng, mut tally) = (Random(7), Tally::default());
    for n in 0..at_scale(40, 2_000) {
        tally.add(trial(n % 200, &mut rng, false).map_err(|words| format!("sync {n}: {words}")));
    }
    tally.green("a failed sync, by the seam");
}

#[test]
fn a_keeper_that_asks_again_is_seen() {
    let mut tally = Tally::default();
    tally.add(trial(3, &mut Random(7), true));
    tally.red("a failed sync, tried again");
}
