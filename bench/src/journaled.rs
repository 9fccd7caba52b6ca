//! A lane that keeps a real journal: hot segments on a tmpfs, a keeper that syncs every 20 ms on a
//! thread of its own.

use crate::broker::Manner;
use crate::day::Day;
use crate::lane::{EPOCH, Lane, NONCE};
use st0ck_journal::{JournalConfig, Keeper, Placement, Session, SessionHeader, Writer};
use st0ck_runtime::idle::IdleKind;
use st0ck_runtime::runner::{Crew, Failure, Runner};
use st0ck_runtime::{Agent, Counter, StopFlag, affinity};
use std::error::Error;
use std::path::PathBuf;
use tempfile::TempDir;

/// Which cores the measured thread and the keepers run on; `None`: wherever the system likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cores {
    /// The measured thread's.
    pub hot: Option<usize>,
    /// The keepers'.
    pub keeper: Option<usize>,
}

impl Cores {
    /// Pins the calling thread to the last core and leaves the first to keepers; pins nothing where
    /// there is only one. To be called before any other thread is started.
    #[must_use]
    pub fn claim() -> Self {
        let cores = affinity::cores();
        match cores[..] {
            [keeper, .., hot] if affinity::pin(hot) => {
                Self { hot: Some(hot), keeper: Some(keeper) }
            }
            _ => Self::default(),
        }
    }
}

/// A journal that lives as long as this: its folder goes with it.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// An empty folder where temporary files go.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self(TempDir::new()?))
    }

    /// The session in it.
    #[must_use]
    pub fn session(&self) -> PathBuf {
        self.0.path().join("session")
    }

    /// Begins the session's journal.
    ///
    /// # Errors
    /// When the journal cannot be made.
    pub fn begin(&self) -> Result<(Writer, Keeper, Placement), Box<dyn Error>> {
        let header = SessionHeader {
            nonce: NONCE,
            account_hash: 0,
            epoch: EPOCH,
            build_hash: 0,
            config_hash: 0,
        };
        let session = Session::create(&self.session(), header, b"{}", &JournalConfig::default())?;
        Ok((session.writer, session.keeper, session.placement))
    }
}

/// A lane, its journal and the journal's keeper.
pub struct Journaled {
    // Fields are dropped in this order: the writer leaves before the keeper is stopped, and the
    // folder goes last.
    lane: Lane<Writer>,
    placement: Placement,
    _keeper: Keeping,
    _folder: Folder,
}

impl Journaled {
    /// Opens the lane and starts its keeper.
    ///
    /// # Errors
    /// As [`Lane::open`], and when the journal cannot be made.
    pub fn open(day: &Day, manner: Manner, cores: Cores) -> Result<Self, Box<dyn Error>> {
        let folder = Folder::new()?;
        let (writer, keeper, placement) = folder.begin()?;
        let keeper = Keeping::start(keeper, cores)?;
        let lane = Lane::open(day, manner, writer)?;
        Ok(Self { lane, placement, _keeper: keeper, _folder: folder })
    }

    /// The lane.
    #[inline]
    pub fn lane(&mut self) -> &mut Lane<Writer> {
        &mut self.lane
    }

    /// Where its hot segments are.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        &self.placement
    }
}

/// A keeper at work on a thread of its own; stopped and waited for at its end.
#[derive(Debug)]
pub struct Keeping {
    stop: StopFlag,
    runner: Option<Runner>,
}

impl Keeping {
    /// Starts it, and waits until it is at work: its thread begins on the core of the one that calls,
    /// and could not leave it while that one measures.
    ///
    /// # Errors
    /// When the system will not start another thread.
    pub fn start(keeper: Keeper, cores: Cores) -> Result<Self, Box<dyn Error>> {
        let (stop, at_work) = (StopFlag::new(), Counter::default());
        let crew = Crew::new(vec![Box::new(keeper), Box::new(Sign(at_work.clone()))]);
        let runner = Runner::spawn("keeper", cores.keeper, crew, IdleKind::Nap, stop.clone())?;
        while at_work.get() == 0 {
            std::thread::yield_now();
        }
        Ok(Self { stop, runner: Some(runner) })
    }

    /// Stops it and waits for its end. Says why it panicked, if it did.
    #[must_use]
    pub fn finish(mut self) -> Option<String> {
        self.end().pop().map(|failure| failure.message)
    }

    fn end(&mut self) -> Vec<Failure> {
        self.stop.stop();
        self.runner.take().map_or_else(Vec::new, Runner::join)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let failures = self.end();
        assert!(failures.is_empty(), "the keeper panicked: {failures:?}");
    }
}

/// Shows that its thread has come round to it.
#[derive(Debug)]
struct Sign(Counter);

impl Agent for Sign {
    fn name(&self) -> &'static str {
        "sign"
    }
    fn on_start(&mut self) {
        self.0.add(1);
    }
    fn do_work(&mut self) -> u32 {
        0
    }
}
