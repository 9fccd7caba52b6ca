//! Bench `engine`: quote in → ST0CKA decides → recorded, on the real parts.
//!
//! [`CoreAgent::step`](st0ck_engine::core_agent::CoreAgent::step) with the real engine, gate and
//! strategy, and the journal's writer on a hot segment with its keeper at work on another thread.
//! Read in order: [`turns`] measures, [`callgrind`] counts instructions, [`report`] prints.
//!
//! *Invariant:* what is compared was measured in this run, burst by burst in turns.

#![forbid(unsafe_code)]

mod callgrind;
mod report;
mod turns;

use st0ck_bench::broker::Manner;
use st0ck_bench::day::Day;
use st0ck_bench::journaled::{Cores, Journaled};
use st0ck_bench::machine::Machine;
use st0ck_bench::options::Options;
use st0ck_bench::stopwatch::Stopwatch;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("engine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Box<dyn Error>> {
    if let Some(child) = callgrind::Child::parse(words) {
        return child?.run();
    }
    let options = Options::parse(words.iter().cloned())?;
    let watch = Stopwatch::new();
    let machine = Machine::read(&watch);
    let cores = Cores::claim();
    let days = read_days()?;
    let allocations = count_allocations(&days[0])?;
    let timed = turns::measure(&options, &days, cores, &watch)?;
    let instructions = callgrind::count();
    let result = report::Result { machine, timed, instructions, allocations };
    if options.json {
        println!("{}", result.to_json());
    } else {
        print!("{result}");
    }
    Ok(())
}

fn read_days() -> Result<Vec<Day>, Box<dyn Error>> {
    Day::dates()?.into_iter().map(|date| Day::read(Some(date))).collect()
}

/// Allocations on the core's thread over a whole day of events and trades, its end included.
fn count_allocations(day: &Day) -> Result<u64, Box<dyn Error>> {
    let mut journaled = Journaled::open(day, Manner::FillsAll, Cores::default())?;
    let lane = journaled.lane();
    let counted = allocation_counter::measure(|| {
        day.events.iter().for_each(|event| _ = lane.feed(event));
        lane.end();
    });
    Ok(counted.count_total)
}
