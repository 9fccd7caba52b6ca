//! A disk that fails under the bot: strace lets the kernel answer EIO to fdatasync. Nothing is tried
//! again, no order leaves, the process ends, and the next one checks what is there.

use crate::broker::Broker;
use crate::place::{Place, Running, skip};
use crate::tape;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What strace saw: when, and the line.
type Trace = Vec<(f64, String)>;

/// From the failure on, no order may leave later than this.
const HALTED_WITHIN: Duration = Duration::from_millis(100);

/// The same command under strace, which stays out of the way: the bot is our own child.
fn under_strace(place: &Place, bot: &Command, failing_from: u32, log: &Path) -> Command {
    let inject = format!("inject=fdatasync:error=EIO:when={failing_from}+");
    let mut command = Command::new("strace");
    place.prepare(&mut command).args(["-D", "-f", "-q", "-ttt", "-y", "-s", "40"]);
    command.args(["-e", "trace=fdatasync,fsync,write,sendto", "-e", &inject, "-o"]).arg(log);
    command.arg(bot.get_program()).args(bot.get_args());
    command.envs(bot.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command
}

fn has_strace() -> bool {
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    let works = traced.is_ok_and(|status| status.success());
    if !works {
        skip("strace is not here, or may not trace");
    }
    works
}

fn trace(log: &Path) -> Trace {
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    text.lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once(' ')?;
            let (at, call) = rest.trim_start().split_once(' ')?;
            Some((at.parse().ok()?, call.to_owned()))
        })
        .collect()
}

/// What must hold of a trace with a failed sync in it: no file of the journal is synced again, and no
/// order is written later than it may be. Gives the time of the failure.
fn check(trace: &Trace) -> Result<f64, String> {
    let failed = |call: &str| call.contains("fdatasync") && call.contains("EIO");
    let first = trace.iter().position(|(_, call)| failed(call)).ok_or("no sync failed")?;
    let at = trace[first].0;
    for (later, call) in &trace[first + 1..] {
        let syncs = call.starts_with("fdatasync") || call.starts_with("fsync");
        if syncs && call.contains(".seg") {
            return Err(format!("synced again after {:.3} s: {call}", later - at));
        }
        let orders = call.contains("POST /v2/orders");
        if orders && later - at > HALTED_WITHIN.as_secs_f64() {
            return Err(format!("an order after {:.3} s: {call}", later - at));
        }
    }
    Ok(at)
}

struct Stage {
    place: Place,
    broker: Broker,
    log: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let place = Place::new();
        place.write("tape/quotes.csv", tape::quotes(0, 14_400, tape::waves));
        let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
        let log = place.path("trace");
        Self { place, broker, log }
    }

    fn start(&self, failing_from: u32) -> Running {
        let bot = self.broker.bot(&self.place, &[]);
        self.place.start(under_strace(&self.place, &bot, failing_from, &self.log))
    }
}

/// One bot whose sync number `failing_from` fails, and the next one's life. Gives the milliseconds
/// from the failure to the last call of the process.
fn fail(failing_from: u32) -> f64 {
    let stage = Stage::new();
    let ran = stage.start(failing_from).end().exits(20).says(&["journal", "syncing"]);
    assert!(ran.err.contains("error 5"), "{}", ran.err);
    let trace = trace(&stage.log);
    let at = check(&trace).unwrap_or_else(|words| panic!("sync {failing_from}: {words}"));
    let last = trace.last().map_or(at, |(last, _)| *last);
    // The next life checks everything, goes on, and replays equal.
    stage.place.st0ck(&["journal", "verify"]).ok();
    let before = stage.broker.orders().len();
    let bot = stage.broker.start_bot(&stage.place, &["--json"]);
    stage.broker.wait_for_orders(before + 2);
    assert_eq!(bot.interrupt().ok().json()["continued"], true);
    assert_eq!(stage.place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
    (last - at) * 1e3
}

/// A sync every 20 ms: these failures come while the bot trades. `ST0CK_PROOFS=full` tries more.
#[test]
fn a_failed_sync_halts_at_once_and_is_never_tried_again() {
    if !has_strace() {
        return;
    }
    let all = std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full");
    let trials = if all { 20 } else { 1 };
    let slowest = (0..trials).map(|n| fail(150 + 37 * n)).fold(0.0, f64::max);
    println!("failed syncs: n {trials}, failures 0, the slowest was gone after {slowest:.0} ms");
}

#[test]
fn a_program_that_syncs_again_is_seen() {
    if !has_strace() {
        return;
    }
    let place = Place::new();
    place.write("000000.seg", b"bytes");
    let mut again = Command::new("sh");
    again.args(["-c", "sync -d 000000.seg || sync -d 000000.seg"]);
    let log = place.path("trace");
    place.start(under_strace(&place, &again, 1, &log)).end();
    let words = check(&trace(&log)).unwrap_err();
    assert!(words.contains("synced again"), "{words}");
}
