//! What people and scripts read: results on stdout with [`say!`], remarks on stderr with [`remark!`].
//!
//! *Invariant:* never panics. Whoever reads may go away early (`| head`), and a bot must not stop
//! trading for it. Results that could not be written otherwise are told at the end: see [`failure`].

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why results are missing from stdout; the first reason counts.
static FAILURE: OnceLock<String> = OnceLock::new();

/// A line on stdout, as `println!` would write it.
macro_rules! say {
    ($($arg:tt)*) => { $crate::view::say::result_line(format_args!($($arg)*)) };
}

/// A line on stderr, as `eprintln!` would write it.
macro_rules! remark {
    ($($arg:tt)*) => { $crate::view::say::remark_line(format_args!($($arg)*)) };
}

pub(crate) use {remark, say};

/// Writes a line of results.
pub(crate) fn result_line(line: Arguments<'_>) {
    if let Err(e) = writeln!(std::io::stdout().lock(), "{line}")
        && e.kind() != ErrorKind::BrokenPipe
    {
        let _ = FAILURE.set(e.to_string());
    }
}

/// Writes a line of remarks; nobody can be told when that fails.
pub(crate) fn remark_line(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Why results are missing, if they are.
pub(crate) fn failure() -> Option<&'static str> {
    let flushed = std::io::stdout().lock().flush();
    if let Err(e) = flushed
        && e.kind() != ErrorKind::BrokenPipe
    {
        let _ = FAILURE.set(e.to_string());
    }
    FAILURE.get().map(String::as_str)
}
