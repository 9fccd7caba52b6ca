//! A whole core under a test's crank: real rings, a real journal, made-up strategies; then replay and
//! recovery of what it left behind.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod rig;
mod strategies;
mod tap;

mod clock;
mod fault;
mod full_disk;
mod old_sessions;
mod recovery;
mod rings;
mod sessions;
