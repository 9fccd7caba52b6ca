//! Markets that already happened: rebuilding an engine from a session, replaying it, recovering it.
//!
//! *Invariant:* opens no socket and reads no clock.

#![forbid(unsafe_code)]

pub mod build;
pub mod circumstances;
pub mod diff;
pub mod explain;
pub mod groups;
pub mod header;
pub mod limits;
pub mod recovery;
pub mod replay;
pub mod stepper;
pub mod trades;
pub mod walk;
pub mod what_if;
pub mod whynot;
pub mod words;
