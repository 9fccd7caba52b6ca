//! `st0ck chaos`: a TCP proxy on the loopback interface that lets connections go wrong as a file
//! says, until interrupted. Its ready line is its only stdout; what it does is told on stderr.

use crate::exit::{Exit, Failure, Outcome};
use crate::view::say::remark;
use clap::Args;
use st0ck_emulator::{Chaos, ChaosConfig, ChaosError, FaultPlan};
use st0ck_runtime::StopFlag;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "Example: st0ck chaos --to 127.0.0.1:8080 --faults tools/emulator/faults/bytes.toml"
)]
pub(crate) struct ChaosArgs {
    /// Where the broker listens, on this machine.
    #[arg(long, value_name = "ADDRESS:PORT")]
    to: SocketAddr,
    /// Port on 127.0.0.1 for clients; 0 picks a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    listen: u16,
    /// What shall go wrong (TOML; its schema is tools/emulator/faults.schema.json).
    #[arg(long, value_name = "FILE")]
    faults: PathBuf,
    /// Seed of what is drawn, unless the file names one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When the file is no plan, a fault needs the broker itself, or the port is taken.
pub(crate) fn run(args: &ChaosArgs) -> Outcome {
    let stop = StopFlag::new();
    stop.on_signals().map_err(|e| Failure::io(format_args!("signal handlers: {e}")))?;
    let plan = FaultPlan::read(&args.faults).map_err(Failure::config)?;
    let log = Box::new(|line: &str| remark!("{line}"));
    let config = ChaosConfig { to: args.to, port: args.listen, plan, seed: args.seed, log };
    let failure = |error: ChaosError| match error {
        ChaosError::NotLoopback(_) => Failure::new(Exit::Usage, error),
        ChaosError::Fault { .. } => {
            Failure::config(format_args!("{}: {error}", args.faults.display()))
        }
        ChaosError::Bind { .. } | ChaosError::Poll(_) => Failure::io(error),
    };
    let mut chaos = Chaos::bind(config).map_err(failure)?;
    let ready = chaos.endpoints().map_err(failure)?;
    // A client waits for this line: without it there is nothing to run for.
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}")
        .and_then(|()| out.flush())
        .map_err(|e| Failure::io(format_args!("stdout: {e}")))?;
    drop(out);
    chaos.run(stop.as_atomic()).map_err(failure)?;
    Ok(None)
}
