//! The command: fuzz one target, or all of them, from a seed.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use st0ck_fuzz::runner::{Outcome, campaign};
use st0ck_fuzz::target::Target;
use st0ck_fuzz::{corpus, targets};
use std::process::ExitCode;

/// Hostile input for every parser of st0ck.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fuzz every target.
    All(Budget),
    /// Fuzz one target.
    Target {
        /// Its name, as `list` shows it.
        name: String,
        #[command(flatten)]
        budget: Budget,
    },
    /// Show the targets and what each holds.
    List,
}

#[derive(Debug, clap::Args)]
struct Budget {
    /// Inputs for each target.
    #[arg(long, default_value_t = 1_000_000)]
    runs: u64,
    /// Names the campaign: the same seed runs the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write what is found into the corpus, as a regression.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::All(budget) => fuzz(targets::TARGETS, &budget),
        Command::Target { name, budget } => match targets::find(&name) {
            Some(target) => fuzz(&[target], &budget),
            None => Err(format!("no target is called {name}: `list` shows them")),
        },
        Command::List => {
            targets::TARGETS.iter().for_each(|t| println!("{:18} {}", t.name, t.about));
            Ok(0)
        }
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(words) => {
            eprintln!("st0ck-fuzz: {words}");
            ExitCode::from(2)
        }
    }
}

/// Runs the campaigns; how many findings there were.
fn fuzz(targets: &[&Target], budget: &Budget) -> Result<usize, String> {
    println!(
        "{:18} {:>10} {:>10} {:>7} {:>9}  findings",
        "target", "inputs", "inputs/s", "shapes", "slowest"
    );
    let mut findings = 0;
    for target in targets {
        let corpus = corpus::load(target).map_err(|e| format!("corpus of {}: {e}", target.name))?;
        let outcome = campaign(target, corpus, budget.runs, budget.seed);
        tell(target, &outcome);
        for finding in &outcome.findings {
            println!("  {}\n  input: {}", finding.fault, finding.input.escape_ascii());
            if budget.keep {
                let path = corpus::keep(target, &finding.input).map_err(|e| e.to_string())?;
                println!("  kept as {}", path.display());
            }
        }
        findings += outcome.findings.len();
    }
    println!("seed {}: {findings} findings", budget.seed);
    Ok(findings)
}

fn tell(target: &Target, outcome: &Outcome) {
    let rate = outcome.inputs as f64 / outcome.elapsed.as_secs_f64().max(1e-9);
    println!(
        "{:18} {:>10} {:>10.0} {:>7} {:>6} µs  {}",
        target.name,
        outcome.inputs,
        rate,
        outcome.shapes,
        outcome.slowest.as_micros(),
        outcome.findings.len()
    );
}
