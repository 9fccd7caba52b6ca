//! The command: fuzz one target, or all of them, from a seed.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use st0ck_fuzz::peers::Scene;
use st0ck_fuzz::runner::{Outcome, campaign};
use st0ck_fuzz::target::Target;
use st0ck_fuzz::{corpus, peers, settings, targets};
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
    /// Fuzz readers with bugs on purpose: each must be found.
    Planted(Budget),
    /// Mutate every setting (goal G36): what cannot be must be refused and name its key.
    Settings,
    /// Peers that send too much or too slowly (goal G28), each in a process of its own.
    Peers,
    /// One such peer, in this process: bytes grown, and what the client made of it.
    #[command(hide = true)]
    Peer {
        /// Which.
        name: String,
    },
    /// Show the targets and what each holds.
    List,
}

#[derive(Debug, clap::Args)]
struct Budget {
    /// Inputs for each target; one that writes files gets a hundredth.
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
        Command::Planted(budget) => planted(&budget),
        Command::Settings => Ok(mutate_settings()),
        Command::Peers => play_all(),
        Command::Peer { name } => match peers::find(&name).map(Scene::play) {
            Some(played) => {
                println!("{}\t{}", played.growth, played.said);
                Ok(0)
            }
            None => Err(format!("no peer is called {name}")),
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
        let outcome = campaign(target, corpus, target.share(budget.runs), budget.seed);
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

/// Fuzzes the planted bugs; how many were not found.
fn planted(budget: &Budget) -> Result<usize, String> {
    let found = fuzz(&targets::PLANTED, budget)?;
    let missed = targets::PLANTED.len().saturating_sub(found);
    println!("{} bugs planted, {missed} missed", targets::PLANTED.len());
    Ok(missed)
}

/// Mutates every setting; how many mutants were judged wrongly.
fn mutate_settings() -> usize {
    println!("{:14} {:>8} {:>8} {:>8}  wrong", "mutation", "mutants", "refused", "taken");
    let tallies = settings::try_all();
    for (class, tally) in &tallies {
        let wrong = tally.wrong.len();
        println!(
            "{class:14} {:>8} {:>8} {:>8}  {wrong}",
            tally.mutants, tally.refused, tally.taken
        );
        tally.wrong.iter().take(20).for_each(|words| println!("  {words}"));
    }
    let sum = |count: fn(&settings::Tally) -> u64| tallies.values().map(count).sum::<u64>();
    let wrong = tallies.values().map(|tally| tally.wrong.len()).sum();
    println!(
        "{} keys, {} mutants: {} refused by name, {} legal and shown, {wrong} wrong",
        settings::key_count(),
        sum(|t| t.mutants),
        sum(|t| t.refused),
        sum(|t| t.taken)
    );
    wrong
}

/// Plays every scene; how many went wrong.
fn play_all() -> Result<usize, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    println!("{:22} {:>11} {:>11}  the client says", "peer", "KiB grown", "KiB held");
    let mut wrong = 0;
    for scene in peers::SCENES {
        let played = scene.play_apart(&program)?;
        let (grown, held) = (played.growth >> 10, scene.held >> 10);
        println!("{:22} {grown:>11} {held:>11}  {}", scene.name, played.said);
        if !scene.is_right(&played) {
            println!(
                "  WRONG: must say \"{}\" and grow by 2 MiB beyond that at most",
                scene.want()
            );
            wrong += 1;
        }
    }
    println!("{} peers, {wrong} wrong", peers::SCENES.len());
    Ok(wrong)
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
