//! Process lives: a number that never comes twice, even if this folder is lost or copied.
//!
//! *Invariant:* processes that start at the same moment take turns, each with a number of its own.

use super::durable;
use crate::exit::{Exit, Failure};
use st0ck_types::ids::BASE32;
use st0ck_types::{Epoch, Nanos, Nonce};
use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::Duration;

/// How often and how long the turn is waited for: each lasts as long as a small file's sync.
const TURN_TRIES: u32 = 500;
const TURN_PAUSE: Duration = Duration::from_millis(10);

/// Begins a new life: `max(stored + 1, unix seconds)`, on disk before this returns.
///
/// # Errors
/// When the folder cannot be read or written, or the stored number is no number; 11 when another
/// process has its turn and does not end it.
pub(crate) fn begin(bot_folder: &Path, now: Nanos) -> Result<Epoch, Failure> {
    let _turn = turn(bot_folder)?;
    let path = bot_folder.join("epoch");
    let stored = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u64>().map_err(|_| {
            Failure::io(format_args!("{}: expected a number, found {text:?}", path.display()))
        })?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
        Err(e) => return Err(Failure::io(format_args!("{}: {e}", path.display()))),
    };
    let seconds = u64::try_from(now.0 / st0ck_types::time::SECOND).unwrap_or(0);
    let epoch = seconds.max(stored + 1);
    durable::replace(&path, format!("{epoch}\n").as_bytes())
        .map_err(|e| Failure::io(format_args!("{}: {e}", path.display())))?;
    Ok(Epoch(epoch))
}

/// The instance nonce of a runs folder, drawn the first time.
///
/// # Errors
/// When it cannot be read or written, or is not two base-32 characters; 11 as [`begin`].
pub(crate) fn nonce(runs: &Path) -> Result<Nonce, Failure> {
    let _turn = turn(runs)?;
    let path = runs.join("instance");
    match fs::read(&path) {
        Ok(bytes) => match bytes.trim_ascii() {
            &[a, b] if BASE32.contains(&a) && BASE32.contains(&b) => Ok(Nonce([a, b])),
            _ => Err(Failure::io(format_args!(
                "{}: expected two base-32 characters; restore the file (order ids depend on it)",
                path.display()
            ))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let drawn = RandomState::new().build_hasher().finish();
            let pick = |shift: u64| BASE32[(drawn >> shift & 31) as usize];
            let nonce = Nonce([pick(0), pick(5)]);
            durable::replace(&path, &nonce.0)
                .map_err(|e| Failure::io(format_args!("{}: {e}", path.display())))?;
            Ok(nonce)
        }
        Err(e) => Err(Failure::io(format_args!("{}: {e}", path.display()))),
    }
}

/// Waits until no other process reads and writes the numbers of this folder. The turn ends with the
/// value, or with the process.
fn turn(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("numbers.lock");
    let failure = |e| Failure::io(format_args!("{}: {e}", path.display()));
    fs::create_dir_all(folder).map_err(failure)?;
    let file = File::options().create(true).append(true).open(&path).map_err(failure)?;
    for _ in 0..TURN_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TURN_PAUSE),
            Err(TryLockError::Error(e)) => return Err(failure(e)),
        }
    }
    let words = "another process has held it for seconds; stop that process first";
    Err(Failure::new(Exit::Locked, format_args!("{}: {words}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn starts_at_the_same_moment_get_numbers_of_their_own_and_one_nonce() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let lives: Vec<(Epoch, Nonce)> = std::thread::scope(|scope| {
            let start = || (begin(path, Nanos(0)).unwrap(), nonce(path).unwrap());
            let starts: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let epochs: BTreeSet<u64> = lives.iter().map(|(epoch, _)| epoch.0).collect();
        assert_eq!(epochs, (1..=16).collect());
        let nonces: BTreeSet<[u8; 2]> = lives.iter().map(|(_, nonce)| nonce.0).collect();
        assert_eq!(nonces.len(), 1);
    }

    #[test]
    fn an_epoch_never_comes_twice_even_when_the_clock_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let first = begin(folder.path(), Nanos(1_795_000_000_000_000_000)).unwrap();
        assert_eq!(first, Epoch(1_795_000_000));
        let second = begin(folder.path(), Nanos(1_700_000_000_000_000_000)).unwrap();
        assert_eq!(second, Epoch(1_795_000_001));
    }

    #[test]
    fn the_nonce_is_drawn_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = nonce(folder.path()).unwrap();
        assert_eq!(nonce(folder.path()).unwrap(), first);
        fs::write(folder.path().join("instance"), "!!").unwrap();
        assert!(nonce(folder.path()).unwrap_err().words.contains("two base-32 characters"));
    }
}
