//! The whole binary from outside, and the house rules.

mod tidy;
