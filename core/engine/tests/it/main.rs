//! The engine from outside: one binary for all of its integration tests.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod breaker_rows;
mod breakers;
mod broker_truth;
mod calls;
mod checkpoints;
mod controls;
mod edge_rows;
mod emergency;
mod extremes;
mod gambler;
mod gate_edges;
mod held;
mod lane;
mod ledger;
mod matrix;
mod order_edges;
mod order_model;
mod orders;
mod permutations;
mod portfolio;
mod reconcile;
mod recovery;
mod rehearsals;
mod restart;
mod safety;
