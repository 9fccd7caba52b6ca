//! The disk fills up under a lane at a random moment: nothing opens after that, cancels still leave
//! and are recorded, and when there is space the lane trades on and replays equal.
//!
//! `cargo test` tries a few moments; `ST0CK_PROOFS=full` tries a thousand.

use crate::rig::{Crew, ROOMY, Rig, Setup};
use crate::strategies::Buyer;
use st0ck_engine::core_agent::Control;
use st0ck_engine::risk::TradingState;
use st0ck_journal::Disk;
use st0ck_quant::rng::Rng;
use st0ck_types::Report;
use st0ck_types::command::Reason;
use st0ck_types::recorder::Room;
use st0ck_types::report::Status;
use st0ck_types::time::SECOND;
use st0ck_types::{ClientOrderId, Command, Errand, OrderNo, Outgoing, PositionEffect, Recorder};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const BUYER: Crew = || vec![Box::<Buyer>::default()];
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(2);
/// Every so many trials the lane writes until only the journal's reserve is left.
const USED_UP_EVERY: u64 = 25;

/// A disk that is full while it is told to be.
#[derive(Debug, Default)]
struct Filling(AtomicBool);

impl Filling {
    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Disk for Filling {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.check()?;
        file.write_all_at(bytes, at)
    }

    fn reserve(&self, _: &File, _: u64) -> io::Result<()> {
        self.check()
    }
}

/// One lane whose disk fills up.
struct Trial {
    rig: Rig,
    disk: Arc<Filling>,
    /// Orders that left and were not canceled.
    open: BTreeMap<OrderNo, ClientOrderId>,
}

impl Trial {
    fn new(setup: Setup) -> Self {
        let (mut rig, disk) = (Rig::new(BUYER, setup), Arc::new(Filling::default()));
        rig.keeper.set_disk(disk.clone());
        Self { rig, disk, open: BTreeMap::new() }
    }

    /// Takes what left: how many orders that open, and whose cancels.
    fn look(&mut self) -> (usize, BTreeSet<OrderNo>) {
        let (mut opened, mut canceled) = (0, BTreeSet::new());
        for Outgoing { errand, .. } in self.rig.outgoing() {
            match errand {
                Errand::Submit(order) => {
                    opened += usize::from(order.effect == PositionEffect::Open);
                    self.open.insert(order.no, order.client_id);
                }
                Errand::Cancel(cancel) => {
                    canceled.insert(cancel.no);
                }
            }
        }
        (opened, canceled)
    }

    fn quote(&mut self) {
        self.rig.quote("99.99", "100.01");
        self.rig.crank();
    }

    /// Waits for the keeper, whose patience and whose next try take their time.
    fn wait(&mut self, what: &str, so: impl Fn(&Rig) -> bool) -> Result<(), String> {
        self.until(what, so, |trial| {
            std::thread::park_timeout(LOOK);
            trial.rig.crank();
        })
    }

    fn until(
        &mut self,
        what: &str,
        so: impl Fn(&Rig) -> bool,
        mut meanwhile: impl FnMut(&mut Self),
    ) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !so(&self.rig) {
            meanwhile(self);
            if Instant::now() > deadline {
                return Err(format!("gave up waiting for {what}"));
            }
        }
        Ok(())
    }

    fn run(mut self, seed: u64) -> Result<(), String> {
        let mut rng = Rng::new(seed);
        for _ in 0..rng.below(300) {
            self.quote();
            if rng.chance(20) {
                self.rig.print(1);
            }
        }
        self.rig.print(2);
        self.rig.crank();
        self.look();
        self.disk.0.store(true, Ordering::Relaxed);
        self.quote();
        self.wait("a full disk", |rig| rig.keeper.status().is_disk_full())?;
        self.quote();
        self.look();
        self.nothing_opens()?;
        self.cancels_leave()?;
        if seed.is_multiple_of(USED_UP_EVERY) {
            self.use_up()?;
        }
        self.disk.0.store(false, Ordering::Relaxed);
        self.wait("space", |rig| {
            !rig.keeper.status().is_disk_full() && rig.core.recorder().room() == Room::Plenty
        })?;
        self.quote();
        self.rig.control(Control::Command(Command::Arm(Reason::new("there is space again"))));
        self.rig.print(1);
        self.rig.crank();
        if self.look().0 != 1 {
            return Err("it does not trade on".to_owned());
        }
        self.rig.end();
        Ok(())
    }

    fn nothing_opens(&mut self) -> Result<(), String> {
        self.rig.print(3);
        self.rig.crank();
        match self.look().0 {
            0 => Ok(()),
            opened => Err(format!("{opened} orders opened on a full disk")),
        }
    }

    /// The broker's news of an order make its strategy want a cancel.
    fn cancels_leave(&mut self) -> Result<(), String> {
        let (no, client_id) = self.open.pop_first().ok_or("nothing was open")?;
        let at = self.rig.now;
        let status = Status { client_id, at, ..Status::default() };
        self.rig.reports.try_push(Report::Accepted(status)).unwrap();
        self.rig.crank();
        if self.look().1 != BTreeSet::from([no]) {
            return Err("the cancel did not leave".to_owned());
        }
        self.rig.reports.try_push(Report::Canceled(status)).unwrap();
        self.rig.crank();
        Ok(())
    }

    /// Writes until only the reserve is left: the lane halts and takes back what it has open.
    fn use_up(&mut self) -> Result<(), String> {
        let is_used_up = |rig: &Rig| rig.core.recorder().room() == Room::Full;
        self.until("the reserve", is_used_up, |trial| {
            // All within a second, or the day would be over.
            trial.rig.now = trial.rig.now - SECOND;
            trial.quote();
        })?;
        self.rig.crank();
        let (opened, canceled) = self.look();
        let state = self.rig.core.engine().state();
        if (opened, state) != (0, TradingState::Halted) || !canceled.iter().eq(self.open.keys()) {
            return Err(format!("{state:?}, {canceled:?} canceled of {:?}", self.open));
        }
        for (_, client_id) in std::mem::take(&mut self.open) {
            let status = Status { client_id, at: self.rig.now, ..Status::default() };
            self.rig.reports.try_push(Report::Canceled(status)).unwrap();
        }
        self.rig.crank();
        match self.rig.core.engine().orders().live().count() {
            0 => Ok(()),
            live => Err(format!("{live} orders are still held to be live")),
        }
    }
}

#[test]
fn a_disk_that_fills_up_opens_nothing_and_lets_cancels_pass() {
    let all = std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full");
    let (trials, lanes) = if all { (1_000, 8) } else { (8, 4) };
    // Most of a trial is waiting for the keeper's next try.
    let failures: Vec<String> = std::thread::scope(|scope| {
        let lane = |from: u64| {
            let seeds = (from..trials).step_by(lanes as usize);
            seeds.filter_map(|seed| {
                Trial::new(ROOMY).run(seed).err().map(|words| format!("seed {seed}: {words}"))
            })
        };
        let threads: Vec<_> =
            (0..lanes).map(|n| scope.spawn(move || lane(n).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    println!("a full disk under a lane: seeds 0 to {}, failures {}", trials - 1, failures.len());
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_lane_that_does_not_ask_how_much_room_there_is_is_seen() {
    let deaf = Setup { asks_for_room: false, ..ROOMY };
    let words = Trial::new(deaf).run(1).unwrap_err();
    assert!(words.contains("orders opened on a full disk"), "{words}");
}
