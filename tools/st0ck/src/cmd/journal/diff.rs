//! `st0ck journal diff A B`: what two sessions do not have in common. Exit 0 same, 1 different.

use super::{cat, last_seq};
use crate::cli::{DiffArgs, IgnoreArg};
use crate::exit::{Exit, Failure, Outcome};
use crate::record_json;
use crate::session::{opening::journal_failure, paths};
use crate::view::progress::Progress;
use crate::view::say::say;
use crate::view::table::{grouped, table};
use serde_json::{Map, Value, json};
use st0ck_journal::{JournalError, Reader};
use st0ck_lab::diff::{Changed, Diff, DiffError, Mask, diff};
use st0ck_lab::groups::LabError;
use st0ck_lab::header::HeaderError;
use st0ck_types::{OrderRequest, Seq};
use std::path::Path;

/// Most orders of each list that people see; `--json` gives them all.
const SHOWN: usize = 10;

/// Compares two sessions.
///
/// # Errors
/// 21 when a journal is damaged, 20 when one cannot be read.
pub(super) fn run(args: &DiffArgs) -> Outcome {
    let a = paths::find(&args.a, &args.runs.runs)?;
    let b = paths::find(&args.b, &args.runs.runs)?;
    let mut progress = Progress::new(last_seq(&a)?, "comparing");
    let found =
        diff(&a, &b, mask(&args.ignore), &mut |records| progress.at(records)).map_err(failure);
    progress.finish();
    let found = found?;
    if args.json {
        say!("{}", to_json(&a, &b, &found)?);
    } else {
        show(&a, &b, &found)?;
    }
    Ok((!found.is_same()).then_some(Exit::No))
}

fn mask(ignored: &[IgnoreArg]) -> Mask {
    let all = ignored.contains(&IgnoreArg::All);
    let has = |what| all || ignored.contains(&what);
    Mask { ids: has(IgnoreArg::Ids), stamps: has(IgnoreArg::Stamps) }
}

fn failure(error: DiffError) -> Failure {
    match error {
        DiffError::Journal { error: LabError::Journal(error), .. }
        | DiffError::Header(HeaderError::Journal(error)) => journal_failure(error),
        DiffError::Journal { .. } => Failure::new(Exit::Damaged, error),
        DiffError::Header(error) => Failure::io(error),
    }
}

/// The line of one record, if the session has it.
fn record_line(dir: &Path, seq: Seq, as_json: bool) -> Result<Option<String>, Failure> {
    let read = || -> Result<Option<Result<String, Failure>>, JournalError> {
        let mut reader = Reader::open_at(dir, seq)?;
        let record = reader.next()?.filter(|record| record.seq == seq);
        Ok(record.map(|record| cat::line(&record, as_json)))
    };
    read().map_err(journal_failure)?.transpose()
}

fn to_json(a: &Path, b: &Path, found: &Diff) -> Result<Value, Failure> {
    let parsed = |dir, seq| -> Result<Value, Failure> {
        let line = record_line(dir, seq, true)?;
        Ok(line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or(Value::Null))
    };
    let first = match found.first {
        Some(seq) => json!({ "seq": seq.0, "a": parsed(a, seq)?, "b": parsed(b, seq)? }),
        None => Value::Null,
    };
    let kinds: Map<String, Value> =
        found.kinds.iter().map(|(kind, n)| (kind.as_str().to_owned(), json!(n))).collect();
    let list = |orders: &[OrderRequest]| orders.iter().map(order_json).collect::<Vec<_>>();
    let changed = found.orders.changed.iter();
    let changed = changed.map(|c| json!({ "a": order_json(&c.a), "b": order_json(&c.b) }));
    Ok(json!({
        "same": found.is_same(),
        "records": found.records,
        "first_difference": first,
        "kinds": kinds,
        "orders_same": found.orders.same,
        "orders_only_a": list(&found.orders.only_a),
        "orders_only_b": list(&found.orders.only_b),
        "orders_changed": changed.collect::<Vec<_>>(),
    }))
}

fn order_json(order: &OrderRequest) -> Value {
    let mut fields = record_json::order(order);
    fields["at"] = json!(order.decided_at.to_string());
    fields
}

fn show(a: &Path, b: &Path, found: &Diff) -> Result<(), Failure> {
    say!("A {}\nB {}", a.display(), b.display());
    let Some(seq) = found.first else {
        say!("same: {} records", grouped(found.records[0]));
        return Ok(());
    };
    say!("different from record {seq} on");
    for (name, dir) in [("A", a), ("B", b)] {
        let line = record_line(dir, seq, false)?;
        say!("  {name} {}", line.as_deref().unwrap_or("       - (ended before)"));
    }
    let mut view = table(&["kind", ">A", ">B", ">B - A"]);
    for (kind, [a, b]) in &found.kinds {
        let more = i128::from(*b) - i128::from(*a);
        let more = if more == 0 { String::new() } else { format!("{more:+}") };
        view.add_row([kind.as_str().to_owned(), grouped(*a), grouped(*b), more]);
    }
    say!("{view}");
    let orders = &found.orders;
    say!("orders: {} in both", grouped(orders.same));
    list("only in A", &orders.only_a, order_words);
    list("only in B", &orders.only_b, order_words);
    list("changed", &orders.changed, changed_words);
    Ok(())
}

fn list<T>(what: &str, rows: &[T], words: impl Fn(&T) -> String) {
    if rows.is_empty() {
        return;
    }
    say!("{} {what}:", grouped(rows.len() as u64));
    for row in rows.iter().take(SHOWN) {
        say!("  {}", words(row));
    }
    if rows.len() > SHOWN {
        say!("  … {} more: --json lists them all", grouped((rows.len() - SHOWN) as u64));
    }
}

fn order_words(order: &OrderRequest) -> String {
    format!("{} order {}: {}", order.decided_at, order.no.0, terms(order))
}

fn terms(order: &OrderRequest) -> String {
    let price = order.kind.limit().map_or_else(String::new, |price| format!(" at {price}"));
    let (side, qty, kind) = (order.side.as_str(), order.qty, order.kind.as_str());
    let effect = record_json::effect(order.effect);
    format!("{side} {qty} {kind}{price} {} {effect}", order.tif.as_str())
}

fn changed_words(changed: &Changed) -> String {
    format!("{} → {}", order_words(&changed.a), terms(&changed.b))
}
