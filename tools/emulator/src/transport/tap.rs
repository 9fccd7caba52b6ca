//! What faults do to the connections of the server: how much of what waits is written now, whether
//! anything is read, and when a connection is torn down.
//!
//! *Invariant:* without a fault that acts on connections there is no tap, and nothing asks one.

use super::Conn;
use crate::faults::line::{Death, Line, Verdict};
use crate::faults::plan::Way;
use crate::faults::trigger::Triggers;
use st0ck_types::Nanos;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The faults of connections, and what they hold.
#[derive(Debug)]
pub(super) struct Taps {
    pub(super) triggers: Triggers,
    /// Session time.
    pub(super) now: Nanos,
    lines: BTreeMap<Conn, Line>,
    verdicts: BTreeMap<Conn, Verdict>,
    wake: Option<Instant>,
}

impl Taps {
    pub(super) fn new(triggers: Triggers, now: Nanos) -> Self {
        Self { triggers, now, lines: BTreeMap::new(), verdicts: BTreeMap::new(), wake: None }
    }

    /// A connection has come: faults may have hold of it before its first byte.
    pub(super) fn meet(&mut self, conn: Conn) {
        self.lines.entry(conn).or_default().look(&mut self.triggers, conn, self.now);
    }

    /// How many of `waiting` bytes may be written to a connection now.
    pub(super) fn before(&mut self, conn: Conn, waiting: usize, wall: Instant) -> usize {
        let line = self.lines.entry(conn).or_default();
        line.look(&mut self.triggers, conn, self.now);
        let verdict = line.verdict(&self.triggers, Way::ToClient, waiting, self.now, wall);
        self.verdicts.insert(conn, verdict);
        verdict.bytes
    }

    /// So many were written: whether that was the last of the connection.
    pub(super) fn after(&mut self, conn: Conn, count: usize, wall: Instant) -> Option<Death> {
        let verdict = self.verdicts.remove(&conn)?;
        self.lines.entry(conn).or_default().passed(Way::ToClient, count, wall);
        self.wake = [self.wake, verdict.again].into_iter().flatten().min();
        verdict.death.filter(|_| count >= verdict.bytes)
    }

    /// Whether nobody is there for what a client says.
    pub(super) fn is_deaf(&self, conn: Conn) -> bool {
        let reads = |line: &Line| line.reads(&self.triggers, Way::ToServer, self.now);
        self.lines.get(&conn).is_some_and(|line| !reads(line))
    }

    /// So many bytes of a client were read.
    pub(super) fn heard(&mut self, conn: Conn, count: usize, wall: Instant) {
        self.lines.entry(conn).or_default().passed(Way::ToServer, count, wall);
    }

    /// A connection is gone.
    pub(super) fn forget(&mut self, conn: Conn) {
        self.triggers.forget(conn);
        self.lines.remove(&conn);
        self.verdicts.remove(&conn);
    }

    /// How long sockets may be waited for, if they may for `most`. Asking forgets it: whoever was
    /// held back has to be asked about again.
    pub(super) fn wait(&mut self, most: Duration, wall: Instant) -> Option<Duration> {
        let wake = self.wake.take()?;
        Some(wake.saturating_duration_since(wall).min(most))
    }
}
