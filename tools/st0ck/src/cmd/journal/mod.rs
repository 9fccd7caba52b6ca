//! `st0ck journal stat | cat | verify | diff | export`: looking into what happened.
//!
//! *Invariant:* reads only, takes no lock, and works while the session is being written.

mod cat;
mod diff;
mod export;
mod parquet_file;
mod stat;

use crate::cli::JournalCommand;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::paths;
use st0ck_types::record::RecordKind;
use std::path::Path;

/// Looks into a journal.
///
/// # Errors
/// 21 when it is damaged, 20 when it cannot be read.
pub(crate) fn run(command: &JournalCommand) -> Outcome {
    let find = |args: &crate::cli::JournalArgs| paths::find(&args.dir, &args.runs.runs);
    match command {
        JournalCommand::Stat(args) => stat::stat(&find(args)?, args),
        JournalCommand::Verify(args) => stat::verify(&find(args)?, args),
        JournalCommand::Cat(args) => cat::run(&find(&args.journal)?, args),
        JournalCommand::Diff(args) => diff::run(args),
        JournalCommand::Export(args) => export::run(&find(&args.journal)?, args),
    }
}

/// The kind that `--kind` names.
fn kind(word: &str) -> Result<RecordKind, Failure> {
    RecordKind::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Failure::new(Exit::Usage, format_args!("--kind {word}: known are {}", known.join(", ")))
    })
}

/// Last record of a journal, for progress bars.
fn last_seq(dir: &Path) -> Result<u64, Failure> {
    let stat = st0ck_journal::stat(dir).map_err(crate::session::opening::journal_failure)?;
    Ok(stat.last_seq.0)
}
