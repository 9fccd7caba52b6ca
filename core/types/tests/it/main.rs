//! What the vocabulary promises to the rest of the system, seen from outside the crate.

mod big;
mod calendar;
mod fees;
mod ranges;
