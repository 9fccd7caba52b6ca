//! The asset object (`alpaca.md` §3.1). The field is called `class` here and `asset_class` elsewhere.

use super::{Null, Shown, Uuid};
use crate::market::asset::Asset;
use serde::Serialize;
use st0ck_types::Symbol;

/// One asset.
#[derive(Debug, Serialize)]
pub(crate) struct AssetView<'a> {
    id: Uuid,
    class: &'static str,
    exchange: &'static str,
    symbol: Shown<Symbol>,
    name: &'a str,
    status: &'static str,
    tradable: bool,
    marginable: bool,
    shortable: bool,
    easy_to_borrow: bool,
    borrow_status: &'static str,
    fractionable: bool,
    maintenance_margin_requirement: u8,
    margin_requirement_long: Shown<u8>,
    margin_requirement_short: Shown<u8>,
    cusip: Null,
    attributes: [&'static str; 0],
}

impl<'a> AssetView<'a> {
    /// The view of an asset as it stands now.
    pub(crate) fn new(asset: &'a Asset) -> Self {
        let standing = &asset.standing;
        let borrowing = if standing.shortable { "easy_to_borrow" } else { "hard_to_borrow" };
        Self {
            id: Uuid(asset.id),
            class: "us_equity",
            exchange: asset.exchange,
            symbol: Shown(asset.symbol),
            name: &asset.name,
            status: if standing.active { "active" } else { "inactive" },
            tradable: standing.tradable,
            marginable: standing.long_margin < 100,
            shortable: standing.shortable,
            easy_to_borrow: standing.shortable,
            borrow_status: borrowing,
            fractionable: standing.fractionable,
            maintenance_margin_requirement: standing.long_margin,
            margin_requirement_long: Shown(standing.long_margin),
            margin_requirement_short: Shown(standing.short_margin),
            cusip: None,
            attributes: [],
        }
    }
}
