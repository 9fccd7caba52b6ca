//! What may leave: the gate and what it holds.

pub mod approved;

pub use approved::Approved;
