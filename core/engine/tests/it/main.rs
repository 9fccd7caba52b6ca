//! The engine from outside: one binary for all of its integration tests.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod controls;
mod lane;
mod ledger;
mod orders;
mod portfolio;
mod reconcile;
mod safety;
