//! What an instrument is called: stock tickers and OCC option symbols.

pub mod occ;

use crate::text::Text;

/// A venue symbol of at most 24 bytes: `SPY`, `BRK.B`, `AAPL250620C00100000`.
pub type Symbol = Text<24>;
