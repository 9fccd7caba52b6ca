//! `st0ck demo`: a recorded session through the whole machine, over real sockets, then replayed.

mod report;

use crate::cli::DemoArgs;
use crate::config::secrets::Credentials;
use crate::exit::{Exit, Failure, Outcome};
use crate::lane::{LaneSetup, Venue, judge};
use crate::logging;
use crate::market::{self, DataChoice, Played};
use crate::plan::{Choices, Plan};
use crate::session::life::Life;
use crate::session::opening::{AccountHash, Opening};
use crate::view::progress::Progress;
use report::Facts;
use st0ck_emulator::{Emulator, EmulatorConfig, EmulatorHandle, Speed, Start};
use st0ck_engine::lane_clock::ClockKind;
use st0ck_net::secret::Secret;
use st0ck_net::tls::Trust;
use st0ck_recorded::Hours;
use st0ck_runtime::{InFlight, StopFlag, WallClock};
use st0ck_types::calendar::{NYSE, Session};
use st0ck_types::{InstrumentDef, InstrumentId};

/// Trades, replays and reports. Exit 1 when the replay differs.
///
/// # Errors
/// Names what is wrong with the data, the settings or the machine.
pub(crate) fn run(args: &DemoArgs) -> Outcome {
    let plan = Plan::settle(&Choices {
        bot: &args.bot,
        file: args.settings.config.as_deref(),
        sets: &args.settings.set,
        volatility_off: args.settings.volatility_off,
        mean_reversion: args.settings.mean_reversion,
        debug: false,
    })?;
    logging::start(plan.config.text("log.level"));
    let stop = StopFlag::new();
    stop.on_signals().map_err(|e| Failure::io(format_args!("signal handlers: {e}")))?;
    let symbol = args.data.symbol.as_deref().unwrap_or(plan.config.text("symbol"));
    let choice = DataChoice {
        path: args.data.path.as_deref(),
        symbol,
        date: args.data.date.as_deref(),
        hours: Hours::Calendar(&NYSE),
        seed: args.seed,
    };
    let played = market::open(&choice)?;
    let traded = traded(&played, symbol, args.data.symbol.is_some())?;
    let day = session(&played)?;
    let facts = Facts::of(&played, &traded);
    let in_flight = in_flight(&args.speed);
    let daily_closes = vec![played.daily_closes.clone()];
    let data = played.origin.clone();
    let emulator = start_emulator(args, played, &in_flight)?;
    let endpoints = emulator.endpoints().clone();
    let wall = WallClock::new();
    let account = AccountHash::of(&endpoints.rest, &endpoints.key);
    let life = Life::begin(&args.runs.runs.join(plan.recipe.name()), account, wall.now())?;
    let setup = LaneSetup {
        plan: &plan,
        opening: Opening {
            plan: &plan,
            runs: &args.runs.runs,
            fresh: true,
            clock: "feed",
            day,
            symbols: vec![traded.symbol.as_str().to_owned()],
            daily_closes,
            data,
            seed: args.seed,
            account,
            now: wall.now(),
            small: true,
        },
        venue: Venue::resolve([&endpoints.rest, &endpoints.stream, "sip"], &Trust::nobody())?,
        credentials: Credentials {
            key: Secret::new(endpoints.key.clone()),
            secret: Secret::new(endpoints.secret.clone()),
        },
        definitions: vec![traded],
        clock: ClockKind::Feed,
        wall,
        in_flight,
        recorded: true,
    };
    let progress = emulator.progress();
    let mut bar = Progress::new(1000, "trading");
    let end = setup.run(life, &stop, &mut |_| bar.at(progress.per_mille()))?;
    bar.finish();
    let events = progress.events();
    emulator.stop().map_err(Failure::io)?;
    judge(&end.ending)?;
    let equal = report::show(args, &facts, &end, events)?;
    Ok((!equal).then_some(Exit::No))
}

/// The instrument the bot trades: the named one, else the only one there is.
fn traded(played: &Played, symbol: &str, named: bool) -> Result<InstrumentDef, Failure> {
    let all = played.recording.instruments();
    let found = all.iter().find(|def| def.symbol.as_str() == symbol);
    let only = (all.len() == 1 && !named).then(|| &all[0]);
    let def = found.or(only).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|def| def.symbol.as_str()).collect();
        Failure::config(format_args!(
            "{} holds no {symbol}: choose with --symbol one of {}",
            played.origin,
            known.join(", ")
        ))
    })?;
    // The lane numbers its own instruments from 0.
    Ok(InstrumentDef { instrument: InstrumentId(0), ..*def })
}

fn session(played: &Played) -> Result<Session, Failure> {
    let date = played.recording.day().date;
    let session = NYSE.session(date).map_err(Failure::config)?;
    session.ok_or_else(|| Failure::config(format_args!("{date} is not a trading day")))
}

fn in_flight(speed: &str) -> InFlight {
    if speed == "max" { InFlight::lock_step() } else { InFlight::off() }
}

fn start_emulator(
    args: &DemoArgs,
    played: Played,
    in_flight: &InFlight,
) -> Result<EmulatorHandle, Failure> {
    let speed = match args.speed.parse::<f64>() {
        _ if in_flight.is_on() => Speed::LockStep(in_flight.clone()),
        Ok(speed) if speed > 0.0 && speed.is_finite() => Speed::Paced(speed),
        _ => {
            let words = format!("--speed {}: expected max or a number above 0", args.speed);
            return Err(Failure::new(Exit::Usage, words));
        }
    };
    let config = EmulatorConfig {
        speed,
        start: Start::OnSubscribe,
        seed: Some(args.seed),
        ..EmulatorConfig::new(played.recording)
    };
    Emulator::bind(config).and_then(Emulator::spawn).map_err(Failure::io)
}
