//! What the lane knows of the market: books, bars, VWAP and the session clock.
//!
//! Moved by the engine's facts, read by strategies and the gate. *Invariant:* tables are indexed by
//! instrument and made at start; an instrument outside them is counted and ignored.

pub mod bars;
pub mod book;
pub mod series;
pub mod session;
pub mod table;
pub mod vwap;

pub use book::Book;
pub use series::BarSeries;
pub use session::SessionClock;
pub use table::Market;
pub use vwap::Vwap;
