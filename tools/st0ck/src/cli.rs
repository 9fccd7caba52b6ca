//! The command line: every command, flag and example. What a command does is in `cmd/`.

mod emulate;

pub(crate) use emulate::{EmulateArgs, FramesArg, HoursArg, StartArg};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A low-latency trading system: pinned threads, lock-free rings, a journal that replays.
#[derive(Debug, Parser)]
#[command(
    name = "st0ck",
    version,
    max_term_width = 100,
    after_help = "\
Example: st0ck demo --seed 7 --json\n\
Exit codes: 0 done · 1 the answer is no · 2 usage · 10 configuration or data file · 11 lock held · \
20 I/O · 21 journal damaged · 30 unexplained at the broker · 40 kill latched"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trade a recorded session through the whole pipeline, then replay it. No keys, no set-up.
    Demo(DemoArgs),
    /// Run a bot on its account: paper unless everything agrees on live.
    Run(RunArgs),
    /// List the bots of the registry.
    Bots(BotsArgs),
    /// Be a broker on the loopback interface until interrupted.
    Emulate(EmulateArgs),
    /// Stand before a broker on this machine and let its connections go wrong as a file says.
    Chaos(crate::cmd::chaos::ChaosArgs),
    /// Feed a journal's inputs to a fresh engine and compare everything it decides.
    Replay(ReplayArgs),
    /// Why an order was sent: checks, sizing, signal, inputs, and the words for it.
    Explain(ExplainArgs),
    /// What stood between a strategy and an entry at a moment.
    #[command(name = "whynot")]
    WhyNot(WhyNotArgs),
    /// Walk through a session by hand: forward, back, until something holds.
    Step(StepArgs),
    /// Look into a journal.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Stop a bot's trading: no new orders, opening orders canceled, latched until armed.
    #[command(after_help = "Example: st0ck kill --bot st0cka --reason \"wrong config\"")]
    Kill(LatchArgs),
    /// Take a kill back, with a reason.
    #[command(after_help = "Example: st0ck arm --bot st0cka --reason \"config mended\"")]
    Arm(LatchArgs),
    /// Let a running bot only close positions, until it is armed.
    #[command(after_help = "Example: st0ck reduce --bot st0cka --reason 'news at two'")]
    Reduce(LatchArgs),
    /// Let a running bot send nothing but cancels, until it is armed.
    #[command(after_help = "Example: st0ck halt --all --reason 'odd prices'")]
    Halt(LatchArgs),
    /// Take back what latched in a running bot: breakers and loss limits that were reached. Shows what
    /// lies on each bot and wants `reset BOT` typed. No limit is lifted by it: limits are the
    /// configuration's, signed where a key is pinned, and no command changes one.
    #[command(
        after_help = "Example: st0ck reset --bot st0cka --by Ada --reason 'broker repaired' --yes"
    )]
    Reset(crate::cmd::reset::ResetArgs),
    /// What each bot is doing or last did.
    Status(StatusArgs),
    /// Whether this machine can trade, and what would make it better at it.
    Doctor(DoctorArgs),
    /// Check, show, look up or sign the configuration.
    #[command(subcommand)]
    Config(crate::cmd::config::ConfigCommand),
    /// Calculators that take a file and write a file.
    Calc(CalcArgs),
}

/// Where sessions are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunsArg {
    /// Folder of the sessions.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
}

/// Which recorded session.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArgs {
    /// A data file or folder (CSV or CSV.gz: bars, quotes or trades) instead of the embedded day.
    #[arg(long = "data", value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Symbol of data without a symbol column.
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Which session of the data, for example 2020-12-15.
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<String>,
}

/// Where settings come from, beside the environment.
#[derive(Debug, Clone, Args)]
pub(crate) struct SettingArgs {
    /// Change a setting, for example mode=simple. May be given many times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// A configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use one share and the plain target whatever the volatility.
    #[arg(long)]
    pub(crate) volatility_off: bool,
    /// Enter only below the session's average price.
    #[arg(long)]
    pub(crate) mean_reversion: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck demo --set mode=simple --date 2020-12-16 --json")]
pub(crate) struct DemoArgs {
    /// Which bot.
    #[arg(long, default_value = "st0cka")]
    pub(crate) bot: String,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    /// Session seconds per second, or `max` for lock-step.
    #[arg(long, default_value = "max", value_name = "max|N")]
    pub(crate) speed: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: ST0CKA_KEY=… ST0CKA_SECRET=… st0ck run st0cka")]
pub(crate) struct RunArgs {
    /// Which bot.
    pub(crate) bot: String,
    /// Trade with real money. Also needs the live URL and IS_PAPER_TRADING=false.
    #[arg(long)]
    pub(crate) live: bool,
    /// Whose time decides: the wall clock's, or that of a recorded feed (emulators only).
    #[arg(long, value_enum, default_value_t = ClockArg::Wall)]
    pub(crate) clock: ClockArg,
    /// Log more.
    #[arg(long)]
    pub(crate) debug: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout at the end.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockArg {
    Wall,
    Feed,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck bots --json")]
pub(crate) struct BotsArgs {
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck replay last --json")]
pub(crate) struct ReplayArgs {
    /// A session folder, its journal folder, or `last`.
    #[arg(default_value = "last", value_name = "DIR")]
    pub(crate) dir: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// Stop after this record and show the state there.
    #[arg(long, value_name = "SEQ")]
    pub(crate) to: Option<u64>,
    /// Replay it even if an engine of another behaviour made it.
    #[arg(long)]
    pub(crate) force: bool,
    /// Ask what would have happened with another setting. May be given many times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck explain last")]
pub(crate) struct ExplainArgs {
    /// A session folder (the last session when left out), then the order.
    #[arg(value_name = "[DIR] ORDER_ID|last|all")]
    pub(crate) dir_or_order: String,
    /// Our id of the order, the broker's, its number in the session, `last` or `all`.
    #[arg(hide = true)]
    pub(crate) order: Option<String>,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck whynot --at 10:31")]
pub(crate) struct WhyNotArgs {
    /// A session folder, its journal folder, or `last`.
    #[arg(default_value = "last", value_name = "DIR")]
    pub(crate) dir: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// The moment: RFC 3339, or a time of the session's day on the exchange's clock.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: String,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Keys: right left one input, ] [ a hundred, g G ends, o f r next order, fill, refusal (O F R back),\n\
:1240 to a record, :10:31:07 to a time in New York, :position > 2 until it holds, n again, q quit.\n\
In --keys: <right> <left> <pgdn> <pgup> <home> <end> <enter> <esc> <tab> <back>, <lt> for itself.\n\n\
Example: st0ck step last\n\
Example: st0ck step last --keys \"ff:spread_bps >= 3<enter>\"")]
pub(crate) struct StepArgs {
    /// A session folder, its journal folder, or `last`.
    #[arg(default_value = "last", value_name = "DIR")]
    pub(crate) dir: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// Press these keys instead of asking for any, and print the last screen.
    #[arg(long)]
    pub(crate) keys: Option<String>,
    /// Columns and rows of that screen.
    #[arg(long, value_name = "WxH", default_value = "80x24", value_parser = screen_size)]
    pub(crate) size: (u16, u16),
}

/// Reads `80x24`.
fn screen_size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let fits = |&(w, h): &(u16, u16)| (40..=400).contains(&w) && (20..=200).contains(&h);
    parsed.filter(fits).ok_or_else(|| "expected WxH from 40x20 to 400x200".to_owned())
}

/// Which journal and which part of it.
#[derive(Debug, Clone, Args)]
pub(crate) struct JournalArgs {
    /// A session folder, its journal folder, or `last`.
    #[arg(default_value = "last", value_name = "DIR")]
    pub(crate) dir: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// First record.
    #[arg(long, value_name = "SEQ")]
    pub(crate) from: Option<u64>,
    /// Last record.
    #[arg(long, value_name = "SEQ")]
    pub(crate) to: Option<u64>,
    /// Only records of this kind, for example order.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// JSON on stdout (`cat`: one object a line).
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// How much is there, of which kind, from when to when.
    #[command(after_help = "Example: st0ck journal stat last --json")]
    Stat(JournalArgs),
    /// Print records.
    #[command(after_help = "Example: st0ck journal cat last --kind order --json")]
    Cat(CatArgs),
    /// Check every byte; exit 21 names the first damaged place.
    #[command(
        after_help = "Example: st0ck journal verify runs/st0cka/2020-12-15T143000Z-1795000000"
    )]
    Verify(JournalArgs),
    /// Hold two sessions against each other; exit 1 and the first difference when they differ.
    #[command(
        after_help = "Example: st0ck journal diff runs/st0cka/2020-12-15T143000Z-1795000000 last \
                      --ignore all"
    )]
    Diff(DiffArgs),
    /// Write the records to a Parquet file, one row each.
    #[command(after_help = "Example: st0ck journal export last --parquet day.parquet")]
    Export(ExportArgs),
}

/// How to print records.
#[derive(Debug, Clone, Args)]
pub(crate) struct CatArgs {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
    /// Go on printing while the session is written, until it is closed.
    #[arg(long)]
    pub(crate) follow: bool,
}

/// What two equal runs need not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IgnoreArg {
    /// Epochs, order ids, the broker's ids, execution ids.
    Ids,
    /// When a record was made, when bytes were read, what the broker's clock said.
    Stamps,
    /// All of it.
    All,
}

/// Which sessions to hold against each other.
#[derive(Debug, Clone, Args)]
pub(crate) struct DiffArgs {
    /// A session folder, its journal folder, or `last`.
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// The other one.
    #[arg(value_name = "B", default_value = "last")]
    pub(crate) b: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// What is not compared, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) ignore: Vec<IgnoreArg>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where to write which records.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) parquet: PathBuf,
    /// Replace the file when there is one.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LatchArgs {
    /// Which bot.
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    pub(crate) bot: Option<String>,
    /// Every bot of the runs folder.
    #[arg(long)]
    pub(crate) all: bool,
    /// Why, in your own words; it is journaled.
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck status --json")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 0: nothing fails. 1: a line says fail.\n\nExample: st0ck doctor --json"
)]
pub(crate) struct DoctorArgs {
    /// Whose settings, keys and broker.
    #[arg(long, default_value = "st0cka")]
    pub(crate) bot: String,
    /// A configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Change a setting.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) runs: RunsArg,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TopicArg {
    Ledger,
    Calendar,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: st0ck calc calendar --in probes.csv --param market=XNYS")]
pub(crate) struct CalcArgs {
    /// Which calculator.
    #[arg(value_enum)]
    pub(crate) topic: TopicArg,
    /// Input file.
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Output file; stdout when absent.
    #[arg(long = "out", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A parameter of the topic, for example market=XNYS.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub(crate) param: Vec<String>,
}
