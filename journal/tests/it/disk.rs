//! Disks that fail, put under the keeper: what is tried again, what is not, and what the core is told.

use crate::fixture::{Place, TEXT, close, header, split};
use st0ck_journal::{Disk, JournalConfig, Quota, Session, SyncPolicy, verify};
use st0ck_runtime::Agent;
use st0ck_types::recorder::Room;
use st0ck_types::{Recorder, Seq};
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Fails every sync, or every write, and counts them.
#[derive(Debug, Default)]
struct Failing {
    sync: AtomicBool,
    write: AtomicBool,
    syncs: AtomicU32,
    writes: AtomicU32,
}

impl Disk for Failing {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        if self.write.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        st0ck_journal::MachineDisk.write_at(file, bytes, at)
    }

    fn sync_data(&self, _: &File) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        if self.sync.load(Ordering::Relaxed) { Err(io::Error::other("EIO")) } else { Ok(()) }
    }
}

fn on_each_batch(place: &Place) -> JournalConfig {
    JournalConfig { sync: SyncPolicy::EachBatch, ..place.config() }
}

#[test]
fn a_sync_that_fails_is_never_tried_again_and_the_core_may_only_reduce_its_risk() {
    let place = Place::new();
    let config = on_each_batch(&place);
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    let (disk, status) = (Arc::new(Failing::default()), keeper.status().clone());
    keeper.set_disk(disk.clone());
    core.quotes(3);
    keeper.do_work();
    assert_eq!((status.durable_seq(), core.writer.room()), (Seq(3), Room::Plenty));
    disk.sync.store(true, Ordering::Relaxed);
    core.quotes(3);
    keeper.do_work();
    assert!(status.failure().unwrap().starts_with("while syncing"), "{:?}", status.failure());
    assert_eq!((status.durable_seq(), core.writer.room()), (Seq(3), Room::Full));
    let syncs = disk.syncs.load(Ordering::Relaxed);
    for _ in 0..100 {
        core.quote();
        assert_eq!(keeper.do_work(), 0);
    }
    keeper.on_close();
    assert_eq!(disk.syncs.load(Ordering::Relaxed), syncs, "never again");
    drop((core, keeper));
    let (_, recovered) = place.resume(2).unwrap();
    assert_eq!(recovered.next_seq, Seq(106), "memory had all of it but the open group");
}

#[test]
fn a_write_without_space_is_tried_again_until_there_is_some() {
    let place = Place::new();
    let config = on_each_batch(&place);
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    let (disk, status) = (Arc::new(Failing::default()), keeper.status().clone());
    keeper.set_disk(disk.clone());
    disk.write.store(true, Ordering::Relaxed);
    core.quotes(3);
    keeper.do_work();
    assert!(status.is_disk_full() && status.failure().is_none());
    assert_eq!(core.writer.room(), Room::Low);
    disk.write.store(false, Ordering::Relaxed);
    while status.is_disk_full() {
        keeper.do_work();
    }
    assert_eq!((status.durable_seq(), core.writer.room()), (Seq(3), Room::Plenty));
    close(core, keeper);
    assert!(verify(&place.session()).unwrap().is_ok());
}

#[test]
fn what_may_leave_is_what_is_synced_where_the_bot_asks_for_that() {
    let place = Place::new();
    let config = JournalConfig { durable_before_send: true, ..on_each_batch(&place) };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    core.quotes(5);
    assert_eq!(core.writer.sendable(), Seq(0));
    keeper.do_work();
    assert_eq!(core.writer.sendable(), Seq(5));
    let (fast, _keeper) = Place::new().create();
    assert_eq!(fast.writer.sendable(), Seq(u64::MAX));
}

#[test]
fn a_spent_quota_is_a_full_disk_for_the_core() {
    let place = Place::new();
    let quota = Some(Quota { folder: place.session(), bytes: 6 << 20 });
    let config = JournalConfig { quota, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    let (status, mut rooms) = (keeper.status().clone(), vec![core.writer.room()]);
    while core.writer.room() > Room::Exhausted {
        core.quote();
        keeper.do_work();
        let room = core.writer.room();
        if rooms.last() != Some(&room) {
            rooms.push(room);
        }
    }
    assert_eq!(rooms, [Room::Plenty, Room::Low, Room::Full, Room::Exhausted]);
    assert!(status.is_disk_full() && status.failure().is_none());
    // What one more input can cause still fits, and so does the end.
    core.quote();
    for _ in 0..255 {
        core.output(false);
    }
    core.output(true);
    close(core, keeper);
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.stat.segments == 1, "{verified:?}");
}

#[test]
fn a_quota_that_cannot_be_counted_is_an_error_that_names_the_folder() {
    let place = Place::new();
    let quota = Some(Quota { folder: place.session().join("gone"), bytes: 6 << 20 });
    let config = JournalConfig { quota, ..place.config() };
    let session = Session::create(&place.session(), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    core.quotes(30_000);
    keeper.do_work();
    let failure = keeper.status().failure().unwrap().to_owned();
    assert!(failure.contains("while counting") && failure.contains("gone"), "{failure}");
}
