//! Bench `tick_to_order`: from the bytes of a quote to the bytes of the order that it causes.
//!
//! The real agents on one thread, as in topology `shared`: the feed's agent decodes and publishes,
//! the core's consumes, records, decides, records and sends, the gateway's takes the order through
//! its last controls and writes the HTTP request. Only the sockets are missing: [`ends`] stands in
//! their place. Read in order: [`venue`] writes the frames, [`way`] puts the agents together,
//! [`moment`] notes when the core has let an order go,
//! [`turns`] measures, [`instructions`] counts them, [`report`] prints.
//!
//! *Invariant:* what is compared was measured in this run, in turns.

#![forbid(unsafe_code)]

mod ends;
mod floor;
mod instructions;
mod moment;
mod report;
mod turns;
mod venue;
mod way;

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
            eprintln!("tick_to_order: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(orders) = instructions::child(&words) {
        return instructions::run(orders?);
    }
    let options = Options::parse(words)?;
    let machine = Machine::read(&Stopwatch::new());
    let measured = turns::measure(&options, Cores::claim())?;
    let instructions = instructions::per_order();
    let result = report::Result { machine, measured, instructions };
    if options.json {
        println!("{}", result.to_json());
    } else {
        print!("{result}");
    }
    Ok(())
}
