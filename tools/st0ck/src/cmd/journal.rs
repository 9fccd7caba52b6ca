//! `st0ck journal stat | cat | verify`.

use crate::cli::{JournalArgs, JournalCommand};
use crate::exit::{Exit, Failure, Outcome};
use crate::record_json;
use crate::session::{opening::journal_failure, paths};
use crate::view::say::{remark, say};
use crate::view::table::{grouped, table};
use serde_json::{Map, Value, json};
use st0ck_journal::{Damage, Reader, Stat, decode};
use st0ck_types::Seq;
use st0ck_types::record::RecordKind;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

/// Looks into a journal.
///
/// # Errors
/// 21 when it is damaged, 20 when it cannot be read.
pub(crate) fn run(command: &JournalCommand) -> Outcome {
    let (JournalCommand::Stat(args) | JournalCommand::Cat(args) | JournalCommand::Verify(args)) =
        command;
    let dir = paths::find(&args.dir, &args.runs.runs)?;
    match command {
        JournalCommand::Stat(_) => stat(&dir, args),
        JournalCommand::Cat(_) => cat(&dir, args),
        JournalCommand::Verify(_) => verify(&dir, args),
    }
}

fn stat(dir: &Path, args: &JournalArgs) -> Outcome {
    let stat = st0ck_journal::stat(dir).map_err(journal_failure)?;
    if args.json {
        say!("{}", stat_json(&stat));
        return Ok(None);
    }
    say!(
        "{}\n{} records in {} segments, {} bytes\n{} to {}",
        dir.display(),
        grouped(stat.records),
        stat.segments,
        grouped(stat.bytes),
        stat.first_at,
        stat.last_at
    );
    let mut view = table(&["kind", ">records"]);
    for (kind, count) in kinds(&stat) {
        view.add_row([kind.as_str().to_owned(), grouped(count)]);
    }
    say!("{view}");
    Ok(None)
}

fn kinds(stat: &Stat) -> Vec<(RecordKind, u64)> {
    stat.kinds.iter().copied().filter(|(_, count)| *count > 0).collect()
}

fn stat_json(stat: &Stat) -> Value {
    let counted =
        kinds(stat).into_iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count)));
    let kinds: Map<String, Value> = counted.collect();
    json!({
        "segments": stat.segments,
        "records": stat.records,
        "bytes": stat.bytes,
        "first_seq": stat.first_seq.0,
        "last_seq": stat.last_seq.0,
        "first_at": stat.first_at.to_string(),
        "last_at": stat.last_at.to_string(),
        "kinds": kinds,
    })
}

fn verify(dir: &Path, args: &JournalArgs) -> Outcome {
    let result = st0ck_journal::verify(dir).map_err(journal_failure)?;
    let place = |d: &Damage| json!({ "segment": d.segment, "offset": d.offset, "seq": d.seq, "reason": d.reason.as_str() });
    if args.json {
        let mut answer = stat_json(&result.stat);
        answer["ok"] = json!(result.is_ok());
        answer["damage"] = result.damage.as_ref().map_or(Value::Null, place);
        answer["torn"] = result.torn.as_ref().map_or(Value::Null, place);
        answer["unclosed_records"] = json!(result.open_records);
        answer["sealed"] = json!(result.sealed);
        say!("{answer}");
    } else if let Some(damage) = &result.damage {
        say!("damaged: {damage}");
    } else {
        say!("ok: {} records, every byte checked", grouped(result.stat.records));
    }
    if let Some(torn) = &result.torn {
        remark!("warning: torn tail past the watermark: {torn}");
    }
    if result.open_records > 0 {
        remark!("warning: {} records of a group that was never closed", result.open_records);
    }
    Ok(result.damage.map(|_| Exit::Damaged))
}

fn cat(dir: &Path, args: &JournalArgs) -> Outcome {
    let wanted = args.kind.as_deref().map(kind).transpose()?;
    let mut reader = Reader::open_at(dir, Seq(args.from.unwrap_or(0))).map_err(journal_failure)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    while let Some(record) = reader.next().map_err(journal_failure)? {
        if args.to.is_some_and(|to| record.seq.0 > to) {
            break;
        }
        if wanted.is_some_and(|kind| kind != record.kind) {
            continue;
        }
        let body = decode(&record)
            .map_err(|e| Failure::new(Exit::Damaged, format_args!("record {}: {e}", record.seq)))?;
        let body = record_json::body(&body);
        let written = if args.json {
            let line = json!({ "seq": record.seq.0, "at": record.at.to_string(),
                "kind": record.kind.as_str(), "body": body });
            writeln!(out, "{line}")
        } else {
            let (seq, at, kind) = (record.seq.0, record.at, record.kind.as_str());
            writeln!(out, "{seq:>8} {at} {kind:<10} {}", record_json::line(&body))
        };
        match written.and_then(|()| if record.seq.0 % 1024 == 0 { out.flush() } else { Ok(()) }) {
            // Whoever read has seen enough (`| head`).
            Err(e) if e.kind() == ErrorKind::BrokenPipe => return Ok(None),
            other => other.map_err(|e| Failure::io(format_args!("stdout: {e}")))?,
        }
    }
    match out.flush() {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(None),
        other => other.map(|()| None).map_err(|e| Failure::io(format_args!("stdout: {e}"))),
    }
}

fn kind(word: &str) -> Result<RecordKind, Failure> {
    RecordKind::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Failure::new(Exit::Usage, format_args!("--kind {word}: known are {}", known.join(", ")))
    })
}
