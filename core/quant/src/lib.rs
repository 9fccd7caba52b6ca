//! Pure mathematics: the door between fixed point and floats, indicators, the seeded generator.
//!
//! *Invariant:* no clock, no input, no output, no allocation that a caller did not ask for; the same
//! arguments give the same bits on every machine (transcendental functions come from `libm`, pinned).

#![forbid(unsafe_code)]
// Numbers become floats, and floats numbers, at named doors alone; no other cast may lose anything.
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )
)]

pub mod fx;

pub mod indicator;
pub mod stats;

pub mod rng;

pub use fx::{Fx, FxError};
