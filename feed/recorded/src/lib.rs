//! Markets that already happened, or never did: data files become the market events that a live
//! feed would have sent. Used by the emulator, the demo, backtests and benches.
//!
//! [`Recording::open`] is the door. Behind it, in the order in which a row travels:
//! [`source`] finds the files, [`history`] reads their rows, [`survey`] looks over all of them once
//! (which days, which symbols, is every line sound), [`bridge`] turns bars into quotes and prints,
//! [`recording`] merges everything by time. [`synth`] makes up bars where no file is.
//!
//! *Invariant:* no socket, no clock, no floating point. The same files, choice and seed give the
//! same events, and nothing in a file is passed over silently: rows outside the session are
//! counted, an unsound line refuses the file.

#![forbid(unsafe_code)]

pub mod error;
pub mod history;
pub mod hours;
mod lines;
mod schema;
pub mod source;

pub mod survey;

pub mod bridge;
mod path;
pub mod synth;

mod merge;
pub mod recording;
mod stream;

pub use error::DataError;
pub use hours::{Hours, TradingDay};
pub use recording::{Arrival, DataKind, Recording, Request};
pub use schema::RowKind;
pub use source::{Dataset, Source};
pub use survey::Survey;
