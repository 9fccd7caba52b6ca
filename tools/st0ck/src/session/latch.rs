//! The kill latch: a file that outlives the process and is only taken away by a person with a reason.

use super::durable;
use crate::exit::Failure;
use serde::{Deserialize, Serialize};
use st0ck_types::Nanos;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a bot may not trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kill {
    /// In the words of whoever did it.
    pub(crate) reason: String,
    /// When, RFC 3339.
    pub(crate) at: String,
}

/// The latch of one bot.
#[derive(Debug, Clone)]
pub(crate) struct Latch {
    path: PathBuf,
    log: PathBuf,
}

impl Latch {
    /// The latch in a bot's folder.
    pub(crate) fn of(bot_folder: &Path) -> Self {
        Self { path: bot_folder.join("kill.json"), log: bot_folder.join("latch.log") }
    }

    /// Whether it is shut, and why. A latch that cannot be read is shut.
    pub(crate) fn state(&self) -> Option<Kill> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match fs::read(&self.path) {
            // Without a folder there is no latch; whoever needs the folder will say so.
            Err(e) if matches!(e.kind(), NotFound | NotADirectory) => None,
            Err(e) => Some(Kill { reason: format!("unreadable latch: {e}"), at: String::new() }),
            Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| Kill {
                reason: "a damaged latch file".to_owned(),
                at: String::new(),
            })),
        }
    }

    /// Shuts it. The first reason stays when it was shut already.
    ///
    /// # Errors
    /// When the file cannot be made durable.
    pub(crate) fn shut(&self, reason: &str, now: Nanos) -> Result<(), Failure> {
        if self.state().is_none() {
            let kill = Kill { reason: reason.to_owned(), at: now.to_string() };
            let text = serde_json::to_string(&kill).expect("two strings are valid JSON");
            durable::replace(&self.path, text.as_bytes()).map_err(|e| self.failure(&e))?;
        }
        self.note("kill", reason, now)
    }

    /// Opens it. Returns whether it was shut.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub(crate) fn open(&self, reason: &str, now: Nanos) -> Result<bool, Failure> {
        let was_shut = self.state().is_some();
        self.note("arm", reason, now)?;
        durable::remove(&self.path).map_err(|e| self.failure(&e))?;
        Ok(was_shut)
    }

    /// How often it was opened so far: a running bot arms again when the number grows.
    pub(crate) fn arms(&self) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.split('\t').nth(1) == Some("arm")).count()
    }

    /// The reason given last for arming, for the journal.
    pub(crate) fn last_arm_reason(&self) -> Option<String> {
        let log = fs::read_to_string(&self.log).ok()?;
        let line = log.lines().rev().find(|l| l.split('\t').nth(1) == Some("arm"))?;
        line.split('\t').nth(2).map(str::to_owned)
    }

    fn note(&self, what: &str, reason: &str, now: Nanos) -> Result<(), Failure> {
        let write = || -> std::io::Result<()> {
            if let Some(folder) = self.log.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut log = fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
            writeln!(log, "{now}\t{what}\t{}", reason.replace(['\t', '\n'], " "))?;
            log.sync_all()
        };
        write().map_err(|e| Failure::io(format_args!("{}: {e}", self.log.display())))
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        Failure::io(format_args!("{}: {error}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_stays_until_it_is_armed_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let latch = Latch::of(folder.path());
        assert_eq!(latch.state(), None);
        latch.shut("wrong config", Nanos(0)).unwrap();
        latch.shut("second thoughts", Nanos(1)).unwrap();
        assert_eq!(latch.state().map(|k| k.reason).as_deref(), Some("wrong config"));
        assert!(latch.open("config fixed", Nanos(2)).unwrap());
        assert_eq!(latch.state(), None);
        assert!(!latch.open("again", Nanos(3)).unwrap());
        assert_eq!(latch.arms(), 2);
        assert_eq!(latch.last_arm_reason().as_deref(), Some("again"));
    }

    #[test]
    fn a_damaged_latch_is_shut() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kill.json"), "{").unwrap();
        assert!(Latch::of(folder.path()).state().is_some());
    }
}
