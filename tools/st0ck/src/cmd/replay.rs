//! `st0ck replay`: does the recorded session come out the same?

use crate::cli::ReplayArgs;
use crate::cmd::what_if;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::{opening::journal_failure, paths};
use crate::view::say::say;
use crate::view::table::grouped;
use serde_json::{Value, json};
use st0ck_engine::engine::Engine;
use st0ck_lab::build;
use st0ck_lab::groups::LabError;
use st0ck_lab::header::{HeaderError, SessionHeader};
use st0ck_lab::replay::{Difference, Replay, ReplayError, replay, replay_with};
use st0ck_types::{Seq, StrategyId};
use std::path::Path;
use std::time::Instant;

/// Replays a session; exit 1 when it differs.
///
/// # Errors
/// When the session cannot be read; 21 when its journal is damaged.
pub(crate) fn run(args: &ReplayArgs) -> Outcome {
    if !args.set.is_empty() {
        return what_if::run(args);
    }
    let dir = paths::find(&args.dir, &args.runs.runs)?;
    let started = Instant::now();
    let (result, engine) = again(&dir, args).map_err(failure)?;
    let rate = result.inputs as f64 / started.elapsed().as_secs_f64().max(1e-9);
    if args.json {
        say!("{}", to_json(&result, rate));
    } else {
        say!("{}", words(&result, rate));
        if args.to.is_some() {
            show_state(&engine);
        }
    }
    Ok((!result.equal).then_some(Exit::No))
}

/// Replays with the engine of the header; with `--force` whatever its behaviour.
fn again(dir: &Path, args: &ReplayArgs) -> Result<(Replay, Engine), ReplayError> {
    let to = args.to.map(Seq);
    if !args.force {
        return replay(dir, to);
    }
    let engine = build::engine_of_any_behaviour(&SessionHeader::vouched(dir)?)?;
    Ok(replay_with(engine, dir, to, &mut |_, _| {})?)
}

/// The exit code of a replay that could not be made.
pub(crate) fn failure(error: ReplayError) -> Failure {
    match error {
        ReplayError::Journal(LabError::Journal(error)) => journal_failure(error),
        ReplayError::Journal(error) => Failure::new(Exit::Damaged, error),
        ReplayError::Header(HeaderError::Journal(error)) => journal_failure(error),
        ReplayError::Header(error) => Failure::io(error),
        ReplayError::Build(error) => Failure::config(error),
    }
}

/// The JSON of a replay.
pub(crate) fn to_json(result: &Replay, events_per_s: f64) -> Value {
    let difference = result.first_difference.as_ref();
    json!({
        "equal": result.equal,
        "records": result.records,
        "inputs": result.inputs,
        "outputs": result.outputs,
        "state_hash": format!("{:016x}", result.state_hash),
        "events_per_s": events_per_s.round(),
        "unclosed_records": result.unclosed,
        "first_difference": difference.map(|Difference { seq, recorded, replayed }| {
            json!({ "seq": seq.0, "recorded": recorded, "replayed": replayed })
        }),
    })
}

/// The sentence of a replay.
pub(crate) fn words(result: &Replay, events_per_s: f64) -> String {
    let counts = format!(
        "{} records, {} inputs, {} outputs, state_hash {:016x}, {} inputs/s",
        grouped(result.records),
        grouped(result.inputs),
        grouped(result.outputs),
        result.state_hash,
        grouped(events_per_s as u64),
    );
    let left_out = match result.unclosed {
        0 => String::new(),
        n => format!("\n{n} records of a group that was never closed are left out"),
    };
    match &result.first_difference {
        None => format!("replay equal: {counts}{left_out}"),
        Some(Difference { seq, recorded, replayed }) => format!(
            "replay differs at record {seq}: {counts}{left_out}\n  recorded: {recorded}\n  replayed: {replayed}"
        ),
    }
}

fn show_state(engine: &Engine) {
    let portfolio = engine.portfolio();
    say!("state {}", engine.state());
    for instrument in portfolio.traded() {
        let position = portfolio.position(instrument);
        say!("position {} of instrument {}", position.qty, instrument.0);
    }
    say!(
        "realized {} unrealized {} fees {}",
        portfolio.realised(),
        portfolio.unrealised(),
        portfolio.fees()
    );
    engine.notes(StrategyId(0), &mut |name, value| {
        say!("{name} {}", st0ck_types::Price(value));
    });
}
