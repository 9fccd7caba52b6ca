//! Pure mathematics: the door between fixed point and floats, indicators, the seeded generator.
//!
//! *Invariant:* no clock, no input, no output, no allocation that a caller did not ask for; the same
//! arguments give the same bits on every machine (transcendental functions come from `libm`, pinned).

#![forbid(unsafe_code)]

pub mod fx;

pub mod indicator;
pub mod stats;

pub mod rng;

pub use fx::{Fx, FxError};
