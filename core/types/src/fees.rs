//! Regulatory fees by date.
