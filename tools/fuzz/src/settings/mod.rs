//! Every setting, mutated (goal G36): what cannot be is refused at the start and names its key, what can
//! be is taken and shown.
//!
//! `cargo run --release -p st0ck-fuzz -- settings` runs them all, and so does `cargo test`. Mutants come
//! from the table of settings, so that a new key joins by itself; what is legal is said by `oracle`,
//! which reads the table's ranges and none of the program's parsers.

mod mutants;
mod oracle;

use crate::config::dotenv::Environment;
use crate::config::file::Document;
use crate::config::{Config, Key, Sources, keys};
use mutants::{Class, Expect, Mutant, Place};
use st0ck_strategy::registry;
use std::collections::BTreeMap;
use std::path::Path;

/// How the mutants of one class fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Mutants tried.
    pub mutants: u64,
    /// Refused, as they had to be.
    pub refused: u64,
    /// Still legal, and taken as given.
    pub taken: u64,
    /// Neither: each in words.
    pub wrong: Vec<String>,
}

/// Tries every mutant of every key of every bot, by file and by `--set`; the tallies by class.
///
/// # Panics
/// When no temporary folder can be made or written.
#[must_use]
pub fn try_all() -> BTreeMap<&'static str, Tally> {
    let mut tallies = BTreeMap::new();
    let shm = Path::new("/dev/shm");
    let folder = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder can be made");
    for listing in registry::listings() {
        let bot = listing.recipe.name();
        let keys = keys::keys_of(listing);
        for key in &keys {
            for mutant in mutants::of(key, &keys) {
                let tally: &mut Tally = tallies.entry(mutant.class.name()).or_default();
                tally.mutants += 1;
                match judge(bot, &keys, &mutant, folder.path()) {
                    Ok(()) if mutant.expect == Expect::Refused => tally.refused += 1,
                    Ok(()) => tally.taken += 1,
                    Err(words) => tally.wrong.push(words),
                }
            }
        }
    }
    tallies
}

/// How many keys there are, of all bots.
#[must_use]
pub fn key_count() -> usize {
    registry::listings().iter().map(|listing| keys::keys_of(listing).len()).sum()
}

/// Settles one mutant and compares with what the oracle says.
fn judge(bot: &str, keys: &[Key], mutant: &Mutant, folder: &Path) -> Result<(), String> {
    let path = folder.join("st0ck.toml");
    let nothing = Environment::default();
    let (file, sets) = match &mutant.place {
        Place::File(text) => {
            std::fs::write(&path, text).expect("the temporary folder takes a small file");
            (Some(path.as_path()), &[][..])
        }
        Place::Set(sets) => (None, sets.as_slice()),
    };
    let document = file.map(|path| Document::read(path).expect("it was written just now"));
    let sources = Sources { bot, file: document.as_ref(), sets, flags: &[], environment: &nothing };
    let settled = Config::resolve(keys.to_vec(), &sources);
    let told = |what: String| Err(format!("{:?}: {what}", mutant.place));
    match (&mutant.expect, settled) {
        (Expect::Refused, Ok(_)) => told(format!("taken, but {} is not legal", mutant.named)),
        (Expect::Refused, Err(failure)) => {
            let place = if file.is_some() { "st0ck.toml" } else { "--set" };
            let names = failure.words.contains(&mutant.named) && failure.words.contains(place);
            if names { Ok(()) } else { told(format!("does not name its key: {}", failure.words)) }
        }
        (Expect::Taken(_), Err(failure)) => told(format!("refused: {}", failure.words)),
        (Expect::Taken(text), Ok(config)) => {
            let shown = config.text(&mutant.named);
            if shown == text { Ok(()) } else { told(format!("shown as {shown:?}, not {text:?}")) }
        }
    }
}

impl Class {
    /// As the results name it.
    fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Insert => "insert",
            Self::Swap => "swap",
            Self::WrongType => "wrong type",
            Self::OutOfRange => "out of range",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
        }
    }
}
