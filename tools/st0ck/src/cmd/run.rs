//! `st0ck run`: a bot on its account, until the session is over or somebody stops it.

use crate::broker_clock;
use crate::cli::{ClockArg, RunArgs};
use crate::config::secrets::Credentials;
use crate::exit::{Exit, Failure, Outcome};
use crate::lane::{self, LaneEnd, LaneSetup, Venue, judge};
use crate::logging;
use crate::plan::{Choices, Plan};
use crate::session::latch::Latch;
use crate::session::life::Life;
use crate::session::opening::{AccountHash, Opening};
use crate::signed::pin::{self, Pin};
use crate::view::say::{remark, say};
use serde_json::json;
use st0ck_engine::lane_clock::ClockKind;
use st0ck_engine::status::LaneStatus;
use st0ck_net::dial::Dialer;
use st0ck_net::endpoint::Endpoint;
use st0ck_net::tls::Trust;
use st0ck_runtime::{InFlight, StopFlag, WallClock};
use st0ck_types::Nanos;
use st0ck_types::calendar::{NYSE, Session};
use std::io::IsTerminal;
use std::path::Path;

/// Trades.
///
/// # Errors
/// 10 settings, 11 another instance, 20 unreachable, 21 journal, 30 unexplained, 40 killed.
pub(crate) fn run(args: &RunArgs) -> Outcome {
    let choices = Choices {
        bot: &args.bot,
        file: args.settings.config.as_deref(),
        sets: &args.settings.set,
        volatility_off: args.settings.volatility_off,
        mean_reversion: args.settings.mean_reversion,
        debug: args.debug,
    };
    let plan = Plan::settle_signed(&choices, Pin::find()?.as_ref())?;
    logging::start(plan.config.text("log.level"));
    let bot_folder = args.runs.runs.join(plan.recipe.name());
    lane::refuse_if_killed(&Latch::of(&bot_folder))?;
    check_paper(args, &plan)?;
    let stop = StopFlag::new();
    stop.on_signals().map_err(|e| Failure::io(format_args!("signal handlers: {e}")))?;
    let credentials = Credentials::read(&args.bot, &plan.environment)?;
    let config = &plan.config;
    let trading_url = config.text("account.trading_url").to_owned();
    let roots = [&trading_url, config.text("account.stream_url"), config.text("feed.name")];
    let dialer =
        Dialer::start().map_err(|e| Failure::io(format_args!("threads to connect: {e}")))?;
    let venue = Venue::resolve(roots, &trust(config.text("account.tls_roots"))?)?.through(&dialer);
    let (wall, clock) = (WallClock::new(), clock_kind(args.clock));
    let account = AccountHash::of(&trading_url, credentials.key.expose());
    // Before anything is said to the broker: who comes second must not have sent a byte.
    let life = Life::begin(&bot_folder, account, wall.now())?;
    let Some(day) = trading_day(&venue, &credentials, clock, &wall)? else {
        return Ok(None);
    };
    let symbol = config.text("symbol").to_owned();
    let defined_at = if clock == ClockKind::Feed { day.open } else { wall.now() };
    let data = format!("{} {}", config.text("account.stream_url"), config.text("feed.name"));
    let setup = LaneSetup {
        plan: &plan,
        opening: Opening {
            plan: &plan,
            runs: &args.runs.runs,
            fresh: false,
            clock: if clock == ClockKind::Feed { "feed" } else { "wall" },
            day,
            symbols: vec![symbol.clone()],
            daily_closes: vec![Vec::new()],
            data,
            seed: 0,
            account,
            now: wall.now(),
            small: false,
        },
        venue,
        credentials,
        definitions: vec![lane::stock(&symbol, defined_at)],
        clock,
        wall,
        in_flight: InFlight::off(),
        recorded: clock == ClockKind::Feed,
    };
    let mut ticker = Ticker::default();
    let end = setup.run(life, &stop, &mut |status| ticker.show(status))?;
    show(args, &end);
    judge(&end.ending)?;
    Ok(None)
}

/// Who vouches for peers under TLS.
fn trust(roots: &str) -> Result<Trust, Failure> {
    let trust = match roots {
        "bundled" => return Ok(Trust::bundled()),
        "system" => Trust::system(),
        path => Trust::file(Path::new(path)),
    };
    trust.map_err(|error| Failure::config(format_args!("account.tls_roots: {error}")))
}

/// Paper unless everything agrees on live; and then not yet.
fn check_paper(args: &RunArgs, plan: &Plan) -> Result<(), Failure> {
    let paper = plan.config.flag("account.paper");
    let recorded = args.clock == ClockArg::Feed;
    let url = Endpoint::parse(plan.config.text("account.trading_url"));
    let live_url = url.is_ok_and(|url| url.host().eq_ignore_ascii_case("api.alpaca.markets"));
    match (args.live, paper) {
        (true, _) if recorded => {
            Err(Failure::new(Exit::Usage, "--clock feed is for emulators, never with --live"))
        }
        (true, true) => Err(Failure::config("--live needs IS_PAPER_TRADING=false as well")),
        (true, false) if !live_url => {
            Err(Failure::config("--live needs ALPACA_BASE_URL=https://api.alpaca.markets as well"))
        }
        (false, false) => Err(Failure::config("IS_PAPER_TRADING=false needs --live as well")),
        (false, true) if live_url => {
            Err(Failure::config("the live URL needs --live and IS_PAPER_TRADING=false as well"))
        }
        (true, false) if plan.signature.is_none() => Err(Failure::config(format_args!(
            "--live needs signed limits as well: pin a key with {}, and sign the file of --config \
             (OPERATIONS.md tells how)",
            pin::VARIABLE
        ))),
        (true, false) => Err(Failure::config(
            "this version does not trade real money: what must watch over it (a second process that \
             can cancel, a recorded period on paper) is not built yet; use a paper account",
        )),
        _ => Ok(()),
    }
}

fn clock_kind(arg: ClockArg) -> ClockKind {
    match arg {
        ClockArg::Wall => ClockKind::Wall,
        ClockArg::Feed => ClockKind::Feed,
    }
}

/// The session to trade: the broker's own day under the feed's clock, today's otherwise. `None` when
/// there is none, which is said.
fn trading_day(
    venue: &Venue,
    credentials: &Credentials,
    clock: ClockKind,
    wall: &WallClock,
) -> Result<Option<Session>, Failure> {
    let now = match clock {
        ClockKind::Wall => wall.now(),
        ClockKind::Feed => {
            let clock = broker_clock::read(&venue.trading, credentials)?;
            if !clock.is_open {
                remark!("the recorded session is over at {}", clock.now);
                return Ok(None);
            }
            clock.now
        }
    };
    match NYSE.session(NYSE.local(now).date).map_err(Failure::config)? {
        Some(session) if now < session.close => Ok(Some(session)),
        _ => {
            let next = NYSE.next_open_after(now).map_err(Failure::config)?;
            remark!("the exchange is closed; it opens at {next}");
            Ok(None)
        }
    }
}

/// One line on stderr when something changed, at most one a second.
#[derive(Default)]
struct Ticker {
    shown_at: Option<std::time::Instant>,
    last: Option<(u64, u64, &'static str)>,
}

impl Ticker {
    fn show(&mut self, status: Option<&LaneStatus>) {
        let Some(s) = status else { return };
        let what = (s.counters.orders_sent, s.counters.fills, s.state.as_str());
        let recently = self.shown_at.is_some_and(|at| at.elapsed().as_secs() < 1);
        if self.last == Some(what) || recently || !std::io::stderr().is_terminal() {
            return;
        }
        (self.last, self.shown_at) = (Some(what), Some(std::time::Instant::now()));
        remark!(
            "{} {} orders {} fills {} P&L {} fees {}",
            time_of_day(s.at),
            s.state,
            s.counters.orders_sent,
            s.counters.fills,
            s.realised,
            s.fees
        );
    }
}

fn time_of_day(at: Nanos) -> String {
    at.to_string()[11..19].to_owned()
}

/// What the session came to.
fn show(args: &RunArgs, end: &LaneEnd) {
    let Some(s) = end.status else { return };
    let session = end.dir.file_name().map(|n| n.to_string_lossy().into_owned());
    if args.json {
        let rejects: std::collections::BTreeMap<&str, u64> = s
            .counters
            .rejects()
            .filter(|(_, n)| *n > 0)
            .map(|(code, n)| (code.as_str(), n))
            .collect();
        say!(
            "{}",
            json!({
                "session": session,
                "dir": end.dir.display().to_string(),
                "bot": args.bot,
                "continued": end.continued,
                "state": s.state.as_str(),
                "events": s.counters.inputs,
                "orders_sent": s.counters.orders_sent,
                "fills": s.counters.fills,
                "round_trips": s.round_trips,
                "realized_pnl": s.realised.to_string(),
                "fees": s.fees.to_string(),
                "rejects": { "local": rejects, "broker": s.counters.broker_rejects },
                "state_hash": s.state_hash.map(|h| format!("{h:016x}")),
            })
        );
        return;
    }
    say!(
        "{}: {} orders, {} fills, {} round trips, P&L {} gross, fees {}{}",
        end.dir.display(),
        s.counters.orders_sent,
        s.counters.fills,
        s.round_trips,
        s.realised,
        s.fees,
        if end.continued { " (continued)" } else { "" }
    );
}
