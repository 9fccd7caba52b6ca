//! How much an order is for.

use st0ck_types::{Money, Qty};

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// So many shares, positive, to 1e-9.
    Shares(Qty),
    /// Shares for so many dollars, positive.
    Dollars(Money),
}
