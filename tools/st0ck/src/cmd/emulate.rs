//! `st0ck emulate`: a loopback broker until interrupted. Its ready line is its only stdout.

use crate::cli::{EmulateArgs, FramesArg, HoursArg, StartArg};
use crate::exit::{Exit, Failure, Outcome};
use crate::market::{self, DataChoice};
use st0ck_emulator::{
    Emulator, EmulatorConfig, EmulatorError, FaultPlan, MarketRules, Scenario, Speed, Start,
};
use st0ck_recorded::Hours;
use st0ck_runtime::StopFlag;
use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, NYSE};
use std::io::Write;

/// Requests to the data API in a minute, as the plan allows that has all feeds.
const DATA_LIMIT: u32 = 10_000;

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When the data is not sound, the port is taken or the speed is no speed.
pub(crate) fn run(args: &EmulateArgs) -> Outcome {
    let stop = StopFlag::new();
    stop.on_signals().map_err(|e| Failure::io(format_args!("signal handlers: {e}")))?;
    let choice = DataChoice {
        path: args.data.path.as_deref(),
        symbol: args.data.symbol.as_deref().unwrap_or("SPY"),
        date: args.data.date.as_deref(),
        hours: match args.hours {
            HoursArg::Core => Hours::Calendar(&NYSE),
            HoursArg::Extended => Hours::Extended(&NYSE),
        },
        seed: args.seed.unwrap_or(1),
    };
    let played = market::open(&choice)?;
    let date = played.recording.day().date;
    let start_at = args.start_at.as_deref().map(|text| moment(date, text)).transpose()?;
    let config = EmulatorConfig {
        port: args.port,
        key: args.key.clone(),
        secret: args.secret.clone(),
        speed: Speed::Paced(speed(&args.speed)?),
        start: match args.start {
            StartArg::Now => Start::Now,
            StartArg::OnSubscribe => Start::OnSubscribe,
        },
        seed: args.seed,
        start_at,
        rules: MarketRules {
            luld: true,
            auctions: true,
            replace_reuses_qty: args.replace_reuses_qty,
            oco_stop_new: args.oco_stop_new,
        },
        faults: match &args.faults {
            Some(path) => FaultPlan::read(path).map_err(Failure::config)?,
            None => FaultPlan::default(),
        },
        scenario: match &args.scenario {
            Some(path) => Scenario::read(path).map_err(Failure::config)?,
            None => Scenario::default(),
        },
        orders_kept: args.keep_orders,
        accounts: args.accounts,
        rate_limit: (!args.no_rate_limit).then_some(args.rate_limit),
        data_limit: (!args.no_rate_limit).then_some(DATA_LIMIT),
        tls: args.tls,
        pdt_keys: args.pdt_keys,
        updates_as_text: args.updates == FramesArg::Text,
        history: Some(played.survey),
        ..EmulatorConfig::new(played.recording)
    };
    let mut emulator = bind(args, config)?;
    // A client waits for this line: without it there is nothing to run for.
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", emulator.endpoints())
        .and_then(|()| out.flush())
        .map_err(|e| Failure::io(format_args!("stdout: {e}")))?;
    drop(out);
    emulator.run(stop.as_atomic()).map_err(failure)?;
    Ok(None)
}

/// Opens the port. What a file asks for in vain is said of that file.
fn bind(args: &EmulateArgs, config: EmulatorConfig) -> Result<Emulator, Failure> {
    Emulator::bind(config).map_err(|error| {
        let file = match error {
            EmulatorError::Fault { .. } => args.faults.as_ref(),
            EmulatorError::Event { .. } => args.scenario.as_ref(),
            _ => None,
        };
        match file {
            Some(path) => Failure::config(format_args!("{}: {error}", path.display())),
            None => failure(error),
        }
    })
}

/// Session seconds per second.
fn speed(text: &str) -> Result<f64, Failure> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed.is_finite() => Ok(speed),
        _ if text == "max" => Err(Failure::new(
            Exit::Usage,
            "--speed max is lock-step, which needs our own client in the same process: use \
             `st0ck demo`, or give a number here",
        )),
        _ => Err(Failure::new(
            Exit::Usage,
            format_args!("--speed {text}: expected a number above 0"),
        )),
    }
}

/// The moment of a day's `HH:MM` in New York.
fn moment(date: Date, text: &str) -> Result<Nanos, Failure> {
    let number = |part: &str, below: u32| part.parse().ok().filter(|n: &u32| *n < below);
    let split = text.split_once(':');
    let parsed = split.and_then(|(h, m)| Some((number(h, 24)?, number(m, 60)?)));
    let usage =
        || Failure::new(Exit::Usage, format_args!("--start-at {text}: expected HH:MM, as 09:00"));
    let (hour, minute) = parsed.ok_or_else(usage)?;
    Ok(NYSE.at_local(date, hour, minute, 0))
}

fn failure(error: EmulatorError) -> Failure {
    match error {
        EmulatorError::Bind { .. } | EmulatorError::Poll(_) | EmulatorError::Panicked(_) => {
            Failure::io(error)
        }
        other => Failure::config(other),
    }
}
