//! `st0ck status`: what each bot is doing or last did, read from its journal.

use crate::cli::StatusArgs;
use crate::exit::Outcome;
use crate::session::{latch::Latch, paths};
use crate::view::say::say;
use crate::view::table::table;
use serde_json::{Value, json};
use st0ck_lab::groups::{Item, Items};
use st0ck_lab::header::SessionHeader;
use st0ck_lab::{build, recovery};
use st0ck_types::{Seq, StrategyId};
use std::path::Path;

/// Shows every bot that has a folder.
///
/// # Errors
/// None: what cannot be read is said in the bot's own row.
pub(crate) fn run(args: &StatusArgs) -> Outcome {
    let runs = &args.runs.runs;
    let rows: Vec<Value> = paths::bots(runs)
        .iter()
        .filter(|bot| crate::bot::find(bot).is_ok())
        .map(|bot| of_bot(bot, &runs.join(bot)))
        .collect();
    if args.json {
        say!("{}", json!({ "bots": rows }));
        return Ok(None);
    }
    if rows.is_empty() {
        say!("no bot has run under {}", runs.display());
        return Ok(None);
    }
    let mut view =
        table(&["bot", "running", "state", "session", ">position", ">P&L", ">fees", ">orders"]);
    for row in &rows {
        let text =
            |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        view.add_row([
            text("bot"),
            text("running"),
            text("state"),
            text("session"),
            text("position"),
            text("realized_pnl"),
            text("fees"),
            text("orders_sent"),
        ]);
    }
    say!("{view}");
    Ok(None)
}

fn of_bot(bot: &str, folder: &Path) -> Value {
    let killed = Latch::of(folder).state();
    let Some(dir) = paths::sessions(folder).pop() else {
        return json!({ "bot": bot, "running": false, "killed": killed, "session": null });
    };
    let mut row = match state(&dir) {
        Ok(row) => row,
        Err(words) => json!({ "error": words }),
    };
    row["bot"] = json!(bot);
    row["session"] = json!(dir.file_name().map(|n| n.to_string_lossy().into_owned()));
    row["running"] = json!(is_running(&dir));
    row["killed"] = json!(killed);
    if killed.is_some() {
        row["state"] = json!("KILLED");
    }
    row
}

/// Whether the process that wrote the journal's lock file last still lives. The lock itself is not
/// tried: even a moment of holding it could turn a starting bot away.
fn is_running(dir: &Path) -> bool {
    let text = std::fs::read_to_string(dir.join("journal").join("lock")).unwrap_or_default();
    let field = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).map(str::trim);
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let alive = |pid: &str| Path::new("/proc").join(pid).exists();
    field("boot ") == Some(boot.trim()) && field("pid ").is_some_and(alive)
}

/// The engine brought to the journal's end, as facts.
fn state(dir: &Path) -> Result<Value, String> {
    let header = SessionHeader::vouched(dir).map_err(|e| e.to_string())?;
    let mut engine = build::engine(&header).map_err(|e| e.to_string())?;
    let mut items = Items::open(dir, Seq(0)).map_err(|e| e.to_string())?;
    let (mut facts, mut last_at) = (recovery::Facts::default(), None);
    while let Some(item) = items.next().map_err(|e| e.to_string())? {
        if let Item::Group(group) = item {
            last_at = Some(group.at);
            facts.take(&mut engine, &group);
        }
    }
    facts.finish(&mut engine);
    let (portfolio, counters) = (engine.portfolio(), engine.counters());
    let position = portfolio.position(st0ck_types::InstrumentId(0));
    let restraints: Vec<&str> = engine.restraints().iter().map(|r| r.as_str()).collect();
    let mut notes = serde_json::Map::new();
    engine.notes(StrategyId(0), &mut |name, value| {
        notes.insert(name.to_owned(), json!(st0ck_types::Price(value).to_string()));
    });
    let account = engine.gate().account(engine.world()).map(
        |sums| json!({ "opening": sums.opening.to_string(), "equity": sums.equity.to_string() }),
    );
    Ok(json!({
        "at": last_at.map(|at| at.to_string()),
        "state": engine.state().as_str(),
        "restraints": restraints,
        "symbols": header.symbols,
        "position": position.qty.to_string(),
        "average_price": position.average().map(|p| p.to_string()),
        "realized_pnl": portfolio.realised().to_string(),
        "unrealized_pnl": portfolio.unrealised().to_string(),
        "fees": portfolio.fees().to_string(),
        "account": account,
        "orders_sent": counters.orders_sent,
        "fills": counters.fills,
        "round_trips": portfolio.round_trips(),
        "notes": notes,
    }))
}
