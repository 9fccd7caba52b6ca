//! How it flows: roles on duty cycles, the threads that run them, the rings between them.
//!
//! Read in order: an [`agent`] does a bit of work when asked; a [`runner`] asks, on a thread that
//! [`topology`] chose, [`affinity`] pinned and [`idle`] rests; [`mod@ring`]s carry what flows;
//! [`conflate`] keeps a slow consumer from losing the newest price; [`clock`] tells the time to the
//! shell (never to the core); [`counters`] and [`latency`] are read by others without locks.
//!
//! *Invariant:* knows no venue, no strategy and no journal.

#![forbid(unsafe_code)]

pub mod affinity;
pub mod agent;
pub mod clock;
pub mod conflate;
pub mod counters;
pub mod idle;
pub mod in_flight;
pub mod latency;
pub mod ring;
pub mod runner;
pub mod shutdown;
pub mod topology;

mod backing;
#[cfg(test)]
mod model;

pub use agent::Agent;
pub use clock::{MonoClock, WallClock};
pub use counters::Counter;
pub use in_flight::InFlight;
pub use latency::{Stage, StageRecorder, StageSnapshot};
pub use ring::{Rx, Sent, Tx, ring};
pub use shutdown::StopFlag;
