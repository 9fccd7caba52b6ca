//! ST0CKA: buys a few shares, offers them for a little more.
//!
//! Its rules in words are `rules.md`, which the generated page prints. In code they read downhill:
//! the parameters, what is held and open, what follows from that, how many and how much more, and
//! the strategy that asks for it.

mod params;

mod holdings;
mod leaving;
mod phase;
mod plan;
mod wishes;

mod strategy;

mod hurdles;

mod recipe;

pub use recipe::St0cka;
