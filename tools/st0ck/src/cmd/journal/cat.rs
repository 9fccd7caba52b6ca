//! `st0ck journal cat`: records as lines, of a session that is over or of one being written.

use super::kind;
use crate::cli::CatArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::record_json;
use crate::session::opening::journal_failure;
use serde_json::json;
use st0ck_journal::{Reader, Record, Tail, decode};
use st0ck_types::Seq;
use st0ck_types::record::RecordKind;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// How long a follower rests when there is nothing new.
const NAP: Duration = Duration::from_millis(50);
/// Lines between two flushes while there is more to read.
const STRIDE: u64 = 1024;

/// Prints records; with `--follow` until the session is sealed.
///
/// # Errors
/// 21 when the journal is damaged, 20 when it cannot be read.
pub(super) fn run(dir: &Path, args: &CatArgs) -> Outcome {
    let mut printer = Printer {
        out: BufWriter::new(std::io::stdout().lock()),
        only: args.journal.kind.as_deref().map(kind).transpose()?,
        to: args.journal.to,
        json: args.journal.json,
    };
    let from = Seq(args.journal.from.unwrap_or(0));
    let ended = if args.follow {
        follow(dir, from, &mut printer)
    } else {
        read_once(dir, from, &mut printer)
    };
    match ended?.and_then(|()| printer.out.flush()) {
        // Whoever read has seen enough (`| head`).
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(None),
        other => other.map(|()| None).map_err(|e| Failure::io(format_args!("stdout: {e}"))),
    }
}

/// What writing came to; the journal's own troubles are failures.
type Written = Result<std::io::Result<()>, Failure>;

fn read_once(dir: &Path, from: Seq, printer: &mut Printer) -> Written {
    let mut reader = Reader::open_at(dir, from).map_err(journal_failure)?;
    while let Some(record) = reader.next().map_err(journal_failure)? {
        match printer.take(&record)? {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => break,
            Err(e) => return Ok(Err(e)),
        }
    }
    Ok(Ok(()))
}

fn follow(dir: &Path, from: Seq, printer: &mut Printer) -> Written {
    let mut tail = Tail::open(dir, from).map_err(journal_failure)?;
    loop {
        let Some(record) = tail.poll().map_err(journal_failure)? else {
            // What is there is shown before waiting for more.
            if let Err(e) = printer.out.flush() {
                return Ok(Err(e));
            }
            std::thread::sleep(NAP);
            continue;
        };
        let sealed = record.kind == RecordKind::Seal;
        match printer.take(&record)? {
            Ok(ControlFlow::Continue(())) if !sealed => {}
            Ok(_) => return Ok(Ok(())),
            Err(e) => return Ok(Err(e)),
        }
    }
}

/// Writes the records that were asked for.
struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    only: Option<RecordKind>,
    to: Option<u64>,
    json: bool,
}

impl Printer {
    /// One record; breaks off behind the last one that was asked for.
    fn take(&mut self, record: &Record<'_>) -> Result<std::io::Result<ControlFlow<()>>, Failure> {
        if self.to.is_some_and(|to| record.seq.0 > to) {
            return Ok(Ok(ControlFlow::Break(())));
        }
        if self.only.is_none_or(|kind| kind == record.kind) {
            let line = line(record, self.json)?;
            if let Err(e) = writeln!(self.out, "{line}") {
                return Ok(Err(e));
            }
        }
        let flushed = if record.seq.0.is_multiple_of(STRIDE) { self.out.flush() } else { Ok(()) };
        Ok(flushed.map(|()| ControlFlow::Continue(())))
    }
}

/// One record as `cat` prints it.
///
/// # Errors
/// 21 when its payload is not what this version writes.
pub(super) fn line(record: &Record<'_>, as_json: bool) -> Result<String, Failure> {
    let body = decode(record)
        .map_err(|e| Failure::new(Exit::Damaged, format_args!("record {}: {e}", record.seq)))?;
    let body = record_json::body(&body);
    let (seq, at, kind) = (record.seq.0, record.at, record.kind.as_str());
    Ok(if as_json {
        json!({ "seq": seq, "at": at.to_string(), "kind": kind, "body": body }).to_string()
    } else {
        format!("{seq:>8} {at} {kind:<10} {}", record_json::line(&body))
    })
}
