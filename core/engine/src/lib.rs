//! What decides: a pure function of its inputs.

#![forbid(unsafe_code)]

pub mod orders;
pub mod risk;
