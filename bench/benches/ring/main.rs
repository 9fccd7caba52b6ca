//! Bench `ring`: what a 64-byte market event costs on its way from one thread to another.
//!
//! Our wrappers ([`MarketTx`](st0ck_runtime::conflate::MarketTx), which conflates, and the plain
//! [`Tx`](st0ck_runtime::Tx), which keeps a reserve) beside the bare `rtrb` below them, and beside
//! two flags on two cache lines, which is what the machine asks for a word's way from core to core.
//! Read in order: [`links`] is what is timed, [`turns`] times it, [`report`] prints.
//!
//! *Invariant:* what is compared was measured in this run, in turns, by the same two threads.

#![forbid(unsafe_code)]

mod links;
mod report;
mod turns;

use st0ck_bench::machine::Machine;
use st0ck_bench::options::Options;
use st0ck_bench::stopwatch::Stopwatch;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("ring: {error}");
            return ExitCode::from(2);
        }
    };
    let machine = Machine::read(&Stopwatch::new());
    let result = report::Result { machine, measured: turns::measure(&options) };
    if options.json {
        println!("{}", result.to_json());
    } else {
        print!("{result}");
    }
    ExitCode::SUCCESS
}
