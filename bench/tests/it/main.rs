//! What the benches claim beside their numbers.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod allocations;
mod floor;
mod rehearsals;
