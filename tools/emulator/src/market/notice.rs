//! What happens on the market beside quotes and prints: told to who listens, and a quarter of an hour
//! later to those who do not pay for it.
//!
//! Made by the house (its rules, its scenario) and by the record of today's prints when one of them
//! changes; written by [`wire`](crate::wire).

use st0ck_types::{MarketEvent, Nanos, Price, Trade};

/// Something to be told of one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A quote, a print, a halt.
    Event(MarketEvent),
    /// Nothing trades outside these prices from now on (`l`).
    Bands {
        /// When.
        at: Nanos,
        /// Lowest price.
        low: Price,
        /// Highest price.
        high: Price,
        /// Why, as the processors say: `A` opening, `B` during the day, `E` after a pause.
        indicator: u8,
    },
    /// More wish to buy than to sell, or the reverse (`i`).
    Imbalance {
        /// When.
        at: Nanos,
        /// Where the auction would be held.
        price: Price,
    },
    /// A print did not happen (`x`).
    Cancel(Box<Cancel>),
    /// A print was another one (`c`).
    Correction(Box<Correction>),
}

/// A print that did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cancel {
    /// When that was found out.
    pub(crate) at: Nanos,
    /// The print.
    pub(crate) trade: Trade,
    /// `C` canceled, `E` an error.
    pub(crate) action: u8,
}

/// A print that was another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction {
    /// When that was found out.
    pub(crate) at: Nanos,
    /// As it was told.
    pub(crate) told: Trade,
    /// As it was.
    pub(crate) right: Trade,
}
