//! What a demo shows at its end: trades, profit, latencies, the replay. For people and as JSON.

use crate::cli::DemoArgs;
use crate::cmd::replay;
use crate::exit::Failure;
use crate::lane::LaneEnd;
use crate::market::Played;
use crate::view::plot::sparkline;
use crate::view::say::say;
use crate::view::table::{duration, grouped, table};
use serde_json::{Map, Value, json};
use st0ck_engine::Counters;
use st0ck_engine::engine::Engine;
use st0ck_journal::Stat;
use st0ck_lab::replay::{Replay, replay_watched};
use st0ck_lab::trades::{RoundTrip, TradeLog};
use st0ck_runtime::latency::Stage;
use st0ck_types::{Input, InstrumentDef, InstrumentId, Money, Report};
use std::collections::BTreeMap;
use std::time::Instant;

/// Round trips shown at the beginning and at the end of the table.
const SHOWN: usize = 5;

/// What is known of the data before it is played.
pub(super) struct Facts {
    symbol: String,
    kind: &'static str,
    modelled: bool,
    rows_outside: u64,
    origin: String,
}

impl Facts {
    /// Of this recording and the instrument traded.
    pub(super) fn of(played: &Played, traded: &InstrumentDef) -> Self {
        Self {
            symbol: traded.symbol.as_str().to_owned(),
            kind: played.recording.kind().as_str(),
            modelled: played.recording.is_modelled(),
            rows_outside: played.recording.rows_outside(),
            origin: played.origin.clone(),
        }
    }
}

/// Everything the session's own journal says about it.
struct Told {
    replay: Replay,
    engine: Engine,
    trades: TradeLog,
    broker_rejects: BTreeMap<String, u64>,
    inputs_per_s: f64,
    stat: Stat,
}

/// Replays the journal and shows the result. Returns whether the replay was equal.
///
/// # Errors
/// When the journal cannot be read.
pub(super) fn show(
    args: &DemoArgs,
    facts: &Facts,
    end: &LaneEnd,
    played: u64,
) -> Result<bool, Failure> {
    let told = read_back(end)?;
    let live = end.status.and_then(|status| status.state_hash);
    let equal = told.replay.equal && live == Some(told.replay.state_hash);
    if args.json {
        say!("{}", to_json(args, facts, end, &told, equal));
    } else {
        print(facts, end, &told, equal, played);
    }
    Ok(equal)
}

fn read_back(end: &LaneEnd) -> Result<Told, Failure> {
    let mut trades = TradeLog::new(InstrumentId(0));
    let mut broker_rejects = BTreeMap::new();
    let started = Instant::now();
    let (replay, engine) = replay_watched(&end.dir, None, &mut |group, engine| {
        trades.watch(group, engine);
        if let Input::Report(Report::Rejected(status)) = &group.input {
            *broker_rejects.entry(status.code.to_string()).or_insert(0) += 1;
        }
    })
    .map_err(replay::failure)?;
    let inputs_per_s = replay.inputs as f64 / started.elapsed().as_secs_f64().max(1e-9);
    let stat = st0ck_journal::stat(&end.dir).map_err(crate::session::opening::journal_failure)?;
    Ok(Told { replay, engine, trades, broker_rejects, inputs_per_s, stat })
}

fn local_rejects(counters: &Counters) -> BTreeMap<String, u64> {
    let counted = counters.rejects().filter(|(_, count)| *count > 0);
    counted.map(|(code, count)| (code.as_str().to_owned(), count)).collect()
}

fn to_json(args: &DemoArgs, facts: &Facts, end: &LaneEnd, told: &Told, equal: bool) -> Value {
    let (counters, portfolio) = (told.engine.counters(), told.engine.portfolio());
    let mut latency = Map::new();
    for stage in Stage::ALL {
        let s = end.stages.of(stage).snapshot();
        latency.insert(
            stage.as_str().to_owned(),
            json!({ "count": s.count, "p50": s.p50, "p99": s.p99, "p999": s.p999, "max": s.max }),
        );
    }
    json!({
        "session": end.dir.file_name().map(|n| n.to_string_lossy().into_owned()),
        "dir": end.dir.display().to_string(),
        "bot": args.bot,
        "symbols": [facts.symbol],
        "data": { "kind": facts.kind, "modelled": facts.modelled, "source": facts.origin,
            "rows_outside_session": facts.rows_outside },
        "events": counters.inputs,
        "quotes": counters.quotes,
        "prints": counters.prints,
        "bars": told.stat_of("bar"),
        "orders_sent": counters.orders_sent,
        "fills": counters.fills,
        "round_trips": portfolio.round_trips(),
        "realized_pnl": portfolio.realised().to_string(),
        "fees": portfolio.fees().to_string(),
        "rejects": { "local": local_rejects(&counters), "broker": told.broker_rejects },
        "journal": { "records": told.stat.records, "bytes": told.stat.bytes,
            "placement": end.placement.to_string() },
        "replay": { "equal": equal, "records": told.replay.records,
            "state_hash": format!("{:016x}", told.replay.state_hash) },
        "latency_ns": latency,
        "rss_bytes": peak_rss_bytes(),
        "topology": end.topology.as_str(),
        "notes": notes(&told.engine),
    })
}

impl Told {
    fn stat_of(&self, kind: &str) -> u64 {
        let found = self.stat.kinds.iter().find(|(k, _)| k.as_str() == kind);
        found.map_or(0, |(_, count)| *count)
    }
}

/// The strategy's own view at the end.
fn notes(engine: &Engine) -> BTreeMap<String, String> {
    let mut notes = BTreeMap::new();
    engine.notes(st0ck_types::StrategyId(0), &mut |name, value| {
        notes.insert(name.to_owned(), st0ck_types::Price(value).to_string());
    });
    notes
}

fn print(facts: &Facts, end: &LaneEnd, told: &Told, equal: bool, played: u64) {
    let counters = told.engine.counters();
    say!(
        "{}: {} ({}{})",
        end.dir.display(),
        facts.symbol,
        facts.origin,
        if facts.modelled { "; quotes and prints modelled from bars" } else { "" }
    );
    say!(
        "{} events played; the core consumed {} inputs: {} quotes, {} prints, {} bars\n",
        grouped(played),
        grouped(counters.inputs),
        grouped(counters.quotes),
        grouped(counters.prints),
        grouped(told.stat_of("bar"))
    );
    print_trades(&told.trades.trips);
    print_profit(told);
    print_latency(end);
    say!(
        "journal: {} records, {} bytes, hot segments on {}",
        grouped(told.stat.records),
        grouped(told.stat.bytes),
        end.placement
    );
    say!("memory: {} MiB at most; threads: {}", peak_rss_bytes() >> 20, end.topology.as_str());
    say!("{}", replay::words(&told.replay, told.inputs_per_s));
    if told.replay.equal && !equal {
        say!("but the live engine ended in another state than its replay");
    }
}

fn print_trades(trips: &[RoundTrip]) {
    let mut view = table(&[
        ">#",
        "opened (UTC)",
        "closed",
        ">qty",
        ">entry",
        ">exit",
        ">gross",
        ">fees",
        ">net",
    ]);
    let clock = |at: st0ck_types::Nanos| at.to_string()[11..23].to_owned();
    for (index, trip) in trips.iter().enumerate() {
        let hidden = trips.len() > 2 * SHOWN && (SHOWN..trips.len() - SHOWN).contains(&index);
        if hidden {
            if index == SHOWN {
                view.add_row(["…"]);
            }
            continue;
        }
        view.add_row([
            (index + 1).to_string(),
            clock(trip.opened_at),
            clock(trip.closed_at),
            trip.qty.to_string(),
            trip.entry.to_string(),
            trip.exit.to_string(),
            rounded(trip.gross),
            rounded(trip.fees),
            rounded(trip.net()),
        ]);
    }
    say!("{view}");
}

fn print_profit(told: &Told) {
    let portfolio = told.engine.portfolio();
    let (gross, fees) = (portfolio.realised(), portfolio.fees());
    let mut sum = Money::ZERO;
    let curve: Vec<i128> = told
        .trades
        .trips
        .iter()
        .map(|trip| {
            sum += trip.net();
            sum.0
        })
        .collect();
    let counters = told.engine.counters();
    say!(
        "{} orders, {} fills, {} round trips ({} won, {} lost after fees)",
        counters.orders_sent,
        counters.fills,
        portfolio.round_trips(),
        portfolio.wins(),
        portfolio.losses()
    );
    say!(
        "P&L: gross {} - fees {} = net {} USD",
        rounded(gross),
        rounded(fees),
        rounded(gross - fees)
    );
    say!("net:  {}", sparkline(&curve, 60));
    let rejects = local_rejects(&counters);
    if !rejects.is_empty() || !told.broker_rejects.is_empty() {
        let list = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(code, n)| format!("{code} {n}")).collect::<Vec<_>>().join(", ")
        };
        say!(
            "refused: by us {}; by the broker {}",
            or_none(list(&rejects)),
            or_none(list(&told.broker_rejects))
        );
    }
    let said: Vec<String> =
        notes(&told.engine).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    say!("strategy at the end: {}", said.join(", "));
    say!("{}", history_words(&told.engine));
}

/// What volatility rests on: the documents want it said when it is not yet the blend.
fn history_words(engine: &Engine) -> String {
    let notes = notes(engine);
    match (notes.get("vol_blended").map(String::as_str), notes.get("history_days")) {
        (Some("0"), Some(days)) => format!(
            "volatility: the intraday estimate alone, for only {days} of 20 days of history are known\n"
        ),
        (Some(_), Some(days)) => {
            format!("volatility: intraday blended with {days} days of history\n")
        }
        _ => String::new(),
    }
}

fn or_none(list: String) -> String {
    if list.is_empty() { "nothing".to_owned() } else { list }
}

fn print_latency(end: &LaneEnd) {
    let mut view = table(&["stage", ">count", ">p50", ">p99", ">p99.9", ">max"]);
    for stage in Stage::ALL {
        let s = end.stages.of(stage).snapshot();
        let cells = [s.p50, s.p99, s.p999, s.max].map(duration);
        let [p50, p99, p999, max] = cells;
        view.add_row([stage.as_str().to_owned(), grouped(s.count), p50, p99, p999, max]);
    }
    say!("{view}");
}

/// Money to the tenth of a cent, for people.
fn rounded(money: Money) -> String {
    let tenths = money.0 / 1_000_000_000_000_000;
    let sign = if tenths < 0 { "-" } else { "" };
    let magnitude = tenths.unsigned_abs();
    format!("{sign}{}.{:03}", magnitude / 1000, magnitude % 1000)
}

/// The most memory the process has had, from `/proc`; zero where there is none.
fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0)
        * 1024
}
