//! The flags of `st0ck emulate`.

use super::DataArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BrokerArg {
    Alpaca,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HoursArg {
    Core,
    Extended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartArg {
    OnSubscribe,
    Now,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck emulate alpaca --port 8080 --speed 30 --seed 7")]
pub(crate) struct EmulateArgs {
    /// Which broker.
    #[arg(value_enum)]
    pub(crate) broker: BrokerArg,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Session seconds per second.
    #[arg(long, default_value = "1", value_name = "N")]
    pub(crate) speed: String,
    /// When the recorded session begins.
    #[arg(long, value_enum, default_value_t = StartArg::OnSubscribe)]
    pub(crate) start: StartArg,
    /// Which hours of the data are played: the core session, or the hours around it, too.
    #[arg(long, value_enum, default_value_t = HoursArg::Core)]
    pub(crate) hours: HoursArg,
    /// New York time at which session time starts, not later than the data: 09:00 leaves half an hour
    /// before the open for orders that wait for it.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) start_at: Option<String>,
    /// Key that clients must use; drawn when absent.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Secret that clients must use; drawn when absent.
    #[arg(long)]
    pub(crate) secret: Option<String>,
    /// Seed of everything that is drawn; without it ids differ from run to run.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// What shall go wrong (TOML; its schema is tools/emulator/faults.schema.json).
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// What shall happen beside what was recorded: halts, news, dividends (TOML; its schema is
    /// tools/emulator/scenario.schema.json, examples lie in tools/emulator/scenarios).
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// Accounts in the house, each with keys and books of its own.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) accounts: u16,
    /// Requests that an account may make to the trading API in a minute of the session.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate_limit: u32,
    /// Let accounts ask as often as they like, of the data API too.
    #[arg(long, conflicts_with = "rate_limit")]
    pub(crate) no_rate_limit: bool,
    /// Final orders that an account remembers, a thousand at least; the oldest ones are forgotten. A
    /// hundred thousand are some 60 MB.
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub(crate) keep_orders: usize,
    /// Speak TLS, with a certificate of a test authority that the ready line names the file of.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Show the account keys of the pattern-day-trader rule, gone since 2026-07-06.
    #[arg(long)]
    pub(crate) pdt_keys: bool,
    /// Replace partly filled orders by their whole quantity, as the real broker was once reported to do.
    #[arg(long)]
    pub(crate) replace_reuses_qty: bool,
    /// Show the stop of an oco order as new, instead of held until it is elected.
    #[arg(long)]
    pub(crate) oco_stop_new: bool,
    /// Order updates as text frames, as live accounts get them, or binary, as paper accounts do.
    #[arg(long, value_enum, default_value_t = FramesArg::Binary)]
    pub(crate) updates: FramesArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FramesArg {
    Text,
    Binary,
}
