//! Integration tests of the live gateway, against a scripted broker on the loopback interface.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod broker;
mod cancels;
mod lock_step;
mod mutations;
mod orders;
mod reconcile;
mod rig;
mod samples;
