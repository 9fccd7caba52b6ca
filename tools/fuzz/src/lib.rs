//! Hostile input for every parser, and random operations for every structure with a slow twin.
//!
//! `cargo run --release -p st0ck-fuzz -- all --runs 1000000 --seed 1` runs them all;
//! `cargo test -p st0ck-fuzz` runs the corpora and a few thousand mutants of each. Reading order:
//! [`target`] says what a target is, [`targets`] lists them, [`guard`] watches one input, [`mutate`]
//! makes the next, [`runner`] does it a million times, [`mod@shrink`] makes what was found short.
//! [`settings`] is another matter: every key of the configuration, mutated.
//!
//! *Invariant:* nobody depends on it, and nothing here is called while trading.

#![forbid(unsafe_code)]

pub mod target;

pub mod targets;

pub mod corpus;
pub mod guard;
pub mod mutate;
pub mod runner;
pub mod shrink;
