//! Statistics of samples.

pub mod log_return;
pub mod variance;
