//! What every bench of st0ck is made of: how time is read, how it is summed up, on which machine,
//! and the real parts of the lane, put together around a recorded day and a scripted broker.
//!
//! The benches themselves are in `benches/`; `README.md` tells the method, `RESULTS.md` the numbers.
//!
//! *Invariant:* what is compared is measured in one run, in turns; nothing is subtracted.

#![forbid(unsafe_code)]

pub mod callgrind;
pub mod machine;
pub mod options;
pub mod spread;
pub mod stopwatch;

pub mod broker;
pub mod day;
pub mod floor;
pub mod journaled;
pub mod lane;
