//! The kill latch: a file that outlives the process and is only taken away by a person with a reason.

use super::durable;
use crate::exit::Failure;
use serde::{Deserialize, Serialize};
use st0ck_types::command::Reason;
use st0ck_types::{Command, Nanos};
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

/// What may be asked of a running bot beside kill and arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To close positions only.
    Reduce,
    /// To send nothing but cancels.
    Halt,
    /// To begin anew with everything that latched.
    Reset,
}

impl Asked {
    const ALL: [Self; 3] = [Self::Reduce, Self::Halt, Self::Reset];

    /// The word on the command line and in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reduce => "reduce",
            Self::Halt => "halt",
            Self::Reset => "reset",
        }
    }
}

/// The command that a line of the log asks for; `None` for kills and arms, which the latch itself
/// tells.
fn command(line: &str) -> Option<Command> {
    let mut fields = line.split('\t').skip(1);
    let what = fields.next()?;
    let reason = Reason::new(fields.next().unwrap_or_default());
    Asked::ALL.into_iter().find(|asked| asked.as_str() == what).map(|asked| match asked {
        Asked::Reduce => Command::Reduce(reason),
        Asked::Halt => Command::Halt(reason),
        Asked::Reset => Command::ResetLatches(reason),
    })
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

    /// Asks a running bot for something that does not outlive it; one that does not run hears nothing.
    ///
    /// # Errors
    /// When the log cannot be made durable.
    pub(crate) fn ask(&self, what: Asked, reason: &str, now: Nanos) -> Result<(), Failure> {
        self.note(what.as_str(), reason, now)
    }

    /// What was asked so far, kills and arms included, oldest first; a running bot obeys those that
    /// come after its start.
    pub(crate) fn asked(&self) -> Vec<Option<Command>> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().map(command).collect()
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
    fn what_is_asked_is_read_back_in_order_and_leaves_the_latch_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let latch = Latch::of(folder.path());
        latch.ask(Asked::Reduce, "news\tat noon", Nanos(0)).unwrap();
        latch.shut("too keen", Nanos(1)).unwrap();
        latch.ask(Asked::Halt, "lunch", Nanos(2)).unwrap();
        latch.ask(Asked::Reset, "Ada: looked at it", Nanos(3)).unwrap();
        let wanted = [
            Some(Command::Reduce(Reason::new("news at noon"))),
            None,
            Some(Command::Halt(Reason::new("lunch"))),
            Some(Command::ResetLatches(Reason::new("Ada: looked at it"))),
        ];
        assert_eq!(latch.asked(), wanted);
        assert_eq!(latch.state().map(|kill| kill.reason).as_deref(), Some("too keen"));
        assert_eq!(latch.arms(), 0);
    }

    #[test]
    fn a_damaged_latch_is_shut() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kill.json"), "{").unwrap();
        assert!(Latch::of(folder.path()).state().is_some());
    }
}
