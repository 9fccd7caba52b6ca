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
    margin_requirement_long: &'static str,
    margin_requirement_short: &'static str,
    cusip: Null,
    attributes: [&'static str; 0],
}

impl<'a> AssetView<'a> {
    /// Every asset here is in full standing: it can be traded, borrowed and split into fractions.
    pub(crate) fn new(asset: &'a Asset) -> Self {
        Self {
            id: Uuid(asset.id),
            class: "us_equity",
            exchange: asset.exchange,
            symbol: Shown(asset.symbol),
            name: &asset.name,
            status: "active",
            tradable: true,
            marginable: true,
            shortable: true,
            easy_to_borrow: true,
            borrow_status: "easy_to_borrow",
            fractionable: true,
            maintenance_margin_requirement: 30,
            margin_requirement_long: "30",
            margin_requirement_short: "30",
            cusip: None,
            attributes: [],
        }
    }
}
