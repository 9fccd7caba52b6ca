//! The matching venue for paper trading, backtests and the emulator: a recorded market and our
//! orders go in, fills come out.
//!
//! Modelled, each in its own file:
//! - [`latency`]: an order and a cancel travel for a fixed time plus seeded jitter, in order.
//! - [`fill`]: an order that crosses the spread takes the displayed size and no more; the rest
//!   waits for the next quote. Now and then only a random part fills, as at Alpaca's paper venue.
//! - [`queue`]: a resting order stands behind the size displayed at its price; prints and
//!   cancellations move it forward, see there.
//! - [`way_back`]: replies and updates travel back, in order on each connection.
//! - [`lifetime`]: orders for the day, until canceled, for the moment of arrival (whole or in part),
//!   for an auction. The day ends when the caller says so.
//! - `auction`: the caller tells price and size of the recorded auction; ours are served in it.
//! - `bands`: nothing fills outside the price bands that the caller sets, nor during a halt.
//! - Replacements travel like orders and lose the place in the queue; the broker's own
//!   withdrawals and reductions take no time.
//!
//! Not modelled: our own orders do not move the recorded market, are not displayed in it and never
//! meet each other; depth beyond the best level; hidden orders; price improvement; fees (see
//! `st0ck_types::fees`); the broker's own checks of an account.
//!
//! *Invariant:* pure. No clock, no socket, no floating point; the same market, orders, seed and
//! order of calls give the same events.

#![forbid(unsafe_code)]

mod auction;
mod bands;
mod book;
pub mod fill;
pub mod latency;
pub mod lifetime;
pub mod order;
pub mod queue;
mod tape;
#[cfg(test)]
mod twin;
pub mod venue;
pub mod way_back;
mod working;

pub use latency::Latency;
pub use lifetime::Lifetime;
pub use order::{Refusal, SimEvent, SimOrder};
pub use venue::{SimConfig, Venue};
