//! Integration tests of the live feed.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod differential;
mod generate;
mod reference;
mod samples;
mod session;
mod venue;
