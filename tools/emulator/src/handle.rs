//! What others hold of an emulator: where it is, how far it is, and the thread it runs on.

use crate::config::EmulatorError;
use crate::emulator::Emulator;
use serde::Serialize;
use st0ck_types::Nanos;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

/// Where an emulator is reached, and as whom. Printed, it is the ready line of `st0ck emulate`: one
/// JSON object. It holds the secret, so it has no `Debug`.
#[derive(Clone, Serialize)]
pub struct Endpoints {
    /// Root of the trading REST API.
    pub rest: String,
    /// Root of the historical-data REST API.
    pub data: String,
    /// Root of the websockets: market data, and order updates under `/stream`.
    pub stream: String,
    /// Key id.
    pub key: String,
    /// Secret.
    pub secret: String,
    /// The account's id.
    pub account: String,
    /// File with the test CA's certificate; `None` without TLS.
    pub ca: Option<String>,
    /// Every account, the one above first.
    pub accounts: Vec<AccountKeys>,
}

/// An account and what opens it. It holds the secret, so it has no `Debug`.
#[derive(Clone, Serialize)]
pub struct AccountKeys {
    /// Key id.
    pub key: String,
    /// Secret.
    pub secret: String,
    /// The account's id.
    pub account: String,
}

impl fmt::Display for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// How far the session is; clones see the same. For progress bars: nothing waits for it.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    start: Nanos,
    close: Nanos,
    rows: u64,
    session_time: AtomicI64,
    events: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    pub(crate) fn new(start: Nanos, close: Nanos, rows: u64) -> Self {
        Self(Arc::new(Cells {
            start,
            close,
            rows,
            session_time: AtomicI64::new(start.0),
            events: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }))
    }

    pub(crate) fn note(&self, session_time: Nanos, events: u64) {
        self.0.session_time.store(session_time.0, Ordering::Relaxed);
        self.0.events.fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn note_over(&self) {
        self.0.over.store(true, Ordering::Release);
    }

    /// Where session time started.
    #[must_use]
    pub fn start(&self) -> Nanos {
        self.0.start
    }

    /// Where it ends.
    #[must_use]
    pub fn close(&self) -> Nanos {
        self.0.close
    }

    /// Rows of the recording in this session: what its events are made from.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.rows
    }

    /// Session time now.
    #[must_use]
    pub fn session_time(&self) -> Nanos {
        Nanos(self.0.session_time.load(Ordering::Relaxed))
    }

    /// Market events played so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// Whether the session is over and its streams are closed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Acquire)
    }

    /// Share of the session that has passed, in thousandths.
    #[must_use]
    pub fn per_mille(&self) -> u64 {
        let (passed, all) =
            (self.session_time().since(self.0.start), self.0.close.since(self.0.start));
        let passed = passed.clamp(0, all.max(0));
        u64::try_from(i128::from(passed) * 1000 / i128::from(all.max(1))).unwrap_or(1000)
    }
}

/// An emulator that runs on a thread of its own. Dropping it stops it.
pub struct EmulatorHandle {
    endpoints: Endpoints,
    progress: Progress,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), EmulatorError>>>,
}

impl EmulatorHandle {
    pub(crate) fn start(mut emulator: Emulator) -> Result<Self, EmulatorError> {
        let (endpoints, progress) = (emulator.endpoints().clone(), emulator.progress());
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        let thread = thread::Builder::new()
            .name(String::from("emulator"))
            .spawn(move || emulator.run(&flag))
            .map_err(EmulatorError::Poll)?;
        Ok(Self { endpoints, progress, stop, thread: Some(thread) })
    }

    /// Where it is reached.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Whether its thread has ended: an emulator runs until it is stopped, so it has failed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops it and waits for its thread.
    ///
    /// # Errors
    /// What ended it before it was asked to stop.
    pub fn stop(mut self) -> Result<(), EmulatorError> {
        self.join()
    }

    fn join(&mut self) -> Result<(), EmulatorError> {
        self.stop.store(true, Ordering::Release);
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(panic)) => {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
                Err(EmulatorError::Panicked(words.unwrap_or("without words").to_owned()))
            }
        }
    }
}

impl Drop for EmulatorHandle {
    fn drop(&mut self) {
        if let Err(error) = self.join() {
            log::error!("{error}");
        }
    }
}
