//! A place for a journal, something to write into it, and a core that writes it.

use st0ck_journal::{JournalConfig, JournalError, Recovered, Session, SessionHeader, Writer};
use st0ck_types::market::Quote;
use st0ck_types::{
    Decision, Epoch, Input, InstrumentId, MarketEvent, Nanos, Nonce, Output, Price, Qty, Recorder,
    Seq,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const TEXT: &[u8] = br#"{"bot":"st0cka"}"#;

/// A session folder on the disk and a folder for hot segments in memory, both gone at the end.
pub(crate) struct Place {
    disk: TempDir,
    hot: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let shm = Path::new("/dev/shm");
        let hot = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
        Self { disk: tempfile::tempdir().unwrap(), hot: hot.unwrap() }
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

    pub(crate) fn config(&self) -> JournalConfig {
        JournalConfig { hot_dirs: vec![self.hot.path().to_owned()], ..JournalConfig::small() }
    }

    pub(crate) fn create(&self) -> Session {
        Session::create(&self.session(), header(1), TEXT, &self.config()).unwrap()
    }

    pub(crate) fn resume(&self, epoch: u64) -> Result<(Session, Recovered), JournalError> {
        Session::resume(&self.session(), header(epoch), &self.config())
    }

    /// As after a power cut: what was in memory is gone.
    pub(crate) fn lose_memory(&self) {
        let _ = std::fs::remove_file(self.journal().join("hot.path"));
    }
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

    pub(crate) fn seal(&mut self) {
        let (seq, at) = self.next();
        self.writer.seal(seq, at);
    }
}
