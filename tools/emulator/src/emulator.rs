//! The emulator itself: what it owns, and one turn of its crank.
//!
//! One thread owns sockets, book, venue and recording. A turn reads what came, moves session time
//! ([`release`](crate::release)), answers what was asked ([`arrivals`](crate::arrivals)) and sends.

use crate::account::directory::{Credentials, Directory};
use crate::account::limiter::Limiter;
use crate::account::opening::Opening;
use crate::agenda::Agenda;
use crate::arrivals::{Parked, Role};
use crate::book::Book;
use crate::book::ids::{IdSource, seed_of_chance};
use crate::config::{DataPlan, EmulatorConfig, EmulatorError, MarketRules, Speed, Start};
use crate::faults::desk::FaultDesk;
use crate::handle::{AccountKeys, EmulatorHandle, Endpoints, Progress};
use crate::house::House;
use crate::house::session::Floor;
use crate::market::asset::Asset;
use crate::market::newsroom::Newsroom;
use crate::market::past::Past;
use crate::market::tape::Tape;
use crate::pace::Pace;
use crate::scenario::script::Script;
use crate::stream::telling::Told;
use crate::stream::test_feed::TestFeed;
use crate::transport::{Arrived, Conn, Limits, Server, TlsAcceptor};
use st0ck_quant::rng::Rng;
use st0ck_recorded::TradingDay;
use st0ck_runtime::InFlight;
use st0ck_runtime::idle::{Idle, IdleKind};
use st0ck_sim::{SimConfig, Venue};
use st0ck_types::calendar::{CalendarError, NYSE, Session};
use st0ck_types::ids::uuid_text;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Idle turns of lock-step after which the thread sleeps on its sockets instead of spinning.
const SPINS: u32 = 20_000;
/// How long it then sleeps at most.
const NAP: Duration = Duration::from_millis(1);

/// Longer than any session.
const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not begun: time stands still at its start.
    Waiting,
    /// The market moves.
    Playing,
    /// The recording is over; the last updates are on their way.
    Closing,
    /// The streams are closed; REST goes on.
    Closed,
}

/// Settings that are looked up while running.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Show the keys of the pattern-day-trader rule in the account.
    pub(crate) pdt_keys: bool,
    pub(crate) updates_as_text: bool,
    pub(crate) iex_symbols: usize,
    pub(crate) auth_timeout: Duration,
    /// What market data may be asked for.
    pub(crate) plan: DataPlan,
}

/// A loopback Alpaca. It listens from [`Emulator::bind`] on, and works while it is cranked:
/// [`Emulator::run`], [`Emulator::spawn`] or [`Emulator::poll_once`].
pub struct Emulator {
    pub(crate) server: Server,
    pub(crate) arrived: Vec<Arrived>,
    pub(crate) roles: BTreeMap<Conn, Role>,
    pub(crate) parked: Parked,
    pub(crate) house: House,
    pub(crate) tape: Tape,
    pub(crate) past: Past,
    pub(crate) told: Told,
    pub(crate) newsroom: Newsroom,
    pub(crate) test_feed: TestFeed,
    pub(crate) agenda: Agenda,
    pub(crate) request_ids: IdSource,
    pub(crate) directory: Directory,
    pub(crate) limiter: Limiter,
    pub(crate) settings: Settings,
    pub(crate) phase: Phase,
    /// `Some` in a paced session.
    pub(crate) pace: Option<Pace>,
    /// On in lock-step.
    pub(crate) in_flight: InFlight,
    pub(crate) progress: Progress,
    pub(crate) faults: FaultDesk,
    pub(crate) script: Script,
    start_now: bool,
    endpoints: Endpoints,
}

impl Emulator {
    /// Opens the port and stands before the first event of the session.
    ///
    /// # Errors
    /// [`EmulatorError`] for a port that cannot be had, a speed that is none, a recording without
    /// events or with an unsound line.
    pub fn bind(config: EmulatorConfig) -> Result<Self, EmulatorError> {
        if let Some((fault, words)) = config.faults.unfit(config.accounts) {
            let (line, name) = (fault.line, fault.name.clone());
            return Err(EmulatorError::Fault { line, name, words });
        }
        let rng = Rng::new(config.seed.unwrap_or_else(seed_of_chance));
        let (pace, in_flight) = time_of(config.speed)?;
        let (limits, auth_timeout) =
            limits_of(&in_flight, config.stream_pending, config.auth_timeout);
        let (mut server, port, ca) = open_port(config.port, config.tls, limits)?;
        let tape = Tape::new(config.recording, config.start_at)?;
        if tape.next_at().is_none() {
            return Err(EmulatorError::Empty(tape.day().date));
        }
        let opening = Opening {
            accounts: config.accounts.max(1),
            key: config.key,
            secret: config.secret,
            cash: config.cash,
            pdt_keys: config.pdt_keys,
        };
        // What is modelled of earlier days is modelled as the recording is: by the seed, or by 1.
        let seed = config.seed.unwrap_or(1);
        let (mut house, keys) = house_of(&tape, &rng, config.venue, config.rules, opening)?;
        house.books.iter_mut().for_each(|book| book.keep(config.orders_kept));
        let script = Script::new(config.scenario, &house, tape.start(), tape.day().date)?;
        let (faults, bytes) = FaultDesk::new(config.faults, &rng, tape.start(), tape.day().date);
        server.tap(bytes, tape.start());
        Ok(Self {
            faults,
            script,
            endpoints: endpoints_of(port, ca, &keys, &house.books),
            progress: Progress::new(tape.start(), house.ends(), tape.rows()),
            past: Past::new(&house.assets, house.session.date, config.history, seed),
            told: Told::nothing(house.assets.len()),
            newsroom: Newsroom::new(
                rng.fork("news"),
                house.assets.iter().map(|asset| asset.symbol),
                tape.day(),
            ),
            test_feed: TestFeed::new(tape.day(), seed),
            server,
            arrived: Vec::new(),
            roles: BTreeMap::new(),
            parked: Parked::default(),
            house,
            tape,
            agenda: Agenda::new(rng.fork("agenda")),
            request_ids: IdSource::new(rng.fork("requests")),
            directory: Directory::new(keys),
            limiter: Limiter::new(config.rate_limit, config.data_limit),
            settings: Settings {
                pdt_keys: config.pdt_keys,
                updates_as_text: config.updates_as_text,
                iex_symbols: config.iex_symbols,
                auth_timeout,
                plan: config.plan,
            },
            phase: Phase::Waiting,
            pace,
            in_flight,
            start_now: config.start == Start::Now,
        })
    }

    /// Where it is reached, and as whom.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How far it is, now and later.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Runs on a thread of its own.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn spawn(self) -> Result<EmulatorHandle, EmulatorError> {
        EmulatorHandle::start(self)
    }

    /// Works until `stop` is raised. The session's end does not end it: REST goes on.
    ///
    /// # Errors
    /// [`EmulatorError`] when sockets cannot be waited for, or a line of the recording is unsound.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), EmulatorError> {
        let idle = Idle::new(IdleKind::Backoff);
        let mut quiet_turns = 0;
        while !stop.load(Ordering::Acquire) {
            let wait = match &self.pace {
                // While time stands still whatever is due is due now.
                Some(_) if self.is_frozen() && self.next_due().is_some() => Duration::ZERO,
                Some(pace) => pace.wait_for(self.next_due(), Instant::now()),
                None if quiet_turns > SPINS => NAP,
                None => Duration::ZERO,
            };
            let work = self.poll_once(wait)?;
            quiet_turns = if work > 0 { 0 } else { quiet_turns + 1 };
            if wait.is_zero() {
                idle.rest(work);
            }
        }
        Ok(())
    }

    /// One turn: waits at most `wait` for sockets. Returns how much it did; 0 when nothing.
    ///
    /// # Errors
    /// As [`Emulator::run`].
    pub fn poll_once(&mut self, wait: Duration) -> Result<u32, EmulatorError> {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.server.poll(wait, &mut arrived).map_err(EmulatorError::Poll)?;
        let now = Instant::now();
        if self.phase == Phase::Waiting && self.start_now && self.pace.is_some() {
            self.begin(now);
        }
        let mut work = u32::try_from(arrived.len()).unwrap_or(u32::MAX);
        if let Some(pace) = self.pace {
            work += self.play_until(pace.session_time(now).unwrap_or(self.house.now()))?;
        }
        for item in arrived.drain(..) {
            self.on_arrived(item, now);
        }
        self.answer_parked();
        if self.pace.is_none() {
            work += self.step()?;
        }
        self.end_sessions_that_wait(now);
        self.close_streams();
        self.log_faults();
        self.server.flush(&mut arrived);
        self.arrived = arrived;
        Ok(work)
    }

    /// The session begins: time runs from now on.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.phase = Phase::Playing;
        if let Some(pace) = &mut self.pace {
            pace.begin(self.house.now(), now);
        }
    }
}

/// The port that was asked for, or a free one; with TLS, where its authority's certificate lies.
fn open_port(
    asked: u16,
    tls: bool,
    limits: Limits,
) -> Result<(Server, u16, Option<String>), EmulatorError> {
    let bind_error = |source| EmulatorError::Bind { port: asked, source };
    let mut server = Server::bind(asked, limits).map_err(bind_error)?;
    let port = server.port().map_err(bind_error)?;
    if !tls {
        return Ok((server, port, None));
    }
    let acceptor = TlsAcceptor::new(port)?;
    let ca = acceptor.ca_file().display().to_string();
    server.speak_tls(acceptor);
    Ok((server, port, Some(ca)))
}

/// How time passes: by a pace, or by a count of what is in flight.
fn time_of(speed: Speed) -> Result<(Option<Pace>, InFlight), EmulatorError> {
    match speed {
        Speed::Paced(speed) if speed.is_finite() && speed > 0.0 => {
            Ok((Some(Pace::new(speed)), InFlight::off()))
        }
        Speed::Paced(speed) => Err(EmulatorError::Speed(speed)),
        Speed::LockStep(in_flight) => Ok((None, in_flight)),
    }
}

/// The wall clock must not act on a session that has its own time: in lock-step a client that was
/// paused for an hour finds everything as it was.
fn limits_of(in_flight: &InFlight, stream_pending: usize, auth: Duration) -> (Limits, Duration) {
    let limits = Limits { stream_pending, ..Limits::default() };
    if in_flight.is_on() {
        return (Limits { silence: FOREVER, ..limits }, FOREVER);
    }
    (limits, auth)
}

fn house_of(
    tape: &Tape,
    rng: &Rng,
    venue: SimConfig,
    rules: MarketRules,
    opening: Opening,
) -> Result<(House, Vec<Credentials>), EmulatorError> {
    let session = session_of(tape.day())?;
    let assets: Vec<Asset> = tape.instruments().iter().map(Asset::new).collect();
    let floor = Floor::new(&session, tape.start(), tape.day().close, rules);
    let venue = Venue::new(SimConfig { seed: rng.fork("venue").next_u64(), ..venue });
    let (books, keys) = opening.open(&session, assets.len(), rng);
    Ok((House::new(books, assets, session, tape.start(), venue, floor), keys))
}

/// The day's hours by the calendar; a day that is none of New York's (coins) has only its own.
fn session_of(day: TradingDay) -> Result<Session, CalendarError> {
    let by_calendar = NYSE.session(day.date)?;
    let hours = (day.open, day.close);
    let same = by_calendar.filter(|session| {
        hours == (session.open, session.close) || hours == (session.pre_open, session.post_close)
    });
    Ok(same.unwrap_or(Session {
        date: day.date,
        pre_open: day.open,
        open: day.open,
        close: day.close,
        post_close: day.close,
        early_close: false,
    }))
}

fn endpoints_of(port: u16, ca: Option<String>, keys: &[Credentials], books: &[Book]) -> Endpoints {
    let secure = if ca.is_some() { "s" } else { "" };
    let account = |(own, book): (&Credentials, &Book)| AccountKeys {
        key: own.key.clone(),
        secret: own.secret.clone(),
        account: uuid_text(book.account.id).to_string(),
    };
    let accounts: Vec<AccountKeys> = keys.iter().zip(books).map(account).collect();
    let AccountKeys { key, secret, account } = accounts[0].clone();
    Endpoints {
        rest: format!("http{secure}://127.0.0.1:{port}"),
        data: format!("http{secure}://127.0.0.1:{port}"),
        stream: format!("ws{secure}://127.0.0.1:{port}"),
        key,
        secret,
        account,
        ca,
        accounts,
    }
}
