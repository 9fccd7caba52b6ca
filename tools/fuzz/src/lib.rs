//! Hostile input for every parser, and random operations for every structure with a slow twin.
//!
//! `cargo run --release -p st0ck-fuzz -- all --runs 1000000 --seed 1` runs them all;
//! `cargo test -p st0ck-fuzz` runs the corpora and a few thousand mutants of each. Reading order:
//! [`target`] says what a target is, [`targets`] lists them, [`guard`] watches one input, [`mutate`]
//! makes the next, [`runner`] does it a million times, [`mod@shrink`] makes what was found short.
//! Two other matters: [`settings`] mutates every key of the configuration, [`peers`] are those who send
//! too much or too slowly.
//!
//! *Invariant:* nobody depends on it, and nothing here is called while trading.

#![forbid(unsafe_code)]

pub mod target;

pub mod targets;

#[allow(dead_code, reason = "the binary's own modules: not all of each is used here")]
#[path = "../../st0ck/src/config/mod.rs"]
mod config;
#[allow(dead_code, reason = "as above")]
#[path = "../../st0ck/src/exit.rs"]
mod exit;
#[allow(dead_code, reason = "as above")]
mod session;

mod calc;

pub mod settings;

pub mod peers;

pub mod corpus;
pub mod guard;
pub mod mutate;
pub mod runner;
pub mod shrink;
