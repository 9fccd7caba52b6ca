//! What we believe: the strategies, the bricks they are made of, and the one table that lists them.
//!
//! Seen by the binary (which lists, checks and builds them) and by whoever replays a session; the
//! engine calls them through its own trait. *Invariant:* no clock, no input, no output, no broker.

#![forbid(unsafe_code)]

pub mod registry;

pub mod docs;

pub mod parts;

pub mod st0cka;

pub use registry::{Listing, Status, find, listings};
