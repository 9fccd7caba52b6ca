//! The live feed: what venues send over websockets becomes market events in the lanes' rings.
//!
//! Reading order: [`adapter`] is what a venue must do; [`alpaca`] does it; [`publish`] hands events
//! to the lanes; [`health`] tells a quiet market from a dead line; [`agent`] turns the crank;
//! [`symbols`] is the table between a venue's names and the lane's numbers.
//!
//! *Invariant:* sees types, runtime and net only. Nothing here knows a strategy or an order.
//! *Invariant:* what is lost on the way to the core is told to the core (a `Gap`) and counted.

#![forbid(unsafe_code)]

pub mod adapter;
pub mod agent;
pub mod health;
pub mod publish;
pub mod symbols;

pub mod alpaca;

pub use adapter::{FeedAdapter, FeedState, FeedStatus};
pub use agent::FeedAgent;
pub use publish::Publisher;
pub use symbols::SymbolTable;
