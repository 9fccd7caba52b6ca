//! `st0ck calc`: one calculator per topic; a file in, the same rows with their results out.

mod calendar;
mod ledger;
mod table;

use crate::cli::{CalcArgs, TopicArg};
use crate::exit::{Exit, Failure, Outcome};
use crate::view::say::say;
use std::io::ErrorKind;

/// Reads, calculates, writes.
///
/// # Errors
/// Names the file, and the line and column or the case of what cannot be read.
pub(crate) fn run(args: &CalcArgs) -> Outcome {
    let name = args.input.display().to_string();
    let text = std::fs::read_to_string(&args.input).map_err(|e| {
        let exit = if e.kind() == ErrorKind::InvalidData { Exit::Config } else { Exit::Io };
        Failure::new(exit, format_args!("{name}: {e}"))
    })?;
    let in_file = |words: String| Failure::config(format_args!("{name}: {words}"));
    let answer = match args.topic {
        TopicArg::Calendar => calendar::calculate(&text, &args.param).map_err(in_file)?,
        TopicArg::Ledger => ledger::calculate(&text).map_err(in_file)?,
    };
    match &args.output {
        Some(path) => std::fs::write(path, answer)
            .map_err(|e| Failure::io(format_args!("{}: {e}", path.display())))?,
        None => say!("{}", answer.trim_end()),
    }
    Ok(None)
}
