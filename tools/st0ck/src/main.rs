//! `st0ck`: the binary. The command line is in `cli`, each command in `cmd/`, the machine in `wiring`.

#![forbid(unsafe_code)]

mod bot;
mod broker_clock;
mod cli;
mod cmd;
mod config;
mod exit;
mod hold;
mod lane;
mod logging;
mod market;
mod plan;
mod record_json;
mod session;
mod shell;
mod signed;
mod stall;
mod view;
mod wiring;

use clap::Parser;
use cli::{Cli, Command};
use cmd::latch::Turn;
use exit::{Failure, Outcome};
use session::latch::Asked;
use std::process::ExitCode;
use view::say::{self, remark};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = dispatch(&cli.command).and_then(|outcome| match say::failure() {
        None => Ok(outcome),
        Some(words) => Err(Failure::io(format_args!("stdout: {words}"))),
    });
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(exit)) => ExitCode::from(exit as u8),
        Err(failure) => {
            remark!("st0ck: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(command: &Command) -> Outcome {
    match command {
        Command::Demo(args) => cmd::demo::run(args),
        Command::Run(args) => cmd::run::run(args),
        Command::Bots(args) => cmd::bots::run(args),
        Command::Emulate(args) => cmd::emulate::run(args),
        Command::Chaos(args) => cmd::chaos::run(args),
        Command::Replay(args) => cmd::replay::run(args),
        Command::Explain(args) => cmd::explain::run(args),
        Command::WhyNot(args) => cmd::whynot::run(args),
        Command::Step(args) => cmd::step::run(args),
        Command::Journal(command) => cmd::journal::run(command),
        Command::Kill(args) => cmd::latch::run(args, Turn::Kill),
        Command::Arm(args) => cmd::latch::run(args, Turn::Arm),
        Command::Reduce(args) => cmd::latch::ask(args, Asked::Reduce),
        Command::Halt(args) => cmd::latch::ask(args, Asked::Halt),
        Command::Reset(args) => cmd::reset::run(args),
        Command::Status(args) => cmd::status::run(args),
        Command::Doctor(args) => cmd::doctor::run(args),
        Command::Config(command) => cmd::config::run(command),
        Command::Calc(args) => cmd::calc::run(args),
    }
}
