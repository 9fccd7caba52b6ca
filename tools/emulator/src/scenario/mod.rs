//! What shall happen on the market and to accounts beside what was recorded: halts, bands, news,
//! dividends, by file.
//!
//! In reading order: `table` is the vocabulary as rows; `plan` a file of events, read by `parse`;
//! `script` says which is due; `acts` is where the emulator does it. `schema` tells the vocabulary to
//! editors and to the README.
//!
//! *Invariant:* events are inputs in session time. Nothing is drawn for them, and an empty scenario
//! changes nothing.

mod acts;
mod parse;
pub(crate) mod plan;
mod schema;
pub(crate) mod script;
mod table;

pub use plan::Scenario;
pub use schema::{scenario_schema, scenario_tables};
