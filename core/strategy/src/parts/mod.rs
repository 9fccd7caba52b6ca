//! Bricks that strategies are made of: composed, not inherited.
//!
//! Each knows one thing, keeps a few integers at most, and sees of the engine only what its one
//! thing needs.

pub mod volatility;

pub mod vol_sizing;
pub mod vol_target;
pub mod vwap_discount;

pub mod entry_pacing;
pub mod retry;

pub mod breakeven;
pub mod session_exit;
