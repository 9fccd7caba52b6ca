//! How an emulator is set up, and why one could not be.

use crate::faults::FaultPlan;
use crate::scenario::Scenario;
use crate::transport::TlsError;
use st0ck_recorded::{DataError, Recording, Survey};
use st0ck_runtime::InFlight;
use st0ck_sim::SimConfig;
use st0ck_types::calendar::{CalendarError, LocalTime};
use st0ck_types::{Money, Nanos};
use std::io;
use std::time::Duration;

/// How session time passes.
#[derive(Debug, Clone)]
pub enum Speed {
    /// So many times as fast as the wall clock. Must be positive.
    Paced(f64),
    /// One thing at a time, the next when everybody has finished with the last: for clients in this
    /// process that share the count. The market starts at the first data subscription.
    LockStep(InFlight),
}

/// When a paced session starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As soon as the emulator runs.
    Now,
    /// At the first data subscription.
    OnSubscribe,
}

/// Which market data the account pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataPlan {
    /// All of it.
    #[default]
    Plus,
    /// The consolidated feed only with fifteen minutes' delay.
    Basic,
}

/// Which rules exchange and broker keep, beside what they always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarketRules {
    /// Limit up, limit down: price bands, and pauses at them.
    pub luld: bool,
    /// An opening and a closing auction.
    pub auctions: bool,
    /// Replacing a partly filled order asks for the whole quantity again, as the real broker has been
    /// reported to do (alpacahq/Alpaca-API#165), instead of what is left of it.
    pub replace_reuses_qty: bool,
    /// The stop of an oco order becomes `new` with its take-profit, instead of `held` until it is elected.
    pub oco_stop_new: bool,
}

/// Everything an emulator needs. [`EmulatorConfig::new`] gives the defaults.
pub struct EmulatorConfig {
    /// The session to play.
    pub recording: Recording,
    /// Port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Key id; made up in the style of paper accounts when `None`.
    pub key: Option<String>,
    /// Secret; made up when `None`.
    pub secret: Option<String>,
    /// How session time passes.
    pub speed: Speed,
    /// When a paced session starts.
    pub start: Start,
    /// Names all chance: ids, latencies, partial fills. Without it they differ from process to
    /// process, the account's id too.
    pub seed: Option<u64>,
    /// Cash at the start.
    pub cash: Money,
    /// How the venue behaves. Its own seed is not used: `seed` names that too.
    pub venue: SimConfig,
    /// Send order updates as text frames, as live accounts get them; paper gets binary ones.
    pub updates_as_text: bool,
    /// Show the account keys of the pattern-day-trader rule, gone since 2026-07-06.
    pub pdt_keys: bool,
    /// Symbols of trades and quotes that a session on `/v2/iex` may subscribe to (error 405).
    pub iex_symbols: usize,
    /// How long a websocket may take to show its keys (error 404).
    pub auth_timeout: Duration,
    /// Bytes of market data or updates that may wait for a slow client (error 407).
    pub stream_pending: usize,
    /// Accounts at the broker, from 1 on, each with keys and books of its own.
    pub accounts: u16,
    /// Requests an account may make to the trading API in a minute of session time; `None` for any
    /// number.
    pub rate_limit: Option<u32>,
    /// The same for the data API.
    pub data_limit: Option<u32>,
    /// Speak TLS, with a certificate of a test authority.
    pub tls: bool,
    /// What market data may be asked for.
    pub plan: DataPlan,
    /// The exchange's rules.
    pub rules: MarketRules,
    /// Where session time starts, if not with the recording's first event: not later than that.
    pub start_at: Option<Nanos>,
    /// What the data API knows of the days before the session; `None` for nothing.
    pub history: Option<Survey>,
    /// Orders that are over and still remembered, for each account; a thousand at least.
    /// Executions too. Client ids stay taken for the next 200,000 that are forgotten at least.
    pub orders_kept: usize,
    /// What shall go wrong.
    pub faults: FaultPlan,
    /// What shall happen beside what was recorded.
    pub scenario: Scenario,
}

impl EmulatorConfig {
    /// A paper account of $100,000 on a free port, played at the wall clock's pace from the first
    /// subscription on.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            port: 0,
            key: None,
            secret: None,
            speed: Speed::Paced(1.0),
            start: Start::OnSubscribe,
            seed: None,
            cash: Money(100_000 * Money::ONE.0),
            venue: SimConfig::default(),
            updates_as_text: false,
            pdt_keys: false,
            iex_symbols: 30,
            auth_timeout: Duration::from_secs(10),
            stream_pending: 1 << 20,
            accounts: 1,
            rate_limit: None,
            data_limit: None,
            tls: false,
            plan: DataPlan::Plus,
            rules: MarketRules { auctions: true, ..MarketRules::default() },
            start_at: None,
            history: None,
            orders_kept: usize::MAX,
            faults: FaultPlan::default(),
            scenario: Scenario::default(),
        }
    }
}

/// Why an emulator does not run (any more).
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The port is taken or not allowed.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another --port, or 0 for any")]
    Bind {
        /// The port asked for.
        port: u16,
        /// The kernel's reason.
        source: io::Error,
    },
    /// The poll failed: a defect of the system, not of a client.
    #[error("while waiting for sockets: {0}")]
    Poll(#[source] io::Error),
    /// The recording has an unsound line.
    #[error(transparent)]
    Recording(#[from] DataError),
    /// The recording has no event in the session.
    #[error("the recording has no quote and no trade in the session of {0}: nothing to play")]
    Empty(st0ck_types::calendar::Date),
    /// Session time would start after the recording's first event.
    #[error("the session cannot start at {asked}: the recording begins at {first}")]
    StartsLate {
        /// The start asked for.
        asked: LocalTime,
        /// The recording's first event.
        first: LocalTime,
    },
    /// The day is not in the calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A fault that this emulator cannot make.
    #[error("line {line}: the fault {name:?} {words}")]
    Fault {
        /// Line of its file.
        line: usize,
        /// Its name.
        name: String,
        /// What is wrong and what would be right.
        words: &'static str,
    },
    /// An event that cannot happen in this session.
    #[error("line {line}: the event {words}")]
    Event {
        /// Line of its file.
        line: usize,
        /// What is wrong and what would be right.
        words: String,
    },
    /// TLS was asked for and cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A pace that is no pace.
    #[error("speed {0}: must be a number above 0, or max")]
    Speed(f64),
    /// The thread that ran it panicked.
    #[error("the emulator's thread panicked: {0}")]
    Panicked(String),
}
