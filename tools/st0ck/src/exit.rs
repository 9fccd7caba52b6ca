//! How the process ends: the exit codes scripts rely on, and the one error type that carries them.

use std::fmt;

/// Exit codes of the command line. They never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The answer is no: a replay differs, a check failed.
    No = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Configuration or a data file is malformed.
    Config = 10,
    /// A lock is held: another instance is trading.
    Locked = 11,
    /// Unreadable, unreachable.
    Io = 20,
    /// The journal is damaged.
    Damaged = 21,
    /// Something unexplained at the broker.
    Reconcile = 30,
    /// The kill switch is latched.
    Killed = 40,
}

/// Why a command failed, in words for people, with the code for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) words: String,
}

impl Failure {
    /// A failure with this code.
    pub(crate) fn new(exit: Exit, words: impl fmt::Display) -> Self {
        Self { exit, words: words.to_string() }
    }

    /// Malformed configuration or data.
    pub(crate) fn config(words: impl fmt::Display) -> Self {
        Self::new(Exit::Config, words)
    }

    /// Something could not be read, written or reached.
    pub(crate) fn io(words: impl fmt::Display) -> Self {
        Self::new(Exit::Io, words)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What every command returns: the exit code of a success is 0 or a "no".
pub(crate) type Outcome = Result<Option<Exit>, Failure>;
