//! One writer at a time: an exclusive `flock`, which the kernel lets go of however a process dies.
//!
//! Used for the journal of a session and, by the binary, for an account.

use crate::error::{Holder, JournalError};
use crate::header::BootId;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use st0ck_types::Epoch;
use st0ck_types::ids::uuid_text;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// A held lock. It ends with this value, or with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, making the file if need be, and writes who holds it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] at once when another process holds it (exit code 11).
    pub fn acquire(path: &Path, epoch: Epoch) -> Result<Self, JournalError> {
        let io = |e| JournalError::io("locking", path, e);
        // The file is never removed: a new file of the same name would be another lock.
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(JournalError::Locked { path: path.to_owned(), holder: read(path) });
            }
            Err(e) => return Err(io(e.into())),
        }
        let boot = uuid_text(u128::from_be_bytes(BootId::current().0));
        let text = format!("pid {}\nepoch {}\nboot {boot}\n", std::process::id(), epoch.0);
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// What the holder wrote. It may not have come to it yet.
fn read(path: &Path) -> Holder {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let field = |key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse::<u64>().ok())
    };
    Holder { pid: field("pid ").and_then(|n| n.try_into().ok()), epoch: field("epoch ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_the_third_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = Lock::acquire(&path, Epoch(7)).unwrap();
        let error = Lock::acquire(&path, Epoch(8)).unwrap_err();
        let want = format!("is held by process {} (epoch 7)", std::process::id());
        assert!(error.to_string().contains(&want), "{error}");
        drop(first);
        Lock::acquire(&path, Epoch(9)).unwrap();
    }

    #[test]
    fn a_link_to_the_file_is_the_same_lock() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("lock"), dir.path().join("link"));
        let _held = Lock::acquire(&path, Epoch(1)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Lock::acquire(&link, Epoch(2)), Err(JournalError::Locked { .. })));
    }
}
