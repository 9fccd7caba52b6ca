//! The whole binary from outside, and the house rules.
//!
//! Each test has a [`place::Place`] of its own, so all of them may run at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod place;
mod tape;
mod terminal;

mod demo;
mod demo_view;
mod goldens;
mod own_data;

mod accounts;
mod bad_data;
mod config;
mod config_mutations;
mod signed;

mod broker;

mod crash;
mod latch;
mod live;
mod races;
mod reset;
mod start;
mod sync_error;
mod tls;

mod canary;
mod chaos;
mod diff;
mod doctor;
mod export;
mod hot_memory;
mod journal;
mod step;
mod tamper;

mod explain;
mod what_if;
mod whynot;

mod calc;
mod commands;

mod tidy;
