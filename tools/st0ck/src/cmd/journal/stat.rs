//! `st0ck journal stat | verify`: how much is there, and whether every byte is what was written.

use crate::cli::JournalArgs;
use crate::exit::{Exit, Outcome};
use crate::session::opening::journal_failure;
use crate::view::say::{remark, say};
use crate::view::table::{grouped, table};
use serde_json::{Map, Value, json};
use st0ck_journal::{Damage, Stat};
use st0ck_types::record::RecordKind;
use std::path::Path;

/// How much is there, of which kind, from when to when.
pub(super) fn stat(dir: &Path, args: &JournalArgs) -> Outcome {
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

/// Checks every byte; exit 21 names the first damaged place.
pub(super) fn verify(dir: &Path, args: &JournalArgs) -> Outcome {
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
