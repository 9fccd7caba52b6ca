//! Bench `replay`: is this journal whole, and would the engine do it all again?
//!
//! [`replay_with`](st0ck_lab::replay::replay_with) over a session as it lies on the disk: every
//! checksum, every output and every state hash compared. The floor is what no replay can do without:
//! the same inputs, in memory already, through the same engine, and a scan of the same files with a
//! crc32c over each record. Read in order: [`recording`] makes the sessions, [`turns`] measures,
//! [`report`] prints.
//!
//! *Invariant:* what is compared was measured in this run, in turns.

#![forbid(unsafe_code)]

mod recording;
mod report;
mod turns;

use st0ck_bench::journaled::Cores;
use st0ck_bench::machine::Machine;
use st0ck_bench::options::Options;
use st0ck_bench::stopwatch::Stopwatch;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let watch = Stopwatch::new();
    let machine = Machine::read(&watch);
    // One thread is all there is here: what counts is that it stays where it is.
    let _ = Cores::claim();
    let measured = turns::measure(&options, &watch)?;
    let result = report::Result { machine, measured };
    if options.json {
        println!("{}", result.to_json());
    } else {
        print!("{result}");
    }
    Ok(())
}
