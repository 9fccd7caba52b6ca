//! What the benches claim beside their numbers.

#![forbid(unsafe_code)]

mod allocations;
mod floor;
mod rehearsals;
