//! The broker's own book: orders, positions, cash and executions, and the checks before any order.
//!
//! Shares no code with the engine's order manager, so that the two can be held against each other.
//! In reading order: what a client asks for, the checks, the order and its life, the account, and
//! [`broker`], which ties them to the matching venue.
//!
//! *Invariant:* sans I/O and without a clock. Every time it stamps was told to it.

pub(crate) mod account;
pub(crate) mod broker;
pub(crate) mod checks;
pub(crate) mod execution;
pub(crate) mod ids;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod position;
pub(crate) mod ticket;
pub(crate) mod update;
