//! `st0ck doctor`: whether this machine can trade, and what would make it better at it.
//!
//! Each check is a judgement over facts: files below a root folder, or values that were measured. So
//! every outcome is tested without a machine that has it.
//! *Invariant:* changes nothing, sends nothing, and ends within seconds whatever is unreachable.

mod account;
mod cores;
mod kernel;
mod line;
mod machine;
mod shares;
mod storage;

use crate::cli::DoctorArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{Choices, Plan};
use crate::signed::pin::Pin;
use crate::signed::signature::Signature;
use crate::view::say::say;
use crate::view::table::table;
use cores::Hot;
use line::{Line, Status};
use machine::Machine;
use serde_json::json;
use st0ck_runtime::topology::Topology;
use st0ck_types::Nanos;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Between the two looks at the ticks that a hypervisor took.
const STEAL_WINDOW: Duration = Duration::from_millis(300);

/// Looks at everything; exit 1 when something fails.
///
/// # Errors
/// 10 when the configuration cannot be used.
pub(crate) fn run(args: &DoctorArgs) -> Outcome {
    let choices = Choices {
        bot: &args.bot,
        file: args.config.as_deref(),
        sets: &args.set,
        volatility_off: false,
        mean_reversion: false,
        debug: false,
    };
    let plan = Plan::settle(&choices)?;
    // As a start would take it; here a refusal is one line among others.
    let signed = Pin::find().and_then(|pin| Plan::settle_signed(&choices, pin.as_ref()));
    let lines = examine(args, &plan, signed.map(|plan| plan.signature), &Machine::at("/"));
    let count = |status| lines.iter().filter(|line| line.status == status).count();
    let [ok, warn, fail] = [Status::Ok, Status::Warn, Status::Fail].map(count);
    if args.json {
        let lines: Vec<_> = lines.iter().map(Line::to_json).collect();
        say!("{}", json!({ "lines": lines, "ok": ok, "warn": warn, "fail": fail }));
    } else {
        show(&lines);
        say!("{ok} ok, {warn} to improve, {fail} to repair");
    }
    Ok((fail > 0).then_some(Exit::No))
}

fn examine(
    args: &DoctorArgs,
    plan: &Plan,
    signed: Result<Option<Signature>, Failure>,
    machine: &Machine,
) -> Vec<Line> {
    let config = &plan.config;
    let before = shares::ticks(machine);
    let urls = ["account.trading_url", "account.stream_url"].map(|key| config.text(key).to_owned());
    let reached = account::reach(&urls);
    let syncs = storage::sync_times(&args.runs.runs);
    std::thread::sleep(STEAL_WINDOW);
    let first = usize::try_from(config.integer("runtime.first_core")).ok();
    let topology = Topology::parse(config.text("runtime.topology")).unwrap_or_default();
    let hot = Hot::settle(machine, topology, first.filter(|_| config.flag("runtime.pin")));
    let segment = u64::try_from(config.integer("journal.hot_mib")).unwrap_or_default() << 20;
    let hot_dir = Some(config.text("journal.hot_dir")).filter(|dir| !dir.is_empty());
    let folder = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    vec![
        cores::count(&hot),
        cores::isolation(machine, &hot),
        cores::interrupts(machine, &hot),
        shares::quota(machine, &hot),
        shares::steal(before, shares::ticks(machine)),
        kernel::governor(machine),
        kernel::huge_pages(machine),
        storage::tmpfs(segment, hot_dir.map(Path::new), &storage::volume),
        kernel::clock_source(machine),
        kernel::memlock(machine),
        storage::space(&args.runs.runs, &storage::volume),
        storage::sync(syncs),
        account::limits(account::keys(&args.bot, &plan.environment, folder), signed),
        account::reachability(&reached),
        account::calendar(now()),
    ]
}

fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn show(lines: &[Line]) {
    let mut view = table(&["", "check", "what was seen, and what to do"]);
    for line in lines {
        let fix = line.fix.as_ref().map_or_else(String::new, |fix| format!("\n→ {fix}"));
        view.add_row([line.status.as_str(), line.check, &format!("{}{fix}", line.value)]);
    }
    say!("{view}");
}
