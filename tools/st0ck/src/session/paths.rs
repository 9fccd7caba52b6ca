//! Names of session folders, and finding them again.

use crate::exit::Failure;
use st0ck_types::{Epoch, Nanos};
use std::fs;
use std::path::{Path, PathBuf};

/// `2020-12-15T143000Z-1795000000`: the session's open and its first life's epoch.
pub(crate) fn session_name(open: Nanos, epoch: Epoch) -> String {
    let text = open.to_string();
    format!("{}Z-{}", text[..19].replace(':', ""), epoch.0)
}

/// The epoch at the end of a session's name.
pub(crate) fn epoch_of(session: &Path) -> Option<u64> {
    session.file_name()?.to_str()?.rsplit_once("Z-")?.1.parse().ok()
}

/// The sessions of one bot, oldest first.
pub(crate) fn sessions(bot_folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(bot_folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.is_dir() && epoch_of(p).is_some()).collect();
    found.sort_by_key(|p| epoch_of(p));
    found
}

/// Whether a session's journal has a segment: one that was killed before that never began.
pub(crate) fn is_begun(session: &Path) -> bool {
    let files = fs::read_dir(session.join("journal")).into_iter().flatten().flatten();
    files.map(|e| e.path()).any(|p| p.extension().is_some_and(|e| e == "seg"))
}

/// The bots that have a folder under `runs`, by name.
pub(crate) fn bots(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let folders = entries.filter(|e| e.path().is_dir());
    let mut names: Vec<String> = folders.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The folder a `DIR` argument means: a session, its journal folder, or `last`.
///
/// # Errors
/// When there is no such session.
pub(crate) fn find(dir: &str, runs: &Path) -> Result<PathBuf, Failure> {
    if dir == "last" {
        let all = bots(runs).into_iter().flat_map(|bot| sessions(&runs.join(bot)));
        return all.max_by_key(|p| epoch_of(p)).ok_or_else(|| {
            Failure::io(format_args!("no session under {}: run one first", runs.display()))
        });
    }
    let path = PathBuf::from(dir);
    if path.join("journal").is_dir() {
        return Ok(path);
    }
    if path.file_name().is_some_and(|n| n == "journal") && path.is_dir() {
        return Ok(path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned));
    }
    Err(Failure::io(format_args!("{dir}: no session here (expected a folder with journal/ in it)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when_and_which_life() {
        let name = session_name(Nanos(1_608_042_600_000_000_000), Epoch(1_795_000_000));
        assert_eq!(name, "2020-12-15T143000Z-1795000000");
        assert_eq!(epoch_of(Path::new(&name)), Some(1_795_000_000));
    }

    #[test]
    fn last_is_the_highest_epoch_of_all_bots() {
        let runs = tempfile::tempdir().unwrap();
        for session in
            ["a/2020-12-15T143000Z-5", "b/2020-12-16T143000Z-9", "b/2020-12-17T143000Z-7"]
        {
            fs::create_dir_all(runs.path().join(session).join("journal")).unwrap();
        }
        let last = find("last", runs.path()).unwrap();
        assert!(last.ends_with("b/2020-12-16T143000Z-9"));
        assert_eq!(find(last.join("journal").to_str().unwrap(), runs.path()).unwrap(), last);
        assert!(find("nowhere", runs.path()).is_err());
    }
}
