//! A place for a journal, something to write into it, and a core that writes it.

use st0ck_journal::{
    JournalConfig, JournalError, Keeper, Recovered, Session, SessionHeader, Writer,
};
use st0ck_runtime::Agent;
use st0ck_types::market::Quote;
use st0ck_types::{
    Decision, Epoch, Input, InstrumentId, MarketEvent, Nanos, Nonce, Output, Price, Qty, Recorder,
    Seq, SystemEvent,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const TEXT: &[u8] = br#"{"bot":"st0cka"}"#;

/// A folder in memory where the machine has one: these tests sync more often than a disk likes.
pub(crate) fn folder_in_memory() -> TempDir {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap()
}

/// A folder for a session and one for its hot segments, both gone at the end.
pub(crate) struct Place {
    disk: TempDir,
    hot: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { disk: folder_in_memory(), hot: folder_in_memory() }
    }

    pub(crate) fn session(&self) -> PathBuf {
        self.disk.path().join("session")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.session().join("journal")
    }

    pub(crate) fn segment(&self, number: u32) -> PathBuf {
        self.journal().join(format!("{number:06}.seg"))
    }

    pub(crate) fn hot_segment(&self, number: u32) -> PathBuf {
        let dir = std::fs::read_to_string(self.journal().join("hot.path")).unwrap();
        Path::new(&dir).join(format!("{number:06}.hot"))
    }

    pub(crate) fn config(&self) -> JournalConfig {
        JournalConfig { hot_dirs: vec![self.hot.path().to_owned()], ..JournalConfig::small() }
    }

    pub(crate) fn create(&self) -> (Core, Keeper) {
        let session = Session::create(&self.session(), header(1), TEXT, &self.config()).unwrap();
        split(session)
    }

    /// A process that another test is just starting holds our locks until it runs its own program:
    /// that is waited for.
    pub(crate) fn resume(&self, epoch: u64) -> Result<(Session, Recovered), JournalError> {
        let patience = Instant::now() + Duration::from_millis(500);
        loop {
            match Session::resume(&self.session(), header(epoch), &self.config()) {
                Err(JournalError::Locked { .. }) if Instant::now() < patience => {
                    std::thread::yield_now();
                }
                resumed => return resumed,
            }
        }
    }

    /// As after a power cut: what was in memory is gone.
    pub(crate) fn lose_memory(&self) {
        std::fs::remove_file(self.journal().join("hot.path")).unwrap();
    }

    /// All files of the session and their bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = [self.session(), self.journal()]
            .iter()
            .flat_map(|dir| std::fs::read_dir(dir).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file() && path.file_name().unwrap() != "lock")
            .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

pub(crate) fn split(session: Session) -> (Core, Keeper) {
    (Core { writer: session.writer }, session.keeper)
}

/// Ends a process life in order.
pub(crate) fn close(mut core: Core, mut keeper: Keeper) {
    core.seal();
    drop(core);
    keeper.on_close();
    assert_eq!(keeper.status().failure(), None);
}

pub(crate) fn header(epoch: u64) -> SessionHeader {
    SessionHeader {
        nonce: Nonce(*b"7k"),
        account_hash: 11,
        epoch: Epoch(epoch),
        build_hash: 22,
        config_hash: 33,
    }
}

pub(crate) fn quote(n: u64) -> Input {
    let bid = Price(367_000_000_000 + (n % 1000) as i64 * 10_000_000);
    Input::Market(MarketEvent::Quote(Quote {
        ts_event: Nanos(n as i64),
        ts_recv: Nanos(n as i64 + 1),
        bid,
        ask: Price(bid.0 + 10_000_000),
        bid_size: Qty(100 * Qty::ONE.0),
        ask_size: Qty(200 * Qty::ONE.0),
        instrument: InstrumentId(n as u32 % 7),
        flags: 1,
        bid_venue: b'P',
        ask_venue: b'Q',
        condition: b'R',
    }))
}

pub(crate) fn decision(n: u64) -> Output {
    Output::Decision(Decision::new("entry").with("volatility", n as i64))
}

/// Seeded numbers. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
/// (2014), SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next() as u8).take(len).collect()
    }
}

/// A core that numbers what it writes.
pub(crate) struct Core {
    pub(crate) writer: Writer,
}

impl Core {
    pub(crate) fn next(&self) -> (Seq, Nanos) {
        let seq = self.writer.next_seq();
        (seq, Nanos(1_608_042_600_000_000_000 + seq.0 as i64))
    }

    pub(crate) fn quote(&mut self) {
        let (seq, at) = self.next();
        self.writer.input(seq, at, &quote(seq.0));
    }

    pub(crate) fn quotes(&mut self, n: u64) {
        for _ in 0..n {
            self.quote();
        }
    }

    pub(crate) fn output(&mut self, last: bool) {
        let (seq, at) = self.next();
        self.writer.output(seq, at, &decision(seq.0), last);
    }

    /// A quote that leads to a decision and its end.
    pub(crate) fn group(&mut self) {
        self.quote();
        self.output(false);
        self.output(true);
    }

    pub(crate) fn fault(&mut self, of: u64) {
        let (seq, at) = self.next();
        let fault = Input::System(SystemEvent::LaneFault { seq: Seq(of) });
        self.writer.input(seq, at, &fault);
    }

    pub(crate) fn hash(&mut self) {
        let (seq, at) = self.next();
        self.writer.hash(seq, at, 0xfeed);
    }

    pub(crate) fn carry(&mut self, state: &[u8]) {
        let (seq, at) = self.next();
        self.writer.carry(seq, at, state);
    }

    pub(crate) fn seal(&mut self) {
        let (seq, at) = self.next();
        self.writer.seal(seq, at);
    }
}
