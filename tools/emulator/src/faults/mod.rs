//! What shall go wrong: faults by file, for the emulator and for the proxy before any server.
//!
//! In reading order: `table` is the vocabulary as rows; `plan` a file of them, read by `parse`;
//! `trigger` decides when one hits; `line` is what happens to the bytes of one connection, `parting`
//! how one ends in order. `desk` is what happens to the emulator's requests and messages, `acts`
//! where it meets them, `bodies` what is said instead. `schema` tells the vocabulary to editors and
//! to the README.
//!
//! *Invariant:* an empty plan changes nothing and draws nothing; every draw comes from the fork of
//! the seed that its fault's name names, so that a further fault leaves the others as they were.

mod acts;
mod bodies;
pub(crate) mod desk;
pub(crate) mod line;
mod parse;
pub(crate) mod parting;
pub(crate) mod plan;
mod schema;
pub(crate) mod table;
pub(crate) mod trigger;

pub use plan::{FaultError, FaultPlan};
pub use schema::{fault_schema, fault_tables};
