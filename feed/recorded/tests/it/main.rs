//! Whole recordings: the embedded sets, files and folders, and everything that can be wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod embedded;
mod folder;
mod refusals;
mod selection;

use st0ck_recorded::{Arrival, Hours, Recording, Request, Source};
use st0ck_types::Symbol;
use st0ck_types::calendar::NYSE;
use std::path::PathBuf;

/// 2020-12-15 09:30 in New York, in milliseconds.
const OPEN_MS: i64 = 1_608_042_600_000;

/// A request for New York hours of files.
fn request(paths: Vec<PathBuf>) -> Request {
    Request {
        source: Source::Paths(paths),
        symbol: Symbol::new("TEST"),
        hours: Hours::Calendar(&NYSE),
        date: None,
        seed: 1,
    }
}

fn play(recording: Recording) -> Vec<Arrival> {
    recording.collect::<Result<_, _>>().unwrap()
}

/// A folder with files in it, gone with the test.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}
