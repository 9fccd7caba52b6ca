//! How much an order is for.

use st0ck_types::Qty;

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// So many shares, positive.
    Shares(Qty),
    /// So many dollars' worth: the field is known, and refused for every asset.
    Dollars,
}
